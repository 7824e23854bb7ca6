//! The second stage of a write: rules that look things up or compare fields (ptv-in-api §1.5, §3, §4).
//! Runs only after a clean first stage and collects all its errors. Changes nothing.

pub(crate) mod address;
pub(crate) mod areas;
pub(crate) mod channel;
pub(crate) mod collection;
pub(crate) mod common;
pub(crate) mod connection;
pub(crate) mod hours;
pub(crate) mod languages;
pub(crate) mod organization;
pub(crate) mod phone;
pub(crate) mod service;

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use serde_json::Value;

use super::PtvConfig;
use super::auth::PtvUser;
use super::errors::Problems;
use super::json::text;
use super::reference::Reference;
use super::store::{Entity, Kind, Store};

/// One body under judgement, with everything the rules look at.
pub(crate) struct Subject<'a> {
    pub(crate) config: &'a PtvConfig,
    pub(crate) reference: &'a Reference,
    pub(crate) store: &'a Store,
    pub(crate) user: &'a PtvUser,
    /// The user's organisation and all below it.
    pub(crate) tree: &'a HashSet<String>,
    pub(crate) kind: Kind,
    pub(crate) body: &'a Value,
    /// The entity of a PUT.
    pub(crate) current: Option<&'a Entity>,
    pub(crate) today: Date,
}

impl<'a> Subject<'a> {
    pub(crate) fn post(&self) -> bool {
        self.current.is_none()
    }

    pub(crate) fn publishing(&self) -> bool {
        text(self.body, "publishingStatus") == Some("Published")
    }

    pub(crate) fn stored(&self) -> Option<&'a Value> {
        self.current.map(|entity| &entity.latest.content)
    }

    /// The user's own organisations; Eeva owns all.
    pub(crate) fn owns(&self, organization: &str) -> bool {
        self.user.group.is_eeva() || self.tree.contains(&organization.to_lowercase())
    }
}

/// Judges the body. Gives the entity's languages after the write.
pub(crate) fn run(subject: &Subject<'_>, problems: &mut Problems) -> BTreeSet<String> {
    let available = languages::check(subject, problems);
    common::status(subject, problems);
    if subject.kind != Kind::ServiceCollection {
        common::validity(subject, problems);
    }
    match subject.kind {
        Kind::Organization => organization::check(subject, &available, problems),
        Kind::Service => service::check(subject, &available, problems),
        Kind::ServiceCollection => collection::check(subject, problems),
        _ => channel::check(subject, &available, problems),
    }
    available
}
