//! A tenant's keys about letters: who may send, and the print account.

use secrecy::ExposeSecret as _;

use super::Check;
use crate::config::{Tenant, TenantKind, Viestit, ViestitPrint};
use crate::model::letter::CostPool;

impl Check<'_> {
    pub(super) fn letters(&mut self, at: &str, tenant: &Tenant, viestit: &Viestit) {
        if !tenant.kind.is_none_or(TenantKind::may_send_letters) {
            self.warning(
                &format!("{at}.kind"),
                "companies and associations cannot send letters: every order will be refused",
                "Remove the block viestit, or correct the kind",
            );
        }
        if let Some(print) = &viestit.print {
            self.print(&format!("{at}.viestit.print"), print);
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
    use crate::config::tests::{complained_keys, example};

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
}
