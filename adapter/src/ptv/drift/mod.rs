//! Drift: what PTV holds against what we last sent, and what becomes of the difference.
//!
//! A look at a tenant's PTV is either by its change feed (what changed since the last look is read, and whatever is not
//! listed any more) or whole (everything is read, in hundreds; connections do not change an entity's time). Each finding
//! has one [`Class`]. What is done of it is the tenant's policy ([`OnEdit`]): write ours again, keep PTV's, or ask.
//!
//! What we never sent is not compared: requirements that cannot be emptied, a connection set of a service that never had
//! an offer, and everything of a twin that was adopted and not yet written.

mod compare;
mod expiry;
mod service;
mod standing;

use jiff::civil::Time;
use serde::Serialize;

pub use self::compare::Report;
pub(super) use self::expiry::expires_at;
pub use self::expiry::{Expiring, Stage};
pub(super) use self::service::spread_seconds;
pub(super) use self::standing::Watched;
pub use self::standing::{Decided, Keep};
use super::dialect::PtvError;
use super::seen::Difference;
use super::worker::WorkerError;
use crate::store::{CommitError, StoreError};

/// What becomes of content that somebody edited in PTV's own pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnEdit {
    /// The catalogue is sent again.
    #[default]
    CmsWins,
    /// PTV's version stays, and nothing more is sent of it until a person says otherwise.
    PtvWins,
    /// Nothing is sent until a person has chosen.
    Ask,
}

/// How a tenant's PTV is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Care {
    /// When the nightly look begins, UTC; up to half an hour later by the tenant's code.
    pub reconcile_at: Time,
    pub on_edit: OnEdit,
    /// Nothing is done of what is found, whatever `on_edit` says.
    pub report_only: bool,
    /// What was not written for 15 months is written again without a word from its owner.
    pub touch_before_expiry: bool,
    /// PTV's contract is compared each day.
    pub contract_watch: bool,
}

impl Default for Care {
    fn default() -> Care {
        Care {
            reconcile_at: Time::constant(0, 30, 0, 0),
            on_edit: OnEdit::default(),
            report_only: false,
            touch_before_expiry: false,
            contract_watch: true,
        }
    }
}

/// What is the matter with one twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Its content is another one than we sent.
    Edited,
    /// Its connections are others than we sent, or a set stopped half-way.
    Connections,
    /// It is archived there, or not there at all.
    Gone,
    /// We archived it, and it is published again.
    Restored,
    /// Somebody has it open or has saved a version that is not published: nothing can be written.
    BeingEdited,
    /// It belongs to an organisation outside of the tenant's tree.
    Stranger,
    /// One of the tenant's organisations has published it, and no record is behind it.
    Unknown,
}

impl Class {
    const ALL: [Class; 7] = [
        Class::Edited,
        Class::Connections,
        Class::Gone,
        Class::Restored,
        Class::BeingEdited,
        Class::Stranger,
        Class::Unknown,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Class::Edited => "edited",
            Class::Connections => "connections",
            Class::Gone => "gone",
            Class::Restored => "restored",
            Class::BeingEdited => "beingEdited",
            Class::Stranger => "stranger",
            Class::Unknown => "unknown",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.word() == word)
    }

    /// May our version be written over it.
    pub(super) fn can_be_written(self) -> bool {
        matches!(self, Class::Edited | Class::Connections | Class::Gone | Class::Restored)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// A mirror's kind; `unknown` where no record is behind it.
    pub kind: String,
    /// PTV's GUID where no record is behind it.
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    pub class: Class,
    /// In words for a person.
    pub reason: String,
    pub differences: Vec<Difference>,
    /// What was decided of it: `kept` or `asked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// Why a look came to nothing. The remote's failures may pass; the next look tries again.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    #[error("{0}")]
    Ptv(PtvError),
    #[error("the gateway of version 12 is not configured (tenants.ptv.v12)")]
    NoGateway,
    /// Nothing that v12 says can be told apart from something else.
    #[error(
        "version 12 of PTV does not know the ids of version 11, so nothing can be compared with it; ask DVV before going on"
    )]
    OtherIds,
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

impl From<PtvError> for DriftError {
    fn from(error: PtvError) -> Self {
        DriftError::Ptv(error)
    }
}

impl From<StoreError> for DriftError {
    fn from(error: StoreError) -> Self {
        DriftError::Worker(error.into())
    }
}

impl From<CommitError> for DriftError {
    fn from(error: CommitError) -> Self {
        DriftError::Worker(error.into())
    }
}
