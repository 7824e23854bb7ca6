//! The versions of PTV's interface that a tenant reads and writes.

use super::Check;
use crate::config::{Ptv, PtvVersion};

impl Check<'_> {
    /// `at` is the place of the tenant's `ptv`.
    pub(super) fn ptv_versions(&mut self, at: &str, ptv: &Ptv) {
        let Some(v12) = &ptv.v12 else {
            let named = [
                ("read", ptv.read == PtvVersion::V12),
                ("write", ptv.write == PtvVersion::V12),
                ("shadow", ptv.shadow),
            ];
            for (key, _) in named.into_iter().filter(|(_, asked)| *asked) {
                let act = "Give the section tenants.ptv.v12 with url and key_file";
                self.error(&format!("{at}.{key}"), "needs the gateway of version 12", act);
            }
            return;
        };
        let at12 = format!("{at}.v12");
        self.file(&format!("{at12}.key_file"), v12.key_file.path());
        self.urls(&at12, &[("url", &v12.url)]);
        if let Some(id) = &v12.business_id
            && !is_business_id(id)
        {
            self.error(&format!("{at12}.business_id"), "expected a business id such as \"1234567-1\"", "Correct it");
        }
        if ptv.write != PtvVersion::V12 {
            return;
        }
        if !v12.writes {
            let text = "that gateway takes no writes: tenants.ptv.v12.writes is false";
            self.error(
                &format!("{at}.write"),
                text,
                "Leave \"v11\" until DVV has opened writing and you have tried it",
            );
        }
        if ptv.read != PtvVersion::V12 {
            let text = "version 11 does not show what version 12 writes";
            self.error(&format!("{at}.read"), text, "Set read to \"v12\" together with write");
        }
    }
}

fn is_business_id(id: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    id.split_once('-').is_some_and(|(number, check)| digits(number, 7) && digits(check, 1))
}
