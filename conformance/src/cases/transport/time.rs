//! Time: what is too slow, on either side, and who does not wait for the answer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{broken, connect, place, soap_head, split, status, to_the_end, write};
use crate::cases::expect::{fault, logged, problem, record};
use crate::kit::{Probe, RestCall, Stop, Verdict};
use crate::security_server::{AdapterStream, Answer, RawBody, RawRequest, Rejection};

/// Longest time that a head or a body that trickles may take.
const SLOWEST: Duration = Duration::from_secs(75);
/// Bytes come so far apart.
const TRICKLE: Duration = Duration::from_secs(1);
/// Senders of each kind that vanish at once.
const VANISHING: usize = 10;
/// What an adapter notices by itself of a peer that is gone, it has noticed after this time.
const NOTICED: Duration = Duration::from_secs(3);
/// Longest time until the log says what became of an exchange.
const LOGGED: Duration = Duration::from_secs(20);

pub(super) async fn tr_06(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let held = probe.act("slow-backend", json!({ "on": true })).await?;
    let verdict = async {
        let rest = rest_answer(probe);
        probe.step("SOAP");
        let (begun, most) = (Instant::now(), probe.target.settings.limits.deadline_seconds);
        let reply = probe.soap(operation, &request).await?;
        probe.check(format!("an answer within {most} s"), begun.elapsed() < Duration::from_secs(most))?;
        fault(probe, &reply, "Server")?;
        let Some((call, answering)) = rest else { return Ok(None) };
        probe.step("REST, at the same time");
        probe.sent(call);
        let answer = answering.await.map_err(|error| Stop::failed(error.to_string()))?;
        let answer = answer.map_err(|error| Stop::failed(format!("no answer: {}", error.text)))?;
        probe.note(answer.text());
        probe.check(format!("an answer within {most} s"), begun.elapsed() < Duration::from_secs(most))?;
        problem(probe, &answer, &[504])?;
        Ok(Some(()))
    }
    .await;
    probe.step("the backend is as fast as ever");
    let back = probe.act("slow-backend", json!({ "on": false })).await;
    verdict?;
    back?;
    if held.get("logs") == Some(&json!(false)) {
        probe.note("The log was not looked at: it fails with the backend.");
        return Ok(());
    }
    // The late result may be on its way to the log still.
    let begun = Instant::now();
    while let Some(record) = logged(probe, "id", &request.id).await? {
        let refused = record.get("status").and_then(Value::as_u64).is_some_and(|it| it >= 500);
        let discarded = refused || record.get("delivered").and_then(Value::as_bool) == Some(false);
        if discarded || begun.elapsed() > LOGGED {
            return probe.check("the log says that the consumer got no result", discarded);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// A harmless GET, already on its way.
type Answering = tokio::task::JoinHandle<Result<Answer, Rejection>>;

fn rest_answer(probe: &Probe<'_>) -> Option<(String, Answering)> {
    let (service, path) = probe.target.rest_read().ok()?;
    let call = RestCall::get(&path);
    let url = format!("{}{}", service.base, call.target);
    let shown = format!("GET {url}");
    let headers = rest_headers(probe, &call);
    let door = probe.target.door.clone();
    let request = RawRequest { method: call.method, url, headers, body: RawBody::None };
    Some((shown, tokio::spawn(async move { door.send(request).await })))
}

fn rest_headers(probe: &Probe<'_>, call: &RestCall) -> Vec<(String, Vec<u8>)> {
    [
        ("X-Road-Client", probe.target.client.encoded()),
        ("x-road-id", call.id.clone()),
        ("x-road-request-id", call.request_id.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value.into_bytes()))
    .to_vec()
}

pub(super) async fn tr_07(probe: &mut Probe<'_>) -> Verdict {
    let (_, host, path) = place(probe);
    let operation = probe.target.read()?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Kit: {}", "k".repeat(200));
    let body = soap_head(&operation.url, "Content-Length: 400\r\n");
    // Both at the same time: they are waits.
    let both = futures_util::future::join(
        trickled(connect(probe).await?, String::new(), head),
        trickled(connect(probe).await?, body, "k".repeat(400)),
    );
    probe.sent("A head of a byte a second; a whole head, and a body of a byte a second");
    let ((head, head_took), (body, body_took)) = both.await;
    probe.step("the head");
    probe.note(format!("after {} s: {head:?}", head_took.map_or(0, |it| it.as_secs())));
    probe.check(format!("the connection is closed within {} s", SLOWEST.as_secs()), head_took.is_some())?;
    probe.check("408 or nothing", [0, 400, 408].contains(&status(&head)))?;
    probe.step("the body");
    probe.note(format!("after {} s: {body:?}", body_took.map_or(0, |it| it.as_secs())));
    probe.check(format!("the connection is closed within {} s", SLOWEST.as_secs()), body_took.is_some())?;
    probe.check("408, a fault or nothing", [0, 400, 408, 500].contains(&status(&body)))
}

/// Sends `first` at once and `rest` a byte at a time, until the adapter closes; what came, and after how long.
async fn trickled(mut stream: AdapterStream, first: String, rest: String) -> (String, Option<Duration>) {
    let begun = Instant::now();
    if write(&mut stream, first.as_bytes()).await.is_err() {
        return (String::new(), Some(begun.elapsed()));
    }
    let mut came = String::new();
    for byte in rest.bytes() {
        if begun.elapsed() > SLOWEST {
            return (came, None);
        }
        if write(&mut stream, &[byte]).await.is_err() {
            return (came, Some(begun.elapsed()));
        }
        let (text, closed) = to_the_end(&mut stream, TRICKLE).await;
        came.push_str(&text);
        if closed {
            return (came, Some(begun.elapsed()));
        }
    }
    (came, None)
}

/// A request whose sender will vanish: its bytes, and how its record is found.
struct Vanishing {
    bytes: Vec<u8>,
    key: &'static str,
    id: String,
}

/// A SOAP request and, where there is a REST service, a REST one, which has no body.
fn vanishing(probe: &Probe<'_>) -> Result<Vec<Vanishing>, Stop> {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let body = request.bytes();
    let head = soap_head(&operation.url, &format!("Content-Length: {}\r\n", body.len()));
    let mut all =
        vec![Vanishing { bytes: [head.as_bytes(), body.as_ref()].concat(), key: "id", id: request.id.clone() }];
    if let Ok((service, path)) = probe.target.rest_read() {
        let call = RestCall::get(&path);
        let url = format!("{}{}", service.base, call.target);
        let (authority, target) = split(&url);
        let mut bytes = format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        for (name, value) in rest_headers(probe, &call) {
            bytes.extend_from_slice(format!("{name}: ").as_bytes());
            bytes.extend_from_slice(&value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        all.push(Vanishing { bytes, key: "requestId", id: call.request_id });
    }
    Ok(all)
}

pub(super) async fn tr_08(probe: &mut Probe<'_>) -> Verdict {
    // Without a log there is nothing to see; ask before anything is sent.
    probe.act("log-find", json!({ "id": "kit-tr-08" })).await?;
    probe.step("a whole request, and the sender is gone at once");
    let mut gone = Vec::new();
    for _ in 0..VANISHING {
        for one in vanishing(probe)? {
            let mut stream = connect(probe).await?;
            write(&mut stream, &one.bytes).await.map_err(|error| broken(&error))?;
            drop(stream);
            gone.push(one);
        }
    }
    let mut undelivered = true;
    let until = Instant::now() + NOTICED;
    for one in &gone {
        undelivered &= found(probe, one, until).await?;
    }

    probe.step("the sender is gone before the answer can be there");
    match probe.act("slow-backend", json!({ "on": true })).await {
        Err(Stop::NotApplicable(why)) if undelivered => {
            probe.note(format!("The adapter was not made slow: {why}"));
            return probe.check("those of before are logged as not delivered", true);
        }
        // An answer that the system takes before the adapter notices is delivered, as far as anybody can say.
        held => held.map(drop)?,
    }
    let verdict = async {
        let waiting = vanishing(probe)?;
        for one in &waiting {
            let mut stream = connect(probe).await?;
            write(&mut stream, &one.bytes).await.map_err(|error| broken(&error))?;
            // The adapter reads it and begins.
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(stream);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(waiting)
    }
    .await;
    let back = probe.act("slow-backend", json!({ "on": false })).await;
    let waiting = verdict?;
    back?;
    let until = Instant::now() + LOGGED;
    for one in &waiting {
        let not_delivered = found(probe, one, until).await?;
        probe.check(format!("{} {} is logged as not delivered", one.key, one.id), not_delivered)?;
    }
    Ok(())
}

/// Waits for the record of a request, which must come, and until then for the word that nobody took the answer; whether
/// that came.
async fn found(probe: &mut Probe<'_>, one: &Vanishing, until: Instant) -> Result<bool, Stop> {
    let recorded = Instant::now() + LOGGED;
    loop {
        let answer = probe.act("log-find", json!({ one.key: one.id })).await?;
        let records = answer.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        let now = Instant::now();
        match records.first().map(|it| it.get("delivered").and_then(Value::as_bool)) {
            Some(Some(false)) => return Ok(true),
            Some(_) if now > until => return Ok(false),
            None if now > recorded => {
                record(probe, one.key, &one.id).await?;
                return Ok(false);
            }
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
