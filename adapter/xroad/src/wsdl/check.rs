//! What a WSDL of ours must be, beyond what a security server accepts: document/literal wrapped, self-contained, SOAP
//! 1.1 only, strict and unreserved codes. All problems are told at once.

use std::collections::HashSet;

use roxmltree::Node;

use super::read::{is_soap_over_http, named, soap, text_of, wsdl};
use super::{NS_SOAP11, NS_SOAP12, NS_WSDL, NS_XSD, WsdlError, local, operations, parse};
use crate::id::{IdError, check_service_code, check_version};
use crate::soap::{NS_ID, NS_REPR, NS_XRD};

/// Bytes that security servers read at most.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// One thing that keeps a WSDL from being published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    #[error("{0}")]
    Unreadable(WsdlError),
    #[error("the document is larger than 10 MiB")]
    TooLarge,
    #[error("wsdl:import is not followed by security servers")]
    WsdlImport,
    #[error("the schema of {0} is imported from elsewhere; consumers receive this document alone")]
    SchemaLocation(String),
    #[error("SOAP 1.2 is not spoken by security servers, and its address would not be hidden")]
    Soap12,
    #[error("operation {0}: the binding style must be document")]
    Style(String),
    #[error("operation {0}: use must be literal")]
    Use(String),
    #[error("operation {operation}: the message must be one part with the element {expected}, declared here")]
    Wrapper { operation: String, expected: String },
    #[error("operation {operation}: the name {problem}")]
    Code { operation: String, problem: IdError },
    #[error("operation {operation}: xrd:version {problem}")]
    Version { operation: String, problem: IdError },
    #[error("operation {0}: version must be xrd:version")]
    VersionNamespace(String),
    #[error("operation {0}: another operation differs from it in case only")]
    Case(String),
    #[error("operation {0}: the header {1} must be described")]
    MissingHeader(String, &'static str),
    #[error("operation {0}: the header requestHash must not be described")]
    RequestHash(String),
}

/// All findings; none means that it may be published.
pub fn check(text: &str) -> Vec<Finding> {
    if text.len() > MAX_BYTES {
        return vec![Finding::TooLarge];
    }
    let document = match parse(text) {
        Ok(document) => document,
        Err(error) => return vec![Finding::Unreadable(error)],
    };
    let mut findings = Vec::new();
    // An identifier that a security server refuses is found below with its reason.
    if let Err(error) = operations(text)
        && !matches!(error, WsdlError::Identifier(_))
    {
        findings.push(Finding::Unreadable(error));
    }
    let root = document.root_element();
    if wsdl(root, "import").next().is_some() {
        findings.push(Finding::WsdlImport);
    }
    for import in root.descendants().filter(|node| is_schema(*node, "import") || is_schema(*node, "include")) {
        let namespace = import.attribute("namespace").unwrap_or_default();
        let public = matches!(namespace, NS_XRD | NS_ID | NS_REPR);
        if import.has_attribute("schemaLocation") && !public {
            findings.push(Finding::SchemaLocation(namespace.to_owned()));
        }
    }
    if root.descendants().any(|node| node.is_element() && node.tag_name().namespace() == Some(NS_SOAP12)) {
        findings.push(Finding::Soap12);
    }
    let mut seen = HashSet::new();
    for binding in wsdl(root, "binding").filter(|binding| is_soap_over_http(*binding)) {
        let style = soap(binding, "binding").and_then(|soap| soap.attribute("style")).unwrap_or("document");
        let port_type = named(root, "portType", binding.attribute("type").unwrap_or_default());
        for operation in wsdl(binding, "operation") {
            check_operation(root, port_type, operation, style, &mut findings);
            let name = operation.attribute("name").unwrap_or_default();
            let version = version_of(operation).map(text_of).unwrap_or_default();
            if !seen.insert(format!("{name}.{version}").to_lowercase()) {
                findings.push(Finding::Case(name.to_owned()));
            }
        }
    }
    findings
}

fn check_operation(
    root: Node<'_, '_>,
    port_type: Option<Node<'_, '_>>,
    operation: Node<'_, '_>,
    binding_style: &str,
    findings: &mut Vec<Finding>,
) {
    let name = operation.attribute("name").unwrap_or_default();
    let own = || name.to_owned();
    if let Err(problem) = check_service_code(name) {
        findings.push(Finding::Code { operation: own(), problem });
    }
    if let Some(version) = version_of(operation) {
        if version.tag_name().namespace() != Some(NS_XRD) {
            findings.push(Finding::VersionNamespace(own()));
        }
        if let Err(problem) = check_version(&text_of(version)) {
            findings.push(Finding::Version { operation: own(), problem });
        }
    }
    let style = soap(operation, "operation").and_then(|soap| soap.attribute("style")).unwrap_or(binding_style);
    if style != "document" {
        findings.push(Finding::Style(own()));
    }
    let described = port_type
        .and_then(|port_type| wsdl(port_type, "operation").find(|candidate| candidate.attribute("name") == Some(name)));
    for (direction, suffix) in [("input", ""), ("output", "Response")] {
        let side = wsdl(operation, direction).next();
        let literal = |node: Node<'_, '_>| node.attribute("use") == Some("literal");
        let bodies: Vec<_> = side.into_iter().flat_map(soap_parts("body")).collect();
        let headers: Vec<_> = side.into_iter().flat_map(soap_parts("header")).collect();
        if bodies.is_empty() || !bodies.iter().chain(&headers).all(|node| literal(*node)) {
            findings.push(Finding::Use(own()));
        }
        let parts: Vec<&str> = headers.iter().filter_map(|header| header_element(root, *header)).collect();
        let missing = ["client", "service", "id", "protocolVersion"].into_iter().find(|field| !parts.contains(field));
        if let Some(field) = missing {
            findings.push(Finding::MissingHeader(own(), field));
        }
        if parts.contains(&"requestHash") {
            findings.push(Finding::RequestHash(own()));
        }
        let expected = format!("{name}{suffix}");
        let message = described
            .and_then(|described| wsdl(described, direction).next())
            .and_then(|side| named(root, "message", side.attribute("message").unwrap_or_default()));
        let wrapped = message.is_some_and(|message| {
            let parts: Vec<_> = wsdl(message, "part").collect();
            matches!(parts.as_slice(), [part] if part.attribute("element").map(local) == Some(expected.as_str()))
        });
        if !wrapped || !declares(root, &expected) {
            findings.push(Finding::Wrapper { operation: own(), expected });
        }
    }
}

fn version_of<'a, 'i>(operation: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    operation.children().find(|child| child.is_element() && child.tag_name().name() == "version")
}

/// SOAP extension elements of one binding side, those inside `mime:multipartRelated` included.
fn soap_parts<'a, 'i: 'a>(name: &'static str) -> impl Fn(Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    move |side| side.descendants().filter(|node| node.has_tag_name((NS_SOAP11, name))).collect()
}

/// The local name of the element that a `soap:header` stands for.
fn header_element<'a>(root: Node<'a, '_>, header: Node<'a, '_>) -> Option<&'a str> {
    let message = named(root, "message", header.attribute("message")?)?;
    let part = header.attribute("part")?;
    let part = wsdl(message, "part").find(|candidate| candidate.attribute("name") == Some(part))?;
    part.attribute("element").map(local)
}

/// Whether a schema in the document declares a global element of that name.
fn declares(root: Node<'_, '_>, element: &str) -> bool {
    let types = root.children().filter(|child| child.has_tag_name((NS_WSDL, "types")));
    let schemas = types.flat_map(|types| types.children()).filter(|node| is_schema(*node, "schema"));
    schemas
        .flat_map(|schema| schema.children())
        .any(|node| is_schema(node, "element") && node.attribute("name") == Some(element))
}

fn is_schema(node: Node<'_, '_>, name: &'static str) -> bool {
    node.has_tag_name((NS_XSD, name))
}
