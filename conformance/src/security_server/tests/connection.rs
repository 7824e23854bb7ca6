use std::time::Duration;

use http::Method;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::adapter::{Adapter, Reply, ok, xml};
use super::bench::{Bench, REST_PATH, echo, pki, producer, request, response, rest_id, soap_id};
use crate::ca::{CertificateSpec, hostile};
use crate::security_server::{Door, Provider, ProviderConfig, RawBody, RawRequest, TlsTweaks};

/// The codes of one failure over SOAP and over REST.
async fn both(bench: &Bench) -> (String, String) {
    let soap = bench.soap(&request()).await.fault_code().await.unwrap_or_default();
    let headers = [("x-road-client", "FI-TEST/GOV/9999906-0/asiointi")];
    let rest = bench.consumer.call_rest(Method::GET, REST_PATH, &headers, "").await.unwrap();
    let rest = rest.header("x-road-error").unwrap_or_default().to_owned();
    (soap, rest)
}

fn point_to(bench: &Bench, url: &str) {
    for id in [soap_id(), rest_id()] {
        assert!(bench.provider.change_service(&id, |service| url.clone_into(&mut service.url)));
    }
}

fn codes(suffix: &str) -> (String, String) {
    (format!("Server.ServerProxy.ServiceFailed.{suffix}"), format!("Server.ServerProxy.{suffix}"))
}

#[tokio::test]
async fn failures_of_the_connection() {
    let bench = Bench::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    point_to(&bench, &format!("https://{closed}/"));
    assert_eq!(both(&bench).await, codes("NetworkError"));
    point_to(&bench, "https://no-such-host.invalid/");
    assert_eq!(both(&bench).await, codes("UnknownHost"));
    point_to(&bench, "ftp://localhost/");
    let malformed = "Server.ServerProxy.ServiceMalformedUrl".to_owned();
    assert_eq!(both(&bench).await, (malformed.clone(), malformed));
    // A server that accepts and closes: the handshake fails.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    point_to(&bench, &format!("https://{}/", listener.local_addr().unwrap()));
    let hangs_up = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    assert_eq!(both(&bench).await, codes("IOError"));
    hangs_up.abort();
}

#[tokio::test]
async fn certificates_of_the_adapter() {
    let spec = CertificateSpec::server("adapter.example.fi", &["127.0.0.1"], jiff::civil::date(2026, 2, 6));
    // The right subject under another key completes the handshake and fails the comparison.
    let twin = hostile::same_subject_other_key(&spec).unwrap();
    let impostor = Adapter::start(&twin, None).await;
    impostor.script(echo);
    let bench = Bench::start().await;
    let url = format!("https://{}/", impostor.address);
    point_to(&bench, &url);
    assert_eq!(both(&bench).await, codes("SslAuthenticationFailed"));
    assert!(impostor.seen().is_empty());
    // Verification off: any certificate will do.
    assert!(bench.provider.change_service(&soap_id(), |service| service.verify_tls = false));
    assert_eq!(bench.soap(&request()).await.fault_code().await, None);
    assert!(bench.provider.change_service(&soap_id(), |service| service.verify_tls = true));
    // Uploaded: accepted. Validity is not looked at.
    bench.provider.upload_certificate(producer(), twin.certificate().clone());
    assert_eq!(bench.soap(&request()).await.fault_code().await, None);
    bench.provider.remove_certificate(&producer(), twin.certificate());
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(both(&bench).await, codes("SslAuthenticationFailed"));
    let expired = hostile::expired(&spec, jiff::civil::date(2026, 2, 6)).unwrap();
    let old = Adapter::start(&expired, None).await;
    old.script(echo);
    bench.provider.upload_certificate(producer(), expired.certificate().clone());
    point_to(&bench, &format!("https://{}/", old.address));
    assert_eq!(bench.soap(&request()).await.fault_code().await, None);
    // ECDSA: no common suite, unless the administrator has added some.
    let curve = hostile::ecdsa(&spec).unwrap();
    let modern = Adapter::start(&curve, None).await;
    modern.script(echo);
    bench.provider.upload_certificate(producer(), curve.certificate().clone());
    point_to(&bench, &format!("https://{}/", modern.address));
    assert_eq!(both(&bench).await, codes("IOError"));
    let extended = TlsTweaks { ecdsa_suites: true, ..TlsTweaks::default() };
    let door = Door::new(Some(&pki().security_server), extended).unwrap();
    assert!(door.connect(&format!("https://{}/", modern.address)).await.is_ok());
}

#[tokio::test]
async fn identity_rotates_and_strangers_are_refused() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    assert_eq!(bench.soap(&request()).await.fault_code().await, None);
    let spec = CertificateSpec::internal("ss1.example.fi", &["127.0.0.1"], jiff::civil::date(2026, 2, 6));
    let twin = hostile::same_subject_other_key(&spec).unwrap();
    bench.provider.set_identity(&twin).unwrap();
    assert_eq!(both(&bench).await, codes("IOError"));
    bench.provider.set_identity(&pki().security_server).unwrap();
    assert_eq!(bench.soap(&request()).await.fault_code().await, None);
    // No certificate, and a pinned one without its key.
    let url = format!("https://{}/soap", bench.adapter.address);
    let stolen = hostile::stolen_certificate(&pki().security_server, &twin);
    let before = bench.adapter.seen().len();
    for identity in [None, Some(&stolen)] {
        let door = Door::new(identity, TlsTweaks::default()).unwrap();
        let get = RawRequest { method: Method::GET, url: url.clone(), headers: vec![], body: RawBody::None };
        assert!(door.send(get).await.is_err());
    }
    assert_eq!(bench.adapter.seen().len(), before);
}

#[tokio::test]
async fn broken_exchanges() {
    let bench = Bench::start().await;
    let cut = format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 99999\r\n\r\n{}", response());
    let bad_chunk = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    for raw in [String::new(), cut, bad_chunk.to_owned(), "garbage\r\n\r\n".to_owned()] {
        bench.adapter.script(move |_| Reply::Raw(raw.clone().into_bytes()));
        assert_eq!(both(&bench).await, codes("IOError"));
    }
    // Close-delimited is complete when the connection closes.
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n{}", response());
    bench.adapter.script(move |_| Reply::Raw(whole.clone().into_bytes()));
    assert_eq!(bench.soap(&request()).await.fault_code().await, None);
    // Silence for longer than the service's timeout.
    for id in [soap_id(), rest_id()] {
        assert!(bench.provider.change_service(&id, |service| service.timeout = Duration::from_millis(200)));
    }
    bench.adapter.script(|_| Reply::Silence);
    assert_eq!(both(&bench).await, codes("IOError"));
}

#[tokio::test]
async fn idle_connections_close_soon_and_busy_ones_are_reused() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    bench.soap(&request()).await;
    bench.soap(&request()).await;
    // In a burst the second call finds the first one's connection; a slow machine may miss it.
    assert!(bench.adapter.last().connection <= 1);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while bench.adapter.closed().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the idle connection was never closed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = bench.adapter.last().connection;
    bench.soap(&request()).await;
    assert!(bench.adapter.last().connection > before);
}

#[tokio::test]
async fn raw_doors_reach_the_adapter() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| ok("text/plain", "got it"));
    let url = format!("https://{}/rest/v1/x", bench.adapter.address);
    let door = bench.provider.door().pinned(vec![pki().adapter.certificate().clone()]);
    let headers = [("X-Road-Client", "A/B/1/x"), ("X-Road-Client", "A/B/2/x"), ("X-Road-Service", "forged")];
    let raw = RawRequest {
        method: Method::POST,
        url: url.clone(),
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect(),
        body: RawBody::Chunked(vec!["ab".into(), "c".into()]),
    };
    let answer = door.send(raw.clone()).await.unwrap();
    assert_eq!(answer.text(), "got it");
    let seen = bench.adapter.last();
    assert_eq!(seen.all("x-road-client"), ["A/B/1/x", "A/B/2/x"]);
    assert_eq!((seen.header("x-road-service"), seen.text().as_str()), (Some("forged"), "abc"));
    door.send(RawRequest { body: RawBody::Sized("12".into()), ..raw.clone() }).await.unwrap();
    assert_eq!(bench.adapter.last().header("content-length"), Some("2"));
    door.send(RawRequest { method: Method::GET, body: RawBody::None, ..raw }).await.unwrap();
    assert_eq!(bench.adapter.last().header("transfer-encoding"), None);
    let bytes = b"GET /a/../b%00 HTTP/1.1\r\nhost: x\r\nODD-Case: \xFF\r\n\r\n";
    let back = door.send_bytes(&url, bytes, Duration::from_millis(300)).await.unwrap();
    assert!(back.starts_with(b"HTTP/1.1 200 ") && back.ends_with(b"got it"));
    let seen = bench.adapter.last();
    assert_eq!(seen.line, "GET /a/../b%00 HTTP/1.1");
    assert!(seen.headers.iter().any(|(name, _)| name == "ODD-Case"));
    assert!(door.pinned(vec![]).connect(&url).await.is_err());
}

#[tokio::test]
async fn shutdown_closes_everything() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| xml(response()));
    bench.soap(&request()).await;
    let address = bench.consumer.address;
    let mut idle = tokio::net::TcpStream::connect(address).await.unwrap();
    bench.consumer.shutdown().await;
    bench.provider.shutdown().await;
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.ok();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while bench.adapter.closed().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the connection to the adapter stayed open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A provider that never called anybody ends at once, too.
    let quiet = Provider::start(ProviderConfig::new(pki().security_server.clone())).unwrap();
    quiet.shutdown().await;
}
