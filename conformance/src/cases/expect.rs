//! Expectations that many cases share (xroad.md §9, "How to read").

use crate::kit::{Envelope, Fault, Probe, SoapReply, Stop, Verdict};
use crate::security_server::Answer;
use crate::security_server::soap::SOAP;

/// Prefixes of fault codes that belong to security servers (xroad.md §2.6).
const THEIRS: [&str; 3] = ["server.serverproxy", "server.clientproxy", "client."];

/// A served request: status 200, `text/xml`, the wrapper `<operation>Response` alone in the body, and both security
/// servers accept it.
pub(super) async fn served(probe: &mut Probe<'_>, request: &Envelope, reply: &SoapReply) -> Verdict {
    probe.check("HTTP 200", reply.status() == 200)?;
    probe.accepted(&request.bytes(), reply).await
}

/// `Fault(c)`: a SOAP 1.1 fault with HTTP 500, `text/xml; charset=UTF-8`, `soap:c`, an error id in the detail, no stack
/// trace. `c` may be several codes, separated by `|`.
pub(super) fn fault(probe: &mut Probe<'_>, reply: &SoapReply, codes: &str) -> Result<Fault, Stop> {
    let Some(fault) = reply.fault() else {
        probe.check(format!("a SOAP fault soap:{codes}"), false)?;
        return Err(Stop::failed("no fault"));
    };
    let fits = |code: &str| fault.local_code == code || fault.local_code.starts_with(&format!("{code}."));
    probe.check(format!("a SOAP fault soap:{codes}"), codes.split('|').any(fits))?;
    probe.check("HTTP 500: with any other status the security server throws the fault away", reply.status() == 500)?;
    probe.check("Content-Type text/xml; charset=UTF-8", is_text_xml(&reply.answer))?;
    let detail = fault.detail.clone().unwrap_or_default();
    probe.check("an error id of the adapter's own in the fault's detail", has_id(&detail))?;
    probe.check("no stack trace", !stack_trace(&reply.answer.text()))?;
    let lower = fault.code.to_ascii_lowercase();
    probe.check("a fault code that no security server uses", !THEIRS.iter().any(|it| lower.starts_with(it)))?;
    let first = reply.body().first().is_some_and(|it| it.is(SOAP, "Fault"));
    probe.check("the fault alone in the body", first && reply.body().len() == 1)?;
    Ok(fault)
}

/// `Problem(n)`: one of these statuses with `application/problem+json`, without `X-Road-*` headers.
pub(super) fn problem(probe: &mut Probe<'_>, answer: &Answer, statuses: &[u16]) -> Verdict {
    let wanted: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    probe.check(format!("HTTP {}", wanted.join(" or ")), statuses.contains(&answer.status.as_u16()))?;
    let kind = answer.header("content-type").unwrap_or_default();
    probe.check("Content-Type application/problem+json", kind.split(';').next() == Some("application/problem+json"))?;
    let object = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok_and(|it| it.is_object());
    probe.check("a JSON object as body", object)?;
    probe.check("no stack trace", !stack_trace(&answer.text()))?;
    no_foreign_headers(probe, answer)
}

/// No header that a security server would pass on to the consumer's or another consumer's harm (xroad.md §3.2).
pub(super) fn no_foreign_headers(probe: &mut Probe<'_>, answer: &Answer) -> Verdict {
    let none = !answer.headers.keys().any(|name| name.as_str().starts_with("x-road-"));
    probe.check("no X-Road-* header", none)?;
    probe.check("no Set-Cookie: security servers share one cookie jar", !answer.headers.contains_key("set-cookie"))?;
    probe.check("no Content-Encoding", !answer.headers.contains_key("content-encoding"))
}

/// Exactly what a SOAP answer must call itself, whatever the spelling of the charset.
pub(super) fn is_text_xml(answer: &Answer) -> bool {
    let value = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let mut pieces = value.split(';').map(str::trim);
    pieces.next() == Some("text/xml")
        && pieces.next().is_some_and(|it| it.replace('"', "") == "charset=utf-8")
        && pieces.next().is_none()
}

/// Whether a text holds something that can be an id: a word of at least eight characters with a digit in it.
fn has_id(text: &str) -> bool {
    text.split_whitespace().any(|word| word.len() >= 8 && word.chars().any(|c| c.is_ascii_digit()))
}

fn stack_trace(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["panicked at", ".rs:", "\tat ", "\n    at ", "traceback (most recent", "exception in thread", "stack backtrace"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The record of an exchange in the adapter's log by one of its ids, when the act `log-find` is there. Without it a note
/// says that the log was not looked at.
pub(super) async fn logged(probe: &mut Probe<'_>, key: &str, id: &str) -> Result<Option<serde_json::Value>, Stop> {
    match record(probe, key, id).await {
        Ok(record) => Ok(Some(record)),
        Err(Stop::NotApplicable(why)) => {
            probe.note(format!("The log was not looked at: {why}"));
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// The same where the case is nothing without the log.
pub(super) async fn record(probe: &mut Probe<'_>, key: &str, id: &str) -> Result<serde_json::Value, Stop> {
    let answer = probe.act("log-find", serde_json::json!({ key: id })).await?;
    let found = answer.get("records").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    probe.check(format!("a record in the adapter's log with {key} {id}"), !found.is_empty())?;
    found.into_iter().next().ok_or_else(|| Stop::failed("no record"))
}

/// A log has the id that a fault names, beside the X-Road id: a record says it or, when the message log fails with the
/// backend, a line. `failing` is the answer to the act `fail-backend`. False when there is nothing to look at.
pub(super) async fn named_in_log(
    probe: &mut Probe<'_>,
    failing: &serde_json::Value,
    id: &str,
    fault: &Fault,
) -> Result<bool, Stop> {
    let said = fault.detail.clone().unwrap_or_default().to_ascii_lowercase();
    let shown = id.to_ascii_lowercase();
    if failing.get("logs") != Some(&serde_json::Value::Bool(false)) {
        let record = record(probe, "id", id).await?;
        let known = text(&record, "faultId").unwrap_or_default().to_ascii_lowercase();
        probe.check("the log has the fault's id beside the X-Road id", !known.is_empty() && said.contains(&known))?;
        return Ok(true);
    }
    let answer = probe.act("log-find", serde_json::json!({ "id": id })).await?;
    let records = answer.get("records").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let texts: Vec<String> = records.iter().filter_map(|it| text(it, "text")).map(str::to_ascii_lowercase).collect();
    let mut ids = said.split_whitespace().filter(|word| has_id(word));
    let named = |word| texts.iter().flat_map(|it| it.lines()).any(|line| line.contains(&shown) && line.contains(word));
    if !texts.is_empty() {
        probe.check("a line of the log has the fault's id beside the X-Road id", ids.any(named))?;
    }
    Ok(!texts.is_empty())
}

/// A text member of a record.
pub(super) fn text<'a>(record: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    record.get(name).and_then(serde_json::Value::as_str)
}

/// The exchange changed nothing, as far as the log can say it. An exchange without a record, or an adapter without the
/// act `log-find`, cannot say it.
pub(super) async fn nothing_executed(probe: &mut Probe<'_>, id: &str) -> Verdict {
    let answer = match probe.act("log-find", serde_json::json!({ "id": id })).await {
        Ok(answer) => answer,
        Err(Stop::NotApplicable(why)) => {
            probe.note(format!("Whether something was executed was not looked at: {why}"));
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    let records = answer.get("records").and_then(serde_json::Value::as_array).into_iter().flatten();
    let effects: u64 = records.filter_map(|it| it.get("effects").and_then(serde_json::Value::as_u64)).sum();
    probe.check("nothing was executed", effects == 0)
}
