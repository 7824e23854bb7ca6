//! Which version of PTV's interface a tenant reads and writes, and the gateway of version 12.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Period, SecretFile};

/// A version of PTV's interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PtvVersion {
    #[default]
    V11,
    V12,
}

/// The gateway of version 12, and what is provisional of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PtvV12 {
    /// The gateway's address; `/api/v12` is added to it.
    pub url: String,
    /// Holds the API key (`x-api-key`).
    pub key_file: SecretFile,
    /// How long content that is written through version 11 takes to be seen in version 12; after twice that it counts as
    /// not transferred.
    #[serde(default = "lag")]
    pub lag: Period,
    /// The gateway takes writes. Provisional: DVV has published no write operation.
    #[serde(default)]
    pub writes: bool,
    /// Service hours and the data of connections go in the request; else by calls of their own. Provisional.
    #[serde(default)]
    pub inline: bool,
    /// A street without a number is sent with a dash, which version 12 demands; else it is refused.
    #[serde(default)]
    pub dash_for_number: bool,
    /// The business id of organisations that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    #[serde(default)]
    pub hours: PtvHours,
}

/// What becomes of a write through version 11 where version 12 shows hours that version 11 cannot say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PtvHours {
    /// Everything else is written and the hours stay as they are.
    #[default]
    Keep,
    /// Nothing is written until a person has looked.
    Refuse,
}

fn lag() -> Period {
    Period(Duration::from_hours(2))
}
