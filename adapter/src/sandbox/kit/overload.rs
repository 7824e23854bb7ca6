//! The act `overload`: requests that never end take every place of the adapter's X-Road door.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use conformance::ca::Identity;
use conformance::kit::ActError;
use conformance::security_server::{AdapterStream, Door, RawBody, RawRequest, TlsTweaks};
use futures_util::future::try_join_all;
use http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;

use super::super::place::CONSUMER;
use super::super::{SandboxError, Stage};
use crate::operations::registry::Family;

/// Connections that are opened at once.
const AT_ONCE: usize = 16;
/// How often it is tried whether the door is full, or free again.
const TRIES: usize = 40;

pub(super) struct Overload {
    door: Door,
    address: SocketAddr,
    tenant: &'static str,
    places: usize,
    held: Mutex<Vec<AdapterStream>>,
}

impl Overload {
    /// `places` is how many requests the door works on at once.
    pub(super) fn of(stage: &Stage, identity: &Identity, places: usize) -> Result<Self, SandboxError> {
        let door = Door::new(Some(identity), TlsTweaks::default()).map_err(SandboxError::failed("a connection"))?;
        let (address, tenant) = (stage.address("xroad"), stage.place.tenant);
        Ok(Self { door, address, tenant, places, held: Mutex::default() })
    }

    pub(super) async fn switch(&self, wish: &Value) -> Result<Value, ActError> {
        let mut held = self.held.lock().await;
        if wish.get("on").and_then(Value::as_bool) != Some(true) {
            held.clear();
            return self.until(false).await;
        }
        let mut left = self.places.saturating_sub(held.len());
        while left > 0 {
            let some = left.min(AT_ONCE);
            held.extend(try_join_all((0..some).map(|_| self.begun())).await?);
            left -= some;
        }
        self.until(true).await
    }

    /// A request whose body never comes.
    async fn begun(&self) -> Result<AdapterStream, ActError> {
        let (address, family) = (self.address, Family::Catalogue.word());
        let url = format!("https://{address}/{}/{family}/soap/v1", self.tenant);
        let mut stream = self.door.connect(&url).await.map_err(|rejection| failed(&rejection.text))?;
        let head = format!(
            "POST /{}/{family}/soap/v1 HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/xml\r\n\
             Content-Length: 100\r\n\r\n<",
            self.tenant
        );
        stream.write_all(head.as_bytes()).await.map_err(|error| failed(&error))?;
        stream.flush().await.map_err(|error| failed(&error))?;
        Ok(stream)
    }

    /// Waits until the door is full, or is not.
    async fn until(&self, full: bool) -> Result<Value, ActError> {
        let path = format!("/{}/{}/rest/v1/services", self.tenant, Family::Catalogue.word());
        let headers = [("X-Road-Client", CONSUMER), ("x-road-request-id", "overload"), ("x-road-id", "overload")];
        for _ in 0..TRIES {
            let request = RawRequest {
                method: Method::GET,
                url: format!("https://{}{path}", self.address),
                headers: headers.map(|(name, value)| (name.to_owned(), Bytes::from(value).to_vec())).to_vec(),
                body: RawBody::None,
            };
            let answer = self.door.send(request).await.map_err(|rejection| failed(&rejection.text))?;
            if (answer.status == 503) == full {
                return Ok(json!({}));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(failed(&format!("after {} requests the door is {}", self.places, if full { "not full" } else { "full" })))
    }
}

fn failed(what: &dyn std::fmt::Display) -> ActError {
    ActError::Failed(format!("the act overload: {what}"))
}
