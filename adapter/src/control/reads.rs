//! Commands that only read the store. The running process and the command line beside it answer them with the same
//! words. Letters are shown by ids and states only: whose they are and what they say stays sealed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::OperatorError;
use crate::log::{self, Report};
use crate::model::{Kind, State};
use crate::ptv::worker::{Trouble, Worker};
use crate::store::{Store, StoreError, entities, evidence, letters, replies, sends, viestit};
use crate::viestit::{signing, state_word};

/// The most orders of one page.
pub const MOST_ORDERS: u32 = 1_000;
/// The most records of one page of an export.
pub const MOST_RECORDS: u32 = 1_000;

/// `log.verify`.
pub async fn log_verify(store: &Store) -> Result<Value, OperatorError> {
    let report = log::verify(store).await.map_err(|error| OperatorError::failed(error.to_string()))?;
    Ok(log_report(&report))
}

/// `log.receipt-keys`: a JSON Web Key Set.
pub async fn receipt_keys(store: &Store, tenant: &str) -> Result<Value, OperatorError> {
    let keys = signing::public_keys(store, tenant).await.map_err(|error| OperatorError::failed(error.to_string()))?;
    serde_json::to_value(keys).map_err(|error| OperatorError::failed(error.to_string()))
}

/// A report of the message log as JSON.
pub fn log_report(report: &Report) -> Value {
    let writers = report.writers.iter().map(|writer| {
        json!({
            "writer": writer.writer,
            "records": writer.records,
            "head": writer.head,
            "chain": hex::encode(writer.chain),
        })
    });
    json!({
        "clean": report.is_clean(),
        "records": report.records,
        "verified": report.verified,
        "problems": report.problems,
        "firstProblem": report.first_problem.as_ref().map(ToString::to_string),
        "anchored": report.anchored,
        "writers": writers.collect::<Vec<_>>(),
    })
}

/// `messages.status`: the first order with the id in one of the tenants.
pub async fn message_status(store: &Store, tenants: &[String], id: &str) -> Result<Value, OperatorError> {
    for tenant in tenants {
        if let Some(order) = letters::get(store, tenant, id).await.map_err(|error| failed(&error))? {
            return describe(store, tenant, &order, true).await;
        }
    }
    let searched = tenants.join(", ");
    Err(OperatorError::not_found(format!("no order has this id (searched: {searched})")))
}

/// `messages.unmatched`: at most `limit` events about no letter of ours, and messages of end users that are for nobody,
/// the newest first. What they say of anybody is not shown.
pub async fn unmatched_events(store: &Store, tenants: &[String], limit: u32) -> Result<Value, OperatorError> {
    let limit = limit.clamp(1, MOST_ORDERS);
    let mut found: Vec<(i64, Value)> = Vec::new();
    for event in viestit::unmatched(store, limit).await.map_err(|error| failed(&error))? {
        let shown = json!({"kind": event.kind, "time": time(event.event_time), "service": event.service_id});
        found.push((event.event_time, shown));
    }
    for tenant in tenants {
        for reply in replies::unassigned(store, tenant, limit).await.map_err(|error| failed(&error))? {
            let shown = json!({
                "kind": "message for nobody",
                "time": time(reply.told_at),
                "service": reply.service_id,
                "tenant": tenant,
            });
            found.push((reply.told_at, shown));
        }
    }
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(json!({"events": found.into_iter().map(|(_, shown)| shown).collect::<Vec<_>>()}))
}

/// `messages.list`: at most `limit` orders accepted after the id, of all the tenants together, oldest first. `next` is
/// what to give as `after` for the following page; absent at the end.
pub async fn messages(
    store: &Store,
    tenants: &[String],
    after: Option<&str>,
    limit: u32,
) -> Result<Value, OperatorError> {
    let limit = limit.clamp(1, MOST_ORDERS);
    let mut orders = Vec::new();
    for tenant in tenants {
        // One more than asked for tells whether there is a following page.
        let page = letters::page(store, tenant, after.unwrap_or_default(), limit + 1).await;
        orders.extend(page.map_err(|error| failed(&error))?.into_iter().map(|order| (tenant, order)));
    }
    // Ids are UUIDv7: their order is the order of acceptance, across tenants too.
    orders.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
    let more = orders.len() > limit as usize;
    orders.truncate(limit as usize);
    let next = orders.last().filter(|_| more).map(|(_, order)| order.id.clone());
    let mut described = Vec::with_capacity(orders.len());
    for (tenant, order) in &orders {
        described.push(describe(store, tenant, order, false).await?);
    }
    let mut answer = json!({ "messages": described });
    if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
        members.insert("next".into(), next.into());
    }
    Ok(answer)
}

/// `catalogue.export`: at most `limit` records of a kind whose codes come after one, as they are stored. `next` is what
/// to give as `after` for the following page; absent at the end.
pub async fn catalogue_export(
    store: &Store,
    tenant: &str,
    kind: &str,
    after: &str,
    limit: u32,
) -> Result<Value, OperatorError> {
    let kind = Kind::from_word(kind).or_else(|| Kind::from_laji(kind));
    let kind = kind.ok_or_else(|| {
        let words = Kind::ALL.map(Kind::word).join(", ");
        OperatorError::usage(format!("there is no such kind of records. The kinds: {words}"))
    })?;
    let limit = limit.clamp(1, MOST_RECORDS);
    let page = entities::page(store, tenant, kind.word(), after, limit).await.map_err(|error| failed(&error))?;
    let next = page.last().filter(|_| page.len() >= limit as usize).map(|last| last.code.clone());
    let mut records = Vec::with_capacity(page.len());
    for row in page.iter().filter(|row| row.state != State::Deleted.word()) {
        let record: Value = serde_json::from_slice(&row.body)
            .map_err(|_| OperatorError::failed(format!("{kind} {}: the stored record cannot be read", row.code)))?;
        records.push(record);
    }
    let mut answer = json!({ "records": records });
    if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
        members.insert("next".into(), next.into());
    }
    Ok(answer)
}

/// The tenants that the message log knows, for a command without configuration. Reads the whole log.
pub async fn tenants_of_log(store: &Store) -> Result<Vec<String>, OperatorError> {
    let mut tenants = BTreeSet::new();
    for (writer, _) in evidence::writers(store).await.map_err(|error| failed(&error))? {
        let mut last = 0;
        loop {
            let page = evidence::page(store, &writer, last, 512).await.map_err(|error| failed(&error))?;
            let Some(newest) = page.last() else { break };
            last = newest.sequence;
            tenants.extend(page.into_iter().map(|record| record.tenant).filter(|tenant| !tenant.is_empty()));
        }
    }
    Ok(tenants.into_iter().collect())
}

/// `ptv.plan`: what the next sync would do to each twin, with its findings, what it would cost in calls, and what keeps
/// a twin that has been tried.
pub fn ptv_plan(worker: &Worker, troubles: &[Trouble]) -> Result<Value, OperatorError> {
    let plan = worker.whole_plan();
    let mut acts: BTreeMap<String, u64> = BTreeMap::new();
    for step in &plan.steps {
        *acts.entry(json!(step.act).as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let (calls, pace) = (plan.calls(), worker.settings().pace_per_second);
    let troubles: BTreeMap<(&str, &str), &Trouble> =
        troubles.iter().map(|trouble| ((trouble.kind.as_str(), trouble.code.as_str()), trouble)).collect();
    let mut steps = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let mut value = serde_json::to_value(step).map_err(|error| OperatorError::failed(error.to_string()))?;
        let trouble = troubles.get(&(step.kind, step.key.code.as_str())).filter(|_| step.is_due());
        if let (Some(trouble), Some(members)) = (trouble, value.as_object_mut()) {
            members.insert("reason".into(), format!("{}: {}", trouble.state, trouble.reason).into());
        }
        steps.push(value);
    }
    Ok(json!({
        "tenant": worker.settings().tenant, "made": plan.made.to_string(), "sequence": plan.sequence, "acts": acts,
        "calls": calls, "pacePerSecond": pace, "seconds": calls.div_ceil(u64::from(pace.max(1))), "steps": steps,
    }))
}

/// An order with how many of its letters are in each state; with each of them when `whole`.
async fn describe(store: &Store, tenant: &str, order: &letters::Order, whole: bool) -> Result<Value, OperatorError> {
    let states = letters::states(store, tenant, &order.id).await.map_err(|error| failed(&error))?;
    let states: serde_json::Map<String, Value> =
        states.into_iter().map(|(state, count)| (state_word(&state).to_owned(), count.into())).collect();
    let mut described = json!({
        "tenant": tenant,
        "id": order.id,
        "client": order.client,
        "orderId": order.order_id,
        "acceptedAt": time(order.accepted_at),
        "states": states,
    });
    if whole {
        let sends = sends::of_order(store, tenant, &order.id).await.map_err(|error| failed(&error))?;
        let sends = sends.into_iter().map(|send| {
            json!({
                // As contracts count: 1 for the first.
                "recipient": send.recipient_number + 1,
                "id": send.id,
                "externalId": send.external_id,
                "state": state_word(&send.state),
                "channel": send.channel,
                "messageId": send.message_id,
                "reason": send.reason,
                "attempts": send.attempts,
                "changedAt": time(send.changed_at),
            })
        });
        let sends: Vec<Value> = sends.collect();
        if let Some(members) = described.as_object_mut() {
            members.insert("letters".into(), sends.into());
        }
    }
    Ok(described)
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).unwrap_or_default().to_string()
}

fn failed(error: &StoreError) -> OperatorError {
    OperatorError::failed(format!("the store cannot be read: {error}"))
}
