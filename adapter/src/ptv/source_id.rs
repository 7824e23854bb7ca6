//! The permanent name of an entity in PTV: `{tenant}.{kind}.{koodi}`.
//!
//! PTV keeps a source id for ever, archived or not, and allows letters, digits, hyphen and dot only
//! (ptv-in-api.md §1.6). So the form is fixed by golden vectors and never changed: each part is escaped
//! injectively into `[A-Za-z0-9-]`, every other byte as `-XX`.

use std::fmt::Write as _;

use crate::model::EntityKey;

/// At most this many characters; a longer code is named by its digest.
pub const MAX_CHARS: usize = 100;

pub fn source_id(tenant: &str, key: &EntityKey) -> String {
    let stem = format!("{}.{}.", escape(tenant), key.kind.word());
    let code = escape(key.code.as_str());
    if stem.len() + code.len() <= MAX_CHARS {
        return stem + &code;
    }
    // `--` never comes out of the escape, so a digest can not be taken for a code.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.code.as_str().as_bytes());
    let digest = hex::encode(digest.as_ref().get(..20).unwrap_or_default());
    format!("{stem}--{digest}")
}

fn escape(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "-{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::source_id;
    use crate::model::{EntityKey, Kind};

    #[test]
    fn golden_vectors_never_change() {
        for (tenant, kind, code, expected) in [
            ("turku", Kind::Service, "111", "turku.service.111"),
            ("turku", Kind::ServicePoint, "740", "turku.servicePoint.740"),
            ("turku", Kind::Class, "1_10", "turku.class.1-5F10"),
            ("turku", Kind::Service, "a-b", "turku.service.a-2Db"),
            ("ky-x", Kind::Channel, "ä:1", "ky-2Dx.channel.-C3-A4-3A1"),
        ] {
            let key = EntityKey { kind, code: code.parse().expect("a code") };
            assert_eq!(source_id(tenant, &key), expected);
        }
        let long = EntityKey { kind: Kind::Service, code: "ö".repeat(100).parse().expect("a code") };
        assert_eq!(source_id("turku", &long), "turku.service.--6aa379c550d5b79aa2b7105c26eacc0e2bae591b");
    }
}
