//! What the next sync would do, without doing it: the pure half of the worker, for people and for the bench.

use std::collections::BTreeSet;

use rayon::prelude::{IntoParallelRefIterator as _, ParallelExtend as _, ParallelIterator as _};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::changes::{self, Change};
use super::dialect::Way;
use super::map::{self, Context, Extent};
use super::mirror::{connections_digest, digest_of, say_shared};
use super::retained::not_emptied;
use super::stop_loss;
use super::twins::{PUBLISHED, Twins};
use super::worker::{CONNECTED, CONNECTIONS};
use crate::model::{Entity, EntityKey, Finding, Kind, Level, State, Stored};
use crate::store::twins::Twin;

/// One twin's place in the plan. In JSON: kind, code, act, calls, `changes` by PTV's fields, `waitsFor`, findings in
/// three languages, and the reason where it is held.
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
    /// The digest of the body that would be sent; none where none is sent, or where it is not known yet.
    pub digest: Option<Vec<u8>>,
    /// What PTV got from us last against what it would get now; of a new one its names and languages.
    pub changes: Vec<Change>,
    /// How many calls it takes as a rule.
    pub calls: u64,
    /// It takes something away in PTV: an archiving, or a connection set that is emptied.
    pub removes: bool,
    /// Why it is held, and what resolves it.
    pub reason: Option<String>,
}

impl Step {
    fn new(key: EntityKey, kind: &'static str, act: Planned) -> Step {
        Step {
            key,
            kind,
            act,
            waits_for: Vec::new(),
            findings: Vec::new(),
            digest: None,
            changes: Vec::new(),
            calls: 0,
            removes: false,
            reason: None,
        }
    }

    /// Whether an apply has anything to do here.
    pub fn is_due(&self) -> bool {
        matches!(self.act, Planned::Create | Planned::Update | Planned::Archive | Planned::AfterOthers)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The stop-loss holds it: too much would be taken away at once.
    Held,
}

/// Plans every twin of the tenant in the order of work. What is equal or has never been in PTV and needs nothing is
/// `Unchanged` or left out.
pub fn plan(context: &Context<'_>, twins: &Twins) -> Vec<Step> {
    // A body each: work for all processors, in pieces that keep their order.
    let kinds = [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service];
    let all: Vec<&Stored> = kinds.into_iter().flat_map(|kind| context.view.all(kind)).map(AsRef::as_ref).collect();
    let mut steps: Vec<Step> = all.par_iter().filter_map(|stored| entity(&stored.entity, context, twins)).collect();
    let stay_away = |step: &Step| matches!(step.act, Planned::Withheld | Planned::LeftOut);
    let away: BTreeSet<EntityKey> = steps.iter().filter(|step| stay_away(step)).map(|step| step.key.clone()).collect();
    let services: Vec<&Stored> = context.view.active_after(Kind::Service, None).map(AsRef::as_ref).collect();
    let sets = services.par_iter().filter_map(|service| connections(service, context, twins));
    steps.par_extend(sets.map(|mut step| {
        // The set of a service that is not sent is not sent either.
        if step.act == Planned::AfterOthers && away.contains(&step.key) {
            step.calls = 0;
        }
        step
    }));
    let collections = context.view.all(Kind::Collection);
    steps.extend(collections.filter_map(|it| collection(&it.entity, context, twins, &away)));
    steps
}

/// A collection, which follows its members: without those that are not sent.
fn collection(it: &Entity, context: &Context<'_>, twins: &Twins, away: &BTreeSet<EntityKey>) -> Option<Step> {
    let step = entity(it, context, twins)?;
    if !matches!(step.act, Planned::Create | Planned::Update | Planned::Unchanged) {
        return Some(step);
    }
    let lacks = map::map(it, context, Extent::Sound)?.lacks;
    let coming: Vec<EntityKey> = lacks.into_iter().filter(|member| !away.contains(member)).collect();
    if coming.is_empty() {
        return Some(step);
    }
    let known = twins.get(step.kind, it.key.code.as_str());
    let calls = Way::of(it, known.as_ref(), context).calls();
    Some(Step { act: Planned::AfterOthers, waits_for: coming, digest: None, calls, ..step })
}

fn entity(entity: &Entity, context: &Context<'_>, twins: &Twins) -> Option<Step> {
    let key = entity.key.clone();
    let kind = key.kind.word();
    if !entity.is_active() {
        let published = twins.look(kind, key.code.as_str(), |twin| twin.status == PUBLISHED).unwrap_or_default();
        if published && entity.state != State::Draft && context.view.is_held(&key) {
            let held = Step::new(key, kind, Planned::Withheld);
            return Some(Step { findings: vec![map::held()], ..held });
        }
        let archives = stop_loss::archives(entity, context, twins);
        return archives.then(|| Step { calls: 1, removes: true, ..Step::new(key, kind, Planned::Archive) });
    }
    if context.scope.leaves_out(entity) {
        return Some(Step::new(key, kind, Planned::LeftOut));
    }
    let mut mapped = map::map(entity, context, Extent::Sound)?;
    if let Some(body) = &mut mapped.body {
        say_shared(entity, twins, body);
    }
    let digest = mapped.body.as_ref().map(digest_of);
    let compared = twins.look(kind, key.code.as_str(), |twin| {
        let same = twin.status == PUBLISHED && digest.is_some() && twin.pushed_digest == digest;
        let findings = mapped.body.as_ref().map(|body| not_emptied(twin, body)).unwrap_or_default();
        let changes = match &mapped.body {
            Some(body) if !same && !mapped.withheld => differences(twin, body),
            _ => Vec::new(),
        };
        (same, findings, changes, Way::of(entity, Some(twin), context))
    });
    let (same, not_emptied, changes, way) = compared.unwrap_or_else(|| {
        let told = mapped.body.as_ref().filter(|_| !mapped.withheld).map(changes::summary);
        (false, Vec::new(), told.unwrap_or_default(), Way::of(entity, None, context))
    });
    mapped.findings.extend(not_emptied);
    let act = match (&mapped.body, &way) {
        _ if mapped.withheld => Planned::Withheld,
        (None, _) => Planned::AfterOthers,
        _ if same => Planned::Unchanged,
        (_, Way::Guid(_)) => Planned::Update,
        (_, Way::Source) => Planned::Create,
    };
    let calls = match act {
        Planned::Create | Planned::Update | Planned::AfterOthers => way.calls(),
        _ => 0,
    };
    let digest = digest.filter(|_| matches!(act, Planned::Create | Planned::Update));
    let step = Step::new(key, kind, act);
    Some(Step { waits_for: mapped.waits_for, findings: mapped.findings, digest, changes, calls, ..step })
}

/// What PTV got last against what it would get now. Of a twin that was never written nothing is known.
fn differences(twin: &Twin, body: &Value) -> Vec<Change> {
    match twin.pushed_body.as_deref().and_then(|pushed| serde_json::from_slice::<Value>(pushed).ok()) {
        Some(pushed) => changes::changes(&pushed, body),
        None => changes::summary(body),
    }
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
    let code = key.code.as_str();
    let is_known = twins.look(CONNECTIONS, code, |_| ()).is_some();
    if !is_known && set.count == 0 && set.waits_for.is_empty() {
        return None;
    }
    let Some(guid) = twins.guid(&key).filter(|_| set.waits_for.is_empty()) else {
        let step = Step::new(key, CONNECTIONS, Planned::AfterOthers);
        return Some(Step { waits_for: set.waits_for, findings: set.findings, calls: 1, ..step });
    };
    let digest = connections_digest(service, &set.body, twins, context);
    // A set belongs to one service of PTV.
    let compared = twins.look(CONNECTIONS, code, |twin| {
        let of_this = twin.guid.as_ref() == Some(&guid);
        let same = of_this && twin.pushed_digest.as_ref() == Some(&digest);
        (same, if of_this && !same { differences(twin, &set.body) } else { Vec::new() })
    });
    let (act, changes) = match compared {
        Some((true, _)) => (Planned::Unchanged, Vec::new()),
        Some((false, changes)) => (Planned::Update, changes),
        None => (Planned::Create, changes::summary(&set.body)),
    };
    let sends = act != Planned::Unchanged;
    Some(Step {
        findings: set.findings,
        digest: sends.then_some(digest),
        changes,
        calls: u64::from(sends),
        removes: sends && stop_loss::empties(&service.entity, context, twins),
        ..Step::new(key, CONNECTIONS, act)
    })
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let waits_for: Vec<String> = self.waits_for.iter().map(ToString::to_string).collect();
        let findings: Vec<Value> = self.findings.iter().map(finding).collect();
        let mut step = serializer.serialize_struct("Step", 9)?;
        step.serialize_field("kind", self.kind)?;
        step.serialize_field("code", self.key.code.as_str())?;
        step.serialize_field("act", &self.act)?;
        step.serialize_field("calls", &self.calls)?;
        step.serialize_field("changes", &self.changes)?;
        match &self.digest {
            Some(digest) => step.serialize_field("digest", &hex::encode(digest))?,
            None => step.skip_field("digest")?,
        }
        match &self.reason {
            Some(reason) => step.serialize_field("reason", reason)?,
            None => step.skip_field("reason")?,
        }
        step.serialize_field("waitsFor", &waits_for)?;
        step.serialize_field("findings", &findings)?;
        step.end()
    }
}

/// A finding as JSON.
pub fn finding(finding: &Finding) -> Value {
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
