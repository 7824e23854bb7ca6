//! TLS (xroad.md §9.7).
//!
//! The kit is the security server: it shows the pinned certificate, others, or none. Pins and the adapter's certificate
//! are changed by the act `reload`, and put back.

mod doors;
mod hello;
mod pins;
mod server;

use http::Method;

use super::{Case, case};
use crate::ca::{CertificateSpec, Identity};
use crate::kit::{Probe, Stop};
use crate::security_server::{Answer, Door, RawBody, RawRequest, Rejection, TlsTweaks};

pub(super) const CASES: &[Case] = &[
    case!(
        Tls,
        "TL-01",
        "I SystemProperties",
        "a security server's own offer leads to ECDHE_RSA with AES-GCM and HTTP/1.1",
        "An adapter that shares no suite with it cannot be called at all.",
        hello::tl_01
    ),
    case!(
        Tls,
        "TL-02",
        "I openssl.cnf",
        "a pinned certificate with CA:TRUE and without extended key usage is accepted",
        "That is the shape of every security server's internal certificate; a tidy web PKI check refuses it.",
        pins::tl_02
    ),
    case!(
        Tls,
        "TL-03",
        "UG-SS 9.2",
        "nobody is served without a client certificate",
        "The certificate is all that tells the security server from anybody else on the network.",
        doors::tl_03
    ),
    case!(
        Tls,
        "TL-04",
        "UG-SS 9.3",
        "a certificate with the pinned one's names and another key is refused",
        "Anybody can write a subject and an issuer into a certificate; only its bytes are the pin.",
        doors::tl_04
    ),
    case!(
        Tls,
        "TL-05",
        "xroad.md 5.2",
        "a pinned certificate without its key is refused",
        "Certificates are public; only the handshake signature shows who holds the key.",
        doors::tl_05
    ),
    case!(
        Tls,
        "TL-06",
        "UG-SS 10.4",
        "a security server's certificate changes without a failed request",
        "With one pin only, the renewal is an outage until both sides have changed at the same moment.",
        pins::tl_06
    ),
    case!(
        Tls,
        "TL-07",
        "UG-SS 10.4",
        "a removed certificate cannot come back by a session of before",
        "A resumed handshake shows no certificate: who looks at pins only then lets the removed one in.",
        pins::tl_07
    ),
    case!(
        Tls,
        "TL-08",
        "xroad.md 5.2",
        "a pinned certificate that has expired is accepted, and refused in strict mode",
        "Security servers themselves do not look at validity; an adapter that does stops on a date nobody watches.",
        pins::tl_08
    ),
    case!(
        Tls,
        "TL-09",
        "xroad.md 5.2",
        "TLS 1.0, TLS 1.1, RSA key exchange and CBC alone are refused",
        "They are broken, and no security server needs them.",
        hello::tl_09
    ),
    case!(
        Tls,
        "TL-10",
        "I CustomSSLSocketFactory",
        "a new certificate of the adapter is shown to new connections, and old ones go on",
        "A restart for each renewal is an outage, and the security server reports it to every consumer.",
        server::tl_10
    ),
    case!(
        Tls,
        "TL-11",
        "xroad.md 5.2",
        "an ECDSA certificate of the adapter is warned about",
        "Security servers' default suites have RSA only: the adapter starts, and nobody can connect.",
        server::tl_11
    ),
    case!(
        Tls,
        "TL-12",
        "I InternalServerTestService",
        "handshakes without a request leave nothing",
        "Security servers test a connection so, and load balancers do it every few seconds.",
        doors::tl_12
    ),
    case!(
        Tls,
        "TL-13",
        "RFC 9110",
        "plain HTTP to the TLS port is closed",
        "A misconfigured service address must end in an error, not in a timeout of a minute.",
        doors::tl_13
    ),
    case!(
        Tls,
        "TL-14",
        "xroad.md 5.3",
        "as a consumer, the adapter accepts the pinned security server and no other",
        "The certificate's name fits nothing and its CA is nobody's: only the pin is worth anything.",
        server::tl_14
    ),
];

/// The pinned certificate; without one there is nothing to judge.
fn pinned<'t>(probe: &Probe<'t>) -> Result<&'t Identity, Stop> {
    let missing = || Stop::not_applicable("no --client-cert was given: the adapter is called without TLS");
    probe.target.identity.as_ref().ok_or_else(missing)
}

/// Some other certificate in the shape of a security server's.
fn stranger() -> Result<Identity, Stop> {
    internal().issue().map_err(|error| unmade(&error))
}

fn internal() -> CertificateSpec {
    CertificateSpec::internal("ss9.example.fi", &["localhost"], jiff::civil::date(2026, 1, 1))
}

fn unmade(error: &crate::ca::CaError) -> Stop {
    Stop::failed(format!("the kit could not make a certificate: {error}"))
}

/// An address that answers any GET: that of a description.
fn url(probe: &Probe<'_>) -> String {
    probe.target.urls.first().cloned().unwrap_or_default()
}

/// A door with this identity. Sessions are taken up again only where a case is about that.
fn door(identity: Option<&Identity>, resumes: bool) -> Result<Door, Stop> {
    Door::new(identity, TlsTweaks { no_resumption: !resumes, ..TlsTweaks::default() })
        .map_err(|error| Stop::failed(format!("the kit could not use a certificate: {error}")))
}

/// A GET over a connection of its own.
async fn get(door: &Door, url: &str) -> Result<Answer, Rejection> {
    let request = RawRequest { method: Method::GET, url: url.to_owned(), headers: Vec::new(), body: RawBody::None };
    door.send(request).await
}
