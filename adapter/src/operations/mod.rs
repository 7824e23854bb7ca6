//! What the doors offer, once for all of them. Knows nothing of SOAP, REST or HTTP.

pub mod catalogue;
mod convert;
mod errand;
pub mod keywords;
pub mod letters;
pub mod messages;
mod receipts;
pub mod registry;
mod replies;
pub mod search;

use std::sync::Arc;

/// Who calls (design §1): all parts must be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The X-Road client as text (`FI/GOV/1234567-8/Registry`), or `own/{system}` for an own system.
    pub client: Arc<str>,
    /// Represented party, an unproven claim unless a token says so.
    pub represented: Option<Arc<str>>,
    /// Name of the pin of the TLS peer.
    pub pin: Option<Arc<str>>,
}
