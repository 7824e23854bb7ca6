//! How much is worked on at the same time: a number of places, and a bounded queue before them.
//!
//! A door takes a place before it does anything costly and says in its own words (Fault, problem) that it is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Answers, Blame, Retry};
use crate::telemetry::Metrics;

/// Places and queue. Cheap to clone; clones share both.
#[derive(Clone, Debug)]
pub struct InFlight {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    patience: Duration,
    metrics: Metrics,
}

/// A place; dropping it frees it.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// No place became free. Ours; the caller may try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    #[error("too many requests wait already")]
    Queue,
    #[error("no place became free in time")]
    Patience,
}

impl Answers for Full {
    fn blame(&self) -> Blame {
        Blame::Us
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

impl InFlight {
    /// `in_flight` places, `queue` that may wait, each no longer than `patience`.
    pub fn new(in_flight: usize, queue: usize, patience: Duration, metrics: Metrics) -> Self {
        Self {
            places: Arc::new(Semaphore::new(in_flight)),
            waiting: Arc::new(AtomicUsize::new(0)),
            queue,
            patience,
            metrics,
        }
    }

    /// Takes a place, waiting for one if need be.
    pub async fn enter(&self) -> Result<Place, Full> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place { _permit: permit });
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.before >= self.queue {
            self.metrics.limit_hit("queue");
            return Err(Full::Queue);
        }
        let place = tokio::time::timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        if let Ok(Ok(permit)) = place {
            return Ok(Place { _permit: permit });
        }
        self.metrics.limit_hit("in_flight");
        Err(Full::Patience)
    }
}

/// One that waits; a guard, because a waiting request may be dropped.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Ordering::SeqCst) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}
