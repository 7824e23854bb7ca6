//! What the next sync would do, without doing it: the pure half of the worker, for people and for the bench.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::adopt::is_unseen;
use super::map::{self, Context, Extent};
use super::mirror::{connections_digest, digest_of, not_emptied};
use super::twins::{PUBLISHED, Twins};
use super::worker::{CONNECTED, CONNECTIONS};
use crate::model::{Entity, EntityKey, Finding, Kind, Level, State, Stored};

/// One twin's place in the plan. In JSON: kind, code, act, `waitsFor` where that is so, and findings in three
/// languages.
#[derive(Debug)]
pub struct Step {
    /// The entity; of a connection set its service.
    pub key: EntityKey,
    /// A kind of entity, or `connections`.
    pub kind: &'static str,
    pub act: Planned,
    /// What must be in PTV first.
    pub waits_for: Vec<EntityKey>,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Planned {
    Create,
    Update,
    Archive,
    Unchanged,
    Withheld,
    /// The tenant sends statutory services only, and this is none.
    LeftOut,
    /// Something else must be in PTV first; the same sync brings it there unless that is withheld.
    AfterOthers,
}

/// Plans every twin of the tenant in the order of work. What is equal or has never been in PTV and needs nothing is
/// `Unchanged` or left out.
pub fn plan(context: &Context<'_>, twins: &Twins) -> Vec<Step> {
    let mut steps = Vec::new();
    for kind in [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service] {
        let all = context.view.all(kind);
        steps.extend(all.filter_map(|stored| entity(&stored.entity, context, twins)));
    }
    let services = context.view.active_after(Kind::Service, None);
    steps.extend(services.filter_map(|service| connections(service, context, twins)));
    steps
}

fn entity(entity: &Entity, context: &Context<'_>, twins: &Twins) -> Option<Step> {
    let key = entity.key.clone();
    let kind = key.kind.word();
    let twin = twins.get(kind, key.code.as_str());
    let published = twin.as_ref().is_some_and(|twin| twin.status == PUBLISHED);
    let held = |key| Step { key, kind, act: Planned::Withheld, waits_for: Vec::new(), findings: vec![map::held()] };
    if !entity.is_active() && published && context.view.is_held(&key) {
        return Some(held(key));
    }
    if !entity.is_active() {
        let archive = Step { key, kind, act: Planned::Archive, waits_for: Vec::new(), findings: Vec::new() };
        // A draft leaves in PTV what was published (pat.md §6.1).
        return (published && entity.state != State::Draft).then_some(archive);
    }
    if context.scope.leaves_out(entity) {
        return Some(Step { key, kind, act: Planned::LeftOut, waits_for: Vec::new(), findings: Vec::new() });
    }
    let mut mapped = map::map(entity, context, Extent::Sound)?;
    let act = match &mapped.body {
        _ if mapped.withheld => Planned::Withheld,
        None => Planned::AfterOthers,
        Some(body) => {
            if let Some(twin) = &twin {
                mapped.findings.extend(not_emptied(twin, body));
            }
            let adopted = twin.as_ref().is_some_and(is_unseen);
            match twin.and_then(|twin| twin.pushed_digest) {
                Some(pushed) if published && pushed == digest_of(body) => Planned::Unchanged,
                Some(_) => Planned::Update,
                None if adopted => Planned::Update,
                None => Planned::Create,
            }
        }
    };
    Some(Step { key, kind, act, waits_for: mapped.waits_for, findings: mapped.findings })
}

fn connections(service: &Stored, context: &Context<'_>, twins: &Twins) -> Option<Step> {
    if context.scope.leaves_out(&service.entity) {
        return None;
    }
    let key = service.entity.key.clone();
    if context.view.is_held(&key) {
        return None;
    }
    let mut set = map::connections(&service.entity, &twins.languages(&key), context);
    set.waits_for.extend(context.view.unreadable(CONNECTED).cloned());
    let known = twins.get(CONNECTIONS, key.code.as_str());
    let act = match (&known, twins.guid(&key)) {
        _ if known.is_none() && set.count == 0 && set.waits_for.is_empty() => return None,
        (_, None) => Planned::AfterOthers,
        _ if !set.waits_for.is_empty() => Planned::AfterOthers,
        (Some(twin), Some(guid)) => {
            let digest = connections_digest(service, &set.body, twins, context);
            let same = twin.guid.as_ref() == Some(&guid) && twin.pushed_digest.as_ref() == Some(&digest);
            if same { Planned::Unchanged } else { Planned::Update }
        }
        (None, Some(_)) => Planned::Create,
    };
    Some(Step { key, kind: CONNECTIONS, act, waits_for: set.waits_for, findings: set.findings })
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let waits_for: Vec<String> = self.waits_for.iter().map(ToString::to_string).collect();
        let findings: Vec<Value> = self.findings.iter().map(finding).collect();
        let mut step = serializer.serialize_struct("Step", 5)?;
        step.serialize_field("kind", self.kind)?;
        step.serialize_field("code", self.key.code.as_str())?;
        step.serialize_field("act", &self.act)?;
        step.serialize_field("waitsFor", &waits_for)?;
        step.serialize_field("findings", &findings)?;
        step.end()
    }
}

/// A finding as JSON.
pub(super) fn finding(finding: &Finding) -> Value {
    let level = if finding.level == Level::Error { "error" } else { "warning" };
    json!({
        "level": level, "field": finding.field, "lang": finding.lang.map(crate::model::Lang::code), "rule": finding.rule,
        "fi": finding.fi, "sv": finding.sv, "en": finding.en,
    })
}

/// Services that our own findings keep from PTV.
pub fn withheld_services(steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.key.kind == Kind::Service && step.act == Planned::Withheld).count()
}

/// Whether a step carries a finding that says more than a hint.
pub fn has_errors(step: &Step) -> bool {
    step.findings.iter().any(|finding| finding.level == Level::Error)
}
