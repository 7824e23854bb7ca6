//! A push reader of multipart bodies: bytes in, events out, bounded memory.

use memchr::memmem;

use super::ContentType;

/// Longest MIME header line and most header lines of a part (xroad.md §2.5).
const HEADER_LINE_LIMIT: usize = 1000;
const HEADER_COUNT_LIMIT: usize = 1000;
/// White space after a delimiter that is still waited for before a line is judged to be no delimiter.
const DELIMITER_PADDING: usize = 256;

/// What the reader has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins. Nested multiparts are flattened: they never show themselves, only their leaves do.
    Start(PartHeaders),
    /// Bytes of the current part's body, undecoded.
    Data(Vec<u8>),
    /// The current part is complete.
    End,
}

/// Why a body is not multipart as it should be. The sender's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MimeError {
    /// A header line longer than 1000 characters.
    #[error("a MIME header line is longer than {HEADER_LINE_LIMIT} characters")]
    HeaderLineTooLong,
    /// More than 1000 header lines in a part.
    #[error("a part has more than {HEADER_COUNT_LIMIT} header lines")]
    TooManyHeaders,
}

/// Headers of a part: unfolded, the last of a repeated name wins, names keep their spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartHeaders(Vec<(String, Vec<u8>)>);

impl PartHeaders {
    /// Puts one header, replacing an earlier one of the same name in any case.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value.into()));
    }

    /// The value of a header, name in any case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_slice())
    }

    /// All headers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The Content-Type, parsed.
    pub fn content_type(&self) -> Option<ContentType> {
        ContentType::parse(&String::from_utf8_lossy(self.get("content-type")?))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Before the first delimiter of the innermost open multipart, or after the closing one of a nested multipart.
    Outside,
    Headers(Vec<Vec<u8>>),
    Body,
    /// After the closing delimiter of the outermost multipart.
    Done,
}

/// See the module.
#[derive(Debug)]
pub struct Reader {
    boundaries: Vec<Vec<u8>>,
    state: State,
    buffer: Vec<u8>,
    /// The buffer starts at the beginning of a line.
    line_start: bool,
    closed: bool,
}

enum Line {
    /// A delimiter of the multipart at this depth; `true` when it closes it. Second value: bytes of the line.
    Delimiter(usize, bool, usize),
    Other,
    /// More bytes are needed to tell.
    Incomplete,
}

impl Reader {
    /// A reader for a body whose outer boundary is given.
    pub fn new(boundary: &str) -> Self {
        Self {
            boundaries: vec![boundary.as_bytes().to_vec()],
            state: State::Outside,
            buffer: Vec::new(),
            line_start: true,
            closed: false,
        }
    }

    /// Takes the next bytes and appends what they complete to `events`.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), MimeError> {
        if self.state == State::Done {
            return Ok(());
        }
        self.buffer.extend_from_slice(bytes);
        self.run(false, events)
    }

    /// Says that no more bytes come. A part still open is ended, as a security server does.
    /// Returns whether the closing delimiter was there.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<bool, MimeError> {
        if self.state != State::Done {
            self.run(true, events)?;
            if self.state == State::Body {
                let rest = std::mem::take(&mut self.buffer);
                emit(events, &rest);
                events.push(Event::End);
            }
        }
        Ok(self.closed)
    }

    fn run(&mut self, at_end: bool, events: &mut Vec<Event>) -> Result<(), MimeError> {
        loop {
            let progressed = match &self.state {
                State::Done => return Ok(()),
                State::Headers(_) => self.header_line(at_end, events)?,
                State::Outside | State::Body => self.body(at_end, events),
            };
            if !progressed {
                return Ok(());
            }
        }
    }

    /// Reads one header line; `false` when there is none yet.
    fn header_line(&mut self, at_end: bool, events: &mut Vec<Event>) -> Result<bool, MimeError> {
        let (line, used) = match memchr::memchr(b'\n', &self.buffer) {
            Some(at) => (self.buffer.get(..at).unwrap_or_default(), at + 1),
            None if at_end && !self.buffer.is_empty() => (self.buffer.as_slice(), self.buffer.len()),
            None if self.buffer.len() > HEADER_LINE_LIMIT => return Err(MimeError::HeaderLineTooLong),
            None => return Ok(false),
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        if line.len() > HEADER_LINE_LIMIT {
            return Err(MimeError::HeaderLineTooLong);
        }
        self.buffer.drain(..used);
        self.line_start = true;
        let State::Headers(lines) = &mut self.state else { return Ok(true) };
        if !line.is_empty() {
            lines.push(line);
            return if lines.len() > HEADER_COUNT_LIMIT { Err(MimeError::TooManyHeaders) } else { Ok(true) };
        }
        let headers = unfold(lines);
        let content_type = headers.content_type();
        let essence = content_type.as_ref().map(ContentType::essence).unwrap_or_default();
        let nested = content_type.as_ref().and_then(ContentType::boundary);
        self.state = match nested {
            Some(boundary) if essence.starts_with("multipart/") => {
                self.boundaries.push(boundary.as_bytes().to_vec());
                State::Outside
            }
            _ if essence == "message/rfc822" => State::Headers(Vec::new()),
            _ => {
                events.push(Event::Start(headers));
                State::Body
            }
        };
        Ok(true)
    }

    /// Moves over body or ignored bytes up to the next delimiter; `false` when more bytes are needed.
    fn body(&mut self, at_end: bool, events: &mut Vec<Event>) -> bool {
        if self.line_start {
            match self.judge(0, at_end) {
                Line::Incomplete => return false,
                Line::Delimiter(depth, closing, used) => {
                    self.delimiter(0, used, depth, closing, events);
                    return true;
                }
                Line::Other => self.line_start = false,
            }
        }
        let mut from = 0;
        loop {
            let rest = self.buffer.get(from..).unwrap_or_default();
            let Some(found) = memmem::find(rest, b"\n--") else {
                // A delimiter may begin in the last bytes: CR, LF and one dash are kept back.
                let keep = if at_end { 0 } else { 3 };
                let upto = self.buffer.len().saturating_sub(keep).max(from);
                self.pass(upto, events);
                return false;
            };
            let line = from + found + 1;
            let before = self.buffer.get(..line - 1).unwrap_or_default();
            let data = if before.ends_with(b"\r") { line - 2 } else { line - 1 };
            match self.judge(line, at_end) {
                Line::Other => from = line + 2,
                Line::Incomplete => {
                    self.pass(data, events);
                    return false;
                }
                Line::Delimiter(depth, closing, used) => {
                    self.delimiter(data, line + used, depth, closing, events);
                    return true;
                }
            }
        }
    }

    /// Whether the line at this place of the buffer is a delimiter.
    fn judge(&self, at: usize, at_end: bool) -> Line {
        let rest = self.buffer.get(at..).unwrap_or_default();
        let longest = self.boundaries.iter().map(Vec::len).max().unwrap_or_default();
        if !rest.starts_with(b"--") {
            let undecided = !at_end && (rest.is_empty() || rest == b"-");
            return if undecided { Line::Incomplete } else { Line::Other };
        }
        let (line, used) = match memchr::memchr(b'\n', rest) {
            Some(end) => (rest.get(..end).unwrap_or_default(), end + 1),
            None if at_end => (rest, rest.len()),
            None if rest.len() > longest + DELIMITER_PADDING => return Line::Other,
            None => return Line::Incomplete,
        };
        for (depth, boundary) in self.boundaries.iter().enumerate().rev() {
            let Some(tail) = line.get(2..).and_then(|line| line.strip_prefix(boundary.as_slice())) else {
                continue;
            };
            if blank(tail) {
                return Line::Delimiter(depth, false, used);
            }
            if tail.strip_prefix(b"--").is_some_and(blank) {
                return Line::Delimiter(depth, true, used);
            }
        }
        Line::Other
    }

    /// A delimiter ends the data before `data` and is itself used up to `used`.
    fn delimiter(&mut self, data: usize, used: usize, depth: usize, closing: bool, events: &mut Vec<Event>) {
        if self.state == State::Body {
            emit(events, self.buffer.get(..data).unwrap_or_default());
            events.push(Event::End);
        }
        self.buffer.drain(..used);
        self.line_start = true;
        self.boundaries.truncate(depth + 1);
        self.state = if !closing {
            State::Headers(Vec::new())
        } else if depth == 0 {
            self.buffer.clear();
            self.closed = true;
            State::Done
        } else {
            self.boundaries.pop();
            State::Outside
        };
    }

    fn pass(&mut self, upto: usize, events: &mut Vec<Event>) {
        if self.state == State::Body {
            emit(events, self.buffer.get(..upto).unwrap_or_default());
        }
        self.buffer.drain(..upto);
    }
}

fn emit(events: &mut Vec<Event>, data: &[u8]) {
    if !data.is_empty() {
        events.push(Event::Data(data.to_vec()));
    }
}

fn blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r'))
}

fn unfold(lines: &[Vec<u8>]) -> PartHeaders {
    let mut joined: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        let folded = line.first().is_some_and(|first| matches!(first, b' ' | b'\t'));
        match joined.last_mut() {
            Some(last) if folded => last.extend_from_slice(line),
            _ => joined.push(line.clone()),
        }
    }
    let mut headers = PartHeaders::default();
    for line in joined {
        let Some(colon) = memchr::memchr(b':', &line) else { continue };
        let (name, value) = line.split_at(colon);
        let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
        if !name.is_empty() {
            headers.set(&name, value.get(1..).unwrap_or_default().trim_ascii());
        }
    }
    headers
}
