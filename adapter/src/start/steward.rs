//! The operator's commands about records of the catalogue: finding and looking at them, Silta's own fields, their past,
//! their master, what others may be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::catalogue::search::Question;
use crate::catalogue::{Catalogue, CatalogueError, MasterChange, matching};
use crate::control::{AdoptedTwin, OperatorError};
use crate::model::actor::ContentOwner;
use crate::model::entity::InvalidCode;
use crate::model::limits::name_key;
use crate::model::{Entity, EntityKey, Kind, Master, Stored};
use crate::ptv::adopt::Adopted;
use crate::ptv::worker::Worker;
use crate::store::{Store, entities, twins};

/// A master's name has at most this many characters.
const MASTER_CHARS: usize = 100;

/// A name and an address together have at most this many characters.
const PERSON_CHARS: usize = 200;
/// Records told by `catalogue.find` at most.
const FOUND: u32 = 200;

/// `catalogue.find`: records whose names have the words, of every kind; then services by the full text search.
pub(super) async fn find(
    catalogue: &Catalogue,
    tenant: &str,
    words: &str,
    kind: Option<&str>,
    limit: u32,
) -> Result<Value, OperatorError> {
    let kind = kind.map(self::kind).transpose()?;
    let limit = usize::try_from(limit.clamp(1, FOUND)).unwrap_or(usize::MAX);
    let view = catalogue.view(tenant).ok_or_else(|| OperatorError::unknown_tenant(tenant))?;
    let wanted = name_key(words);
    let named = |stored: &&Arc<Stored>| stored.entity.name().iter().any(|(_, name)| name_key(name).contains(&wanted));
    let kinds = Kind::ALL.into_iter().filter(|known| kind.is_none_or(|kind| kind == *known));
    let mut found: Vec<Arc<Stored>> =
        kinds.flat_map(|kind| view.all(kind)).filter(named).take(limit).cloned().collect();
    if kind.is_none_or(|kind| kind == Kind::Service) && found.len() < limit {
        let question = Question { words: Some(words.to_owned()), ..Question::default() };
        let page = catalogue.search().find(&Arc::from(tenant), Arc::clone(&view), question, None, limit).await;
        let page = page.map_err(|error| OperatorError::failed(error.to_string()))?;
        let known: BTreeSet<EntityKey> = found.iter().map(|stored| stored.entity.key.clone()).collect();
        let others = page.services.into_iter().filter(|stored| !known.contains(&stored.entity.key));
        found.extend(others.take(limit - found.len()));
    }
    let records: Vec<Value> = found.iter().map(|stored| in_brief(stored)).collect();
    Ok(json!({ "records": records }))
}

fn in_brief(stored: &Stored) -> Value {
    let Entity { key, state, .. } = &stored.entity;
    json!({
        "kind": key.kind.word(), "code": key.code.as_str(), "name": stored.entity.name().any(),
        "state": state.word(), "revision": stored.revision, "master": stored.master.0,
        "changedAt": stored.changed_at.to_string(),
    })
}

/// `catalogue.show`: a record in brief, as its master sent it, and how it stands with PTV.
pub(super) async fn show(
    catalogue: &Catalogue,
    store: &Store,
    worker: Option<&Arc<Worker>>,
    tenant: &str,
    (kind, code): (&str, &str),
) -> Result<Value, OperatorError> {
    let key = key(kind, code)?;
    let view = catalogue.view(tenant).ok_or_else(|| OperatorError::unknown_tenant(tenant))?;
    let stored = view.find(&key).ok_or_else(|| absent(&key))?;
    let row = entities::get(store, tenant, key.kind.word(), key.code.as_str()).await;
    let row = row.map_err(|error| OperatorError::failed(error.to_string()))?.ok_or_else(|| absent(&key))?;
    let record: Value = serde_json::from_slice(&row.body).map_err(|error| OperatorError::failed(error.to_string()))?;
    let mut shown = in_brief(stored);
    if let Some(members) = shown.as_object_mut() {
        if let Some(worker) = worker {
            let outlooks = worker.outlooks([&stored.entity]).await;
            let outlooks = outlooks.map_err(|error| OperatorError::failed(error.to_string()))?;
            members.insert("ptv".into(), json!(outlooks.of(&stored.entity)));
        }
        if let Some(own) = view.own(&key) {
            let own = json!({"owner": told(own.owner.as_ref()), "deputy": told(own.deputy.as_ref()), "held": own.held});
            members.insert("own".into(), own);
        }
        members.insert("record".into(), record);
    }
    Ok(shown)
}

/// `catalogue.own`: changes what is given and tells what holds now.
pub(super) async fn own(
    catalogue: &Catalogue,
    tenant: &str,
    (kind, code): (&str, &str),
    owner: Option<String>,
    deputy: Option<String>,
    held: Option<bool>,
) -> Result<Value, OperatorError> {
    let key = key(kind, code)?;
    let view = catalogue.view(tenant).ok_or_else(|| OperatorError::unknown_tenant(tenant))?;
    let mut own = view.own(&key).cloned().unwrap_or_default();
    if let Some(text) = owner {
        own.owner = person(&text)?;
    }
    if let Some(text) = deputy {
        own.deputy = person(&text)?;
    }
    own.held = held.unwrap_or(own.held);
    if !catalogue.set_own(tenant, &key, own.clone()).await.map_err(|error| failed(&error))? {
        return Err(absent(&key));
    }
    Ok(json!({"owner": told(own.owner.as_ref()), "deputy": told(own.deputy.as_ref()), "held": own.held}))
}

/// `actor:CODE`, a name, an address, or `Name <address>`.
fn person(text: &str) -> Result<Option<ContentOwner>, OperatorError> {
    let text = text.trim();
    if text.chars().count() > PERSON_CHARS || text.chars().any(char::is_control) {
        return Err(OperatorError::usage(format!("a name and an address have at most {PERSON_CHARS} characters")));
    }
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(code) = text.strip_prefix("actor:") {
        let invalid = |error: InvalidCode| OperatorError::usage(error.to_string());
        let actor = Some(code.parse().map_err(invalid)?);
        return Ok(Some(ContentOwner { actor, ..ContentOwner::default() }));
    }
    let (name, email) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, email)) => (name.trim(), email.trim()),
        None if text.contains('@') => ("", text),
        None => (text, ""),
    };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Some(ContentOwner { actor: None, name: given(name), email: given(email) }))
}

fn told(owner: Option<&ContentOwner>) -> Value {
    let Some(ContentOwner { actor, name, email }) = owner else { return Value::Null };
    json!({"actor": actor.as_ref().map(ToString::to_string), "name": name, "email": email})
}

/// `catalogue.history`.
pub(super) async fn history(
    catalogue: &Catalogue,
    tenant: &str,
    kind: &str,
    code: &str,
) -> Result<Value, OperatorError> {
    let key = key(kind, code)?;
    let revisions = catalogue.history(tenant, &key).await.map_err(|error| failed(&error))?;
    if revisions.is_empty() {
        return Err(absent(&key));
    }
    let revisions: Vec<Value> = revisions
        .into_iter()
        .map(|it| {
            let at = Timestamp::from_microsecond(it.changed_at).unwrap_or_default().to_string();
            json!({"revision": it.revision, "state": it.state, "master": it.master, "at": at, "by": it.changed_by})
        })
        .collect();
    Ok(json!({"kind": key.kind.word(), "code": key.code.as_str(), "revisions": revisions}))
}

/// `catalogue.master`.
pub(super) async fn master(
    catalogue: &Catalogue,
    tenant: &str,
    kind: &str,
    code: &str,
    to: &str,
) -> Result<Value, OperatorError> {
    let key = key(kind, code)?;
    // Batches are remembered as master and id with a slash between.
    let fits = !to.trim().is_empty()
        && to.trim() == to
        && to.chars().count() <= MASTER_CHARS
        && !to.chars().any(|c| c.is_control() || c == '/');
    if !fits {
        let text =
            format!("a master's name has 1 to {MASTER_CHARS} printable characters, no slash and no space at its ends");
        return Err(OperatorError::usage(text));
    }
    let to = Master(to.into());
    match catalogue.change_master(tenant, &key, &to).await.map_err(|error| failed(&error))? {
        MasterChange::Changed { from, revision } => Ok(json!({"master": to.0, "from": from.0, "revision": revision})),
        MasterChange::Same => Ok(json!({ "master": to.0 })),
        MasterChange::Unknown => Err(absent(&key)),
    }
}

/// `ptv.adopt`. Each is told by itself; one that cannot be does not keep the others from it.
pub(super) async fn adopt(worker: &Worker, twins: Vec<AdoptedTwin>, all: bool) -> Result<Value, OperatorError> {
    let mut asked = Vec::new();
    for AdoptedTwin { kind, code, guid } in twins {
        asked.push((key(&kind, &code)?, guid));
    }
    if all {
        asked.extend(worker.adoptable());
    }
    let mut told = Vec::new();
    for (key, guid) in asked {
        let adopted = worker.adopt(&key, &guid).await.map_err(|error| OperatorError::failed(error.to_string()))?;
        let (outcome, reason) = match adopted {
            Adopted::Adopted => ("adopted", None),
            Adopted::Same => ("unchanged", None),
            Adopted::Unknown => ("refused", Some("there is no such record".to_owned())),
            Adopted::NoTwin => ("refused", Some("PTV has no records of this kind".to_owned())),
            Adopted::NotGuid => ("refused", Some("this is no GUID".to_owned())),
            Adopted::OtherTwin(other) => ("refused", Some(format!("its twin in PTV is {other} already"))),
            Adopted::Taken(other) => ("refused", Some(format!("this is the twin of {other}"))),
        };
        let (kind, code) = (key.kind.word(), key.code.as_str());
        told.push(json!({"kind": kind, "code": code, "guid": guid, "outcome": outcome, "reason": reason}));
    }
    Ok(json!({ "twins": told }))
}

/// `catalogue.match`.
pub(super) async fn matches(
    catalogue: &Catalogue,
    store: &Store,
    tenant: &str,
    records: Vec<Value>,
) -> Result<Value, OperatorError> {
    const PAGE: u32 = 500;
    let view = catalogue.view(tenant).ok_or_else(|| OperatorError::unknown_tenant(tenant))?;
    let mut guids = BTreeMap::new();
    for kind in Kind::ALL {
        let mut after = String::new();
        loop {
            let page = twins::page(store, tenant, kind.word(), &after, PAGE).await;
            let page = page.map_err(|error| failed(&error.into()))?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            for twin in page {
                let key = twin.code.parse().ok().map(|code| EntityKey { kind, code });
                guids.extend(key.zip(twin.guid));
            }
        }
    }
    // Comparing takes a processor for a while; it must not hold up the runtime.
    let found = tokio::task::spawn_blocking(move || matching::matches(&view, &guids, &records)).await;
    let found = found.map_err(|error| OperatorError::failed(error.to_string()))?;
    let found = serde_json::to_value(found).map_err(|error| OperatorError::failed(error.to_string()))?;
    Ok(json!({ "matches": found }))
}

fn kind(word: &str) -> Result<Kind, OperatorError> {
    let known = Kind::from_word(word).or_else(|| Kind::from_laji(word));
    let words = Kind::ALL.map(Kind::word).join(", ");
    known.ok_or_else(|| OperatorError::usage(format!("unknown kind; there are: {words}")))
}

fn key(kind: &str, code: &str) -> Result<EntityKey, OperatorError> {
    let kind = self::kind(kind)?;
    let code = code.parse().map_err(|error: InvalidCode| OperatorError::usage(error.to_string()))?;
    Ok(EntityKey { kind, code })
}

fn absent(key: &EntityKey) -> OperatorError {
    OperatorError::not_found(format!("there is no {} with this code", key.kind))
}

fn failed(error: &CatalogueError) -> OperatorError {
    match error {
        CatalogueError::UnknownTenant(tenant) => OperatorError::unknown_tenant(tenant),
        _ => OperatorError::failed(error.to_string()),
    }
}
