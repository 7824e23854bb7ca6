//! The provider's security server: it holds the services, calls the adapter and judges its answers.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use rustls_pki_types::CertificateDer;

use super::config::{AccessRight, MessageLog, ProvidedService, ProviderConfig, ServiceKind, Tamper};
use super::cookies::CookieJar;
use super::errors::{Rejection, Release, Suffix};
use super::fault::Fault;
use super::identifiers::{ClientId, ServiceId};
use super::leg::{Leg, OutBody, Verify};
use super::raw::Door;
use super::stats::{Counter, Stats};
use super::tls::{TlsClient, TlsTweaks};
use super::url::Target;
use crate::ca::Identity;

/// User-Agent of a security server's HTTP client.
pub(super) const USER_AGENT: &str = "Apache-HttpClient/4.5.14 (Java/21.0.6)";

/// A running provider side. Clones share it; it ends with [`Provider::shutdown`] or with its runtime.
#[derive(Clone)]
pub struct Provider {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) release: Release,
    pub(super) leg: Arc<Leg>,
    pub(super) cookies: CookieJar,
    pub(super) counter: Counter,
    pub(super) message_log: MessageLog,
    tls_tweaks: TlsTweaks,
    state: RwLock<State>,
}

struct State {
    services: Vec<ProvidedService>,
    adapter_certificates: Vec<(ClientId, CertificateDer<'static>)>,
    tamper: Tamper,
}

/// Why a simulator could not be started. The caller's configuration or the machine.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The identity cannot be used for TLS.
    #[error("the identity cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The socket could not be opened; may be retried.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

impl Provider {
    /// Starts it inside the current tokio runtime. It listens nowhere: consumers hand their messages over in process.
    pub fn start(config: ProviderConfig) -> Result<Self, StartError> {
        let tls = TlsClient::new(Some(&config.identity), config.tls)?;
        Ok(Self {
            inner: Arc::new(Inner {
                release: config.release,
                leg: Leg::new(tls, config.faults),
                cookies: CookieJar::default(),
                counter: Counter::default(),
                message_log: config.message_log,
                tls_tweaks: config.tls,
                state: RwLock::new(State {
                    services: config.services,
                    adapter_certificates: config.adapter_certificates,
                    tamper: config.tamper,
                }),
            }),
        })
    }

    /// Closes the connections to the adapter and ends the tasks.
    pub async fn shutdown(&self) {
        self.inner.leg.shutdown().await;
    }

    /// Counts so far.
    pub fn stats(&self) -> Stats {
        self.inner.counter.snapshot()
    }

    /// Adds a service, or replaces the one with the same identifier.
    pub fn put_service(&self, service: ProvidedService) {
        self.change(|state| {
            state.services.retain(|known| known.id != service.id);
            state.services.push(service);
        });
    }

    /// Changes a service; `false` when there is none of this identifier.
    pub fn change_service(&self, id: &ServiceId, change: impl FnOnce(&mut ProvidedService)) -> bool {
        self.change(|state| {
            let service = state.services.iter_mut().find(|known| known.id == *id);
            service.map(change).is_some()
        })
    }

    /// Enables a service and gives access to one client: the two steps that follow every addition.
    pub fn open_to(&self, id: &ServiceId, right: AccessRight) -> bool {
        self.change_service(id, |service| {
            service.disabled = None;
            service.access.push(right);
        })
    }

    /// All services as they are now.
    pub fn services(&self) -> Vec<ProvidedService> {
        self.read(|state| state.services.clone())
    }

    /// Uploads an adapter certificate for a provider subsystem; in force for the next new connection.
    pub fn upload_certificate(&self, subsystem: ClientId, certificate: CertificateDer<'static>) {
        self.change(|state| state.adapter_certificates.push((subsystem, certificate)));
    }

    /// Takes an uploaded certificate away again.
    pub fn remove_certificate(&self, subsystem: &ClientId, certificate: &CertificateDer<'_>) {
        self.change(|state| state.adapter_certificates.retain(|(s, c)| s != subsystem || c != certificate));
    }

    /// A new internal certificate: in force at once, without overlap (xroad.md §5.4).
    pub fn set_identity(&self, identity: &Identity) -> Result<(), StartError> {
        self.inner.leg.set_tls(TlsClient::new(Some(identity), self.inner.tls_tweaks)?);
        Ok(())
    }

    /// Sets a defect of its own.
    pub fn set_tamper(&self, tamper: Tamper) {
        self.change(|state| state.tamper = tamper);
    }

    /// Sets the faults on the leg to the adapter: in force for the next connection.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.inner.leg.set_faults(faults);
    }

    /// The lower door: anything, straight to the adapter, with this server's TLS identity.
    pub fn door(&self) -> Door {
        Door::over(Arc::clone(&self.inner.leg))
    }

    pub(super) fn tamper(&self) -> Tamper {
        self.read(|state| state.tamper)
    }

    /// The service of an identifier, if the client may call it.
    pub(super) fn admit(
        &self,
        id: &ServiceId,
        client: &ClientId,
        kind: ServiceKind,
        endpoint: Option<(&str, &str)>,
    ) -> Result<ProvidedService, Rejection> {
        let service = self
            .find(|service| service.id == *id)
            .ok_or_else(|| Rejection::new(Suffix::UnknownService, format!("unknown service {id}")))?;
        if service.kind != kind {
            return Err(Rejection::new(Suffix::ServiceType, "the service speaks the other protocol"));
        }
        if !service.access.iter().any(|right| allows(right, client, endpoint)) {
            return Err(Rejection::new(Suffix::AccessDenied, "request is not allowed"));
        }
        if let Some(notice) = &service.disabled {
            return Err(Rejection::new(Suffix::ServiceDisabled, format!("service is disabled: {notice}")));
        }
        Ok(service)
    }

    pub(super) fn find(&self, wanted: impl Fn(&ProvidedService) -> bool) -> Option<ProvidedService> {
        self.read(|state| state.services.iter().find(|service| wanted(service)).cloned())
    }

    /// How to treat the adapter's certificate when calling this service.
    pub(super) fn verification(&self, service: &ProvidedService) -> Verify {
        if !service.verify_tls {
            return Verify::Any;
        }
        Verify::Pinned(self.read(|state| {
            let fitting = state.adapter_certificates.iter();
            fitting.filter(|(owner, _)| *owner == service.id.provider).map(|(_, pin)| pin.clone()).collect()
        }))
    }

    /// Remembers the cookies of a response.
    pub(super) fn remember_cookies(&self, target: &Target, path: &str, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            self.inner.cookies.store(&target.host, path, &String::from_utf8_lossy(value.as_bytes()));
        }
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.inner.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.inner.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Inactivity timeout of the fetches that metadata services make.
pub(super) const METADATA_TIMEOUT: Duration = Duration::from_secs(30);

fn allows(right: &AccessRight, client: &ClientId, endpoint: Option<(&str, &str)>) -> bool {
    if right.client.as_ref().is_some_and(|allowed| allowed != client) {
        return false;
    }
    match (&right.endpoint, endpoint) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((method, glob)), Some((called, path))) => {
            (method == "*" || method.eq_ignore_ascii_case(called)) && glob.matches(path)
        }
    }
}

/// A request body from pieces.
pub(super) fn out_body(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> OutBody {
    StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync()
}

/// A request to a target; headers are added in the order of the calls.
pub(super) fn request(
    method: http::Method,
    path_and_query: &str,
    headers: HeaderMap,
    body: OutBody,
) -> Result<Request<OutBody>, Rejection> {
    let mut request = Request::builder()
        .method(method)
        .uri(path_and_query)
        .body(body)
        .map_err(|_| Rejection::new(Suffix::InternalError, "the request target cannot be sent"))?;
    *request.headers_mut() = headers;
    Ok(request)
}
