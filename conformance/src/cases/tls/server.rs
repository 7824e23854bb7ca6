//! Server certificates: the adapter's own, and that of the security server that it calls as a consumer.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::pins::{Files, put_back};
use super::{door, get, pinned, stranger, unmade, url};
use crate::ca::{CertificateSpec, hostile};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{Consumer, ConsumerConfig};

/// A certificate for an adapter.
fn spec() -> CertificateSpec {
    CertificateSpec::server("adapter.example.fi", &["localhost", "127.0.0.1"], jiff::civil::date(2026, 1, 1))
}

pub(super) async fn tl_10(probe: &mut Probe<'_>) -> Verdict {
    let (own, url) = (door(Some(pinned(probe)?), false)?, url(probe));
    let renewed = spec().issue().map_err(|error| unmade(&error))?;
    let files = Files::new()?;
    let (certificate, key) = files.put("renewed", &renewed)?;
    let broken = |error: &str| Stop::failed(format!("no connection: {error}"));
    probe.step("a connection of before");
    let (mut kept, before) = own.handshake(&url).await.map_err(|error| broken(&error.text))?;
    let before = before.and_then(|it| it.leaf);
    probe.note(format!("leaf of {} bytes", before.as_ref().map_or(0, |it| it.len())));
    let verdict = async {
        probe.step("the adapter's certificate is renewed");
        probe.act("reload", json!({ "certificate": certificate, "key": key })).await?;
        let (_, after) = own.handshake(&url).await.map_err(|error| broken(&error.text))?;
        let after = after.and_then(|it| it.leaf);
        probe.check("a new connection gets the new certificate", after.as_ref() == Some(renewed.certificate()))?;
        probe.check("it is another than before", after != before)?;
        let answer = get(&own, &url).await;
        probe.check("a request over a new connection is served", answer.is_ok_and(|it| it.status == 200))?;

        probe.step("the connection of before");
        let authority = super::hello::authority(&url)?;
        let path = url.split_once(authority).map_or("/", |(_, path)| path);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        probe.sent(request.clone());
        let mut came = Vec::new();
        if kept.write_all(request.as_bytes()).await.is_ok() && kept.flush().await.is_ok() {
            // An end without close_notify is an end, too.
            let _ = kept.read_to_end(&mut came).await;
        }
        probe.check("a request over it is served to the end", came.starts_with(b"HTTP/1.1 200"))
    }
    .await;
    put_back(probe, verdict).await
}

pub(super) async fn tl_11(probe: &mut Probe<'_>) -> Verdict {
    pinned(probe)?;
    let files = Files::new()?;
    let mut warnings = Vec::new();
    for (label, identity) in [("an RSA certificate", spec().issue()), ("an ECDSA certificate", hostile::ecdsa(&spec()))]
    {
        probe.step(label);
        let name = if label.contains("RSA c") && !label.contains("ECDSA") { "rsa" } else { "ecdsa" };
        let (certificate, key) = files.put(name, &identity.map_err(|error| unmade(&error))?)?;
        let said = probe.act("check-config", json!({ "certificate": certificate, "key": key })).await?;
        let texts = said.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
        warnings.push(texts.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    }
    let (Some(rsa), Some(ecdsa)) = (warnings.first(), warnings.get(1)) else { return Err(Stop::failed("no answers")) };
    let about = |text: &&String| ["ECDSA", "RSA", "suite"].iter().any(|word| text.contains(word));
    probe.check("a warning that names the reason", ecdsa.iter().any(|text| about(&text)))?;
    probe.check("no such warning for RSA", !rsa.iter().any(|text| about(&text)))
}

pub(super) async fn tl_14(probe: &mut Probe<'_>) -> Verdict {
    let files = Files::new()?;
    let (own, other) = (stranger()?, stranger()?);
    let (own_file, other_file) = (files.put("own", &own)?.0, files.put("other", &other)?.0);
    let config = ConsumerConfig { tls: Some(own), ..ConsumerConfig::default() };
    let server = Consumer::start(config, probe.target.server.clone())
        .await
        .map_err(|error| Stop::failed(format!("the kit's security server does not start: {error}")))?;
    let parameters = |certificate: &str| {
        json!({
            "protocol": "rest",
            "securityServer": server.url(),
            "certificate": certificate,
            "client": probe.target.client.encoded(),
            "service": format!("{}/kit", probe.target.provider.encoded()),
            "method": "GET",
            "path": "/",
        })
    };
    let (right, wrong) = (parameters(&own_file), parameters(&other_file));
    let verdict = async {
        probe.step("its security server's certificate is the pinned one");
        let answer = probe.act("call", right).await?;
        let fault = answer.get("fault").and_then(Value::as_str).unwrap_or_default();
        probe.check("the handshake succeeds: what comes is the security server's word", fault != "network")?;
        probe.step("another certificate is pinned");
        let answer = probe.act("call", wrong).await?;
        let fault = answer.get("fault").and_then(Value::as_str).unwrap_or_default();
        probe.check("nothing is sent to it", fault == "network")
    }
    .await;
    server.shutdown().await;
    verdict
}
