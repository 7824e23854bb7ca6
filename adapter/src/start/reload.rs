//! Reading again what may change while the process runs: who may call, which certificates are trusted, and our own; and how
//! the nodes of a Drupal site become records.
//!
//! Everything is read and judged first, then the evidence is committed, and only then it comes into force: one tenant
//! after the other, each as a whole. Whatever fails leaves everything as it was. A running process never gets other
//! addresses, limits, tenants or accounts; what else has changed in the file waits for the next start, and is said.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::StartError;
use super::pulls::Pulls;
use super::settings::{Reloadable, TenantPart};
use crate::config::Config;
use crate::config::check::{Refused, checked};
use crate::exchange::Door;
use crate::intake::IntakeTenant;
use crate::listen::Gate;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::{Commit, CommitError, Store};
use crate::telemetry::Metrics;

/// The parts that take what was read.
pub(super) struct Reloader {
    /// The file that is read again; none when the configuration was made in code.
    pub(super) file: Option<PathBuf>,
    pub(super) xroad: Option<Arc<Gate>>,
    pub(super) intake: Option<Arc<Gate>>,
    pub(super) door: Arc<Door>,
    pub(super) systems: Arc<ArcSwap<Vec<IntakeTenant>>>,
    pub(super) store: Store,
    pub(super) pulls: Pulls,
    pub(super) metrics: Metrics,
    pub(super) in_force: Mutex<InForce>,
}

/// What the running process goes by. One reload at a time changes it.
pub(super) struct InForce {
    pub(super) config: Arc<Config>,
    pub(super) parts: Reloadable,
}

/// Why nothing was reloaded. Ours; what was in force still is.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error(transparent)]
    File(#[from] Refused),
    #[error(transparent)]
    Part(#[from] StartError),
    /// Nothing changes that the message log does not know.
    #[error("the change could not be logged: {0}")]
    NotLogged(#[from] CommitError),
    #[error("{0} can only be given or taken away with a restart")]
    NeedsRestart(&'static str),
    #[error("the files could not be read: {0}")]
    Interrupted(tokio::task::JoinError),
}

impl Reloader {
    /// Reads the configuration file and the files that it names. Says what changed, one line each.
    pub(super) async fn reload(&self) -> Result<Vec<String>, ReloadError> {
        let mut now = self.in_force.lock().await;
        let outcome = match self.configuration(&now.config).await {
            Ok(config) => self.apply(&mut now, config).await,
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(changes) if changes.is_empty() => tracing::info!("everything was read again; nothing has changed"),
            Ok(changes) => tracing::info!(changes = changes.join("; "), "what was read again is in force"),
            Err(error) => tracing::error!("nothing was reloaded: {error}"),
        }
        self.metrics.reload(if outcome.is_ok() { "ok" } else { "failed" });
        outcome
    }

    /// Looks at the files of certificates, keys and pins every `every` until the soft stage. A complaint that stays the
    /// same is made once: a pair of files is replaced one after the other.
    pub(super) async fn watch(&self, every: Duration, soft: CancellationToken) {
        let mut complaint = String::new();
        while soft.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            let mut now = self.in_force.lock().await;
            let config = Arc::clone(&now.config);
            match self.apply(&mut now, config).await {
                Ok(changes) => {
                    complaint.clear();
                    if !changes.is_empty() {
                        tracing::info!(changes = changes.join("; "), "files have changed; what they say is in force");
                        self.metrics.reload("ok");
                    }
                }
                Err(error) if error.to_string() != complaint => {
                    complaint = error.to_string();
                    tracing::warn!("files have changed and nothing of it is in force: {complaint}");
                    self.metrics.reload("failed");
                }
                Err(_) => {}
            }
        }
    }

    async fn configuration(&self, now: &Arc<Config>) -> Result<Arc<Config>, ReloadError> {
        let Some(file) = self.file.clone() else { return Ok(Arc::clone(now)) };
        // By the same check as a start: what is in force must start again, too.
        let read = tokio::task::spawn_blocking(move || checked(&file)).await.map_err(ReloadError::Interrupted)?;
        let (config, warnings) = read?;
        for warning in &warnings {
            tracing::warn!(%warning, "configuration");
        }
        if fixed(&config) != fixed(now) {
            tracing::warn!("other parts of the configuration have changed, too; they wait for the next start");
        }
        // What is not read again keeps the value that the process runs with.
        let mut next = Config::clone(now);
        next.xroad.certificate.clone_from(&config.xroad.certificate);
        next.xroad.key.clone_from(&config.xroad.key);
        next.intake.certificate.clone_from(&config.intake.certificate);
        next.intake.key.clone_from(&config.intake.key);
        for tenant in &mut next.tenants {
            // A tenant that the file names no more is one that nobody may call.
            let given = config.tenant(&tenant.code).cloned().unwrap_or_default();
            (tenant.pins, tenant.access, tenant.intake_keys) = (given.pins, given.access, given.intake_keys);
            (tenant.compat_readers, tenant.compat_field_map) = (given.compat_readers, given.compat_field_map);
            if let (Some(site), Some(given)) = (&mut tenant.drupal, given.drupal) {
                site.mapping = given.mapping;
            }
        }
        Ok(Arc::new(next))
    }

    async fn apply(&self, now: &mut InForce, config: Arc<Config>) -> Result<Vec<String>, ReloadError> {
        let begun = self.store.world().now();
        let read = Arc::clone(&config);
        let parts = tokio::task::spawn_blocking(move || Reloadable::read(&read)).await;
        let parts = parts.map_err(ReloadError::Interrupted)??;
        for (what, old, new) in [
            ("xroad.certificate", now.parts.xroad.is_some(), parts.xroad.is_some()),
            ("intake.certificate", now.parts.intake.is_some(), parts.intake.is_some()),
        ] {
            if old != new {
                return Err(ReloadError::NeedsRestart(what));
            }
        }
        let changes = changes(&now.parts, &parts);
        if !changes.is_empty() {
            let prepared =
                [(&self.xroad, &parts.xroad, parts.pins()), (&self.intake, &parts.intake, parts.intake_pins())]
                    .into_iter()
                    .filter_map(|(gate, identity, pins)| Some(gate.as_ref()?.prepare(identity.clone()?, pins)))
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(StartError::Tls)?;
            let acts = changes.iter().map(|change| change.act(begun, self.store.world().now()));
            self.store.commit(Commit { statements: Vec::new(), evidence: acts.collect() }).await?;
            for gate in prepared {
                gate.put();
            }
            for (code, part) in &parts.tenants {
                if now.parts.tenants.get(code) != Some(part) {
                    self.door.replace(code, part.pins.clone(), part.access.clone());
                }
            }
            self.systems.store(Arc::new(parts.intake_tenants()));
            for (code, part) in &parts.tenants {
                let known = now.parts.tenants.get(code).and_then(|part| part.mapping.as_ref());
                if let Some(mapping) = part.mapping.as_ref().filter(|mapping| known != Some(*mapping)) {
                    self.pulls.remap(code, mapping);
                }
            }
        }
        *now = InForce { config, parts };
        Ok(changes.iter().map(Change::to_string).collect())
    }
}

/// The part of a configuration that only a start reads.
fn fixed(config: &Config) -> Config {
    let mut fixed = config.clone();
    for path in
        [&mut fixed.xroad.certificate, &mut fixed.xroad.key, &mut fixed.intake.certificate, &mut fixed.intake.key]
    {
        *path = None;
    }
    for tenant in &mut fixed.tenants {
        (tenant.pins, tenant.access, tenant.intake_keys) = (Vec::new(), Vec::new(), Vec::new());
        (tenant.compat_readers, tenant.compat_field_map) = (Vec::new(), None);
        if let Some(site) = &mut tenant.drupal {
            site.mapping = PathBuf::new();
        }
    }
    fixed
}

/// One thing that a reload changes: a tenant's part, or a certificate of ours.
struct Change {
    /// Empty for the installation itself.
    tenant: String,
    /// What it is about, in the words of the record.
    subject: String,
}

impl Change {
    fn act(&self, begun: Timestamp, done: Timestamp) -> EvidenceDraft {
        let mut act = EvidenceDraft::new(RecordKind::Act, self.tenant.as_str(), begun, done);
        act.operation = Some("reload".to_owned());
        act.subject = Some(self.subject.clone());
        act.actor = Some("system".to_owned());
        act.outcome = Some("in force".to_owned());
        act
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.tenant.is_empty() { f.write_str(&self.subject) } else { write!(f, "{}: {}", self.tenant, self.subject) }
    }
}

fn changes(old: &Reloadable, new: &Reloadable) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, old, new) in [("xroad", &old.xroad, &new.xroad), ("intake", &old.intake, &new.intake)] {
        if let Some(new) = new.as_ref().filter(|new| old.as_ref() != Some(*new)) {
            changes.push(Change { tenant: String::new(), subject: format!("{name}.certificate {}", new.pin()) });
        }
    }
    let none = TenantPart::default();
    let codes: BTreeMap<_, _> = new.tenants.iter().collect();
    for (code, new) in codes {
        let old = old.tenants.get(code).unwrap_or(&none);
        let parts = [
            counted("pins", &old.pins.iter().collect::<Vec<_>>(), &new.pins.iter().collect::<Vec<_>>()),
            counted("access", &old.access.iter().collect::<Vec<_>>(), &new.access.iter().collect::<Vec<_>>()),
            counted("systems", &old.systems.iter().collect::<Vec<_>>(), &new.systems.iter().collect::<Vec<_>>()),
            counted("compat readers", &old.readers.iter().collect::<Vec<_>>(), &new.readers.iter().collect::<Vec<_>>()),
        ];
        let names = (old.field_map != new.field_map).then(|| "compat field map".to_owned());
        let mapping = (old.mapping != new.mapping).then(|| "drupal mapping".to_owned());
        let parts: Vec<String> = parts.into_iter().flatten().chain(names).chain(mapping).collect();
        if !parts.is_empty() {
            changes.push(Change { tenant: code.to_string(), subject: parts.join(", ") });
        }
    }
    changes
}

/// `pins +1 -2`; none when nothing changed. An order that changes alone changes nothing.
fn counted<T: PartialEq>(name: &str, old: &[T], new: &[T]) -> Option<String> {
    let added = new.iter().filter(|it| !old.contains(it)).count();
    let removed = old.iter().filter(|it| !new.contains(it)).count();
    (added + removed > 0).then(|| format!("{name} +{added} -{removed}"))
}
