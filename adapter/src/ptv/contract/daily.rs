//! The daily look at the contract: when it is due, what is told of it, and what a status shows until the next.
//!
//! A tenant's first look comes within half an hour of the first start, each further one a day after the last, by the
//! tenant's code apart from the others'. One process of several takes it. A look that fails is tried again after an hour;
//! it says nothing of the contract, and what was found before stays.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Contract, What};
use crate::ptv::drift::spread_seconds;
use crate::ptv::worker::{Worker, WorkerError, micros};
use crate::store::Commit;
use crate::store::drift::{self, ContractWatch};

const EVERY: Duration = Duration::from_hours(24);
const AFTER_FAILURE: Duration = Duration::from_hours(1);
/// A look that has not ended after so long is another process's to begin anew.
const LEASE: Duration = Duration::from_mins(30);
/// Changes that a status and a log line name.
const NAMED: usize = 10;

/// What the last look found, for the status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Looked {
    /// When PTV answered last; RFC 3339. None before the first answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
    /// Changes of the description and of lists.
    pub changes: usize,
    /// Of those, the ones that make PTV refuse something of ours.
    pub breaking: usize,
    /// The first of the breaking ones, in a few words each.
    pub named: Vec<String>,
    /// Why the last look came to nothing, if so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
}

impl Worker {
    /// Compares PTV's contract with ours when that is due; says whether it did.
    pub async fn contract_due(&self) -> Result<bool, WorkerError> {
        let tenant = &*self.settings().tenant;
        let now = self.world.now_micros();
        let watch = self.contract_watch().await?;
        if now < watch.next_at
            || !drift::claim_contract(&self.store, tenant, watch.next_at, now + micros(LEASE)).await?
        {
            return Ok(false);
        }
        let before: Looked = serde_json::from_str(&watch.found).unwrap_or_default();
        let (found, pause) = match self.contract().await {
            Ok(contract) => {
                let found = Looked { at: Some(self.world.now().to_string()), ..told(&contract) };
                self.tell_contract(&found);
                (found, EVERY)
            }
            Err(error) => {
                tracing::warn!(tenant, "PTV's contract was not compared: {error}");
                (Looked { failure: Some(error.to_string()), ..before }, AFTER_FAILURE)
            }
        };
        let next_at = self.world.now_micros().saturating_add(micros(pause));
        let found = serde_json::to_string(&found).unwrap_or_default();
        self.store.commit(Commit::new().with([drift::looked(tenant, &ContractWatch { next_at, found })])).await?;
        Ok(true)
    }

    /// How long no look at the contract will be due, at most `limit`.
    pub async fn until_contract(&self, limit: Duration) -> Result<Duration, WorkerError> {
        let left = self.contract_watch().await?.next_at.saturating_sub(self.world.now_micros());
        let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
        Ok(left.max(Duration::from_millis(20)).min(limit))
    }

    /// What the last look found; none before the first.
    pub async fn contract_found(&self) -> Result<Option<Looked>, WorkerError> {
        let watch = drift::contract(&self.store, &self.settings().tenant).await?;
        Ok(watch.and_then(|watch| serde_json::from_str(&watch.found).ok()))
    }

    /// The figures of the last look on the metrics page, after a start as before it.
    pub async fn measure_contract(&self) -> Result<(), WorkerError> {
        if let Some(found) = self.contract_found().await? {
            self.count_contract(&found);
        }
        Ok(())
    }

    /// When the next look is; the first is planned here.
    async fn contract_watch(&self) -> Result<ContractWatch, WorkerError> {
        let tenant = &*self.settings().tenant;
        if let Some(watch) = drift::contract(&self.store, tenant).await? {
            return Ok(watch);
        }
        let spread = Duration::from_secs(spread_seconds(tenant));
        let first = ContractWatch { next_at: self.world.now_micros() + micros(spread), found: String::new() };
        self.store.commit(Commit::new().with([drift::looked(tenant, &first)])).await?;
        Ok(first)
    }

    fn tell_contract(&self, found: &Looked) {
        let tenant = &*self.settings().tenant;
        self.count_contract(found);
        let Looked { changes, breaking, named, .. } = found;
        if *breaking > 0 {
            let named = named.join("; ");
            tracing::warn!(
                tenant,
                breaking,
                changes,
                "PTV has changed what it takes: {named}. `silta ptv contract` shows all"
            );
        } else {
            tracing::info!(tenant, changes, "PTV's contract was compared");
        }
    }

    fn count_contract(&self, found: &Looked) {
        let Some(metrics) = &self.watched.metrics() else { return };
        let at = found.at.as_deref().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        metrics.ptv_contract(&self.settings().tenant, found.breaking, at.map(jiff::Timestamp::as_second));
    }
}

fn told(contract: &Contract) -> Looked {
    let properties = contract.properties.iter().map(|change| {
        let what = match change.what {
            What::Gone => "is gone".to_owned(),
            What::Required => "is demanded".to_owned(),
            What::Length => format!("may have {} characters", change.now.unwrap_or_default()),
        };
        let breaks = change.affected.count > 0 || change.what == What::Required;
        (breaks, format!("{} {} {what} ({} records)", change.object, change.property, change.affected.count))
    });
    let lists = contract.lists.iter().map(|change| {
        let text =
            format!("{}: {} codes are gone ({} records)", change.list, change.removed_count, change.affected.count);
        (change.affected.count > 0, text)
    });
    let all: Vec<(bool, String)> = properties.chain(lists).collect();
    let breaking: Vec<String> = all.iter().filter(|(breaks, _)| *breaks).map(|(_, text)| text.clone()).collect();
    Looked {
        changes: all.len(),
        breaking: breaking.len(),
        named: breaking.into_iter().take(NAMED).collect(),
        ..Looked::default()
    }
}
