//! An owned element tree, and writing it out again with the namespace declarations it needs.
//! It keeps no prefixes, comments, instructions or layout: two documents that mean the same give equal trees.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::error::XmlError;
use super::gate::{Gate, Start, Token};
use super::{NS_XML, chars::is_blank, escape};

/// One element. `Debug` shows names and sizes only, because the content may be personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    /// Namespace name, empty where there is none.
    pub namespace: Arc<str>,
    /// Local name.
    pub name: Box<str>,
    /// In document order; namespace declarations are not among them.
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    /// The character data, exact. White space between children is dropped; other text between children is kept in
    /// one piece, so that [`super::Fields`] can refuse it.
    pub text: String,
}

/// One attribute with its value normalised as XML 1.0 says.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Namespace name, empty where there is none.
    pub namespace: Arc<str>,
    pub name: Box<str>,
    pub value: String,
}

impl Element {
    /// An element without content, for building documents.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Box<str>>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        }
    }

    pub fn is(&self, namespace: &str, name: &str) -> bool {
        &*self.name == name && &*self.namespace == namespace
    }

    /// The value of an attribute; `namespace` is empty for an unqualified one.
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| &*a.name == name && &*a.namespace == namespace).map(|a| a.value.as_str())
    }

    /// The first child of that name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// Appends this element as a document fragment that stands on its own: every namespace it needs is declared.
    pub fn write_xml(&self, out: &mut String) {
        write(out, self, &[], "");
    }

    /// This element as a document fragment that stands on its own.
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(256);
        self.write_xml(&mut out);
        out
    }
}

/// Writes `element` where `prefixes` (namespace, prefix) and the default namespace `inherited` are in scope.
pub(crate) fn write(out: &mut String, element: &Element, prefixes: &[(&str, &str)], inherited: &str) {
    let namespace = &*element.namespace;
    let prefix = prefix_of(prefixes, namespace);
    let name = |out: &mut String| {
        if let Some(prefix) = prefix {
            out.push_str(prefix);
            out.push(':');
        }
        out.push_str(&element.name);
    };
    out.push('<');
    name(out);
    let default = if prefix.is_some() { inherited } else { namespace };
    if default != inherited {
        out.push_str(" xmlns=\"");
        escape::attribute(out, default);
        out.push('"');
    }
    for (index, attribute) in element.attributes.iter().enumerate() {
        write_attribute(out, attribute, prefixes, index);
    }
    if element.children.is_empty() && element.text.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    escape::text(out, &element.text);
    for child in &element.children {
        write(out, child, prefixes, default);
    }
    out.push_str("</");
    name(out);
    out.push('>');
}

fn prefix_of<'p>(prefixes: &[(&str, &'p str)], namespace: &str) -> Option<&'p str> {
    if *namespace == *NS_XML {
        return Some("xml");
    }
    prefixes.iter().find(|(known, _)| *known == namespace).map(|(_, prefix)| *prefix)
}

fn write_attribute(out: &mut String, attribute: &Attribute, prefixes: &[(&str, &str)], index: usize) {
    out.push(' ');
    if !attribute.namespace.is_empty() {
        let prefix = prefix_of(prefixes, &attribute.namespace).map_or_else(
            || {
                let own = format!("a{index}");
                out.push_str("xmlns:");
                out.push_str(&own);
                out.push_str("=\"");
                escape::attribute(out, &attribute.namespace);
                out.push_str("\" ");
                Cow::Owned(own)
            },
            Cow::Borrowed,
        );
        out.push_str(&prefix);
        out.push(':');
    }
    out.push_str(&attribute.name);
    out.push_str("=\"");
    escape::attribute(out, &attribute.value);
    out.push('"');
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:?} text={}B attributes={}>", self.name, self.text.len(), self.attributes.len())?;
        f.debug_list().entries(&self.children).finish()
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} value={}B", self.name, self.value.len())
    }
}

struct Open<'a> {
    element: Element,
    /// Borrowed as long as the text is one piece: most elements need one copy or none.
    text: Cow<'a, str>,
}

impl<'a> Open<'a> {
    fn new(start: Start<'a>) -> Self {
        let attributes = start
            .attributes
            .into_iter()
            .map(|a| Attribute { namespace: a.namespace, name: a.name.into(), value: a.value.into_owned() })
            .collect();
        let element = Element { attributes, ..Element::new(start.namespace, start.name) };
        Self { element, text: Cow::Borrowed("") }
    }

    fn push_text(&mut self, more: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = more;
        } else {
            self.text.to_mut().push_str(&more);
        }
    }

    fn close(self) -> Element {
        let Self { mut element, text } = self;
        if element.children.is_empty() || !is_blank(&text) {
            element.text = text.into_owned();
        }
        element
    }
}

/// Builds the tree of the element that `start` opened, to its end tag. `watch` sees every start tag below it.
pub(crate) fn build<'a>(
    gate: &mut Gate<'a>,
    start: Start<'a>,
    watch: &mut dyn FnMut(&Start<'a>),
) -> Result<Element, XmlError> {
    let mut outer: Vec<Open<'a>> = Vec::with_capacity(8);
    let mut open = Open::new(start);
    loop {
        match gate.next()? {
            Token::Start(start) => {
                watch(&start);
                if is_blank(&open.text) {
                    open.text = Cow::Borrowed("");
                }
                outer.push(std::mem::replace(&mut open, Open::new(start)));
            }
            Token::Text(more) => {
                if open.element.children.is_empty() || !open.text.is_empty() || !is_blank(&more) {
                    open.push_text(more);
                }
            }
            Token::End | Token::Eof => {
                let done = open.close();
                match outer.pop() {
                    Some(mut parent) => {
                        parent.element.children.push(done);
                        open = parent;
                    }
                    None => return Ok(done),
                }
            }
        }
    }
}
