//! Silta's side of the acts (docs/conformance.md).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use conformance::ca::Identity;
use conformance::kit::{ActError, Acts};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::{Process, SandboxError, Stage};
use super::backend::Backend;
use super::consumer;
use super::files::Files;
use super::log::Log;
use super::overload::Overload;
use super::resources::resources;
use crate::config::Config;
use crate::config::check::{Severity, check};

pub(super) struct SiltaActs {
    log: Log,
    pki: PathBuf,
    files: Files,
    backend: Backend,
    overload: Overload,
    adapter: Arc<Process>,
    metrics: SocketAddr,
}

impl SiltaActs {
    /// `identity` is the security server's.
    pub(super) async fn open(stage: &Stage, identity: &Identity) -> Result<Self, SandboxError> {
        let places = stage.adapter.config()?.limits.in_flight;
        Ok(Self {
            log: Log::open(stage.data(), stage.socket()).await?,
            pki: stage.data().join("pki"),
            files: Files::of(stage),
            backend: Backend::of(stage),
            overload: Overload::of(stage, identity, places)?,
            adapter: Arc::clone(&stage.adapter),
            metrics: stage.address("metrics"),
        })
    }

    async fn carry_out(&self, act: &str, parameters: Value) -> Result<Value, ActError> {
        match act {
            "call" => consumer::call(&parameters).await,
            "list" => consumer::list(&parameters).await,
            "log-find" => self.log.find(&parameters).await,
            "check-config" => self.check_config(&parameters),
            "reload" => self.files.reload(&parameters).await,
            "fail-backend" => self.backend.fail(&parameters).await,
            "slow-backend" => self.backend.slow(&parameters).await,
            "fill-disk" => self.backend.fill(&parameters).await,
            "overload" => self.overload.switch(&parameters).await,
            "tamper-record" => self.log.tamper(&parameters).await,
            "restart" => match self.adapter.restart().await {
                Ok(()) => Ok(json!({})),
                Err(error) => Err(ActError::Failed(format!("the act restart: {error}"))),
            },
            "resources" => resources(self.metrics).await,
            _ => Err(ActError::Missing(format!("Silta does not offer the act {act} yet"))),
        }
    }

    /// A configuration like the sandbox's with one wish in it, through the same check as `silta check`.
    fn check_config(&self, wish: &Value) -> Result<Value, ActError> {
        if let (Some(certificate), Some(key)) = (text(wish, "certificate"), text(wish, "key")) {
            let pair = format!("certificate = {}\nkey = {}\n", json!(certificate), json!(key));
            return Ok(verdict(&self.complaints(&pair, "")));
        }
        let Some(code) = text(wish, "serviceCode") else {
            return Err(ActError::Missing("Silta's act check-config knows no such wish".to_owned()));
        };
        // A service code is a prefix, a hyphen and a word of the contract: of a code, only its characters can be wished.
        let strict = |c: char| c.is_ascii_alphanumeric() || "'()+,-.=?".contains(c);
        if code.chars().all(strict) {
            return Ok(json!({ "configurable": false }));
        }
        let pair = self.pair();
        let plain = self.complaints(&pair, "");
        if let Some((_, text)) = plain.iter().find(|(severity, _)| *severity == Severity::Error) {
            return Err(ActError::Failed(format!("the configuration is refused without the wish: {text}")));
        }
        Ok(verdict(&self.complaints(&pair, &format!("service_code_prefix = {}\n", json!(code)))))
    }

    /// The lines of the certificate and key that the sandbox has.
    fn pair(&self) -> String {
        let pki = self.pki.display();
        format!("certificate = \"{pki}/adapter.cert.pem\"\nkey = \"{pki}/adapter.key.pem\"\n")
    }

    fn complaints(&self, pair: &str, line: &str) -> Vec<(Severity, String)> {
        let file = self.pki.join("kit-check.toml");
        let pki = self.pki.display();
        let text = format!(
            "[data]\ndir = \"/nonexistent\"\n[xroad]\nlisten = \"127.0.0.1:0\"\n{pair}\
             [[tenants]]\ncode = \"kit\"\nname = \"Kit\"\n{line}\
             pins = [\"file:{pki}/security-server.cert.pem\"]\n[tenants.xroad]\ninstance = \"FI-TEST\"\nmember_class = \"MUN\"\n\
             member_code = \"1234567-1\"\nsubsystem = \"palvelut\"\n"
        );
        match Config::parse(&file, &text) {
            Ok(loaded) => check(&loaded).into_iter().map(|it| (it.severity, it.to_string())).collect(),
            Err(error) => vec![(Severity::Error, error.to_string())],
        }
    }
}

fn text<'a>(wish: &'a Value, name: &str) -> Option<&'a str> {
    wish.get(name).and_then(Value::as_str)
}

/// What a check said, in the words of docs/conformance.md.
fn verdict(complaints: &[(Severity, String)]) -> Value {
    let texts = |wanted: Severity| -> Vec<&String> {
        complaints.iter().filter(|(severity, _)| *severity == wanted).map(|(_, text)| text).collect()
    };
    let errors = texts(Severity::Error);
    json!({ "accepted": errors.is_empty(), "errors": errors, "warnings": texts(Severity::Warning) })
}

impl Acts for SiltaActs {
    fn act<'a>(&'a self, act: &'a str, parameters: Value) -> BoxFuture<'a, Result<Value, ActError>> {
        Box::pin(self.carry_out(act, parameters))
    }
}
