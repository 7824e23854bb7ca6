//! The adapter itself, the security servers around it and Viestit behind it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use conformance::ca::DevelopmentPki;
use conformance::security_server::{
    AccessRight, ClientId, Consumer, ConsumerConfig, Door, Provider, ProviderConfig, RawBody, RawRequest, TlsTweaks,
};
use conformance::viestit::{SystemAccount, ViestitConfig, ViestitSimulator};
use http::Method;
use silta::config::{
    AccessRule, Config, Engine, IntakeKey, KeyDigest, Operations, PinSource, SecretFile, Size, Tenant, Viestit,
    XRoadAddress,
};
use silta::control::{Command, call};
use silta::model::evidence::{Evidence, RecordKind};
use silta::store::{Access, Store, StoreConfig, evidence, letters};
use silta::world::World;
use silta::{Adapter, Extras, Running};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{COLLEAGUE, CONSUMER, PROVIDER, READER, RECIPIENT, Search, TENANT, Victim, echo, lines};
use crate::{postgres, tidy};

/// Folders of test processes begin so, then comes the process's id.
const PREFIX: &str = "silta-e2e-";
/// The bearer key of the own system `cms`.
pub(crate) const INTAKE_KEY: &str = "e2e-intake-key";
pub(crate) const VIESTIT: (&str, &str, &str) = ("e2e_system", "not-a-real-password-AAAA-0000-bbbb!", "e2e_service");

/// Which database an adapter stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// How an adapter is set up.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) database: Database,
    pub(crate) adjust: fn(&mut Config),
    /// Whether it has the echo beside its own operations.
    pub(crate) echoes: bool,
}

impl Setup {
    pub(crate) fn on(database: Database) -> Self {
        Self::with(database, |_| {})
    }

    pub(crate) fn with(database: Database, adjust: fn(&mut Config)) -> Self {
        Self { database, adjust, echoes: false }
    }

    /// With the operation that gives back the files that it gets.
    pub(crate) fn echoing(database: Database, adjust: fn(&mut Config)) -> Self {
        Self { database, adjust, echoes: true }
    }
}

/// What an adapter stands on before it runs.
pub(crate) struct Ground {
    pub(crate) viestit: ViestitSimulator,
    pub(crate) config: Config,
    /// The configuration file.
    pub(crate) file: PathBuf,
    /// Where the store is, to read it.
    pub(crate) store: StoreConfig,
    pub(crate) folder: TempDir,
}

impl Ground {
    pub(crate) async fn lay(place: &Path, setup: Setup) -> Self {
        let folder = folder(place);
        let data = folder.path().join("data");
        let viestit = viestit().await;
        let mut config = config(folder.path(), &data, &viestit.base_url);
        let mut store = StoreConfig::in_folder(&data);
        if setup.database == Database::Postgres {
            let file = postgres::url_file(folder.path()).await;
            let address = std::fs::read_to_string(&file).expect("the address");
            store = StoreConfig::postgres(address.into(), &data);
            config.store.engine = Engine::Postgres;
            config.store.url_file = Some(SecretFile(file));
        }
        store.access = Access::Read;
        (setup.adjust)(&mut config);
        let file = folder.path().join("silta.toml");
        std::fs::write(&file, toml::to_string(&config).expect("TOML")).expect("written");
        Self { viestit, config, file, store, folder }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Ends what stands around the adapter, after a search of everything that it has written.
    pub(crate) async fn end(self) {
        let mut search = Search::of(secrets(&self.viestit, self.folder.path()));
        search.folder(&self.data());
        search.folder(&Victim::work(&self));
        search.tables(&self.store).await;
        let said = Victim::said(&self);
        search.text(&said.display().to_string(), &std::fs::read(&said).expect("what it said"));
        search.end();
        self.viestit.shutdown().await;
    }
}

/// A running adapter and its surroundings.
pub(crate) struct TestAdapter {
    pub(crate) provider: Provider,
    pub(crate) consumer: Consumer,
    pub(crate) viestit: ViestitSimulator,
    /// `https://…` of the X-Road listener.
    pub(crate) url: String,
    /// The other listeners, by name.
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
    pub(crate) socket: PathBuf,
    /// `http://…` or `https://…` of the own systems' listener.
    pub(crate) intake: String,
    /// The configuration file.
    pub(crate) file: PathBuf,
    running: Running,
    store: StoreConfig,
    reader: OnceCell<Store>,
    folder: TempDir,
}

impl TestAdapter {
    /// The adapter that cases share when they need nothing of their own.
    pub(crate) async fn shared(database: Database) -> &'static Self {
        static SQLITE: OnceCell<TestAdapter> = OnceCell::const_new();
        static POSTGRES: OnceCell<TestAdapter> = OnceCell::const_new();
        let shared = match database {
            Database::Sqlite => &SQLITE,
            Database::Postgres => &POSTGRES,
        };
        shared.get_or_init(|| Self::start(Setup::on(database))).await
    }

    pub(crate) async fn start(setup: Setup) -> Self {
        Self::start_in(&std::env::temp_dir(), setup).await
    }

    /// The same, its folder somewhere else.
    pub(crate) async fn start_in(place: &Path, setup: Setup) -> Self {
        let Ground { viestit, config, file, store, folder } = Ground::lay(place, setup).await;
        let intake_scheme = if config.intake.certificate.is_some() { "https" } else { "http" };
        let extras = Extras {
            ptv_reference: None,
            quality_reference: None,
            lists: None,
            vocabulary_by_hand: false,
            viestit_poll: Some(Duration::from_millis(200)),
            config_file: Some(file.clone()),
            files: setup.echoes.then(echo::operation),
        };
        let running = Adapter::start(config, World::system(), extras).await.expect("the adapter starts");
        let addresses = running.addresses.clone();
        let url = format!("https://{}", addresses["xroad"]);
        let intake = format!("{intake_scheme}://{}", addresses["intake"]);
        push_catalogue(&intake).await;
        let provider = provider(&url).await;
        let consumer =
            Consumer::start(ConsumerConfig { strict_uri: false, ..ConsumerConfig::default() }, provider.clone());
        Self {
            consumer: consumer.await.expect("the consumer's security server"),
            provider,
            viestit,
            url,
            addresses,
            socket: running.socket.clone(),
            intake,
            file,
            running,
            store,
            reader: OnceCell::new(),
            folder,
        }
    }

    /// Drains and stops everything.
    pub(crate) async fn stop(self) {
        self.stop_and_keep().await;
    }

    /// The same; gives the data directory and where the store is, to look at them afterwards.
    pub(crate) async fn stop_and_keep(self) -> (TempDir, StoreConfig) {
        self.searched().await;
        self.consumer.shutdown().await;
        self.provider.shutdown().await;
        if let Some(store) = self.reader.get() {
            store.close().await;
        }
        let ending = self.running.shutdown().await;
        assert_eq!(ending.exit_code(), 0, "the adapter did not end well: {ending:?}");
        self.viestit.shutdown().await;
        (self.folder, self.store)
    }

    /// For what this adapter may not write in clear.
    pub(crate) fn search(&self) -> Search {
        Search::of(secrets(&self.viestit, self.folder.path()))
    }

    /// Nothing personal and no secret is in anything that it has written so far.
    pub(crate) async fn searched(&self) {
        let mut search = self.search();
        search.text("the metrics", self.metrics().await.as_bytes());
        search.text("the log lines", &lines::all());
        search.folder(&self.data());
        search.tables(&self.store).await;
        search.end();
    }

    /// Changes the configuration file; nothing of it is in force before a reload.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Config)) {
        let mut config = Config::load(&self.file).expect("the file").config;
        change(&mut config);
        std::fs::write(&self.file, toml::to_string(&config).expect("TOML")).expect("written");
    }

    /// `silta reload`: what changed, or why nothing did.
    pub(crate) async fn reload(&self) -> Result<Vec<String>, String> {
        let answer = call(&self.socket, &Command::Reload {}).await.map_err(|error| error.to_string())?;
        Ok(serde_json::from_value(answer["changed"].clone()).expect("a list"))
    }

    /// The records of reloads: tenant and subject, oldest first.
    pub(crate) async fn reloads(&self) -> Vec<(String, String)> {
        let acts = self.evidence().await.into_iter().map(|it| it.draft);
        acts.filter(|act| act.kind == RecordKind::Act && act.operation.as_deref() == Some("reload"))
            .map(|act| {
                assert_eq!((act.actor.as_deref(), act.outcome.as_deref()), (Some("system"), Some("in force")));
                (act.tenant, act.subject.expect("a subject"))
            })
            .collect()
    }

    /// What the acts of a name did, oldest first.
    pub(crate) async fn acts(&self, name: &str) -> Vec<String> {
        let acts = self.evidence().await.into_iter().map(|it| it.draft);
        acts.filter(|act| act.kind == RecordKind::Act && act.operation.as_deref() == Some(name))
            .map(|act| act.outcome.expect("an outcome"))
            .collect()
    }

    /// Path of a service family's SOAP address.
    pub(crate) fn soap_url(&self, family: &str) -> String {
        format!("{}/{TENANT}/{family}/soap/v1", self.url)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The adapter's store, opened beside it for reading.
    pub(crate) async fn store(&self) -> &Store {
        self.reader
            .get_or_init(|| async { Store::open(self.store.clone(), &World::system()).await.expect("the store") })
            .await
    }

    /// Where the store is.
    pub(crate) fn store_config(&self) -> StoreConfig {
        self.store.clone()
    }

    /// The record of an exchange, by the id that its answer showed.
    pub(crate) async fn exchange(&self, id: Uuid) -> Evidence {
        let found = evidence::of_exchange(self.store().await, TENANT, id).await.expect("read");
        let decoded = found.iter().map(|stored| Evidence::decode(&stored.record).expect("a record"));
        let mut exchanges: Vec<Evidence> = decoded.filter(|it| it.draft.kind == RecordKind::Exchange).collect();
        assert_eq!(exchanges.len(), 1, "one record for exchange {id}");
        exchanges.remove(0)
    }

    /// All records, oldest first.
    pub(crate) async fn evidence(&self) -> Vec<Evidence> {
        let store = self.store().await;
        let mut all = Vec::new();
        for (writer, _) in evidence::writers(store).await.expect("writers") {
            let mut after = 0;
            loop {
                let page = evidence::page(store, &writer, after, 500).await.expect("a page");
                let Some(last) = page.last() else { break };
                after = last.sequence;
                all.extend(page.iter().map(|stored| Evidence::decode(&stored.record).expect("a record")));
            }
        }
        all
    }

    /// The exchanges with this `xrd:id` or `X-Road-Id`.
    pub(crate) async fn exchanges_of(&self, xroad_id: &str) -> Vec<Evidence> {
        let all = self.evidence().await.into_iter();
        all.filter(|it| it.draft.kind == RecordKind::Exchange && it.draft.xroad_id.as_deref() == Some(xroad_id))
            .collect()
    }

    /// Our id of the order that a client sent under its own id, if it was accepted.
    pub(crate) async fn order(&self, client: &str, order_id: &str) -> Option<String> {
        let order = letters::by_order(self.store().await, TENANT, client, order_id).await.expect("read");
        order.map(|order| order.id)
    }

    /// Recomputes the whole message log through the operator's door.
    pub(crate) async fn verify_log(&self) -> serde_json::Value {
        call(&self.socket, &Command::LogVerify {}).await.expect("the log is verified")
    }

    /// The metrics page.
    pub(crate) async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.addresses["metrics"]);
        let request = RawRequest { method: Method::GET, url, headers: Vec::new(), body: RawBody::None };
        plain_door().send(request).await.expect("metrics").text()
    }
}

/// Passwords, keys and tokens of one adapter; passwords are those that its configuration names files of, too.
fn secrets(viestit: &ViestitSimulator, folder: &Path) -> Vec<(&'static str, String)> {
    let mut secrets = vec![("the key of an own system", INTAKE_KEY.to_owned())];
    secrets.extend(viestit.control.tokens().into_iter().map(|token| ("a token of Viestit", token)));
    secrets.extend(viestit.control.passwords().into_iter().map(|password| ("a password of Viestit", password)));
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.file_name().to_string_lossy().ends_with("password") {
            let password = std::fs::read_to_string(entry.path()).expect("a password");
            secrets.push(("a password of the configuration", password.trim().to_owned()));
        }
    }
    secrets
}

/// Takes away what earlier test processes have left: a static adapter is never dropped.
pub(super) fn sweep() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Certificates for loopback, made once for all test processes: RSA keys take their time.
pub(crate) fn pki() -> &'static DevelopmentPki {
    static PKI: OnceLock<DevelopmentPki> = OnceLock::new();
    PKI.get_or_init(|| {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pki-v1");
        if let Ok(known) = DevelopmentPki::load(&kept) {
            return known;
        }
        let made = DevelopmentPki::create("2026-01-01".parse().expect("a date")).expect("certificates");
        let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        made.write(making.path()).expect("written");
        // Whoever comes second keeps to its own.
        if std::fs::rename(making.path(), &kept).is_ok() {
            let _ = making.keep();
        }
        made
    })
}

/// A plain HTTP client without certificate.
pub(crate) fn plain_door() -> Door {
    Door::new(None, TlsTweaks::default()).expect("a door")
}

fn folder(place: &Path) -> TempDir {
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(place).expect("a folder")
}

async fn viestit() -> ViestitSimulator {
    let (user_name, password, service) = VIESTIT;
    let config = ViestitConfig {
        systems: vec![SystemAccount {
            user_name: user_name.to_owned(),
            password: password.to_owned(),
            services: vec![service.to_owned()],
        }],
        active_mailboxes: vec![RECIPIENT.to_owned(), "020594X903P".to_owned()],
        ..ViestitConfig::default()
    };
    ViestitSimulator::start(config).await.expect("Viestit")
}

fn config(folder: &Path, data: &Path, viestit_url: &str) -> Config {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let written = pki().adapter.write(folder, "adapter").expect("written");
    let password = folder.join("viestit-password");
    std::fs::write(&password, VIESTIT.1).expect("written");
    let pin = pki().security_server.fingerprint().to_string().parse().expect("a pin");
    let mut config = Config::default();
    data.clone_into(&mut config.data.dir);
    config.xroad.listen = free;
    config.xroad.certificate = Some(written.certificate);
    config.xroad.key = Some(written.key);
    config.intake.listen = free;
    config.control.metrics = free;
    config.limits.attachments = Size(24 << 20);
    let rule = |client: &str, operations| AccessRule { client: client.to_owned(), operations, represented: false };
    let reads = ["getService", "listServices", "searchServices", "listChanges"].map(str::to_owned).to_vec();
    config.tenants = vec![Tenant {
        code: TENANT.to_owned(),
        name: "Turun kaupunki".to_owned(),
        xroad: XRoadAddress {
            instance: "FI-TEST".to_owned(),
            member_class: "MUN".to_owned(),
            member_code: "1234567-1".to_owned(),
            subsystem: "palvelut".to_owned(),
        },
        pins: vec![PinSource::Digest(pin)],
        municipality: Some("853".to_owned()),
        languages: vec!["fi".to_owned(), "sv".to_owned()],
        intake_keys: vec![IntakeKey {
            system: "cms".to_owned(),
            sha256: Some(KeyDigest::of(INTAKE_KEY.as_bytes())),
            ..IntakeKey::default()
        }],
        viestit: Some(Viestit {
            url: viestit_url.to_owned(),
            username: VIESTIT.0.to_owned(),
            password_file: SecretFile(password),
            service_id: VIESTIT.2.to_owned(),
            pace_per_second: 1000,
            ..Viestit::default()
        }),
        access: vec![
            rule(CONSUMER, Operations::all()),
            rule(COLLEAGUE, Operations::all()),
            rule(READER, Operations::Only(reads)),
        ],
        ..Tenant::default()
    }];
    config
}

/// Gives the adapter our sample catalogue as a CMS would.
async fn push_catalogue(intake: &str) {
    let catalogue = std::fs::read(tidy::root().join("tests/samples/catalogue/turku.json")).expect("the sample");
    let header = |name: &str, value: String| (name.to_owned(), value.into_bytes());
    let request = RawRequest {
        method: Method::PUT,
        url: format!("{intake}/intake/v1/{TENANT}/entities"),
        headers: vec![
            header("authorization", format!("Bearer {INTAKE_KEY}")),
            header("content-type", "application/json".to_owned()),
        ],
        body: RawBody::Sized(Bytes::from(catalogue)),
    };
    let answer = plain_door().send(request).await.expect("the intake answers");
    let summary: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((answer.status.as_u16(), &summary["refused"]), (200, &0.into()), "{}", answer.text());
}

/// A provider's security server that has read the adapter's descriptions and lets every client through.
async fn provider(url: &str) -> Provider {
    let provider = Provider::start(ProviderConfig::new(pki().security_server.clone())).expect("a security server");
    let subsystem = ClientId::from_header(PROVIDER).expect("an identifier");
    provider.upload_certificate(subsystem.clone(), pki().adapter.certificate().clone());
    for family in ["catalogue", "messages"] {
        let meta = format!("{url}/{TENANT}/{family}/meta/v1");
        let mut services = provider.add_wsdl(&subsystem, &format!("{meta}/service.wsdl")).await.expect("a WSDL");
        let openapi = provider.add_openapi(&subsystem, family, &format!("{meta}/openapi.json")).await;
        services.push(openapi.expect("an OpenAPI description"));
        for service in services {
            assert!(provider.open_to(&service, AccessRight::everyone()));
        }
    }
    provider
}
