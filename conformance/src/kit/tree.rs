//! An XML document as an owned tree, so that a case can keep and compare parts of an answer.

use roxmltree::Node;

use crate::xml::{self, XmlError};

/// An element with its resolved namespace; prefixes are forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Namespace; empty for none.
    pub namespace: String,
    /// Local name.
    pub name: String,
    /// Namespace, local name and value of each attribute.
    pub attributes: Vec<(String, String, String)>,
    /// Character data directly inside, joined.
    pub text: String,
    /// Child elements in order.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document from its bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, XmlError> {
        let text = xml::decode(bytes)?;
        Ok(Self::of(xml::parse(&text)?.root_element()))
    }

    fn of(node: Node<'_, '_>) -> Self {
        Self {
            namespace: node.tag_name().namespace().unwrap_or_default().to_owned(),
            name: node.tag_name().name().to_owned(),
            attributes: node
                .attributes()
                .map(|it| (it.namespace().unwrap_or_default().to_owned(), it.name().to_owned(), it.value().to_owned()))
                .collect(),
            text: xml::text_of(node),
            children: xml::elements(node).map(Self::of).collect(),
        }
    }

    /// Whether it has this namespace and name.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// The first child of this namespace and name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|it| it.is(namespace, name))
    }

    /// The first element of this local name at any depth, itself included.
    pub fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name { Some(self) } else { self.children.iter().find_map(|child| child.find(name)) }
    }

    /// All character data inside, at any depth, joined by spaces.
    pub fn all_text(&self) -> String {
        let mut texts = vec![self.text.trim().to_owned()];
        texts.extend(self.children.iter().map(Self::all_text));
        texts.retain(|it| !it.is_empty());
        texts.join(" ")
    }
}
