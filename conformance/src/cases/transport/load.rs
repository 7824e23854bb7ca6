//! Many connections, and a restart beneath them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::kept::{Kept, Lost};
use super::{PATIENCE, connect, place, soap_head, status, to_the_end, write};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::Door;

/// Connections of TR-01, and how many of them at a time.
const IDLE: (usize, usize) = (2_000, 64);
/// A security server closes an idle connection after this time.
const IDLE_FOR: Duration = Duration::from_millis(50);
/// As many as a security server may open to one adapter.
const MANY: usize = 2_500;
/// Handshakes at a time.
const OPENING: usize = 32;
/// Connections that are in use when the adapter is started again.
const BUSY: usize = 8;
/// What a connection may leave in memory, in bytes: the kit may be in the same process.
const LEFT: u64 = 32 << 10;
/// What an open connection may take.
const TAKEN: u64 = 128 << 10;

/// What the adapter holds, when an act says it.
#[derive(Clone, Copy, Default)]
struct Held {
    connections: Option<u64>,
    memory: Option<u64>,
}

async fn held(probe: &mut Probe<'_>) -> Result<Held, Stop> {
    match probe.act("resources", json!({})).await {
        Ok(answer) => Ok(Held {
            connections: answer.get("connections").and_then(Value::as_u64),
            memory: answer.get("memory").and_then(Value::as_u64),
        }),
        Err(Stop::NotApplicable(why)) => {
            probe.note(format!("What the adapter holds was not looked at: {why}"));
            Ok(Held::default())
        }
        Err(other) => Err(other),
    }
}

/// No more connections are open than before.
async fn none_left(probe: &mut Probe<'_>, before: Held) -> Verdict {
    let Some(before) = before.connections else { return Ok(()) };
    let mut after = before;
    for _ in 0..100 {
        after = held(probe).await?.connections.unwrap_or_default();
        if after <= before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    probe.check(format!("no more than {before} connections are open, as before; there are {after}"), after <= before)
}

/// Memory has grown by no more than `each` bytes for every one of so many.
async fn no_more(probe: &mut Probe<'_>, before: Held, count: usize, each: u64) -> Verdict {
    let (Some(before), Some(after)) = (before.memory, held(probe).await?.memory) else { return Ok(()) };
    let (grown, most) = (after.saturating_sub(before), each * count as u64);
    probe.check(format!("memory grew by {} KiB, at most {} KiB", grown >> 10, most >> 10), grown <= most)
}

pub(super) async fn tr_01(probe: &mut Probe<'_>) -> Verdict {
    let (url, host, path) = place(probe);
    let (count, rows) = IDLE;
    probe.step("a hundred connections, so that what is kept anyway is there");
    let served = idle(&probe.target.door, &url, 100, rows).await;
    probe.check(format!("all are served; {served} were"), served == 100)?;
    let before = held(probe).await?;
    probe.step(format!("{count} connections"));
    let silence = IDLE_FOR.as_millis();
    probe.sent(format!("HEAD {path} HTTP/1.1, Host: {host}, then {silence} ms of silence and the end, {count} times"));
    let served = idle(&probe.target.door, &url, count, rows).await;
    probe.check(format!("all are served; {served} were"), served == count)?;
    none_left(probe, before).await?;
    no_more(probe, before, count, LEFT).await
}

/// How many of so many connections were served before they fell silent and were closed.
async fn idle(door: &Door, url: &str, count: usize, rows: usize) -> usize {
    let (places, mut running) = (Arc::new(Semaphore::new(rows)), JoinSet::new());
    for _ in 0..count {
        let (door, url, places) = (door.clone(), url.to_owned(), Arc::clone(&places));
        running.spawn(async move {
            let Ok(_place) = places.acquire().await else { return false };
            let Some(mut kept) = Kept::open(&door, &url).await else { return false };
            let served = kept.head(&url).await.is_ok_and(|it| it.status == 200);
            tokio::time::sleep(IDLE_FOR).await;
            served
        });
    }
    running.join_all().await.into_iter().filter(|served| *served).count()
}

/// What became of the requests on one row of connections.
#[derive(Debug, Default)]
struct Tally {
    served: usize,
    /// Sent, and not served.
    failed: usize,
    /// Connections whose last answer said that it was the last one.
    announced: usize,
    /// Connections that ended without that.
    unannounced: usize,
}

pub(super) async fn tr_02(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let message = probe.target.request(operation)?.bytes();
    let url = operation.url.clone();
    let (going, mut rows) = (Arc::new(AtomicBool::new(true)), JoinSet::new());
    for _ in 0..BUSY {
        rows.spawn(row(probe.target.door.clone(), url.clone(), message.clone(), Arc::clone(&going)));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    // A request of which one half has arrived when the drain begins.
    let slow = tokio::spawn(halves(connect(probe).await?, url.clone(), message.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let restarted = probe.act("restart", json!({})).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    going.store(false, Ordering::SeqCst);
    let tallies = rows.join_all().await;
    let slow = slow.await.unwrap_or_default();
    restarted?;
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (served, failed) = (sum(|it| it.served), sum(|it| it.failed));
    let (announced, unannounced) = (sum(|it| it.announced), sum(|it| it.unannounced));
    probe.note(format!(
        "{served} requests were served; {announced} connections ended with an announcement, {unannounced} without"
    ));
    probe.check(format!("no request failed; {failed} did"), failed == 0 && served > 0)?;
    probe.check("the last answers say Connection: close", announced > 0 && announced >= unannounced)?;
    probe.step("the request of which one half had arrived");
    probe.note(crate::kit::printable(slow.as_bytes()));
    probe.check("HTTP 200", status(&slow) == 200)?;
    probe.step("afterwards");
    let mut new = Kept::open(&probe.target.door, &url).await;
    let answer = match &mut new {
        Some(kept) => kept.post(&url, message).await.ok(),
        None => None,
    };
    probe.check("a request is served", answer.is_some_and(|it| it.status == 200))
}

/// Sends request after request, on a new connection where the old one has ended.
async fn row(door: Door, url: String, message: Bytes, going: Arc<AtomicBool>) -> Tally {
    let (mut tally, mut kept) = (Tally::default(), None);
    while going.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let Some(mut connection) = (match kept.take() {
            Some(known) => Some(known),
            // Nobody listens during a restart: no request is lost by that.
            None => Kept::open(&door, &url).await,
        }) else {
            continue;
        };
        match connection.post(&url, message.clone()).await {
            Ok(answer) => {
                if answer.status == 200 {
                    tally.served += 1;
                } else {
                    tally.failed += 1;
                }
                if answer.announces_close() { tally.announced += 1 } else { kept = Some(connection) }
            }
            Err(Lost::Before) => tally.unannounced += 1,
            Err(Lost::After) => tally.failed += 1,
        }
    }
    tally
}

/// Sends one half of a request, and the other a second later; what comes.
async fn halves(mut stream: crate::security_server::AdapterStream, url: String, message: Bytes) -> String {
    let head = soap_head(&url, &format!("Content-Length: {}\r\nConnection: close\r\n", message.len()));
    let (first, second) = message.split_at(message.len() / 2);
    if write(&mut stream, &[head.as_bytes(), first].concat()).await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let _ = write(&mut stream, second).await;
    }
    to_the_end(&mut stream, PATIENCE).await.0
}

pub(super) async fn tr_09(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let (url, message) = (operation.url.clone(), probe.target.request(operation)?.bytes());
    // The adapter may be in this process: both ends count.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files: usize = line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    let needed = 2 * MANY + 500;
    if files < needed {
        let why = format!("{needed} open files are needed here, {files} are allowed (ulimit -n)");
        return Err(Stop::not_applicable(why));
    }
    let before = held(probe).await?;
    probe.step("all are opened and kept");
    probe.sent(format!("{MANY} connections to {url}, each kept open after a HEAD of the first description"));
    let mut kept = many(probe).await;
    probe.check(format!("each of {MANY} gets an answer; {} did", kept.len()), kept.len() == MANY)?;
    no_more(probe, before, MANY, TAKEN).await?;

    probe.step("a request on each of them, all at once");
    probe.sent(format!("POST {url}, {MANY} times"));
    let mut asking = JoinSet::new();
    let patience = Duration::from_secs(probe.target.settings.limits.deadline_seconds);
    for connection in kept.drain(..) {
        let (door, url, message) = (probe.target.door.clone(), url.clone(), message.clone());
        asking.spawn(async move {
            let mut connection = connection.patient(patience);
            let answer = connection.post(&url, message.clone()).await;
            // It was silent for as long as the others took: that it was closed meanwhile is no fault.
            if !matches!(answer, Err(Lost::Before)) {
                return (answer, connection);
            }
            let Some(again) = Kept::open(&door, &url).await else { return (answer, connection) };
            connection = again.patient(patience);
            (connection.post(&url, message).await, connection)
        });
    }
    let (mut served, mut refused, mut other) = (0, 0, Vec::new());
    for (answer, _connection) in asking.join_all().await {
        match answer {
            Ok(answer) if answer.status == 200 => served += 1,
            Ok(answer) if answer.status == 500 && answer.text().contains(":Server") => refused += 1,
            Ok(answer) => other.push(answer.status),
            Err(_) => other.push(0),
        }
    }
    probe.note(format!("{served} were served, {refused} were told that it is too much; others: {other:?}"));
    probe.check("each is served, or told so by a fault soap:Server", other.is_empty() && served + refused == MANY)?;
    probe.check("some are served", served > 0)?;
    no_more(probe, before, MANY, TAKEN).await?;

    probe.step("afterwards");
    let again = match Kept::open(&probe.target.door, &url).await {
        Some(mut kept) => kept.post(&url, message).await.ok(),
        None => None,
    };
    probe.check("a request is served", again.is_some_and(|it| it.status == 200))?;
    none_left(probe, before).await
}

/// The connections that could be opened and were answered.
async fn many(probe: &Probe<'_>) -> Vec<Kept> {
    let (url, ..) = place(probe);
    let (places, mut opening) = (Arc::new(Semaphore::new(OPENING)), JoinSet::new());
    for _ in 0..MANY {
        let (door, url, places) = (probe.target.door.clone(), url.clone(), Arc::clone(&places));
        opening.spawn(async move {
            let _place = places.acquire().await.ok()?;
            let mut kept = Kept::open(&door, &url).await?;
            kept.head(&url).await.is_ok_and(|it| it.status == 200).then_some(kept)
        });
    }
    opening.join_all().await.into_iter().flatten().collect()
}
