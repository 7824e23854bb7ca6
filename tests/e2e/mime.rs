//! Our MIME reader against an independent one, Python's own email package: both read the same messages as the same parts.
//!
//! The messages are made from a seed: odd boundaries, contents that look like delimiters, every transfer encoding, folded
//! headers, text before and behind. Where RFC 2046 is read in two ways (a lone carriage return as a line end) nothing is
//! compared.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use xroad::mime::{Event, Flavour, Kind, MimeLimits, Reader, Writer};

const MESSAGES: u64 = 600;

#[test]
fn two_mime_readers_agree() {
    let messages: Vec<Made> = (0..MESSAGES).map(|seed| Chance(seed).message()).collect();
    let Some(theirs) = python(&messages) else {
        println!("skipped: python3 is not installed");
        return;
    };
    assert_eq!(theirs.len(), messages.len());
    for (seed, (message, theirs)) in messages.iter().zip(theirs).enumerate() {
        let shown = || String::from_utf8_lossy(&message.entity).into_owned();
        for step in [message.entity.len().max(1), 1 + seed % 7] {
            let ours = read(message, step).unwrap_or_else(|error| panic!("{seed}: {error}\n{}", shown()));
            assert_eq!(Value::from(ours), theirs, "message {seed} in pieces of {step}:\n{}", shown());
        }
        // Both could be wrong in the same way.
        let data: Vec<&str> = theirs.as_array().expect("parts").iter().map(|it| it["data"].as_str().unwrap()).collect();
        let sent: Vec<String> = message.contents.iter().map(|it| STANDARD.encode(it)).collect();
        assert_eq!(data, sent, "message {seed}:\n{}", shown());
    }
}

#[test]
fn what_we_write_another_reader_reads() {
    let mut messages = Vec::new();
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let boundary = chance.one(&["silta-0123456789abcdef", "a.b_c"]).to_owned();
        let flavour = chance.one(&[Flavour::Swa, Flavour::Mtom]);
        let writer = Writer::new(flavour, boundary.clone()).expect("a boundary");
        let mut entity = Vec::new();
        writer.soap(&mut entity, b"<soap/>");
        let mut contents = vec![b"<soap/>".to_vec()];
        for number in 0..chance.below(4) {
            let content = chance.content(&boundary);
            let id = format!("file-{number}@example.fi");
            writer.attachment_head(&mut entity, "application/pdf", &id).expect("a head");
            entity.extend_from_slice(&content);
            contents.push(content);
        }
        writer.close(&mut entity);
        messages.push(Made { boundary, entity, contents });
    }
    let Some(theirs) = python(&messages) else {
        println!("skipped: python3 is not installed");
        return;
    };
    for (message, theirs) in messages.iter().zip(theirs) {
        let data: Vec<&str> = theirs.as_array().expect("parts").iter().map(|it| it["data"].as_str().unwrap()).collect();
        let sent: Vec<String> = message.contents.iter().map(|it| STANDARD.encode(it)).collect();
        assert_eq!(data, sent, "{}", String::from_utf8_lossy(&message.entity));
    }
}

/// A message with what was meant by it.
struct Made {
    boundary: String,
    entity: Vec<u8>,
    contents: Vec<Vec<u8>>,
}

/// The parts as our reader gives them, fed in pieces of this size.
fn read(message: &Made, step: usize) -> Result<Vec<Value>, xroad::mime::MimeError> {
    let mut reader = Reader::new(Kind::Any, &message.boundary, MimeLimits::default())?;
    let mut pieces = message.entity.chunks(step);
    let mut parts: Vec<(Value, Vec<u8>)> = Vec::new();
    loop {
        match reader.poll()? {
            Event::NeedMore => match pieces.next() {
                Some(piece) => reader.push(piece),
                None => reader.finish(),
            },
            Event::Part(headers) => {
                let kind = headers.content_type.as_ref().map(|it| it.essence.clone());
                let id = headers.get("content-id").map(str::to_owned);
                parts.push((json!({ "type": kind, "id": id }), Vec::new()));
            }
            Event::Data(data) => parts.last_mut().expect("a part").1.extend_from_slice(data),
            Event::PartEnd => {}
            Event::End => break,
        }
    }
    let whole = parts.into_iter().map(|(mut part, data)| {
        part["data"] = json!(STANDARD.encode(data));
        part
    });
    Ok(whole.collect())
}

/// What Python reads; none where there is none.
fn python(messages: &[Made]) -> Option<Vec<Value>> {
    let script = crate::tidy::root().join("tests/e2e/mime.py");
    let mut child = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let list: Vec<Value> =
        messages.iter().map(|it| json!({ "boundary": it.boundary, "entity": STANDARD.encode(&it.entity) })).collect();
    let input = Value::from(list).to_string();
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success(), "mime.py failed");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Numbers from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("small")
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn message(mut self) -> Made {
        let boundary =
            self.one(&["b", "-", "=_b.1:2", "bound ary", "x'()+_,-./:=?y", "----=_Part_0_1.2", "B"]).to_owned();
        let bare = self.below(4) == 0;
        let end = if bare { "\n" } else { "\r\n" };
        let mut entity = Vec::new();
        if self.below(3) == 0 {
            entity.extend(format!("This is a message in parts.{end}--{boundary}x{end}{end}").into_bytes());
        }
        let mut contents = Vec::new();
        for number in 0..=self.below(4) {
            let padding = self.one(&["", "", "", " ", "\t ", "   "]);
            entity.extend(format!("--{boundary}{padding}{end}").into_bytes());
            let content = self.content(&boundary);
            let (encoding, encoded) = self.encoded(&content, end);
            let mut lines = Vec::new();
            if self.below(5) > 0 {
                let name = self.one(&["Content-Type", "content-type", "CONTENT-TYPE"]);
                let fold = self.one(&["", end]);
                lines.push(match self.below(3) {
                    0 => format!("{name}: application/pdf"),
                    1 => format!("{name}:Text/XML; charset=UTF-8"),
                    _ => format!("{name}: application/octet-stream;{fold} name=\"a; b\\\"c.pdf\""),
                });
            }
            if self.below(2) == 0 {
                lines.push(format!("Content-ID: <part-{number}@example.fi>"));
            }
            if let Some(encoding) = encoding {
                lines.push(format!("Content-Transfer-Encoding: {encoding}"));
            }
            if self.below(3) == 0 {
                lines.push(format!("X-Note: long,{end}  and folded: twice{end}\tover"));
            }
            let first = self.below(lines.len().max(1));
            lines.rotate_left(first);
            for line in lines {
                entity.extend(format!("{line}{end}").into_bytes());
            }
            entity.extend_from_slice(end.as_bytes());
            entity.extend(encoded);
            entity.extend_from_slice(end.as_bytes());
            contents.push(content);
        }
        let behind = self.one(&["", "\r\n", "\r\nbehind the end\r\n--b\r\n\r\nno part\r\n"]);
        entity.extend(format!("--{boundary}--{behind}").into_bytes());
        Made { boundary, entity, contents }
    }

    /// What a reader must not fall for. A lone carriage return stands before nothing that looks like a delimiter, and not
    /// at the end: it would be a line end to the one and data to the other.
    fn content(&mut self, boundary: &str) -> Vec<u8> {
        let almost =
            [format!("--{boundary}x"), format!("--{boundary}--x"), format!("-{boundary}"), format!(" --{boundary}")];
        let mut content = Vec::new();
        for _ in 0..self.below(9) {
            let piece: &[u8] = match self.below(14) {
                0 | 1 => b"\r\n",
                2 => b"\n",
                3 => b"\rx",
                4 => b"--",
                5 => b" \t",
                6 => b"=3D=",
                7 => &[0, 0xff, 0x0b, 0x0c, 0x1c, 0x85],
                8 => "ä\u{2028}\u{85}".as_bytes(),
                9 => b"%PDF-1.7",
                10 => b"From x",
                _ => almost[self.below(almost.len())].as_bytes(),
            };
            content.extend_from_slice(piece);
        }
        content
    }

    fn encoded(&mut self, content: &[u8], end: &str) -> (Option<&'static str>, Vec<u8>) {
        match self.below(6) {
            0 => {
                let text = STANDARD.encode(content);
                let width = self.one(&[4, 60, 76]);
                let lines: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
                (Some(self.one(&["base64", "BASE64"])), lines.join(end.as_bytes()))
            }
            1 => {
                let mut out = Vec::new();
                let mut column = 0;
                for &byte in content {
                    if column > 60 {
                        out.extend(format!("={end}").into_bytes());
                        column = 0;
                    }
                    if byte.is_ascii_alphanumeric() && self.below(3) > 0 {
                        out.push(byte);
                        column += 1;
                    } else {
                        out.extend(
                            if self.below(2) == 0 { format!("={byte:02X}") } else { format!("={byte:02x}") }
                                .into_bytes(),
                        );
                        column += 3;
                    }
                }
                (Some("quoted-printable"), out)
            }
            2 => (Some("8bit"), content.to_vec()),
            3 => (Some("binary"), content.to_vec()),
            _ => (None, content.to_vec()),
        }
    }
}
