use std::sync::Arc;

use http::Method;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::bench::{Bench, REST_PATH, client, echo, pki, request};
use crate::ca::{CertificateSpec, Identity, Only};
use crate::security_server::{ConnectionType, ConsumerClient, ConsumerConfig};

#[tokio::test]
async fn speaks_http_to_information_systems() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    let http = reqwest::Client::new();
    let url = bench.consumer.url();
    let answer = http.post(format!("{url}/")).header("content-type", "text/xml").body(request()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers().get("content-type").unwrap(), "text/xml;charset=utf-8");
    assert!(answer.text().await.unwrap().contains("requestHash"));
    let answer = http.get(format!("{url}{REST_PATH}/x")).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers().get("x-road-error").unwrap(), "Server.ClientProxy.InvalidClientIdentifier");
    // Anything that is not exactly /r1/ goes to the SOAP handler.
    for path in ["/r2/a", "/R1/a", "/r01/a", "/"] {
        let answer = http.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.text().await.unwrap().contains("<faultcode>Client.InvalidHttpMethod</faultcode>"));
    }
    let long = http.get(format!("{url}{REST_PATH}?{}", "q".repeat(9000))).send().await.unwrap();
    assert!(matches!(long.status().as_u16(), 414 | 431), "{}", long.status());
    assert_eq!(bench.consumer.stats().soap, 5);
}

#[tokio::test]
async fn refuses_what_the_parser_refuses() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    let blank = request().replace(">9999906-0<", "> <");
    let cases: [(&str, String, &str, Option<&str>, &str); 7] = [
        ("unquoted SOAPAction", request(), "text/xml", Some("urn:a"), "Server.ClientProxy.InvalidSoapAction"),
        ("SOAP 1.2", request(), "application/soap+xml", None, "Server.ClientProxy.InvalidContentType"),
        ("JSON", "{}".to_owned(), "application/json", None, "Server.ClientProxy.InvalidContentType"),
        ("empty", String::new(), "text/xml", None, "Server.ClientProxy.InvalidSoap"),
        ("no parts", String::new(), "multipart/related; boundary=b", None, "Server.ClientProxy.MissingSoap"),
        ("DOCTYPE", format!("<!DOCTYPE a>{}", &request()[40..]), "text/xml", None, "Server.ClientProxy.InvalidSoap"),
        ("blank member code", blank, "text/xml", None, "Server.ClientProxy.InternalError"),
    ];
    for (name, body, content_type, action, expected) in cases {
        let answer = bench.consumer.call_soap(body, content_type, action).await.unwrap();
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"), "{name}");
        assert_eq!(answer.fault_code().await.as_deref(), Some(expected), "{name}");
    }
    assert!(bench.adapter.seen().is_empty());
    // A service code that is a prefix of the wrapper's name passes, in any namespace.
    let longer = request().replace("p:getItem xmlns:p=\"urn:p\"", "getItemExtra");
    bench.consumer.call_soap(longer.clone(), "text/xml", None).await.unwrap();
    assert_eq!(bench.adapter.last().text(), longer);
}

#[tokio::test]
async fn connection_types() {
    let day = jiff::civil::date(2026, 2, 6);
    let own = CertificateSpec::server("asiointi.example.fi", &["127.0.0.1"], day).issue().unwrap();
    let mtls = |certificates| ConsumerConfig {
        clients: vec![ConsumerClient { id: client(), connection: ConnectionType::Https(certificates) }],
        tls: Some(pki().security_server.clone()),
        ..ConsumerConfig::default()
    };
    let bench = Bench::with(|_| {}, mtls(vec![own.certificate().clone()])).await;
    bench.adapter.script(echo);
    assert!(bench.consumer.url().starts_with("https://"));
    let answer = over_tls(&bench, Some(&own)).await;
    assert!(answer.contains("requestHash"), "{answer}");
    for stranger in [None, Some(&pki().adapter)] {
        let answer = over_tls(&bench, stranger).await;
        assert!(answer.contains("Server.ClientProxy.SslAuthenticationFailed"), "{answer}");
    }
    let plain = ConsumerConfig { tls: None, ..mtls(vec![own.certificate().clone()]) };
    let bench = Bench::with(|_| {}, plain).await;
    let answer = reqwest::Client::new()
        .post(bench.consumer.url())
        .header("content-type", "text/xml")
        .body(request())
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().contains("Server.ClientProxy.SslAuthenticationFailed"));
    let headers = [("x-road-client", "FI-TEST/GOV/1/unknown")];
    let answer = bench.consumer.call_rest(Method::GET, REST_PATH, &headers, "").await.unwrap();
    assert_eq!(answer.header("x-road-error"), Some("Server.ClientProxy.UnknownMember"));
}

/// Posts the sample request over TLS and returns the whole HTTP answer.
async fn over_tls(bench: &Bench, identity: Option<&Identity>) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Only::new(Some(pki().security_server.fingerprint()), provider));
    let config = match identity {
        Some(identity) => builder.with_client_auth_cert(vec![identity.certificate().clone()], identity.key()).unwrap(),
        None => builder.with_no_client_auth(),
    };
    let stream = tokio::net::TcpStream::connect(bench.consumer.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let body = request();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
