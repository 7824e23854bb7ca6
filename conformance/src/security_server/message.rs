//! A SOAP message as it travels: SOAP part in memory, attachments spooled. Decoding by the rules of a security server's
//! message decoder (xroad.md §2.2, §2.3, §2.5) and encoding as it writes messages on.

use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use super::errors::{Rejection, Suffix};
use super::soap::{self, Soap};
use super::spool::{Spool, Spooling};
use crate::mime::{self, ContentType, Event, PartHeaders, Reader};

/// A security server has no limit; the simulator stops at this many bytes of SOAP part.
const SOAP_PART_LIMIT: usize = 256 * 1024 * 1024;

/// Which way a message goes: an empty multipart has another error code in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

/// A decoded message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The bytes of the SOAP document as received.
    pub soap: Bytes,
    /// What they say.
    pub parsed: Soap,
    /// The outer Content-Type value.
    pub content_type: String,
    /// Headers of the SOAP part when the message is multipart.
    pub soap_headers: Option<PartHeaders>,
    /// Attachments in order, nested ones flattened.
    pub attachments: Vec<Attachment>,
}

/// An attachment with its undecoded body.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its MIME headers.
    pub headers: PartHeaders,
    /// Its body as transferred.
    pub body: Spool,
}

impl Message {
    /// Reads a message from an HTTP body. `Err` holds the rejection; a body that breaks off is `IOError`.
    pub(super) async fn decode<B>(content_type: &str, body: B, direction: Direction) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: std::fmt::Display,
    {
        let kind = ContentType::parse(content_type)
            .ok_or_else(|| Rejection::new(Suffix::InvalidContentType, "the Content-Type cannot be read"))?;
        match kind.essence() {
            "text/xml" | "application/xop+xml" => Self::plain(content_type, body).await,
            "multipart/related" => Self::multipart(content_type, &kind, body, direction).await,
            _ => Err(Rejection::new(Suffix::InvalidContentType, "the Content-Type is not one of SOAP's")),
        }
    }

    async fn plain<B>(content_type: &str, body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: std::fmt::Display,
    {
        let mut body = std::pin::pin!(body);
        let mut bytes = Vec::new();
        while let Some(data) = next_data(&mut body).await? {
            grow(&mut bytes, &data)?;
        }
        let parsed = soap::parse(&bytes)?;
        Ok(Self {
            soap: bytes.into(),
            parsed,
            content_type: content_type.to_owned(),
            soap_headers: None,
            attachments: Vec::new(),
        })
    }

    async fn multipart<B>(
        content_type: &str,
        kind: &ContentType,
        body: B,
        direction: Direction,
    ) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: std::fmt::Display,
    {
        let boundary = kind
            .boundary()
            .ok_or_else(|| Rejection::new(Suffix::InvalidContentType, "the multipart type has no boundary"))?;
        let mut body = std::pin::pin!(body);
        let mut reader = Reader::new(boundary);
        let mut assembly = Assembly::default();
        let mut events = Vec::new();
        while let Some(data) = next_data(&mut body).await? {
            reader.push(&data, &mut events).map_err(mime_failed)?;
            assembly.take(&mut events)?;
        }
        reader.finish(&mut events).map_err(mime_failed)?;
        assembly.take(&mut events)?;
        let Some((headers, soap, parsed)) = assembly.soap else {
            let suffix = match direction {
                Direction::Request => Suffix::MissingSoap,
                Direction::Response => Suffix::InvalidMessage,
            };
            return Err(Rejection::new(suffix, "the multipart message holds no SOAP part"));
        };
        Ok(Self {
            soap,
            parsed,
            content_type: content_type.to_owned(),
            soap_headers: Some(headers),
            attachments: assembly.attachments,
        })
    }

    /// Whether the message is multipart; one without attachments stays so.
    pub fn is_multipart(&self) -> bool {
        self.soap_headers.is_some()
    }

    /// The body as a security server writes it, in pieces.
    pub(super) fn encode(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let boundary = ContentType::parse(&self.content_type)
            .and_then(|kind| kind.boundary().map(str::to_owned))
            .unwrap_or_default();
        let Some(headers) = &self.soap_headers else {
            return stream::iter([Ok(self.soap.clone())]).left_stream();
        };
        let head = mime::part_head(&boundary, headers, true);
        let first = stream::iter([Ok(Bytes::from(head)), Ok(self.soap.clone())]);
        let end = stream::iter([Ok(Bytes::from(mime::closing(&boundary)))]);
        let parts = stream::iter(self.attachments.clone()).flat_map(move |attachment| {
            let head = mime::part_head(&boundary, &attachment.headers, false);
            stream::iter([Ok(Bytes::from(head))]).chain(attachment.body.stream())
        });
        first.chain(parts).chain(end).right_stream()
    }
}

/// Parts as they come out of the reader.
#[derive(Default)]
struct Assembly {
    soap: Option<(PartHeaders, Bytes, Soap)>,
    attachments: Vec<Attachment>,
    open: Option<Open>,
}

enum Open {
    Soap(PartHeaders, Vec<u8>),
    Attachment(PartHeaders, Spooling),
}

impl Assembly {
    fn take(&mut self, events: &mut Vec<Event>) -> Result<(), Rejection> {
        for event in events.drain(..) {
            match event {
                Event::Start(headers) => self.open = Some(self.start(headers)?),
                Event::Data(data) => match &mut self.open {
                    Some(Open::Soap(_, bytes)) => grow(bytes, &data)?,
                    Some(Open::Attachment(_, spool)) => spool.put(&data).map_err(disk)?,
                    None => {}
                },
                Event::End => match self.open.take() {
                    Some(Open::Soap(headers, bytes)) => {
                        let parsed = soap::parse(&bytes)?;
                        self.soap = Some((headers, bytes.into(), parsed));
                    }
                    Some(Open::Attachment(headers, spool)) => {
                        self.attachments.push(Attachment { headers, body: spool.finish() });
                    }
                    None => {}
                },
            }
        }
        Ok(())
    }

    fn start(&self, headers: PartHeaders) -> Result<Open, Rejection> {
        let kind = headers
            .content_type()
            .ok_or_else(|| Rejection::new(Suffix::InvalidContentType, "a part has no Content-Type"))?;
        if self.soap.is_some() {
            return Ok(Open::Attachment(headers, Spooling::new()));
        }
        // The first part is the SOAP message; `start` is ignored (xroad.md §2.5).
        match kind.essence() {
            "text/xml" | "application/xop+xml" => Ok(Open::Soap(headers, Vec::new())),
            _ => Err(Rejection::new(Suffix::InvalidContentType, "the first part is not a SOAP message")),
        }
    }
}

/// The next data frame of a body; trailers are skipped.
pub(super) async fn next_data<B>(body: &mut std::pin::Pin<&mut B>) -> Result<Option<Bytes>, Rejection>
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => return Err(Rejection::new(Suffix::IoError, format!("the body broke off: {error}"))),
        }
    }
}

fn grow(bytes: &mut Vec<u8>, data: &[u8]) -> Result<(), Rejection> {
    if bytes.len() + data.len() > SOAP_PART_LIMIT {
        return Err(Rejection::new(Suffix::IoError, "the SOAP part is too large for the simulator"));
    }
    bytes.extend_from_slice(data);
    Ok(())
}

fn mime_failed(error: mime::MimeError) -> Rejection {
    Rejection::new(Suffix::MimeParsingFailed, error.to_string())
}

#[allow(clippy::needless_pass_by_value)] // shape of map_err
fn disk(error: io::Error) -> Rejection {
    Rejection::new(Suffix::InternalError, format!("the temporary file failed: {error}"))
}
