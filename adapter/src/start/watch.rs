//! The operator's commands about what PTV holds: drift, the report for DVV, the pause, whose version stands, and «still right».

use serde_json::{Value, json};

use crate::control::OperatorError;
use crate::model::Kind;
use crate::ptv::drift::{Decided, DriftError, Expiring, Found, Keep};
use crate::ptv::worker::{CONNECTIONS, Worker};

/// Expiring records that a status names; all are counted.
const NAMED: usize = 20;
/// Records that version 12 would not take whole that an answer names; all are counted.
const COMING: usize = 1000;

/// `ptv.drift`: a whole look, now. With `repair` the tenant's policy is carried out.
pub(super) async fn drift(worker: &Worker, repair: bool) -> Result<Value, OperatorError> {
    let failed = |error: &dyn std::fmt::Display| OperatorError::failed(format!("PTV could not be compared: {error}"));
    let report = if repair {
        worker.reconcile(None).await.map_err(|error| failed(&error))?
    } else {
        worker.look(None).await.map_err(|error| failed(&error))?
    };
    let drift: Vec<Value> = report.drift.iter().map(|found| told(worker, found)).collect();
    Ok(json!({
        "compared": report.compared,
        "equal": report.equal,
        "drift": drift,
        "repaired": report.repaired,
        "pending": report.pending,
        "notTransferred": report.not_transferred,
    }))
}

/// `ptv.shadow`: both versions compared, now, and what of the tenant's records version 12 would refuse or lose.
pub(super) async fn shadow(worker: &Worker) -> Result<Value, OperatorError> {
    let coming = worker.coming().await.map_err(|error| OperatorError::failed(error.to_string()))?;
    let (comparison, failed) = match worker.compare_versions().await {
        Ok(comparison) => (Some(comparison), None),
        Err(DriftError::NoGateway) => (None, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let will_not_pass: Vec<Value> = coming
        .iter()
        .take(COMING)
        .map(|one| {
            let (kind, code) = (one.key.kind.word(), one.key.code.as_str());
            let findings: Vec<Value> = one.findings.iter().map(crate::ptv::plan::finding).collect();
            json!({ "kind": kind, "code": code, "name": worker.name_of(kind, code), "findings": findings })
        })
        .collect();
    let mut answer = json!({
        "versions": worker.versions_status(),
        "clean": comparison.as_ref().is_some_and(crate::ptv::shadow::Comparison::is_clean),
        "comparison": comparison,
        "willNotPass": will_not_pass,
    });
    if let (Some(failed), Some(members)) = (failed, answer.as_object_mut()) {
        members.insert("failed".into(), failed.into());
    }
    Ok(answer)
}

fn told(worker: &Worker, found: &Found) -> Value {
    let mut told = json!(found);
    if let (Some(name), Some(members)) = (worker.name_of(&found.kind, &found.code), told.as_object_mut()) {
        members.insert("name".into(), name.into());
    }
    told
}

/// `ptv.report`.
pub(super) async fn report(worker: &Worker, since: Option<&str>) -> Result<Value, OperatorError> {
    let since = since.map(str::parse::<jiff::Timestamp>).transpose();
    let since = since.map_err(|_| OperatorError::usage("since takes a time such as 2026-11-25T08:00:00Z"))?;
    let report = worker.report(since).await.map_err(|error| OperatorError::failed(error.to_string()))?;
    Ok(json!(report))
}

/// `ptv.report.rows`.
pub(super) async fn report_rows(worker: &Worker, kind: &str, after: &str) -> Result<Value, OperatorError> {
    let page = worker.report_rows(word(kind)?, after).await;
    let (rows, next) = page.map_err(|error| OperatorError::failed(error.to_string()))?;
    Ok(json!({"rows": rows, "next": next}))
}

/// `ptv.pause`.
pub(super) async fn pause(worker: &Worker, paused: bool) -> Result<Value, OperatorError> {
    worker.set_paused(paused).await.map_err(|error| OperatorError::failed(error.to_string()))?;
    Ok(json!({ "paused": paused }))
}

/// `ptv.resolve`.
pub(super) async fn resolve(worker: &Worker, kind: &str, code: &str, keep: &str) -> Result<Value, OperatorError> {
    let keep = match keep {
        "ours" => Keep::Ours,
        "ptv" => Keep::Ptv,
        _ => return Err(OperatorError::usage("--keep takes ours or ptv")),
    };
    let kind = word(kind)?;
    let decided = worker.resolve(kind, code, keep).await.map_err(|error| OperatorError::failed(error.to_string()))?;
    decision(decided, kind, code)
}

/// `ptv.confirm`.
pub(super) async fn confirm(worker: &Worker, kind: &str, code: &str) -> Result<Value, OperatorError> {
    let kind = word(kind)?;
    let decided = worker.confirm(kind, code).await.map_err(|error| OperatorError::failed(error.to_string()))?;
    decision(decided, kind, code)
}

/// What a status says more: the oldest of the records whose owners are asked.
pub(super) fn expiring(worker: &Worker) -> Vec<Expiring> {
    let mut expiring = worker.expiring();
    expiring.truncate(NAMED);
    expiring
}

fn decision(decided: Decided, kind: &str, code: &str) -> Result<Value, OperatorError> {
    let outcome = match decided {
        Decided::SentAgain => "sentAgain",
        Decided::Kept => "kept",
        Decided::Nothing => {
            let text =
                format!("nothing was found of {kind} {code} that could be decided; `silta ptv drift` shows what is");
            return Err(OperatorError::not_found(text));
        }
        Decided::NoTwin => {
            return Err(OperatorError::not_found(format!("PTV holds no {kind} {code} that we have sent")));
        }
    };
    Ok(json!({ "kind": kind, "code": code, "outcome": outcome }))
}

fn word(kind: &str) -> Result<&'static str, OperatorError> {
    if kind == CONNECTIONS {
        return Ok(CONNECTIONS);
    }
    let known = Kind::from_word(kind).or_else(|| Kind::from_laji(kind)).map(Kind::word);
    known.ok_or_else(|| {
        OperatorError::usage("the kinds: organisation, channel, servicePoint, service, connections, collection")
    })
}
