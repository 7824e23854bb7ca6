//! Keeps PTV equal to the catalogue: client, map, plan, apply.
//!
//! Only this folder knows PTV's wire format. `map` and `rules` are pure; the worker is handed its world.

pub mod adopt;
mod api_user;
pub mod apply;
pub mod changes;
pub mod contract;
mod dependents;
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
mod retained;
pub mod rules;
pub mod seen;
mod settle;
pub mod source_id;
pub mod stop_loss;
pub mod twins;
pub mod worker;

use std::sync::Arc;

use secrecy::SecretString;

use self::profile::Profile;
use self::reference::Reference;
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
    pub reference: Arc<Reference>,
    pub scope: map::Scope,
    /// A service needs a user instruction.
    pub instruction_required: bool,
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
