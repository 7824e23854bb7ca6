//! What the next sync would do, without doing it: the pure half of the worker, for people and for the bench.

use serde::Serialize;
use serde_json::Value;

use super::map::{self, Context, Extent, Mapped};
use crate::model::{EntityKey, Finding, Kind, Level};

/// One entity's place in the plan.
#[derive(Debug)]
pub struct Step {
    pub key: EntityKey,
    pub act: Planned,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Planned {
    Create,
    Update,
    Unchanged,
    Withheld,
    /// Something else must be in PTV first.
    AfterOthers,
}

/// Plans every active entity that has a twin, in dependency order. `pushed` gives the body that PTV last accepted.
pub fn plan(context: &Context<'_>, pushed: &dyn Fn(&EntityKey) -> Option<Value>) -> Vec<Step> {
    let mut steps = Vec::new();
    for kind in [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service] {
        for stored in context.view.active_after(kind, None) {
            let Some(mapped) = map::map(&stored.entity, context, Extent::Sound) else { continue };
            let key = stored.entity.key.clone();
            let act = planned(&mapped, pushed(&key).as_ref());
            steps.push(Step { key, act, findings: mapped.findings });
        }
    }
    steps
}

fn planned(mapped: &Mapped, pushed: Option<&Value>) -> Planned {
    match (&mapped.body, pushed) {
        _ if mapped.withheld => Planned::Withheld,
        (None, _) => Planned::AfterOthers,
        (Some(_), None) => Planned::Create,
        (Some(body), Some(pushed)) if body == pushed => Planned::Unchanged,
        (Some(_), Some(_)) => Planned::Update,
    }
}

/// Services that our own findings keep from PTV.
pub fn withheld_services(steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.key.kind == Kind::Service && step.act == Planned::Withheld).count()
}

/// Whether a step carries a finding that says more than a hint.
pub fn has_errors(step: &Step) -> bool {
    step.findings.iter().any(|finding| finding.level == Level::Error)
}
