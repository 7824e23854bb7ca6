//! The two texts of a WSDL that differ from tenant to tenant. Every other byte stays as it is in the file.

use std::ops::Range;

use super::{NS_SOAP11, WsdlError, parse};
use crate::soap::NS_XRD;
use crate::xml::escape;

/// Puts `address` into every `soap:address/@location` and, if given, `version` into every `xrd:version`.
pub fn rewrite(text: &str, address: &str, version: Option<&str>) -> Result<String, WsdlError> {
    let document = parse(text)?;
    let mut escaped_address = String::new();
    escape::attribute(&mut escaped_address, address);
    let mut escaped_version = String::new();
    escape::text(&mut escaped_version, version.unwrap_or_default());

    let mut changes: Vec<(Range<usize>, &str)> = Vec::new();
    for node in document.descendants() {
        if node.has_tag_name((NS_SOAP11, "address")) {
            let location = node.attribute_node("location").ok_or(WsdlError::NoAddress)?;
            changes.push((location.range_value(), &escaped_address));
        } else if version.is_some() && node.has_tag_name((NS_XRD, "version")) {
            let mut children = node.children();
            let only = children.next().filter(roxmltree::Node::is_text).ok_or(WsdlError::Version)?;
            if children.next().is_some() {
                return Err(WsdlError::Version);
            }
            changes.push((only.range(), &escaped_version));
        }
    }
    if !changes.iter().any(|(_, new)| *new == escaped_address) {
        return Err(WsdlError::NoAddress);
    }
    changes.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (range, new) in changes {
        out.push_str(text.get(at..range.start).ok_or(WsdlError::Parse)?);
        out.push_str(new);
        at = range.end;
    }
    out.push_str(text.get(at..).ok_or(WsdlError::Parse)?);
    Ok(out)
}
