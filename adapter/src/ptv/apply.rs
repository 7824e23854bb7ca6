//! Plan and apply: what a person looks at, saves, and asks to be done.
//!
//! Asking is all that happens here: the mirrors that are asked for are rows, and the worker works them off as it does all
//! others, each against the newest revision. So an apply that is cut off goes on by itself, or by being asked for again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::{self, Planned, Step};
use super::stop_loss;
use super::worker::{CONNECTIONS, ORDER, Worker, WorkerError};
use crate::model::{Code, Kind};
use crate::store::mirrors::{self, Asked};
use crate::store::{Commit, Statement};

/// Wishes in one commit.
const AT_ONCE: usize = 500;

/// A plan as of one moment.
#[derive(Debug)]
pub struct Plan {
    /// In the order of work.
    pub steps: Vec<Step>,
    /// The catalogue's sequence that it was made from.
    pub sequence: u64,
    pub made: jiff::Timestamp,
}

impl Plan {
    /// How many calls its steps take as a rule.
    pub fn calls(&self) -> u64 {
        self.steps.iter().map(|step| step.calls).sum()
    }
}

/// A step of a saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedStep {
    pub kind: String,
    pub code: String,
    pub act: Planned,
    /// SHA-256 of the body that would be sent, in hexadecimal; absent where none is sent or it was not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// What came of asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asking {
    /// Twins that will be written.
    pub asked: u64,
    /// Steps of the saved plan that are done already.
    pub done: u64,
    /// The calls that it takes as a rule.
    pub calls: u64,
    /// Steps that were left out because they are not what the saved plan says any more, as `kind/code`.
    pub changed: Vec<String>,
    /// Removals that the stop-loss holds.
    pub held: u64,
    /// Why, of the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_reason: Option<String>,
}

impl Worker {
    /// What the next sync would do, in the order in which it would.
    pub fn plan(&self) -> Vec<Step> {
        self.whole_plan().steps
    }

    /// The same with what it was made from.
    pub fn whole_plan(&self) -> Plan {
        let view = self.newest();
        let mut steps = self.in_context(&view, |context| plan::plan(context, &self.twins));
        self.warn_of_v12(&mut steps, &view);
        stop_loss::hold(&mut steps, &self.twins, self.settings.stop_loss_percent, self.removals_since());
        Plan { steps, sequence: view.sequence(), made: self.world.now() }
    }

    /// Asks for what a fresh plan says: all of it, or the steps of a saved one that still say the same. With `removals`
    /// the stop-loss is passed by.
    pub async fn ask(&self, plan: Plan, saved: Option<Vec<SavedStep>>, removals: bool) -> Result<Asking, WorkerError> {
        let mut asking = Asking::default();
        let mut wishes: Vec<(&'static str, String, Option<Vec<u8>>)> = Vec::new();
        let due = |step: &Step| step.is_due() || (removals && step.act == Planned::Held);
        let calls = |step: &Step| if step.act == Planned::Held { 1 } else { step.calls };
        let hold = |step: &Step, asking: &mut Asking| {
            asking.held += 1;
            asking.held_reason = asking.held_reason.take().or_else(|| step.reason.clone());
        };
        let whole = saved.is_none();
        match saved {
            None => {
                for step in &plan.steps {
                    if due(step) {
                        asking.calls += calls(step);
                        wishes.push((step.kind, step.key.code.to_string(), None));
                    } else if step.act == Planned::Held {
                        hold(step, &mut asking);
                    }
                }
            }
            Some(saved) => {
                let steps: BTreeMap<(&str, &str), &Step> =
                    plan.steps.iter().map(|step| ((step.kind, step.key.code.as_str()), step)).collect();
                for was in saved {
                    let now = steps.get(&(was.kind.as_str(), was.code.as_str()));
                    match now {
                        Some(step) if step.act == Planned::Unchanged => asking.done += 1,
                        None if was.act == Planned::Archive => asking.done += 1,
                        Some(step) if step.act == Planned::Held && !removals => hold(step, &mut asking),
                        Some(step) if due(step) && is_same(&was, step) => {
                            asking.calls += calls(step);
                            let digest = was.digest.as_deref().and_then(|digest| hex::decode(digest).ok());
                            wishes.push((step.kind, was.code, digest));
                        }
                        _ => asking.changed.push(format!("{}/{}", was.kind, was.code)),
                    }
                }
            }
        }
        asking.asked = wishes.len() as u64;
        let how = if removals { Asked::WithRemovals } else { Asked::Yes };
        let (tenant, now) = (&*self.settings.tenant, self.world.now_micros());
        let wish = |(kind, code, digest): &(&'static str, String, Option<Vec<u8>>)| {
            mirrors::ask(mirrors::Key { tenant, kind, code }, now, how, digest.clone())
        };
        for some in wishes.chunks(AT_ONCE) {
            self.store.commit(Commit::new().with(some.iter().map(wish))).await?;
        }
        if whole && self.settings.asked_only {
            // What waits and turned out equal, or withheld, has its answer as well.
            self.store.commit(Commit::new().with([mirrors::ask_waiting(tenant)])).await?;
        }
        Ok(asking)
    }

    /// Wants every twin of the tenant to be compared with its entity again. What is equal makes no call.
    pub async fn want_all(&self) -> Result<u64, WorkerError> {
        self.wish_all(|key, now| mirrors::want(key, now, now)).await
    }

    /// The same, asked for by a person.
    pub async fn ask_all(&self) -> Result<u64, WorkerError> {
        self.wish_all(|key, now| mirrors::ask(key, now, Asked::Yes, None)).await
    }

    async fn wish_all(&self, wish: impl Fn(mirrors::Key<'_>, i64) -> Statement) -> Result<u64, WorkerError> {
        let view = self.newest();
        let now = self.world.now_micros();
        let tenant = &*self.settings.tenant;
        let mut wanted = 0;
        for kind in ORDER {
            let of = if kind == CONNECTIONS { Kind::Service.word() } else { kind };
            let Some(of) = Kind::from_word(of) else { continue };
            let codes: Vec<Code> = view.all(of).map(|stored| stored.entity.key.code.clone()).collect();
            for codes in codes.chunks(AT_ONCE) {
                let key = |code: &'_ Code| wish(mirrors::Key { tenant, kind, code: code.as_str() }, now);
                let wishes: Vec<Statement> = codes.iter().map(key).collect();
                self.store.commit(Commit::new().with(wishes)).await?;
                wanted += codes.len() as u64;
            }
        }
        Ok(wanted)
    }
}

/// Whether a step is what the saved plan foresaw. What waited for others then has no body to compare.
fn is_same(was: &SavedStep, now: &Step) -> bool {
    match (&was.digest, was.act) {
        (Some(digest), _) => now.digest.as_ref().is_some_and(|now| hex::encode(now) == *digest),
        (None, Planned::Archive | Planned::Held) => now.removes,
        (None, Planned::AfterOthers) => !now.removes,
        (None, _) => false,
    }
}
