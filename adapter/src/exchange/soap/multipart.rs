//! A message with attachments on its way in: the SOAP part whole, the files behind it piece by piece to the spool.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use silta_client::common::{ErrorCode, Refusal};
use xroad::mime::{ContentType, Event, Flavour, Kind, MimeError, Reader};

use super::header_text;
use crate::exchange::Door;
use crate::exchange::evidence::Known;
use crate::exchange::incoming::Incoming;
use crate::exchange::spool::{Spool, SpooledFile, digests};

impl Door {
    /// The SOAP part, and for a multipart what reads the attachments behind it.
    pub(super) async fn soap_part<B>(
        &self,
        headers: &HeaderMap,
        incoming: &mut Incoming<B>,
    ) -> Result<(Bytes, Option<(Reader, Flavour)>), Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let unsupported =
            || Refusal::new(ErrorCode::UnsupportedMediaType, "the Content-Type must be text/xml or multipart/related");
        let given = header_text(headers, CONTENT_TYPE.as_str()).ok_or_else(unsupported)?;
        let content_type = ContentType::parse(&given).map_err(|_| unsupported())?;
        if !content_type.is_related() {
            if !content_type.is_soap() {
                return Err(unsupported());
            }
            incoming.at_most(self.limits.xml.bytes, "soap_xml")?;
            return Ok((incoming.whole().await?, None));
        }
        incoming.at_most(self.most_on_the_wire(), "attachments")?;
        let boundary = content_type.boundary().map_err(|error| self.mime(error))?;
        let mut reader = Reader::new(Kind::Soap, boundary, self.limits.mime).map_err(|error| self.mime(error))?;
        let (mut soap, mut flavour) = (Vec::new(), Flavour::Swa);
        loop {
            match reader.poll().map_err(|error| self.mime(error))? {
                Event::Part(part) if part.is_xop() => flavour = Flavour::Mtom,
                Event::Part(_) => {}
                Event::Data(data) => soap.extend_from_slice(data),
                Event::PartEnd => return Ok((Bytes::from(soap), Some((reader, flavour)))),
                Event::NeedMore => match incoming.next().await? {
                    Some(data) => reader.push(&data),
                    None => reader.finish(),
                },
                Event::End => return Err(self.mime(MimeError::NoParts)),
            }
        }
    }

    pub(super) async fn attachments<B>(
        &self,
        mut reader: Reader,
        incoming: &mut Incoming<B>,
        wanted: bool,
        known: &mut Known,
    ) -> Result<Vec<SpooledFile>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let mut spool = if wanted { self.spooling.keeping() } else { Spool::digesting() };
        loop {
            match reader.poll().map_err(|error| self.mime(error))? {
                Event::Part(part) => spool.begin(part.content_id.clone()),
                Event::Data(data) => spool.put(data)?,
                Event::PartEnd => spool.end(),
                Event::NeedMore => match incoming.next().await? {
                    Some(data) => reader.push(&data),
                    None => reader.finish(),
                },
                Event::End => break,
            }
        }
        // What follows the closing delimiter is read and left: the connection is to be used again.
        incoming.pass().await?;
        let files = spool.into_files();
        known.request_parts = digests(&files);
        Ok(files)
    }

    /// What a message with attachments may be before any transfer encoding is undone: three bytes for one in
    /// quoted-printable, and as much again as the SOAP part for headers, delimiters and what stands around them.
    fn most_on_the_wire(&self) -> usize {
        let total = usize::try_from(self.limits.mime.total).unwrap_or(usize::MAX);
        total.saturating_mul(3).saturating_add(self.limits.xml.bytes.saturating_mul(2)).saturating_add(1 << 20)
    }

    fn mime(&self, error: MimeError) -> Refusal {
        let limit = match error {
            MimeError::FirstPartTooLarge => Some("soap_xml"),
            MimeError::TooLarge => Some("attachments"),
            MimeError::TooManyParts => Some("parts"),
            _ => None,
        };
        if let Some(limit) = limit {
            self.metrics.limit_hit(limit);
        }
        let code = if limit.is_some() { ErrorCode::TooLarge } else { ErrorCode::Malformed };
        Refusal::new(code, error.to_string())
    }
}
