//! Reading of XML for the simulators: decoding of the bytes and a namespace-aware tree (roxmltree).
//!
//! Deliberately not the adapter's reader, so that one misreading cannot hide in both. DOCTYPE is always refused. Nothing
//! external is ever fetched. Encodings beyond UTF-8, UTF-16, US-ASCII and ISO-8859-1 are refused, although a real
//! security server's parser knows more (xroad.md §2.7 asks an adapter for no others).

use std::borrow::Cow;

use roxmltree::{Document, Node, ParsingOptions};

/// Why bytes are not a document. Always the sender's fault; a retry does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The bytes do not fit the encoding that the document declares.
    #[error("invalid byte sequence for {0}")]
    Encoding(&'static str),
    /// The declaration names an encoding that is not read here.
    #[error("unsupported encoding")]
    UnknownEncoding,
    /// A DOCTYPE declaration.
    #[error("DOCTYPE is not allowed")]
    Doctype,
    /// Not well-formed, or too large (more than a million nodes). Holds the reader's message without content.
    #[error("not well-formed: {0}")]
    NotWellFormed(String),
}

/// Turns the bytes of a document into text by byte order mark and XML declaration; the mark is removed.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return utf8(rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return utf16(rest, u16::from_be_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return utf16(rest, u16::from_le_bytes);
    }
    if bytes.starts_with(b"\0<\0?") {
        return utf16(bytes, u16::from_be_bytes);
    }
    if bytes.starts_with(b"<\0?\0") {
        return utf16(bytes, u16::from_le_bytes);
    }
    match declared_encoding(bytes).as_deref() {
        None | Some("utf-8" | "utf8") => utf8(bytes),
        Some("us-ascii" | "ascii") if bytes.is_ascii() => utf8(bytes),
        Some("us-ascii" | "ascii") => Err(XmlError::Encoding("US-ASCII")),
        Some("iso-8859-1" | "latin1" | "iso8859-1" | "iso_8859-1") => {
            Ok(Cow::Owned(bytes.iter().copied().map(char::from).collect()))
        }
        Some(_) => Err(XmlError::UnknownEncoding),
    }
}

/// Parses decoded text. DOCTYPE is refused; at most a million nodes.
pub fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 1_000_000, ..Default::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => XmlError::Doctype,
        other => XmlError::NotWellFormed(position_only(&other)),
    })
}

/// The character data directly inside an element, joined: comments do not split it.
pub fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// The child elements of a node, in order.
pub fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The first child element of this namespace and local name.
pub fn child<'a, 'i>(node: Node<'a, 'i>, namespace: &str, local: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|element| is(*element, namespace, local))
}

/// Whether an element has this namespace and local name. The empty namespace means none.
pub fn is(node: Node<'_, '_>, namespace: &str, local: &str) -> bool {
    node.is_element() && node.tag_name().name() == local && node.tag_name().namespace().unwrap_or_default() == namespace
}

/// Escapes character data for use as text or inside a quoted attribute; characters that XML 1.0 forbids are dropped.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => {
                escaped.push(c);
            }
            _ => {}
        }
    }
    escaped
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| XmlError::Encoding("UTF-8"))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, XmlError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(XmlError::Encoding("UTF-16"));
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| XmlError::Encoding("UTF-16"))
}

fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).take(200).position(|pair| pair == b"?>")?;
    let text = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, after) = text.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = value.get(1..)?.split_once(quote)?;
    Some(name.to_ascii_lowercase())
}

/// roxmltree's messages may quote names from the document; keep the kind and the place.
fn position_only(error: &roxmltree::Error) -> String {
    let position = error.pos();
    let debug = format!("{error:?}");
    let kind: String = debug.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("{kind} at {}:{}", position.row, position.col)
}

#[cfg(test)]
mod tests {
    use super::{XmlError, decode, parse, text_of};

    #[test]
    fn decodes_by_mark_and_declaration() {
        let cases: [(&[u8], Result<&str, XmlError>); 9] = [
            (b"<a/>", Ok("<a/>")),
            (b"\xEF\xBB\xBF<a/>", Ok("<a/>")),
            (b"\xFE\xFF\0<\0a\0/\0>", Ok("<a/>")),
            (b"\xFF\xFE<\0a\0/\0>\0", Ok("<a/>")),
            (
                b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>",
                Ok("<?xml version='1.0' encoding='ISO-8859-1'?><a>\u{e4}</a>"),
            ),
            (b"<a>\xFF</a>", Err(XmlError::Encoding("UTF-8"))),
            (b"\xEF\xBB\xBF<a>\xC0\x80</a>", Err(XmlError::Encoding("UTF-8"))),
            (b"<?xml version=\"1.0\" encoding=\"IBM037\"?><a/>", Err(XmlError::UnknownEncoding)),
            (b"\xFE\xFF\0", Err(XmlError::Encoding("UTF-16"))),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(bytes).as_deref().map_err(Clone::clone), expected);
        }
    }

    #[test]
    fn refuses_doctype_and_joins_text_over_comments() {
        assert_eq!(parse("<!DOCTYPE a><a/>").err(), Some(XmlError::Doctype));
        let document = parse("<a>one<!-- x -->two<b>no</b></a>").unwrap();
        assert_eq!(text_of(document.root_element()), "onetwo");
        let error = parse("<secret><other></secret>").err().unwrap().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
