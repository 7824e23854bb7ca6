//! A circuit breaker for one remote: after some failures in a row it lets nothing through for a while, then one try.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Opens after `threshold` failures in a row and stays open for `rest`.
#[derive(Debug)]
pub struct Breaker {
    threshold: u32,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    /// Since the world began; absent while closed.
    opened: Option<Duration>,
}

impl Breaker {
    pub fn new(threshold: u32, rest: Duration) -> Breaker {
        Breaker { threshold: threshold.max(1), rest, state: Mutex::new(State::default()) }
    }

    /// How long to wait before the next try; zero when it may go now. `now` is time since the world began.
    pub fn wait(&self, now: Duration) -> Duration {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.opened {
            Some(opened) => (opened + self.rest).saturating_sub(now),
            None => Duration::ZERO,
        }
    }

    pub fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// Counts a failure of the remote itself (not a refusal of what was sent).
    pub fn failed(&self, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures += 1;
        if state.failures >= self.threshold {
            state.opened = Some(now);
        }
    }

    pub fn is_open(&self, now: Duration) -> bool {
        !self.wait(now).is_zero()
    }

    /// It was open and its rest is over: one try may go, and its outcome decides.
    pub fn is_on_trial(&self, now: Duration) -> bool {
        let opened = self.state.lock().unwrap_or_else(PoisonError::into_inner).opened;
        opened.is_some() && !self.is_open(now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Breaker;

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_try_through() {
        let second = Duration::from_secs(1);
        let breaker = Breaker::new(3, second * 10);
        breaker.failed(second);
        breaker.failed(second);
        breaker.succeeded();
        breaker.failed(second);
        breaker.failed(second);
        assert!(!breaker.is_open(second));
        breaker.failed(second);
        assert!(breaker.is_open(second * 2));
        assert!(!breaker.is_open(second * 11), "one try may go");
        assert!(breaker.is_on_trial(second * 11) && !breaker.is_on_trial(second * 2));
        breaker.failed(second * 11);
        assert!(breaker.is_open(second * 12), "and its failure opens it again");
        breaker.succeeded();
        assert!(!breaker.is_open(second * 12) && !breaker.is_on_trial(second * 12));
    }
}
