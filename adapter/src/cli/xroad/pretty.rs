//! An XML answer, indented for reading. What was signed are the bytes on the wire, not this.

use std::fmt::Write as _;

use xroad::xml::{Element, escape};

/// The element with its namespaces, one element a line. Control characters that a terminal would obey cannot be in XML.
pub(super) fn xml(element: &Element) -> String {
    let mut out = String::new();
    append(&mut out, element, "", 0);
    out
}

fn append(out: &mut String, element: &Element, inherited: &str, depth: usize) {
    let indent = "  ".repeat(depth);
    out.push_str(&indent);
    out.push('<');
    out.push_str(&element.name);
    if &*element.namespace != inherited {
        out.push_str(" xmlns=\"");
        escape::attribute(out, &element.namespace);
        out.push('"');
    }
    for (number, attribute) in element.attributes.iter().enumerate() {
        if attribute.namespace.is_empty() {
            out.push(' ');
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, " xmlns:a{number}=\"");
            escape::attribute(out, &attribute.namespace);
            let _ = write!(out, "\" a{number}:");
        }
        out.push_str(&attribute.name);
        out.push_str("=\"");
        escape::attribute(out, &attribute.value);
        out.push('"');
    }
    if element.children.is_empty() && element.text.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push('>');
    escape::text(out, &element.text);
    if !element.children.is_empty() {
        out.push('\n');
        for child in &element.children {
            append(out, child, &element.namespace, depth + 1);
        }
        out.push_str(&indent);
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push_str(">\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_means_the_same() {
        let text = "<p:a xmlns:p=\"urn:x\"><p:b>1 &lt; 2 ä</p:b><c x=\"1\" p:y='\"'/></p:a>";
        let limits = xroad::xml::Limits::default();
        let read = xroad::xml::parse(text.as_bytes(), None, &limits).expect("sound");
        let shown = xml(&read);
        assert!(shown.starts_with("<a xmlns=\"urn:x\">\n  <b>1 &lt; 2 ä</b>\n  <c xmlns=\"\""), "{shown}");
        let again = xroad::xml::parse(shown.as_bytes(), None, &limits).expect("sound");
        assert!(again == read);
    }
}
