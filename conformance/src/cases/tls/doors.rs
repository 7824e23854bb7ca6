//! Who is let in, and what a connection leaves that says nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{door, get, pinned, stranger, unmade, url};
use crate::ca::{Identity, hostile};
use crate::kit::{Probe, Stop, Verdict};

/// Handshakes of TL-12.
const HANDSHAKES: usize = 40;
/// Longest time until a connection that speaks nonsense, or none that counts, is closed.
const CLOSED_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn tl_03(probe: &mut Probe<'_>) -> Verdict {
    refused(probe, "a handshake without a client certificate", None).await
}

pub(super) async fn tl_04(probe: &mut Probe<'_>) -> Verdict {
    let twin = hostile::twin(pinned(probe)?.certificate()).map_err(|error| unmade(&error))?;
    let twin = twin.ok_or_else(|| Stop::not_applicable("the --client-cert is no X.509 certificate of version 3"))?;
    refused(probe, "the names, serial number and extensions of the pinned certificate with another key", Some(&twin))
        .await
}

pub(super) async fn tl_05(probe: &mut Probe<'_>) -> Verdict {
    let stolen = hostile::stolen_certificate(pinned(probe)?, &stranger()?);
    refused(probe, "the pinned certificate with another key's signature", Some(&stolen)).await
}

/// A request over a connection with this identity gets no application data: the handshake fails, the connection ends, or
/// the answer is a refusal that served nothing.
pub(super) async fn refused(probe: &mut Probe<'_>, sent: &str, identity: Option<&Identity>) -> Verdict {
    pinned(probe)?;
    let url = url(probe);
    probe.sent(format!("{sent}, then GET {url}"));
    let holds = match get(&door(identity, false)?, &url).await {
        Err(rejection) => {
            probe.note(format!("No answer: {}", rejection.text));
            true
        }
        Ok(answer) => {
            let status = answer.status.as_u16();
            probe.note(format!("HTTP {status}"));
            (400..500).contains(&status)
        }
    };
    probe.check("the handshake or the request is refused", holds)?;
    probe.step("the pinned certificate");
    probe.sent(format!("GET {url}"));
    let own = get(&door(probe.target.identity.as_ref(), false)?, &url).await;
    probe.check("is let in", own.is_ok_and(|answer| answer.status == 200))
}

pub(super) async fn tl_12(probe: &mut Probe<'_>) -> Verdict {
    let url = url(probe);
    let own = door(Some(pinned(probe)?), true)?;
    let before = connections(probe).await?;
    probe.sent(format!("{HANDSHAKES} handshakes, each closed without a request"));
    for number in 0..HANDSHAKES {
        match own.connect(&url).await {
            // Half of them with a close_notify, half without a word.
            Ok(mut stream) if number % 2 == 0 => drop(stream.shutdown().await),
            Ok(_) => {}
            Err(error) => return probe.check(format!("handshake {number} succeeds: {}", error.text), false),
        }
    }
    probe.step("afterwards");
    probe.sent(format!("GET {url}"));
    let answer = get(&own, &url).await;
    probe.check("a request is served", answer.is_ok_and(|it| it.status == 200))?;
    let Some(before) = before else {
        probe.note("Open connections were not looked at: no act says them.");
        return Ok(());
    };
    let mut after = before;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        after = connections(probe).await?.unwrap_or_default();
        if after <= before {
            break;
        }
    }
    probe.check(format!("no more than {before} connections are open, as before; there are {after}"), after <= before)
}

/// Open connections of the adapter, when an act says them.
async fn connections(probe: &mut Probe<'_>) -> Result<Option<u64>, Stop> {
    match probe.act("resources", serde_json::json!({})).await {
        Ok(answer) => Ok(answer.get("connections").and_then(serde_json::Value::as_u64)),
        Err(Stop::NotApplicable(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

pub(super) async fn tl_13(probe: &mut Probe<'_>) -> Verdict {
    pinned(probe)?;
    let url = url(probe);
    let authority = super::hello::authority(&url)?;
    probe.sent(format!("GET / in plain HTTP to {authority}"));
    let unreachable = |error: std::io::Error| Stop::failed(format!("{authority} cannot be reached: {error}"));
    let mut stream = TcpStream::connect(authority).await.map_err(unreachable)?;
    let request = format!("GET / HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(unreachable)?;
    let mut came = Vec::new();
    // A reset ends it as well.
    let ended = tokio::time::timeout(CLOSED_WITHIN, stream.read_to_end(&mut came)).await;
    let text = String::from_utf8_lossy(&came).into_owned();
    probe.note(format!("{} bytes came: {text:?}", came.len()));
    probe.check(format!("the connection is closed within {} s", CLOSED_WITHIN.as_secs()), ended.is_ok())?;
    let refusal = text.strip_prefix("HTTP/1.").is_none_or(|it| it.get(2..3) == Some("4"));
    probe.check("nothing is served", refusal)?;
    probe.step("afterwards");
    let own = get(&door(probe.target.identity.as_ref(), false)?, &url).await;
    probe.check("TLS is served", own.is_ok_and(|answer| answer.status == 200))
}
