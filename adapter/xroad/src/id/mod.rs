//! X-Road identifiers: the values, their REST text forms and what we may publish (PR-MESS 2.1 and 2.7, PR-REST 4.1).
//!
//! Messages may carry legacy characters, so reading is lenient about *which* characters and exact about everything
//! else: nothing is trimmed, folded or normalised. `Display` is for logs and is always safe to print; the REST form
//! of `to_rest` is for the wire.

mod encode;
mod party;
mod rules;
#[cfg(test)]
mod tests;

pub use encode::{percent_decode, percent_encode};
pub use party::{ClientId, RepresentedParty, ServerId, ServiceId};
pub use rules::{RESERVED_CODES, check_service_code, check_version, is_strict};

/// The longest identifier, message id, user id or issue that security servers can store, in characters.
pub const MAX_LENGTH: usize = 255;

/// A text that is no identifier, or a code that must not be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("has the wrong number of parts")]
    Parts,
    #[error("has an empty or blank part")]
    Blank,
    #[error("is longer than 255 characters")]
    TooLong,
    #[error("is not percent-encoded UTF-8")]
    Encoding,
    #[error("may hold only A-Z a-z 0-9 ' ( ) + , - . = ? (PR-MESS 2.7)")]
    NotStrict,
    #[error("is reserved by X-Road")]
    Reserved,
    #[error("must not end in Response, because security servers take such messages for responses")]
    ResponseSuffix,
}
