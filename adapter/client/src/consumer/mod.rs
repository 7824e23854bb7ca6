//! X-Road calls as a consumer, through the own security server (xroad.md §6): SOAP and REST, each answer checked
//! against its request and each error told apart: the network's, X-Road's, the provider's.
//!
//! Nothing is repeated here: [`CallError::delivery`] says whether a caller may. Access to a security server and its
//! certificates are configured in [`tls`].

mod catalogue;
mod error;
mod messages;
mod rest;
mod soap;
#[cfg(test)]
mod tests;
pub mod tls;

pub use catalogue::CatalogueClient;
pub use error::{CallError, ServiceError};
pub use messages::MessagesClient;
pub use rest::RestAnswer;
pub use soap::{Part, SoapAnswer};

use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use xroad::id::{ClientId, ServiceId};

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
}

impl Consumer {
    /// The largest answer by default: 110 MiB, a SOAP part of 10 MiB and attachments of 100 MiB.
    pub const MAX_ANSWER: usize = 110 * 1024 * 1024;

    pub fn new(base_url: impl Into<String>, client: ClientId, http: reqwest::Client) -> Self {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        Self { base_url, client, http, ids: Uuid::new_v4, max_answer: Self::MAX_ANSWER, user_id: None, issue: None }
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
