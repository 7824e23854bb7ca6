//! The operations of a WSDL as a security server's `WsdlParser` finds them.

use roxmltree::Node;

use super::{NS_SOAP11, NS_SOAP12, NS_WSDL, TRANSPORT, WsdlError, local, parse};
use crate::id::is_strict;

/// One operation: what a security server makes a service of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The service code.
    pub code: String,
    /// The service version; a service may have none.
    pub version: Option<String>,
    /// `xrd:title` of the operation.
    pub title: Option<String>,
    /// The service URL.
    pub address: String,
}

/// All operations in the order found. Imports are not followed. If two ports carry the same operation and version, the
/// last one counts, as it does for security servers.
pub fn operations(text: &str) -> Result<Vec<Operation>, WsdlError> {
    let document = parse(text)?;
    let root = document.root_element();
    let mut found: Vec<Operation> = Vec::new();
    let ports = wsdl(root, "service").flat_map(|service| wsdl(service, "port"));
    for port in ports {
        let name = port.attribute("name").unwrap_or_default();
        let binding = named(root, "binding", port.attribute("binding").unwrap_or_default())
            .ok_or_else(|| WsdlError::NoBinding(name.to_owned()))?;
        if !is_soap_over_http(binding) {
            continue;
        }
        let address = soap(port, "address").and_then(|address| address.attribute("location")).unwrap_or_default();
        if !is_http(address) {
            return Err(WsdlError::Address(name.to_owned()));
        }
        let port_type = named(root, "portType", binding.attribute("type").unwrap_or_default());
        for operation in wsdl(binding, "operation") {
            let read = read(operation, port_type, address)?;
            match found.iter_mut().find(|known| known.code == read.code && known.version == read.version) {
                Some(known) => *known = read,
                None => found.push(read),
            }
        }
    }
    if found.is_empty() { Err(WsdlError::NoOperation) } else { Ok(found) }
}

fn read(operation: Node<'_, '_>, port_type: Option<Node<'_, '_>>, address: &str) -> Result<Operation, WsdlError> {
    let code = operation.attribute("name").unwrap_or_default();
    let version = operation.children().find(|child| child.is_element() && child.tag_name().name() == "version");
    let version = version.map(text_of);
    if !is_strict(code) || version.as_ref().is_some_and(|version| !is_strict(version)) {
        return Err(WsdlError::Identifier(
            code.chars().map(|c| if is_strict(c.encode_utf8(&mut [0; 4])) { c } else { '?' }).collect(),
        ));
    }
    let mut same = port_type.into_iter().flat_map(|port_type| wsdl(port_type, "operation"));
    let mut same = same.by_ref().filter(|candidate| candidate.attribute("name") == Some(code));
    let described = same.next();
    if same.next().is_some() {
        return Err(WsdlError::Overloaded(code.to_owned()));
    }
    let title = described
        .and_then(|described| wsdl(described, "documentation").next())
        .and_then(|text| text.descendants().find(|node| node.is_element() && node.tag_name().name() == "title"))
        .map(text_of);
    Ok(Operation { code: code.to_owned(), version, title, address: address.to_owned() })
}

/// Child elements of the WSDL namespace.
pub(super) fn wsdl<'a, 'i>(parent: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    parent.children().filter(move |child| child.has_tag_name((NS_WSDL, name)))
}

/// A part of the document by the QName that refers to it.
pub(super) fn named<'a, 'i>(root: Node<'a, 'i>, kind: &'static str, qname: &str) -> Option<Node<'a, 'i>> {
    wsdl(root, kind).find(|node| node.attribute("name") == Some(local(qname)))
}

/// A child of either SOAP binding namespace.
pub(super) fn soap<'a, 'i>(parent: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    parent.children().find(|child| child.has_tag_name((NS_SOAP11, name)) || child.has_tag_name((NS_SOAP12, name)))
}

pub(super) fn is_soap_over_http(binding: Node<'_, '_>) -> bool {
    soap(binding, "binding").is_some_and(|soap| soap.attribute("transport") == Some(TRANSPORT))
}

fn is_http(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}

pub(super) fn text_of(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}
