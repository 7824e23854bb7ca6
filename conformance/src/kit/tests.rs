//! The kit's own parts: acts as commands, settings, requests.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, pending};
use serde_json::{Value, json};

use super::run::run_within;
use super::{ActError, Acts, Commands, Envelope, Multipart, Outcome, Part, Selection, Settings, Stop, Target, block};
use crate::cases::{Case, Family};
use crate::security_server::ClientId;
use crate::security_server::soap::{Soap, parse};

#[tokio::test]
async fn acts_are_commands_with_json_in_and_out() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        b"[acts]\nlog-find = [\"cat\"]\nrestart = [\"sh\", \"-c\", \"exit 3\"]\nreload = [\"sh\", \"-c\", \"exit 1\"]\n\
          call = [\"echo\", \"no json\"]\n",
    )
    .unwrap();
    let commands = Commands::read(file.path()).unwrap();
    assert_eq!(commands.act("log-find", json!({"id": "x"})).await, Ok(json!({"id": "x"})));
    assert!(matches!(commands.act("restart", json!({})).await, Err(ActError::Missing(_))));
    assert!(matches!(commands.act("reload", json!({})).await, Err(ActError::Failed(_))));
    assert!(matches!(commands.act("call", json!({})).await, Err(ActError::Failed(_))));
    assert!(matches!(commands.act("overload", json!({})).await, Err(ActError::Missing(_))));

    std::fs::write(file.path(), "[acts]\nexplode = [\"true\"]\n").unwrap();
    let said = Commands::read(file.path()).unwrap_err().to_string();
    assert!(said.contains("explode is no act"), "{said}");
}

#[test]
fn settings_refuse_what_they_do_not_know() {
    let path = Path::new("kit.toml");
    let settings = Settings::parse("read = \"getItem\"\n[bodies]\ngetItem = \"<key>42</key>\"\n", path).unwrap();
    assert_eq!(settings.read.as_deref(), Some("getItem"));
    assert_eq!(settings.limits.parts, 100);
    assert!(Settings::parse("reed = \"x\"\n", path).unwrap_err().to_string().contains("reed"));
}

#[test]
fn an_envelope_is_what_a_security_server_lets_through() {
    let client = ClientId::subsystem("FI-TEST", "GOV", "1", "a & b");
    let provider = ClientId::subsystem("FI-TEST", "MUN", "2", "s");
    let envelope = Envelope::new(&client, &provider, "getItem", Some("v1"), "<k:getItem xmlns:k=\"urn:x\"/>");
    let Ok(Soap::Message(message)) = parse(&envelope.bytes()) else { panic!("{}", envelope.text()) };
    assert_eq!((&message.header.client, message.header.id.as_str()), (&client, envelope.id.as_str()));
    assert_eq!(message.header.service.version.as_deref(), Some("v1"));

    let changed = envelope.with("issue", "<xrd:issue/>").without("userId").with("more", block::simple("more", "1"));
    let names: Vec<_> = changed.blocks.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client", "service", "id", "issue", "protocolVersion", "more"]);
}

#[test]
fn a_multipart_is_framed_by_its_boundary() {
    let mut message = Multipart::swa("<a/>").part(Part::binary("text/plain", "x", "data"));
    message.boundary = "b".to_owned();
    let text = String::from_utf8(message.bytes().to_vec()).unwrap();
    let expected = "--b\r\ncontent-type:text/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<a/>\r\n--b\r\n\
                    content-type:text/plain\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <x>\r\n\r\ndata\r\n--b--\r\n";
    assert_eq!(text, expected);
    message.closed = false;
    assert!(message.bytes().ends_with(b"data"));
}

/// What a case of these tests may take.
const LIMIT: Duration = Duration::from_millis(300);

/// Writes down what it is asked; `slow-backend` takes longer than a case may, `fill-disk` cannot be turned off, `overload` is missing.
#[derive(Default)]
struct Asked(Mutex<Vec<String>>);

impl Asked {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Acts for Asked {
    fn act<'a>(&'a self, act: &'a str, parameters: Value) -> BoxFuture<'a, Result<Value, ActError>> {
        Box::pin(async move {
            self.note(format!("{act} {parameters}"));
            if act == "slow-backend" && parameters == json!({ "on": true }) {
                tokio::time::sleep(2 * LIMIT).await;
                self.note("slow at last".to_owned());
            }
            match (act, parameters.get("on")) {
                ("overload", _) => Err(ActError::Missing("no overload".to_owned())),
                ("fill-disk", Some(Value::Bool(false))) => Err(ActError::Failed("stuck".to_owned())),
                _ => Ok(json!({})),
            }
        })
    }
}

/// A case that turns things on and ends in one of many ways.
const fn ending(id: &'static str, run: crate::cases::Run) -> Case {
    Case { id, family: Family::Faults, source: "", title: "", why: "", run }
}

static ENDINGS: [Case; 9] = [
    ending("turns-off", |probe| {
        Box::pin(async move {
            probe.act("fail-backend", json!({ "on": true })).await?;
            probe.act("fail-backend", json!({ "on": false })).await?;
            probe.check("looked", true)
        })
    }),
    ending("passes", |probe| {
        Box::pin(async move {
            probe.act("fail-backend", json!({ "on": true })).await?;
            probe.check("looked", true)
        })
    }),
    ending("fails", |probe| {
        Box::pin(async move {
            probe.act("reload", json!({ "pins": ["a"] })).await?;
            probe.act("reload", json!({ "pins": ["b"] })).await?;
            probe.check("looked", false)
        })
    }),
    ending("is-not-applicable", |probe| {
        Box::pin(async move {
            probe.act("reload", json!({ "pins": ["a"] })).await?;
            probe.act("overload", json!({ "on": true })).await.map(drop)
        })
    }),
    ending("panics", |probe| {
        Box::pin(async move {
            probe.act("fail-backend", json!({ "on": true })).await?;
            Err(Stop::failed(["no text"; 0].first().unwrap().to_string()))
        })
    }),
    ending("hangs", |probe| {
        Box::pin(async move {
            probe.act("fail-backend", json!({ "on": true })).await?;
            std::future::pending().await
        })
    }),
    ending("hangs-in-an-act", |probe| {
        Box::pin(async move { probe.act("slow-backend", json!({ "on": true })).await.map(drop) })
    }),
    ending("is-stuck", |probe| {
        Box::pin(async move {
            probe.act("fill-disk", json!({ "on": true })).await?;
            probe.check("looked", true)
        })
    }),
    ending("never-begins", |probe| Box::pin(async move { probe.act("restart", json!({})).await.map(drop) })),
];

#[tokio::test]
async fn what_a_case_has_turned_on_is_turned_off_however_it_ends() {
    let asked = Arc::new(Asked::default());
    let target = target_of(Arc::clone(&asked)).await;
    let all = Selection::default();
    for (id, outcome, acts) in [
        ("turns-off", "passed", vec!["fail-backend {\"on\":true}", "fail-backend {\"on\":false}"]),
        ("passes", "passed", vec!["fail-backend {\"on\":true}", "fail-backend {\"on\":false}"]),
        ("fails", "expected: looked", vec!["reload {\"pins\":[\"a\"]}", "reload {\"pins\":[\"b\"]}", "reload {}"]),
        (
            "is-not-applicable",
            "n/a no overload",
            vec!["reload {\"pins\":[\"a\"]}", "overload {\"on\":true}", "reload {}"],
        ),
        (
            "panics",
            "it panicked: a defect of the kit",
            vec!["fail-backend {\"on\":true}", "fail-backend {\"on\":false}"],
        ),
        ("hangs", "it did not end within 0.3 s", vec!["fail-backend {\"on\":true}", "fail-backend {\"on\":false}"]),
        (
            "hangs-in-an-act",
            "it did not end within 0.3 s",
            vec!["slow-backend {\"on\":true}", "slow at last", "slow-backend {\"on\":false}"],
        ),
        (
            "is-stuck",
            "the act fill-disk could not be put back: stuck",
            vec!["fill-disk {\"on\":true}", "fill-disk {\"on\":false}"],
        ),
    ] {
        let case = ENDINGS.iter().filter(|it| it.id == id);
        let done = run_within(LIMIT, case, &target, &all, |_| {}, pending()).await;
        let said = match &done[0].outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(what) => what.clone(),
            Outcome::NotApplicable(why) => format!("n/a {why}"),
        };
        assert_eq!((said.as_str(), asked.take()), (outcome, acts.into_iter().map(str::to_owned).collect()), "{id}");
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_puts_back_and_begins_no_other_case() {
    let asked = Arc::new(Asked::default());
    let target = target_of(Arc::clone(&asked)).await;
    let cases = ENDINGS.iter().filter(|it| ["hangs", "never-begins"].contains(&it.id));
    let stopped = tokio::time::sleep(LIMIT / 3);
    let done = run_within(LIMIT, cases, &target, &Selection::default(), |_| {}, stopped).await;
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].outcome, Outcome::Failed("the run was stopped".to_owned()));
    assert_eq!(asked.take(), ["fail-backend {\"on\":true}", "fail-backend {\"on\":false}"]);
}

/// A target of which nothing is known but its acts.
async fn target_of(acts: Arc<Asked>) -> Target {
    let id = ClientId::subsystem("FI-TEST", "GOV", "1", "s");
    Target::new(&[], None, id.clone(), id, Settings::default(), acts).await.unwrap()
}
