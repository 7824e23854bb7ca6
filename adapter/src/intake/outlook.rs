//! What a verdict says of PTV: when the change will be sent, and later when PTV accepted it (issue 4, part 6).

use std::collections::BTreeMap;

use super::Door;
use super::answer::Told;
use crate::catalogue::{Outcome, Verdict};
use crate::model::Kind;

impl Door {
    /// Verdicts with how their records stand now; an older verdict's record may have been changed again since. Without
    /// PTV, and when that cannot be read just now, verdicts are told as they are: what was accepted stays accepted.
    pub(super) async fn told(&self, tenant: &str, verdicts: Vec<Verdict>) -> Vec<Told> {
        let Some(worker) = (self.intake.mirrored)(tenant) else { return bare(verdicts) };
        let view = self.intake.catalogue.view(tenant).unwrap_or_default();
        let accepted = |verdict: &Verdict| verdict.key().filter(|_| verdict.outcome != Outcome::Refused);
        let stored: Vec<_> = verdicts.iter().map(|verdict| view.find(&accepted(verdict)?)).collect();
        let outlooks = match worker.outlooks(stored.iter().flatten().map(|stored| &stored.entity)).await {
            Ok(outlooks) => outlooks,
            Err(error) => {
                tracing::warn!(tenant, "intake: how records stand with PTV cannot be read: {error}");
                return bare(verdicts);
            }
        };
        let ptv = stored.iter().map(|stored| outlooks.of(&stored.as_ref()?.entity));
        verdicts.into_iter().zip(ptv).map(|(verdict, ptv)| Told { ptv, ..Told::from(verdict) }).collect()
    }

    /// The same before anything is written: changes stand behind what waits and behind one another.
    pub(super) async fn foretold(&self, tenant: &str, verdicts: Vec<Verdict>) -> Vec<Told> {
        let Some(worker) = (self.intake.mirrored)(tenant) else { return bare(verdicts) };
        let Ok(outlooks) = worker.outlooks([]).await else { return bare(verdicts) };
        let mut more: BTreeMap<Kind, u64> = BTreeMap::new();
        for kind in verdicts.iter().filter(|verdict| changes(verdict)).filter_map(kind_of) {
            *more.entry(kind).or_default() += 1;
        }
        let told = verdicts.into_iter().map(|verdict| {
            let kind = kind_of(&verdict).filter(|_| changes(&verdict));
            let ptv = kind.and_then(|kind| outlooks.of_new(kind, &more));
            Told { ptv, ..Told::from(verdict) }
        });
        told.collect()
    }
}

fn bare(verdicts: Vec<Verdict>) -> Vec<Told> {
    verdicts.into_iter().map(Told::from).collect()
}

fn changes(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Created | Outcome::Updated)
}

fn kind_of(verdict: &Verdict) -> Option<Kind> {
    Kind::from_laji(verdict.laji.as_deref()?)
}
