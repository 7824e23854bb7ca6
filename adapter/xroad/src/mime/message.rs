//! A whole multipart SOAP message in memory: for answers, tests and everything that is small by nature.
//! Requests with large attachments are streamed with [`super::Reader`] instead.

use super::{ContentType, Event, Kind, MimeError, MimeLimits, PartHeaders, Reader};

/// The SOAP part and the attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The bytes of the SOAP part, exactly as hashed by security servers.
    pub soap: Vec<u8>,
    pub soap_headers: PartHeaders,
    pub attachments: Vec<Attachment>,
}

/// One attachment, transfer encoding undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub headers: PartHeaders,
    pub data: Vec<u8>,
}

impl Message {
    /// Reads a complete `multipart/related` entity.
    pub fn read(content_type: &ContentType, entity: &[u8], limits: MimeLimits) -> Result<Self, MimeError> {
        if !content_type.is_related() {
            return Err(MimeError::ContentType);
        }
        let mut reader = Reader::new(Kind::Soap, content_type.boundary()?, limits)?;
        reader.push(entity);
        reader.finish();
        let mut parts: Vec<Attachment> = Vec::new();
        loop {
            match reader.poll()? {
                Event::Part(headers) => parts.push(Attachment { headers: *headers, data: Vec::new() }),
                Event::Data(bytes) => {
                    if let Some(part) = parts.last_mut() {
                        part.data.extend_from_slice(bytes);
                    }
                }
                Event::PartEnd => {}
                Event::NeedMore => return Err(MimeError::Unclosed),
                Event::End => break,
            }
        }
        let mut parts = parts.into_iter();
        let soap = parts.next().ok_or(MimeError::NoParts)?;
        Ok(Self { soap: soap.data, soap_headers: soap.headers, attachments: parts.collect() })
    }

    /// The attachment that a `cid:` reference means; the id is the decoded one of [`crate::soap::xop::content_id`].
    pub fn attachment(&self, content_id: &str) -> Result<&Attachment, MimeError> {
        self.attachments
            .iter()
            .find(|attachment| attachment.headers.content_id.as_deref() == Some(content_id))
            .ok_or(MimeError::NoSuchAttachment)
    }
}
