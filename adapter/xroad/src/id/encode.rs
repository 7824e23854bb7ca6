//! Percent-encoding of one path segment or header part, and identifier text made safe for logs.

use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::IdError;

/// What security servers write literally in a path segment (PR-REST 4.1) and no URL reader takes for structure.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'=');

/// One segment as it goes on the wire; `/`, `?`, `%`, space and all beyond ASCII are escaped.
pub fn percent_encode(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// One segment as it was meant. An incomplete escape or one that is not UTF-8 is an error; `+` is a plus sign.
pub fn percent_decode(segment: &str) -> Result<String, IdError> {
    let mut rest = segment.as_bytes();
    while let Some(at) = memchr::memchr(b'%', rest) {
        match rest.get(at + 1..at + 3) {
            Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {}
            _ => return Err(IdError::Encoding),
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().map_err(|_| IdError::Encoding)?;
    Ok(decoded.into_owned())
}

/// Writes one component for a log line: unambiguous between separators, no control, format or direction character.
pub(super) fn write_safe(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        let plain = c.is_alphanumeric() || c == ' ' || (c.is_ascii_graphic() && !matches!(c, '/' | '\\' | '%' | '"'));
        if plain { f.write_char(c)? } else { write!(f, "\\u{{{:x}}}", u32::from(c))? }
    }
    Ok(())
}
