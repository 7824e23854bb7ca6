//! A tenant's keys about letters: who may send, who is told, and the print account.

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use xroad::id::ClientId;

use super::Check;
use crate::config::{Tenant, TenantKind, Viestit, ViestitPrint};
use crate::model::letter::CostPool;

/// Letters of an account under way at once. Each holds its files in memory.
const MOST_PARALLEL: u32 = 256;
/// A password is changed at most so often: another change may be refused for a while (viestit.md §1.2).
const LEAST_ROTATION: Duration = Duration::from_hours(1);
/// Viestit keeps its events so long (viestit.md §1.10).
const FEED_KEPT: Duration = Duration::from_hours(60 * 24);
/// The own system by whose name operators send letters (`silta messages send`), whether or not it is configured.
const BY_HAND: &str = "operator";

impl Check<'_> {
    pub(super) fn letters(&mut self, at: &str, tenant: &Tenant, viestit: &Viestit) {
        if !tenant.kind.is_none_or(TenantKind::may_send_letters) {
            self.warning(
                &format!("{at}.kind"),
                "companies and associations cannot send letters: every order will be refused",
                "Remove the block viestit, or correct the kind",
            );
        }
        if viestit.parallel.is_some_and(|parallel| parallel == 0 || parallel > MOST_PARALLEL) {
            let expected = format!("expected 1 to {MOST_PARALLEL}");
            self.error(&format!("{at}.viestit.parallel"), expected, "Leave it out, and it follows from the pace");
        }
        if viestit.rotate_every.is_some_and(|every| every.0 < LEAST_ROTATION) {
            let help = "Suomi.fi Messages may refuse a change soon after another; some months (4380h) are usual";
            self.error(&format!("{at}.viestit.rotate_every"), "expected at least 1h", help);
        }
        if viestit.feed_alarm.0 >= FEED_KEPT {
            let help = "Choose some days, so that there is time to mend it";
            self.error(
                &format!("{at}.viestit.feed_alarm"),
                "expected less than the 60 days (1440h) that Suomi.fi Messages keeps events",
                help,
            );
        }
        if let Some(client) = &viestit.replies_to {
            self.sender(&format!("{at}.viestit.replies_to"), client, tenant, &[]);
        }
        let mut told = BTreeSet::new();
        for (number, hook) in viestit.webhooks.iter().enumerate() {
            let at = format!("{at}.viestit.webhooks[{number}]");
            self.urls(&at, &[("url", &hook.url)]);
            self.file(&format!("{at}.secret_file"), hook.secret_file.path());
            self.sender(&format!("{at}.client"), &hook.client, tenant, &[BY_HAND]);
            if !told.insert(&hook.client) {
                self.error(
                    &format!("{at}.client"),
                    "another webhook is about the same client's letters",
                    "Give each client one webhook: events are told once",
                );
            }
        }
        if let Some(print) = &viestit.print {
            self.print(&format!("{at}.viestit.print"), print);
        }
    }

    /// Who sends letters: an agency by the name that the log and the store have for it, or an own system; what stands in
    /// `besides` counts as one. Another spelling would be nobody's for ever, without a sign.
    fn sender(&mut self, key: &str, client: &str, tenant: &Tenant, besides: &[&str]) {
        if let Some(name) = client.strip_prefix("own/") {
            let mut systems = tenant.intake_keys.iter().filter(|system| system.letters);
            if !systems.any(|system| system.system == name) && !besides.contains(&name) {
                self.error(
                    key,
                    "no own system of this name may send letters",
                    "Name a system of [[tenants.intake_keys]] that has letters = true",
                );
            }
            return;
        }
        match client.parse::<ClientId>() {
            Ok(id) if id.to_rest() == client => {}
            Ok(id) => {
                let text = "the identifier is not written as in X-Road-Client, so that no letter would be its";
                self.error(key, text, format!("Write \"{}\"", id.to_rest()));
            }
            Err(error) => {
                let text = format!("expected instance/class/code/subsystem, or own/ and the name of a system: {error}");
                self.error(key, text, "Write it as security servers do in X-Road-Client");
            }
        }
    }

    fn print(&mut self, at: &str, print: &ViestitPrint) {
        if print.username.encode_utf16().count() != 6 {
            self.error(&format!("{at}.username"), "expected exactly six characters", "Posti Messaging gives it");
        }
        let key = format!("{at}.password_file");
        if self.file(&key, print.password_file.path())
            && print.password_file.read().is_ok_and(|it| it.expose_secret().encode_utf16().count() != 4)
        {
            self.error(&key, "the file must hold exactly four characters", "Posti Messaging gives them");
        }
        let email = &print.contact_email;
        if !(5..=256).contains(&email.encode_utf16().count()) || !email.contains('@') {
            self.error(&format!("{at}.contact_email"), "expected an e-mail address", "The printing house writes to it");
        }
        if print.cost_pool.as_deref().is_some_and(|pool| CostPool::parse(pool).is_none()) {
            self.error(&format!("{at}.cost_pool"), "expected 1 to 15 of A-Z and 0-9", "Use capitals and digits only");
        }
        if let Err(findings) = print.return_address("return_address") {
            for finding in findings {
                self.error(&format!("{at}.return_address"), finding.en, "Letters come back to it");
            }
        }
        let [left, top, right, bottom] = print.address_zone;
        if left >= right || top >= bottom || right > 210 || bottom > 297 {
            self.error(
                &format!("{at}.address_zone"),
                "expected left, top, right and bottom on an A4 page, in millimetres",
                "Leave the key out for the usual window",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{complained_keys, complaints, example};

    /// The complaints about keys of a tenant's account with these lines in it, but for its files, which are not there.
    fn complaints_about(lines: &str) -> Vec<String> {
        let account = "----\n[tenants.viestit]\nurl='https://viestit.example'\nusername='turku'\n\
                       password_file='secrets/viestit'\nservice_id='turku'\n";
        let found = complaints(&format!("{account}{lines}")).into_iter();
        found.filter(|it| it.contains(".viestit.") && !it.ends_with("_file")).collect()
    }

    #[test]
    fn a_print_account_of_the_wrong_shape_is_no_configuration() {
        let about = |from: &str, to: &str| {
            let text = example().replace(from, to);
            assert_ne!(text, example(), "{from}");
            complained_keys(&text)
        };
        for (from, to, expected) in [
            ("username = \"turku1\"", "username = \"turku\"", "tenants[0].viestit.print.username"),
            (
                "contact_email = \"tulostus@turku.example\"",
                "contact_email = \"a@b\"",
                "tenants[0].viestit.print.contact_email",
            ),
            ("cost_pool = \"TURKU01\"", "cost_pool = \"turku\"", "tenants[0].viestit.print.cost_pool"),
            ("zip_code = \"20101\"", "zip_code = \"\"", "tenants[0].viestit.print.return_address"),
            (
                "address_zone = [15, 35, 110, 80]",
                "address_zone = [15, 35, 10, 80]",
                "tenants[0].viestit.print.address_zone",
            ),
            ("kind = \"kaupunki\"", "kind = \"yhdistys\"", "tenants[0].kind"),
        ] {
            assert!(about(from, to).iter().any(|key| key == expected), "{to}: {:?}", about(from, to));
        }
    }

    #[test]
    fn who_is_told_of_letters_and_gets_replies_is_somebody_who_can_send_some() {
        let with = |replies_to: &str, clients: &[&str]| {
            let hook = |client: &&str| {
                format!(
                    "[[tenants.viestit.webhooks]]\nclient='{client}'\nurl='https://asiointi.example/silta'\n\
                     secret_file='secrets/webhook-secret'\n"
                )
            };
            let keys = [("cases", "letters=true\n"), ("cms", "")].map(|(system, more)| {
                format!("[[tenants.intake_keys]]\nsystem='{system}'\nsha256='{}'\n{more}", "0".repeat(64))
            });
            let hooks: String = clients.iter().map(hook).collect();
            complaints_about(&format!("replies_to='{replies_to}'\n{hooks}{}", keys.concat()))
        };
        let agency = "FI-TEST/GOV/9999906-0/asiointi";
        assert_eq!(with(agency, &[agency, "own/cases", "own/operator", "FI-TEST/GOV/9999906-0"]), [""; 0]);
        assert_eq!(with("own/cases", &[]), [""; 0]);
        for wrong in [
            "",
            "asiointi",
            "own/cms",
            "own/nobody",
            "own/operator",
            "own/",
            "FI-TEST/GOV//asiointi",
            "FI-TEST/GOV/1/päätös",
        ] {
            assert_eq!(with(wrong, &[]), ["Error tenants[0].viestit.replies_to"], "{wrong}");
        }
        for wrong in ["", "asiointi", "own/cms", "FI-TEST/GOV/1/päätös"] {
            assert_eq!(with(agency, &["own/cases", wrong]), ["Error tenants[0].viestit.webhooks[1].client"], "{wrong}");
        }
        assert_eq!(with(agency, &[agency, agency]), ["Error tenants[0].viestit.webhooks[1].client"]);
    }

    #[test]
    fn an_accounts_limits_have_bounds() {
        for (line, key) in [
            ("parallel=0", "parallel"),
            ("parallel=257", "parallel"),
            ("rotate_every='59min'", "rotate_every"),
            ("feed_alarm='1440h'", "feed_alarm"),
        ] {
            assert_eq!(complaints_about(line), [format!("Error tenants[0].viestit.{key}")], "{line}");
        }
        for line in ["parallel=1", "parallel=256", "rotate_every='1h'", "feed_alarm='1439h'", ""] {
            assert_eq!(complaints_about(line), [""; 0], "{line}");
        }
    }
}
