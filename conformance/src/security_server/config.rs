//! Configuration of the simulators: what a security server's administrator enters.

use std::time::Duration;

use rustls_pki_types::CertificateDer;

use super::access::Glob;
use super::errors::{Rejection, Release, Suffix};
use super::fault::Fault;
use super::identifiers::{ClientId, ServiceId};
use super::tls::TlsTweaks;
use crate::ca::Identity;

/// Timeout that a service gets when it is added (xroad.md §4.2).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// The provider's security server.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Spelling of its error codes.
    pub release: Release,
    /// Its internal certificate: what it shows to adapters.
    pub identity: Identity,
    /// Services that it provides.
    pub services: Vec<ProvidedService>,
    /// Adapter certificates uploaded for a provider subsystem; a service with `verify_tls` accepts exactly these.
    pub adapter_certificates: Vec<(ClientId, CertificateDer<'static>)>,
    /// A defect of its own, for cases about consumers.
    pub tamper: Tamper,
    /// Deviations from the default TLS profile.
    pub tls: TlsTweaks,
    /// Whether bodies are logged.
    pub message_log: MessageLog,
    /// Faults on the leg to the adapter.
    pub faults: Vec<Fault>,
}

/// What the message log keeps (xroad.md §8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MessageLog {
    /// Metadata only, as the Finnish package sets it: bodies of any size pass.
    #[default]
    Metadata,
    /// Bodies too: a REST body above [`MessageLog::MAX_BODY`] fails the exchange.
    Bodies,
}

impl MessageLog {
    /// `max-loggable-message-body-size`, bytes.
    pub const MAX_BODY: u64 = 10 * 1024 * 1024;
    /// Columns of the log's database, characters.
    pub const MAX_ID: usize = 255;

    /// Whether a message can be logged; an exchange whose message cannot fails.
    pub(super) fn admit(self, id: &str, rest_body: u64) -> Result<(), Rejection> {
        if id.chars().count() > Self::MAX_ID {
            return Err(Rejection::new(Suffix::LoggingFailed, "the message id has more than 255 characters"));
        }
        if self == Self::Bodies && rest_body > Self::MAX_BODY {
            return Err(Rejection::new(Suffix::LoggingFailed, "message body is too large to be logged"));
        }
        Ok(())
    }
}

/// An entry of `listClients`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// A member or a subsystem.
    pub id: ClientId,
    /// The member's name.
    pub name: String,
    /// The subsystem's own name (7.6 and later).
    pub subsystem_name: Option<String>,
}

impl ProviderConfig {
    /// A server without services and with default settings.
    pub fn new(identity: Identity) -> Self {
        Self {
            release: Release::default(),
            identity,
            services: Vec::new(),
            adapter_certificates: Vec::new(),
            tamper: Tamper::None,
            tls: TlsTweaks::default(),
            message_log: MessageLog::default(),
            faults: Vec::new(),
        }
    }
}

/// What a provider's security server may do wrong on purpose (xroad.md CN-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tamper {
    /// Nothing.
    #[default]
    None,
    /// A request hash over something else.
    WrongHash,
    /// No request hash.
    NoHash,
}

/// Protocol of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// Described by WSDL.
    Soap,
    /// A REST base path, with or without an OpenAPI description.
    Rest,
}

/// One service.
#[derive(Debug, Clone)]
pub struct ProvidedService {
    /// Its identifier.
    pub id: ServiceId,
    /// Its protocol.
    pub kind: ServiceKind,
    /// Service URL: SOAP messages are posted to it, REST paths are appended to it.
    pub url: String,
    /// Socket inactivity timeout; zero is none.
    pub timeout: Duration,
    /// "Verify TLS certificate".
    pub verify_tls: bool,
    /// The notice of a disabled service; `None` when enabled.
    pub disabled: Option<String>,
    /// Who may call it.
    pub access: Vec<AccessRight>,
    /// Where its WSDL or OpenAPI description is.
    pub description_url: Option<String>,
    /// Title from the WSDL.
    pub title: Option<String>,
    /// Method and path glob of the endpoints that its OpenAPI description lists.
    pub endpoints: Vec<(String, Glob)>,
}

impl ProvidedService {
    /// A service as it is right after an administrator has added it, but enabled: 60 s, verification on, no access.
    pub fn new(kind: ServiceKind, id: ServiceId, url: &str) -> Self {
        Self {
            id,
            kind,
            url: url.to_owned(),
            timeout: DEFAULT_TIMEOUT,
            verify_tls: true,
            disabled: None,
            access: Vec::new(),
            description_url: None,
            title: None,
            endpoints: Vec::new(),
        }
    }

    /// Adds an access right.
    #[must_use]
    pub fn allow(mut self, right: AccessRight) -> Self {
        self.access.push(right);
        self
    }
}

/// An access right to one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRight {
    /// Whose; `None` is everybody, as a global group of all members gives.
    pub client: Option<ClientId>,
    /// REST only: method (`*` for all) and path glob; `None` is the whole service.
    pub endpoint: Option<(String, Glob)>,
}

impl AccessRight {
    /// The whole service for one client.
    pub fn client(client: ClientId) -> Self {
        Self { client: Some(client), endpoint: None }
    }

    /// The whole service for everybody.
    pub fn everyone() -> Self {
        Self { client: None, endpoint: None }
    }

    /// One endpoint of a REST service for one client.
    pub fn endpoint(client: ClientId, method: &str, path: &str) -> Self {
        Self { client: Some(client), endpoint: Some((method.to_owned(), Glob::new(path))) }
    }
}

/// The consumer's security server.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// Spelling of its error codes.
    pub release: Release,
    /// Its clients; empty means that any client may call over any connection.
    pub clients: Vec<ConsumerClient>,
    /// With an identity the listener speaks TLS (with this internal certificate), else plain HTTP.
    pub tls: Option<Identity>,
    /// Verify the request hash of responses, as a real one does. Off lets a tampered hash through to the consumer.
    pub check_hash: bool,
    /// Refuse ambiguous request paths as Jetty 12 does (7.5 and later). Off models an older or modified server.
    pub strict_uri: bool,
    /// Whether bodies are logged.
    pub message_log: MessageLog,
    /// What `listClients` lists; when empty, the clients and the providers of services with their members.
    pub members: Vec<Member>,
    /// Faults on the leg to the information system.
    pub faults: Vec<Fault>,
}

impl Default for ConsumerConfig {
    fn default() -> Self {
        Self {
            release: Release::default(),
            clients: Vec::new(),
            tls: None,
            check_hash: true,
            strict_uri: true,
            message_log: MessageLog::default(),
            members: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// A client subsystem at the consumer's security server.
#[derive(Debug, Clone)]
pub struct ConsumerClient {
    /// Its identifier.
    pub id: ClientId,
    /// How its information system must connect.
    pub connection: ConnectionType,
}

/// Connection types (xroad.md §5.1).
#[derive(Debug, Clone)]
pub enum ConnectionType {
    /// Plain HTTP accepted, TLS too.
    Http,
    /// TLS, client certificate not looked at.
    HttpsNoAuth,
    /// TLS with one of these client certificates.
    Https(Vec<CertificateDer<'static>>),
}
