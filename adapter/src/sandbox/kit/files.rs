//! The act `reload`: other pins, another certificate, in the configuration file of the sandbox's adapter, read again
//! while it runs.

use std::path::PathBuf;

use conformance::kit::ActError;
use serde_json::{Value, json};

use super::super::Stage;
use super::super::stage::CONFIG_FILE;
use crate::config::{Config, PinSource};
use crate::control::{Command, call};

pub(super) struct Files {
    file: PathBuf,
    socket: PathBuf,
    pki: PathBuf,
}

impl Files {
    pub(super) fn of(stage: &Stage) -> Self {
        Self { file: stage.data().join(CONFIG_FILE), socket: stage.socket().clone(), pki: stage.data().join("pki") }
    }

    pub(super) async fn reload(&self, wish: &Value) -> Result<Value, ActError> {
        if wish.get("strict").is_some() {
            let why = "Silta refuses expired certificates by a setting that only a start reads (xroad.strict_expiry)";
            return Err(ActError::Missing(why.to_owned()));
        }
        let failed = |what: String| ActError::Failed(format!("the configuration cannot be read again: {what}"));
        let mut config = Config::load(&self.file).map_err(|error| failed(error.to_string()))?.config;
        let path = |name: &str| wish.get(name).and_then(Value::as_str).map(PathBuf::from);
        let own = |name: &str| Some(self.pki.join(name));
        config.xroad.certificate = path("certificate").or_else(|| own("adapter.cert.pem"));
        config.xroad.key = path("key").or_else(|| own("adapter.key.pem"));
        let pins = match wish.get("pins").and_then(Value::as_array) {
            Some(files) => files.iter().filter_map(Value::as_str).map(PathBuf::from).collect(),
            None => own("security-server.cert.pem").into_iter().collect::<Vec<_>>(),
        };
        for tenant in &mut config.tenants {
            tenant.pins = pins.iter().cloned().map(PinSource::Certificate).collect();
        }
        let text = toml::to_string(&config).map_err(|error| failed(error.to_string()))?;
        std::fs::write(&self.file, text).map_err(|error| failed(error.to_string()))?;
        call(&self.socket, &Command::Reload {}).await.map_err(|error| failed(error.to_string()))?;
        Ok(json!({}))
    }
}
