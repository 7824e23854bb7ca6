//! What the adapter does when a call fails (CN-09).

use std::time::Duration;

use serde_json::{Value, json};

use super::{OwnServer, rest_call, soap_call, taken, text, tried, with};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{Play, rest_error, soap_error};

/// How long the adapter is asked to wait for an answer.
const PATIENCE: u64 = 2;
/// When the kit's server itself gives up, for adapters that cannot be asked.
const HELD: Duration = Duration::from_secs(20);
/// How long a second attempt is waited for.
const LATER: Duration = Duration::from_millis(1500);

pub(super) async fn cn_09(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    let mut lacking = Vec::new();
    for (how, call) in [("REST", write(probe)), ("SOAP", soap_call(probe))] {
        match breaking(probe, &own, how, call).await {
            Err(Stop::NotApplicable(why)) => {
                probe.note(format!("Not tried: {why}"));
                lacking.push(why);
            }
            other => other?,
        }
    }
    tried(probe, lacking)
}

async fn breaking(probe: &mut Probe<'_>, own: &OwnServer, how: &str, call: Value) -> Verdict {
    let soap = how == "SOAP";
    // What came may have been delivered: nothing proves that it was not.
    probe.step(format!("{how}: the connection ends when the request has been read"));
    own.server.play(|_| Play::Close);
    once(probe, own, call.clone(), "network").await?;

    probe.step(format!("{how}: no answer comes"));
    own.server.play(|_| Play::Hold(HELD));
    once(probe, own, with(call.clone(), "timeoutSeconds", PATIENCE), "network").await?;

    let code = if soap { "Server.ServerProxy.ServiceFailed.IOError" } else { "Server.ServerProxy.IOError" };
    probe.step(format!("{how}: the answer is {code}"));
    own.server.play(move |_| if soap { soap_error(200, code) } else { rest_error(500, code) });
    once(probe, own, call.clone(), "x-road").await?;

    probe.step(format!("{how}: the connection ends before the handshake"));
    own.server.play(move |it| if soap { it.served("") } else { it.rest_response(200, &[], "{}") });
    own.server.break_connections(1);
    let answer = own.act(probe, "call", call.clone()).await?;
    own.server.break_connections(0);
    let requests = own.server.arrived().len();
    if text(&answer, "outcome") == "response" {
        probe.check("sent once, over the second connection", requests == 1)?;
    } else {
        taken(probe, &answer, &["error"], "network")?;
        probe.check("not sent", requests == 0)?;
    }

    probe.step(format!("{how}: nobody listens"));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let nobody = nobody.map_err(|error| Stop::failed(format!("no free port: {error}")))?;
    let answer = own.act(probe, "call", with(call, "securityServer", format!("https://{nobody}"))).await?;
    taken(probe, &answer, &["error"], "network")?;
    match text(&answer, "delivered") {
        "" => Ok(()),
        said => probe.check("the adapter knows that it was not delivered", said == "no"),
    }
}

/// A call that changes something.
fn write(probe: &Probe<'_>) -> Value {
    with(rest_call(probe, "POST", "/items"), "body", json!({ "kit": true }).to_string())
}

/// The call fails, and the request came exactly once.
async fn once(probe: &mut Probe<'_>, own: &OwnServer, call: Value, whose: &str) -> Result<(), Stop> {
    let answer = own.act(probe, "call", call).await?;
    taken(probe, &answer, &["error", "fault", "problem"], whose)?;
    tokio::time::sleep(LATER).await;
    probe.check("the request was sent once", own.server.arrived().len() == 1)?;
    match text(&answer, "delivered") {
        "" => Ok(()),
        said => probe.check("the adapter does not claim that it was not delivered", said == "unknown"),
    }
}
