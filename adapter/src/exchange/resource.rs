//! What the paths of the OpenAPI documents mean.

use http::Method;

use crate::model::Kind;
use crate::operations::registry::{self, Family, Operation, Shape};

const READ: &str = "GET, HEAD";

pub(super) struct Resource {
    /// What the method does here; the first of the path when the path does not serve it.
    pub(super) operation: &'static Operation,
    pub(super) is_served: bool,
    /// The code or id in the path.
    pub(super) code: Option<String>,
    methods: &'static [Served],
}

/// Methods, and what they do.
type Served = (&'static str, Shape);

/// `segments` stand behind `/rest/v1`.
pub(super) fn find(family: Family, segments: &[String], method: &Method) -> Option<Resource> {
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (methods, code): (&'static [Served], _) = match (family, words.as_slice()) {
        (Family::Catalogue, ["services"]) => (&[(READ, Shape::List(Kind::Service))], None),
        (Family::Catalogue, ["services", "search"]) => (&[(READ, Shape::Search)], None),
        (Family::Catalogue, ["services", code]) => (&[(READ, Shape::Get(Kind::Service))], Some(code)),
        (Family::Catalogue, ["service-points"]) => (&[(READ, Shape::List(Kind::ServicePoint))], None),
        (Family::Catalogue, ["service-points", code]) => (&[(READ, Shape::Get(Kind::ServicePoint))], Some(code)),
        (Family::Catalogue, ["channels"]) => (&[(READ, Shape::List(Kind::Channel))], None),
        (Family::Catalogue, ["channels", code]) => (&[(READ, Shape::Get(Kind::Channel))], Some(code)),
        (Family::Catalogue, ["organisations"]) => (&[(READ, Shape::List(Kind::Organisation))], None),
        (Family::Catalogue, ["organisations", code]) => (&[(READ, Shape::Get(Kind::Organisation))], Some(code)),
        (Family::Catalogue, ["offers"]) => (&[(READ, Shape::List(Kind::Offer))], None),
        (Family::Catalogue, ["errands"]) => (&[(READ, Shape::List(Kind::Errand))], None),
        (Family::Catalogue, ["classes"]) => (&[(READ, Shape::List(Kind::Class))], None),
        (Family::Catalogue, ["changes"]) => (&[(READ, Shape::Changes)], None),
        (Family::Messages, ["mailboxes", "check"]) => (&[("POST", Shape::Mailboxes)], None),
        (Family::Messages, ["messages"]) => (&[("POST", Shape::Send)], None),
        (Family::Messages, ["messages", id]) => (&[(READ, Shape::Status), ("DELETE", Shape::Cancel)], Some(id)),
        (Family::Messages, ["messages", id, "receipt"]) => (&[(READ, Shape::Receipt)], Some(id)),
        (Family::Messages, ["bulletins", id]) => {
            (&[(READ, Shape::BulletinStatus), ("DELETE", Shape::CancelBulletin)], Some(id))
        }
        (Family::Messages, ["uploads"]) => (&[("POST", Shape::Upload)], None),
        (Family::Messages, ["events"]) => (&[(READ, Shape::Events)], None),
        (Family::Messages, ["replies"]) => (&[(READ, Shape::Replies)], None),
        (Family::Messages, ["replies", id]) => (&[(READ, Shape::Reply)], Some(id)),
        (Family::Messages, ["replies", id, "ack"]) => (&[("POST", Shape::Acknowledge)], Some(id)),
        _ => return None,
    };
    let served = methods.iter().find(|(names, _)| names.split(", ").any(|name| name == method.as_str()));
    let (_, shape) = served.or(methods.first())?;
    let operation = registry::by_shape(family, *shape)?;
    let is_served = served.is_some() || *method == Method::OPTIONS;
    Some(Resource { operation, is_served, code: code.map(|&code| code.to_owned()), methods })
}

impl Resource {
    /// As the `Allow` header lists them.
    pub(super) fn allow(&self) -> String {
        self.methods.iter().map(|(names, _)| *names).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
    }
}
