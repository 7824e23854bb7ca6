//! Many connections, and a restart beneath them.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{PATIENCE, connect, place, status};
use crate::kit::{Probe, Stop, Verdict};

/// Connections of TR-01, one after the other in so many rows.
const IDLE: (usize, usize) = (1_000, 32);
/// A security server closes an idle connection after this time.
const IDLE_FOR: Duration = Duration::from_millis(50);
/// As many as a security server may open to one adapter.
const MANY: usize = 2_500;
/// Handshakes at a time.
const OPENING: usize = 32;

/// Open connections of the adapter, when an act says them.
async fn open(probe: &mut Probe<'_>) -> Result<Option<u64>, Stop> {
    match probe.act("resources", json!({})).await {
        Ok(answer) => Ok(answer.get("connections").and_then(Value::as_u64)),
        Err(Stop::NotApplicable(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// No more connections are open than before.
async fn none_left(probe: &mut Probe<'_>, before: Option<u64>) -> Verdict {
    let Some(before) = before else {
        probe.note("Open connections were not looked at: no act says them.");
        return Ok(());
    };
    let mut after = before;
    for _ in 0..100 {
        after = open(probe).await?.unwrap_or_default();
        if after <= before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    probe.check(format!("no more than {before} connections are open, as before; there are {after}"), after <= before)
}

/// A GET on a connection, and its answer's first line.
async fn ask(stream: &mut crate::security_server::AdapterStream, request: &str) -> std::io::Result<u16> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut first = vec![0; 4096];
    let read = stream.read(&mut first).await?;
    Ok(status(&String::from_utf8_lossy(first.get(..read).unwrap_or_default())))
}

pub(super) async fn tr_01(probe: &mut Probe<'_>) -> Verdict {
    let (url, host, path) = place(probe);
    let request = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let before = open(probe).await?;
    let (count, rows) = IDLE;
    probe.sent(format!("{count} times: {request}then {} ms of silence and the end", IDLE_FOR.as_millis()));
    let (door, url, request) = (&probe.target.door, url.as_str(), request.as_str());
    let one = move |_: usize| async move {
        let Ok(mut stream) = door.connect(url).await else { return false };
        let served = ask(&mut stream, request).await.is_ok_and(|it| it == 200);
        tokio::time::sleep(IDLE_FOR).await;
        served
    };
    let served =
        stream::iter(0..count).map(one).buffer_unordered(rows).filter(|it| std::future::ready(*it)).count().await;
    probe.check(format!("all are served; {served} were"), served == count)?;
    none_left(probe, before).await
}

pub(super) async fn tr_02(probe: &mut Probe<'_>) -> Verdict {
    let (_, host, path) = place(probe);
    let request = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut kept = connect(probe).await?;
    let first = ask(&mut kept, &request).await.unwrap_or_default();
    probe.check("a request on a connection that is kept is served", first == 200)?;
    probe.act("restart", json!({})).await?;
    probe.step("the connection of before");
    let mut came = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), kept.read_to_end(&mut came)).await;
    probe.check("it is closed", ended.is_ok())?;
    probe.step("a new one");
    let mut new = connect(probe).await?;
    probe.check("a request is served", ask(&mut new, &request).await.unwrap_or_default() == 200)
}

pub(super) async fn tr_09(probe: &mut Probe<'_>) -> Verdict {
    // The adapter may be in this process: both ends count.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files: usize = line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    let needed = 2 * MANY + 500;
    if files < needed {
        return Err(Stop::not_applicable(format!(
            "{needed} open files are needed here, {files} are allowed (ulimit -n)"
        )));
    }
    let (url, host, path) = place(probe);
    let request = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let before = open(probe).await?;
    probe.sent(format!("{MANY} connections, each kept open after: {request}"));
    let (door, url, request) = (&probe.target.door, url.as_str(), request.as_str());
    let one = move |_: usize| async move {
        let mut stream = door.connect(url).await.ok()?;
        let status = tokio::time::timeout(PATIENCE, ask(&mut stream, request)).await.ok()?.ok()?;
        Some((status, stream))
    };
    let streams: Vec<_> =
        stream::iter(0..MANY).map(one).buffer_unordered(OPENING).filter_map(std::future::ready).collect().await;
    let statuses: Vec<u16> = streams.iter().map(|(status, _)| *status).collect();
    let served = statuses.iter().filter(|it| **it == 200).count();
    let refused = statuses.iter().filter(|it| [429, 500, 503].contains(*it)).count();
    probe.note(format!("{served} were served, {refused} were told that it is too much"));
    if let Some(at_once) = open(probe).await? {
        probe.note(format!("{at_once} connections are open"));
    }
    probe.check(format!("each of {MANY} gets an answer; {} did", served + refused), served + refused == MANY)?;
    probe.check("some are served", served > 0)?;
    drop(streams);
    probe.step("afterwards");
    let mut again = connect(probe).await?;
    probe.check("a request is served", ask(&mut again, &request).await.unwrap_or_default() == 200)?;
    drop(again);
    none_left(probe, before).await
}
