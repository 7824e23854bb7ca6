//! Palvelukokonaisuus to `ServiceCollection` (ptv-in-api.md §3.5, pat.md §4.17).
//!
//! PTV adds the members of a body to those it has, so the flags that empty the lists go with every body: what is sent is
//! the whole. Its names and descriptions it only adds to; what it keeps of them is remembered by `retained`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::profile;
use super::sheet::Sheet;
use super::{frame, plain, typed};
use crate::model::{Code, Collection, Entity, EntityKey, Kind};

pub(super) fn body(entity: &Entity, collection: &Collection, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    sheet.check_names(&collection.name, &[&collection.summary, &collection.description]);
    let languages = sheet.languages();
    let mut body = frame(entity, sheet.context);
    body.insert("serviceCollectionNames".into(), plain(&collection.name.only(&languages)));
    let long = sheet.context.profile.long_text();
    let summary = sheet.optional("tiivistelma_kieliversiot", &collection.summary, profile::MIN_TEXT, profile::SUMMARY);
    let about = sheet.optional("kuvaus_kieliversiot", &collection.description, profile::MIN_TEXT, long);
    let mut texts = typed("Summary", &summary);
    texts.extend(typed("Description", &about));
    if !texts.is_empty() {
        body.insert("serviceCollectionDescriptions".into(), Value::Array(texts));
    }
    body.insert("organizationId".into(), sheet.organisation(collection.organisation.as_ref()).into());
    let services = members(&[(Kind::Service, &collection.services)], sheet);
    body.insert("services".into(), services);
    body.insert("deleteAllServices".into(), true.into());
    let channels = [(Kind::Channel, &collection.channels), (Kind::ServicePoint, &collection.service_points)];
    let channels = members(&channels.map(|(kind, codes)| (kind, codes)), sheet);
    body.insert("serviceChannels".into(), channels);
    body.insert("deleteAllChannels".into(), true.into());
    body
}

/// GUIDs of the members that are published, each once. What was withdrawn has gone from the collection with it.
fn members(of: &[(Kind, &Vec<Code>)], sheet: &mut Sheet<'_, '_>) -> Value {
    let mut guids = Vec::new();
    let mut seen = BTreeSet::new();
    for (kind, codes) in of {
        for code in *codes {
            let key = EntityKey { kind: *kind, code: code.clone() };
            let view = sheet.context.view;
            if view.find(&key).is_none_or(|member| !member.entity.is_active()) {
                // Without a member that cannot be read the body would take it away.
                if view.unreadable(&[*kind]).any(|unread| *unread == key) {
                    sheet.wait_for(key);
                }
                continue;
            }
            match (sheet.context.guid)(&key) {
                Some(guid) if seen.insert(guid.clone()) => guids.push(Value::String(guid)),
                Some(_) => {}
                None => sheet.lacks(key),
            }
        }
    }
    Value::Array(guids)
}
