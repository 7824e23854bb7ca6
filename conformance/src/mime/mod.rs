//! MIME for the security server simulators: Content-Type values, a push reader of multipart bodies and the delimiters
//! that a security server writes back.
//!
//! It behaves like the parser inside a security server (xroad.md §2.5): preamble and epilogue are lost, nested multiparts
//! and message/rfc822 are flattened, a missing closing delimiter is tolerated, bodies are not decoded. It is not a model
//! for an adapter, which has to be stricter.

mod content_type;
mod reader;
#[cfg(test)]
mod tests;

pub use content_type::ContentType;
pub use reader::{Event, MimeError, PartHeaders, Reader};

/// The text before a part's body: delimiter and headers as a security server writes them, the Content-Type first, in
/// lower case and without a space (xroad.md §2.5). `first` leaves out the line break that ends the part before.
pub fn part_head(boundary: &str, headers: &PartHeaders, first: bool) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    if !first {
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"--");
    head.extend_from_slice(boundary.as_bytes());
    head.extend_from_slice(b"\r\n");
    if let Some(content_type) = headers.get("content-type") {
        head.extend_from_slice(b"content-type:");
        head.extend_from_slice(content_type);
        head.extend_from_slice(b"\r\n");
    }
    for (name, value) in headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type")) {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The closing delimiter of a multipart body.
pub fn closing(boundary: &str) -> Vec<u8> {
    format!("\r\n--{boundary}--\r\n").into_bytes()
}
