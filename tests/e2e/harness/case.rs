//! The calls of one case, what came back, and the assertions that many cases share.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use conformance::security_server::soap::{Soap, SoapFault, parse};
use conformance::security_server::{Answer, SoapAnswer, hash};
use conformance::viestit::StoredMessage;
use http::Method;
use silta::model::evidence::Evidence;
use uuid::Uuid;

use super::judge::{self, Emitted};
use super::{CONSUMER, Call, Multipart, Order, TENANT, TestAdapter, child_text};

/// One case's calls of an adapter.
pub(crate) struct Case<'a> {
    pub(crate) adapter: &'a TestAdapter,
    emitted: Mutex<BTreeSet<Emitted>>,
}

/// A fault of ours, and the record of its exchange.
pub(crate) struct Fault {
    pub(crate) text: String,
    /// The stable error code of the contract.
    pub(crate) error: Option<String>,
    pub(crate) evidence: Evidence,
}

/// A problem of ours.
pub(crate) struct Problem {
    /// The error code.
    pub(crate) code: String,
    pub(crate) id: Uuid,
}

impl<'a> Case<'a> {
    pub(super) fn new(adapter: &'a TestAdapter) -> Self {
        Self { adapter, emitted: Mutex::default() }
    }

    pub(super) fn judge(&self) {
        let emitted = self.emitted.lock().unwrap_or_else(PoisonError::into_inner);
        judge::judge(&emitted);
        judge::errors(&emitted, self.adapter.search());
    }

    fn emitted(&self, it: Emitted) {
        self.emitted.lock().unwrap_or_else(PoisonError::into_inner).insert(it);
    }

    /// Posts a plain SOAP document as a security server posts one that it let through.
    pub(crate) async fn soap(&self, family: &str, document: impl Into<Bytes>) -> Answer {
        self.post(family, "text/xml; charset=UTF-8", "", document).await
    }

    /// Posts a multipart message to the letters' family.
    pub(crate) async fn multipart(&self, message: &Multipart) -> Answer {
        self.post("messages", &message.content_type(), "", message.bytes()).await
    }

    /// Posts anything to a SOAP address.
    pub(crate) async fn post(&self, family: &str, content_type: &str, action: &str, body: impl Into<Bytes>) -> Answer {
        let url = self.adapter.soap_url(family);
        let answer = self.adapter.provider.post_soap(&url, content_type, action, body).await.expect("an answer");
        assert!([200, 500].contains(&answer.status.as_u16()), "SR-09: {}", answer.status);
        assert_eq!(answer.header("content-type"), Some("text/xml; charset=UTF-8"), "SR-10");
        judge::headers(&answer.headers);
        self.emitted(Emitted::Soap { family: family.to_owned(), document: answer.body.to_vec() });
        answer
    }

    /// Sends a SOAP message through both security servers, as a consumer's information system does.
    pub(crate) async fn consume(&self, family: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let answer = self.adapter.consumer.call_soap(body, content_type, None).await.expect("an answer");
        self.emitted(Emitted::Soap { family: family.to_owned(), document: without_hash(&answer.text()).into_bytes() });
        answer
    }

    /// Sends a REST request straight to the adapter, with the security server's certificate.
    pub(crate) async fn rest(&self, call: Call) -> Answer {
        let (family, method, path) = (call.family.to_owned(), call.method.to_string(), call.path().to_owned());
        let answer = self.adapter.provider.door().send(call.raw(&self.adapter.url)).await.expect("an answer");
        judge::headers(&answer.headers);
        self.emitted(Emitted::Rest {
            family,
            method,
            path,
            status: answer.status.as_u16(),
            content_type: answer.header("content-type").unwrap_or_default().to_owned(),
            body: answer.body.to_vec(),
        });
        answer
    }

    /// Sends a REST request through both security servers; `target` is below the service code.
    pub(crate) async fn consume_rest(
        &self,
        method: Method,
        family: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut sent = vec![("X-Road-Client", CONSUMER)];
        sent.extend_from_slice(headers);
        let address = format!("/r1/{}/{family}{target}", super::PROVIDER);
        let answer = self.adapter.consumer.call_rest(method.clone(), &address, &sent, body).await.expect("an answer");
        assert_eq!(answer.header("x-road-error"), None, "an error of a security server: {}", answer.text());
        self.emitted(Emitted::Rest {
            family: family.to_owned(),
            method: method.to_string(),
            path: target.split('?').next().unwrap_or_default().to_owned(),
            status: answer.status.as_u16(),
            content_type: answer.header("content-type").unwrap_or_default().to_owned(),
            body: answer.body.to_vec(),
        });
        answer
    }

    /// Both security servers accept the answer to this SOAP part: it is no fault and its header is the request's.
    /// Returns the document that the adapter sent.
    pub(crate) async fn accepted(&self, request: &[u8], answer: &Answer) -> String {
        let judged = self.adapter.provider.accepts(request, answer).await;
        match judged {
            Ok(SoapAnswer::Message(_)) => {}
            Ok(SoapAnswer::Fault(_, fault)) => panic!("a fault: {fault:?}"),
            Err(error) => panic!("refused by a security server: {error}\n{}", answer.text()),
        }
        assert_eq!(answer.status, 200);
        answer.text()
    }

    /// A SOAP fault with this code that security servers pass on, with an id of ours under which the log has the exchange.
    pub(crate) async fn fault(&self, answer: &Answer, code: &str) -> Fault {
        assert_eq!(answer.status, 500, "{}", answer.text());
        let passed = self.adapter.provider.accepts(b"", answer).await.expect("passed on");
        let SoapAnswer::Fault(raw, SoapFault { code: given, string, .. }) = passed else {
            panic!("no fault: {}", answer.text())
        };
        assert_eq!(raw, answer.body, "FA-04: passed on unchanged");
        assert_eq!(given, format!("soap:{code}"), "{string}");
        let lower = string.to_ascii_lowercase();
        assert!(!["panicked", ".rs:", "stack"].iter().any(|word| lower.contains(word)), "{string}");
        let id: Uuid = child_text(&answer.text(), "id").expect("an error id").parse().expect("a UUID");
        let evidence = self.adapter.exchange(id).await;
        assert_eq!(evidence.draft.status, Some(500));
        assert_eq!(evidence.draft.fault_id, Some(id.to_string()));
        assert_eq!(evidence.draft.response_digest, Some(sha512(&answer.body)), "digest of the answer");
        let error = child_text(&answer.text(), "code");
        assert!(error.is_some(), "the detail holds the code: {}", answer.text());
        assert_eq!(evidence.draft.fault_code, error);
        Fault { text: string, error, evidence }
    }

    /// The same, and the order that the message held was not accepted.
    pub(crate) async fn refused(&self, order: &Order, answer: &Answer, code: &str) -> Fault {
        let fault = self.fault(answer, code).await;
        self.nothing_ordered(order).await;
        fault
    }

    /// A SOAP answer that says that the order was accepted, as the store and the log have it. Returns our id.
    pub(crate) async fn ordered(&self, order: &Order, request: &[u8], answer: &Answer) -> String {
        let document = self.accepted(request, answer).await;
        assert_eq!(child_text(&document, "error"), None, "{document}");
        let id = self.adapter.order(&order.client, &order.order_id).await.expect("an accepted order");
        assert!(document.contains(&format!("<id>{id}</id>")) || document.contains(&id), "{document}");
        id
    }

    /// Nothing was accepted of this order: neither a letter nor a record of one.
    pub(crate) async fn nothing_ordered(&self, order: &Order) {
        assert_eq!(self.adapter.order(&order.client, &order.order_id).await, None, "nothing may be executed");
    }

    /// The first letter of an order, once it has arrived at Viestit.
    pub(crate) async fn letter(&self, order: &str) -> StoredMessage {
        let external_id = format!("{TENANT}:{order}:1");
        for _ in 0..500 {
            let messages = self.adapter.viestit.control.messages();
            if let Some(letter) = messages.into_iter().find(|letter| letter.external_id == external_id) {
                return letter;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the letter {external_id} never arrived");
    }

    /// A normal answer that holds an error (PR-MESS Annex D.2): code and field.
    pub(crate) async fn business_error(&self, request: &[u8], answer: &Answer) -> (String, Option<String>) {
        let document = self.accepted(request, answer).await;
        assert!(document.contains("<error>"), "{document}");
        (child_text(&document, "code").expect("a code"), child_text(&document, "field"))
    }

    /// A problem with this status. The log has its exchange, unless the request never reached a tenant.
    pub(crate) fn problem(answer: &Answer, status: u16) -> Problem {
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(problem["status"], status);
        let text = |name: &str| problem[name].as_str().map(str::to_owned);
        let code = text("type").and_then(|it| it.strip_prefix("urn:silta:error:").map(str::to_owned));
        Problem { code: code.expect("a code of ours"), id: text("instance").expect("an id").parse().expect("a UUID") }
    }

    /// The same with the record of the exchange.
    pub(crate) async fn logged_problem(&self, answer: &Answer, status: u16) -> (Problem, Evidence) {
        let problem = Self::problem(answer, status);
        let evidence = self.adapter.exchange(problem.id).await;
        assert_eq!(evidence.draft.status, Some(status));
        assert_eq!(evidence.draft.fault_code.as_deref(), Some(problem.code.as_str()));
        assert_eq!(evidence.draft.response_digest, Some(sha512(&answer.body)));
        (problem, evidence)
    }
}

/// SHA-512 by the simulator's own means.
pub(crate) fn sha512(bytes: &[u8]) -> Vec<u8> {
    STANDARD.decode(hash::soap(bytes)).expect("base64")
}

/// What the adapter sent, from what the security server made of it.
fn without_hash(document: &str) -> String {
    if parse(document.as_bytes()).is_ok_and(|it| matches!(it, Soap::Fault(_))) {
        return document.to_owned();
    }
    let Some((before, rest)) = document.split_once("<xrd:requestHash") else { return document.to_owned() };
    let (_, after) = rest.split_once("</xrd:requestHash>").expect("an end");
    format!("{before}{after}")
}
