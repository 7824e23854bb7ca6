//! The header block of one part.

use super::{ContentType, MimeError, MimeLimits};

/// Header fields of a part, unfolded, in the order received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHeaders {
    fields: Vec<(String, String)>,
    /// `None` only in kinds of multipart where a part may be without one.
    pub content_type: Option<ContentType>,
    /// Content-ID without its angle brackets.
    pub content_id: Option<String>,
}

impl PartHeaders {
    /// A field by its name, in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the part is `application/xop+xml`, the SOAP part of an MTOM message.
    pub fn is_xop(&self) -> bool {
        self.content_type.as_ref().is_some_and(|it| it.essence == "application/xop+xml")
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reads the lines of a block, without the empty one at its end.
    pub(super) fn parse(block: &[u8], limits: &MimeLimits) -> Result<Self, MimeError> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in block.split(|&b| b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let line = text(line)?;
            if line.starts_with([' ', '\t']) {
                let (_, value) = fields.last_mut().ok_or(MimeError::Header)?;
                value.push(' ');
                value.push_str(line.trim());
            } else {
                let (name, value) = line.split_once(':').ok_or(MimeError::Header)?;
                let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
                if !fits {
                    return Err(MimeError::Header);
                }
                if fields.len() >= limits.header_fields {
                    return Err(MimeError::HeaderTooLarge);
                }
                fields.push((name.to_owned(), value.trim().to_owned()));
            }
            if fields.last().is_some_and(|(name, value)| name.len() + value.len() > limits.header_line) {
                return Err(MimeError::HeaderTooLarge);
            }
        }
        let one = |name: &str| {
            let mut found = fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            match (found.next(), found.next()) {
                (_, Some(_)) => Err(MimeError::RepeatedHeader),
                (first, None) => Ok(first.map(|(_, value)| value.trim())),
            }
        };
        one("Content-Transfer-Encoding")?;
        let content_type = one("Content-Type")?.map(ContentType::parse).transpose()?;
        let content_id = one("Content-ID")?.map(|id| {
            let bare = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id);
            bare.trim().to_owned()
        });
        let content_id = content_id.filter(|id| !id.is_empty());
        Ok(Self { fields, content_type, content_id })
    }
}

/// UTF-8, or else ISO-8859-1 as old mailers write it. Control characters other than a tab are refused.
fn text(line: &[u8]) -> Result<String, MimeError> {
    if line.iter().any(|&b| (b < 0x20 && b != b'\t') || b == 0x7F) {
        return Err(MimeError::Header);
    }
    Ok(std::str::from_utf8(line).map_or_else(|_| line.iter().map(|&b| char::from(b)).collect(), str::to_owned))
}
