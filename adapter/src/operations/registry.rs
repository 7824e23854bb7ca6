//! Every operation that we offer, by family and X-Road service code. Contracts, routes and access rules are held
//! against this list by tests.

use crate::model::Kind;

/// A service family: one WSDL, one OpenAPI document, one REST service code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    Catalogue,
    Messages,
}

impl Family {
    pub const ALL: [Family; 2] = [Family::Catalogue, Family::Messages];

    /// The word in paths, and the REST service code.
    pub fn word(self) -> &'static str {
        match self {
            Family::Catalogue => "catalogue",
            Family::Messages => "messages",
        }
    }

    pub fn from_word(word: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.word() == word)
    }

    /// Namespace of the family's elements.
    pub fn namespace(self) -> &'static str {
        match self {
            Family::Catalogue => silta_client::catalogue::NAMESPACE,
            Family::Messages => silta_client::messages::NAMESPACE,
        }
    }
}

/// What an operation does with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One record by its code.
    Get(Kind),
    /// Records in code order, by pages.
    List(Kind),
    /// Services by words.
    Search,
    /// The change feed.
    Changes,
    /// A letter order.
    Send,
    /// Who has a mailbox in use.
    Mailboxes,
    /// The state of a letter order.
    Status,
    /// The events of a client's letters.
    Events,
    /// What is known of a letter, signed.
    Receipt,
    /// Letters that are not to be sent after all.
    Cancel,
    /// The state of orders that belong together.
    BulletinStatus,
    CancelBulletin,
    /// A file that orders will name.
    Upload,
    /// The replies that wait for a client.
    Replies,
    /// One reply.
    Reply,
    /// A client has a reply.
    Acknowledge,
    /// Files in, files out: served by what the door is given beside this list, which has none.
    Files,
}

impl Shape {
    /// Whether the attachments of its request are kept.
    pub fn takes_files(self) -> bool {
        matches!(self, Shape::Send | Shape::Upload | Shape::Files)
    }

    /// Whether it is a question about letters ([`super::messages::Ask`]).
    pub fn is_ask(self) -> bool {
        matches!(
            self,
            Shape::Mailboxes
                | Shape::Status
                | Shape::Events
                | Shape::Receipt
                | Shape::Cancel
                | Shape::BulletinStatus
                | Shape::CancelBulletin
                | Shape::Replies
                | Shape::Reply
                | Shape::Acknowledge
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    pub family: Family,
    /// The SOAP service code and wrapper, and the name in access rules.
    pub name: &'static str,
    pub shape: Shape,
}

impl Operation {
    pub fn is(&self, family: Family, name: &str) -> bool {
        self.family == family && self.name == name
    }
}

/// The version of every operation.
pub const VERSION: &str = "v1";

pub const OPERATIONS: [Operation; 25] = [
    catalogue("getService", Shape::Get(Kind::Service)),
    catalogue("listServices", Shape::List(Kind::Service)),
    catalogue("searchServices", Shape::Search),
    catalogue("listServicePoints", Shape::List(Kind::ServicePoint)),
    catalogue("getServicePoint", Shape::Get(Kind::ServicePoint)),
    catalogue("getChannel", Shape::Get(Kind::Channel)),
    catalogue("listChannels", Shape::List(Kind::Channel)),
    catalogue("getOrganisation", Shape::Get(Kind::Organisation)),
    catalogue("listOrganisations", Shape::List(Kind::Organisation)),
    catalogue("listOffers", Shape::List(Kind::Offer)),
    catalogue("listErrands", Shape::List(Kind::Errand)),
    catalogue("listClasses", Shape::List(Kind::Class)),
    catalogue("listChanges", Shape::Changes),
    messages("sendMessage", Shape::Send),
    messages("checkMailboxes", Shape::Mailboxes),
    messages("getMessageStatus", Shape::Status),
    messages("listMessageEvents", Shape::Events),
    messages("getReceipt", Shape::Receipt),
    messages("cancelMessage", Shape::Cancel),
    messages("getBulletinStatus", Shape::BulletinStatus),
    messages("cancelBulletin", Shape::CancelBulletin),
    messages("uploadFile", Shape::Upload),
    messages("listReplies", Shape::Replies),
    messages("getReply", Shape::Reply),
    messages("acknowledgeReply", Shape::Acknowledge),
];

pub fn find(family: Family, name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.is(family, name))
}

/// The operation of a family that does this.
pub fn by_shape(family: Family, shape: Shape) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.family == family && operation.shape == shape)
}

const fn catalogue(name: &'static str, shape: Shape) -> Operation {
    Operation { family: Family::Catalogue, name, shape }
}

const fn messages(name: &'static str, shape: Shape) -> Operation {
    Operation { family: Family::Messages, name, shape }
}
