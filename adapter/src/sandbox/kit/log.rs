//! The act `log-find`: looks records up in the message log, through a second reader of the store beside the adapter.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::kit::ActError;
use serde_json::{Value, json};

use super::super::SandboxError;
use crate::model::evidence::{Evidence, PartDigest, RecordKind};
use crate::store::{Access, Store, StoreConfig, StoreError, evidence};
use crate::world::World;

/// Records read at once.
const PAGE: u32 = 500;

pub(super) struct Log {
    store: Store,
    /// What was read so far: the log only grows.
    read: Mutex<Vec<Evidence>>,
}

impl Log {
    pub(super) async fn open(data: &Path) -> Result<Self, SandboxError> {
        let config = StoreConfig { access: Access::Read, ..StoreConfig::in_folder(data) };
        let store = Store::open(config, &World::system()).await;
        Ok(Self { store: store.map_err(SandboxError::failed("the message log"))?, read: Mutex::default() })
    }

    pub(super) async fn find(&self, wanted: &Value) -> Result<Value, ActError> {
        let member = |name: &str| wanted.get(name).and_then(Value::as_str);
        let (id, request_id, fault_id) = (member("id"), member("requestId"), member("faultId"));
        if id.is_none() && request_id.is_none() && fault_id.is_none() {
            return Err(ActError::Missing("Silta's act log-find looks for id, requestId or faultId".to_owned()));
        }
        self.read_on().await.map_err(|error| ActError::Failed(format!("the message log cannot be read: {error}")))?;
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let exchanges = read.iter().filter(|it| it.draft.kind == RecordKind::Exchange).filter(|it| {
            let same = |wanted: Option<&str>, is: Option<&str>| wanted.is_none() || wanted == is;
            same(id, it.draft.xroad_id.as_deref())
                && same(request_id, it.draft.request_id.as_deref())
                && same(fault_id, it.draft.fault_id.as_deref())
        });
        let records: Vec<Value> = exchanges.map(|it| record(it, &read)).collect();
        Ok(json!({ "records": records }))
    }

    async fn read_on(&self) -> Result<(), StoreError> {
        for (writer, head) in evidence::writers(&self.store).await? {
            loop {
                let last = {
                    let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                    read.iter().rev().find(|it| it.writer == writer).map_or(0, |it| it.sequence)
                };
                if last >= head {
                    break;
                }
                let page = evidence::page(&self.store, &writer, last, PAGE).await?;
                let decoded: Vec<Evidence> = page.iter().filter_map(|it| Evidence::decode(&it.record).ok()).collect();
                if decoded.is_empty() {
                    break;
                }
                self.read.lock().unwrap_or_else(PoisonError::into_inner).extend(decoded);
            }
        }
        Ok(())
    }
}

/// A record in the words of docs/conformance.md.
fn record(it: &Evidence, all: &[Evidence]) -> Value {
    let draft = &it.draft;
    let digest = |bytes: Option<&Vec<u8>>| bytes.map(|it| STANDARD.encode(it));
    let parts = |parts: &[PartDigest]| -> Vec<Value> {
        parts.iter().map(|part| json!({ "size": part.size, "digest": STANDARD.encode(&part.digest) })).collect()
    };
    // Everything else that the exchange's commit wrote down: orders, Sends.
    let effects = all
        .iter()
        .filter(|other| other.draft.exchange_id == draft.exchange_id && draft.exchange_id.is_some())
        .filter(|other| !matches!(other.draft.kind, RecordKind::Exchange | RecordKind::NotDelivered))
        .count();
    json!({
        "id": draft.xroad_id,
        "requestId": draft.request_id,
        "client": draft.client,
        "service": draft.operation,
        "representedParty": draft.represented.as_deref().map(party),
        "protocol": draft.protocol,
        "method": draft.method,
        "path": draft.path,
        "soapAction": draft.soap_action,
        "pin": draft.pin,
        "status": draft.status,
        "faultCode": draft.fault_code,
        "faultId": draft.fault_id,
        "requestDigest": digest(draft.request_digest.as_ref()),
        "responseDigest": digest(draft.response_digest.as_ref()),
        "requestParts": parts(&draft.request_parts),
        "responseParts": parts(&draft.response_parts),
        "received": draft.time_in.to_string(),
        "sent": draft.time_out.to_string(),
        "delivered": !all.iter().any(|other| {
            other.draft.kind == RecordKind::NotDelivered && other.draft.exchange_id == draft.exchange_id
        }),
        "effects": effects,
    })
}

fn party(text: &str) -> Value {
    match text.split_once('/') {
        Some((class, code)) => json!({ "class": class, "code": code }),
        None => json!({ "class": null, "code": text }),
    }
}
