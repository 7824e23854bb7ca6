//! The simulator's own cases (fact sheet §6, rows marked S), over real HTTP on loopback. Rows marked C are the client's.

mod access;
mod attachments;
mod clockwork;
mod described;
mod electronic;
mod events;
mod faults;
mod first;
mod idempotency;
mod inbox;
mod paper;
mod replies;
mod yaml;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::*;

const AINO: &str = "010594Y9032";
const FIRM: &str = "1234567-1";
const WITHOUT_MAILBOX: &str = "020594X903P";
const SERVICE: &str = "esimerkki_service_1";
const SECOND_SERVICE: &str = "esimerkki_service_2";
const OTHER_SERVICE: &str = "toinen_service_1";
const SYSTEM: &str = "esimerkki_rest_system";
const OTHER_SYSTEM: &str = "toinen_rest_system";
const PASSWORD: &str = "not-a-real-password-AAAA-0000-bbbb!";
const ELECTRONIC: &str = "/v2/messages/electronic";
const MULTICHANNEL: &str = "/v2/messages";
const PAPER: &str = "/v2/paper-mail-without-id";

/// A simulator with two systems, a clock that stands, and a logged-in client.
struct World {
    sim: ViestitSimulator,
    clock: Arc<TestClock>,
    client: Client,
    token: String,
}

/// What came back.
struct Got {
    status: u16,
    trace_id: Option<String>,
    kind: String,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("a JSON answer")
    }

    fn id(&self) -> i64 {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["messageId"].as_i64().expect("an int64 messageId")
    }

    /// A 400 with a reason and at least one validation error; gives the errors.
    fn invalid(&self) -> Vec<Value> {
        assert_eq!(self.status, 400, "{}", self.text);
        let body = self.json();
        assert!(body["reason"].is_string());
        let errors = body["validationErrors"].as_array().expect("validationErrors").clone();
        assert!(!errors.is_empty() && errors.iter().all(|error| error["error"].is_string()));
        errors
    }

    /// An `ErrorResponseV1` of this status and nothing more.
    fn refused(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        assert!(body["reason"].is_string());
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
    }
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(TestClock::new("2026-08-20T08:00:00Z".parse().expect("an instant")));
        let account = |user_name: &str, services: &[&str]| SystemAccount {
            user_name: user_name.to_owned(),
            password: PASSWORD.to_owned(),
            services: services.iter().map(|service| (*service).to_owned()).collect(),
        };
        let config = ViestitConfig {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            systems: vec![account(SYSTEM, &[SERVICE, SECOND_SERVICE]), account(OTHER_SYSTEM, &[OTHER_SERVICE])],
            active_mailboxes: vec![AINO.to_owned(), FIRM.to_owned()],
            ..ViestitConfig::default()
        };
        let sim = ViestitSimulator::start(config).await.expect("a free port");
        let mut world = Self { sim, clock, client: Client::new(), token: String::new() };
        world.token = world.log_in(SYSTEM).await;
        world
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sim.base_url)
    }

    fn advance_hours(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    async fn send(&self, request: RequestBuilder) -> Got {
        let response = request.send().await.expect("an answer");
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, trace_id) = (response.status().as_u16(), header("traceId"));
        let kind = header("content-type").unwrap_or_default();
        Got { status, trace_id, kind, text: response.text().await.expect("a text") }
    }

    async fn post_bare(&self, path: &str, body: &Value) -> Got {
        self.send(self.client.post(self.url(path)).json(body)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Got {
        self.post_as(&self.token, path, body).await
    }

    async fn post_as(&self, token: &str, path: &str, body: &Value) -> Got {
        self.send(self.client.post(self.url(path)).bearer_auth(token).json(body)).await
    }

    async fn get(&self, path: &str) -> Got {
        self.get_as(&self.token, path).await
    }

    async fn get_as(&self, token: &str, path: &str) -> Got {
        self.send(self.client.get(self.url(path)).bearer_auth(token)).await
    }

    async fn log_in(&self, system: &str) -> String {
        let got = self.post_bare("/v1/token", &json!({"username": system, "password": PASSWORD})).await;
        assert_eq!(got.status, 200);
        got.json()["access_token"].as_str().expect("a token").to_owned()
    }

    /// A new token after the clock was moved.
    async fn log_in_again(&mut self) {
        self.token = self.log_in(SYSTEM).await;
    }

    async fn upload_named(&self, part_name: &'static str, name: &'static str, media_type: &str) -> Got {
        let part = Part::bytes(b"%PDF-1.7 example".to_vec()).file_name(name);
        let part = part.mime_str(media_type).expect("a media type");
        let form = Form::new().part(part_name, part);
        self.send(self.client.post(self.url("/v2/attachments")).bearer_auth(&self.token).multipart(form)).await
    }

    /// Uploads a PDF; gives its id.
    async fn pdf(&self) -> String {
        let got = self.upload_named("file", "paatos.pdf", "application/pdf").await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["attachmentId"].as_str().expect("an id").to_owned()
    }

    /// The types of all events that the caller's feed holds, read to the empty page.
    async fn event_types(&self) -> Vec<String> {
        let events = self.feed().await.into_iter();
        events.map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
    }

    async fn feed(&self) -> Vec<Value> {
        self.pages().await.into_iter().flatten().collect()
    }

    /// All pages with events.
    async fn pages(&self) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut path = "/v2/events".to_owned();
        loop {
            let got = self.get(&path).await;
            assert_eq!(got.status, 200, "{}", got.text);
            let body = got.json();
            let events = body["events"].as_array().expect("events").clone();
            path = asking("/v2/events", "continuationToken", body["continuationToken"].as_str().expect("a token"));
            if events.is_empty() {
                return pages;
            }
            pages.push(events);
        }
    }
}

/// `path` with one query member, encoded.
fn asking(path: &str, name: &str, value: &str) -> String {
    format!("{path}?{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
}

/// The smallest valid electronic message.
fn electronic_body(key: &str) -> Value {
    json!({
        "externalId": key,
        "recipient": {"id": AINO},
        "sender": {"serviceId": SERVICE},
        "electronic": {
            "title": "Päätös",
            "body": "Päätös on tehty.",
            "bodyFormat": "Text",
            "attachments": [],
            "messageServiceType": "Normal",
            "replyAllowedBy": "Anyone",
            "visibility": "Normal",
            "notifications": {
                "senderDetailsInNotifications": "Organisation and service name",
                "unreadMessageNotification": {"reminder": "Default reminder"}
            }
        }
    })
}

/// The smallest valid paper mail without id.
fn paper_body(key: &str, pdf: &str) -> Value {
    let address = |name: &str| {
        json!({"address": {
            "name": name, "streetAddress": "Mallikuja 3", "zipCode": "00100", "city": "HELSINKI", "countryCode": "FI"
        }})
    };
    json!({
        "externalId": key,
        "sender": {"serviceId": SERVICE},
        "paperMail": {
            "attachments": [{"attachmentId": pdf}],
            "colorPrinting": false,
            "createAddressPage": true,
            "messageServiceType": "Normal",
            "printingAndEnvelopingService": {"postiMessaging": {
                "username": "000001", "password": "TEST", "contactDetails": {"email": "posti@kunta.example"}
            }},
            "recipient": address("Aino Esimerkki"),
            "sender": address("Esimerkkikunta"),
            "rotateLandscapePages": false,
            "twoSidedPrinting": true
        }
    })
}

/// The smallest valid multichannel message.
fn multichannel_body(key: &str, pdf: &str) -> Value {
    let mut body = electronic_body(key);
    body["paperMail"] = paper_body(key, pdf)["paperMail"].take();
    body
}

/// `body` with `value` at a JSON pointer.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(parent).expect("a parent")[name] = value;
    body
}

/// `body` without the member at a JSON pointer.
fn without(mut body: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let members = body.pointer_mut(parent).and_then(Value::as_object_mut).expect("a parent object");
    assert!(members.remove(name).is_some(), "{pointer} is not in the body");
    body
}
