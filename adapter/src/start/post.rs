//! The operator's commands about letters: to send some, to show one, what a person decides of those that are parked, and the account's
//! password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::workers::Letterbox;
use crate::control::{ErrorKind, LetterFile, OperatorError, Sealed, reads};
use crate::exchange::{Door, OperatorAnswer, OperatorFile, OperatorOrder};
use crate::store::{Store, StoreError, sends};
use crate::viestit::course;
use crate::viestit::decision::{Act as Decided, Decision, plain_name};
use crate::viestit::{Worker, WorkerError};

/// Who asks for what, and why, as it was typed.
pub(super) struct Act<'a> {
    pub(super) decision: &'a str,
    pub(super) reason: &'a str,
    pub(super) person: &'a str,
}

/// `messages.send`: the door's answer as it is, with whether it is a refusal and whether the order was known.
pub(super) async fn send(
    door: &Door,
    tenant: &str,
    order: Sealed,
    files: Vec<LetterFile>,
    check: bool,
    person: &str,
) -> Result<Value, OperatorError> {
    let decoded = files.into_iter().map(|LetterFile { name, content }| {
        let content = STANDARD.decode(content.0).map_err(|_| OperatorError::usage("a file's content is not base64"))?;
        Ok(OperatorFile { name: name.0, content: content.into() })
    });
    let files = decoded.collect::<Result<Vec<_>, OperatorError>>()?;
    let given = OperatorOrder { person: plain_name(person), order: order.0, files, check };
    let OperatorAnswer { content, code, repeated } = Box::pin(door.order_of_operator(tenant, given)).await;
    Ok(match code {
        Some(code) => json!({"refused": content, "code": code}),
        None if check => json!({"sound": content, "repeated": repeated}),
        None => json!({"accepted": content, "repeated": repeated}),
    })
}

/// Letters that are shown with their courses at once.
const MOST_SHOWN: usize = 20;

/// `messages.show`: an order with the letters that were asked for, and the course of each.
pub(super) async fn show(store: &Store, tenants: &[String], id: &str) -> Result<Value, OperatorError> {
    let unread = |error: StoreError| OperatorError::failed(format!("the store cannot be read: {error}"));
    for tenant in tenants {
        let letter = sends::get(store, tenant, id).await.map_err(unread)?;
        let order = letter.as_ref().map_or(id, |letter| letter.order_id.as_str());
        let mut shown = match reads::message_status(store, std::slice::from_ref(tenant), order).await {
            Ok(shown) => shown,
            Err(error) if error.kind == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let Some(letters) = shown.get_mut("letters").and_then(Value::as_array_mut) else { continue };
        if let Some(letter) = &letter {
            letters.retain(|shown| shown.get("id").and_then(Value::as_str) == Some(&letter.id));
        }
        if letters.len() > MOST_SHOWN {
            let text = format!("the order has {} letters; name one of them by its id", letters.len());
            return Err(OperatorError::usage(format!("{text}. `silta messages status` tells the ids")));
        }
        for letter in letters.iter_mut().filter_map(Value::as_object_mut) {
            let Some(id) = letter.get("id").and_then(Value::as_str) else { continue };
            let course = course::of(store, tenant, id).await.map_err(unread)?;
            letter.insert("course".to_owned(), json!(course.unwrap_or_default()));
        }
        return Ok(shown);
    }
    let searched = tenants.join(", ");
    Err(OperatorError::not_found(format!("no letter and no order has this id (searched: {searched})")))
}

/// `messages.decide`: about letters and orders by id, or about all that is parked of one tenant.
pub(super) async fn decide(
    letterbox: &Letterbox,
    tenants: &[String],
    act: &Act<'_>,
    ids: Vec<String>,
    all: bool,
) -> Result<Value, OperatorError> {
    let decision = Decision::from_word(act.decision);
    let decision = decision.ok_or_else(|| OperatorError::usage("the decisions are retry and abandon"))?;
    let act =
        Decided::new(decision, act.reason, act.person).map_err(|error| OperatorError::usage(error.to_string()))?;
    let workers = || tenants.iter().filter_map(|tenant| Some((tenant, letterbox.worker(tenant)?)));
    let wake = letterbox.waker();
    if all {
        let ([tenant], true) = (tenants, ids.is_empty()) else {
            return Err(OperatorError::usage("--all goes with one --tenant CODE and without ids"));
        };
        let Some((_, worker)) = workers().next() else { return Err(no_account(tenant)) };
        let decided = worker.decide_all(&act).await.map_err(|error| failed(&error))?;
        wake(tenant);
        return Ok(json!({"done": decided.done, "notParked": decided.not_parked}));
    }
    if ids.is_empty() {
        return Err(OperatorError::usage("name letters or orders by their ids, or give --all and --tenant CODE"));
    }
    // Everything that is named is looked up before anything is done.
    let mut found: Vec<(&str, &Worker, String)> = Vec::with_capacity(ids.len());
    for id in ids {
        let mut owner = None;
        for (tenant, worker) in workers() {
            if worker.has(&id).await.map_err(|error| failed(&error))? {
                owner = Some((tenant.as_str(), worker.as_ref()));
                break;
            }
        }
        let Some((tenant, worker)) = owner else {
            let searched = tenants.join(", ");
            let text = format!("no letter and no order has the id {id:?} (searched: {searched}). Nothing was changed");
            return Err(OperatorError::not_found(text));
        };
        found.push((tenant, worker, id));
    }
    let (mut done, mut not_parked) = (0, 0);
    for (tenant, worker, id) in found {
        let decided = worker.decide(&act, &id).await.map_err(|error| failed(&error))?.unwrap_or_default();
        done += decided.done;
        not_parked += decided.not_parked;
        wake(tenant);
    }
    Ok(json!({"done": done, "notParked": not_parked}))
}

/// `messages.rotate-password`: of the account of one tenant, and so of all that share it.
pub(super) async fn rotate(letterbox: &Letterbox, tenants: &[String], person: &str) -> Result<Value, OperatorError> {
    let mut workers = tenants.iter().filter_map(|tenant| letterbox.worker(tenant));
    let worker = match (workers.next(), workers.next(), tenants) {
        (Some(worker), None, _) => worker,
        (None, _, [tenant]) => return Err(no_account(tenant)),
        (None, _, _) => return Err(OperatorError::usage("no tenant has a viestit section in the configuration")),
        (Some(_), Some(_), _) => return Err(OperatorError::usage("give --tenant CODE: several tenants send letters")),
    };
    let account = worker.account();
    let rotated = account.rotate(Some(&plain_name(person))).await;
    rotated.map_err(|error| OperatorError::failed(error.to_string()))?;
    let tenants: Vec<&str> = account.tenants().iter().map(AsRef::as_ref).collect();
    let changed_at = account.password_changed_at().await.map(|at| at.to_string());
    Ok(json!({"tenants": tenants, "changedAt": changed_at}))
}

fn no_account(tenant: &str) -> OperatorError {
    OperatorError::usage(format!("tenant {tenant:?} has no viestit section in the configuration"))
}

fn failed(error: &WorkerError) -> OperatorError {
    OperatorError::failed(format!("{error}. What was done so far is done; repeat the command"))
}
