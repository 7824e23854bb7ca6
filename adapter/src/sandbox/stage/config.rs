//! The adapter's configuration, as an operator would write it in `silta.toml`, made in code.

use std::path::Path;
use std::time::Duration;

use super::ports::Ports;
use crate::config::{
    AccessRule, CompatReader, Config, IntakeKey, Operations, Period, PinSource, Ptv, SecretFile, Tenant, Viestit,
    Withdrawal,
};
use crate::sandbox::place::{CONSUMER, Place};

/// What the configuration names besides the place.
pub(super) struct Named<'a> {
    pub(super) data: &'a Path,
    pub(super) ports: &'a Ports,
    /// The files of the CMS's key and of the two passwords.
    pub(super) cms_key: SecretFile,
    /// Of a client of Turku's read interface.
    pub(super) reader_key: SecretFile,
    pub(super) ptv_password: SecretFile,
    pub(super) viestit_password: SecretFile,
    pub(super) ptv_url: &'a str,
    pub(super) viestit_url: &'a str,
    pub(super) finto_url: &'a str,
    /// The code of the municipality's own organisation in the catalogue.
    pub(super) organisation: Option<String>,
    /// `limits.exchange`; the default when absent.
    pub(super) deadline: Option<Duration>,
}

/// The API account at PTV and the system account at Viestit.
pub(super) const PTV_USER: &str = "silta@kunta.example";
pub(super) const VIESTIT_USER: &str = "silta_sandbox_system";
/// May read services and nothing else.
const READER: &str = "FI-TEST/MUN/7654321-0/luku";
/// Calls a second. The simulators are on this machine and nobody waits behind us.
const PACE: u32 = 1_000;

pub(super) fn config(place: &Place, named: Named<'_>) -> Config {
    let Named { data, ports, .. } = named;
    let pki = data.join("pki");
    let mut config = Config::default();
    config.data.dir = data.into();
    config.xroad.listen = ports.xroad;
    config.xroad.certificate = Some(pki.join("adapter.cert.pem"));
    config.xroad.key = Some(pki.join("adapter.key.pem"));
    config.intake.listen = ports.intake;
    config.control.metrics = ports.metrics;
    config.limits.exchange = named.deadline.map_or(config.limits.exchange, Period);
    // Nobody else writes the database but the kit, by whose act an exchange is to meet its own deadline.
    config.store.busy_timeout = Period(2 * config.limits.exchange.0);
    config.vocabulary.url = Some(named.finto_url.to_owned());
    config.tenants = vec![Tenant {
        code: place.tenant.to_owned(),
        name: place.names.first().map(|(_, name)| (*name).to_owned()).unwrap_or_default(),
        kind: None,
        xroad: Place::address(),
        service_code_prefix: None,
        pins: vec![PinSource::Certificate(pki.join("security-server.cert.pem"))],
        municipality: Some(place.municipality.to_owned()),
        languages: place.names.iter().map(|(lang, _)| (*lang).to_owned()).collect(),
        organisation: named.organisation,
        withdrawal: Withdrawal::Refuse,
        intake_keys: vec![IntakeKey {
            system: "cms".to_owned(),
            key_file: Some(named.cms_key),
            ..IntakeKey::default()
        }],
        compat_field_map: None,
        drupal: None,
        compat_readers: vec![CompatReader { name: "palvelukortit".to_owned(), key_file: named.reader_key }],
        ptv: Some(Ptv {
            url: named.ptv_url.to_owned(),
            login_url: format!("{}/api/auth/api-login", named.ptv_url),
            username: PTV_USER.to_owned(),
            password_file: named.ptv_password,
            organisation_id: place.organisation.to_owned(),
            profile: "live-2026".to_owned(),
            pace_per_second: PACE,
            stop_loss_percent: 5,
            ..Ptv::default()
        }),
        viestit: Some(Viestit {
            url: named.viestit_url.to_owned(),
            username: VIESTIT_USER.to_owned(),
            password_file: named.viestit_password,
            service_id: place.viestit_service(),
            pace_per_second: PACE,
            ..Viestit::default()
        }),
        access: vec![
            AccessRule { client: CONSUMER.to_owned(), operations: Operations::all(), represented: false },
            // For the conformance kit: a client with few rights.
            AccessRule { client: READER.to_owned(), operations: only("getService"), represented: false },
        ],
        // For the conformance kit, too: one operation of whose requests the log keeps no values.
        unlogged: only("getChannel"),
    }];
    config
}

fn only(operation: &str) -> Operations {
    Operations::Only(vec![operation.to_owned()])
}
