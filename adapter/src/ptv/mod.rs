//! Keeps PTV equal to the catalogue: client, map, plan, apply.
//!
//! Only this folder knows PTV's wire format. `map` and `rules` are pure; the worker is handed its world.

pub mod adopt;
mod api_user;
pub mod apply;
pub mod changes;
pub mod contract;
mod dependents;
pub mod descriptions;
pub mod dialect;
pub mod drift;
pub mod fields;
pub mod map;
mod mirror;
pub mod outlook;
pub mod plan;
pub mod profile;
mod progress;
pub mod reason;
pub mod reference;
pub mod report;
mod retained;
pub mod rules;
pub mod seen;
mod settle;
pub mod shadow;
pub mod source_id;
pub mod stop_loss;
pub mod twins;
pub mod worker;

use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::SecretString;

pub use self::dialect::Version;
pub use self::dialect::v12::Choices;
use self::profile::Profile;
use self::reference::Live;
use crate::model::Lang;

/// One tenant's place in PTV.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tenant's code.
    pub tenant: Arc<str>,
    /// Three digits.
    pub municipality: String,
    /// GUID of the tenant's organisation in PTV.
    pub organisation: String,
    /// Languages of that organisation where no record of ours describes it.
    pub organisation_languages: Vec<Lang>,
    pub profile: Profile,
    /// Base address, without `/api/v11`.
    pub url: String,
    pub login_url: String,
    pub username: String,
    pub password: SecretString,
    /// The most calls in a second, logins aside.
    pub pace_per_second: u32,
    /// Nothing is sent that nobody has asked for.
    pub asked_only: bool,
    /// How large a part of a kind of twins is taken away unasked.
    pub stop_loss_percent: u32,
    pub reference: Live,
    pub scope: map::Scope,
    /// A service needs a user instruction.
    pub instruction_required: bool,
    pub versions: Versions,
}

/// Which version of PTV's interface is read and written.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    /// Who is asked what PTV holds.
    pub read: Version,
    /// Who is to be written through; who is, is known by [`shadow`].
    pub write: Version,
    /// Both are read and compared, each night.
    pub shadow: bool,
    pub gateway: Option<Gateway>,
}

/// The gateway of version 12.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Without `/api/v12`.
    pub url: String,
    pub key: SecretString,
    /// How long a write through version 11 takes to be seen.
    pub lag: SignedDuration,
    pub choices: Choices,
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
