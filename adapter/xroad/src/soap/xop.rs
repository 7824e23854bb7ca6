//! References from a message to its attachments: `xop:Include` (MTOM) and `swaRef` (SwA), both with `cid:` addresses
//! (PR-MESS 2.4, RFC 2392). Any other address is no reference at all, so nothing outside the message is ever reached.

use crate::xml::Element;

/// Namespace of `xop:Include`.
pub const NS_XOP: &str = "http://www.w3.org/2004/08/xop/include";

/// The `href` of the `xop:Include` that is the only content of `element`.
pub fn include(element: &Element) -> Option<&str> {
    let [include] = element.children.as_slice() else { return None };
    if include.is(NS_XOP, "Include") && element.text.trim().is_empty() { include.attribute("", "href") } else { None }
}

/// The Content-ID, without angle brackets, that a `cid:` address means. `None` for any other address.
pub fn content_id(address: &str) -> Option<String> {
    let scheme = address.get(..4)?;
    if !scheme.eq_ignore_ascii_case("cid:") {
        return None;
    }
    let id = crate::id::percent_decode(address.get(4..)?).ok()?;
    if id.is_empty() || id.chars().any(|c| c.is_control() || matches!(c, '<' | '>')) { None } else { Some(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xroad_at_10_percent_encoded_addresses_match_literal_ids() {
        assert_eq!(content_id("cid:a%40b%2Fc@example.org").as_deref(), Some("a@b/c@example.org"));
        assert_eq!(content_id("CID:plain").as_deref(), Some("plain"));
    }

    #[test]
    fn xroad_at_12_other_addresses_are_no_references() {
        for bad in ["http://example.org/x", "file:///etc/passwd", "cid:", "cid:%zz", "cid:a%00b", "x", "", "ci", "äää"]
        {
            assert_eq!(content_id(bad), None, "{bad}");
        }
    }
}
