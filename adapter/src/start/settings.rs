//! The configuration's values in the words of the parts that need them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use xroad::mime::MimeLimits;

use super::workers::Mirrors;
use super::{StartError, pulls};
use crate::config::check::read_pin;
use crate::config::mapping::Mapping;
use crate::config::{Config, Pin, PinSource, Plaintext, Tenant as Configured};
use crate::exchange::{AccessRule, ExchangeLimits, NoGuids, Tenant, WhoMay};
use crate::intake::{Credential, FieldMap, IntakeKey, IntakeTenant, Reader};
use crate::listen::{ClientAuth, Gate, PinSet, ServerIdentity, TlsOptions};
use crate::model::{Lang, Master};
use crate::ptv::profile::Profile;

/// What may change while the process runs, read from the configuration and from the files that it names.
#[derive(Clone)]
pub(super) struct Reloadable {
    pub(super) tenants: BTreeMap<Arc<str>, TenantPart>,
    pub(super) xroad: Option<ServerIdentity>,
    pub(super) intake: Option<ServerIdentity>,
}

/// One tenant's part of it.
#[derive(Clone, Default, PartialEq)]
pub(super) struct TenantPart {
    pub(super) pins: BTreeSet<Pin>,
    pub(super) access: Vec<AccessRule>,
    pub(super) systems: Vec<IntakeKey>,
    pub(super) readers: Vec<Reader>,
    pub(super) field_map: Option<Arc<FieldMap>>,
    /// Of the Drupal site.
    pub(super) mapping: Option<Arc<Mapping>>,
    profile: Option<Profile>,
    languages: Vec<Lang>,
}

impl Reloadable {
    /// Reads files; call it where that may take its time.
    pub(super) fn read(config: &Config) -> Result<Self, StartError> {
        let (xroad, intake) = (&config.xroad, &config.intake);
        let tenants = config.tenants.iter().map(|tenant| {
            let part = TenantPart {
                pins: pins(tenant)?,
                access: tenant.access.iter().map(access_rule).collect(),
                systems: systems(tenant)?,
                readers: readers(tenant)?,
                field_map: field_map(tenant)?,
                mapping: mapping(tenant)?,
                profile: tenant.ptv.as_ref().and_then(|ptv| Profile::from_word(&ptv.profile)),
                languages: tenant.languages.iter().filter_map(|code| Lang::from_code(code)).collect(),
            };
            Ok((Arc::from(tenant.code.as_str()), part))
        });
        Ok(Self {
            tenants: tenants.collect::<Result<_, StartError>>()?,
            xroad: identity("xroad", xroad.listen, xroad.plaintext, (&xroad.certificate, &xroad.key))?,
            intake: identity("intake", intake.listen, intake.plaintext, (&intake.certificate, &intake.key))?,
        })
    }

    /// The pins of all tenants: what the handshake of the X-Road listener goes by.
    pub(super) fn pins(&self) -> PinSet {
        self.tenants.values().flat_map(|tenant| tenant.pins.iter().copied()).collect()
    }

    /// The certificates of own systems.
    pub(super) fn intake_pins(&self) -> PinSet {
        let systems = self.tenants.values().flat_map(|tenant| &tenant.systems);
        systems
            .filter_map(|system| match system.credential {
                Credential::Certificate(pin) => Some(pin),
                Credential::Key(_) => None,
            })
            .collect()
    }

    pub(super) fn intake_tenants(&self) -> Vec<IntakeTenant> {
        let tenants = self.tenants.iter().map(|(code, tenant)| IntakeTenant {
            code: Arc::clone(code),
            profile: tenant.profile.unwrap_or(Profile::Live2026),
            languages: tenant.languages.clone(),
            keys: tenant.systems.clone(),
            readers: tenant.readers.clone(),
            field_map: tenant.field_map.clone(),
        });
        tenants.collect()
    }
}

fn mapping(tenant: &Configured) -> Result<Option<Arc<Mapping>>, StartError> {
    let read = |drupal| pulls::mapping(&tenant.code, drupal).map(Arc::new);
    tenant.drupal.as_ref().map(read).transpose()
}

pub(super) fn tenants(
    config: &Config,
    parts: &Reloadable,
    address: SocketAddr,
    mirrors: &Mirrors,
) -> Result<Vec<Tenant>, StartError> {
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
            let part = parts.tenants.get(tenant.code.as_str()).cloned().unwrap_or_default();
            Ok(Tenant {
                code: tenant.code.as_str().into(),
                provider,
                name: tenant.name.as_str().into(),
                municipality: tenant.municipality.as_deref().map(Into::into),
                organisation: tenant.organisation.as_deref().map(Into::into),
                version: tenant.soap_version(),
                public_url: public_url.clone(),
                access: part.access,
                pins: part.pins,
                unlogged: tenant.unlogged.clone(),
                guids: mirrors.guids(&tenant.code).unwrap_or_else(|| Arc::new(NoGuids)),
            })
        })
        .collect()
}

/// A rule that names no operation allows none.
fn access_rule(rule: &crate::config::AccessRule) -> AccessRule {
    let client = if rule.client == "*" { WhoMay::Everybody } else { WhoMay::Client(rule.client.clone()) };
    AccessRule { client, operations: rule.operations.clone(), represented: rule.represented }
}

fn pins(tenant: &Configured) -> Result<BTreeSet<Pin>, StartError> {
    let what = format!("tenants {}: pins", tenant.code);
    tenant.pins.iter().map(|source| pin(&what, source)).collect()
}

fn pin(what: &str, source: &PinSource) -> Result<Pin, StartError> {
    read_pin(source).map_err(|error| StartError::Config { key: what.to_owned(), reason: error.to_string() })
}

fn systems(tenant: &Configured) -> Result<Vec<IntakeKey>, StartError> {
    let known = tenant.intake_keys.iter().map(|key| {
        let what = || format!("tenants {}: intake key of {}", tenant.code, key.system);
        let credential = if let Some(source) = &key.certificate {
            Credential::Certificate(pin(&what(), source)?)
        } else {
            let digest = key.digest().map_err(|source| StartError::File { what: what(), source })?;
            let reason = "give key_file, sha256 or certificate";
            let missing = || StartError::Config { key: what(), reason: reason.into() };
            Credential::Key(*digest.ok_or_else(missing)?.as_bytes())
        };
        let (system, master) = (key.system.as_str().into(), Master(key.master().into()));
        Ok(IntakeKey { system, master, credential, letters: key.letters })
    });
    known.collect()
}

fn field_map(tenant: &Configured) -> Result<Option<Arc<FieldMap>>, StartError> {
    let Some(path) = &tenant.compat_field_map else { return Ok(None) };
    let map = FieldMap::read(path).map_err(|error| StartError::Config {
        key: format!("tenants {}: compat_field_map {}", tenant.code, path.display()),
        reason: error.to_string(),
    })?;
    Ok(Some(Arc::new(map)))
}

fn readers(tenant: &Configured) -> Result<Vec<Reader>, StartError> {
    let known = tenant.compat_readers.iter().map(|reader| {
        let what = || format!("tenants {}: key of compat reader {}", tenant.code, reader.name);
        let key = reader.key_file.read().map_err(|source| StartError::File { what: what(), source })?;
        Ok(Reader { name: reader.name.as_str().into(), key })
    });
    known.collect()
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
        spool_memory: limits.spool_memory.0,
        spool: limits.spool.0 as u64,
        large_orders: limits.large_orders,
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
pub(super) fn gate(config: &Config, parts: &Reloadable) -> Result<Option<Arc<Gate>>, StartError> {
    let Some(identity) = parts.xroad.clone() else {
        plain("xroad", config.xroad.listen);
        return Ok(None);
    };
    Ok(Some(Arc::new(Gate::new(TlsOptions::xroad(&config.xroad), identity, parts.pins())?)))
}

/// The TLS side of the own systems' listener; none when it speaks plaintext. Callers have bearer keys or certificates.
pub(super) fn intake_gate(config: &Config, parts: &Reloadable) -> Result<Option<Arc<Gate>>, StartError> {
    let Some(identity) = parts.intake.clone() else {
        plain("intake", config.intake.listen);
        return Ok(None);
    };
    let options = TlsOptions { client_auth: ClientAuth::Wanted, ..TlsOptions::xroad(&config.xroad) };
    Ok(Some(Arc::new(Gate::new(options, identity, parts.intake_pins())?)))
}

/// Whoever opened it to a network shall find that in the log of every start.
fn plain(section: &str, address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(listener = section, %address, "speaks plaintext: anyone on the way may read and forge");
    }
}

/// Certificate and key of a listener; none when it may do without.
fn identity(
    section: &str,
    address: SocketAddr,
    plaintext: Plaintext,
    files: (&Option<PathBuf>, &Option<PathBuf>),
) -> Result<Option<ServerIdentity>, StartError> {
    match files {
        (Some(certificate), Some(key)) => match ServerIdentity::from_files(certificate, key) {
            Ok(identity) => Ok(Some(identity)),
            Err(error) => Err(StartError::Config {
                key: format!("{section}.certificate, {section}.key"),
                reason: error.to_string(),
            }),
        },
        (None, None) if plaintext.allows(address) => Ok(None),
        (None, None) => Err(StartError::Config {
            key: format!("{section}.certificate"),
            reason: format!("is needed on {address}: {}. Give certificate and key", without(section)),
        }),
        _ => Err(StartError::Config {
            key: format!("{section}.certificate, {section}.key"),
            reason: "give both or neither".into(),
        }),
    }
}

/// What a listener without TLS would mean.
fn without(section: &str) -> &'static str {
    if section == "xroad" {
        "without TLS anybody could speak for every agency"
    } else {
        "bearer keys must not cross a network in plain text"
    }
}
