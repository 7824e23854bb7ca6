//! What a case holds while it runs: it sends through it, and it writes down what was sent, what came and what was
//! expected.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use super::acts::ActError;
use super::reply::SoapReply;
use super::request::{Envelope, Multipart, RestCall};
use super::services::{RestService, SoapOperation};
use super::show::printable;
use super::target::Target;
use super::turned::Turned;
use crate::security_server::{Answer, RawBody, RawRequest, Rejection, SoapAnswer};

/// What the Content-Type of a SOAP request always says (xroad.md §2.1).
pub const TEXT_XML: &str = "text/xml; charset=UTF-8";
/// Bytes of a multipart message that are kept for the report.
const SHOWN_OF_PARTS: usize = 64 * 1024;
const USER_AGENT: &str = "Apache-HttpClient/4.5.14 (Java/21.0.6)";

/// Why a case ends without having passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The adapter did not do what was expected; the text says what.
    Failed(String),
    /// The case cannot be judged here; the text says why.
    NotApplicable(String),
}

impl Stop {
    /// The case cannot be judged here.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable(why.into())
    }

    /// The adapter failed.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }
}

/// How a case ends. `Ok` without a single check made counts as failed: see [`Probe::checks`].
pub type Verdict = Result<(), Stop>;

/// One thing that a case did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// Which of several runs, or what was done.
    pub label: String,
    /// What was sent, readable.
    pub sent: String,
    /// What came back, readable.
    pub came: String,
    /// What was expected, and whether it was so.
    pub checks: Vec<(String, bool)>,
}

/// See the module.
pub struct Probe<'a> {
    /// The adapter.
    pub target: &'a Target,
    before: Vec<Step>,
    now: Step,
    turned: Turned,
}

impl<'a> Probe<'a> {
    /// A probe for one case.
    pub fn new(target: &'a Target) -> Self {
        let turned = Turned::new(Arc::clone(&target.acts));
        Self { target, before: Vec::new(), now: Step::default(), turned }
    }

    /// Begins a run of its own within the case.
    pub fn step(&mut self, label: impl Into<String>) {
        self.next();
        self.now.label = label.into();
    }

    /// How many checks were made.
    pub fn checks(&self) -> usize {
        self.before.iter().map(|it| it.checks.len()).sum::<usize>() + self.now.checks.len()
    }

    /// What was written down.
    pub fn into_steps(mut self) -> Vec<Step> {
        self.next();
        self.before
    }

    /// Writes down what was expected; a step that does not hold ends the case.
    pub fn check(&mut self, expected: impl Into<String>, holds: bool) -> Verdict {
        let expected = expected.into();
        self.now.checks.push((expected.clone(), holds));
        match (holds, self.now.label.as_str()) {
            (true, _) => Ok(()),
            (false, "") => Err(Stop::Failed(format!("expected: {expected}"))),
            (false, label) => Err(Stop::Failed(format!("{label}: expected: {expected}"))),
        }
    }

    /// Writes something down that is neither message nor check.
    pub fn note(&mut self, text: impl AsRef<str>) {
        let came = &mut self.now.came;
        if !came.is_empty() {
            came.push('\n');
        }
        came.push_str(text.as_ref());
    }

    /// Writes down what was sent by other means.
    pub fn sent(&mut self, text: impl Into<String>) {
        self.fresh().sent = text.into();
    }

    /// Posts a SOAP message as a security server does.
    pub async fn soap(&mut self, operation: &SoapOperation, envelope: &Envelope) -> Result<SoapReply, Stop> {
        self.post(&operation.url, TEXT_XML, "", envelope.bytes()).await
    }

    /// Posts a multipart message as a security server does.
    pub async fn multipart(&mut self, operation: &SoapOperation, message: &Multipart) -> Result<SoapReply, Stop> {
        let shown = posted(&operation.url, &message.content_type(), "", &beginning(message));
        let headers = soap_headers(&message.content_type());
        let answer = self.raw(shown, Method::POST, &operation.url, headers, RawBody::Chunked(message.pieces())).await?;
        Ok(SoapReply::of(answer).await)
    }

    /// Posts any bytes to a SOAP address, with the headers of a security server.
    pub async fn post(
        &mut self,
        url: &str,
        content_type: &str,
        action: &str,
        body: impl Into<Bytes>,
    ) -> Result<SoapReply, Stop> {
        let body = body.into();
        self.fresh().sent = posted(url, content_type, action, &body);
        let answer = self.target.server.post_soap(url, content_type, action, body).await;
        Ok(SoapReply::of(self.came(answer)?).await)
    }

    /// Sends a REST call as a security server delivers it.
    pub async fn rest(&mut self, service: &RestService, call: &RestCall) -> Result<Answer, Stop> {
        let mut headers = Vec::new();
        if !call.anonymous {
            headers.push(("X-Road-Client".to_owned(), self.target.client.encoded().into_bytes()));
        }
        headers.extend(call.headers.iter().cloned());
        headers.push(("x-road-request-id".to_owned(), call.request_id.clone().into_bytes()));
        if !call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-road-id")) {
            headers.push(("x-road-id".to_owned(), call.id.clone().into_bytes()));
        }
        headers.push(("Connection".to_owned(), b"Keep-Alive".to_vec()));
        headers.push(("User-Agent".to_owned(), USER_AGENT.into()));
        if !call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding")) {
            headers.push(("Accept-Encoding".to_owned(), b"gzip,deflate".to_vec()));
        }
        let url = format!("{}{}", service.base, call.target);
        let mut shown = format!("{} {url}\n", call.method);
        for (name, value) in &headers {
            let _ = writeln!(shown, "{name}: {}", printable(value));
        }
        match &call.body {
            RawBody::None => {}
            RawBody::Sized(body) => drop(write!(shown, "\n{}", printable(body))),
            RawBody::Chunked(pieces) => {
                let total: usize = pieces.iter().map(Bytes::len).sum();
                let first = pieces.first().map(|it| printable(it)).unwrap_or_default();
                let _ = write!(shown, "\n[{total} bytes in {} chunks, beginning]\n{first}", pieces.len());
            }
        }
        self.raw(shown, call.method.clone(), &url, headers, call.body.clone()).await
    }

    /// Sends any request over a connection of its own with the pinned certificate.
    pub async fn raw(
        &mut self,
        shown: String,
        method: Method,
        url: &str,
        headers: Vec<(String, Vec<u8>)>,
        body: RawBody,
    ) -> Result<Answer, Stop> {
        let answer = self.try_raw(shown, method, url, headers, body).await;
        answer.map_err(|rejection| Stop::Failed(format!("no answer: {}", rejection.text)))
    }

    /// The same where no answer may be right too.
    pub async fn try_raw(
        &mut self,
        shown: String,
        method: Method,
        url: &str,
        headers: Vec<(String, Vec<u8>)>,
        body: RawBody,
    ) -> Result<Answer, Rejection> {
        self.fresh().sent = shown;
        let answer = self.target.door.send(RawRequest { method, url: url.to_owned(), headers, body }).await;
        match &answer {
            Ok(answer) => self.note(answered(answer)),
            Err(rejection) => self.note(format!("No answer: {}", rejection.text)),
        }
        answer
    }

    /// Asks the adapter's inside. A missing act makes the case not applicable.
    pub async fn act(&mut self, act: &str, parameters: Value) -> Result<Value, Stop> {
        self.fresh().sent = format!("act {act} {parameters}");
        match self.turned.carry_out(act, parameters).await {
            Ok(answer) => {
                self.note(serde_json::to_string_pretty(&answer).unwrap_or_default());
                Ok(answer)
            }
            Err(ActError::Missing(why)) => Err(Stop::NotApplicable(why)),
            Err(ActError::Failed(why)) => Err(Stop::Failed(why)),
        }
    }

    /// Turns off what the case has left on, whatever became of it. Says what could not be turned off.
    pub(super) async fn put_back(&mut self) -> Vec<String> {
        let mut complaints = Vec::new();
        for (act, parameters, done) in self.turned.put_back().await {
            self.step("put back after the case");
            self.sent(format!("act {act} {parameters}"));
            match done {
                Ok(answer) => self.note(serde_json::to_string_pretty(&answer).unwrap_or_default()),
                Err(error) => {
                    self.note(error.to_string());
                    complaints.push(format!("the act {act} could not be put back: {error}"));
                }
            }
        }
        complaints
    }

    /// Both security servers accept the answer to this SOAP part (xroad.md §2.3, §2.4): it is the response, not a fault.
    pub async fn accepted(&mut self, request: &[u8], reply: &SoapReply) -> Verdict {
        match self.target.server.accepts(request, &reply.answer).await {
            Ok(SoapAnswer::Message(_)) => self.check("both security servers accept the response", true),
            Ok(SoapAnswer::Fault(_, fault)) => {
                self.note(format!("A fault: {} {}", fault.code, fault.string));
                self.check("a response, not a fault", false)
            }
            Err(error) => {
                self.note(format!("The security server says: {} {}", error.code, error.text));
                self.check("both security servers accept the response", false)
            }
        }
    }

    fn came(&mut self, answer: Result<Answer, Rejection>) -> Result<Answer, Stop> {
        match answer {
            Ok(answer) => {
                self.note(answered(&answer));
                Ok(answer)
            }
            Err(rejection) => {
                self.note(format!("No answer: {}", rejection.text));
                Err(Stop::Failed(format!("no answer: {}", rejection.text)))
            }
        }
    }

    /// A step in which nothing was sent yet: the one just begun, or a new one of the same label.
    fn fresh(&mut self) -> &mut Step {
        if !self.now.sent.is_empty() {
            let label = self.now.label.clone();
            self.next();
            self.now.label = label;
        }
        &mut self.now
    }

    fn next(&mut self) {
        let ended = std::mem::take(&mut self.now);
        if ended != Step::default() {
            self.before.push(ended);
        }
    }
}

/// The headers of a SOAP request (xroad.md §2.1), without `Host` and framing.
fn soap_headers(content_type: &str) -> Vec<(String, Vec<u8>)> {
    [
        ("SOAPAction", ""),
        ("accept-encoding", ""),
        ("Content-Type", content_type),
        ("Connection", "Keep-Alive"),
        ("User-Agent", USER_AGENT),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
    .collect()
}

fn posted(url: &str, content_type: &str, action: &str, body: &[u8]) -> String {
    format!("POST {url}\nContent-Type: {content_type}\nSOAPAction: {action}\n\n{}", printable(body))
}

/// As much of a multipart message as a report shows.
fn beginning(message: &Multipart) -> Vec<u8> {
    let pieces = message.pieces();
    let total: usize = pieces.iter().map(Bytes::len).sum();
    let mut shown = Vec::new();
    for piece in pieces {
        let room = SHOWN_OF_PARTS.saturating_sub(shown.len());
        if room == 0 {
            shown.extend_from_slice(format!("\n[{total} bytes in all]").as_bytes());
            break;
        }
        shown.extend_from_slice(piece.get(..room).unwrap_or(&piece));
    }
    shown
}

fn answered(answer: &Answer) -> String {
    let mut text = format!("HTTP {}\n", answer.status.as_u16());
    text.push_str(&headers_text(&answer.headers));
    text.push('\n');
    text.push_str(&printable(&answer.body));
    text
}

fn headers_text(headers: &HeaderMap) -> String {
    headers.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name}: {}", printable(value.as_bytes()));
        text
    })
}
