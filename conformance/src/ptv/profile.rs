//! The two observed states of PTV's v11 interface (ptv-in-api §0, §10). Only the names are shared with the outside.

use std::fmt;
use std::str::FromStr;

/// Which PTV the simulator plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PtvProfile {
    /// The published source, release 3.4 (June 2022).
    #[default]
    Source34,
    /// The live service as seen in September 2026.
    Live2026,
}

impl PtvProfile {
    /// The profile's name in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source34 => "source-3.4",
            Self::Live2026 => "live-2026",
        }
    }

    pub(crate) fn is_live(self) -> bool {
        self == Self::Live2026
    }
}

impl fmt::Display for PtvProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PtvProfile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Source34, Self::Live2026]
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

/// The caller named a profile that does not exist; repeating does not help.
#[derive(Debug, thiserror::Error)]
#[error("unknown PTV profile {0:?}: use source-3.4 or live-2026")]
pub struct UnknownProfile(pub String);

/// A length limit that moved between the profiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) usize, pub(crate) usize);

impl Limit {
    pub(crate) fn of(self, profile: PtvProfile) -> usize {
        match profile {
            PtvProfile::Source34 => self.0,
            PtvProfile::Live2026 => self.1,
        }
    }
}
