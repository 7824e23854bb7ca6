//! The conformance kit against the sandbox's own adapter: what the kit must be told of Silta, and Silta's side of the acts.
//!
//! Cases and their judgement are `conformance`'s. An act that Silta does not have is answered as missing, never as done.

mod acts;
mod backend;
mod consumer;
mod files;
mod lines;
mod log;
mod overload;
mod resources;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use conformance::ca::DevelopmentPki;
use conformance::kit::{Settings, Target};

use self::acts::SiltaActs;
use super::place::CONSUMER;
use super::{SandboxError, Stage};
use crate::operations::registry::Family;
use crate::telemetry::TelemetryError;

/// What the kit must be told of Silta's services.
const SETTINGS: &str = include_str!("kit.toml");

/// Starts to write the process's log lines, those of `level` to standard error, and keeps all of the adapter's for the act
/// `log-find`. Without it the act says nothing of lines.
pub fn listen(level: &str) -> Result<(), TelemetryError> {
    lines::listen(level)
}

/// The log lines that are kept; none where [`listen`] was not called.
pub fn log_lines() -> Option<String> {
    lines::all()
}

/// The sandbox's adapter as the kit's target. `service` is the code of a service that it offers.
pub async fn target(stage: &Stage, service: &str) -> Result<Target, SandboxError> {
    target_at(stage, service, stage.address("xroad")).await
}

/// The same behind another address: tests of the kit put a proxy there.
pub async fn target_at(stage: &Stage, service: &str, address: SocketAddr) -> Result<Target, SandboxError> {
    let pki = DevelopmentPki::load(&stage.data().join("pki")).map_err(SandboxError::failed("the certificates"))?;
    let settings = Settings::parse(&SETTINGS.replace("{service}", service), Path::new("kit.toml"))
        .map_err(SandboxError::failed("the kit"))?;
    let client = super::stage::consumer_id()?;
    let acts = SiltaActs::open(stage, &pki.security_server).await?;
    let (own, wanted) = (stage.address("xroad").to_string(), address.to_string());
    let urls: Vec<String> = Family::ALL
        .into_iter()
        .flat_map(|family| [stage.wsdl_url(family), stage.openapi_url(family)])
        .map(|url| url.replacen(&own, &wanted, 1))
        .collect();
    let identity = Some(pki.security_server);
    Target::new(&urls, identity, client, super::stage::provider_id(), settings, Arc::new(acts))
        .await
        .map_err(|error| SandboxError::Failed(format!("the kit cannot call the adapter as {CONSUMER}: {error}")))
}
