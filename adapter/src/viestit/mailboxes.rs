//! Who has a mailbox in use (viestit.md §1.4): asked now, for a letter that is about to be written, and forgotten at once.
//!
//! Nothing is stored, no id reaches a log, a URL or a record; what is counted is how many were asked about. The answer may
//! be wrong a moment later: a letter is judged when it is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::Account;
use super::client::Failure;
use crate::model::letter::Recipient;
use crate::telemetry::Metrics;

/// The most recipients in one check (viestit.md §1.4).
pub const MAX_CHECKED: usize = 10_000;

/// The system accounts by tenant.
pub struct Mailboxes {
    accounts: BTreeMap<Arc<str>, Arc<Account>>,
    metrics: Metrics,
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Ours: the tenant sends no letters.
    #[error("the tenant has no Viestit account")]
    NoAccount,
    /// The caller's.
    #[error("more than {MAX_CHECKED} recipients at once")]
    TooMany,
    /// Viestit's or the network's, or the account is stopped; it may be tried again.
    #[error("who has a mailbox cannot be asked now")]
    Unavailable,
}

impl Mailboxes {
    pub fn new(accounts: impl IntoIterator<Item = (Arc<str>, Arc<Account>)>, metrics: Metrics) -> Mailboxes {
        Mailboxes { accounts: accounts.into_iter().collect(), metrics }
    }

    /// For each recipient, in order, whether letters can reach it electronically now.
    pub async fn check(&self, tenant: &str, recipients: &[Recipient]) -> Result<Vec<bool>, CheckError> {
        let account = self.accounts.get(tenant).ok_or(CheckError::NoAccount)?;
        if recipients.len() > MAX_CHECKED {
            self.metrics.limit_hit("mailbox_check");
            return Err(CheckError::TooMany);
        }
        if recipients.is_empty() {
            return Ok(Vec::new());
        }
        if account.is_held() {
            return Err(CheckError::Unavailable);
        }
        let ids: Vec<&str> = recipients.iter().map(Recipient::expose).collect();
        self.metrics.mailboxes_checked(tenant, ids.len());
        match account.client.active_mailboxes(&ids).await {
            Ok(active) => {
                account.reached();
                let active: BTreeSet<String> = active.into_iter().collect();
                Ok(ids.into_iter().map(|id| active.contains(id)).collect())
            }
            Err(failure) => Err(missed(account, tenant, &failure)),
        }
    }
}

/// Status, code and trace id are all that is kept of a failure: its text may repeat what was asked.
fn missed(account: &Account, tenant: &str, failure: &Failure) -> CheckError {
    let (status, trace_id, code) = (failure.status, failure.trace_id.as_deref(), failure.code());
    tracing::warn!(%tenant, status, trace_id, code, "mailboxes could not be checked");
    if !failure.stops() {
        account.missed(failure.retry_after().unwrap_or_default());
    }
    CheckError::Unavailable
}
