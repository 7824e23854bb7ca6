//! What may be wrong with XML as such, and the limits a document must keep.
//! Nothing here quotes the document: an error names the rule and the place, never the content.

/// Bounds of one XML document. Each limit is hit by a test; a document that passes none of them is refused, not cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document as received.
    pub bytes: usize,
    /// Elements open at the same time.
    pub depth: usize,
    /// Elements in all: what bounds the memory of the tree.
    pub elements: usize,
    /// Attributes on one element, namespace declarations not counted.
    pub attributes: usize,
    /// Namespace declarations on one element.
    pub bindings: usize,
    /// Namespace declarations in scope at the same time.
    pub bindings_in_scope: usize,
}

impl Default for Limits {
    /// The limits of the X-Road fact sheet, section 7: 10 MiB, depth 64, 64 attributes and 64 bindings per element.
    fn default() -> Self {
        Self {
            bytes: 10 * 1024 * 1024,
            depth: 64,
            elements: 200_000,
            attributes: 64,
            bindings: 64,
            bindings_in_scope: 256,
        }
    }
}

/// An XML document refused. Always the sender's fault; sending the same bytes again does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule} (at byte {offset})")]
pub struct XmlError {
    /// The rule that was broken.
    pub rule: XmlRule,
    /// Where, in bytes of the document after decoding to UTF-8, without its XML declaration.
    pub offset: usize,
}

impl XmlError {
    pub(crate) const fn at(rule: XmlRule, offset: usize) -> Self {
        Self { rule, offset }
    }
}

/// The rules of XML 1.0, Namespaces in XML 1.0 and our own limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlRule {
    #[error("the document is empty")]
    Empty,
    #[error("the document is larger than the limit")]
    TooLarge,
    #[error("elements are nested deeper than the limit")]
    TooDeep,
    #[error("the document has more elements than the limit")]
    TooManyElements,
    #[error("an element has more attributes than the limit")]
    TooManyAttributes,
    #[error("an element or the document has more namespace declarations than the limit")]
    TooManyBindings,
    #[error("the character encoding must be UTF-8, UTF-16 with a byte order mark, or ISO-8859-1")]
    Encoding,
    #[error("the byte order mark and the encoding of the XML declaration contradict each other")]
    EncodingConflict,
    #[error("the bytes are not valid in the encoding of the document")]
    InvalidBytes,
    #[error("the XML declaration is malformed or not version 1.0")]
    Declaration,
    #[error("an XML declaration is allowed at the very start only")]
    LateDeclaration,
    #[error("a document type declaration (DOCTYPE) is not allowed")]
    Doctype,
    #[error("a processing instruction has a reserved or malformed target")]
    Instruction,
    #[error("the document contains a character that XML does not allow")]
    Character,
    #[error("an element or attribute name is malformed")]
    Name,
    #[error("attributes are malformed")]
    AttributeSyntax,
    #[error("an attribute is given twice")]
    RepeatedAttribute,
    #[error("a namespace prefix is not declared")]
    UnboundPrefix,
    #[error("a namespace declaration is not allowed by Namespaces in XML")]
    Binding,
    #[error("a reference to an entity other than the five of XML, or a malformed reference")]
    Reference,
    #[error("the characters \"]]>\" are not allowed in text")]
    CdataEnd,
    #[error("text is not allowed outside the root element")]
    TextOutsideRoot,
    #[error("the document has more than one root element")]
    SecondRoot,
    #[error("an end tag does not match its start tag")]
    MismatchedEnd,
    #[error("the document ends before its elements are closed")]
    MissingEnd,
    #[error("the markup is malformed")]
    Syntax,
}
