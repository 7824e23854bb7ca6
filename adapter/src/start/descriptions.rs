//! General descriptions while the process runs: when PTV is asked for them, who gets a new list, and what the operator asks.
//!
//! Tenants at one address of PTV share one list and one reading of it. A new list is in use first, then the services that
//! build on what has changed are wanted anew, and only then it is kept: if the process ends between, the next one reads the
//! same changes again.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::StartError;
use super::workers::Mirrors;
use crate::catalogue::Catalogue;
use crate::catalogue::descriptions::Descriptions as Matched;
use crate::config::{Config, DescriptionsFrom};
use crate::control::OperatorError;
use crate::lifecycle::Lifecycle;
use crate::ptv::descriptions::{Descriptions, DescriptionsError};
use crate::ptv::reference::Live;
use crate::store::Store;
use crate::world::World;

/// Another process may have read a newer list: the store is looked at this often.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// The general descriptions of every PTV that the process speaks with. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct DescriptionsDesk {
    places: Arc<Vec<Place>>,
}

/// One address of PTV.
struct Place {
    kept: Descriptions,
    tenants: Vec<String>,
    mirrors: Mirrors,
    catalogue: Catalogue,
    /// One reading at a time.
    turn: Mutex<()>,
    /// As it is in use; none while the lists of the folders are.
    list: RwLock<Option<Arc<Value>>>,
}

/// Why a new list is not in use.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Reading(#[from] DescriptionsError),
    #[error(transparent)]
    Wishing(#[from] crate::ptv::worker::WorkerError),
    #[error("the work ended early: {0}")]
    Ended(#[from] tokio::task::JoinError),
}

impl DescriptionsDesk {
    /// Takes what the store holds into use, in the place of what the folders say.
    pub(super) async fn start(
        config: &Config,
        store: &Store,
        world: &World,
        catalogue: &Catalogue,
        mirrors: &Mirrors,
    ) -> Result<DescriptionsDesk, StartError> {
        if config.vocabulary.descriptions == DescriptionsFrom::Folder {
            return Ok(DescriptionsDesk::default());
        }
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for code in mirrors.tenants() {
            let Some(worker) = mirrors.worker(code) else { continue };
            let settings = worker.settings();
            if let Some(place) = places.get_mut(settings.url.trim_end_matches('/')) {
                place.tenants.push(code.to_owned());
                continue;
            }
            let refresh = config.vocabulary.descriptions_refresh.0;
            let place = Place {
                kept: Descriptions::new(settings, refresh, store.clone(), world.clone())?,
                tenants: vec![code.to_owned()],
                mirrors: mirrors.clone(),
                catalogue: catalogue.clone(),
                turn: Mutex::new(()),
                list: RwLock::new(None),
            };
            places.insert(settings.url.trim_end_matches('/').to_owned(), place);
        }
        let places: Vec<Place> = places.into_values().collect();
        for place in &places {
            // What was in use before the stop was compared with PTV then.
            let loaded = match place.kept.newer().await {
                Ok(Some(list)) => place.take_up(list, false).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = loaded {
                tracing::error!("the kept general descriptions cannot be used: {error}");
            }
        }
        Ok(DescriptionsDesk { places: Arc::new(places) })
    }

    /// Asks each PTV whenever that is due, until the soft stage.
    pub(super) fn run(&self, lifecycle: &Lifecycle) {
        for number in 0..self.places.len() {
            let (places, soft) = (Arc::clone(&self.places), lifecycle.stages().soft);
            lifecycle.spawn("general descriptions", async move {
                let Some(place) = places.get(number) else { return Ok::<(), Infallible>(()) };
                while !soft.is_cancelled() {
                    // A stop does not wait for PTV; what was read is read again.
                    let Some(wait) = soft.run_until_cancelled(place.turn()).await else { break };
                    let pause = tokio::time::sleep(wait.clamp(SHORTEST_SLEEP, LONGEST_SLEEP));
                    soft.run_until_cancelled(pause).await;
                }
                Ok(())
            });
        }
    }

    /// How they stand at a tenant's PTV; none where the folder counts, or before the first reading.
    pub(super) async fn status(&self, tenant: &str) -> Result<Option<Value>, OperatorError> {
        let Some(place) = self.place(tenant) else { return Ok(None) };
        place.kept.status().await.map_err(|error| OperatorError::failed(error.to_string()))
    }

    /// `ptv.descriptions`.
    pub(super) async fn show(&self, tenant: &str, refresh: bool, loss: bool) -> Result<Value, OperatorError> {
        let Some(place) = self.place(tenant) else {
            let text =
                "general descriptions come from the folder: vocabulary.descriptions says so, or the tenant has no PTV";
            return Err(OperatorError::usage(text));
        };
        let mut outcome = None;
        if refresh || loss {
            let failed = |error: Failed| OperatorError::failed(format!("{error}. What was kept stays in use"));
            outcome = Some(place.refresh(loss).await.map_err(failed)?);
        }
        let mut status = self.status(tenant).await?.unwrap_or_else(|| json!({}));
        if let (Some(members), Some(changed)) = (status.as_object_mut(), outcome) {
            members.insert("changed".into(), changed.into());
        }
        Ok(status)
    }

    /// The list that is in use for a tenant, where it came from PTV.
    pub(super) fn list(&self, tenant: &str) -> Option<Arc<Value>> {
        self.place(tenant)?.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn place(&self, tenant: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.tenants.iter().any(|code| code == tenant))
    }
}

impl Place {
    /// Does what is due, and says how long nothing will be.
    async fn turn(&self) -> Duration {
        let taken = match self.kept.newer().await {
            Ok(Some(list)) => self.take_up(list, true).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = taken {
            tracing::error!("general descriptions that another process has read cannot be used: {error}");
        }
        match self.kept.due().await {
            Ok(wait) if wait.is_zero() => match self.refresh(false).await {
                Ok(_) => self.kept.due().await.unwrap_or(LONGEST_SLEEP),
                Err(error) => {
                    let tenants = self.tenants.join(", ");
                    tracing::warn!(%tenants, "general descriptions were not read, the old ones stay: {error}");
                    LONGEST_SLEEP
                }
            },
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!("the state of the general descriptions cannot be read: {error}");
                LONGEST_SLEEP
            }
        }
    }

    /// Asks PTV now; says how many descriptions are new, other or gone.
    async fn refresh(&self, loss: bool) -> Result<usize, Failed> {
        let _turn = self.turn.lock().await;
        let fresh = self.kept.read(loss).await?;
        if !fresh.changed.is_empty() {
            self.take_up(fresh.list.clone(), true).await?;
        }
        self.kept.keep(&fresh).await?;
        Ok(fresh.changed.len())
    }

    /// From now on rules, map, suggestions and reports go by this list. With `wish`, services that build on what has changed
    /// are compared with PTV again.
    async fn take_up(&self, list: Value, wish: bool) -> Result<(), Failed> {
        let list = Arc::new(list);
        let workers: Vec<_> = self.tenants.iter().filter_map(|code| self.mirrors.worker(code)).cloned().collect();
        let mut live: Vec<Live> = Vec::new();
        for worker in &workers {
            let reference = &worker.settings().reference;
            if !live.iter().any(|known| known.is(reference)) {
                live.push(reference.clone());
            }
        }
        let newer = self.tenants.iter().filter_map(|code| {
            let view = self.catalogue.view(code)?;
            Some((code.clone(), Arc::clone(view.class_map().newer())))
        });
        let newer: Vec<_> = newer.collect();
        let (read, catalogue) = (Arc::clone(&list), self.catalogue.clone());
        // Reading megabytes takes a processor for a while; it must not hold up the runtime.
        let changed = tokio::task::spawn_blocking(move || {
            let mut matched: Vec<(_, Arc<Matched>)> = Vec::new();
            for (code, newer) in newer {
                let known = matched.iter().find(|(of, _)| Arc::ptr_eq(of, &newer)).map(|(_, known)| Arc::clone(known));
                let descriptions = known.unwrap_or_else(|| {
                    let descriptions = Arc::new(Matched::read(&read, &newer));
                    matched.push((newer, Arc::clone(&descriptions)));
                    descriptions
                });
                catalogue.set_descriptions(&code, descriptions);
            }
            live.iter().flat_map(|live| live.describe(&read)).collect::<BTreeSet<String>>()
        });
        let changed = changed.await?;
        let count = list.as_array().map_or(0, Vec::len);
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Some(list);
        let tenants = self.tenants.join(", ");
        tracing::info!(%tenants, count, changed = changed.len(), "general descriptions of PTV are in use");
        if wish && !changed.is_empty() {
            for worker in workers {
                if worker.described_anew(&changed).await? > 0 {
                    self.mirrors.wake(&worker.settings().tenant);
                }
            }
        }
        Ok(())
    }
}
