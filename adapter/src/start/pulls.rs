//! The pulls of a process: one for each tenant that has a Drupal site, and what the operator asks of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::StartError;
use super::workers::{LONGEST_IDLE, Mirrors, keep_working};
use crate::catalogue::Catalogue;
use crate::config::mapping::{Mapping, Problem};
use crate::config::{Config, Drupal};
use crate::control::OperatorError;
use crate::intake::pull::{MOST_NODES, Mode, PullError, Puller, Settings, Surroundings, unknown_fields};
use crate::lifecycle::Lifecycle;
use crate::model::Master;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::world::World;

/// The pulls by tenant. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Pulls {
    pullers: Arc<BTreeMap<String, Arc<Puller>>>,
}

impl Pulls {
    pub(super) fn start(
        config: &Config,
        store: &Store,
        world: &World,
        catalogue: &Catalogue,
        metrics: &Metrics,
        mirrors: &Mirrors,
    ) -> Result<Pulls, StartError> {
        let mut pullers = BTreeMap::new();
        for tenant in &config.tenants {
            let Some(drupal) = &tenant.drupal else { continue };
            let mirrors = mirrors.clone();
            let around = Surroundings {
                catalogue: catalogue.clone(),
                store: store.clone(),
                world: world.clone(),
                metrics: metrics.clone(),
                wake: Arc::new(move |tenant| mirrors.wake(tenant)),
            };
            let puller = Puller::new(settings(&tenant.code, drupal)?, around)?;
            pullers.insert(tenant.code.clone(), Arc::new(puller));
        }
        Ok(Pulls { pullers: Arc::new(pullers) })
    }

    pub(super) fn run(&self, lifecycle: &Lifecycle) {
        for puller in self.pullers.values() {
            let (puller, soft) = (Arc::clone(puller), lifecycle.stages().soft);
            lifecycle.spawn("pull", async move {
                // A stop does not wait for a site; what was read is read again.
                let never = Notify::new();
                let working = keep_working("pull", &never, &soft, || puller.run_due(), || puller.idle(LONGEST_IDLE));
                tokio::select! {
                    () = working => {}
                    () = soft.cancelled() => {}
                }
                Ok::<(), std::convert::Infallible>(())
            });
        }
    }

    /// Another mapping for a tenant's site, from its next reading on.
    pub(super) fn remap(&self, tenant: &str, mapping: &Arc<Mapping>) {
        if let Some(puller) = self.pullers.get(tenant) {
            puller.remap(Arc::clone(mapping));
        }
    }

    /// Where each site stands, by tenant; empty when no tenant has one.
    pub(super) async fn status(&self) -> Result<serde_json::Map<String, Value>, OperatorError> {
        let mut statuses = serde_json::Map::new();
        for (tenant, puller) in &*self.pullers {
            let status = puller.status().await.map_err(|error| failed(&error))?;
            let status = serde_json::to_value(status).map_err(|error| OperatorError::failed(error.to_string()))?;
            statuses.insert(tenant.clone(), status);
        }
        Ok(statuses)
    }

    /// `catalogue.pull`: the sites of the tenants that are named and have one. One that fails does not keep the others.
    pub(super) async fn pull(&self, tenants: &[String], mode: Mode) -> Result<Value, OperatorError> {
        let mut reports = serde_json::Map::new();
        for tenant in tenants {
            let Some(puller) = self.pullers.get(tenant) else { continue };
            let report = match puller.pull(mode).await {
                Ok(report) => serde_json::to_value(report).map_err(|error| OperatorError::failed(error.to_string()))?,
                Err(error) => json!({ "error": error.to_string() }),
            };
            reports.insert(tenant.clone(), report);
        }
        if reports.is_empty() {
            return Err(OperatorError::usage("no such tenant has a drupal section in the configuration"));
        }
        Ok(reports.into())
    }
}

/// The mapping that a site's configuration names, as far as it is sound.
pub(super) fn mapping(tenant: &str, drupal: &Drupal) -> Result<Mapping, StartError> {
    let wrong = |problems: Vec<Problem>| StartError::Config {
        key: format!("tenants {tenant}: drupal.mapping"),
        reason: problems.into_iter().map(|it| said(drupal, &it)).collect::<Vec<_>>().join("\n"),
    };
    let mapping = Mapping::load(&drupal.mapping).map_err(wrong)?;
    let unknown = unknown_fields(&mapping);
    if unknown.is_empty() { Ok(mapping) } else { Err(wrong(unknown)) }
}

fn settings(tenant: &str, drupal: &Drupal) -> Result<Settings, StartError> {
    let key = |name: &str| format!("tenants {tenant}: drupal.{name}");
    let password = drupal.password_file.read().map_err(|source| StartError::File {
        what: format!("{} {}", key("password_file"), drupal.password_file.path().display()),
        source,
    })?;
    Ok(Settings {
        tenant: tenant.into(),
        url: drupal.url.clone(),
        username: drupal.username.clone(),
        password,
        mapping: Arc::new(mapping(tenant, drupal)?),
        master: Master(drupal.master.as_str().into()),
        interval: drupal.interval.0,
        full_interval: drupal.full_interval.0,
        overlap: drupal.overlap.0,
        page: drupal.page,
        timeout: drupal.timeout.0,
        vanish_percent: drupal.vanish_percent,
        most_nodes: MOST_NODES,
    })
}

fn said(drupal: &Drupal, problem: &Problem) -> String {
    let Problem { line, key, text, act } = problem;
    format!("{}:{line}: {key}: {text}. {act}", drupal.mapping.display())
}

fn failed(error: &PullError) -> OperatorError {
    OperatorError::failed(error.to_string())
}
