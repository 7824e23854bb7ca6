//! When to try again: growing pauses with jitter, from seconds to a day.

use std::time::Duration;

/// A schedule of pauses. The last one repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pauses: Vec<Duration>,
}

impl Default for Schedule {
    /// 2 s, 10 s, 1 min, 5 min, 30 min, 2 h, 6 h, 12 h, 24 h.
    fn default() -> Self {
        let seconds = [2, 10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400];
        Schedule { pauses: seconds.into_iter().map(Duration::from_secs).collect() }
    }
}

impl Schedule {
    /// Pauses in order; an empty list is the default schedule.
    pub fn new(pauses: Vec<Duration>) -> Schedule {
        if pauses.is_empty() { Schedule::default() } else { Schedule { pauses } }
    }

    /// The pause after `attempts` failures, between 75 % and 125 % of its step by `seed`, so that many that failed
    /// together do not come back together.
    pub fn pause(&self, attempts: u32, seed: u64) -> Duration {
        let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.pauses.get(step).or(self.pauses.last()).copied().unwrap_or(Duration::from_mins(1));
        // SplitMix64 spreads seeds that lie close together.
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let percent = 75 + u32::try_from((mixed ^ (mixed >> 31)) % 51).unwrap_or_default();
        pause * percent / 100
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Schedule;

    #[test]
    fn pauses_grow_and_stay_within_their_jitter() {
        let schedule = Schedule::default();
        for (attempts, seconds) in [(1, 2), (2, 10), (9, 86_400), (50, 86_400)] {
            for seed in 0..200 {
                let pause = schedule.pause(attempts, seed);
                let step = Duration::from_secs(seconds);
                assert!(pause >= step * 3 / 4 && pause <= step * 5 / 4, "{attempts} {seed} {pause:?}");
            }
        }
        let spread: std::collections::BTreeSet<Duration> = (0..50).map(|seed| schedule.pause(3, seed)).collect();
        assert!(spread.len() > 20, "seeds that lie close together are spread");
    }
}
