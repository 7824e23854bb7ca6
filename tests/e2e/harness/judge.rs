//! Holds what the adapter answered against its contracts, at the end of a case; equal answers once.

use std::collections::BTreeSet;

use http::HeaderMap;
use memchr::memmem;

use super::Search;
use crate::openapi::{self, Contract};
use crate::xmllint::Schema;

/// An answer that waits for its judgement.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emitted {
    Soap { family: String, document: Vec<u8> },
    Rest { family: String, method: String, path: String, status: u16, content_type: String, body: Vec<u8> },
}

pub(super) fn judge(emitted: &BTreeSet<Emitted>) {
    for family in ["catalogue", "messages"] {
        let documents: Vec<&Vec<u8>> = emitted.iter().filter_map(|it| it.soap(family)).collect();
        if !documents.is_empty() {
            let schema = Schema::of_family(family);
            for document in documents {
                let said = schema.check(document);
                assert_eq!(said, Ok(()), "by the WSDL of {family}: {}", String::from_utf8_lossy(document));
            }
        }
        let mut contract = None;
        for it in emitted.iter().filter(|it| it.is_rest_of(family)) {
            rest(contract.get_or_insert_with(|| Contract::of_family(family)), it);
        }
    }
}

/// Nothing that was sent stands in an answer that tells of an error.
pub(super) fn errors(emitted: &BTreeSet<Emitted>, mut search: Search) {
    search.text("the case", b"an answer");
    for it in emitted {
        match it {
            Emitted::Soap { document, .. } if memmem::find(document, b"<faultcode>").is_some() => {
                search.text("a fault", document);
            }
            Emitted::Rest { method, path, status: status @ 400.., body, .. } => {
                search.text(&format!("{method} {path} {status}"), body);
            }
            _ => {}
        }
    }
    search.end();
}

/// What no answer to a security server may carry (xroad.md §2.3, §3.2).
pub(super) fn headers(headers: &HeaderMap) {
    let mut total = 0;
    for (name, value) in headers {
        let name = name.as_str();
        assert!(!name.starts_with("x-road-"), "{name} in an answer");
        assert!(!["set-cookie", "content-encoding", "location", "server"].contains(&name), "{name} in an answer");
        assert!(value.to_str().is_ok(), "{name} has a value that is not ASCII");
        total += name.len() + value.len() + 4;
    }
    assert!(total < 8 * 1024, "{total} bytes of headers");
}

impl Emitted {
    fn soap(&self, wanted: &str) -> Option<&Vec<u8>> {
        match self {
            Self::Soap { family, document } if family == wanted => Some(document),
            _ => None,
        }
    }

    fn is_rest_of(&self, wanted: &str) -> bool {
        matches!(self, Self::Rest { family, .. } if family == wanted)
    }
}

fn rest(contract: &Contract, emitted: &Emitted) {
    let Emitted::Rest { family, method, path, status, content_type, body } = emitted else { return };
    let judged = |method: &str, path: &str| {
        contract.check(&openapi::Answer { method, path, status: *status, content_type, body })
    };
    let verdict = match (method.as_str(), status) {
        // Without a body by nature.
        ("HEAD", _) => body.is_empty().then_some(()).ok_or_else(|| "a body for HEAD".to_owned()),
        ("OPTIONS", 204) | (_, 304) => body.is_empty().then_some(()).ok_or_else(|| "a body".to_owned()),
        // What is not in the contract is refused in the contract's words: those of a path that it knows.
        (_, 400..)
            if judged(method, path)
                .is_err_and(|said| said.contains("no path fits") || said.contains("is not listed")) =>
        {
            if family == "messages" { judged("GET", "/messages/1") } else { judged("GET", "/services") }
        }
        _ => judged(method, path),
    };
    let text = String::from_utf8_lossy(body);
    assert_eq!(verdict, Ok(()), "by the OpenAPI file of {family}: {method} {path} {status}: {text}");
}
