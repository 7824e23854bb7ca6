//! What we may publish under: the strict character set, reserved codes, and the suffix that confuses message logs.

use super::{IdError, MAX_LENGTH};

/// Service codes that security servers answer themselves (since 7.7 refused by their administration).
pub const RESERVED_CODES: [&str; 8] = [
    "listClients",
    "listMethods",
    "allowedMethods",
    "getWsdl",
    "getOpenAPI",
    "getSecurityServerMetrics",
    "getSecurityServerOperationalData",
    "getSecurityServerHealthData",
];

/// Whether a security server with strict identifier checks lets this text be registered (PR-MESS 2.7).
pub fn is_strict(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'\'' | b'(' | b')' | b'+' | b',' | b'-' | b'.' | b'=' | b'?')
        })
}

/// Whether we may offer a service under this code. Reserved codes are compared without case, as administration does.
pub fn check_service_code(code: &str) -> Result<(), IdError> {
    check_version(code)?;
    if RESERVED_CODES.iter().any(|reserved| reserved.eq_ignore_ascii_case(code)) {
        return Err(IdError::Reserved);
    }
    if code.ends_with("Response") {
        return Err(IdError::ResponseSuffix);
    }
    Ok(())
}

/// Whether a code or version is made of publishable characters and fits.
pub fn check_version(version: &str) -> Result<(), IdError> {
    match version {
        "" => Err(IdError::Blank),
        // Strict by the letter, but a path would lose such a segment on the way.
        "." | ".." => Err(IdError::NotStrict),
        _ if !is_strict(version) => Err(IdError::NotStrict),
        _ if version.len() > MAX_LENGTH => Err(IdError::TooLong),
        _ => Ok(()),
    }
}
