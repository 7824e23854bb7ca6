//! The contract watch: what PTV's deployed description and code lists say against what Silta goes by, in PAT's terms, and
//! which records a change touches (ptv-in-api.md §10; issue 4 of PTV's rules that change overnight).
//!
//! The description is compared with the field sheet. Lengths of lists stand there in prose only, and the rules of the
//! validator not at all: those changes show when PTV refuses, and are told as findings then.

mod daily;
mod description;
mod lists;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

pub use self::daily::Looked;
use super::dialect::PtvError;
use super::fields::Body;
use super::map::{self, Context, Extent};
use super::worker::Worker;
use crate::model::{Entity, EntityKey, Kind};

/// Records named of one change; the count tells the rest.
const NAMED: usize = 20;

/// What differs. Empty lists when nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contract {
    pub properties: Vec<PropertyChange>,
    pub lists: Vec<ListChange>,
}

impl Contract {
    /// A change that makes PTV refuse something of ours.
    pub fn breaks(&self) -> bool {
        self.properties.iter().any(|change| change.affected.count > 0 || change.what == What::Required)
            || self.lists.iter().any(|list| list.affected.count > 0)
    }
}

/// A property of the deployed description that is not as the field sheet has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PropertyChange {
    /// PAT's kind of record; of a connection the offer.
    pub record: &'static str,
    /// PAT's field; empty for a property that Silta does not write.
    pub field: String,
    /// PTV's word for what is described.
    pub object: &'static str,
    pub property: String,
    pub what: What,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<u64>,
    pub affected: Affected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// PTV has it no more; it ignores what is sent.
    Gone,
    /// PTV demands it, and Silta does not send it.
    Required,
    /// Another length is allowed.
    Length,
}

/// A code list that is not as the reference data have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListChange {
    pub list: &'static str,
    /// New there; the first of them.
    pub added: Vec<String>,
    pub added_count: usize,
    pub removed: Vec<String>,
    pub removed_count: usize,
    /// Records that use what is gone.
    pub affected: Affected,
}

/// Records that a change touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Affected {
    pub count: usize,
    /// The first of them, as `service 101`.
    pub records: Vec<String>,
}

impl Affected {
    fn of<'k>(keys: impl Iterator<Item = &'k EntityKey>) -> Affected {
        // A service and its connection set are one record.
        let keys: BTreeSet<&EntityKey> = keys.collect();
        Affected { count: keys.len(), records: keys.into_iter().take(NAMED).map(ToString::to_string).collect() }
    }
}

/// What the tenant publishes, as it would be sent now.
struct Sent {
    key: EntityKey,
    of: Body,
    body: Value,
}

/// Stands for a record that PTV has not got yet: what it will be called there is no matter here.
const NOT_THERE_YET: &str = "00000000-0000-0000-0000-000000000000";

impl Worker {
    /// Asks PTV, and compares. Two dozen calls that need no login; nothing is written anywhere.
    pub async fn contract(&self) -> Result<Contract, PtvError> {
        let description = self.dialects().v11().description().await?;
        let there = lists::read(self.dialects().v11()).await?;
        let view = self.newest();
        let kinds = [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service, Kind::Collection];
        let sent: Vec<Sent> = kinds
            .into_iter()
            .flat_map(|kind| view.active_after(kind, None))
            .flat_map(|stored| self.in_context(&view, |context| bodies(&stored.entity, context)))
            .collect();
        let settings = self.settings();
        Ok(Contract {
            properties: description::compare(&description, settings.profile, &sent),
            lists: lists::compare(&there, &settings.reference.now(), &sent),
        })
    }
}

/// A record's own body, and a service's connection set.
fn bodies(entity: &Entity, context: &Context<'_>) -> Vec<Sent> {
    let guid = |key: &EntityKey| (context.guid)(key).or_else(|| Some(NOT_THERE_YET.to_owned()));
    let context = Context { guid: &guid, ..*context };
    let Some((of, mapped)) = Body::of(entity).zip(map::map(entity, &context, Extent::Everything)) else {
        return Vec::new();
    };
    let own = mapped.body.map(|body| Sent { key: entity.key.clone(), of, body });
    let set = (of == Body::Service).then(|| map::connections(entity, &mapped.languages, &context).body);
    let set = set.map(|body| Sent { key: entity.key.clone(), of: Body::Connections, body });
    own.into_iter().chain(set).collect()
}
