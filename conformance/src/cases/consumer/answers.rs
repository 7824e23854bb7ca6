//! What the adapter takes an answer for.

use serde_json::Value;

use super::{OwnServer, rest_call, soap_call, taken, text, tried};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{Play, hash, rest_error, soap_error};

pub(super) async fn cn_02(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    probe.step("the right hash");
    own.server.play(|it| it.served(""));
    let answer = own.act(probe, "call", soap_call(probe)).await?;
    taken(probe, &answer, &["response"], "")?;

    probe.step("a wrong hash");
    let wrong = hash::soap(b"another request");
    let sent = wrong.clone();
    own.server.play(move |it| it.soap_response("", Some(&sent)));
    let answer = own.act(probe, "call", soap_call(probe)).await?;
    taken(probe, &answer, &["error"], "integrity")?;
    let right = hash::soap(&own.only(probe)?.document());
    match text(&answer, "text") {
        "" => probe.note("Whether the digests are logged was not looked at: the answer has no text."),
        said => {
            probe.check("the received digest is told", said.contains(&wrong))?;
            probe.check("the request's own digest is told", said.contains(&right))?;
        }
    }

    probe.step("no hash");
    own.server.play(|it| it.soap_response("", None));
    let answer = own.act(probe, "call", soap_call(probe)).await?;
    taken(probe, &answer, &["error"], "integrity")
}

pub(super) async fn cn_03(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    for (whose, code) in [("provider", "SOAP-ENV:Server"), ("x-road", "Server.ServerProxy.AccessDenied")] {
        for status in [200, 500] {
            probe.step(format!("{code} with HTTP {status}"));
            own.server.play(move |_| soap_error(status, code));
            let answer = own.act(probe, "call", soap_call(probe)).await?;
            taken(probe, &answer, &["fault"], whose)?;
            probe.check("a code", !text(&answer, "code").is_empty())?;
        }
    }
    Ok(())
}

pub(super) async fn cn_04(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    for status in [400, 404, 500, 503] {
        probe.step(format!("HTTP {status} of the provider"));
        own.server.play(move |it| it.rest_response(status, &[("content-type", "text/plain")], "the provider's own"));
        let answer = own.act(probe, "call", rest_call(probe, "GET", "/")).await?;
        taken(probe, &answer, &["problem"], "provider")?;
        status_is(probe, &answer, status)?;
    }
    for status in [400, 500] {
        probe.step(format!("HTTP {status} with X-Road-Error"));
        own.server.play(move |_| rest_error(status, "Server.ServerProxy.AccessDenied"));
        let answer = own.act(probe, "call", rest_call(probe, "GET", "/")).await?;
        taken(probe, &answer, &["problem"], "x-road")?;
    }
    probe.step("HTTP 414 of the security server's web server, without any x-road header");
    own.server.play(|_| Play::Answer { status: 414, headers: Vec::new(), body: "<h1>URI Too Long</h1>".into() });
    let answer = own.act(probe, "call", rest_call(probe, "GET", "/")).await?;
    taken(probe, &answer, &["problem"], "x-road")
}

fn status_is(probe: &mut Probe<'_>, answer: &Value, status: u16) -> Verdict {
    let given = answer.get("status").and_then(Value::as_u64);
    probe.check(format!("the status {status} is given"), given == Some(u64::from(status)))
}

/// Codes in the spellings of 7.7 and of 7.8.
const SPELLINGS: [(&str, &str); 5] = [
    ("Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied"),
    ("Server.ServerProxy.ServiceFailed.HttpError", "server.serverproxy.service_failed.http_error"),
    ("Server.ServerProxy.ServiceFailed.IOError", "server.serverproxy.service_failed.io_error"),
    ("Server.ServerProxy.ServiceType", "server.serverproxy.service_type"),
    ("Server.ClientProxy.OutdatedGlobalConf", "server.clientproxy.global_conf_outdated"),
];

pub(super) async fn cn_05(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    let mut lacking = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for (old, new) in SPELLINGS {
        let mut first: Option<String> = None;
        for code in [old, new] {
            for status in [400, 500] {
                probe.step(format!("{code} by REST with HTTP {status}"));
                own.server.play(move |_| rest_error(status, code));
                let call = rest_call(probe, "GET", "/");
                if let Some(answer) = own.may_act(probe, "call", call, &mut lacking).await? {
                    taken(probe, &answer, &["problem"], "x-road")?;
                    same(probe, &mut first, text(&answer, "code"))?;
                }
            }
            probe.step(format!("{code} by SOAP"));
            own.server.play(move |_| soap_error(200, code));
            if let Some(answer) = own.may_act(probe, "call", soap_call(probe), &mut lacking).await? {
                taken(probe, &answer, &["fault"], "x-road")?;
                same(probe, &mut first, text(&answer, "code"))?;
            }
        }
        let Some(code) = first else { break };
        probe.check("another error has another code", !known.contains(&code))?;
        known.push(code);
    }
    tried(probe, lacking)
}

/// The adapter's own word for the error is the one of before.
fn same(probe: &mut Probe<'_>, first: &mut Option<String>, code: &str) -> Verdict {
    probe.check("the adapter's own code for it", !code.is_empty())?;
    let before = first.get_or_insert_with(|| code.to_owned()).clone();
    probe.check(format!("that is {before}, as in the other spelling"), before == code)
}

pub(super) async fn cn_07(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    probe.step("the request's own id");
    own.server.play(|it| it.rest_response(200, &[], "{}"));
    let answer = own.act(probe, "call", rest_call(probe, "GET", "/")).await?;
    if own.only(probe)?.value("x-road-id").is_none() {
        return Err(Stop::not_applicable("the adapter sends no X-Road-Id of its own: there is nothing to compare"));
    }
    taken(probe, &answer, &["response"], "")?;
    probe.step("another id");
    own.server.play(|it| it.rest_response(200, &[], "{}").with("x-road-id", "FI-TEST-of-somebody-else"));
    let answer = own.act(probe, "call", rest_call(probe, "GET", "/")).await?;
    taken(probe, &answer, &["error"], "integrity")
}

pub(super) async fn cn_08(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    for status in [301, 302, 307] {
        probe.step(format!("HTTP {status}"));
        let elsewhere = format!("{}/elsewhere", own.server.url());
        own.server.play(move |it| match it.rest {
            Some(_) => it.rest_response(status, &[("location", &elsewhere)], ""),
            None => Play::Answer { status: 200, headers: Vec::new(), body: "elsewhere".into() },
        });
        let answer = own.act(probe, "call", rest_call(probe, "GET", "/")).await?;
        own.only(probe)?;
        taken(probe, &answer, &["response", "problem"], "")?;
        status_is(probe, &answer, status)?;
    }
    Ok(())
}
