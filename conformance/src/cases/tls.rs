//! TLS (xroad.md §9.7).

use http::Method;

use super::{Case, case};
use crate::ca::{CertificateSpec, Identity, hostile};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{Door, RawBody, RawRequest, TlsTweaks};

pub(super) const CASES: &[Case] = &[
    case!(
        Tls,
        "TL-03",
        "UG-SS 9.2",
        "nobody is served without a client certificate",
        "The certificate is all that tells the security server from anybody else on the network.",
        tl_03
    ),
    case!(
        Tls,
        "TL-05",
        "xroad.md 5.2",
        "a pinned certificate without its key is refused",
        "Certificates are public; only the handshake signature shows who holds the key.",
        tl_05
    ),
];

async fn tl_03(probe: &mut Probe<'_>) -> Verdict {
    refused(probe, "a handshake without a client certificate", None).await
}

async fn tl_05(probe: &mut Probe<'_>) -> Verdict {
    let identity = pinned(probe)?.clone();
    let thief = stranger(&identity)?;
    let stolen = hostile::stolen_certificate(&identity, &thief);
    refused(probe, "the pinned certificate with another key's signature", Some(&stolen)).await
}

/// The pinned certificate; without one there is nothing to judge.
fn pinned<'t>(probe: &Probe<'t>) -> Result<&'t Identity, Stop> {
    let missing = || Stop::not_applicable("no --client-cert was given: the adapter is called without TLS");
    probe.target.identity.as_ref().ok_or_else(missing)
}

/// Some other certificate in the shape of a security server's.
fn stranger(_: &Identity) -> Result<Identity, Stop> {
    let spec = CertificateSpec::internal("ss9.example.fi", &["localhost"], jiff::civil::date(2026, 1, 1));
    spec.issue().map_err(|error| Stop::failed(format!("the kit could not make a certificate: {error}")))
}

/// A request over a connection with this identity gets no application data: the handshake fails, the connection ends, or
/// the answer is a refusal that served nothing.
async fn refused(probe: &mut Probe<'_>, sent: &str, identity: Option<&Identity>) -> Verdict {
    pinned(probe)?;
    let url = probe.target.urls.first().cloned().unwrap_or_default();
    probe.sent(format!("{sent}, then GET {url}"));
    let door = Door::new(identity, TlsTweaks { no_resumption: true, ..TlsTweaks::default() })
        .map_err(|error| Stop::failed(format!("the kit could not use a certificate: {error}")))?;
    let request = RawRequest { method: Method::GET, url, headers: Vec::new(), body: RawBody::None };
    match door.send(request).await {
        Err(rejection) => probe.note(format!("No answer: {}", rejection.text)),
        Ok(answer) => {
            let status = answer.status.as_u16();
            probe.note(format!("HTTP {status}"));
            return probe.check("the handshake or the request is refused", (400..500).contains(&status));
        }
    }
    probe.check("the handshake or the request is refused", true)
}
