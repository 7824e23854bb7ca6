//! What the engine is made of, where no call is needed.

use super::super::source_id::source_id;
use super::key;
use crate::model::Kind;

/// The reverse of the escape, written apart from it.
fn decode(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'-' {
            let hex = [rest.next().expect("two digits"), rest.next().expect("two digits")];
            let hex = std::str::from_utf8(&hex).expect("ASCII");
            bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn ptv_m_09_codes_become_source_ids_injectively() {
    for code in ["9f86d081:e29b_41d4-a716", "a b/c", "ÅÄÖ", "1_10", "1-10", "a.b"] {
        let id = source_id("turku", &key(Kind::Service, code));
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.'), "{id}");
        let part = id.strip_prefix("turku.service.").expect("the stem");
        assert_eq!(decode(part), code);
    }
}

#[test]
fn ptv_m_58_no_body_carries_another_status_than_published() {
    // The one status that a body is made with; archiving alone replaces it.
    let source = include_str!("../map/mod.rs");
    assert_eq!(source.matches("\"publishingStatus\"").count(), 1);
    assert!(source.contains("body.insert(\"publishingStatus\".into(), \"Published\".into())"));
}
