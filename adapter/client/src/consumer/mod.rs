//! X-Road calls as a consumer, through the own security server (xroad.md §6): SOAP and REST, each answer checked
//! against its request and each error told apart: the network's, X-Road's, the provider's.
//!
//! A call is repeated only when its error proves that the provider has not got it and may pass by itself
//! ([`CallError::may_pass`]); of any other error [`CallError::delivery`] tells what is known. Redirects are never
//! followed. Access to a security server and its certificates are configured in [`tls`].
//!
//! ```no_run
//! use std::time::Duration;
//! use rustls_pki_types::CertificateDer;
//! use silta_client::consumer::tls::{Tls, http_client, pin};
//! use silta_client::consumer::{CatalogueClient, Consumer};
//!
//! # async fn example(own: Option<(Vec<CertificateDer<'static>>, rustls_pki_types::PrivateKeyDer<'static>)>)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! // The security server's certificate is self-signed and pinned; `own` is the certificate that it asks of us.
//! let theirs = CertificateDer::from(std::fs::read("security-server.cert.der")?);
//! let http = http_client(Some(Tls { identity: own, pins: vec![pin(&theirs)] }), Duration::from_secs(90))?;
//! let consumer = Consumer::new("https://ss.example.fi:8443", "FI-TEST/GOV/9999906-0/asiointi".parse()?, http);
//! let catalogue = CatalogueClient::new(consumer, "FI-TEST/MUN/1234567-1/palvelut".parse()?);
//! let service = catalogue.get_service("740", None).await?;
//! println!("{}", service.name.fi.unwrap_or_default());
//! # Ok(())
//! # }
//! ```

mod catalogue;
mod error;
mod messages;
pub mod metadata;
mod rest;
mod rest_hash;
mod soap;
#[cfg(test)]
mod tests;
pub mod tls;

pub use catalogue::CatalogueClient;
pub use error::{CallError, ServiceError};
pub use messages::MessagesClient;
pub use rest::RestAnswer;
pub use rest_hash::RestHashCheck;
pub use soap::{Part, SoapAnswer};

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use xroad::id::{ClientId, RepresentedParty, ServerId, ServiceId};

use crate::common::{self, Answer as _, Problem, ReceivedError, Request};

/// One subsystem that calls through its security server.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Scheme, host and port of the security server, without a path: `https://ss.example`.
    pub base_url: String,
    /// Who calls: a subsystem of the own member.
    pub client: ClientId,
    /// Made by [`tls::http_client`], which follows no redirect and asks no proxy.
    pub http: reqwest::Client,
    /// Where message ids come from.
    pub ids: fn() -> Uuid,
    /// The most bytes of an answer that are read.
    pub max_answer: usize,
    /// `userId` of every call: country code and user identifier. Personal data; only as agreed with the provider.
    pub user_id: Option<String>,
    /// `issue` of every call.
    pub issue: Option<String>,
    /// On whose behalf every call is made.
    pub represented_party: Option<RepresentedParty>,
    /// The one security server of the provider that must answer (PR-TARGETSS). Named only when set.
    pub security_server: Option<ServerId>,
    /// How often a call is tried in all while [`CallError::may_pass`] holds; 1 never repeats.
    pub attempts: u32,
    /// The wait before a call is tried again.
    pub pause: Duration,
    /// Whether a REST answer whose request hash is another or absent is an error. Off by default: the hash covers header
    /// names as the security server's HTTP parser spells them, which a consumer can guess only (xroad.md §8.3);
    /// [`RestAnswer::hash`] tells the outcome either way.
    pub strict_rest_hash: bool,
}

impl Consumer {
    /// The largest answer by default: 110 MiB, a SOAP part of 10 MiB and attachments of 100 MiB.
    pub const MAX_ANSWER: usize = 110 * 1024 * 1024;

    pub fn new(base_url: impl Into<String>, client: ClientId, http: reqwest::Client) -> Self {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        Self {
            base_url,
            client,
            http,
            ids: Uuid::new_v4,
            max_answer: Self::MAX_ANSWER,
            user_id: None,
            issue: None,
            represented_party: None,
            security_server: None,
            attempts: 2,
            pause: Duration::from_millis(200),
            strict_rest_hash: false,
        }
    }

    /// Calls a SOAP service with a request of a contract and reads its answer.
    pub async fn ask<R: Request>(
        &self,
        provider: &ClientId,
        version: &str,
        request: &R,
        attachments: &[Part],
    ) -> Result<<R::Answer as common::Answer>::Success, ServiceError> {
        let service = ServiceId::new(provider.clone(), R::WRAPPER, Some(version.to_owned()))
            .map_err(|cause| CallError::Identifier { cause })?;
        let body = common::to_xml(request)?;
        let answer = self.soap(&service, &body, attachments).await?;
        let answer: R::Answer = common::from_element(&answer.envelope.body)?;
        match answer.into_result() {
            Some(outcome) => outcome.map_err(ServiceError::Refused),
            None => Err(ServiceError::Empty),
        }
    }

    /// Calls a REST service and reads the JSON of its answer, or the problem instead of it.
    pub async fn fetch<T: DeserializeOwned>(
        &self,
        method: http::Method,
        service: &ServiceId,
        path: &str,
        json: Option<Bytes>,
    ) -> Result<T, ServiceError> {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        if json.is_some() {
            headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        }
        let answer = self.rest(method, service, path, headers, json.unwrap_or_default()).await?;
        if answer.status.is_success() {
            return serde_json::from_slice(&answer.body).map_err(|_| ServiceError::Json);
        }
        match serde_json::from_slice::<Problem>(&answer.body) {
            Ok(problem) if problem.code().is_some() => Err(ServiceError::Refused(ReceivedError {
                code: problem.code().unwrap_or_default().to_owned(),
                message: problem.detail,
                field: problem.field,
            })),
            _ => Err(ServiceError::Status(answer.status.as_u16())),
        }
    }

    /// How often a call may still be tried. The same message goes out each time, with the same id.
    fn tries(&self) -> Tries {
        Tries(self.attempts)
    }

    /// Reads an answer's body up to the limit.
    async fn body(&self, mut response: reqwest::Response) -> Result<Bytes, CallError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(CallError::transport)? {
            if body.len() + chunk.len() > self.max_answer {
                return Err(CallError::TooLarge { limit: self.max_answer });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

struct Tries(u32);

impl Tries {
    /// Whether to send once more after this outcome; counts the try that led to it.
    fn again<T>(&mut self, outcome: &Result<T, CallError>) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0 && outcome.as_ref().is_err_and(CallError::may_pass)
    }
}
