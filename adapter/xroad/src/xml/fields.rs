//! Taking the members out of an element strictly: by name, in one namespace, each the right number of times, and at
//! the end nothing left over. Errors carry a path such as `sendMessage/recipients[2]/id` and never a value.
//! Order is not checked, because no consumer's mistake is found that way.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::chars::is_blank;
use super::{Element, NS_XML, NS_XSI};
use crate::soap::xop;

/// A member of a request that does not fit its contract. Always the caller's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {rule}")]
pub struct FieldError {
    /// Names from the body element down; a repeated element has its number, counted from 1.
    pub path: String,
    pub rule: FieldRule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldRule {
    #[error("is required")]
    Missing,
    #[error("is given more than once")]
    Repeated,
    #[error("is not a member here")]
    Unknown,
    #[error("is in the wrong namespace")]
    Namespace,
    #[error("must hold text, not elements")]
    NotText,
    #[error("must hold elements, not text")]
    NotElements,
    #[error("has a value that is not allowed")]
    Value,
    #[error("is not an attribute here")]
    Attribute,
    #[error("must be left out rather than nil")]
    Nil,
    #[error("must refer to an attachment with a cid: address")]
    Reference,
    #[error("is not valid base64")]
    Base64,
}

/// Binary content of a member: in the message, or in the attachment of that Content-ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binary {
    Inline(Vec<u8>),
    Attached(String),
}

/// The members of one element, taken one by one.
#[derive(Debug)]
pub struct Fields<'e> {
    element: &'e Element,
    namespace: &'e str,
    path: String,
    taken: Vec<bool>,
}

impl<'e> Fields<'e> {
    /// The members of the body element, which must have this name and namespace.
    pub fn of(element: &'e Element, namespace: &'e str, name: &str) -> Result<Self, FieldError> {
        if &*element.name != name {
            return Err(FieldError { path: shown(&element.name), rule: FieldRule::Unknown });
        }
        if &*element.namespace != namespace {
            return Err(FieldError { path: name.to_owned(), rule: FieldRule::Namespace });
        }
        Self::at(element, namespace, name.to_owned())
    }

    fn at(element: &'e Element, namespace: &'e str, path: String) -> Result<Self, FieldError> {
        let error = |rule| Err(FieldError { path: path.clone(), rule });
        if !is_blank(&element.text) {
            return error(FieldRule::NotElements);
        }
        if is_nil(element) {
            return error(FieldRule::Nil);
        }
        Ok(Self { element, namespace, path, taken: vec![false; element.children.len()] })
    }

    /// Where this element stands, for errors of the caller's own.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// An error about a member, for rules that only the caller knows.
    pub fn error(&self, name: &str, rule: FieldRule) -> FieldError {
        FieldError { path: format!("{}/{name}", self.path), rule }
    }

    /// A child that must be there once.
    pub fn required(&mut self, name: &str) -> Result<&'e Element, FieldError> {
        self.optional(name)?.ok_or_else(|| self.error(name, FieldRule::Missing))
    }

    /// A child that may be there once.
    pub fn optional(&mut self, name: &str) -> Result<Option<&'e Element>, FieldError> {
        let mut found = self.take(name);
        let first = found.next();
        if found.next().is_some() {
            drop(found);
            return Err(self.error(name, FieldRule::Repeated));
        }
        Ok(first)
    }

    /// All children of that name, in order.
    pub fn repeated(&mut self, name: &str) -> Vec<&'e Element> {
        self.take(name).collect()
    }

    /// The exact text of a child that must be there once.
    pub fn text(&mut self, name: &str) -> Result<&'e str, FieldError> {
        let child = self.required(name)?;
        self.leaf(child, name)
    }

    /// The exact text of a child that may be there once. Empty is not absent.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<&'e str>, FieldError> {
        self.optional(name)?.map(|child| self.leaf(child, name)).transpose()
    }

    /// The exact texts of all children of that name.
    pub fn repeated_text(&mut self, name: &str) -> Result<Vec<&'e str>, FieldError> {
        let children = self.repeated(name);
        children.into_iter().enumerate().map(|(i, child)| self.leaf(child, &numbered(name, i))).collect()
    }

    /// A required child's text as a value. White space around it counts as nothing, as XSD has it for such types.
    pub fn parse<T: FromStr>(&mut self, name: &str) -> Result<T, FieldError> {
        let text = self.text(name)?;
        self.value(text, name)
    }

    /// An optional child's text as a value.
    pub fn optional_parse<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, FieldError> {
        self.optional_text(name)?.map(|text| self.value(text, name)).transpose()
    }

    /// The members of a child that must be there once.
    pub fn nested(&mut self, name: &str) -> Result<Self, FieldError> {
        let child = self.required(name)?;
        Self::at(child, self.namespace, format!("{}/{name}", self.path))
    }

    /// The members of a child that may be there once.
    pub fn optional_nested(&mut self, name: &str) -> Result<Option<Self>, FieldError> {
        let path = format!("{}/{name}", self.path);
        self.optional(name)?.map(|child| Self::at(child, self.namespace, path)).transpose()
    }

    /// The members of every child of that name.
    pub fn repeated_nested(&mut self, name: &str) -> Result<Vec<Self>, FieldError> {
        let children = self.repeated(name);
        children
            .into_iter()
            .enumerate()
            .map(|(i, child)| Self::at(child, self.namespace, format!("{}/{}", self.path, numbered(name, i))))
            .collect()
    }

    /// A required `xs:base64Binary` child: inline, or by `xop:Include` (MTOM).
    pub fn binary(&mut self, name: &str) -> Result<Binary, FieldError> {
        let child = self.required(name)?;
        if let Some(href) = xop::include(child) {
            let id = xop::content_id(href).ok_or_else(|| self.error(name, FieldRule::Reference))?;
            return Ok(Binary::Attached(id));
        }
        let text = self.leaf(child, name)?;
        let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(digits).map_err(|_| self.error(name, FieldRule::Base64))?;
        Ok(Binary::Inline(bytes))
    }

    /// A required `swaRef` child: the Content-ID it refers to.
    pub fn attachment(&mut self, name: &str) -> Result<String, FieldError> {
        let text = self.text(name)?;
        xop::content_id(text.trim()).ok_or_else(|| self.error(name, FieldRule::Reference))
    }

    /// Nothing may be left: unknown members, members of another namespace and unknown attributes are errors.
    pub fn finish(self) -> Result<(), FieldError> {
        let left = self.element.children.iter().zip(&self.taken).find(|(_, taken)| !**taken);
        if let Some((child, _)) = left {
            let rule = if &*child.namespace == self.namespace { FieldRule::Unknown } else { FieldRule::Namespace };
            return Err(self.error(&shown(&child.name), rule));
        }
        no_attributes(self.element, &self.path)
    }

    fn take(&mut self, name: &str) -> impl Iterator<Item = &'e Element> {
        let namespace = self.namespace;
        let children = self.element.children.iter().zip(self.taken.iter_mut());
        children.filter(move |(child, _)| child.is(namespace, name)).map(|(child, taken)| {
            *taken = true;
            child
        })
    }

    fn leaf(&self, child: &'e Element, name: &str) -> Result<&'e str, FieldError> {
        if !child.children.is_empty() {
            return Err(self.error(name, FieldRule::NotText));
        }
        if is_nil(child) {
            return Err(self.error(name, FieldRule::Nil));
        }
        no_attributes(child, "").map_err(|error| self.error(&format!("{name}{}", error.path), error.rule))?;
        Ok(&child.text)
    }

    fn value<T: FromStr>(&self, text: &str, name: &str) -> Result<T, FieldError> {
        let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
        trimmed.parse().map_err(|_| self.error(name, FieldRule::Value))
    }
}

/// Attributes of XML itself and of schema instances are harmless; any other is a member we do not know.
fn no_attributes(element: &Element, path: &str) -> Result<(), FieldError> {
    let stranger = element.attributes.iter().find(|a| &*a.namespace != NS_XML && &*a.namespace != NS_XSI);
    match stranger {
        Some(attribute) => {
            Err(FieldError { path: format!("{path}/@{}", shown(&attribute.name)), rule: FieldRule::Attribute })
        }
        None => Ok(()),
    }
}

fn is_nil(element: &Element) -> bool {
    matches!(element.attribute(NS_XSI, "nil").map(str::trim), Some("true" | "1"))
}

fn numbered(name: &str, index: usize) -> String {
    format!("{name}[{}]", index + 1)
}

/// A name from the message as it may appear in an error: short and printable.
fn shown(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '?' }).collect()
}
