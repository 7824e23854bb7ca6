//! Writes of v11 (ptv-in-api.md §2, §6): PUT by GUID or source id, POST only when PTV has neither.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Client;
use crate::model::Kind;
use crate::ptv::dialect::{PtvError, Put, Way, Written};
use crate::ptv::map;
use crate::ptv::mirror::Act;
use crate::ptv::twins::ARCHIVED;

impl Client {
    /// PUT by GUID when we know it, else by source id, and POST only when PTV has neither. An answer lost after a
    /// POST is therefore found again by the next PUT.
    pub(in crate::ptv) async fn write(&self, put: &Put<'_>) -> Result<Written, PtvError> {
        let path = map::path_of(put.entity).unwrap_or_default();
        let kind = put.entity.key.kind;
        if let Way::Guid(guid) = &put.way {
            match self.put(&format!("{path}/{guid}"), put.body).await {
                Err(PtvError::NotFound) if put.is_adopted => return Err(PtvError::AdoptedMissing),
                // A stored GUID is a cache: PTV's test environment is wiped now and then.
                Err(PtvError::NotFound) => {}
                answer => return written(kind, Act::Updated, &answer?),
            }
        }
        let by_source = format!("{path}/sourceId/{}", put.source_id);
        match self.put(&by_source, put.body).await {
            Err(PtvError::NotFound) => {}
            answer => return written(kind, Act::Updated, &answer?),
        }
        // What it refers to is lost too, so a POST would be refused now.
        if put.was_written {
            return Err(PtvError::Lost);
        }
        match self.post(path, put.body).await {
            Err(PtvError::SourceIdTaken) => written(kind, Act::Updated, &self.put(&by_source, put.body).await?),
            answer => written(kind, Act::Created, &answer?),
        }
    }

    /// Archiving needs a body that is valid; the one that was last accepted is (§3.0.9). What is not there any more is
    /// archived as well.
    pub(in crate::ptv) async fn archive(&self, path: &str, guid: &str, last: &Value) -> Result<(), PtvError> {
        let mut body = last.clone();
        if let Some(body) = body.as_object_mut() {
            body.insert("publishingStatus".into(), ARCHIVED.into());
            // The members of a collection may be archived before it, and PTV would refuse their names (§3.5).
            if path == map::COLLECTION {
                body.remove("services");
                body.remove("serviceChannels");
            }
        }
        match self.put(&format!("{path}/{guid}"), &body).await {
            Ok(_) | Err(PtvError::NotFound) => Ok(()),
            // The body was accepted before, so what is wrong with the status is that it is a draft's (M-37).
            Err(PtvError::Refused(complaints)) if is_of_status(&complaints) => Err(PtvError::Draft),
            Err(error) => Err(error),
        }
    }

    /// The whole connection set of a service.
    pub(in crate::ptv) async fn connect(&self, service: &str, set: &Value) -> Result<Written, PtvError> {
        let answer = self.put(&format!("Connection/serviceId/{service}"), set).await?;
        let owners = owners(Kind::Service, &answer);
        Ok(Written { act: Act::Updated, guid: service.to_owned(), owners, connected: connected(&answer) })
    }
}

fn written(kind: Kind, act: Act, answer: &Value) -> Result<Written, PtvError> {
    let guid = answer.get("id").and_then(Value::as_str);
    let guid = guid.ok_or_else(|| PtvError::Unreadable("the answer names no id".into()))?;
    Ok(Written { act, guid: guid.to_owned(), owners: owners(kind, answer), connected: None })
}

fn is_of_status(complaints: &[(String, Vec<String>)]) -> bool {
    complaints.iter().any(|(key, _)| key.eq_ignore_ascii_case("PublishingStatus"))
}

/// The channels of a service's read model. PTV writes null for an empty list (§5).
fn connected(answer: &Value) -> Option<BTreeSet<String>> {
    let channels = answer.get("serviceChannels")?.as_array().map(Vec::as_slice).unwrap_or_default();
    let ids = channels.iter().filter_map(|it| it.pointer("/serviceChannel/id")?.as_str());
    Some(ids.map(str::to_lowercase).collect())
}

/// The organisations that answer for it, as PTV says; of an organisation its parent.
fn owners(kind: Kind, answer: &Value) -> Vec<String> {
    let one = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_owned);
    match kind {
        Kind::Organisation => one("parentOrganizationId").into_iter().collect(),
        Kind::Service => {
            let all = answer.get("organizations").and_then(Value::as_array).into_iter().flatten();
            let responsible = all.filter(|it| it.get("roleType").and_then(Value::as_str) == Some("Responsible"));
            let ids = responsible
                .filter_map(|it| it.pointer("/organization/id").or_else(|| it.get("organizationId"))?.as_str());
            ids.map(str::to_owned).collect()
        }
        // A collection names its organisation as an object.
        _ => {
            let object = answer.pointer("/organization/id").and_then(Value::as_str).map(str::to_owned);
            one("organizationId").or(object).into_iter().collect()
        }
    }
}
