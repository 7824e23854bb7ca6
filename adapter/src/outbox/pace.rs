//! At most so many calls per second and account, evenly spread.
//!
//! Two things hold: calls go one interval apart, where one that comes late may be caught up with by the next few, never
//! closer than half an interval; and in no second, wherever it begins, are there more than the pace says, neither when
//! they leave nor when they arrive. When a call arrives nobody here knows; but it is not after its answer. So the call that
//! many places later leaves a second after that answer. A call that is held up now and then, as by a machine that stands
//! still, costs nothing that way: the turns behind it catch up, and [`EASE`] spreads them again. Where answers take their
//! time as a rule, waiting for them would cost the pace itself. So there is [`PATIENCE`] to wait with: what was waited is
//! given back when it has been caught up with, and little by little; once it is spent, a call is taken to arrive within
//! [`ON_ITS_WAY`], and the pace is kept to two percent, however slow the other side is.
//!
//! What another process sent before this one began nobody knows either: the first call leaves an interval after that.

use std::collections::VecDeque;
use std::sync::{Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
/// How long turns may wait for answers that show that calls have arrived, all together.
const PATIENCE: Duration = Duration::from_millis(150);
/// How much of it comes back in a second, whatever else happens.
const CALMING: Duration = Duration::from_millis(4);
/// How long a call may be on its way there, where there is no patience left; an answer takes longer, because somebody
/// makes it.
const ON_ITS_WAY: Duration = Duration::from_millis(9);
/// What each second of turns takes longer, so that calls that came in a bunch are spread again, second by second.
const EASE: Duration = Duration::from_millis(6);
/// The least that a call is taken to be on its way: no clock is finer, and a turn may come [`LEAST`] early.
const TICK: Duration = Duration::from_millis(2);
/// How late a turn may be and still be caught up with. Who comes later had nothing to do, and has missed nothing.
const CATCH_UP: Duration = Duration::from_secs(1);
/// Shorter waits are none: no timer is that fine.
const LEAST: Duration = Duration::from_micros(50);

/// One account's turns.
#[derive(Debug)]
pub struct Pace {
    most: usize,
    interval: Duration,
    /// The next turn, were none late; since the world began. Held while waiting: callers come one after another.
    next: Mutex<Duration>,
    recent: Lock<Recent>,
}

/// The last calls, as many as a second may have.
#[derive(Debug, Default)]
struct Recent {
    /// The number of the first one.
    first: u64,
    calls: VecDeque<Call>,
    /// What is spent of [`PATIENCE`].
    waited: Duration,
}

/// Times since the world began.
#[derive(Clone, Copy, Debug)]
struct Call {
    left: Duration,
    answered: Option<Duration>,
}

impl Call {
    /// Not there before, as far as we know and as long as we wait.
    fn arrived(&self, patience: Duration) -> Duration {
        let latest = self.left + ON_ITS_WAY + patience;
        self.answered.map_or(latest, |answered| answered.clamp(self.left + TICK, latest))
    }
}

/// A call may be made. One that is never said to be answered may still be on its way.
#[derive(Debug)]
#[must_use = "say when the call is answered"]
pub struct Turn<'a> {
    pace: &'a Pace,
    world: &'a World,
    number: u64,
}

impl Pace {
    pub fn new(per_second: u32) -> Pace {
        let per_second = per_second.max(1);
        let interval = (SECOND + EASE) / per_second;
        Pace {
            most: usize::try_from(per_second).unwrap_or(usize::MAX),
            interval,
            next: Mutex::new(interval),
            recent: Lock::default(),
        }
    }

    /// Waits for the caller's turn.
    pub async fn turn<'a>(&'a self, world: &'a World) -> Turn<'a> {
        let mut next = self.next.lock().await;
        let came = world.elapsed();
        let mut from = came;
        loop {
            // An answer that has come meanwhile makes the wait shorter.
            let left = self.earliest(*next).saturating_sub(from);
            if left <= LEAST {
                break;
            }
            world.sleep(left.min(self.interval)).await;
            let now = world.elapsed();
            if now == from {
                // A clock that stands would be waited for without end.
                break;
            }
            from = now;
        }
        let allowed = self.earliest(*next);
        let now = world.elapsed().max(allowed);
        let mut recent = self.recent();
        let without_patience = self.earliest_with(&recent, *next, Duration::ZERO).max(came);
        let before = recent.calls.back().map_or(now, |last| last.left);
        let calmed = CALMING.mul_f64(now.saturating_sub(before).as_secs_f64());
        let waited = recent.waited.saturating_sub(calmed) + allowed.saturating_sub(without_patience);
        recent.waited = waited.min(now.saturating_sub(*next)).min(PATIENCE);
        let was_idle = recent.calls.is_empty() || now.saturating_sub(*next) > CATCH_UP;
        *next = if was_idle { now } else { *next } + self.interval;
        while recent.calls.len() >= self.most {
            recent.calls.pop_front();
            recent.first += 1;
        }
        recent.calls.push_back(Call { left: now, answered: None });
        Turn { pace: self, world, number: recent.first + recent.calls.len() as u64 - 1 }
    }

    /// When the next call may leave.
    fn earliest(&self, next: Duration) -> Duration {
        let recent = self.recent();
        self.earliest_with(&recent, next, PATIENCE.saturating_sub(recent.waited))
    }

    fn earliest_with(&self, recent: &Recent, next: Duration, patience: Duration) -> Duration {
        let after = recent.calls.back().map_or(next, |last| next.max(last.left + self.interval / 2));
        match recent.calls.front() {
            Some(oldest) if recent.calls.len() >= self.most => after.max(oldest.arrived(patience) + SECOND),
            _ => after,
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The other side has answered, or the call has failed.
    pub fn answered(self) {
        let mut recent = self.pace.recent();
        // A call that a second of others has passed is of no matter any more.
        let place = self.number.checked_sub(recent.first).and_then(|place| usize::try_from(place).ok());
        if let Some(call) = place.and_then(|place| recent.calls.get_mut(place)) {
            call.answered = Some(self.world.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Pace, Turn};
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
            pace.turn(&world).await.answered();
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
            pace.turn(&world).await.answered();
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

    /// What the other side sees: a call arrives at any time between its leaving and its answer.
    #[tokio::test]
    async fn no_second_of_arrivals_has_more_than_the_pace() {
        let on_the_way = |number: usize| Duration::from_millis([0, 17, 3, 0, 11, 17, 17, 0][number * 5 % 8]);
        let mut arrivals = Vec::new();
        let span = slow_turns(
            200,
            5_000,
            |_| Duration::ZERO,
            |number, left| {
                arrivals.push(left + on_the_way(number));
                on_the_way(number)
            },
        );
        span.await;
        arrivals.sort();
        assert!(most_in_a_second(&arrivals) <= 200, "{}", most_in_a_second(&arrivals));
    }

    /// What the other side sees of a machine that stands still now and then: what had left arrives when that is over.
    #[tokio::test]
    async fn calls_that_were_held_up_are_no_burst_beside_the_next() {
        let pause_ends = |at: Duration| {
            let into = Duration::from_nanos(u64::try_from(at.as_nanos() % 4_300_000_000).unwrap());
            (into < Duration::from_millis(100)).then(|| at + Duration::from_millis(100).saturating_sub(into))
        };
        // The caller is in time, or too slow for the pace half of the time.
        for late in [Duration::ZERO, Duration::from_millis(2)] {
            let mut arrivals = Vec::new();
            let comes = |number: usize| if number % 1_000 < 500 { late } else { Duration::ZERO };
            let span = slow_turns(200, 5_000, comes, |_, left| {
                let arrival = pause_ends(left).unwrap_or(left + Duration::from_micros(300));
                arrivals.push(arrival);
                arrival.abs_diff(left) + Duration::from_millis(1)
            });
            let span = span.await;
            arrivals.sort();
            assert!(most_in_a_second(&arrivals) <= 200, "{} with {late:?}", most_in_a_second(&arrivals));
            assert!(span <= Duration::from_millis(4_999 * 5 * 102 / 100), "{span:?} with {late:?}");
        }
    }

    /// Another process may have sent until just before.
    #[tokio::test]
    async fn the_first_call_leaves_an_interval_after_the_process_began() {
        for (rate, micros) in [(1, 1_006_000), (200, 5_030)] {
            let (world, hand) = World::seeded(1, Timestamp::UNIX_EPOCH);
            hand.flow();
            hand.advance(Duration::from_millis(2));
            Pace::new(rate).turn(&world).await.answered();
            assert_eq!(world.elapsed(), Duration::from_micros(micros), "{rate}");
        }
    }

    #[tokio::test]
    async fn slow_answers_cost_two_percent_of_the_pace_at_most() {
        for (rate, count) in [(1, 100), (200, 5_000)] {
            let span = slow_turns(rate, count, |_| Duration::ZERO, |_, _| Duration::from_millis(700)).await;
            let ideal = Duration::from_secs(1) / rate * u32::try_from(count - 1).unwrap();
            assert!(span >= ideal && span <= ideal * 102 / 100, "{rate}: {span:?} against {ideal:?}");
        }
    }

    /// Turns that come late by so much, and whose answers come so long after they left; how long all took.
    async fn slow_turns(
        rate: u32,
        count: usize,
        late: impl Fn(usize) -> Duration,
        mut answer_after: impl FnMut(usize, Duration) -> Duration,
    ) -> Duration {
        let (world, hand) = World::seeded(1, Timestamp::UNIX_EPOCH);
        hand.flow();
        let pace = Pace::new(rate);
        let mut open: Vec<(Duration, Turn<'_>)> = Vec::new();
        let (mut first, mut last) = (None, Duration::ZERO);
        for number in 0..count {
            hand.advance(late(number));
            // Answers come while the next turn is waited for.
            let answering = async {
                loop {
                    for (_, turn) in open.extract_if(.., |(answered, _)| *answered <= world.elapsed()) {
                        turn.answered();
                    }
                    tokio::task::yield_now().await;
                }
            };
            let turn = tokio::select! {
                turn = pace.turn(&world) => turn,
                () = answering => unreachable!("answers never end"),
            };
            last = world.elapsed();
            first.get_or_insert(last);
            open.push((last + answer_after(number, last), turn));
        }
        last.abs_diff(first.unwrap())
    }
}
