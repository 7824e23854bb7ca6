//! The gate: quick-xml's tokens, and every check that quick-xml leaves to its caller.
//!
//! Checked here: one root and nothing but white space around it, end of input inside an element, names, bound
//! prefixes, attributes (syntax, doubles by expanded name, `<`), legal characters, references, `]]>` in text, a late
//! XML declaration, DOCTYPE, and the limits of depth, elements, attributes and namespace declarations. Processing
//! instructions and comments are dropped. Not done here: anything about SOAP, anything about a schema, any fetching.

use std::borrow::Cow;
use std::sync::Arc;

use quick_xml::errors::{Error as Raw, IllFormedError};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::chars::{find_illegal, is_blank, is_ncname, is_space, is_xml_char};
use super::error::{Limits, XmlError, XmlRule};
use super::{NS_XML, NS_XMLNS};

/// One step of the document.
#[derive(Debug)]
pub(crate) enum Token<'a> {
    Start(Start<'a>),
    End,
    Text(Cow<'a, str>),
    Eof,
}

/// A start tag with its names resolved. The namespace is empty where there is none.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: &'a str,
    pub(crate) attributes: Vec<StartAttribute<'a>>,
}

#[derive(Debug)]
pub(crate) struct StartAttribute<'a> {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: &'a str,
    pub(crate) value: Cow<'a, str>,
}

impl Start<'_> {
    pub(crate) fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && &*self.namespace == namespace
    }

    pub(crate) fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name && &*a.namespace == namespace).map(|a| &*a.value)
    }
}

/// What [`Gate::advance`] came to, checked but not put together.
enum Step<'a> {
    Start { prefix: &'a str, name: &'a str },
    End,
    Text(Cow<'a, str>),
    Eof,
}

struct Binding<'a> {
    prefix: &'a str,
    uri: Arc<str>,
}

struct RawAttribute<'a> {
    prefix: &'a str,
    name: &'a str,
    /// As XML normalises it.
    value: Cow<'a, str>,
}

pub(crate) struct Gate<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    limits: Limits,
    bindings: Vec<Binding<'a>>,
    /// How many bindings were in scope before each open element.
    scopes: Vec<usize>,
    /// The attributes of the last start tag, checked.
    attributes: Vec<RawAttribute<'a>>,
    none: Arc<str>,
    xml: Arc<str>,
    elements: usize,
    /// Whether `]]>` and a carriage return occur anywhere: most documents need not be searched text by text.
    cdata_end: bool,
    carriage_return: bool,
    pending_end: bool,
}

impl<'a> Gate<'a> {
    pub(crate) fn new(text: &'a str, limits: Limits) -> Result<Self, XmlError> {
        if let Some(at) = find_illegal(text) {
            return Err(XmlError::at(XmlRule::Character, at));
        }
        // A second byte order mark; the tokenizer would drop it and count its offsets without it.
        if text.starts_with('\u{FEFF}') {
            return Err(XmlError::at(XmlRule::TextOutsideRoot, 0));
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        Ok(Self {
            text,
            reader,
            limits,
            bindings: Vec::with_capacity(8),
            scopes: Vec::with_capacity(16),
            attributes: Vec::with_capacity(8),
            none: Arc::from(""),
            xml: Arc::from(NS_XML),
            elements: 0,
            cdata_end: memchr::memmem::find(text.as_bytes(), b"]]>").is_some(),
            carriage_return: memchr::memchr(b'\r', text.as_bytes()).is_some(),
            pending_end: false,
        })
    }

    pub(crate) fn depth(&self) -> usize {
        self.scopes.len()
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn fault(&self, rule: XmlRule) -> XmlError {
        XmlError::at(rule, self.position())
    }

    pub(crate) fn next(&mut self) -> Result<Token<'a>, XmlError> {
        Ok(match self.advance()? {
            Step::Start { prefix, name } => Token::Start(self.start(prefix, name)?),
            Step::End => Token::End,
            Step::Text(text) => Token::Text(text),
            Step::Eof => Token::Eof,
        })
    }

    /// Passes over the rest of the element whose start was the last token. Its markup is checked all the same.
    pub(crate) fn skip(&mut self) -> Result<(), XmlError> {
        let depth = self.depth();
        while self.depth() >= depth {
            self.advance()?;
        }
        Ok(())
    }

    /// One step, with every check that the document's form needs.
    fn advance(&mut self) -> Result<Step<'a>, XmlError> {
        if self.pending_end {
            self.pending_end = false;
            return Ok(self.close());
        }
        loop {
            let event = self.reader.read_event().map_err(|error| self.fault(rule_of(&error)))?;
            match event {
                Event::Start(tag) => {
                    let end = self.position().saturating_sub(1);
                    return self.open(end, &tag, tag.name().as_ref().len());
                }
                Event::Empty(tag) => {
                    let end = self.position().saturating_sub(2);
                    let start = self.open(end, &tag, tag.name().as_ref().len())?;
                    self.pending_end = true;
                    return Ok(start);
                }
                Event::End(_) => return Ok(self.close()),
                Event::Text(text) => {
                    let text = text.into_inner();
                    if self.cdata_end && text.contains("]]>") {
                        return Err(self.fault(XmlRule::CdataEnd));
                    }
                    if self.scopes.is_empty() {
                        if is_blank(&text) {
                            continue;
                        }
                        return Err(self.fault(XmlRule::TextOutsideRoot));
                    }
                    return Ok(Step::Text(self.with_line_ends(text)));
                }
                Event::CData(text) => {
                    if self.scopes.is_empty() {
                        return Err(self.fault(XmlRule::TextOutsideRoot));
                    }
                    return Ok(Step::Text(self.with_line_ends(text.into_inner())));
                }
                Event::GeneralRef(reference) => {
                    if self.scopes.is_empty() {
                        return Err(self.fault(XmlRule::TextOutsideRoot));
                    }
                    let mut text = String::new();
                    resolve(&reference, &mut text).ok_or_else(|| self.fault(XmlRule::Reference))?;
                    return Ok(Step::Text(Cow::Owned(text)));
                }
                Event::Comment(_) => {}
                Event::PI(instruction) => {
                    let target = instruction.target();
                    if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
                        return Err(self.fault(XmlRule::Instruction));
                    }
                }
                Event::Decl(_) => return Err(self.fault(XmlRule::LateDeclaration)),
                Event::DocType(_) => return Err(self.fault(XmlRule::Doctype)),
                Event::Eof if !self.scopes.is_empty() => return Err(self.fault(XmlRule::MissingEnd)),
                Event::Eof if self.elements == 0 => return Err(self.fault(XmlRule::Empty)),
                Event::Eof => return Ok(Step::Eof),
            }
        }
    }

    /// Text as XML 1.0, 2.11 normalises it.
    fn with_line_ends(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        if self.carriage_return && text.contains('\r') {
            return Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
        }
        text
    }

    fn close(&mut self) -> Step<'a> {
        if let Some(kept) = self.scopes.pop() {
            self.bindings.truncate(kept);
        }
        Step::End
    }

    /// `end` is the offset behind the tag's content. The content is taken from the text itself, which outlives the
    /// tokenizer's event; its first `name_end` bytes are the name.
    fn open(&mut self, end: usize, tag: &str, name_end: usize) -> Result<Step<'a>, XmlError> {
        let len = tag.len();
        let fault = |rule| XmlError::at(rule, end.saturating_sub(len));
        if self.scopes.is_empty() && self.elements > 0 {
            return Err(fault(XmlRule::SecondRoot));
        }
        self.elements += 1;
        if self.scopes.len() >= self.limits.depth {
            return Err(fault(XmlRule::TooDeep));
        }
        if self.elements > self.limits.elements {
            return Err(fault(XmlRule::TooManyElements));
        }
        let content = self.text.get(end.saturating_sub(len)..end).filter(|content| std::ptr::eq(*content, tag));
        let content = content.ok_or_else(|| fault(XmlRule::Syntax))?;
        let (name, rest) = content.split_at_checked(name_end).ok_or_else(|| fault(XmlRule::Syntax))?;
        let (prefix, name) = split_name(name).ok_or_else(|| fault(XmlRule::Name))?;
        if prefix == "xmlns" {
            return Err(fault(XmlRule::Binding));
        }

        self.scopes.push(self.bindings.len());
        self.attributes.clear();
        if !rest.is_empty() {
            self.scan(rest).map_err(fault)?;
            self.check_attributes().map_err(fault)?;
        }
        self.resolve(prefix).ok_or_else(|| fault(XmlRule::UnboundPrefix))?;
        Ok(Step::Start { prefix, name })
    }

    /// Splits the attributes of a tag; namespace declarations take effect, the rest is kept.
    fn scan(&mut self, mut rest: &'a str) -> Result<(), XmlRule> {
        let before = self.bindings.len();
        loop {
            let trimmed = trim_start(rest);
            if trimmed.is_empty() {
                return Ok(());
            }
            if trimmed.len() == rest.len() {
                return Err(XmlRule::AttributeSyntax); // no white space before the attribute
            }
            let (name, value) = split_at_byte(trimmed, b'=').ok_or(XmlRule::AttributeSyntax)?;
            let value = trim_start(value);
            let quote = value.bytes().next().filter(|c| matches!(c, b'"' | b'\'')).ok_or(XmlRule::AttributeSyntax)?;
            let value = value.get(1..).and_then(|v| split_at_byte(v, quote));
            let (value, after) = value.ok_or(XmlRule::AttributeSyntax)?;
            let value = attribute_value(value)?;
            let (prefix, local) = split_name(trim_end(name)).ok_or(XmlRule::Name)?;
            if prefix == "xmlns" {
                self.bind(local, value, before)?;
            } else if prefix.is_empty() && local == "xmlns" {
                self.bind("", value, before)?;
            } else {
                if self.attributes.len() >= self.limits.attributes {
                    return Err(XmlRule::TooManyAttributes);
                }
                self.attributes.push(RawAttribute { prefix, name: local, value });
            }
            rest = after;
        }
    }

    fn bind(&mut self, prefix: &'a str, uri: Cow<'a, str>, before: usize) -> Result<(), XmlRule> {
        let own = self.bindings.get(before..).unwrap_or_default();
        if own.len() >= self.limits.bindings || self.bindings.len() >= self.limits.bindings_in_scope {
            return Err(XmlRule::TooManyBindings);
        }
        if own.iter().any(|binding| binding.prefix == prefix) {
            return Err(XmlRule::RepeatedAttribute);
        }
        let allowed = match prefix {
            "xml" => *uri == *NS_XML,
            "xmlns" => false,
            "" => *uri != *NS_XML && *uri != *NS_XMLNS,
            _ => !uri.is_empty() && *uri != *NS_XML && *uri != *NS_XMLNS,
        };
        if !allowed {
            return Err(XmlRule::Binding);
        }
        self.bindings.push(Binding { prefix, uri: Arc::from(uri) });
        Ok(())
    }

    /// Prefixes are bound, and no expanded name stands twice.
    fn check_attributes(&self) -> Result<(), XmlRule> {
        for (index, attribute) in self.attributes.iter().enumerate() {
            let namespace = self.namespace_of(attribute).ok_or(XmlRule::UnboundPrefix)?;
            let mut before = self.attributes.iter().take(index);
            if before.any(|seen| seen.name == attribute.name && self.namespace_of(seen) == Some(namespace)) {
                return Err(XmlRule::RepeatedAttribute);
            }
        }
        Ok(())
    }

    /// Puts the start tag together that the last step came to.
    fn start(&mut self, prefix: &str, name: &'a str) -> Result<Start<'a>, XmlError> {
        let unbound = || self.fault(XmlRule::UnboundPrefix);
        let namespace = Arc::clone(self.resolve(prefix).ok_or_else(unbound)?);
        let mut attributes = Vec::with_capacity(self.attributes.len());
        let mut raw = std::mem::take(&mut self.attributes);
        for attribute in raw.drain(..) {
            let namespace = self.namespace_of(&attribute).ok_or_else(|| self.fault(XmlRule::UnboundPrefix))?;
            let namespace = Arc::clone(namespace);
            attributes.push(StartAttribute { namespace, name: attribute.name, value: attribute.value });
        }
        // Its room is used again.
        self.attributes = raw;
        Ok(Start { namespace, name, attributes })
    }

    fn namespace_of(&self, attribute: &RawAttribute<'a>) -> Option<&Arc<str>> {
        if attribute.prefix.is_empty() { Some(&self.none) } else { self.resolve(attribute.prefix) }
    }

    fn resolve(&self, prefix: &str) -> Option<&Arc<str>> {
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Some(&binding.uri),
            None if prefix.is_empty() => Some(&self.none),
            None if prefix == "xml" => Some(&self.xml),
            None => None,
        }
    }
}

fn trim_start(text: &str) -> &str {
    let at = text.bytes().position(|b| !is_space(b)).unwrap_or(text.len());
    text.get(at..).unwrap_or_default()
}

fn trim_end(text: &str) -> &str {
    let at = text.bytes().rposition(|b| !is_space(b)).map_or(0, |last| last + 1);
    text.get(..at).unwrap_or_default()
}

/// What stands before and behind the first `byte`, which must be ASCII.
fn split_at_byte(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(byte, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Prefix (empty if none) and local name, both checked.
fn split_name(name: &str) -> Option<(&str, &str)> {
    let Some(colon) = name.bytes().position(|b| b == b':') else {
        return is_ncname(name).then_some(("", name));
    };
    let (prefix, local) = (name.get(..colon)?, name.get(colon + 1..)?);
    (is_ncname(local) && is_ncname(prefix)).then_some((prefix, local))
}

/// An attribute value as XML 1.0, 3.3.3 normalises it: references resolved, literal white space to spaces.
fn attribute_value(raw: &str) -> Result<Cow<'_, str>, XmlRule> {
    if !raw.bytes().any(|b| matches!(b, b'<' | b'&' | b'\t' | b'\n' | b'\r')) {
        return Ok(Cow::Borrowed(raw));
    }
    if raw.contains('<') {
        return Err(XmlRule::AttributeSyntax);
    }
    normalised(raw).map(Cow::Owned).ok_or(XmlRule::Reference)
}

fn normalised(raw: &str) -> Option<String> {
    let raw = raw.replace("\r\n", " ");
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.as_str();
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at_checked(at)?;
        out.push_str(plain);
        if let Some(reference) = special.strip_prefix('&') {
            let (name, after) = reference.split_once(';')?;
            resolve(name, &mut out)?;
            rest = after;
        } else {
            out.push(' ');
            rest = special.get(1..)?;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The five predefined entities and character references; `None` for all else.
fn resolve(name: &str, out: &mut String) -> Option<()> {
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "apos" => '\'',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
            if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None; // from_str_radix would take a sign
            }
            u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|&c| is_xml_char(c))?
        }
    };
    out.push(c);
    Some(())
}

fn rule_of(error: &Raw) -> XmlRule {
    match error {
        Raw::IllFormed(IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_)) => {
            XmlRule::MismatchedEnd
        }
        Raw::IllFormed(IllFormedError::MissingEndTag(_)) => XmlRule::MissingEnd,
        Raw::IllFormed(IllFormedError::UnclosedReference) => XmlRule::Reference,
        Raw::IllFormed(IllFormedError::MissingDeclVersion(_) | IllFormedError::UnknownVersion) => {
            XmlRule::LateDeclaration
        }
        Raw::IllFormed(IllFormedError::MissingDoctypeName) => XmlRule::Doctype,
        _ => XmlRule::Syntax,
    }
}
