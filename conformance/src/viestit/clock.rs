//! Where the simulator takes its time from. Deliberately only the instant: no sleeping, no timers.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A source of the present instant.
pub trait Clock: Send + Sync {
    /// The present instant, UTC.
    fn now(&self) -> Timestamp;

    /// Moves the clock by `by`; false when it is one that nobody moves.
    fn shift(&self, by: SignedDuration) -> bool {
        let _ = by;
        false
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The machine's clock, with what it was moved by: a week passes at a word.
#[derive(Debug, Default)]
pub struct ShiftedClock(Mutex<SignedDuration>);

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let shift = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::now().saturating_add(shift).unwrap_or(Timestamp::MAX)
    }

    fn shift(&self, by: SignedDuration) -> bool {
        let mut shift = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shift = shift.saturating_add(by);
        true
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock by `by`; a negative span moves it back. The clock stops at the ends of jiff's range.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Puts the clock to `instant`.
    pub fn set(&self, instant: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = instant;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shift(&self, by: SignedDuration) -> bool {
        self.advance(by);
        true
    }
}
