//! The rule profiles: what PTV's published source checks, and what the live service was seen to check
//! (ptv-in-api.md §10). Lengths are in UTF-16 units, as the server counts them.

use crate::model::limits;
pub use crate::model::limits::{
    HOURS_TEXT, KEYWORD, MAX_CLASSES, MAX_TERMS, MIN_TEXT, NAME, PRODUCER_TEXT, SHORT_TEXT, SUMMARY, URL,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Source34,
    Live2026,
}

impl Profile {
    pub fn word(self) -> &'static str {
        match self {
            Profile::Source34 => "source-3.4",
            Profile::Live2026 => "live-2026",
        }
    }

    pub fn from_word(word: &str) -> Option<Profile> {
        [Profile::Source34, Profile::Live2026].into_iter().find(|profile| profile.word() == word)
    }

    /// Description, UserInstruction, requirements.
    pub fn long_text(self) -> usize {
        match self {
            Profile::Source34 => limits::LONG_TEXT_2022,
            Profile::Live2026 => limits::LONG_TEXT,
        }
    }

    /// Names of e-channels and phones.
    pub fn channel_name(self) -> usize {
        match self {
            Profile::Source34 => 100,
            Profile::Live2026 => 300,
        }
    }

    /// Additional information and charge description of a phone.
    pub fn phone_text(self) -> usize {
        match self {
            Profile::Source34 => 150,
            Profile::Live2026 => 300,
        }
    }

    pub fn quarter_hours_only(self) -> bool {
        self == Profile::Source34
    }

    pub fn wellbeing_counties(self) -> bool {
        self == Profile::Live2026
    }
}
