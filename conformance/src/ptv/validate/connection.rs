//! Extra data of connections: hours and contact details (ptv-in-api §3.6). Who may connect what is in the handler.

use serde_json::Value;

use super::address::{self, Form};
use super::{hours, phone};
use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, items};
use crate::ptv::reference::Reference;

/// Does the relation carry hours or contact details?
pub(crate) fn has_extra(relation: &Value) -> bool {
    let contact = |details: &Value| {
        ["emails", "phoneNumbers", "faxNumbers", "webPages", "addresses"].iter().any(|list| filled(details, list))
    };
    filled(relation, "serviceHours") || relation.get("contactDetails").is_some_and(contact)
}

/// Judges the extra data of all relations; indexes run over all of them, flattened. `prefix` differs by call.
pub(crate) fn check(reference: &Reference, relations: &[Value], prefix: Prefix, problems: &mut Problems) {
    let all_hours: Vec<Value> = relations.iter().flat_map(|r| items(r, "serviceHours")).cloned().collect();
    let start = match prefix {
        Prefix::Put | Prefix::PutBySource => "ChannelRelations.",
        Prefix::Post => "[].",
    };
    hours::check(start, &all_hours, problems);
    let mut flattened = Vec::new();
    for (i, relation) in relations.iter().enumerate() {
        let Some(details) = relation.get("contactDetails").filter(|details| !details.is_null()) else { continue };
        for list in ["phoneNumbers", "faxNumbers"] {
            if items(details, list).iter().any(|number| phone::unknown_prefix(reference, number)) {
                problems.add(format!("{start}ContactDetails.Phones.PrefixNumber"), "No such dial code.");
            }
        }
        let addresses = items(details, "addresses");
        if prefix == Prefix::PutBySource {
            let key = format!("[{i}]ChannelRelations.ContactDetails.");
            address::check(reference, Form::Contact, &key, addresses, problems);
        } else {
            flattened.extend(addresses.iter().cloned());
        }
    }
    address::check(reference, Form::Contact, &format!("{start}ContactDetails."), &flattened, problems);
}

/// The three ways in which connections are written, which differ in their keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    Put,
    PutBySource,
    Post,
}
