//! What the log says about an exchange (xroad.md §8.2).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA512, digest};
use jiff::Timestamp;

use super::{Arrival, Tenant};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::operations::registry::Operation;
use crate::store::TenantKeys;

/// What was known of a request when its answer was made.
#[derive(Default)]
pub(super) struct Known {
    pub(super) client: Option<String>,
    pub(super) represented: Option<String>,
    pub(super) service: Option<String>,
    pub(super) xroad_id: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) issue: Option<String>,
    pub(super) protocol: &'static str,
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
    pub(super) soap_action: Option<String>,
    pub(super) request_digest: Option<Vec<u8>>,
    pub(super) request_parts: Vec<crate::model::evidence::PartDigest>,
    pub(super) operation: Option<&'static Operation>,
    /// A system of the tenant's own called, on paths of its own.
    pub(super) own: bool,
    /// The person who asked, where it was one.
    pub(super) actor: Option<String>,
}

pub(super) struct Answered<'a> {
    pub(super) at: Timestamp,
    pub(super) status: u16,
    pub(super) fault_code: Option<&'a str>,
    /// The SOAP part or REST body as sent.
    pub(super) content: &'a [u8],
}

pub(super) fn draft(
    tenant: &Tenant,
    keys: &Arc<TenantKeys>,
    arrival: &Arrival,
    known: &Known,
    answered: &Answered<'_>,
) -> EvidenceDraft {
    let mut draft = EvidenceDraft::new(RecordKind::Exchange, &*tenant.code, arrival.at, answered.at);
    let keyed =
        |purpose: &str, value: &Option<String>| value.as_ref().map(|value| keys.digest(purpose, value.as_bytes()));
    draft.client.clone_from(&known.client);
    draft.represented.clone_from(&known.represented);
    draft.pin = arrival.pin.map(|pin| pin.to_string());
    draft.operation = known.service.clone().or_else(|| known.operation.map(|operation| operation.name.to_owned()));
    draft.exchange_id = Some(arrival.exchange_id);
    draft.xroad_id.clone_from(&known.xroad_id);
    draft.request_id.clone_from(&known.request_id);
    draft.user_digest = keyed("user", &known.user_id);
    draft.issue_digest = keyed("issue", &known.issue);
    draft.query_digest = keyed("query", &known.query);
    draft.protocol = Some(known.protocol.to_owned());
    draft.method.clone_from(&known.method);
    draft.path = known.path.as_deref().map(|path| shown(path, tenant, known.operation, known.own));
    draft.soap_action.clone_from(&known.soap_action);
    draft.request_digest.clone_from(&known.request_digest);
    draft.request_parts.clone_from(&known.request_parts);
    draft.response_digest = Some(sha512(answered.content));
    draft.status = Some(answered.status);
    draft.actor.clone_from(&known.actor);
    draft.fault_code = answered.fault_code.map(str::to_owned);
    draft.fault_id = answered.fault_code.map(|_| arrival.exchange_id.to_string());
    draft
}

/// The path as the log may have it. Of an operation whose values it may not have, everything behind the base and the
/// first word is left out; of a path that is no operation's, only where all are so.
fn shown(path: &str, tenant: &Tenant, operation: Option<&Operation>, own: bool) -> String {
    let hidden = match operation {
        Some(operation) => tenant.unlogged.allows(operation.name),
        None => tenant.unlogged.allows("*"),
    };
    let cut = |words: usize| path.match_indices('/').nth(words).and_then(|(at, _)| path.get(..=at));
    // `/turku/catalogue/rest/v1/` or `/own/v1/turku/` and, where it is an operation's, the word that follows.
    let base = if own { 3 } else { 4 };
    match cut(if operation.is_some() { base + 1 } else { base }) {
        Some(base) if hidden => format!("{base}…"),
        _ => path.to_owned(),
    }
}

pub(super) fn sha512(content: &[u8]) -> Vec<u8> {
    digest(&SHA512, content).as_ref().to_vec()
}
