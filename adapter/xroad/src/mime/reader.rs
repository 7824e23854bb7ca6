//! The incremental reader. Push bytes, poll events until [`Event::NeedMore`], push again, and say when input ends.
//!
//! Memory: what was pushed last and not yet polled, plus at most one header block or delimiter line. Line ends may be
//! CRLF or LF; the one before a delimiter belongs to the delimiter. A line that only begins like a delimiter is data.

use std::collections::HashSet;
use std::ops::Range;

use memchr::memmem::Finder;

use super::headers::PartHeaders;
use super::transfer::Transfer;
use super::{MimeError, MimeLimits};

/// What kind of multipart is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SwA or MTOM: the first part is the SOAP message, whatever `start` says; every part has a Content-Type.
    Soap,
    /// Any other multipart: no rule about types.
    Any,
}

/// One step of the reading.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'r> {
    /// Push more bytes, or call [`Reader::finish`].
    NeedMore,
    /// A part begins.
    Part(Box<PartHeaders>),
    /// The next bytes of the part, transfer encoding undone. Never empty.
    Data(&'r [u8]),
    /// The part is complete.
    PartEnd,
    /// The closing delimiter was found. Whatever follows is ignored.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    Body,
    /// The body is complete; `last` tells whether the closing delimiter ended it.
    BodyEnd {
        last: bool,
    },
    End,
}

/// Blanks behind a delimiter that still count as its transport padding.
const PADDING: usize = 128;

pub struct Reader {
    kind: Kind,
    limits: MimeLimits,
    /// `--boundary`.
    delimiter: Finder<'static>,
    buffer: Vec<u8>,
    at: usize,
    finished: bool,
    state: State,
    /// Whether `at` stands at the start of a line, with the line end before it already consumed.
    line_start: bool,
    transfer: Transfer,
    decoded: Vec<u8>,
    parts: usize,
    skipped: usize,
    first_size: u64,
    total: u64,
    ids: HashSet<String>,
}

/// What the search for a delimiter found.
enum Found {
    /// Content up to the end of the range, then a delimiter; `next` is behind its line.
    Delimiter { content: Range<usize>, next: usize, last: bool },
    /// That much is content for certain; the rest must wait.
    Content(Range<usize>),
}

impl Reader {
    /// A reader for a boundary as the Content-Type gives it, without the two hyphens.
    pub fn new(kind: Kind, boundary: &str, limits: MimeLimits) -> Result<Self, MimeError> {
        let fits = (1..=200).contains(&boundary.len())
            && boundary.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
            && !boundary.ends_with(' ');
        if !fits {
            return Err(MimeError::Boundary);
        }
        Ok(Self {
            kind,
            limits,
            delimiter: Finder::new(format!("--{boundary}").as_bytes()).into_owned(),
            buffer: Vec::new(),
            at: 0,
            finished: false,
            state: State::Preamble,
            line_start: true,
            transfer: Transfer::Identity,
            decoded: Vec::new(),
            parts: 0,
            skipped: 0,
            first_size: 0,
            total: 0,
            ids: HashSet::new(),
        })
    }

    /// Takes the next bytes in. Poll to [`Event::NeedMore`] before pushing again, else they pile up.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.state == State::End {
            return;
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// No more bytes will come.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// How many bytes wait inside the reader.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.at
    }

    /// The next event. After an error the reader is of no more use.
    pub fn poll(&mut self) -> Result<Event<'_>, MimeError> {
        loop {
            match self.state {
                State::End => {
                    self.buffer.clear();
                    self.at = 0;
                    return Ok(Event::End);
                }
                State::BodyEnd { last } => {
                    self.state = if last { State::End } else { State::Headers };
                    return Ok(Event::PartEnd);
                }
                State::Preamble => match self.search()? {
                    Found::Delimiter { content, next, last } => {
                        if self.skipped + content.len() > self.limits.preamble {
                            return Err(MimeError::Preamble);
                        }
                        if last {
                            return Err(MimeError::NoParts);
                        }
                        self.at = next;
                        self.state = State::Headers;
                    }
                    Found::Content(range) => {
                        self.skipped += range.len();
                        if self.skipped > self.limits.preamble {
                            return Err(MimeError::Preamble);
                        }
                        self.consume(&range);
                        if self.finished {
                            return Err(MimeError::NoParts);
                        }
                        return Ok(Event::NeedMore);
                    }
                },
                State::Headers => match self.headers()? {
                    Some(headers) => return Ok(Event::Part(Box::new(headers))),
                    None if self.finished => return Err(MimeError::Unclosed),
                    None => return Ok(Event::NeedMore),
                },
                State::Body => {
                    let (content, more) = match self.search()? {
                        Found::Delimiter { content, next, last } => {
                            self.at = next;
                            self.state = State::BodyEnd { last };
                            (content, true)
                        }
                        Found::Content(range) => {
                            self.consume(&range);
                            (range, false)
                        }
                    };
                    let any = self.take_content(&content, more)?;
                    match (any, more) {
                        (Some(range), _) => return Ok(Event::Data(self.slice(range))),
                        (None, true) => {}
                        (None, false) if self.finished => return Err(MimeError::Unclosed),
                        (None, false) => return Ok(Event::NeedMore),
                    }
                }
            }
        }
    }

    fn slice(&self, range: Option<Range<usize>>) -> &[u8] {
        range.map_or(Some(self.decoded.as_slice()), |range| self.buffer.get(range)).unwrap_or_default()
    }

    /// Moves over content, remembering whether a line end was its last byte.
    fn consume(&mut self, range: &Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.line_start = self.buffer.get(range.end - 1) == Some(&b'\n');
        self.at = range.end;
    }

    /// Counts and decodes content. `Some(None)` means that the data is in `decoded`, `None` that there is none.
    #[expect(clippy::option_option, reason = "where the data lies, if there is any")]
    fn take_content(&mut self, content: &Range<usize>, last: bool) -> Result<Option<Option<Range<usize>>>, MimeError> {
        let (size, place) = if self.transfer.is_identity() {
            (content.len(), Some(content.clone()))
        } else {
            self.decoded.clear();
            let piece = self.buffer.get(content.clone()).unwrap_or_default();
            self.transfer.decode(piece, last, &mut self.decoded)?;
            (self.decoded.len(), None)
        };
        if self.parts == 1 {
            self.first_size += size as u64;
            if self.first_size > self.limits.first_part {
                return Err(MimeError::FirstPartTooLarge);
            }
        } else {
            self.total += size as u64;
            if self.total > self.limits.total {
                return Err(MimeError::TooLarge);
            }
        }
        Ok((size > 0).then_some(place))
    }

    /// Looks for the next delimiter line behind `at`.
    fn search(&self) -> Result<Found, MimeError> {
        let all = self.buffer.as_slice();
        let needle = self.delimiter.needle().len();
        let mut from = self.at;
        while let Some(found) = all.get(from..).and_then(|rest| self.delimiter.find(rest)) {
            let start = from + found;
            let Some(content_end) = self.line_before(start) else {
                from = start + 1;
                continue;
            };
            match delimiter_line(all.get(start + needle..).unwrap_or_default(), self.finished)? {
                Line::Delimiter { len, last } => {
                    let content = self.at..content_end;
                    return Ok(Found::Delimiter { content, next: start + needle + len, last });
                }
                Line::Incomplete => return Ok(Found::Content(self.at..content_end)),
                Line::Data => from = start + 1,
            }
        }
        // A delimiter with its line end may have begun in the last bytes.
        let keep = if self.finished { 0 } else { needle + 1 };
        Ok(Found::Content(self.at..all.len().saturating_sub(keep).max(self.at)))
    }

    /// Where the content before a line that starts at `start` ends, or `None` if no line starts there.
    fn line_before(&self, start: usize) -> Option<usize> {
        let before = self.buffer.get(self.at..start).unwrap_or_default();
        match before {
            [] => self.line_start.then_some(start),
            [.., b'\r', b'\n'] => Some(start - 2),
            [.., b'\n'] => Some(start - 1),
            _ => None,
        }
    }

    fn headers(&mut self) -> Result<Option<PartHeaders>, MimeError> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let mut block = None;
        let mut line = 0;
        for end in memchr::memchr_iter(b'\n', rest) {
            if matches!(rest.get(line..end), Some(b"" | b"\r")) {
                block = Some((line, end + 1));
                break;
            }
            line = end + 1;
        }
        let (length, next) = match block {
            Some(found) => found,
            // The blank line that ends the block may have come in part; it does not count.
            None if rest.len() > self.limits.header_block + 4 => return Err(MimeError::HeaderTooLarge),
            None => return Ok(None),
        };
        if length > self.limits.header_block {
            return Err(MimeError::HeaderTooLarge);
        }
        let headers = PartHeaders::parse(rest.get(..length).unwrap_or_default(), &self.limits)?;
        self.parts += 1;
        if self.parts > self.limits.parts {
            return Err(MimeError::TooManyParts);
        }
        self.transfer = Transfer::named(headers.get("Content-Transfer-Encoding"))?;
        if self.kind == Kind::Soap {
            let content_type = headers.content_type.as_ref().ok_or(MimeError::NoContentType)?;
            if self.parts == 1 && !content_type.is_soap() {
                return Err(MimeError::NotSoap);
            }
            if self.parts == 1 && !self.transfer.is_identity() {
                return Err(MimeError::EncodedSoap);
            }
        }
        if headers.content_id.as_ref().is_some_and(|id| !self.ids.insert(id.clone())) {
            return Err(MimeError::RepeatedContentId);
        }
        self.at += next;
        self.state = State::Body;
        self.line_start = true;
        Ok(Some(headers))
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("state", &self.state).field("parts", &self.parts).finish_non_exhaustive()
    }
}

enum Line {
    Delimiter { len: usize, last: bool },
    Incomplete,
    Data,
}

/// What follows the delimiter's own text decides: two hyphens or none, blanks, and a line end.
fn delimiter_line(rest: &[u8], finished: bool) -> Result<Line, MimeError> {
    let (last, after) = match rest.strip_prefix(b"--") {
        Some(after) => (true, after),
        None => (false, rest),
    };
    let padding = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    if padding > PADDING {
        return Err(MimeError::Delimiter);
    }
    let marks = rest.len() - after.len() + padding;
    Ok(match after.get(padding..).unwrap_or_default() {
        [b'\r', b'\n', ..] => Line::Delimiter { len: marks + 2, last },
        [b'\n', ..] => Line::Delimiter { len: marks + 1, last },
        [] if last && finished => Line::Delimiter { len: marks, last },
        [b'\r'] if last && finished => Line::Delimiter { len: marks + 1, last },
        [] | [b'\r'] if !finished => Line::Incomplete,
        [b'-'] if !last && padding == 0 && !finished => Line::Incomplete,
        _ => Line::Data,
    })
}
