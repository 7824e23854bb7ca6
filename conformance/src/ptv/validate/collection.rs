//! Service collections (ptv-in-api §3.5). Their channels are not checked, as in the source.

use std::collections::BTreeSet;

use super::{Subject, common};
use crate::ptv::errors::Problems;
use crate::ptv::json::texts;
use crate::ptv::store::Kind;

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Problems) {
    common::owner(subject, &BTreeSet::new(), problems);
    for id in texts(subject.body, "services") {
        if subject.store.published(Kind::Service, id).is_none() {
            problems.add("Services", format!("No published service with id {id}."));
        }
    }
}
