//! What a provider's security server does to the text of a response before it passes it on (xroad.md §2.3): a new
//! declaration, no processing instructions, no empty-element tags, attribute values escaped anew, and the request hash
//! right after `xrd:id` with that element's prefix and attributes.

use std::fmt::Write as _;
use std::ops::Range;

use roxmltree::{Document, Node};

use super::errors::{Rejection, Suffix};
use super::hash::SHA512_URI;
use super::soap::{SOAP, XROAD};
use crate::xml::{self, child, elements, escape, is};

/// Rewrites a response that the parser has accepted. `hash` is the request hash to insert; without one the old is
/// removed and none put in its place. `charset` is that of the Content-Type: the bytes are encoded with it although the
/// declaration says UTF-8.
pub(super) fn reserialise(bytes: &[u8], hash: Option<&str>, charset: Option<&str>) -> Result<Vec<u8>, Rejection> {
    let broken = |error: xml::XmlError| Rejection::new(Suffix::InvalidSoap, error.to_string());
    // A SAX parser hands out line feeds only.
    let text = xml::decode(bytes).map_err(broken)?.replace("\r\n", "\n").replace('\r', "\n");
    let document = xml::parse(&text).map_err(broken)?;
    let places = Places::find(&document);
    let inserted = match (hash, &places.id) {
        (Some(hash), Some(id)) => request_hash(&text, id, hash),
        _ => String::new(),
    };
    let rewritten = Writer::new(&text, &places, &inserted).write();
    encode(&rewritten, charset)
}

/// Byte ranges that matter.
struct Places {
    id: Option<Range<usize>>,
    old_hash: Option<Range<usize>>,
}

impl Places {
    fn find(document: &Document<'_>) -> Self {
        let header = child(document.root_element(), SOAP, "Header");
        let range = |name: &str| -> Option<Range<usize>> {
            elements(header?).find(|node| is(*node, XROAD, name)).as_ref().map(Node::range)
        };
        Self { id: range("id"), old_hash: range("requestHash") }
    }
}

/// The element to insert: prefix and attributes of `xrd:id`, then the algorithm.
fn request_hash(text: &str, id: &Range<usize>, hash: &str) -> String {
    let tag = text.get(id.clone()).and_then(StartTag::read);
    let (name, attributes) = tag.map_or(("id", String::new()), |tag| (tag.name, tag.attributes()));
    let name = match name.split_once(':') {
        Some((prefix, _)) => format!("{prefix}:requestHash"),
        None => "requestHash".to_owned(),
    };
    format!(r#"<{name}{attributes} algorithmId="{SHA512_URI}">{}</{name}>"#, escape(hash))
}

struct Writer<'a> {
    text: &'a str,
    places: &'a Places,
    inserted: &'a str,
    out: String,
    depth: usize,
}

impl<'a> Writer<'a> {
    fn new(text: &'a str, places: &'a Places, inserted: &'a str) -> Self {
        let out = String::with_capacity(text.len() + 256);
        Self { text, places, inserted, out, depth: 0 }
    }

    fn write(mut self) -> String {
        self.out.push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        let mut at = 0;
        while at < self.text.len() {
            if let Some(old) = self.places.old_hash.as_ref().filter(|old| old.start == at && !old.is_empty()) {
                at = old.end;
                continue;
            }
            let step = self.token(self.text.get(at..).unwrap_or_default());
            if step == 0 {
                break;
            }
            at += step;
            if self.places.id.as_ref().is_some_and(|id| id.end == at) {
                self.out.push_str(self.inserted);
            }
        }
        self.out
    }

    /// Writes the token at the start of `rest` and returns its length. The text is known to be well-formed.
    fn token(&mut self, rest: &str) -> usize {
        if rest.starts_with("<?") {
            return length_through(rest, "?>");
        }
        for (open, close) in [("<!--", "-->"), ("<![CDATA[", "]]>")] {
            if rest.starts_with(open) {
                let length = length_through(rest, close);
                self.out.push_str(rest.get(..length).unwrap_or_default());
                return length;
            }
        }
        if let Some(end) = rest.strip_prefix("</") {
            let name = end.split('>').next().unwrap_or_default().trim_end();
            self.close(name);
            self.depth = self.depth.saturating_sub(1);
            return length_through(rest, ">");
        }
        if let Some(tag) = StartTag::read(rest) {
            self.out.push('<');
            self.out.push_str(tag.name);
            self.out.push_str(&tag.attributes());
            self.out.push('>');
            if tag.empty {
                self.close(tag.name);
            } else {
                self.depth += 1;
            }
            return tag.length;
        }
        let length = rest.find('<').unwrap_or(rest.len());
        // Character data outside the root is white space, which a SAX parser does not report.
        if self.depth > 0 {
            self.out.push_str(rest.get(..length).unwrap_or_default());
        }
        length
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

fn length_through(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// A start tag at the beginning of a text.
struct StartTag<'a> {
    name: &'a str,
    raw: Vec<(&'a str, &'a str)>,
    empty: bool,
    length: usize,
}

impl<'a> StartTag<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let after = text.strip_prefix('<')?;
        let name_end = after.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
        let (name, mut rest) = after.split_at(name_end);
        let mut raw = Vec::new();
        loop {
            rest = rest.trim_start();
            let empty = rest.starts_with("/>");
            if empty || rest.starts_with('>') {
                let length = text.len() - rest.len() + if empty { 2 } else { 1 };
                return Some(Self { name, raw, empty, length });
            }
            let (attribute, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, tail) = after.get(1..)?.split_once(quote)?;
            raw.push((attribute.trim_end(), value));
            rest = tail;
        }
    }

    /// The attributes as they are written: values resolved and escaped anew, so that a line feed that was a character
    /// reference becomes a literal one.
    fn attributes(&self) -> String {
        let mut written = String::new();
        for (name, value) in &self.raw {
            // Writing to a String cannot fail.
            let _ = write!(written, r#" {name}="{}""#, escape(&resolve(value)));
        }
        written
    }
}

/// Attribute value normalisation and the references of well-formed XML without a DTD.
fn resolve(value: &str) -> String {
    let mut resolved = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        if c == '&'
            && let Some((reference, tail)) = rest.get(1..).and_then(|after| after.split_once(';'))
        {
            resolved.extend(referenced(reference));
            rest = tail;
            continue;
        }
        resolved.push(if matches!(c, '\t' | '\n') { ' ' } else { c });
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    resolved
}

fn referenced(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        number => {
            let digits = number.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Java's encoders put a question mark for what a character set cannot say.
fn encode(text: &str, charset: Option<&str>) -> Result<Vec<u8>, Rejection> {
    let single = |limit: u32| {
        text.chars().map(move |c| u8::try_from(u32::from(c)).ok().filter(|b| u32::from(*b) < limit).unwrap_or(b'?'))
    };
    match charset.map(str::to_ascii_lowercase).as_deref() {
        None | Some("utf-8" | "utf8") => Ok(text.as_bytes().to_vec()),
        Some("iso-8859-1" | "latin1") => Ok(single(256).collect()),
        Some("us-ascii" | "ascii") => Ok(single(128).collect()),
        Some("utf-16") => Ok([0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()),
        Some(_) => Err(Rejection::new(Suffix::InternalError, "the charset of the response is unknown")),
    }
}

#[cfg(test)]
mod tests {
    use super::reserialise;

    fn envelope(header: &str, body: &str) -> String {
        format!(
            "<?xml version='1.0'?>\r\n<?pi one?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>\n"
        )
    }

    fn rewritten(header: &str, body: &str) -> String {
        let bytes = reserialise(envelope(header, body).as_bytes(), Some("HASH"), None).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn rewrites_like_a_security_server() {
        let out = rewritten(
            "<x:id>1</x:id ><x:requestHash algorithmId='a'>old</x:requestHash>",
            "<a b='x&#10;y&quot;&lt;' c=\"it's\"/><?pi two?><!-- c -->&#228;&amp;<![CDATA[<&]]>\r\n",
        );
        assert_eq!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><s:Header><x:id>1</x:id><x:requestHash \
             algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">HASH</x:requestHash></s:Header><s:Body>\
             <a b=\"x\ny&quot;&lt;\" c=\"it&apos;s\"></a><!-- c -->&#228;&amp;<![CDATA[<&]]>\n</s:Body></s:Envelope>"
        );
    }

    #[test]
    fn copies_prefix_and_attributes_of_id() {
        let out = rewritten("<x:requestHash>old</x:requestHash><x:id odd=\"1\"/>", "<a/>");
        assert!(out.contains("<s:Header><x:id odd=\"1\"></x:id><x:requestHash odd=\"1\" algorithmId="), "{out}");
        let default = "<id xmlns=\"http://x-road.eu/xsd/xroad.xsd\">7</id>";
        let out = rewritten(default, "<a/>");
        assert!(out.contains("</id><requestHash xmlns=\"http://x-road.eu/xsd/xroad.xsd\" algorithmId="), "{out}");
    }

    #[test]
    fn encodes_with_the_charset_of_the_content_type() {
        let text = envelope("<x:id>1</x:id>", "<a>\u{e4}\u{20ac}</a>");
        let bytes = reserialise(text.as_bytes(), None, Some("ISO-8859-1")).unwrap();
        assert!(bytes.windows(4).any(|w| w == b">\xE4?<"));
        assert!(bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
        assert!(reserialise(text.as_bytes(), None, Some("x-odd")).is_err());
    }
}
