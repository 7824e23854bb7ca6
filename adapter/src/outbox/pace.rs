//! At most so many calls per second and account, evenly spread.
//!
//! Two things hold: calls go one interval apart, where one that comes late may be caught up with by the next few, never
//! closer than half an interval; and in no second, wherever it begins, are there more than the pace says. Both count one
//! percent more than a second, because on their way calls come closer together than they were sent.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::world::World;

/// A second and what calls may come closer together on their way.
const SECOND: Duration = Duration::from_millis(1_010);
/// How late a turn may be and still be caught up with. Who comes later had nothing to do, and has missed nothing.
const CATCH_UP: Duration = Duration::from_secs(1);
/// Shorter waits are none: no timer is that fine.
const LEAST: Duration = Duration::from_micros(50);

/// One account's turns.
#[derive(Debug)]
pub struct Pace {
    most: usize,
    interval: Duration,
    /// Held while waiting: callers come one after another.
    line: Mutex<Line>,
}

/// Times since the world began.
#[derive(Debug, Default)]
struct Line {
    /// The next turn, were none late.
    next: Duration,
    /// The turns of the last second.
    recent: VecDeque<Duration>,
}

impl Pace {
    pub fn new(per_second: u32) -> Pace {
        let per_second = per_second.max(1);
        Pace {
            most: usize::try_from(per_second).unwrap_or(usize::MAX),
            interval: SECOND / per_second,
            line: Mutex::new(Line::default()),
        }
    }

    /// Waits for the caller's turn.
    pub async fn turn(&self, world: &World) {
        let mut line = self.line.lock().await;
        let mut at = line.next;
        if let Some(last) = line.recent.back() {
            at = at.max(*last + self.interval / 2);
        }
        if line.recent.len() >= self.most
            && let Some(oldest) = line.recent.front()
        {
            at = at.max(*oldest + SECOND);
        }
        let mut from = world.elapsed();
        while at.saturating_sub(from) > LEAST {
            world.sleep(at.saturating_sub(from).min(self.interval)).await;
            let now = world.elapsed();
            if now == from {
                // A clock that stands would be waited for without end.
                break;
            }
            from = now;
        }
        let now = world.elapsed().max(at);
        let was_idle = line.recent.is_empty() || now.saturating_sub(line.next) > CATCH_UP;
        line.next = if was_idle { now } else { line.next } + self.interval;
        while line.recent.len() >= self.most {
            line.recent.pop_front();
        }
        line.recent.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Pace;
    use crate::world::World;

    /// The most of ascending times that any second holds.
    fn most_in_a_second(times: &[Duration]) -> usize {
        let within =
            |from: &Duration| times.iter().filter(|at| **at >= *from && **at < *from + Duration::from_secs(1)).count();
        times.iter().map(within).max().unwrap_or_default()
    }

    async fn turns(rate: u32, count: usize, late: impl Fn(usize) -> Duration) -> Vec<Duration> {
        let (world, hand) = World::seeded(1, Timestamp::UNIX_EPOCH);
        hand.flow();
        let pace = Pace::new(rate);
        let mut times = Vec::new();
        for number in 0..count {
            hand.advance(late(number));
            pace.turn(&world).await;
            times.push(world.elapsed());
        }
        times
    }

    #[tokio::test]
    async fn the_pace_is_reached_within_two_percent_and_never_passed() {
        for (rate, count) in [(1, 200), (5, 500), (200, 10_000)] {
            let times = turns(rate, count, |_| Duration::ZERO).await;
            let span = times[count - 1].abs_diff(times[0]);
            let ideal = Duration::from_secs(1) / rate * u32::try_from(count - 1).unwrap();
            assert!(span >= ideal && span <= ideal * 102 / 100, "{rate}: {span:?} against {ideal:?}");
            assert!(most_in_a_second(&times) <= usize::try_from(rate).unwrap(), "{rate}");
            let closest = times.windows(2).map(|pair| pair[1].abs_diff(pair[0])).min().unwrap();
            assert!(closest >= Duration::from_secs(1) / rate, "nobody was late, so nobody hurries: {closest:?}");
        }
    }

    /// Otherwise whoever begins would begin with a burst.
    #[tokio::test]
    async fn who_had_nothing_to_do_has_nothing_to_catch_up_with() {
        let times = turns(200, 300, |number| if number % 100 == 50 { Duration::from_secs(3) } else { Duration::ZERO });
        let times = times.await;
        let closest = times.windows(2).map(|pair| pair[1].abs_diff(pair[0])).min().unwrap();
        assert!(closest >= Duration::from_millis(5), "{closest:?}");
        let (world, hand) = World::seeded(1, Timestamp::UNIX_EPOCH);
        hand.flow();
        hand.advance(Duration::from_mins(1));
        let pace = Pace::new(200);
        let began = world.elapsed();
        for _ in 0..101 {
            pace.turn(&world).await;
        }
        let took = world.elapsed().abs_diff(began);
        assert!(took >= Duration::from_millis(500), "{took:?}");
    }

    #[tokio::test]
    async fn who_comes_late_is_caught_up_with_without_a_burst() {
        // Every hundredth turn comes 30 ms late, and once nobody came for ten seconds.
        let late = |number: usize| match number {
            5_000 => Duration::from_secs(10),
            number if number % 100 == 99 => Duration::from_millis(30),
            _ => Duration::ZERO,
        };
        let times = turns(200, 10_000, late).await;
        let span = times[9_999].abs_diff(times[0]).saturating_sub(Duration::from_secs(10));
        assert!(span <= Duration::from_millis(9_999 * 5 * 102 / 100), "{span:?}");
        assert!(most_in_a_second(&times) <= 200);
        let closest = times.windows(2).map(|pair| pair[1].abs_diff(pair[0])).min().unwrap();
        assert!(closest >= Duration::from_micros(2_500), "{closest:?}");
    }
}
