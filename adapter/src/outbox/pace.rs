//! At most so many calls per second and account, evenly spread.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::world::World;

/// One account's turns.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    /// The next free moment, since the world began. Held while waiting: callers come one after another.
    next: Mutex<Duration>,
}

impl Pace {
    pub fn new(per_second: u32) -> Pace {
        Pace { interval: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(Duration::ZERO) }
    }

    /// Waits for the caller's turn.
    pub async fn turn(&self, world: &World) {
        let mut next = self.next.lock().await;
        let wait = next.saturating_sub(world.elapsed()).min(self.interval);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        *next = world.elapsed().max(*next) + self.interval;
    }
}
