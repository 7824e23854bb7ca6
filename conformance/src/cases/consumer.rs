//! The consumer role (xroad.md §9.8).
//!
//! The kit plays the security server of the adapter's own side ([`Scripted`]) and has the adapter call a service by the act
//! `call`. Judged are what the adapter sent, and what it took the answer for.

mod answers;
mod failures;
mod requests;

use serde_json::{Value, json};

use super::{Case, case};
use crate::ca::CertificateSpec;
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{Arrived, Scripted, encode_segment};

pub(super) const CASES: &[Case] = &[
    case!(
        Consumer,
        "CN-01",
        "PR-MESS 2.2",
        "a SOAP call has a fresh UUID, protocol version 4.0, no requestHash, and its SOAP part first",
        "A repeated id makes two exchanges one in every log; the other mistakes the own security server refuses.",
        requests::cn_01
    ),
    case!(
        Consumer,
        "CN-02",
        "PR-MESS 2.2",
        "a response whose requestHash is wrong or missing fails the call, and both digests are told",
        "The hash alone shows that the provider answered this request and not another.",
        answers::cn_02
    ),
    case!(
        Consumer,
        "CN-03",
        "I HandlerBase",
        "a fault is a fault with HTTP 200 and with HTTP 500",
        "Security servers send their own faults with 200: who looks at the status takes the error for an answer.",
        answers::cn_03
    ),
    case!(
        Consumer,
        "CN-04",
        "PR-REST 4.6",
        "whose error a REST answer is depends on X-Road-Error, not on the status",
        "A provider's own 500 and X-Road's look alike; the one is for the provider's support, the other for the own operator.",
        answers::cn_04
    ),
    case!(
        Consumer,
        "CN-05",
        "I ErrorCodes",
        "an X-Road error is the same error in the spelling of 7.7 and of 7.8, with REST status 400 and 500",
        "On the day that either security server is upgraded, everything that compares codes as text stops understanding them.",
        answers::cn_05
    ),
    case!(
        Consumer,
        "CN-06",
        "PR-REST 4.2",
        "identifiers with space, ä, slash, plus and question mark are percent-encoded by segment",
        "Such codes exist; written as they are, they name another service or none.",
        requests::cn_06
    ),
    case!(
        Consumer,
        "CN-07",
        "PR-REST 4.3",
        "an answer with another x-road-id than the request's is an error",
        "It answers somebody else's request.",
        answers::cn_07
    ),
    case!(
        Consumer,
        "CN-08",
        "PR-REST 4.4",
        "a redirect of the provider is not followed",
        "The address is the provider's own: followed, the request leaves X-Road with everything in it.",
        answers::cn_08
    ),
    case!(
        Consumer,
        "CN-09",
        "xroad.md 6.3",
        "a call is repeated only when it has provably not been delivered",
        "What was delivered and is sent again is done twice: a second letter, a second decision.",
        failures::cn_09
    ),
    case!(
        Consumer,
        "CN-10",
        "PR-TARGETSS; PR-REST 4.3",
        "a security server of the provider is named only when that is configured",
        "A named server is the only one that may answer: the provider's second one is then of no use.",
        requests::cn_10
    ),
];

/// The operation that the kit has called; no provider has it.
pub(super) const CODE: &str = "kitEcho";
/// Its namespace.
pub(super) const NAMESPACE: &str = "urn:x-road-kit:echo";

/// The security server that the adapter calls, and the file with its certificate.
pub(super) struct OwnServer {
    pub(super) server: Scripted,
    certificate: String,
    /// Kept for its life.
    _folder: tempfile::TempDir,
}

impl OwnServer {
    pub(super) async fn start() -> Result<Self, Stop> {
        let unmade = |what: String| Stop::failed(format!("the kit's security server does not start: {what}"));
        let folder = tempfile::tempdir().map_err(|error| unmade(error.to_string()))?;
        let spec = CertificateSpec::internal("ss9.example.fi", &["localhost"], jiff::civil::date(2026, 1, 1));
        let identity = spec.issue().map_err(|error| unmade(error.to_string()))?;
        let written = identity.write(folder.path(), "security-server").map_err(|error| unmade(error.to_string()))?;
        let server = Scripted::start(&identity).await.map_err(|error| unmade(error.to_string()))?;
        Ok(Self { server, certificate: written.certificate.display().to_string(), _folder: folder })
    }

    /// Has the adapter do something with this server, and writes down what it sent.
    pub(super) async fn act(&self, probe: &mut Probe<'_>, act: &str, parameters: Value) -> Result<Value, Stop> {
        let mut all = json!({ "securityServer": self.server.url(), "certificate": self.certificate });
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), parameters) {
            all.extend(more);
        }
        let answer = probe.act(act, all).await;
        for (number, arrived) in self.server.arrived().iter().enumerate() {
            probe.note(format!("\nRequest {} at the security server:\n{}", number + 1, arrived.shown()));
        }
        answer
    }

    /// The same where the adapter may lack one of several ways to call: `lacking` then holds why, and the others are
    /// judged.
    pub(super) async fn may_act(
        &self,
        probe: &mut Probe<'_>,
        act: &str,
        parameters: Value,
        lacking: &mut Vec<String>,
    ) -> Result<Option<Value>, Stop> {
        match self.act(probe, act, parameters).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Stop::NotApplicable(why)) => {
                probe.note(format!("Not tried: {why}"));
                lacking.push(why);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// The one request that came.
    pub(super) fn only(&self, probe: &mut Probe<'_>) -> Result<Arrived, Stop> {
        let arrived = self.server.arrived();
        probe.check("exactly one request", arrived.len() == 1)?;
        arrived.into_iter().next().ok_or_else(|| Stop::failed("no request came"))
    }
}

/// Parameters of a SOAP call.
pub(super) fn soap_call(probe: &Probe<'_>) -> Value {
    json!({
        "protocol": "soap",
        "client": probe.target.client.encoded(),
        "service": format!("{}/{CODE}", probe.target.provider.encoded()),
        "version": "v1",
        "body": format!("<k:{CODE} xmlns:k=\"{NAMESPACE}\"><k:text>kit</k:text></k:{CODE}>"),
    })
}

/// Parameters of a REST call.
pub(super) fn rest_call(probe: &Probe<'_>, method: &str, path: &str) -> Value {
    json!({
        "protocol": "rest",
        "client": probe.target.client.encoded(),
        "service": format!("{}/{}", probe.target.provider.encoded(), encode_segment("kit")),
        "method": method,
        "path": path,
    })
}

/// The same with another parameter.
pub(super) fn with(mut parameters: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(members) = parameters.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
    parameters
}

/// A case in which nothing could be tried is not applicable.
pub(super) fn tried(probe: &Probe<'_>, lacking: Vec<String>) -> Verdict {
    match (probe.checks(), lacking.into_iter().next()) {
        (0, Some(why)) => Err(Stop::NotApplicable(why)),
        _ => Ok(()),
    }
}

pub(super) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What the adapter took the answer for.
pub(super) fn taken(probe: &mut Probe<'_>, answer: &Value, outcomes: &[&str], whose: &str) -> Verdict {
    probe.check(format!("outcome {}", outcomes.join(" or ")), outcomes.contains(&text(answer, "outcome")))?;
    match whose {
        "" => Ok(()),
        whose => probe.check(format!("fault {whose}"), text(answer, "fault") == whose),
    }
}
