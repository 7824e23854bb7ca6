//! `silta sandbox --only security-servers`: the two security servers alone, in front of an adapter of any make. Who is
//! known to them and what they call stands in one file, which the simulators read themselves.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use conformance::security_server::{FileError, Files, Pair, ProvidedService, ServiceKind};
use serde_json::{Value, json};

use super::SandboxError;
use crate::world::World;

/// The running servers.
pub struct SecurityServers {
    pair: Pair,
    /// Kept for its life: the certificate lies in it when no `--data` is given.
    _temporary: Option<tempfile::TempDir>,
}

impl SecurityServers {
    /// Starts them from `config`; without one they know no service and let every client in. The certificate is kept in
    /// `data`, in a temporary folder when absent. `port_base` is the consumer's port unless the file names an address.
    pub async fn start(config: Option<&Path>, data: Option<&Path>, port_base: u16) -> Result<Self, SandboxError> {
        let files = match config {
            Some(path) => Files::read(path),
            None => Files::parse(Path::new("the default"), ""),
        };
        let files = files.map_err(SandboxError::usage)?;
        let temporary = if data.is_none() {
            Some(tempfile::tempdir().map_err(SandboxError::failed("a temporary folder"))?)
        } else {
            None
        };
        let above = data.or(temporary.as_ref().map(tempfile::TempDir::path)).unwrap_or(Path::new("."));
        let folder = above.join("pki");
        let today = World::system().now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let listen = SocketAddr::from(([127, 0, 0, 1], port_base));
        let pair = files.start(&folder, listen, today).await.map_err(|error| match error {
            FileError::Certificate(_) | FileError::Start(_) => SandboxError::Failed(error.to_string()),
            _ => SandboxError::usage(error),
        })?;
        Ok(Self { pair, _temporary: temporary })
    }

    /// For people.
    pub fn said(&self) -> String {
        let mut text = format!(
            "Security servers: information systems call {}\nTheir certificate, which adapters must pin: {}\n",
            self.pair.consumer.url(),
            self.pair.certificate.display()
        );
        let services = self.pair.provider.services();
        if services.is_empty() {
            text.push_str("No service is registered: give --config FILE, as docs/security-servers.md shows.\n");
        }
        // Writing into a String cannot fail.
        for service in &services {
            let state = if service.disabled.is_some() { ", disabled" } else { "" };
            let _ = writeln!(text, "  {} {} -> {}{state}", protocol(service), service.id, service.url);
        }
        let _ = write!(text, "Who is there: curl {}/listClients", self.pair.consumer.url());
        text
    }

    /// For programs.
    pub fn as_json(&self) -> Value {
        let services: Vec<Value> = self
            .pair
            .provider
            .services()
            .iter()
            .map(|service| {
                json!({
                    "id": service.id.to_string(),
                    "protocol": protocol(service).to_lowercase(),
                    "url": service.url,
                    "disabled": service.disabled.is_some(),
                })
            })
            .collect();
        json!({
            "consumer": self.pair.consumer.url(),
            "certificate": self.pair.certificate,
            "services": services,
        })
    }

    pub async fn close(&self) {
        self.pair.shutdown().await;
    }
}

fn protocol(service: &ProvidedService) -> &'static str {
    match service.kind {
        ServiceKind::Soap => "SOAP",
        ServiceKind::Rest => "REST",
    }
}
