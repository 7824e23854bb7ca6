//! The acts on the message log, through a second reader of the store beside the adapter: `log-find` looks records up,
//! `tamper-record` changes one, has the log verified, and puts it back.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::kit::ActError;
use serde_json::{Value, json};

use super::super::SandboxError;
use super::lines;
use crate::control::{Command, call};
use crate::model::evidence::{Evidence, PartDigest, RecordKind};
use crate::store::testing::tamper_evidence;
use crate::store::{Access, Store, StoreConfig, StoreError, evidence};
use crate::world::World;

/// Records read at once.
const PAGE: u32 = 500;

pub(super) struct Log {
    data: PathBuf,
    socket: PathBuf,
    store: Store,
    /// What was read so far: the log only grows.
    read: Mutex<Vec<Evidence>>,
}

impl Log {
    /// `socket` is the operator's.
    pub(super) async fn open(data: &Path, socket: &Path) -> Result<Self, SandboxError> {
        let config = StoreConfig { access: Access::Read, ..StoreConfig::in_folder(data) };
        let store = Store::open(config, &World::system()).await;
        let store = store.map_err(SandboxError::failed("the message log"))?;
        Ok(Self { data: data.to_owned(), socket: socket.to_owned(), store, read: Mutex::default() })
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
        let mut records: Vec<Value> = exchanges.map(|it| record(it, &read)).collect();
        if records.is_empty() {
            // Of an exchange that could not be recorded the lines are all there is.
            let ids: Vec<&str> = [id, request_id, fault_id].into_iter().flatten().collect();
            records.extend(lines::about(&ids).filter(|text| !text.is_empty()).map(|text| json!({ "text": text })));
        }
        Ok(json!({ "records": records }))
    }

    /// Changes the record of an exchange behind the log's back, has the running adapter verify its log, and puts the
    /// record back; without the change the log must be whole.
    pub(super) async fn tamper(&self, wanted: &Value) -> Result<Value, ActError> {
        let failed = |what: &dyn std::fmt::Display| ActError::Failed(format!("the act tamper-record: {what}"));
        let id = wanted.get("id").and_then(Value::as_str).ok_or_else(|| failed(&"no id"))?;
        self.read_on().await.map_err(|error| failed(&error))?;
        let place = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.iter().find(|it| it.draft.xroad_id.as_deref() == Some(id)).map(|it| (it.writer.clone(), it.sequence))
        };
        let (writer, sequence) = place.ok_or_else(|| failed(&"there is no record of this id"))?;
        let tampered = tamper_evidence(&self.data, &writer, sequence).await.map_err(|error| failed(&error))?;
        let found = call(&self.socket, &Command::LogVerify {}).await;
        tampered.put_back().await.map_err(|error| failed(&error))?;
        let found = found.map_err(|error| failed(&error))?;
        let after = call(&self.socket, &Command::LogVerify {}).await.map_err(|error| failed(&error))?;
        if after.get("clean") != Some(&json!(true)) {
            return Err(failed(&format!("the log is not whole without the change either: {after}")));
        }
        Ok(json!({ "clean": found.get("clean"), "problem": found.get("firstProblem") }))
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
    let exchange = draft.exchange_id.map(|id| id.to_string());
    let ids = [exchange.as_deref(), draft.xroad_id.as_deref(), draft.request_id.as_deref()];
    let ids: Vec<&str> = ids.into_iter().flatten().collect();
    json!({
        "text": lines::about(&ids),
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
