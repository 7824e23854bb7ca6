//! The specification's own files, read where they are: every `soap/ok` file accepted, every `soap/bad` file refused with
//! the code that the index gives.

use std::path::PathBuf;

use http_body_util::Full;

use super::adapter::{Reply, ok, xml};
use super::bench::Bench;
use crate::mime::ContentType;
use crate::security_server::message::{Direction, Message};
use crate::security_server::soap::Soap;
use crate::security_server::{AccessRight, ProvidedService, ServiceKind, hash};

/// The folder with the specification's data, if it is there.
pub(super) fn folder() -> Option<PathBuf> {
    let shared = match std::env::var_os("SILTA_SHARED") {
        Some(shared) => PathBuf::from(shared),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    };
    let folder = shared.join("specs/xroad");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is absent", folder.display());
    None
}

fn files(folder: &str, suffix: &str) -> Vec<(String, Vec<u8>)> {
    let Some(specs) = self::folder() else { return Vec::new() };
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(specs.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(suffix))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// The Content-Type that the index gives, or the one of the first boundary line.
fn content_type(name: &str, bytes: &[u8]) -> String {
    let jetty = "jetty771207119h3h10dty";
    let stem = name.split('.').next().unwrap_or_default();
    match stem {
        "attachm-mtom" | "soapfault-mtom" => format!(
            "Multipart/Related; start-info=\"application/soap+xml\"; type=\"application/xop+xml\"; boundary=\"{jetty}\""
        ),
        "faulty-multipart" => format!("multipart/related; charset=UTF-8; boundary={jetty}"),
        _ if bytes.starts_with(b"--") => {
            let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
            let boundary = String::from_utf8_lossy(line.get(2..).unwrap_or_default());
            format!("multipart/related; charset=UTF-8; boundary=\"{}\"", boundary.trim_end())
        }
        _ => "text/xml; charset=UTF-8".to_owned(),
    }
}

async fn soap_part(name: &str, bytes: &[u8]) -> Message {
    let body = Full::new(bytes::Bytes::copy_from_slice(bytes));
    match Message::decode(&content_type(name, bytes), body, Direction::Response).await {
        Ok(message) => message,
        Err(rejection) => panic!("{name}: {rejection}"),
    }
}

/// Provides the service that a message names, for everybody.
fn provide(bench: &Bench, message: &Message) {
    if let Soap::Message(parsed) = &message.parsed {
        let url = format!("https://{}/", bench.adapter.address);
        let mut service = ProvidedService::new(ServiceKind::Soap, parsed.header.service.clone(), &url);
        service.verify_tls = false;
        bench.provider.put_service(service.allow(AccessRight::everyone()));
    }
}

#[tokio::test]
async fn ok_queries_are_accepted() {
    let bench = Bench::start().await;
    for (name, bytes) in files("soap/ok", ".query") {
        let message = soap_part(&name, &bytes).await;
        provide(&bench, &message);
        if matches!(message.parsed, Soap::Fault(_)) {
            panic!("{name} is a fault");
        }
        // The adapter answers with the SOAP part alone: prefix rule and echo hold for a request's own text.
        let answer = message.soap.clone();
        bench.adapter.script(move |_| xml(answer.to_vec()));
        let answer = bench.consumer.call_soap(bytes.clone(), &content_type(&name, &bytes), None).await.unwrap();
        assert_eq!(answer.fault_code().await, None, "{name}: {}", answer.text());
        let seen = bench.adapter.last();
        let kind = ContentType::parse(seen.header("content-type").unwrap()).unwrap();
        assert_eq!(kind.essence() == "multipart/related", message.is_multipart(), "{name}");
        if !message.is_multipart() {
            assert_eq!(seen.body, bytes, "{name}");
        }
        assert!(answer.text().contains(&hash::soap(&message.soap)), "{name}: request hash");
    }
}

#[tokio::test]
async fn ok_answers_are_accepted() {
    let bench = Bench::start().await;
    for (name, bytes) in files("soap/ok", ".answer") {
        // The folder's copy of this file ends right after the SOAP header; a document that is cut off cannot be accepted.
        if name == "attachm2.answer" && !String::from_utf8_lossy(&bytes).contains(":Body>") {
            let reply = ok(&content_type(&name, &bytes), bytes.clone());
            let code = bench.code_for(reply).await;
            assert_eq!(code.as_deref(), Some("Server.ServerProxy.ServiceFailed.InvalidSoap"), "{name}");
            continue;
        }
        let message = soap_part(&name, &bytes).await;
        let charset = name.contains("iso88591");
        let kind = if charset { "text/xml; charset=ISO-8859-1".to_owned() } else { content_type(&name, &bytes) };
        let reply = ok(&kind, bytes.clone());
        bench.adapter.script(move |_| reply.clone());
        // A response's text is a valid request for the same service, so that the echo rule holds by itself.
        let fault = matches!(message.parsed, Soap::Fault(_));
        let request = if fault { super::bench::request().into() } else { message.soap.clone() };
        provide(&bench, &message);
        let answer = bench.consumer.call_soap(request.clone(), "text/xml", None).await.unwrap();
        if fault {
            assert_eq!(answer.body, message.soap, "{name}: faults pass unchanged");
            continue;
        }
        assert_eq!(answer.fault_code().await, None, "{name}: {}", answer.text());
        let received = answer.message().await.unwrap();
        assert_eq!(received.attachments.len(), message.attachments.len(), "{name}");
        let text = String::from_utf8_lossy(&received.soap);
        assert_eq!(text.matches("requestHash algorithmId").count(), 1, "{name}: {text}");
        assert!(text.contains(&hash::soap(&request)), "{name}");
    }
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| Reply::Http(200, vec![], vec![]));
    let expected = [
        ("attach-error-withsoap.query", "InconsistentHeaders"),
        ("attachm-error.query", "InvalidContentType"),
        ("attachm-faulty-soap.query", "MissingHeaderField"),
        ("attachm-no-soap.query", "InvalidContentType"),
        ("empty.query", "InvalidSoap"),
        ("fault.query", "CODE"),
        ("faulty-header.query", "MissingHeaderField"),
        ("faulty-header2.query", "DuplicateHeaderField"),
        ("faulty-multipart.query", "MissingSoap"),
        ("inconsistent-headers.query", "InconsistentHeaders"),
        ("malformed-body1.query", "InvalidBody"),
        ("malformed-body2.query", "InvalidBody"),
        ("malformed-body3.query", "InconsistentHeaders"),
        ("malformed-protocolVersion.query", "InvalidProtocolVersion"),
        ("missing-body.query", "MissingBody"),
        ("missing-protocolVersion.query", "MissingHeaderField"),
        ("missingobjecttype.query", "InvalidXml"),
        ("no-header.query", "MissingHeader"),
        ("wrong-protocolVersion.query", "InvalidProtocolVersion"),
    ];
    let files = files("soap/bad", ".query");
    if files.is_empty() {
        return;
    }
    assert_eq!(files.len(), expected.len());
    for ((name, bytes), (known, suffix)) in files.into_iter().zip(expected) {
        assert_eq!(name, known);
        let answer = bench.consumer.call_soap(bytes.clone(), &content_type(&name, &bytes), None).await.unwrap();
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.fault_code().await, Some(format!("Server.ClientProxy.{suffix}")), "{name}");
    }
    assert!(bench.adapter.seen().is_empty());
}

/// The SOAP vector of xroad.md §8.3.
#[test]
fn soap_hash_vector() {
    let Some(folder) = folder() else { return };
    let query = std::fs::read(folder.join("soap/ok/getstate.query")).unwrap();
    assert_eq!(query.len(), 1102);
    assert_eq!(
        hash::soap(&query),
        "Nohx+C0AdGJK3D7vurCGouUVFddOWnHLwHJlJTKZOM/HsGJNUqoev4/hSNwB5rwHx3S4vsXMkDhXS0iutq6rIA=="
    );
}
