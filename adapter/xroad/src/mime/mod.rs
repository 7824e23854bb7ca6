//! Multipart messages: reading them piece by piece in bounded memory, and writing them (PR-MESS 2.4, RFC 2046).
//!
//! The reader takes bytes as they come and gives parts as they become known; where attachments are kept is the
//! caller's matter. A file name of a part is text like any other and never a path.

mod content_type;
mod error;
mod headers;
mod message;
mod reader;
#[cfg(test)]
mod tests;
mod transfer;
mod writer;

pub use content_type::ContentType;
pub use error::{MimeError, MimeLimits};
pub use headers::PartHeaders;
pub use message::{Attachment, Message};
pub use reader::{Event, Kind, Reader};
pub use writer::{Flavour, Writer};
