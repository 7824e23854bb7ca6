//! What the paths of the OpenAPI documents mean.

use crate::model::Kind;
use crate::operations::registry::{self, Family, Operation, Shape};

pub(super) struct Resource {
    pub(super) operation: &'static Operation,
    /// The code or id in the path.
    pub(super) code: Option<String>,
    /// Methods as the `Allow` header lists them.
    pub(super) methods: &'static str,
}

const READ: &str = "GET, HEAD, OPTIONS";

/// `segments` stand behind `/rest/v1`.
pub(super) fn find(family: Family, segments: &[String]) -> Option<Resource> {
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (shape, code, methods) = match (family, words.as_slice()) {
        (Family::Catalogue, ["services"]) => (Shape::List(Kind::Service), None, READ),
        (Family::Catalogue, ["services", "search"]) => (Shape::Search, None, READ),
        (Family::Catalogue, ["services", code]) => (Shape::Get(Kind::Service), Some(code), READ),
        (Family::Catalogue, ["service-points"]) => (Shape::List(Kind::ServicePoint), None, READ),
        (Family::Catalogue, ["service-points", code]) => (Shape::Get(Kind::ServicePoint), Some(code), READ),
        (Family::Catalogue, ["channels"]) => (Shape::List(Kind::Channel), None, READ),
        (Family::Catalogue, ["channels", code]) => (Shape::Get(Kind::Channel), Some(code), READ),
        (Family::Catalogue, ["organisations"]) => (Shape::List(Kind::Organisation), None, READ),
        (Family::Catalogue, ["organisations", code]) => (Shape::Get(Kind::Organisation), Some(code), READ),
        (Family::Catalogue, ["offers"]) => (Shape::List(Kind::Offer), None, READ),
        (Family::Catalogue, ["errands"]) => (Shape::List(Kind::Errand), None, READ),
        (Family::Catalogue, ["classes"]) => (Shape::List(Kind::Class), None, READ),
        (Family::Catalogue, ["changes"]) => (Shape::Changes, None, READ),
        (Family::Messages, ["messages"]) => (Shape::Send, None, "POST, OPTIONS"),
        (Family::Messages, ["messages", id]) => (Shape::Status, Some(id), READ),
        _ => return None,
    };
    let operation = registry::by_shape(family, shape)?;
    Some(Resource { operation, code: code.map(|&code| code.to_owned()), methods })
}

impl Resource {
    pub(super) fn serves(&self, method: &http::Method) -> bool {
        self.methods.split(", ").any(|served| served == method.as_str())
    }
}
