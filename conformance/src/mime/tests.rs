use super::{ContentType, Event, MimeError, PartHeaders, Reader, closing, part_head};

type Part = (Option<String>, Vec<u8>);
/// Name, body, expected types and bodies, whether the closing delimiter is there.
type Case = (&'static str, &'static [u8], Vec<(Option<&'static str>, &'static [u8])>, bool);

/// Reads a body in pieces of the given size.
fn read(boundary: &str, body: &[u8], piece: usize) -> Result<(Vec<Part>, bool), MimeError> {
    let mut reader = Reader::new(boundary);
    let mut events = Vec::new();
    for chunk in body.chunks(piece) {
        reader.push(chunk, &mut events)?;
    }
    let closed = reader.finish(&mut events)?;
    let mut parts: Vec<Part> = Vec::new();
    let mut open = false;
    for event in events {
        match event {
            Event::Start(headers) => {
                assert!(!open, "a part began inside another");
                open = true;
                let kind = headers.get("content-type").map(|v| String::from_utf8_lossy(v).into_owned());
                parts.push((kind, Vec::new()));
            }
            Event::Data(data) => parts.last_mut().unwrap().1.extend_from_slice(&data),
            Event::End => open = false,
        }
    }
    assert!(!open, "the last part never ended");
    Ok((parts, closed))
}

fn part(kind: &str, body: &[u8]) -> Part {
    (Some(kind.to_owned()), body.to_vec())
}

#[test]
fn bodies_come_out_whatever_the_pieces() {
    let text = Some("text/plain");
    let cases: Vec<Case> = vec![
        ("plain", b"--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b--\r\n", vec![(text, b"one")], true),
        ("line feeds only", b"--b\ncontent-type:text/plain\n\none\n\n--b--", vec![(text, b"one\n")], true),
        (
            "preamble and epilogue",
            b"pre\r\n--x\r\n--b \t\r\nContent-Type: text/plain\r\n\r\n\r\n--b--\r\nepilogue\r\n--b\r\n",
            vec![(text, b"")],
            true,
        ),
        ("empty without line break", b"--b\r\nContent-Type: text/plain\r\n\r\n--b--\r\n", vec![(text, b"")], true),
        (
            "ends in CRLF, prefix of delimiter inside",
            b"--b\r\nContent-Type: text/plain\r\n\r\na\r\n--bX\r\n--\r\n\r\n\r\n--b--",
            vec![(text, b"a\r\n--bX\r\n--\r\n\r\n")],
            true,
        ),
        ("no closing delimiter", b"--b\r\nContent-Type: text/plain\r\n\r\none\r\n", vec![(text, b"one\r\n")], false),
        ("no type", b"--b\r\nX: y\r\n\r\none\r\n--b--", vec![(None, b"one")], true),
        (
            "nested multipart",
            b"--b\nContent-Type: multipart/mixed; boundary=\"n n\"\n\nignored\n--n n\nContent-Type: text/plain\n\n1\n\
              --n n\nContent-Type: text/plain\n\n2\n--n n--\nignored\n--b\nContent-Type: text/plain\n\n3\n--b--\n",
            vec![(text, b"1"), (text, b"2"), (text, b"3")],
            true,
        ),
        (
            "embedded message",
            b"--b\nContent-Type: message/rfc822\n\nSubject: x\nContent-Type: text/plain\n\nhello\n--b--\n",
            vec![(text, b"hello")],
            true,
        ),
        (
            "folded header",
            b"--b\r\nContent-Type: text/plain;\r\n charset=UTF-8\r\n\r\nx\r\n--b--",
            vec![(Some("text/plain; charset=UTF-8"), b"x")],
            true,
        ),
        ("other boundary", b"--c\r\nContent-Type: text/plain\r\n\r\nx\r\n--c--", vec![], false),
        ("nothing", b"", vec![], false),
    ];
    for (name, body, expected, closed) in cases {
        let expected: Vec<Part> = expected.into_iter().map(|(k, b)| (k.map(str::to_owned), b.to_vec())).collect();
        for piece in [1, 2, 3, 7, 4096] {
            assert_eq!(read("b", body, piece).unwrap(), (expected.clone(), closed), "{name}, pieces of {piece}");
        }
    }
}

#[test]
fn header_limits() {
    let long = format!("--b\r\nX: {}\r\n\r\n", "a".repeat(1001));
    assert_eq!(read("b", long.as_bytes(), 64), Err(MimeError::HeaderLineTooLong));
    let endless = format!("--b\r\nX: {}", "a".repeat(5000));
    assert_eq!(read("b", endless.as_bytes(), 64), Err(MimeError::HeaderLineTooLong));
    let many = format!("--b\r\n{}\r\n", "X: 1\r\n".repeat(1001));
    assert_eq!(read("b", many.as_bytes(), 64), Err(MimeError::TooManyHeaders));
}

#[test]
fn content_types() {
    let mtom = ContentType::parse(
        "Multipart/Related; start-info=\"application/soap+xml\"; type=\"application/xop+xml\"; boundary=\"a\\\"b  \"",
    )
    .unwrap();
    assert_eq!(mtom.essence(), "multipart/related");
    assert_eq!(mtom.boundary(), Some("a\"b"));
    assert_eq!(mtom.parameter("type"), Some("application/xop+xml"));
    let plain = ContentType::parse(" text/xml ; charset=UTF-8; boundary=x ").unwrap();
    assert_eq!((plain.parameter("charset"), plain.boundary()), (Some("UTF-8"), Some("x")));
    for bad in ["", "text", "/xml", "te xt/xml"] {
        assert_eq!(ContentType::parse(bad), None, "{bad}");
    }
}

#[test]
fn writes_delimiters_as_a_security_server_does() {
    let mut headers = PartHeaders::default();
    headers.set("Content-ID", "<a>");
    headers.set("Content-Type", "text/plain");
    headers.set("content-id", "<b>");
    let mut body = part_head("b", &headers, true);
    body.extend_from_slice(b"x");
    body.extend_from_slice(&closing("b"));
    assert_eq!(body, b"--b\r\ncontent-type:text/plain\r\ncontent-id: <b>\r\n\r\nx\r\n--b--\r\n");
    assert_eq!(read("b", &body, 5).unwrap(), (vec![part("text/plain", b"x")], true));
}
