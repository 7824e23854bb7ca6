//! Writing a `multipart/related` message: the SOAP part first and 8bit, each further part with its type and id.
//! Attachments can be streamed: the writer makes the lines around them, the data need not pass through it.

use super::MimeError;

/// How attachments are referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// SOAP with attachments: the SOAP part is `text/xml`.
    Swa,
    /// MTOM: the SOAP part is `application/xop+xml`.
    Mtom,
}

/// Makes the frame of one message.
#[derive(Debug, Clone)]
pub struct Writer {
    flavour: Flavour,
    boundary: String,
}

/// Content-ID of the SOAP part.
const SOAP_ID: &str = "soap@silta";

impl Writer {
    /// `boundary` must not occur in any part: give it at least 128 random bits. Letters, digits, `-`, `_` and `.` only.
    pub fn new(flavour: Flavour, boundary: impl Into<String>) -> Result<Self, MimeError> {
        let boundary = boundary.into();
        let fits = (1..=70).contains(&boundary.len())
            && boundary.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if fits { Ok(Self { flavour, boundary }) } else { Err(MimeError::Boundary) }
    }

    /// The Content-Type of the whole.
    pub fn content_type(&self) -> String {
        let boundary = &self.boundary;
        match self.flavour {
            Flavour::Swa => {
                format!("multipart/related; type=\"text/xml\"; start=\"<{SOAP_ID}>\"; boundary=\"{boundary}\"")
            }
            Flavour::Mtom => format!(
                "multipart/related; type=\"application/xop+xml\"; start=\"<{SOAP_ID}>\"; start-info=\"text/xml\"; \
                 boundary=\"{boundary}\""
            ),
        }
    }

    /// Appends the SOAP part.
    pub fn soap(&self, out: &mut Vec<u8>, soap: &[u8]) {
        let content_type = match self.flavour {
            Flavour::Swa => "text/xml; charset=UTF-8",
            Flavour::Mtom => "application/xop+xml; charset=UTF-8; type=\"text/xml\"",
        };
        let lines = [
            "--",
            &self.boundary,
            "\r\nContent-Type: ",
            content_type,
            "\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID: <",
            SOAP_ID,
            ">\r\n\r\n",
        ];
        out.reserve(soap.len() + 256);
        for line in lines {
            out.extend_from_slice(line.as_bytes());
        }
        out.extend_from_slice(soap);
    }

    /// Appends what stands before an attachment's bytes. `content_id` is without angle brackets; the reference to it
    /// is [`cid`](Self::cid).
    pub fn attachment_head(&self, out: &mut Vec<u8>, content_type: &str, content_id: &str) -> Result<(), MimeError> {
        // Security servers take header lines of at most 1000 characters.
        let fits =
            |text: &str| !text.is_empty() && text.len() <= 400 && text.bytes().all(|b| (0x20..0x7F).contains(&b));
        if !fits(content_type) || !fits(content_id) || content_id.contains(['<', '>', ' ']) {
            return Err(MimeError::Header);
        }
        let lines = [
            "\r\n--",
            &self.boundary,
            "\r\nContent-Type: ",
            content_type,
            "\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <",
            content_id,
            ">\r\n\r\n",
        ];
        for line in lines {
            out.extend_from_slice(line.as_bytes());
        }
        Ok(())
    }

    /// Appends the closing delimiter.
    pub fn close(&self, out: &mut Vec<u8>) {
        for line in ["\r\n--", &self.boundary, "--\r\n"] {
            out.extend_from_slice(line.as_bytes());
        }
    }

    /// The address by which a message refers to an attachment.
    pub fn cid(content_id: &str) -> String {
        let encoded: Vec<String> = content_id.split('@').map(crate::id::percent_encode).collect();
        format!("cid:{}", encoded.join("@"))
    }
}
