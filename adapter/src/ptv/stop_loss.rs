//! The stop-loss: more removals than a share of what PTV holds are not sent unasked, however they come (§9.11, M-56).
//!
//! A source that fails often looks like one that has withdrawn everything. So each kind of twins is counted by itself:
//! what is to be archived, or of connection sets emptied, and what of that has been done in the last 24 hours. It judges
//! the catalogue as it stands, not what was claimed: batches do not slip under the limit one after another.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::map::{self, Context};
use super::plan::{Planned, Step};
use super::twins::{ARCHIVED, PUBLISHED, Twins};
use super::worker::{CONNECTED, CONNECTIONS, ORDER, Worker, micros};
use crate::model::{Code, Entity, EntityKey, Kind, State, Stored, View};
use crate::store::mirrors::{Asked, Claimed};
use crate::store::twins::Twin;

/// Fewer than so many removals are never held: small tenants can work.
pub const FEWEST: usize = 10;
/// How long a removal counts that was done.
pub const REMEMBERED: Duration = Duration::from_hours(24);
/// What resolves it.
const ACT: &str = "Look at them, and let them go with `silta ptv apply --allow-removals`";

/// The removals of one kind of twins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removals {
    /// Twins that would be taken away now.
    pub waiting: usize,
    /// Those that were in the last 24 hours.
    pub done: usize,
    /// Twins that PTV holds, those to be taken away among them.
    pub published: usize,
}

impl Removals {
    /// More than so many percent, and not few.
    pub fn exceed(&self, percent: u32) -> bool {
        let share = usize::try_from(percent).unwrap_or(usize::MAX);
        let all = self.waiting + self.done;
        all >= FEWEST && all.saturating_mul(100) > share.saturating_mul(self.published + self.done)
    }

    /// Why they are held, and what resolves it.
    pub fn reason(&self, kind: &str, percent: u32) -> String {
        let Removals { waiting, done, published } = self;
        format!(
            "held: {waiting} of {published} twins of the kind {kind} would be taken away, {done} were in the last 24 \
             hours, and more than {percent} % are never unasked. {ACT}"
        )
    }

    /// What of a kind is to be taken away, and was since a time (microseconds UTC).
    pub fn of(kind: &str, waiting: usize, twins: &Twins, since: i64) -> Removals {
        let gone = |twin: &Twin| {
            let is_gone = if kind == CONNECTIONS { is_empty(twin) } else { twin.status == ARCHIVED };
            is_gone && twin.updated_at > since
        };
        let stands = |twin: &Twin| twin.status == PUBLISHED && !(kind == CONNECTIONS && is_empty(twin));
        Removals { waiting, done: twins.count(kind, gone), published: twins.count(kind, stands) }
    }
}

/// Whether an entity's twin is to be archived.
pub(super) fn archives(entity: &Entity, context: &Context<'_>, twins: &Twins) -> bool {
    // A draft leaves in PTV what was published (pat.md §6.1).
    if entity.is_active() || entity.state == State::Draft || context.view.is_held(&entity.key) {
        return false;
    }
    let archivable = |twin: &Twin| {
        // The tenant's own organisation was in PTV before us and carries everything else.
        let own = twin.guid.as_deref().is_some_and(|guid| guid.eq_ignore_ascii_case(context.organisation));
        // Archiving needs the body that was last accepted (§3.0.9).
        twin.status == PUBLISHED && twin.guid.is_some() && twin.pushed_body.is_some() && !own
    };
    twins.look(entity.key.kind.word(), entity.key.code.as_str(), archivable).unwrap_or_default()
}

/// Whether the connection set of a service, which PTV holds, would be emptied.
pub(super) fn empties(service: &Entity, context: &Context<'_>, twins: &Twins) -> bool {
    let key = &service.key;
    if !service.is_active() || context.scope.leaves_out(service) || context.view.is_held(key) {
        return false;
    }
    let Some(guid) = twins.guid(key) else { return false };
    let stands = |twin: &Twin| twin.guid.as_ref() == Some(&guid) && !is_empty(twin);
    if !twins.look(CONNECTIONS, key.code.as_str(), stands).unwrap_or_default() {
        return false;
    }
    let connects = |channel: &EntityKey| {
        context.view.find(channel).is_some_and(|it| it.entity.is_active()) && (context.guid)(channel).is_some()
    };
    let mut offers = context.view.offers_of_service(&key.code).iter().filter_map(|stored| stored.entity.offer());
    let connected = offers.any(|offer| map::channels_of(offer).iter().any(connects));
    !connected && context.view.unreadable(CONNECTED).next().is_none()
}

/// An emptied set is a short body that says so.
fn is_empty(twin: &Twin) -> bool {
    const LONGEST: usize = 100;
    let body = twin.pushed_body.as_deref().filter(|body| body.len() <= LONGEST).unwrap_or_default();
    std::str::from_utf8(body).is_ok_and(|text| text.contains("deleteAllChannelRelations"))
}

fn takes_away(kind: &str, stored: &Stored, context: &Context<'_>, twins: &Twins) -> bool {
    if kind == CONNECTIONS { empties(&stored.entity, context, twins) } else { archives(&stored.entity, context, twins) }
}

/// Marks in a plan what would be held.
pub(super) fn hold(steps: &mut [Step], twins: &Twins, percent: u32, since: i64) {
    for kind in ORDER {
        let waiting = steps.iter().filter(|step| step.kind == kind && step.removes).count();
        if waiting == 0 {
            continue;
        }
        let removals = Removals::of(kind, waiting, twins, since);
        if removals.exceed(percent) {
            for step in steps.iter_mut().filter(|step| step.kind == kind && step.removes) {
                step.act = Planned::Held;
                step.calls = 0;
                step.reason = Some(removals.reason(kind, percent));
            }
        }
    }
}

impl Worker {
    /// Since when removals count: 24 hours, or the last one that a person has let go, whichever is later. The latter is
    /// forgotten with a restart: then more is held, not less.
    pub(super) fn removals_since(&self) -> i64 {
        let day = self.world.now_micros().saturating_sub(micros(REMEMBERED));
        day.max(self.progress.let_go.load(Ordering::Relaxed))
    }

    /// Which of the claimed mirrors are held, and why.
    pub(super) fn barred(&self, kind: &str, claimed: &[Claimed], view: &View) -> Option<(BTreeSet<String>, String)> {
        let of = Kind::from_word(if kind == CONNECTIONS { Kind::Service.word() } else { kind })?;
        self.in_context(view, |context| {
            let removes = |claimed: &&Claimed| {
                let stored = claimed.code.parse::<Code>().ok().and_then(|code| view.get(of, &code));
                stored.is_some_and(|stored| takes_away(kind, stored, context, &self.twins))
            };
            let unasked = claimed.iter().filter(|claimed| claimed.asked != Asked::WithRemovals);
            let found: BTreeSet<String> = unasked.filter(removes).map(|claimed| claimed.code.clone()).collect();
            if found.is_empty() {
                return None;
            }
            let waiting = view.all(of).filter(|stored| takes_away(kind, stored, context, &self.twins)).count();
            let removals = Removals::of(kind, waiting, &self.twins, self.removals_since());
            let percent = self.settings.stop_loss_percent;
            if !removals.exceed(percent) {
                return None;
            }
            let reason = removals.reason(kind, percent);
            tracing::error!(tenant = %self.settings.tenant, kind, "PTV: {reason}");
            Some((found, reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Removals;

    #[test]
    fn a_share_is_held_and_a_few_never() {
        for (waiting, done, published, percent, held) in [
            (9, 0, 9, 5, false), // A small tenant takes everything away.
            (10, 0, 10, 5, true),
            (10, 0, 200, 5, false), // Five of a hundred, not more.
            (11, 0, 200, 5, true),
            (1, 10, 190, 5, true), // One more after ten today.
            (1, 9, 191, 5, false),
            (32, 0, 1_000, 5, false),
            (51, 0, 1_000, 5, true),
            (1_000, 0, 1_000, 100, false),
            (10, 0, 1_000, 0, true),
            (9, 0, 1_000, 0, false),
        ] {
            let removals = Removals { waiting, done, published };
            assert_eq!(removals.exceed(percent), held, "{removals:?} {percent}");
        }
    }
}
