//! Step b: PTV is made equal to the catalogue, and our rules are held against the simulator's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use silta_client::catalogue::ListServices;

use super::read::{endless, items, next};
use super::{Job, many};
use crate::control::Command;
use crate::ptv::profile::Profile;
use crate::ptv::reference::Live;
use crate::ptv::worker::Status;
use crate::sandbox::SandboxError;
use crate::sandbox::probe::{Probe, probe, settings};

/// How often is asked how far something has come.
pub(super) const ASK_EVERY: Duration = Duration::from_millis(100);
const PAGE: u16 = 200;
const PAGES: usize = 1_000;
/// Services that are listed one by one.
const LISTED: usize = 5;

impl Job<'_> {
    pub(super) async fn mirror(&mut self) -> Result<(), SandboxError> {
        self.account
            .heading("b  PTV is made equal to it: organisations, channels of all kinds, services, their connections");
        let status = self.ptv_idle().await?;
        self.take_ptv_figures(&status);
        let writes = self.stage.ptv.writes();
        self.account.say(format_args!(
            "PTV took {} POST and PUT: {} created, {} updated, {} written.",
            writes.accepted(),
            many(self.report.ptv.created.try_into().unwrap_or(usize::MAX), "service"),
            status.services_updated,
            many(self.report.ptv.connections.try_into().unwrap_or(usize::MAX), "connection set"),
        ));
        if status.parked > 0 {
            let last = status.last_error.as_deref().unwrap_or("no reason kept");
            self.account.say(format_args!("PTV refused {} for good; the last: {last}", status.parked));
        }
        self.see_what_ptv_holds().await?;
        self.probe().await
    }

    /// Waits until no wish waits. PTV may be down meanwhile: the account says so, the worker repeats.
    pub(super) async fn ptv_idle(&self) -> Result<Status, SandboxError> {
        let mut said = None;
        let mut least = u64::MAX;
        let mut moved = Instant::now();
        loop {
            let status = self.ptv_status().await?;
            if let Some(reason) = &status.stopped {
                return Err(SandboxError::Failed(format!("PTV: {reason}")));
            }
            if status.waiting == 0 {
                return Ok(status);
            }
            if status.last_error != said {
                if let Some(error) = &status.last_error {
                    let waiting = many(usize::try_from(status.waiting).unwrap_or(usize::MAX), "wish");
                    self.account.say(format_args!("PTV: {error}. It is tried again; waiting in the store: {waiting}."));
                }
                said.clone_from(&status.last_error);
            }
            if status.waiting < least {
                (least, moved) = (status.waiting, Instant::now());
            }
            if moved.elapsed() > self.patience {
                let last = status.last_error.as_deref().unwrap_or("none");
                return Err(SandboxError::Failed(format!(
                    "PTV: nothing has moved for {} s and {} changes wait. They are kept in the store and go out when PTV \
                     answers. Last error: {last}",
                    self.patience.as_secs(),
                    status.waiting
                )));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    pub(super) fn take_ptv_figures(&mut self, status: &Status) {
        self.report.ptv.created = status.services_created;
        self.report.ptv.updated = status.services_updated;
        self.report.ptv.connections = status.connections;
    }

    async fn ptv_status(&self) -> Result<Status, SandboxError> {
        let tenant = self.stage.place.tenant;
        let answer = self.control(Command::PtvStatus { tenant: Some(tenant.to_owned()) }).await?;
        // One tenant was asked for; its status stands below its code.
        let status = answer.get(tenant).cloned().unwrap_or(answer);
        serde_json::from_value(status).map_err(SandboxError::failed("ptv.status"))
    }

    /// Which services PTV holds, as X-Road tells it, against what the simulator has.
    async fn see_what_ptv_holds(&mut self) -> Result<(), SandboxError> {
        let dump = self.stage.ptv.dump();
        let entities = dump.get("entities").and_then(Value::as_object);
        let held = |id: &str| entities.is_some_and(|all| all.contains_key(&id.to_lowercase()));
        let mut cursor = None;
        let mut withheld = Vec::new();
        self.in_ptv.clear();
        for page in 0.. {
            if page == PAGES {
                return Err(endless("listServices"));
            }
            let answer =
                self.caller.soap(&ListServices { limit: Some(PAGE), cursor: cursor.clone(), lang: None }).await?;
            for service in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
                let member = |name: &str| service.get(name).and_then(Value::as_str).map(str::to_owned);
                let code = member("code").unwrap_or_default();
                match member("ptvId").filter(|id| held(id)) {
                    Some(id) => self.in_ptv.push((code, id)),
                    None => withheld.push(code),
                }
            }
            cursor = next(&answer);
            if cursor.is_none() || items(&answer) == 0 {
                break;
            }
        }
        self.report.ptv.withheld = withheld.len();
        if !withheld.is_empty() {
            let listed: Vec<&str> = withheld.iter().take(LISTED).map(String::as_str).collect();
            let more = if withheld.len() > LISTED { ", …" } else { "" };
            self.account.say(format_args!(
                "Kept from PTV by our own findings, and served over X-Road all the same: {} ({}{more}).",
                many(withheld.len(), "service"),
                listed.join(", ")
            ));
        }
        let services = entities.into_iter().flatten();
        let services = services.filter(|(_, it)| it.get("kind").and_then(Value::as_str) == Some("Service")).count();
        if services == self.in_ptv.len() {
            return Ok(());
        }
        let told = self.in_ptv.len();
        Err(SandboxError::Failed(format!("PTV holds {services} services and X-Road tells of {told} with PTV's id")))
    }

    /// Offers every service to a throw-away PTV, findings ignored.
    async fn probe(&mut self) -> Result<(), SandboxError> {
        let reference = Live::new(Arc::clone(&self.source.reference));
        let settings = settings(&self.stage.place, Profile::Live2026, reference, false);
        let (view, simulated) = (self.view.clone(), Arc::clone(&self.source.simulated));
        let offered = tokio::task::spawn_blocking(move || probe(&view, &settings, simulated)).await;
        let Probe { probed, unforeseen, overstrict, .. } = offered.map_err(SandboxError::failed("the probe"))?;
        for (code, answer) in unforeseen.iter().take(LISTED) {
            self.account.say(format_args!("  not foreseen: {code}: {answer}"));
        }
        for (code, findings) in overstrict.iter().take(LISTED) {
            self.account.say(format_args!("  too strict: {code}: {}", findings.join("; ")));
        }
        self.account.say(format_args!(
            "Probe: {probed} services offered as they are to a second PTV with rules of its own: {} refused that we had \
             not foreseen, {} taken that we had kept back.",
            unforeseen.len(),
            overstrict.len()
        ));
        let ptv = &mut self.report.ptv;
        (ptv.probed, ptv.unforeseen, ptv.overstrict) = (probed, unforeseen.len(), overstrict.len());
        Ok(())
    }
}
