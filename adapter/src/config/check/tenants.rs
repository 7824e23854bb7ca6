//! A tenant's own keys: its code and address in X-Road, its accounts, and what tenants must not share.

use std::collections::BTreeMap;

use xroad::id::{ClientId, check_service_code, check_version, is_strict};

use super::Check;
use crate::config::{Config, Tenant};

impl Check<'_> {
    pub(super) fn tenants(&mut self, config: &Config) {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        let mut services: BTreeMap<(Option<ClientId>, String), usize> = BTreeMap::new();
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        for (index, tenant) in config.tenants.iter().enumerate() {
            let at = format!("tenants[{index}]");
            if let Some(other) = codes.insert(&tenant.code, index) {
                let line = self.source.line(&format!("tenants[{other}].code"));
                self.error(
                    &format!("{at}.code"),
                    format!("the tenant of line {line} has the same code, hence the same paths"),
                    "Give each tenant a code of its own",
                );
            }
            let service = (tenant.xroad.client_id().ok(), tenant.service_code("catalogue"));
            if let Some(other) = services.insert(service, index) {
                let line = self.source.line(&format!("tenants[{other}]"));
                self.error(
                    &format!("{at}.xroad"),
                    format!("the tenant of line {line} offers the same service codes in the same subsystem"),
                    "Set service_code_prefix in one of them",
                );
            }
            self.tenant(&at, tenant, config);
            self.intake_keys(&at, tenant, config.intake.certificate.is_some(), &mut keys);
            self.compat_readers(&at, tenant);
        }
    }

    fn tenant(&mut self, at: &str, tenant: &Tenant, config: &Config) {
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if tenant.code.is_empty() || tenant.code.len() > 64 || !tenant.code.chars().all(ok) {
            self.error(&format!("{at}.code"), "expected 1 to 64 of a-z, 0-9 and hyphen", "Choose a short code");
        }
        if let Some(prefix) = &tenant.service_code_prefix
            && (prefix.is_empty() || prefix.contains('/'))
        {
            self.error(&format!("{at}.service_code_prefix"), "must not be empty", "Remove the key or set a prefix");
        }
        for family in ["catalogue", "messages", "tokens"] {
            if let Err(error) = check_service_code(&tenant.service_code(family)) {
                self.error(
                    &format!("{at}.service_code_prefix"),
                    format!("the service code that it gives {error}"),
                    "Choose another prefix",
                );
                break;
            }
        }
        if let Err(error) = check_version(&tenant.soap_version()) {
            self.error(
                &format!("{at}.service_code_prefix"),
                format!("the service version that it gives {error}"),
                "Choose another prefix",
            );
        }
        let address = &tenant.xroad;
        for (name, value) in [
            ("instance", &address.instance),
            ("member_class", &address.member_class),
            ("member_code", &address.member_code),
            ("subsystem", &address.subsystem),
        ] {
            if value.is_empty() || !is_strict(value) {
                self.error(
                    &format!("{at}.xroad.{name}"),
                    "expected one or more of A-Z a-z 0-9 ' ( ) + , - . = ? (PR-MESS 2.7)",
                    "Write it as the central server has it",
                );
            }
        }
        if tenant.municipality.as_ref().is_some_and(|m| m.len() != 3 || !m.bytes().all(|b| b.is_ascii_digit())) {
            self.error(&format!("{at}.municipality"), "expected three digits", "Helsinki is \"091\", Turku \"853\"");
        }
        self.pins(at, tenant, config);
        self.drupal(at, tenant);
        if let Some(ptv) = &tenant.ptv {
            self.file(&format!("{at}.ptv.password_file"), ptv.password_file.path());
            self.urls(&format!("{at}.ptv"), &[("url", &ptv.url), ("login_url", &ptv.login_url)]);
            if ptv.organisation_id.parse::<uuid::Uuid>().is_err() {
                self.error(&format!("{at}.ptv.organisation_id"), "expected a GUID", "PTV shows it in its console");
            }
            if !["live-2026", "source-3.4"].contains(&ptv.profile.as_str()) {
                self.error(
                    &format!("{at}.ptv.profile"),
                    "an unknown profile, expected \"live-2026\" or \"source-3.4\"",
                    "Use live-2026 unless that PTV is an installation of your own",
                );
            }
            self.pace(&format!("{at}.ptv.pace_per_second"), ptv.pace_per_second);
            self.ptv_versions(&format!("{at}.ptv"), ptv);
            if ptv.stop_loss_percent > 100 {
                let help = "100 switches the stop-loss off, 0 asks about every ten removals";
                self.error(&format!("{at}.ptv.stop_loss_percent"), "expected 0 to 100", help);
            }
        }
        if let Some(viestit) = &tenant.viestit {
            self.file(&format!("{at}.viestit.password_file"), viestit.password_file.path());
            self.urls(&format!("{at}.viestit"), &[("url", &viestit.url)]);
            self.pace(&format!("{at}.viestit.pace_per_second"), viestit.pace_per_second);
            self.letters(at, tenant, viestit);
        }
        self.access(at, tenant);
    }
}
