//! Messages with attachments, made by `kit.toml`'s `[upload]`, and what must have come of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use crate::cases::expect::{fault, nothing_executed, record, served};
use crate::kit::{Envelope, Multipart, Part, Probe, SoapOperation, SoapReply, Stop, Upload, Verdict};
use crate::security_server::hash;
use crate::xml::escape;

/// How attachments are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Mtom,
    Swa,
}

/// The operation that takes attachments.
pub(super) struct Order<'t> {
    pub(super) operation: &'t SoapOperation,
    pub(super) upload: &'t Upload,
    pub(super) kind: Kind,
}

impl<'t> Order<'t> {
    /// Of this kind.
    pub(super) fn of(probe: &Probe<'t>, kind: Kind) -> Result<Self, Stop> {
        let (operation, upload) = probe.target.upload()?;
        let order = Self { operation, upload, kind };
        match order.template() {
            Some(_) => Ok(order),
            None => Err(Stop::not_applicable(format!("kit.toml: [upload] takes no attachments by {kind:?}"))),
        }
    }

    /// Of whichever kind there is, MTOM before SwA.
    pub(super) fn any(probe: &Probe<'t>) -> Result<Self, Stop> {
        Self::of(probe, Kind::Mtom).or_else(|_| Self::of(probe, Kind::Swa))
    }

    fn template(&self) -> Option<&'t str> {
        match self.kind {
            Kind::Mtom => self.upload.mtom.as_deref(),
            Kind::Swa => self.upload.swa.as_deref(),
        }
    }

    /// A request whose attachments have these references, written as they are (`cid:a`).
    pub(super) fn request(&self, probe: &Probe<'_>, references: &[&str]) -> Envelope {
        let names: Vec<String> = (1..=references.len()).map(|n| format!("kit-{n}.pdf")).collect();
        let pairs: Vec<(&str, &str)> = references.iter().copied().zip(names.iter().map(String::as_str)).collect();
        self.named(probe, &pairs)
    }

    /// The same with file names.
    pub(super) fn named(&self, probe: &Probe<'_>, attachments: &[(&str, &str)]) -> Envelope {
        let template = self.template().unwrap_or_default();
        let elements: String = attachments
            .iter()
            .map(|(reference, name)| {
                let reference = escape(reference);
                let include =
                    format!("<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" href=\"{reference}\"/>");
                template
                    .replace("{include}", &include)
                    .replace("{reference}", &reference)
                    .replace("{name}", &escape(name))
            })
            .collect();
        probe.target.envelope(self.operation, &self.upload.body.replace("{attachments}", &elements))
    }

    /// A message of the kind around this request.
    pub(super) fn message(&self, request: &Envelope) -> Multipart {
        match self.kind {
            Kind::Mtom => Multipart::mtom(request.bytes()),
            Kind::Swa => Multipart::swa(request.bytes()),
        }
    }

    /// A binary part.
    pub(super) fn part(&self, id: &str, content: impl Into<Bytes>) -> Part {
        Part::binary(&self.upload.content_type, id, content)
    }
}

/// The message was taken, and the log has exactly these attachments.
pub(super) async fn taken(probe: &mut Probe<'_>, request: &Envelope, reply: &SoapReply, contents: &[Bytes]) -> Verdict {
    served(probe, request, reply).await?;
    no_error(probe, reply)?;
    let record = record(probe, "id", &request.id).await?;
    let parts = record.get("requestParts").and_then(Value::as_array).cloned();
    let parts = parts.ok_or_else(|| Stop::not_applicable("the log's records have no requestParts"))?;
    let digests: Vec<&str> = parts.iter().filter_map(|it| it.get("digest").and_then(Value::as_str)).collect();
    let wanted: Vec<String> = contents.iter().map(|it| hash::soap(it)).collect();
    probe.check("the attachments arrived to the byte, by size and SHA-512 in the log", digests == wanted)
}

/// The response says nothing of an error.
pub(super) fn no_error(probe: &mut Probe<'_>, reply: &SoapReply) -> Verdict {
    let error = reply.wrapper().and_then(|it| it.find("error"));
    probe.check("the response holds no error", error.is_none())
}

/// The message was refused with a client fault, and nothing came of it.
pub(super) async fn refused(probe: &mut Probe<'_>, request: &Envelope, reply: &SoapReply) -> Verdict {
    fault(probe, reply, "Client")?;
    nothing_executed(probe, &request.id).await
}

/// Base64 in lines, as mail libraries write it.
pub(super) fn base64_lines(content: &[u8]) -> String {
    let text = STANDARD.encode(content);
    let lines: Vec<&str> = text.as_bytes().chunks(76).filter_map(|it| std::str::from_utf8(it).ok()).collect();
    lines.join("\r\n")
}
