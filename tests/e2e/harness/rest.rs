//! REST requests as a security server's adapter leg writes them, or as nobody should.

use bytes::Bytes;
use conformance::security_server::{RawBody, RawRequest};
use http::Method;
use uuid::Uuid;

use super::{CONSUMER, TENANT};

/// A request straight to the adapter.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) family: &'static str,
    /// Raw path and query below `/rest/v1`.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: RawBody,
}

/// `GET /services…` of the consumer.
pub(crate) fn services_call(target: &str) -> Call {
    Call::new(Method::GET, "catalogue", &format!("/services{target}"))
}

/// `POST /messages` of the consumer with a JSON body.
pub(crate) fn messages_call(body: impl Into<Bytes>) -> Call {
    let mut call = Call::new(Method::POST, "messages", "/messages").with("content-type", "application/json");
    call.body = RawBody::Sized(body.into());
    call
}

impl Call {
    /// A request of the consumer with new ids.
    pub(crate) fn new(method: Method, family: &'static str, target: &str) -> Self {
        let call = Self { method, family, target: target.to_owned(), headers: Vec::new(), body: RawBody::None };
        call.with("X-Road-Client", CONSUMER)
            .with("x-road-request-id", &Uuid::new_v4().to_string())
            .with("x-road-id", &Uuid::new_v4().to_string())
            .with("Accept-Encoding", "gzip,deflate")
    }

    /// One more header.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// Without a header.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        String::from_utf8(found.expect("the header").1.clone()).expect("UTF-8")
    }

    /// The path without query.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The request to the adapter at `https://…`.
    pub(crate) fn raw(self, url: &str) -> RawRequest {
        let url = format!("{url}/{TENANT}/{}/rest/v1{}", self.family, self.target);
        RawRequest { method: self.method, url, headers: self.headers, body: self.body }
    }
}
