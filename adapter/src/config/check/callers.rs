//! Who may call a tenant: security servers by their pins, own systems by keys and certificates, agencies by rules.

use std::collections::{BTreeMap, BTreeSet};

use xroad::id::{ClientId, check_service_code};

use super::{Check, read_pin};
use crate::config::{Config, Operations, Tenant};

impl Check<'_> {
    pub(super) fn pins(&mut self, at: &str, tenant: &Tenant, config: &Config) {
        if tenant.pins.is_empty() && config.xroad.certificate.is_some() {
            self.warning(
                &format!("{at}.pins"),
                "no security server is pinned, so none can call this tenant",
                "Add the certificate that the security server exports (internal TLS certificate)",
            );
        }
        for (index, pin) in tenant.pins.iter().enumerate() {
            if let Err(error) = read_pin(pin) {
                self.error(&format!("{at}.pins[{index}]"), error.to_string(), "Give a PEM or DER certificate");
            }
        }
    }

    pub(super) fn intake_keys(&mut self, at: &str, tenant: &Tenant, tls: bool, seen: &mut BTreeMap<String, String>) {
        for (index, key) in tenant.intake_keys.iter().enumerate() {
            let at = format!("{at}.intake_keys[{index}]");
            for (name, value) in [("system", Some(&key.system)), ("master", key.master.as_ref())] {
                let Some(value) = value else { continue };
                self.short_name(&format!("{at}.{name}"), value);
            }
            let digest = match (&key.key_file, &key.sha256, &key.certificate) {
                (Some(file), None, None) => {
                    if !self.file(&format!("{at}.key_file"), file.path()) {
                        continue;
                    }
                    key.digest()
                }
                (None, Some(_), None) => key.digest(),
                (None, None, Some(certificate)) => {
                    if !tls {
                        self.error(
                            &format!("{at}.certificate"),
                            "the own systems' listener has no TLS, so that nobody can show a certificate",
                            "Set intake.certificate and intake.key",
                        );
                    }
                    match read_pin(certificate) {
                        Ok(pin) if seen.insert(pin.to_string(), at.clone()).is_some() => {
                            self.error(&at, "another system has the same certificate", "Give each one of its own");
                        }
                        Ok(_) => {}
                        Err(error) => {
                            self.error(
                                &format!("{at}.certificate"),
                                error.to_string(),
                                "Give a PEM or DER certificate",
                            );
                        }
                    }
                    continue;
                }
                _ => {
                    self.error(&at, "exactly one of key_file, sha256 and certificate is expected", "Set one of them");
                    continue;
                }
            };
            match digest {
                Ok(Some(digest)) => {
                    if let Some(other) = seen.insert(digest.to_string(), at.clone()) {
                        self.error(&at, format!("{other} has the same key"), "Give each system a key of its own");
                    }
                }
                Ok(None) => {}
                Err(error) => self.error(&format!("{at}.key_file"), error.to_string(), "Write one line: the key"),
            }
        }
    }

    pub(super) fn compat_readers(&mut self, at: &str, tenant: &Tenant) {
        if let Some(map) = &tenant.compat_field_map {
            self.file(&format!("{at}.compat_field_map"), map);
        }
        let mut names = BTreeSet::new();
        for (index, reader) in tenant.compat_readers.iter().enumerate() {
            let at = format!("{at}.compat_readers[{index}]");
            let sound =
                !reader.name.is_empty() && reader.name.len() <= 64 && reader.name.bytes().all(|b| b.is_ascii_graphic());
            if !sound {
                self.error(
                    &format!("{at}.name"),
                    "expected 1 to 64 printable ASCII characters",
                    "Write what X-TURKU-SP has",
                );
            } else if !names.insert(&reader.name) {
                self.error(
                    &format!("{at}.name"),
                    "another reader has the same name",
                    "Give each reader a name of its own",
                );
            }
            if self.file(&format!("{at}.key_file"), reader.key_file.path())
                && let Err(error) = reader.key_file.read()
            {
                self.error(&format!("{at}.key_file"), error.to_string(), "Write one line: the key");
            }
        }
    }

    fn names_nothing(&mut self, key: &str) {
        let text = "the rule names no operation, so it allows nothing";
        self.warning(key, text, "Set operations to a list or \"*\"");
    }

    pub(super) fn access(&mut self, at: &str, tenant: &Tenant) {
        if tenant.access.is_empty() {
            self.warning(
                &format!("{at}.access"),
                "no rule allows anything, so every call is refused",
                "Add [[tenants.access]] rules",
            );
        }
        for (index, rule) in tenant.access.iter().enumerate() {
            let at = format!("{at}.access[{index}]");
            if rule.client != "*" && rule.client.parse::<ClientId>().is_err() {
                self.error(
                    &format!("{at}.client"),
                    "expected \"*\" or instance/class/code/subsystem",
                    "Write it as security servers do in X-Road-Client",
                );
            }
            match &rule.operations {
                Operations::None => self.names_nothing(&at),
                Operations::Only(list) if list.is_empty() => self.names_nothing(&format!("{at}.operations")),
                Operations::Only(list) => {
                    for code in list.iter().filter(|code| *code != "*") {
                        if let Err(error) = check_service_code(code) {
                            self.error(&format!("{at}.operations"), error.to_string(), "Mend the service code");
                        }
                    }
                }
                Operations::All(_) => {}
            }
        }
    }
}
