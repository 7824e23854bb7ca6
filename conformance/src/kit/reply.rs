//! A SOAP answer with what cases look at.

use super::tree::Element;
use crate::security_server::Answer;
use crate::security_server::soap::SOAP;

/// An answer to a SOAP request. What could not be read is absent; the case says what it expected.
#[derive(Debug, Clone)]
pub struct SoapReply {
    /// As it came.
    pub answer: Answer,
    /// The SOAP document's bytes: the body, or the first part of a multipart one.
    pub document: Vec<u8>,
    /// The same as a tree.
    pub envelope: Option<Element>,
    /// Why there is no tree.
    pub unreadable: Option<String>,
}

/// A fault's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `faultcode` as written, with its prefix.
    pub code: String,
    /// `faultcode` without prefix.
    pub local_code: String,
    /// `faultstring`.
    pub string: String,
    /// All text in `detail`, if there is one.
    pub detail: Option<String>,
    /// The children in order: namespace and name.
    pub children: Vec<(String, String)>,
}

impl SoapReply {
    pub(super) async fn of(answer: Answer) -> Self {
        let document = if answer.header("content-type").is_some_and(|it| it.starts_with("multipart/")) {
            answer.message().await.map(|it| it.soap.to_vec()).unwrap_or_default()
        } else {
            answer.body.to_vec()
        };
        let (envelope, unreadable) = match Element::read(&document) {
            Ok(tree) => (Some(tree), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self { answer, document, envelope, unreadable }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status.as_u16()
    }

    /// The header blocks.
    pub fn blocks(&self) -> &[Element] {
        let header = self.envelope.as_ref().and_then(|it| it.child(SOAP, "Header"));
        header.map_or(&[], |it| &it.children)
    }

    /// A header block by namespace and name.
    pub fn block(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.blocks().iter().find(|it| it.is(namespace, name))
    }

    /// The children of the Body.
    pub fn body(&self) -> &[Element] {
        let body = self.envelope.as_ref().and_then(|it| it.child(SOAP, "Body"));
        body.map_or(&[], |it| &it.children)
    }

    /// The response wrapper, when it is no fault.
    pub fn wrapper(&self) -> Option<&Element> {
        self.body().first().filter(|it| !it.is(SOAP, "Fault"))
    }

    /// The fault.
    pub fn fault(&self) -> Option<Fault> {
        let fault = self.body().first().filter(|it| it.is(SOAP, "Fault"))?;
        let field = |name: &str| fault.child("", name).map(|it| it.text.trim().to_owned()).unwrap_or_default();
        let code = field("faultcode");
        Some(Fault {
            local_code: code.rsplit(':').next().unwrap_or_default().to_owned(),
            code,
            string: field("faultstring"),
            detail: fault.child("", "detail").map(Element::all_text),
            children: fault.children.iter().map(|it| (it.namespace.clone(), it.name.clone())).collect(),
        })
    }
}
