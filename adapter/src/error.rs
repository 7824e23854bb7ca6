//! Whose fault, and may it be retried: the two questions every error answers.
//!
//! Each module keeps its own error enum and answers here; the doors map the answers to the wire in one place each.
//! This module knows no status code and no fault code.

/// Who has to change something before the same thing can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// Whoever asked us: the request is wrong or not allowed.
    Caller,
    /// A system that we asked: PTV, Viestit, a CMS, a security server.
    Remote,
    /// This adapter, its configuration or its machine.
    Us,
}

/// May the same thing be tried again without changing it?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It will fail the same way.
    Never,
    /// It may succeed a moment later.
    Later,
}

/// An error that answers both questions.
pub trait Answers: std::error::Error {
    fn blame(&self) -> Blame;
    fn retry(&self) -> Retry;
}

impl Blame {
    /// The word for it in logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Remote => "remote",
            Self::Us => "us",
        }
    }
}

impl Retry {
    pub fn may(self) -> bool {
        self == Self::Later
    }
}
