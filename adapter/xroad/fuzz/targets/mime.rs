//! Multipart messages: the first line is the value of the Content-Type, the rest the entity. Whole or in pieces, the
//! verdict and the parts are the same; what is buffered stays bounded; what is written again is read as the same.

use xroad::mime::{Attachment, ContentType, Event, Flavour, Kind, Message, MimeError, MimeLimits, Reader, Writer};

/// Small, so that mutation reaches them.
const LIMITS: MimeLimits = MimeLimits {
    parts: 6,
    first_part: 8 * 1024,
    total: 8 * 1024,
    header_line: 256,
    header_block: 512,
    header_fields: 8,
    preamble: 256,
};

/// What may be kept beside the piece that came last: a header block and a delimiter line, with padding.
const KEPT: usize = LIMITS.header_block + 512;

/// One message.
pub fn mime(data: &[u8]) {
    let (line, entity) = split(data);
    let Ok(content_type) = std::str::from_utf8(line).map_err(|_| MimeError::ContentType).and_then(ContentType::parse)
    else {
        return;
    };
    let Ok(boundary) = content_type.boundary() else { return };
    for kind in [Kind::Soap, Kind::Any] {
        let whole = parts(kind, boundary, entity, entity.len().max(1));
        for size in [1, 7, 64] {
            let pieces = parts(kind, boundary, entity, size);
            match (&whole, &pieces) {
                (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces, "in pieces of {size}"),
                // Which of two faults is met first may depend on the pieces; that there is one may not.
                (Err(_), Err(_)) => {}
                (whole, pieces) => unreachable!("{whole:?} as a whole, {pieces:?} in pieces of {size}"),
            }
        }
        if let Ok(parts) = &whole {
            assert!(parts.len() <= LIMITS.parts, "{} parts", parts.len());
            let total: usize = parts.iter().skip(1).map(|it| it.data.len()).sum();
            assert!(total as u64 <= LIMITS.total, "{total} bytes");
        }
    }
    if let Ok(message) = Message::read(&content_type, entity, LIMITS) {
        rewrite(&message);
    }
}

/// The first line and the rest.
pub fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    (data.get(..at).unwrap_or_default(), data.get(at + 1..).unwrap_or_default())
}

fn parts(kind: Kind, boundary: &str, entity: &[u8], size: usize) -> Result<Vec<Attachment>, MimeError> {
    let mut reader = Reader::new(kind, boundary, LIMITS)?;
    let mut parts: Vec<Attachment> = Vec::new();
    let mut pieces = entity.chunks(size);
    loop {
        let steps = match reader.poll()? {
            Event::Part(headers) => {
                parts.push(Attachment { headers: *headers, data: Vec::new() });
                false
            }
            Event::Data(bytes) => {
                assert!(!bytes.is_empty(), "an event of no data");
                if let Some(part) = parts.last_mut() {
                    part.data.extend_from_slice(bytes);
                }
                false
            }
            Event::PartEnd => false,
            Event::End => return Ok(parts),
            Event::NeedMore => true,
        };
        if steps {
            assert!(reader.buffered() <= KEPT, "{} bytes are kept", reader.buffered());
            match pieces.next() {
                Some(piece) => reader.push(piece),
                None => reader.finish(),
            }
        }
    }
}

/// Written again under a boundary that does not occur, the message is the same.
fn rewrite(message: &Message) {
    let holds = |boundary: &str| {
        let mut all = message.attachments.iter().map(|it| it.data.as_slice()).chain([message.soap.as_slice()]);
        all.any(|data| data.windows(boundary.len()).any(|it| it == boundary.as_bytes()))
    };
    let Some(boundary) = (0..1000).map(|n| format!("again-{n:03}")).find(|it| !holds(it)) else { return };
    let Ok(writer) = Writer::new(Flavour::Swa, boundary) else { unreachable!("a boundary of our own is refused") };
    let mut out = Vec::new();
    writer.soap(&mut out, &message.soap);
    for (number, attachment) in message.attachments.iter().enumerate() {
        let head = writer.attachment_head(&mut out, "application/octet-stream", &format!("part-{number}"));
        assert!(head.is_ok(), "our own headers are refused");
        out.extend_from_slice(&attachment.data);
    }
    writer.close(&mut out);
    let again = ContentType::parse(&writer.content_type()).and_then(|it| Message::read(&it, &out, LIMITS));
    let Ok(again) = again else { unreachable!("our own message is refused: {again:?}") };
    assert_eq!(again.soap, message.soap);
    let data = |message: &Message| message.attachments.iter().map(|it| it.data.clone()).collect::<Vec<_>>();
    assert_eq!(data(&again), data(message));
}
