//! The background of a process: one PTV worker and one Viestit worker for each tenant that has an account.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Extras, StartError};
use crate::catalogue::Catalogue;
use crate::config::{
    self, Config, Ptv, PtvApply, PtvContent, PtvHours, PtvOnEdit, PtvPolicy, PtvUserInstruction, PtvVersion, Tenant,
    UploadReuse,
};
use crate::exchange::Guids;
use crate::lifecycle::Lifecycle;
use crate::model::letter::{CostPool, LengthUnit};
use crate::model::{EntityKey, Lang};
use crate::ptv::drift::{Care, OnEdit};
use crate::ptv::map::Scope;
use crate::ptv::profile::Profile;
use crate::ptv::reference::{Live, Reference};
use crate::ptv::worker::Worker as PtvWorker;
use crate::ptv::{Choices, Gateway, Version, Versions};
use crate::store::Store;
use crate::telemetry::{LETTERS_PARKED, LETTERS_STOPPED, Metrics};
use crate::viestit;
use crate::world::World;

/// Nothing sleeps longer than this without looking again.
pub(super) const LONGEST_IDLE: Duration = Duration::from_secs(30);
/// How often letters are counted.
const FIGURES: Duration = Duration::from_secs(15);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A worker for each tenant that has one, and what wakes it.
type Workers<W> = Arc<BTreeMap<String, (Arc<W>, Arc<Notify>)>>;

/// The PTV workers by tenant. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Mirrors {
    workers: Workers<PtvWorker>,
}

impl Mirrors {
    pub(super) async fn start(
        config: &Config,
        extras: &Extras,
        store: &Store,
        world: &World,
        catalogue: &Catalogue,
        metrics: &Metrics,
    ) -> Result<Mirrors, StartError> {
        let mut workers = BTreeMap::new();
        let mut lists = Lists::new();
        for tenant in &config.tenants {
            let Some(settings) = ptv_settings(tenant, extras, &mut lists)? else { continue };
            let care = tenant.ptv.as_ref().map(ptv_care).unwrap_or_default();
            let (catalogue, code) = (catalogue.clone(), tenant.code.clone());
            let views = Arc::new(move || catalogue.view(&code).unwrap_or_default());
            let worker = PtvWorker::new(settings, store.clone(), world.clone(), views).await?;
            let worker = worker.with_care(care, Some(metrics.clone()));
            workers.insert(tenant.code.clone(), (Arc::new(worker), Arc::new(Notify::new())));
        }
        Ok(Mirrors { workers: Arc::new(workers) })
    }

    pub(super) fn worker(&self, tenant: &str) -> Option<&Arc<PtvWorker>> {
        self.workers.get(tenant).map(|(worker, _)| worker)
    }

    pub(super) fn tenants(&self) -> impl Iterator<Item = &str> {
        self.workers.keys().map(String::as_str)
    }

    /// Mirrors of this tenant are due.
    pub(super) fn wake(&self, tenant: &str) {
        if let Some((_, notify)) = self.workers.get(tenant) {
            notify.notify_one();
        }
    }

    /// Puts the figures of the workers on the metrics page.
    pub(super) fn measure(&self, metrics: &Metrics) {
        for (tenant, (worker, _)) in &*self.workers {
            metrics.removals_held(tenant, worker.held());
        }
    }

    pub(super) fn guids(&self, tenant: &str) -> Option<Arc<dyn Guids>> {
        let worker = Arc::clone(self.worker(tenant)?);
        Some(Arc::new(WorkerGuids(worker)))
    }

    pub(super) fn run(&self, lifecycle: &Lifecycle) {
        for (worker, notify) in self.workers.values() {
            if worker.care().contract_watch {
                watch_contract(Arc::clone(worker), lifecycle);
            }
            let (worker, notify, soft) = (Arc::clone(worker), Arc::clone(notify), lifecycle.stages().soft);
            let (watching, woken, stop) = (Arc::clone(&worker), Arc::clone(&notify), soft.clone());
            lifecycle.spawn("ptv", async move {
                keep_working("PTV", &notify, &soft, || worker.run_due(), || worker.idle(LONGEST_IDLE)).await;
                Ok::<(), std::convert::Infallible>(())
            });
            lifecycle.spawn("ptv-watch", async move {
                let never = Notify::new();
                let look = || async {
                    let looked = watching.reconcile_due().await;
                    // What is to be sent again is due now.
                    if matches!(looked, Ok(true)) {
                        woken.notify_one();
                    }
                    looked
                };
                let working = keep_working("PTV watch", &never, &stop, look, || watching.until_reconcile(LONGEST_IDLE));
                // A stop does not wait for a look; the next one begins anew.
                tokio::select! {
                    () = working => {}
                    () = stop.cancelled() => {}
                }
                Ok::<(), std::convert::Infallible>(())
            });
        }
    }
}

/// Compares PTV's contract each day, until the soft stage; a stop does not wait for PTV.
fn watch_contract(worker: Arc<PtvWorker>, lifecycle: &Lifecycle) {
    let soft = lifecycle.stages().soft;
    lifecycle.spawn("ptv-contract", async move {
        if let Err(error) = worker.measure_contract().await {
            tracing::error!("what is known of PTV's contract cannot be read: {error}");
        }
        let never = Notify::new();
        let look = || worker.contract_due();
        let working = keep_working("PTV contract", &never, &soft, look, || worker.until_contract(LONGEST_IDLE));
        tokio::select! {
            () = working => {}
            () = soft.cancelled() => {}
        }
        Ok::<(), std::convert::Infallible>(())
    });
}

struct WorkerGuids(Arc<PtvWorker>);

impl Guids for WorkerGuids {
    fn guid(&self, key: &EntityKey) -> Option<String> {
        self.0.twins().guid(key)
    }

    fn generation(&self) -> u64 {
        self.0.twins().generation()
    }
}

fn ptv_care(ptv: &Ptv) -> Care {
    Care {
        reconcile_at: ptv.reconcile_at.0,
        on_edit: match ptv.on_edit {
            PtvOnEdit::CmsWins => OnEdit::CmsWins,
            PtvOnEdit::PtvWins => OnEdit::PtvWins,
            PtvOnEdit::Ask => OnEdit::Ask,
        },
        report_only: ptv.policy == PtvPolicy::Report,
        touch_before_expiry: ptv.touch_before_expiry,
        contract_watch: ptv.contract_watch,
    }
}

/// Reference data by folder and by the address of PTV: tenants that have both in common share them.
type Lists = BTreeMap<(Option<PathBuf>, String), Live>;

fn ptv_settings(
    tenant: &Tenant,
    extras: &Extras,
    lists: &mut Lists,
) -> Result<Option<crate::ptv::Settings>, StartError> {
    let Some(ptv) = tenant.ptv.as_ref().filter(|ptv| ptv.policy != PtvPolicy::Off) else { return Ok(None) };
    let key = |name: &str| format!("tenants {}: ptv.{name}", tenant.code);
    let place = (ptv.reference_dir.clone(), ptv.url.trim_end_matches('/').to_owned());
    let reference = match (lists.get(&place), &ptv.reference_dir, &extras.ptv_reference) {
        (Some(known), _, _) => known.clone(),
        (None, Some(dir), _) => Live::new(Arc::new(Reference::from_dir(dir)?)),
        (None, None, Some(reference)) => Live::new(Arc::clone(reference)),
        (None, None, None) => {
            return Err(StartError::Config {
                key: key("reference_dir"),
                reason: "is needed: give a folder with PTV's code lists and general descriptions".into(),
            });
        }
    };
    lists.insert(place, reference.clone());
    let profile = Profile::from_word(&ptv.profile)
        .ok_or_else(|| StartError::Config { key: key("profile"), reason: "must be live-2026 or source-3.4".into() })?;
    let password = ptv.password_file.read().map_err(|source| StartError::File {
        what: format!("{} {}", key("password_file"), ptv.password_file.path().display()),
        source,
    })?;
    Ok(Some(crate::ptv::Settings {
        tenant: tenant.code.as_str().into(),
        municipality: tenant.municipality.clone().unwrap_or_default(),
        organisation: ptv.organisation_id.clone(),
        organisation_languages: tenant.languages.iter().filter_map(|code| Lang::from_code(code)).collect(),
        profile,
        url: ptv.url.clone(),
        login_url: ptv.login_url.clone(),
        username: ptv.username.clone(),
        password,
        pace_per_second: ptv.pace_per_second,
        asked_only: ptv.apply == PtvApply::Asked,
        stop_loss_percent: ptv.stop_loss_percent,
        reference,
        scope: match ptv.content {
            PtvContent::All => Scope::All,
            PtvContent::Statutory => Scope::Statutory,
        },
        instruction_required: ptv.user_instruction == PtvUserInstruction::Required,
        versions: ptv_versions(tenant, ptv)?,
    }))
}

fn ptv_versions(tenant: &Tenant, ptv: &Ptv) -> Result<Versions, StartError> {
    let version = |version| match version {
        PtvVersion::V11 => Version::V11,
        PtvVersion::V12 => Version::V12,
    };
    let gateway = match &ptv.v12 {
        None => None,
        Some(v12) => {
            let key = v12.key_file.read().map_err(|source| StartError::File {
                what: format!("tenants {}: ptv.v12.key_file {}", tenant.code, v12.key_file.path().display()),
                source,
            })?;
            Some(Gateway {
                url: v12.url.clone(),
                key,
                lag: SignedDuration::try_from(v12.lag.0).unwrap_or(SignedDuration::from_hours(2)),
                choices: Choices {
                    writes: v12.writes,
                    inline: v12.inline,
                    dash_for_number: v12.dash_for_number,
                    business_id: v12.business_id.clone(),
                    refuse_for_hours: v12.hours == PtvHours::Refuse,
                },
            })
        }
    };
    Ok(Versions { read: version(ptv.read), write: version(ptv.write), shadow: ptv.shadow, gateway })
}

/// The Viestit workers by tenant. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Letterbox {
    workers: Workers<viestit::Worker>,
    accounts: Arc<[Arc<viestit::Account>]>,
    /// One for each account.
    feeds: Arc<[Arc<viestit::Feed>]>,
    webhooks: Option<Arc<viestit::Webhooks>>,
}

impl Letterbox {
    pub(super) fn start(
        config: &Config,
        extras: &Extras,
        store: &Store,
        world: &World,
        metrics: &Metrics,
    ) -> Result<Letterbox, StartError> {
        let mut accounts: BTreeMap<(String, String), Vec<Arc<viestit::Settings>>> = BTreeMap::new();
        for tenant in &config.tenants {
            let Some(settings) = letter_settings(config, tenant, extras)? else { continue };
            let place = (settings.url.trim_end_matches('/').to_owned(), settings.username.clone());
            accounts.entry(place).or_default().push(Arc::new(settings));
        }
        let (mut workers, mut rotating, mut feeds) = (BTreeMap::new(), Vec::new(), Vec::new());
        for sharing in accounts.into_values() {
            let Some((first, others)) = sharing.split_first() else { continue };
            for other in others {
                if other.password.expose_secret() != first.password.expose_secret() {
                    return Err(StartError::Config {
                        key: format!("tenants {}: viestit.password_file", other.tenant),
                        reason: format!("tenant {} has the same account with another password", first.tenant),
                    });
                }
            }
            let others: Vec<&viestit::Settings> = others.iter().map(AsRef::as_ref).collect();
            let account = Arc::new(viestit::Account::new(first, &others, store, world)?);
            rotating.push(Arc::clone(&account));
            for settings in &sharing {
                let account = Arc::clone(&account);
                let worker = viestit::Worker::new(Arc::clone(settings), account, store.clone(), world.clone())?;
                workers.insert(settings.tenant.to_string(), (Arc::new(worker), Arc::new(Notify::new())));
            }
            let feed = viestit::Feed::new(account, sharing, store.clone(), world.clone(), metrics.clone())?;
            feeds.push(Arc::new(feed));
        }
        let webhooks = viestit::Webhooks::new(hooks(config)?, store.clone(), world.clone(), metrics.clone())?;
        let webhooks = (!webhooks.is_empty()).then(|| Arc::new(webhooks));
        Ok(Letterbox { workers: Arc::new(workers), accounts: rotating.into(), feeds: feeds.into(), webhooks })
    }

    /// By which account each tenant asks who has a mailbox.
    pub(super) fn mailboxes(&self, metrics: &Metrics) -> viestit::Mailboxes {
        let accounts = self.accounts.iter();
        let by_tenant = accounts
            .flat_map(|account| account.tenants().iter().map(|tenant| (Arc::clone(tenant), Arc::clone(account))));
        viestit::Mailboxes::new(by_tenant, metrics.clone())
    }

    pub(super) fn settings(&self) -> Vec<Arc<viestit::Settings>> {
        self.workers.values().map(|(worker, _)| worker.settings().clone()).collect()
    }

    pub(super) fn worker(&self, tenant: &str) -> Option<&Arc<viestit::Worker>> {
        self.workers.get(tenant).map(|(worker, _)| worker)
    }

    /// The reader of a tenant's event feed.
    pub(super) fn feed(&self, tenant: &str) -> Option<&Arc<viestit::Feed>> {
        self.feeds.iter().find(|feed| feed.serves(tenant))
    }

    /// How the webhooks of a tenant stand.
    pub(super) async fn hooks(&self, tenant: &str) -> Result<Vec<viestit::HookStatus>, viestit::WorkerError> {
        match &self.webhooks {
            Some(webhooks) => webhooks.status(tenant).await,
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn waker(&self) -> Arc<dyn Fn(&str) + Send + Sync> {
        let workers = Arc::clone(&self.workers);
        Arc::new(move |tenant| {
            if let Some((_, notify)) = workers.get(tenant) {
                notify.notify_one();
            }
        })
    }

    /// Counts letters by state for the metrics page, and raises the alarms about them, until the soft stage.
    fn measure(&self, lifecycle: &Lifecycle, metrics: &Metrics) {
        let (workers, metrics, soft) = (Arc::clone(&self.workers), metrics.clone(), lifecycle.stages().soft);
        lifecycle.spawn("viestit-figures", async move {
            loop {
                let (mut parked, mut stopped) = (false, false);
                for (tenant, (worker, _)) in &*workers {
                    match worker.status().await {
                        Ok(status) => {
                            for (state, count) in status.counts() {
                                metrics.letters(tenant, state, count);
                            }
                            parked |= status.parked > 0;
                            stopped |= status.stopped.is_some();
                        }
                        Err(error) => tracing::warn!(%tenant, "letters cannot be counted: {error}"),
                    }
                }
                metrics.alarm(LETTERS_PARKED, parked);
                metrics.alarm(LETTERS_STOPPED, stopped);
                if soft.run_until_cancelled(tokio::time::sleep(FIGURES)).await.is_none() {
                    return Ok::<(), std::convert::Infallible>(());
                }
            }
        });
    }

    pub(super) fn run(&self, lifecycle: &Lifecycle, metrics: &Metrics) {
        if !self.workers.is_empty() {
            self.measure(lifecycle, metrics);
        }
        for account in &*self.accounts {
            let (account, soft) = (Arc::clone(account), lifecycle.stages().soft);
            lifecycle.spawn("viestit-password", async move {
                let never = Notify::new();
                let idle = || async { Ok(account.until_rotation(LONGEST_IDLE).await) };
                keep_working("Viestit password", &never, &soft, || account.rotate_due(), idle).await;
                Ok::<(), std::convert::Infallible>(())
            });
        }
        for (worker, notify) in self.workers.values() {
            let (worker, notify, soft) = (Arc::clone(worker), Arc::clone(notify), lifecycle.stages().soft);
            lifecycle.spawn("viestit", async move {
                let run = || worker.run_due_until(&soft);
                keep_working("Viestit", &notify, &soft, run, || worker.idle(LONGEST_IDLE)).await;
                Ok::<(), std::convert::Infallible>(())
            });
        }
        if let Some(webhooks) = &self.webhooks {
            let (webhooks, soft) = (Arc::clone(webhooks), lifecycle.stages().soft);
            lifecycle.spawn("webhooks", async move {
                if let Err(error) = webhooks.begin().await {
                    tracing::error!("webhooks could not begin: {error}");
                }
                let never = Notify::new();
                let idle = || async { Ok::<_, viestit::WorkerError>(webhooks.idle(LONGEST_IDLE)) };
                keep_working("webhook", &never, &soft, || webhooks.run_due(), idle).await;
                Ok::<(), std::convert::Infallible>(())
            });
        }
        // Beside the workers: a bulletin on its way for hours must not keep its own news waiting.
        for feed in self.feeds.iter() {
            let (feed, soft) = (Arc::clone(feed), lifecycle.stages().soft);
            lifecycle.spawn("viestit-feed", async move {
                let never = Notify::new();
                keep_working("event feed", &never, &soft, || feed.run_due(), || feed.idle(LONGEST_IDLE)).await;
                Ok::<(), std::convert::Infallible>(())
            });
        }
    }
}

fn hooks(config: &Config) -> Result<Vec<viestit::Hook>, StartError> {
    let mut hooks = Vec::new();
    for tenant in &config.tenants {
        for hook in tenant.viestit.iter().flat_map(|viestit| &viestit.webhooks) {
            let secret = hook.secret_file.read().map_err(|source| StartError::File {
                what: format!(
                    "tenants {}: viestit.webhooks.secret_file {}",
                    tenant.code,
                    hook.secret_file.path().display()
                ),
                source,
            })?;
            let (client, url) = (hook.client.clone(), hook.url.clone());
            hooks.push(viestit::Hook { tenant: tenant.code.as_str().into(), client, url, secret });
        }
    }
    Ok(hooks)
}

/// How often files are removed that no order has named in their time.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// Removes files that waited for orders long enough, until the soft stage.
pub(super) fn sweep(orders: viestit::Orders, lifecycle: &Lifecycle) {
    let soft = lifecycle.stages().soft;
    lifecycle.spawn("uploads", async move {
        while !soft.is_cancelled() {
            if let Err(error) = orders.sweep_uploads().await {
                tracing::error!("expired uploads could not be removed: {error}");
            }
            tokio::select! {
                () = soft.cancelled() => {}
                () = tokio::time::sleep(SWEEP_EVERY) => {}
            }
        }
        Ok::<(), std::convert::Infallible>(())
    });
}

/// The account that a tenant's paper letters are printed on.
fn print_account(tenant: &str, print: &config::ViestitPrint) -> Result<viestit::Print, StartError> {
    let what = || format!("tenants {tenant}: viestit.print.password_file {}", print.password_file.path().display());
    let password = print.password_file.read().map_err(|source| StartError::File { what: what(), source })?;
    let wrong = |key: &str| StartError::File {
        what: format!("tenants {tenant}: viestit.print.{key}"),
        source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "has not the form that it must have"),
    };
    let [left, top, right, bottom] = print.address_zone.map(f32::from);
    Ok(viestit::Print {
        username: print.username.clone(),
        password,
        contact_email: print.contact_email.clone(),
        return_address: print.return_address("return_address").map_err(|_| wrong("return_address"))?,
        cost_pool: match &print.cost_pool {
            Some(pool) => Some(CostPool::parse(pool).ok_or_else(|| wrong("cost_pool"))?),
            None => None,
        },
        verifiable: print.verifiable,
        address_zone: viestit::AddressZone { left, top, right, bottom },
    })
}

fn letter_settings(config: &Config, tenant: &Tenant, extras: &Extras) -> Result<Option<viestit::Settings>, StartError> {
    let Some(account) = &tenant.viestit else { return Ok(None) };
    let what = || format!("tenants {}: viestit.password_file {}", tenant.code, account.password_file.path().display());
    let password = account.password_file.read().map_err(|source| StartError::File { what: what(), source })?;
    let mut settings = viestit::Settings::new(
        tenant.code.as_str(),
        account.url.as_str(),
        account.username.as_str(),
        password,
        account.service_id.as_str(),
    );
    settings.pace_per_second = account.pace_per_second;
    settings.parallel = account.parallel;
    settings.rotate_every = account.rotate_every.map(|every| every.0);
    settings.upload_reuse = match account.upload_reuse {
        UploadReuse::Send => viestit::UploadReuse::Send,
        UploadReuse::Order => viestit::UploadReuse::Order,
    };
    settings.repeat_window = account.settle_window.0.0;
    settings.keep_after = account.keep_after.map_or(settings.keep_after, |period| period.0);
    settings.receipt_keep = account.receipt_keep.map_or(settings.receipt_keep, |period| period.0);
    settings.length_unit = match account.length_unit {
        config::LengthUnit::Utf16 => LengthUnit::Utf16,
        config::LengthUnit::CodePoints => LengthUnit::CodePoints,
    };
    settings.max_recipients = config.limits.recipients;
    settings.may_send = tenant.kind.is_none_or(config::TenantKind::may_send_letters);
    settings.verifiable = account.verifiable;
    settings.print = account.print.as_ref().map(|print| print_account(&tenant.code, print)).transpose()?;
    settings.feed_alarm = account.feed_alarm.0;
    settings.confirm_within = account.confirm_within.0;
    settings.replies_to.clone_from(&account.replies_to);
    settings.reply_keep = account.reply_keep.0;
    if let Some(poll) = extras.viestit_poll {
        settings.poll_every = poll;
    }
    Ok(Some(settings))
}

/// Does what is due, and waits for what will be, until the soft stage. A worker that fails waits a moment, so that what
/// stays due does not fail as fast as it can.
pub(super) async fn keep_working<Worked, Idle, Error>(
    name: &'static str,
    notify: &Notify,
    soft: &CancellationToken,
    run_due: impl Fn() -> Worked,
    idle: impl Fn() -> Idle,
) where
    Worked: Future<Output = Result<bool, Error>>,
    Idle: Future<Output = Result<Duration, Error>>,
    Error: std::fmt::Display,
{
    while !soft.is_cancelled() {
        let least = match run_due().await {
            Ok(true) => continue,
            Ok(false) => Duration::ZERO,
            Err(error) => {
                tracing::error!("the {name} worker could not work: {error}");
                AFTER_FAILURE
            }
        };
        let idle = idle().await.unwrap_or(LONGEST_IDLE).max(least);
        tokio::select! {
            () = soft.cancelled() => {}
            () = notify.notified(), if least.is_zero() => {}
            () = tokio::time::sleep(idle) => {}
        }
    }
}
