//! The rule profiles: what PTV's published source checks, and what the live service was seen to check
//! (ptv-in-api.md §10). Lengths are in UTF-16 units, as the server counts them.

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
            Profile::Source34 => 2_500,
            Profile::Live2026 => 5_000,
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

pub const NAME: usize = 100;
pub const SUMMARY: usize = 150;
pub const SHORT_TEXT: usize = 500;
pub const KEYWORD: usize = 150;
pub const URL: usize = 500;
pub const HOURS_TEXT: usize = 150;
pub const PRODUCER_TEXT: usize = 150;
/// Most texts need this many characters that are not white space.
pub const MIN_TEXT: usize = 5;
pub const MAX_CLASSES: usize = 4;
pub const MAX_TERMS: usize = 10;
