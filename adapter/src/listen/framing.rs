//! Watches the raw bytes of a connection for framing that two readers could understand in two ways (RFC 9112 §6.3,
//! §11.2; xroad.md §9.9 TR-04).
//!
//! hyper tolerates a bare LF and drops `Content-Length` beside `Transfer-Encoding`; after that nobody can tell any more
//! that they were there. This reader follows messages over the wire without changing a byte and says what it saw. It
//! is stricter than hyper, never more lenient, and interprets nothing but lengths.

/// The longest line of which anything matters here; longer ones cannot be a valid length or encoding.
const LINE: usize = 256;
/// The longest chunk-size line with its extensions.
const CHUNK_LINE: usize = 4096;

/// Said when a message announces its end in both ways.
const BOTH: &str = "content length and transfer encoding exclude one another";

/// Follows one connection's incoming bytes.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    line: Vec<u8>,
    length: usize,
    after_cr: bool,
    started: bool,
    body: Announced,
    http2: bool,
    violation: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Sized(u64),
    ChunkSize,
    ChunkData(u64),
    ChunkEnd,
    Trailer,
    /// After a violation nothing is followed any more.
    Lost,
}

/// What the head says of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Announced {
    Nothing,
    Length(u64),
    Chunks,
}

impl Framing {
    pub(super) fn new() -> Self {
        Self {
            state: State::Head,
            line: Vec::new(),
            length: 0,
            after_cr: false,
            started: false,
            body: Announced::Nothing,
            http2: false,
            violation: None,
        }
    }

    /// What is wrong, if anything was seen.
    pub(super) fn violation(&self) -> Option<&'static str> {
        self.violation
    }

    /// Has a head begun that has not ended?
    pub(super) fn in_head(&self) -> bool {
        self.started && self.state == State::Head
    }

    /// Has every message that began ended? Not after a violation, when nobody knows any more.
    pub(super) fn between(&self) -> bool {
        self.state == State::Head && !self.started
    }

    /// Does the connection begin as HTTP/2 does (RFC 9113 §3.4)?
    pub(super) fn is_http2(&self) -> bool {
        self.http2
    }

    /// Takes the next bytes and returns how many of them may be read on. Fewer than all means that a body is
    /// malformed; a malformed head is for the request's answer to say.
    pub(super) fn take(&mut self, all: &[u8]) -> usize {
        let mut bytes = all;
        while !bytes.is_empty() {
            match self.state {
                State::Lost => return all.len(),
                State::Sized(left) => {
                    let (rest, left) = skip(bytes, left);
                    bytes = rest;
                    self.state = State::Sized(left);
                    if left == 0 {
                        self.next_message();
                    }
                }
                State::ChunkData(left) => {
                    let (rest, left) = skip(bytes, left);
                    bytes = rest;
                    self.state = if left == 0 { State::ChunkEnd } else { State::ChunkData(left) };
                }
                State::Head | State::ChunkSize | State::ChunkEnd | State::Trailer => {
                    let in_body = self.state != State::Head;
                    let Some((byte, rest)) = bytes.split_first() else { break };
                    bytes = rest;
                    self.byte(*byte);
                    if in_body && self.state == State::Lost {
                        return all.len() - bytes.len() - 1;
                    }
                }
            }
        }
        all.len()
    }

    fn byte(&mut self, byte: u8) {
        self.started = true;
        match (byte, self.after_cr) {
            (b'\n', true) => {
                self.after_cr = false;
                self.line_done();
            }
            (b'\n', false) => self.lose("a line ends in a bare LF"),
            (_, true) => self.lose("a CR stands inside a line"),
            (b'\r', false) => self.after_cr = true,
            _ => {
                self.length += 1;
                if self.line.len() < LINE {
                    self.line.push(byte);
                }
                if self.state != State::Head && self.length > CHUNK_LINE {
                    self.lose("a chunk line is too long");
                }
            }
        }
    }

    fn line_done(&mut self) {
        let line = std::mem::take(&mut self.line);
        let whole = self.length <= LINE;
        let empty = self.length == 0;
        self.length = 0;
        match self.state {
            State::Head if empty => self.head_done(),
            State::Head => self.header(&line, whole),
            State::ChunkSize => match chunk_size(&line) {
                Some(0) => self.state = State::Trailer,
                Some(size) => self.state = State::ChunkData(size),
                None => self.lose("a chunk size is malformed"),
            },
            State::ChunkEnd if empty => self.state = State::ChunkSize,
            State::ChunkEnd => self.lose("a chunk is longer than its size"),
            State::Trailer if empty => self.next_message(),
            State::Trailer | State::Sized(_) | State::ChunkData(_) | State::Lost => {}
        }
        self.line = line;
        self.line.clear();
    }

    fn header(&mut self, line: &[u8], whole: bool) {
        self.http2 |= line.starts_with(b"PRI * HTTP/2");
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        // A name with a blank before the colon is refused by hyper; here it must not hide a length.
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let number = str::from_utf8(value).ok().filter(|text| whole && text.bytes().all(|b| b.is_ascii_digit()));
            let Some(number) = number.and_then(|text| text.parse().ok()) else {
                return self.lose("the content length is malformed");
            };
            match self.body {
                Announced::Nothing => self.body = Announced::Length(number),
                Announced::Length(before) if before == number => {}
                Announced::Length(_) => self.lose("there are two content lengths"),
                Announced::Chunks => self.lose(BOTH),
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            match self.body {
                Announced::Nothing if whole && value.eq_ignore_ascii_case(b"chunked") => self.body = Announced::Chunks,
                Announced::Length(_) => self.lose(BOTH),
                Announced::Nothing | Announced::Chunks => self.lose("the transfer encoding must be chunked"),
            }
        }
    }

    fn head_done(&mut self) {
        self.state = match self.body {
            Announced::Chunks => State::ChunkSize,
            Announced::Length(length) if length > 0 => State::Sized(length),
            // Also an empty line before a request line, which RFC 9112 §2.2 lets pass.
            _ => return self.next_message(),
        };
        self.started = false;
    }

    fn next_message(&mut self) {
        self.state = State::Head;
        self.started = false;
        self.body = Announced::Nothing;
    }

    fn lose(&mut self, why: &'static str) {
        self.violation = Some(why);
        self.state = State::Lost;
    }
}

fn skip(bytes: &[u8], left: u64) -> (&[u8], u64) {
    let step = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    (bytes.get(step..).unwrap_or_default(), left.saturating_sub(step as u64))
}

/// `1*HEXDIG [chunk-ext]`
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way of cutting the bytes must give the same result.
    fn follow(bytes: &[u8]) -> (Option<&'static str>, bool, State) {
        let mut results = Vec::new();
        for step in [1, 2, 3, 7, bytes.len()] {
            let mut framing = Framing::new();
            let ok = bytes.chunks(step).all(|piece| framing.take(piece) == piece.len());
            results.push((framing.violation(), ok, framing.state));
        }
        assert!(results.iter().all(|result| result == &results[0]), "{results:?}");
        results[0]
    }

    #[test]
    fn follows_messages_over_the_wire() {
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\na\nb\r\n00\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding:chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
        ] {
            assert_eq!(follow(text.as_bytes()), (None, true, State::Head), "{text:?}");
        }
        assert_eq!(follow(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab").2, State::Sized(7));
    }

    #[test]
    fn knows_when_it_stands_between_two_messages() {
        let message = b"\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
            POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        let mut framing = Framing::new();
        let mut ends = Vec::new();
        for (at, byte) in message.iter().enumerate() {
            framing.take(&[*byte]);
            if framing.between() {
                ends.push(str::from_utf8(&message[..=at]).expect("text").rsplit('\n').next().expect("a piece"));
            }
        }
        // Behind the empty line, the sized body, the trailer and the head without a body.
        assert_eq!(ends, ["", "abc", "", ""]);
        framing.take(b"GET / HTTP/1.1\n");
        assert!(!framing.between());
    }

    #[test]
    fn sees_what_could_be_read_in_two_ways() {
        for (text, readable) in [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length : 3\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n", false),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", false),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", false),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n", false),
        ] {
            let (violation, read_on, state) = follow(text.as_bytes());
            assert!(violation.is_some() && state == State::Lost, "{text:?}");
            assert_eq!(read_on, readable, "{text:?}");
        }
    }
}
