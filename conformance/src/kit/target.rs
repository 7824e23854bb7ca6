//! The adapter under judgement: where it is, what it offers, how a security server reaches it.

use std::sync::Arc;

use uuid::Uuid;

use super::acts::Acts;
use super::probe::Stop;
use super::request::Envelope;
use super::services::{RestOperation, RestService, Services, SoapOperation};
use super::settings::{Sample, Settings, Upload};
use crate::ca::{CaError, CertificateSpec, Identity};
use crate::security_server::{ClientId, DescriptionError, Door, Provider, ProviderConfig, StartError, TlsTweaks};

/// Why the kit cannot begin. The command line is at fault, or the adapter does not answer at all.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A description could not be fetched.
    #[error("{url}: {source}")]
    Fetch {
        /// Its address.
        url: String,
        /// What happened.
        source: DescriptionError,
    },
    /// A description could not be read.
    #[error("{0}")]
    Read(String),
    /// The certificate and key cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    Certificate(#[from] StartError),
    /// No certificate could be made.
    #[error(transparent)]
    Make(#[from] CaError),
}

/// See the module.
pub struct Target {
    /// The addresses of the descriptions, as given.
    pub urls: Vec<String>,
    /// What it offers.
    pub services: Services,
    /// What its owner says.
    pub settings: Settings,
    /// A security server with the pinned certificate.
    pub server: Provider,
    /// Its lower door.
    pub door: Door,
    /// The pinned certificate and its key. Absent when the adapter is called without one.
    pub identity: Option<Identity>,
    /// The client that the adapter allows to call.
    pub client: ClientId,
    /// The subsystem that offers the services.
    pub provider: ClientId,
    pub(super) acts: Arc<dyn Acts>,
}

impl Target {
    /// Fetches the descriptions at `urls` and gets ready to call. Needs a tokio runtime.
    pub async fn new(
        urls: &[String],
        identity: Option<Identity>,
        client: ClientId,
        provider: ClientId,
        settings: Settings,
        acts: Arc<dyn Acts>,
    ) -> Result<Self, TargetError> {
        let shown = match &identity {
            Some(identity) => identity.clone(),
            // Over plain HTTP nobody sees it.
            None => {
                CertificateSpec::internal("kit.example.fi", &["localhost"], jiff::civil::date(2026, 1, 1)).issue()?
            }
        };
        let server = Provider::start(ProviderConfig::new(shown))?;
        let door = Door::new(identity.as_ref(), TlsTweaks::default())?;
        let mut services = Services::default();
        for url in urls {
            let (headers, bytes) = server
                .fetch_description(url)
                .await
                .map_err(|source| TargetError::Fetch { url: url.clone(), source })?;
            let content_type = headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default();
            services.add(url, content_type, &bytes).map_err(TargetError::Read)?;
        }
        Ok(Self { urls: urls.to_vec(), services, settings, server, door, identity, client, provider, acts })
    }

    /// What reaches the adapter's inside, for what goes on beside a probe.
    pub fn acts(&self) -> Arc<dyn Acts> {
        Arc::clone(&self.acts)
    }

    /// The same with other acts, made of those that it has: tests of the kit bend them.
    #[must_use]
    pub fn with_acts(mut self, change: impl FnOnce(Arc<dyn Acts>) -> Arc<dyn Acts>) -> Self {
        self.acts = change(self.acts);
        self
    }

    /// The SOAP operation that most cases call.
    pub fn read(&self) -> Result<&SoapOperation, Stop> {
        if let Some(code) = &self.settings.read {
            return self.operation(code);
        }
        if self.services.soap.is_empty() {
            return Err(Stop::not_applicable("no --target is a WSDL document: there is no SOAP service to call"));
        }
        let harmless = |it: &&SoapOperation| {
            ["get", "list", "search", "find", "read"].iter().any(|word| it.code.starts_with(word))
                && (it.required.is_empty() || self.settings.bodies.contains_key(&it.code))
        };
        self.services.soap.iter().find(harmless).ok_or_else(|| {
            Stop::not_applicable(
                "no operation of the WSDL is known to be harmless and callable; name one as `read` in kit.toml, with \
                 its body",
            )
        })
    }

    /// An operation by its code; that the descriptions lack it is the file's fault.
    pub fn operation(&self, code: &str) -> Result<&SoapOperation, Stop> {
        let missing = || Stop::not_applicable(format!("no WSDL that was given describes {code}, which kit.toml names"));
        self.services.operation(code).ok_or_else(missing)
    }

    /// A good request of an operation.
    pub fn request(&self, operation: &SoapOperation) -> Result<Envelope, Stop> {
        match self.settings.bodies.get(&operation.code) {
            Some(content) => Ok(self.envelope(operation, content)),
            None if operation.required.is_empty() => Ok(self.envelope(operation, "")),
            None => Err(Stop::not_applicable(format!(
                "{} needs {}: give a body for it in kit.toml",
                operation.code,
                operation.required.join(", ")
            ))),
        }
    }

    /// A request of an operation with this content in its wrapper; `{uuid}` becomes a new one.
    pub fn envelope(&self, operation: &SoapOperation, content: &str) -> Envelope {
        let body = wrapper(&operation.code, &operation.namespace, operation.qualified, content);
        Envelope::new(&self.client, &self.provider, &operation.code, operation.version.as_deref(), &body)
    }

    /// The operation and request of a sample of `kit.toml`; `what` is its key.
    pub fn sample(&self, what: &str, sample: Option<&Sample>) -> Result<(&SoapOperation, Envelope), Stop> {
        let sample = sample.ok_or_else(|| Stop::not_applicable(format!("kit.toml has no [{what}]")))?;
        let operation = self.operation(&sample.operation)?;
        Ok((operation, self.envelope(operation, &sample.body)))
    }

    /// What `kit.toml` says of attachments.
    pub fn upload(&self) -> Result<(&SoapOperation, &Upload), Stop> {
        let upload = self.settings.upload.as_ref();
        let upload = upload
            .ok_or_else(|| Stop::not_applicable("kit.toml names no operation that takes attachments ([upload])"))?;
        Ok((self.operation(&upload.operation)?, upload))
    }

    /// A REST service, a harmless GET of it, and its target below the base.
    pub fn rest_read(&self) -> Result<(&RestService, String), Stop> {
        let Some(first) = self.services.rest.first() else {
            return Err(Stop::not_applicable("no --target is an OpenAPI document: there is no REST service to call"));
        };
        if let Some(path) = &self.settings.rest_read {
            let template = path.split('?').next().unwrap_or_default();
            let knows =
                |it: &&RestService| it.operations.iter().any(|it| it.method == "GET" && fits(&it.path, template));
            return Ok((self.services.rest.iter().find(knows).unwrap_or(first), path.clone()));
        }
        self.services
            .rest
            .iter()
            .find_map(|service| {
                let mut gets = service.operations.iter().filter(|it| it.method == "GET");
                Some((service, gets.find_map(|it| self.rest_target(it))?))
            })
            .ok_or_else(|| {
                Stop::not_applicable(
                    "no GET of the OpenAPI document can be called without values; name a path as `rest_read` in kit.toml",
                )
            })
    }

    /// The REST service that describes this method and path.
    pub fn rest_service(&self, method: &str, path: &str) -> Result<&RestService, Stop> {
        let path = path.split('?').next().unwrap_or_default();
        let knows = |it: &&RestService| it.operations.iter().any(|it| it.method == method && fits(&it.path, path));
        let missing = || Stop::not_applicable(format!("no OpenAPI document that was given describes {method} {path}"));
        self.services.rest.iter().find(knows).ok_or_else(missing)
    }

    /// A REST request with a JSON body that `kit.toml` knows: the service, the path and the body.
    pub fn rest_write(&self) -> Result<(&RestService, &str, String), Stop> {
        let posts = self.settings.rest_bodies.iter().find_map(|(key, body)| Some((key.strip_prefix("POST ")?, body)));
        let missing = || Stop::not_applicable("kit.toml has no body of a POST in [rest_bodies]");
        let (path, body) = posts.ok_or_else(missing)?;
        Ok((self.rest_service("POST", path)?, path, body.replace("{uuid}", &Uuid::new_v4().to_string())))
    }

    /// The target of a REST operation with the values of `kit.toml`; `None` when one is missing.
    pub fn rest_target(&self, operation: &RestOperation) -> Option<String> {
        let mut path = String::new();
        let mut rest = operation.path.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            path.push_str(before);
            path.push_str(self.settings.rest_parameters.get(name)?);
            rest = after;
        }
        path.push_str(rest);
        for (number, name) in operation.required.iter().enumerate() {
            path.push(if number == 0 { '?' } else { '&' });
            path.push_str(name);
            path.push('=');
            path.push_str(self.settings.rest_parameters.get(name)?);
        }
        Some(path)
    }
}

/// Whether a path fits a template.
fn fits(template: &str, path: &str) -> bool {
    let (mut a, mut b) = (template.split('/'), path.split('/'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (a.starts_with('{') && !b.is_empty()) => {}
            _ => return false,
        }
    }
}

/// A wrapper element; unprefixed elements in its content are in its namespace when the schema is qualified.
fn wrapper(code: &str, namespace: &str, qualified: bool, content: &str) -> String {
    let namespace = crate::xml::escape(namespace);
    let default = if qualified { format!(" xmlns=\"{namespace}\"") } else { String::new() };
    let content = content.replace("{uuid}", &Uuid::new_v4().to_string());
    format!("<k:{code} xmlns:k=\"{namespace}\"{default}>{content}</k:{code}>")
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("urls", &self.urls).field("client", &self.client).finish_non_exhaustive()
    }
}
