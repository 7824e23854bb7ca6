//! The Drupal site that a tenant's catalogue is pulled from: its keys, and its mapping file with the lines of that file.

use super::{Check, Complaint, Severity};
use crate::config::Tenant;
use crate::config::mapping::Mapping;

/// Drupal core gives no larger page.
const PAGE_MAX: usize = 50;

impl Check<'_> {
    pub(super) fn drupal(&mut self, at: &str, tenant: &Tenant) {
        let Some(drupal) = &tenant.drupal else { return };
        let at = format!("{at}.drupal");
        self.file(&format!("{at}.password_file"), drupal.password_file.path());
        self.urls(&at, &[("url", &drupal.url)]);
        self.short_name(&format!("{at}.master"), &drupal.master);
        if drupal.username.is_empty() || drupal.username.contains(':') {
            self.error(&format!("{at}.username"), "expected a name without a colon", "Write the account's name");
        }
        if drupal.page == 0 || drupal.page > PAGE_MAX {
            self.error(&format!("{at}.page"), "expected 1 to 50", "Leave it out: 50 is the most that Drupal gives");
        }
        if drupal.vanish_percent == 0 || drupal.vanish_percent > 100 {
            let act = "10 is the usual share; 100 withdraws everything without a question";
            self.error(&format!("{at}.vanish_percent"), "expected 1 to 100", act);
        }
        if drupal.full_interval < drupal.interval {
            let text = "less than the interval: what has changed would never be asked for alone";
            self.error(&format!("{at}.full_interval"), text, "Set it to a day, \"24h\"");
        }
        if !self.file(&format!("{at}.mapping"), &drupal.mapping) {
            return;
        }
        if let Err(problems) = Mapping::load(&drupal.mapping) {
            let complaints = problems.into_iter().map(|problem| Complaint {
                severity: Severity::Error,
                file: drupal.mapping.clone(),
                line: problem.line,
                key: problem.key,
                text: problem.text,
                act: problem.act,
            });
            self.complaints.extend(complaints);
        }
    }
}
