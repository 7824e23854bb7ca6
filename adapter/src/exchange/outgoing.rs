//! An answer with attachments on its way out: one multipart of known length, its files read piece by piece.
//!
//! Everything around the files is encoded before the commit, and their digests are those of the spool, so that the
//! record is complete before the first byte leaves. A file that cannot be read then ends the connection: the peer sees
//! a broken answer, and the log says *not delivered*.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::task::{JoinHandle, spawn_blocking};
use xroad::mime::{Flavour, MimeError, Writer};

use super::files::AnswerFile;
use super::spool::{Content, SpooledFile, Stored};
use crate::listen::Body;
use crate::model::evidence::PartDigest;

/// What is read of a file at once. Each answer holds two such pieces at most: one on its way, one read ahead.
const PIECE: u64 = 256 * 1024;

/// The files of an answer with the lines around them.
pub(super) struct Enclosed {
    writer: Writer,
    flavour: Flavour,
    content_type: HeaderValue,
    parts: Vec<Part>,
}

struct Part {
    content_id: String,
    head: Bytes,
    content: SpooledFile,
}

impl Enclosed {
    /// `boundary` is random: it must not occur in any file.
    pub(super) fn new(flavour: Flavour, boundary: [u8; 16], files: Vec<AnswerFile>) -> Result<Enclosed, MimeError> {
        let boundary = hex::encode(boundary);
        let writer = Writer::new(flavour, boundary.as_str())?;
        let content_type = HeaderValue::from_str(&writer.content_type()).map_err(|_| MimeError::ContentType)?;
        let parts = files.into_iter().enumerate().map(|(index, AnswerFile { media_type, content })| {
            let content_id = format!("file-{}.{boundary}@silta", index + 1);
            let mut head = Vec::new();
            writer.attachment_head(&mut head, &media_type, &content_id)?;
            Ok(Part { content_id, head: Bytes::from(head), content })
        });
        let parts = parts.collect::<Result<_, MimeError>>()?;
        Ok(Enclosed { writer, flavour, content_type, parts })
    }

    /// What stands for each file in the SOAP part, as XML.
    pub(super) fn references(&self) -> Vec<String> {
        let reference = |part: &Part| {
            let cid = Writer::cid(&part.content_id);
            match self.flavour {
                Flavour::Swa => cid,
                Flavour::Mtom => format!("<x:Include xmlns:x=\"{}\" href=\"{cid}\"/>", xroad::soap::xop::NS_XOP),
            }
        };
        self.parts.iter().map(reference).collect()
    }

    pub(super) fn digests(&self) -> Vec<PartDigest> {
        self.parts.iter().map(|part| part.content.digest.clone()).collect()
    }

    /// The answer as HTTP.
    pub(super) fn respond(self, status: StatusCode, soap: &[u8]) -> Response<Body> {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        self.writer.soap(&mut first, soap);
        self.writer.close(&mut last);
        let mut outgoing = Outgoing::default();
        outgoing.push(Segment::Bytes(first.into()));
        for Part { head, content, .. } in self.parts {
            outgoing.push(Segment::Bytes(head));
            outgoing.push(match content.content {
                Content::Memory(bytes) => Segment::Bytes(bytes),
                Content::File(file) => Segment::File { file, at: 0, end: content.digest.size },
            });
        }
        outgoing.push(Segment::Bytes(last.into()));
        let mut response = Response::new(outgoing.boxed_unsync());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, self.content_type);
        response
    }
}

/// The body: its segments one after the other.
#[derive(Default)]
struct Outgoing {
    segments: VecDeque<Segment>,
    /// Bytes that were not handed out yet.
    left: u64,
    ahead: Option<JoinHandle<io::Result<Bytes>>>,
}

enum Segment {
    Bytes(Bytes),
    File { file: Arc<Stored>, at: u64, end: u64 },
}

impl Outgoing {
    fn push(&mut self, segment: Segment) {
        let length = match &segment {
            Segment::Bytes(bytes) => bytes.len() as u64,
            Segment::File { at, end, .. } => end - at,
        };
        if length > 0 {
            self.left += length;
            self.segments.push_back(segment);
        }
    }

    /// The next piece, if a file is next: the file, the place in it, and how many bytes.
    fn piece(&mut self) -> Option<(Arc<Stored>, u64, usize)> {
        let Some(Segment::File { file, at, end }) = self.segments.front_mut() else { return None };
        let (from, length) = (*at, PIECE.min(*end - *at));
        *at += length;
        let (file, done) = (Arc::clone(file), *at == *end);
        if done {
            self.segments.pop_front();
        }
        // PIECE at most.
        Some((file, from, usize::try_from(length).unwrap_or_default()))
    }

    /// Reads a piece on another thread: a disk may keep us waiting; the other exchanges of this thread shall not.
    fn read_ahead(&mut self, piece: Option<(Arc<Stored>, u64, usize)>) {
        self.ahead = piece.map(|(file, from, length)| spawn_blocking(move || file.read(from, length)));
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut bytes = None;
        if self.ahead.is_none()
            && let Some((file, from, length)) = self.piece()
        {
            // Most files have come just now and are in memory still.
            bytes = file.read_cached(from, length);
            if bytes.is_none() {
                self.read_ahead(Some((file, from, length)));
            }
        }
        let bytes = if let Some(bytes) = bytes {
            bytes
        } else if let Some(ahead) = &mut self.ahead {
            let read = ready!(Pin::new(ahead).poll(context));
            self.ahead = None;
            let read = read.map_err(io::Error::other).and_then(|read| read);
            let bytes = read.inspect_err(|error| {
                tracing::error!("a file of an answer could not be read: {}", error.kind());
            })?;
            let next = self.piece();
            self.read_ahead(next);
            bytes
        } else {
            match self.segments.pop_front() {
                Some(Segment::Bytes(bytes)) => bytes,
                _ => return Poll::Ready(None),
            }
        };
        self.left -= bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
