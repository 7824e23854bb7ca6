//! What may be wrong with a multipart message, and the bounds it must keep. No error quotes the message.

/// Bounds of one multipart message. Each is hit by a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MimeLimits {
    /// Parts in all, the SOAP part included.
    pub parts: usize,
    /// Bytes of the first part.
    pub first_part: u64,
    /// Bytes of all further parts together, after decoding.
    pub total: u64,
    /// Bytes of one unfolded header line.
    pub header_line: usize,
    /// Bytes of one part's header block.
    pub header_block: usize,
    /// Header fields of one part.
    pub header_fields: usize,
    /// Bytes before the first delimiter.
    pub preamble: usize,
}

impl Default for MimeLimits {
    /// The limits of the X-Road fact sheet, section 7: SOAP part 10 MiB, attachments 100 MiB, 100 parts.
    fn default() -> Self {
        Self {
            parts: 100,
            first_part: 10 * 1024 * 1024,
            total: 100 * 1024 * 1024,
            header_line: 4 * 1024,
            header_block: 16 * 1024,
            header_fields: 64,
            preamble: 64 * 1024,
        }
    }
}

/// A multipart message refused. Always the sender's fault; the same bytes will fail again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MimeError {
    #[error("the Content-Type is malformed")]
    ContentType,
    #[error("the multipart boundary is missing or malformed")]
    Boundary,
    #[error("there is no part: the boundary never occurs")]
    NoParts,
    #[error("the closing delimiter is missing, the message may be cut off")]
    Unclosed,
    #[error("there are more parts than the limit")]
    TooManyParts,
    #[error("the first part is larger than the limit")]
    FirstPartTooLarge,
    #[error("the attachments are larger than the limit")]
    TooLarge,
    #[error("the text before the first part is longer than the limit")]
    Preamble,
    #[error("a delimiter line is longer than the limit")]
    Delimiter,
    #[error("the header of a part is malformed")]
    Header,
    #[error("the header of a part is longer than the limit")]
    HeaderTooLarge,
    #[error("a part gives a header field twice")]
    RepeatedHeader,
    #[error("a part has no Content-Type")]
    NoContentType,
    #[error("the first part is not a SOAP message (text/xml or application/xop+xml)")]
    NotSoap,
    #[error("the SOAP part may not be transfer-encoded")]
    EncodedSoap,
    #[error("a part has an unknown Content-Transfer-Encoding")]
    Encoding,
    #[error("a part is not valid in its Content-Transfer-Encoding")]
    Decoding,
    #[error("two parts have the same Content-ID")]
    RepeatedContentId,
    #[error("the message refers to an attachment that is not there")]
    NoSuchAttachment,
}
