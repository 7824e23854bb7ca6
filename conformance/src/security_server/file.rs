//! Both security servers from one TOML file, for use in front of somebody else's adapter. `docs/security-servers.md`
//! describes every key; an unknown one is refused with its line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;

use super::access::Glob;
use super::config::{
    AccessRight, ConnectionType, ConsumerClient, ConsumerConfig, Member, MessageLog, ProvidedService, ProviderConfig,
    ServiceKind, Tamper,
};
use super::consumer::Consumer;
use super::description::DescriptionError;
use super::errors::Release;
use super::fault::{Fault, Flow, Harm};
use super::identifiers::{ClientId, ServiceId};
use super::provider::{Provider, StartError};
use crate::ca::{CaError, CertificateSpec, Identity, hostile};

/// Why a set-up cannot be made from its file. Mend the file, or the adapter that it names.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file, or one that it names, cannot be read.
    #[error("{path}: {cause}")]
    Unread {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A key or a value is wrong; the text names the line.
    #[error("{path}: {text}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What, and on which line.
        text: String,
    },
    /// A certificate cannot be made or read.
    #[error("the security server's certificate: {0}")]
    Certificate(#[from] CaError),
    /// A server cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The consumer's address is taken or not this machine's.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The file's, or the default.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// A description that the file names cannot be added.
    #[error("{url}: {cause}")]
    Description {
        /// Its address.
        url: String,
        /// Why.
        cause: DescriptionError,
    },
}

/// Two running servers.
pub struct Pair {
    /// The provider's.
    pub provider: Provider,
    /// The consumer's, which listens.
    pub consumer: Consumer,
    /// The certificate (PEM) that the provider's server shows to adapters and, with TLS, the consumer's to information
    /// systems: what both must pin. With `certificate-fault` another is shown.
    pub certificate: PathBuf,
}

impl Pair {
    /// Stops both.
    pub async fn shutdown(&self) {
        self.consumer.shutdown().await;
        self.provider.shutdown().await;
    }
}

/// What a file says, read and checked.
#[derive(Debug)]
pub struct Files {
    path: PathBuf,
    folder: PathBuf,
    text: Text,
}

impl Files {
    /// Reads a file. Paths in it are relative to its folder.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| FileError::Unread { path: path.to_owned(), cause: error.to_string() })?;
        Self::parse(path, &text)
    }

    /// The same from text; `path` is for messages and for the paths in it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let parsed: Text = toml::from_str(text).map_err(|error| {
            let line =
                error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            FileError::Wrong { path: path.to_owned(), text: format!("{line}{}", error.message()) }
        })?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { path: path.to_owned(), folder, text: parsed })
    }

    /// Starts both servers. `pki` is where the certificate is kept that the file does not name (made when it is not there).
    /// `listen` is the consumer's address when the file names none; `today` is the day from which a new certificate is
    /// valid.
    pub async fn start(&self, pki: &Path, listen: SocketAddr, today: jiff::civil::Date) -> Result<Pair, FileError> {
        let (identity, certificate) = self.identity(pki, today)?;
        let shown = match self.text.certificate_fault {
            None => identity.clone(),
            Some(CertificateFault::Expired) => hostile::expired(&spec(today), today)?,
            Some(CertificateFault::Changed) => hostile::same_subject_other_key(&spec(today))?,
        };
        let faults: Vec<Fault> = self.text.faults.iter().map(FaultText::fault).collect();
        let mut config = ProviderConfig::new(shown.clone());
        config.release = self.text.provider.release.release();
        config.message_log = self.text.provider.message_log.log();
        config.tamper = self.text.provider.request_hash.tamper();
        for adapter in &self.text.provider.adapters {
            for file in &adapter.certificates {
                config.adapter_certificates.push((adapter.subsystem.0.clone(), self.certificate(file)?));
            }
        }
        config.services = self.text.provider.services.iter().map(ServiceText::service).collect();
        let provider = Provider::start(config)?;
        for description in &self.text.provider.descriptions {
            self.describe(&provider, description).await?;
        }
        // Only now, so that no fault meets the descriptions.
        provider.set_faults(faults.clone());
        let consumer = self.consumer(faults, &shown)?;
        let address = self.text.consumer.listen.unwrap_or(listen);
        let consumer = Consumer::start_at(consumer, provider.clone(), address).await.map_err(|error| match error {
            StartError::Listen(cause) => FileError::Listen { address, cause },
            error @ StartError::Tls(_) => FileError::Start(error),
        })?;
        Ok(Pair { provider, consumer, certificate })
    }

    fn consumer(&self, faults: Vec<Fault>, shown: &Identity) -> Result<ConsumerConfig, FileError> {
        let text = &self.text.consumer;
        let mut clients = Vec::new();
        for client in &text.clients {
            let connection = match client.connection {
                ConnectionText::Http => ConnectionType::Http,
                ConnectionText::HttpsNoAuth => ConnectionType::HttpsNoAuth,
                ConnectionText::Https => {
                    let pins = client.certificates.iter().map(|file| self.certificate(file));
                    ConnectionType::Https(pins.collect::<Result<_, _>>()?)
                }
            };
            clients.push(ConsumerClient { id: client.id.0.clone(), connection });
        }
        let members = self.text.members.iter().map(|member| Member {
            id: member.id.0.clone(),
            name: member.name.clone(),
            subsystem_name: member.subsystem_name.clone(),
        });
        Ok(ConsumerConfig {
            release: text.release.release(),
            clients,
            tls: text.tls.then(|| shown.clone()),
            check_hash: text.check_hash,
            strict_uri: text.strict_uri,
            message_log: text.message_log.log(),
            members: members.collect(),
            faults,
        })
    }

    async fn describe(&self, provider: &Provider, text: &DescriptionText) -> Result<(), FileError> {
        let (url, added) = match (&text.wsdl, &text.openapi, &text.service_code) {
            (Some(url), None, None) => (url, provider.add_wsdl(&text.subsystem.0, url).await),
            (None, Some(url), Some(code)) => {
                (url, provider.add_openapi(&text.subsystem.0, code, url).await.map(|id| vec![id]))
            }
            _ => {
                let text = "a description has either wsdl, or openapi and service-code".to_owned();
                return Err(FileError::Wrong { path: self.path.clone(), text });
            }
        };
        let added = added.map_err(|cause| FileError::Description { url: url.clone(), cause })?;
        for id in added {
            provider.change_service(&id, |service| {
                service.disabled.clone_from(&text.disabled);
                service.timeout = Duration::from_secs(text.timeout_seconds);
                service.verify_tls = text.verify_tls;
                service.access = text.access.iter().map(AccessText::right).collect();
            });
        }
        Ok(())
    }

    fn identity(&self, pki: &Path, today: jiff::civil::Date) -> Result<(Identity, PathBuf), FileError> {
        const NAME: &str = "security-server";
        let folder = self.text.certificates.as_ref().map_or_else(|| pki.to_owned(), |folder| self.folder.join(folder));
        let file = folder.join(format!("{NAME}.cert.pem"));
        if file.exists() {
            return Ok((Identity::load(&folder, NAME)?, file));
        }
        let identity = spec(today).issue()?;
        identity.write(&folder, NAME)?;
        Ok((identity, file))
    }

    fn certificate(&self, file: &Path) -> Result<CertificateDer<'static>, FileError> {
        let path = self.folder.join(file);
        let bytes =
            std::fs::read(&path).map_err(|error| FileError::Unread { path: path.clone(), cause: error.to_string() })?;
        Ok(CertificateDer::from_pem_slice(&bytes).unwrap_or_else(|_| CertificateDer::from(bytes)))
    }
}

fn spec(today: jiff::civil::Date) -> CertificateSpec {
    let from = today.yesterday().unwrap_or(today);
    CertificateSpec::internal("ss1.example.fi", &["localhost", "127.0.0.1", "::1"], from)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Text {
    certificates: Option<PathBuf>,
    certificate_fault: Option<CertificateFault>,
    consumer: ConsumerText,
    provider: ProviderText,
    members: Vec<MemberText>,
    faults: Vec<FaultText>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CertificateFault {
    Expired,
    Changed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct ConsumerText {
    listen: Option<SocketAddr>,
    release: ReleaseText,
    tls: bool,
    check_hash: bool,
    strict_uri: bool,
    message_log: LogText,
    clients: Vec<ClientText>,
}

impl Default for ConsumerText {
    fn default() -> Self {
        Self {
            listen: None,
            release: ReleaseText::default(),
            tls: false,
            check_hash: true,
            strict_uri: true,
            message_log: LogText::default(),
            clients: Vec::new(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct ProviderText {
    release: ReleaseText,
    message_log: LogText,
    request_hash: HashText,
    adapters: Vec<AdapterText>,
    services: Vec<ServiceText>,
    descriptions: Vec<DescriptionText>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
enum ReleaseText {
    #[default]
    #[serde(rename = "7.7")]
    Old,
    #[serde(rename = "7.8")]
    New,
}

impl ReleaseText {
    fn release(self) -> Release {
        match self {
            Self::Old => Release::UpTo7_7,
            Self::New => Release::From7_8,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LogText {
    #[default]
    Metadata,
    Bodies,
}

impl LogText {
    fn log(self) -> MessageLog {
        match self {
            Self::Metadata => MessageLog::Metadata,
            Self::Bodies => MessageLog::Bodies,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HashText {
    #[default]
    Right,
    Wrong,
    Absent,
}

impl HashText {
    fn tamper(self) -> Tamper {
        match self {
            Self::Right => Tamper::None,
            Self::Wrong => Tamper::WrongHash,
            Self::Absent => Tamper::NoHash,
        }
    }
}

/// `INSTANCE/CLASS/CODE[/SUBSYSTEM]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct ClientName(ClientId);

impl TryFrom<String> for ClientName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let id = ClientId::from_header(&text).map(Self);
        id.ok_or_else(|| format!("{text} is no INSTANCE/CLASS/CODE or INSTANCE/CLASS/CODE/SUBSYSTEM"))
    }
}

/// `INSTANCE/CLASS/CODE/SUBSYSTEM/SERVICE[/VERSION]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct ServiceName(ServiceId);

impl TryFrom<String> for ServiceName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text} is no INSTANCE/CLASS/CODE/SUBSYSTEM/SERVICE or the same with /VERSION");
        let parts: Option<Vec<String>> = text.split('/').map(super::identifiers::decode_segment).collect();
        let parts = parts.filter(|parts| parts.iter().all(|part| !part.trim().is_empty())).ok_or_else(wrong)?;
        match parts.as_slice() {
            [instance, class, code, subsystem, service, version @ ..] if version.len() < 2 => {
                let provider = ClientId::subsystem(instance, class, code, subsystem);
                Ok(Self(ServiceId::new(provider, service, version.first().map(String::as_str))))
            }
            _ => Err(wrong()),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MemberText {
    id: ClientName,
    name: String,
    subsystem_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ClientText {
    id: ClientName,
    connection: ConnectionText,
    #[serde(default)]
    certificates: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ConnectionText {
    Http,
    HttpsNoAuth,
    Https,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AdapterText {
    subsystem: ClientName,
    certificates: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindText {
    Soap,
    Rest,
}

fn minute() -> u64 {
    60
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServiceText {
    id: ServiceName,
    kind: KindText,
    url: String,
    #[serde(default = "minute")]
    timeout_seconds: u64,
    #[serde(default = "yes")]
    verify_tls: bool,
    disabled: Option<String>,
    #[serde(default)]
    access: Vec<AccessText>,
    description: Option<String>,
}

impl ServiceText {
    fn service(&self) -> ProvidedService {
        let kind = match self.kind {
            KindText::Soap => ServiceKind::Soap,
            KindText::Rest => ServiceKind::Rest,
        };
        let mut service = ProvidedService::new(kind, self.id.0.clone(), &self.url);
        service.timeout = Duration::from_secs(self.timeout_seconds);
        service.verify_tls = self.verify_tls;
        service.disabled.clone_from(&self.disabled);
        service.access = self.access.iter().map(AccessText::right).collect();
        service.description_url.clone_from(&self.description);
        service
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DescriptionText {
    subsystem: ClientName,
    wsdl: Option<String>,
    openapi: Option<String>,
    service_code: Option<String>,
    #[serde(default = "minute")]
    timeout_seconds: u64,
    #[serde(default = "yes")]
    verify_tls: bool,
    disabled: Option<String>,
    #[serde(default)]
    access: Vec<AccessText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AccessText {
    client: Everyone,
    #[serde(default = "any")]
    method: String,
    path: Option<String>,
}

fn any() -> String {
    "*".to_owned()
}

impl AccessText {
    fn right(&self) -> AccessRight {
        let path = self.path.as_deref().or((self.method != "*").then_some("/**"));
        AccessRight {
            client: self.client.0.clone(),
            endpoint: path.map(|path| (self.method.to_ascii_uppercase(), Glob::new(path))),
        }
    }
}

/// A client, or `*`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Everyone(Option<ClientId>);

impl TryFrom<String> for Everyone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "*" { Ok(Self(None)) } else { ClientName::try_from(text).map(|name| Self(Some(name.0))) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FaultText {
    flow: FlowText,
    kind: HarmText,
    #[serde(default)]
    at_byte: u64,
    #[serde(default = "pause")]
    pause_milliseconds: u64,
}

fn pause() -> u64 {
    100
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FlowText {
    ToAdapter,
    FromAdapter,
    FromConsumer,
    ToConsumer,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HarmText {
    Slow,
    Cut,
    Corrupt,
}

impl FaultText {
    fn fault(&self) -> Fault {
        let flow = match self.flow {
            FlowText::ToAdapter => Flow::ToAdapter,
            FlowText::FromAdapter => Flow::FromAdapter,
            FlowText::FromConsumer => Flow::FromConsumer,
            FlowText::ToConsumer => Flow::ToConsumer,
        };
        let harm = match self.kind {
            HarmText::Slow => Harm::Slow { after: self.at_byte, pause: Duration::from_millis(self.pause_milliseconds) },
            HarmText::Cut => Harm::Cut { after: self.at_byte },
            HarmText::Corrupt => Harm::Corrupt { at: self.at_byte },
        };
        Fault { flow, harm }
    }
}
