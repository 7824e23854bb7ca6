//! The configuration's values in the words of the parts that need them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use xroad::mime::MimeLimits;

use super::StartError;
use super::workers::Mirrors;
use crate::config::{Config, Operations, Pin, PinSource, Tenant as Configured};
use crate::exchange::{AccessRule, Door, ExchangeLimits, NoGuids, Tenant, WhoMay};
use crate::listen::{ClientAuth, Gate, PinSet, ServerIdentity, TlsOptions};

pub(super) fn tenants(config: &Config, address: SocketAddr, mirrors: &Mirrors) -> Result<Vec<Tenant>, StartError> {
    let scheme = if config.xroad.certificate.is_some() { "https" } else { "http" };
    let own = format!("{scheme}://{address}");
    let public_url = config.xroad.public_url.clone().unwrap_or(own).trim_end_matches('/').to_owned();
    config
        .tenants
        .iter()
        .map(|tenant| {
            let provider = tenant.xroad.client_id().map_err(|error| StartError::Config {
                key: format!("tenants {}: xroad", tenant.code),
                reason: error.to_string(),
            })?;
            Ok(Tenant {
                code: tenant.code.as_str().into(),
                provider,
                version: tenant.soap_version(),
                public_url: public_url.clone(),
                access: tenant.access.iter().filter_map(access_rule).collect(),
                pins: RwLock::new(Arc::new(pins(tenant)?)),
                guids: mirrors.guids(&tenant.code).unwrap_or_else(|| Arc::new(NoGuids)),
            })
        })
        .collect()
}

/// A rule that names no operation allows none.
fn access_rule(rule: &crate::config::AccessRule) -> Option<AccessRule> {
    let operations = match &rule.operations {
        Operations::All(_) => Vec::new(),
        Operations::Only(names) if names.iter().any(|name| name == "*") => Vec::new(),
        Operations::Only(names) if !names.is_empty() => names.clone(),
        Operations::Only(_) | Operations::None => return None,
    };
    let client = if rule.client == "*" { WhoMay::Everybody } else { WhoMay::Client(rule.client.clone()) };
    Some(AccessRule { client, operations, represented: rule.represented })
}

fn pins(tenant: &Configured) -> Result<BTreeSet<Pin>, StartError> {
    let mut pins = BTreeSet::new();
    for source in &tenant.pins {
        match source {
            PinSource::Digest(pin) => {
                pins.insert(*pin);
            }
            PinSource::Certificate(path) => {
                let what = || format!("tenants {}: pin {}", tenant.code, path.display());
                let bytes = std::fs::read(path).map_err(|source| StartError::File { what: what(), source })?;
                let der = certificate(&bytes).ok_or_else(|| StartError::Config {
                    key: what(),
                    reason: "holds no certificate; give a PEM or DER file".into(),
                })?;
                pins.insert(Pin::of(&der));
            }
        }
    }
    Ok(pins)
}

/// The first certificate of a PEM file, or the file itself as DER.
fn certificate(bytes: &[u8]) -> Option<Vec<u8>> {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject as _;
    match CertificateDer::from_pem_slice(bytes) {
        Ok(certificate) => Some(certificate.to_vec()),
        Err(_) => x509_parser::parse_x509_certificate(bytes).is_ok().then(|| bytes.to_vec()),
    }
}

pub(super) fn limits(config: &Config) -> ExchangeLimits {
    let limits = &config.limits;
    ExchangeLimits {
        in_flight: limits.in_flight,
        queue: limits.queue,
        patience: Duration::from_secs(5).min(limits.exchange.0),
        deadline: limits.exchange.0,
        body: limits.body.0,
        rest_body: limits.rest_body.0,
        json_depth: limits.json_depth,
        xml: xroad::xml::Limits {
            bytes: limits.soap_xml.0,
            depth: limits.xml_depth,
            attributes: limits.attributes,
            bindings: limits.namespaces,
            ..xroad::xml::Limits::default()
        },
        mime: MimeLimits {
            parts: limits.parts,
            first_part: limits.soap_xml.0 as u64,
            total: limits.attachments.0 as u64,
            ..MimeLimits::default()
        },
    }
}

/// The TLS side of the X-Road listener; none when it speaks plaintext.
pub(super) fn gate(config: &Config) -> Result<Option<Arc<Gate>>, StartError> {
    let Some((identity, pins)) = tls(config)? else { return Ok(None) };
    if !identity.is_rsa() {
        tracing::warn!(
            "the certificate of the X-Road listener is not RSA: security servers with default settings can not connect"
        );
    }
    Ok(Some(Arc::new(Gate::new(TlsOptions::xroad(&config.xroad), identity, pins)?)))
}

/// The TLS side of the own systems' listener; none when it speaks plaintext. Its callers have bearer keys.
pub(super) fn intake_gate(config: &Config) -> Result<Option<Arc<Gate>>, StartError> {
    match (&config.intake.certificate, &config.intake.key) {
        (Some(certificate), Some(key)) => {
            let identity = ServerIdentity::from_files(certificate, key)?;
            let options = TlsOptions { client_auth: ClientAuth::None, ..TlsOptions::xroad(&config.xroad) };
            Ok(Some(Arc::new(Gate::new(options, identity, PinSet::default())?)))
        }
        (None, None) if config.intake.plaintext.allows(config.intake.listen) => Ok(None),
        (None, None) => Err(StartError::Config {
            key: "intake.certificate".into(),
            reason: format!(
                "is needed on {}: bearer keys must not cross a network in plain text. Give certificate and key",
                config.intake.listen
            ),
        }),
        _ => Err(StartError::Config {
            key: "intake.certificate, intake.key".into(),
            reason: "give both or neither".into(),
        }),
    }
}

pub(super) fn reload(config: &Config, gate: Option<&Gate>, door: &Door) -> Result<(), StartError> {
    let by_tenant: Vec<(&str, BTreeSet<Pin>)> = config
        .tenants
        .iter()
        .map(|tenant| pins(tenant).map(|pins| (tenant.code.as_str(), pins)))
        .collect::<Result<_, _>>()?;
    if let (Some(gate), Some((identity, union))) = (gate, tls(config)?) {
        gate.reload(identity, union)?;
    }
    for (tenant, pins) in by_tenant {
        door.replace_pins(tenant, pins);
    }
    Ok(())
}

fn tls(config: &Config) -> Result<Option<(ServerIdentity, PinSet)>, StartError> {
    match (&config.xroad.certificate, &config.xroad.key) {
        (Some(certificate), Some(key)) => {
            let mut union = BTreeSet::new();
            for tenant in &config.tenants {
                union.extend(pins(tenant)?);
            }
            Ok(Some((ServerIdentity::from_files(certificate, key)?, union.into_iter().collect())))
        }
        (None, None) if config.xroad.plaintext.allows(config.xroad.listen) => Ok(None),
        (None, None) => Err(StartError::Config {
            key: "xroad.certificate".into(),
            reason: format!(
                "is needed on {}: without TLS anybody could speak for every agency. Give certificate and key",
                config.xroad.listen
            ),
        }),
        _ => Err(StartError::Config {
            key: "xroad.certificate, xroad.key".into(),
            reason: "give both or neither".into(),
        }),
    }
}
