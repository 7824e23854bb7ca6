//! From received bytes to text: byte order mark, XML declaration, encoding (PR-MESS 2.6).
//! The declaration is taken off here, so that whatever calls itself one later is an error.
//! Encodings beyond UTF-8, UTF-16 with a mark and ISO-8859-1 are refused, never guessed.

use std::borrow::Cow;

use super::chars::is_space;
use super::error::{XmlError, XmlRule};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16,
    Latin1,
}

impl Encoding {
    fn from_label(label: &str) -> Result<Self, XmlError> {
        let is = |name: &str| label.eq_ignore_ascii_case(name);
        if is("utf-8") || is("utf8") {
            Ok(Self::Utf8)
        } else if is("utf-16") || is("utf-16le") || is("utf-16be") {
            Ok(Self::Utf16)
        } else if is("iso-8859-1") || is("iso_8859-1") || is("latin1") {
            Ok(Self::Latin1)
        } else {
            Err(fault(XmlRule::Encoding))
        }
    }
}

const fn fault(rule: XmlRule) -> XmlError {
    XmlError::at(rule, 0)
}

/// The document's text without byte order mark and XML declaration.
///
/// `charset` is what the transport says; it counts only when the document itself says nothing, because a security
/// server writes `charset=UTF-8` over whatever the consumer sent.
pub(crate) fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, XmlError> {
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, u16::from_be_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, u16::from_le_bytes);
    }
    let (marked, rest) = match bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    if rest.starts_with(&[0, b'<']) || rest.starts_with(&[b'<', 0]) {
        return Err(fault(XmlRule::Encoding));
    }
    let (declared, content) = split_declaration(rest)?;
    let encoding = match (declared, marked) {
        (None | Some(Encoding::Utf8), true) => Encoding::Utf8,
        (Some(_), true) | (Some(Encoding::Utf16), false) => return Err(fault(XmlRule::EncodingConflict)),
        (Some(declared), false) => declared,
        (None, false) => match charset.map(Encoding::from_label).transpose()? {
            Some(Encoding::Utf16) => return Err(fault(XmlRule::Encoding)),
            Some(named) => named,
            None => Encoding::Utf8,
        },
    };
    match std::str::from_utf8(content) {
        Ok(text) if encoding == Encoding::Utf8 || text.is_ascii() => Ok(Cow::Borrowed(text)),
        _ if encoding == Encoding::Latin1 => Ok(Cow::Owned(content.iter().map(|&b| char::from(b)).collect())),
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => Err(XmlError::at(XmlRule::InvalidBytes, error.valid_up_to())),
    }
}

fn utf16<'a>(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'a, str>, XmlError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(fault(XmlRule::InvalidBytes));
    }
    let text: String = char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| fault(XmlRule::InvalidBytes))?;
    let (declared, content) = split_declaration(text.as_bytes())?;
    if declared.is_some_and(|declared| declared != Encoding::Utf16) {
        return Err(fault(XmlRule::EncodingConflict));
    }
    let skipped = text.len() - content.len();
    Ok(Cow::Owned(text.get(skipped..).unwrap_or_default().to_owned()))
}

/// The declared encoding and what follows the declaration. `Ok((None, bytes))` when there is no declaration.
fn split_declaration(bytes: &[u8]) -> Result<(Option<Encoding>, &[u8]), XmlError> {
    let Some(after) = bytes.strip_prefix(b"<?xml") else { return Ok((None, bytes)) };
    if !after.first().copied().is_some_and(is_space) {
        return Ok((None, bytes)); // an instruction such as <?xml-stylesheet ?>
    }
    let window = after.get(..after.len().min(256)).unwrap_or(after);
    let end = memchr::memmem::find(window, b"?>").ok_or(fault(XmlRule::Declaration))?;
    let (inside, rest) = after.split_at_checked(end).ok_or(fault(XmlRule::Declaration))?;
    let inside = std::str::from_utf8(inside).map_err(|_| fault(XmlRule::Declaration))?;
    let encoding = declaration(inside)?;
    Ok((encoding, rest.strip_prefix(b"?>").unwrap_or(rest)))
}

/// `version`, then `encoding`, then `standalone`, the last two optional, each after white space.
fn declaration(inside: &str) -> Result<Option<Encoding>, XmlError> {
    let malformed = || fault(XmlRule::Declaration);
    let (version, rest) = pseudo_attribute(inside, "version").ok_or_else(malformed)?;
    if version != "1.0" {
        return Err(malformed());
    }
    let (encoding, rest) = match pseudo_attribute(rest, "encoding") {
        Some((label, rest)) => (Some(Encoding::from_label(label)?), rest),
        None => (None, rest),
    };
    let rest = match pseudo_attribute(rest, "standalone") {
        Some(("yes" | "no", rest)) => rest,
        Some(_) => return Err(malformed()),
        None => rest,
    };
    if rest.bytes().all(is_space) { Ok(encoding) } else { Err(malformed()) }
}

fn pseudo_attribute<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
    let trimmed = text.trim_start_matches(SPACE);
    if trimmed.len() == text.len() {
        return None;
    }
    let value = trimmed.strip_prefix(name)?.trim_start_matches(SPACE).strip_prefix('=')?.trim_start_matches(SPACE);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(bytes: &[u8]) -> XmlRule {
        decode(bytes, None).expect_err("refused").rule
    }

    #[test]
    fn the_three_encodings_are_read() {
        let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
        };
        let declared = "<?xml version='1.0' encoding='utf-16'?><a>ä€😀</a>";
        let cases: Vec<(Vec<u8>, &str)> = vec![
            ("<a>ä</a>".into(), "<a>ä</a>"),
            ("\u{FEFF}<?xml version=\"1.0\" encoding=\"Utf-8\" standalone='yes' ?><a>ä</a>".into(), "<a>ä</a>"),
            (b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe4</a>".into(), "<a>ä</a>"),
            (utf16(declared, u16::to_be_bytes), "<a>ä€😀</a>"),
            (utf16(declared, u16::to_le_bytes), "<a>ä€😀</a>"),
            (utf16("<a/>", u16::to_le_bytes), "<a/>"),
        ];
        for (bytes, text) in cases {
            assert_eq!(decode(&bytes, None).expect("decodes"), text);
        }
    }

    #[test]
    fn the_transport_charset_counts_only_where_the_document_is_silent() {
        assert_eq!(decode(b"<a>\xe4</a>", Some("iso-8859-1")).expect("latin"), "<a>ä</a>");
        let declared = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>ä</a>";
        assert_eq!(decode(declared.as_bytes(), Some("iso-8859-1")).expect("as declared"), "<a>ä</a>");
        // Latin-1 text that happens to be valid UTF-8 must still be read as Latin-1.
        assert_eq!(decode("<a>ä</a>".as_bytes(), Some("iso-8859-1")).expect("latin"), "<a>Ã¤</a>");
    }

    #[test]
    fn xroad_se_15_other_encodings_are_refused() {
        assert_eq!(rule(b"<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>"), XmlRule::Encoding);
        assert_eq!(rule(b"<?xml version=\"1.0\" encoding=\"IBM037\"?><a/>"), XmlRule::Encoding);
        assert_eq!(rule(b"<\0?\0x\0m\0l\0"), XmlRule::Encoding);
        assert_eq!(rule(b"\0<\0?\0x"), XmlRule::Encoding);
        assert_eq!(rule(b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>"), XmlRule::EncodingConflict);
        assert_eq!(rule(b"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"), XmlRule::EncodingConflict);
        assert_eq!(rule(b"\xfe\xff\x00"), XmlRule::InvalidBytes);
    }

    #[test]
    fn declarations_are_read_strictly() {
        for bad in [
            "<?xml version='1.1'?><a/>",
            "<?xml encoding='UTF-8'?><a/>",
            "<?xml version='1.0' encoding='UTF-8' extra='1'?><a/>",
            "<?xml version='1.0'encoding='UTF-8'?><a/>",
            "<?xml version='1.0' standalone='maybe'?><a/>",
            "<?xml version='1.0'",
        ] {
            assert_eq!(rule(bad.as_bytes()), XmlRule::Declaration, "{bad}");
        }
    }
}
