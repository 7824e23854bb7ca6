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

/// Follows one connection's incoming bytes.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    line: Vec<u8>,
    length: usize,
    after_cr: bool,
    started: bool,
    content_length: Option<u64>,
    chunked: bool,
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

impl Framing {
    pub(super) fn new() -> Self {
        Self {
            state: State::Head,
            line: Vec::new(),
            length: 0,
            after_cr: false,
            started: false,
            content_length: None,
            chunked: false,
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

    /// Takes the next bytes. `false` means that the body is malformed and must not be read on; a malformed head is for
    /// the request's answer to say.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match self.state {
                State::Lost => return true,
                State::Sized(left) => {
                    let (rest, left) = skip(bytes, left);
                    bytes = rest;
                    self.state = if left == 0 { State::Head } else { State::Sized(left) };
                }
                State::ChunkData(left) => {
                    let (rest, left) = skip(bytes, left);
                    bytes = rest;
                    self.state = if left == 0 { State::ChunkEnd } else { State::ChunkData(left) };
                }
                State::Head | State::ChunkSize | State::ChunkEnd | State::Trailer => {
                    let in_body = self.state != State::Head;
                    let Some((byte, rest)) = bytes.split_first() else { return true };
                    bytes = rest;
                    self.byte(*byte);
                    if in_body && self.state == State::Lost {
                        return false;
                    }
                }
            }
        }
        true
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
            if self.content_length.replace(number).is_some_and(|before| before != number) {
                return self.lose("there are two content lengths");
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || !whole || !value.eq_ignore_ascii_case(b"chunked") {
                return self.lose("the transfer encoding must be chunked");
            }
            self.chunked = true;
        }
        if self.chunked && self.content_length.is_some() {
            self.lose("content length and transfer encoding exclude one another");
        }
    }

    fn head_done(&mut self) {
        self.state = match (self.chunked, self.content_length) {
            (true, _) => State::ChunkSize,
            (false, Some(length)) if length > 0 => State::Sized(length),
            // Also an empty line before a request line, which RFC 9112 §2.2 lets pass.
            _ => return self.next_message(),
        };
        self.started = false;
    }

    fn next_message(&mut self) {
        self.state = State::Head;
        self.started = false;
        self.content_length = None;
        self.chunked = false;
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
            let ok = bytes.chunks(step).all(|piece| framing.take(piece));
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
