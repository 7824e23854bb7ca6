//! Start, drain and stop of the whole process.
//!
//! Tasks run under a [`Lifecycle`]; a signal, or a task that dies by itself, begins the soft stage, and the drain's
//! deadline the hard one. What the tasks are is decided by `lib`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::listen::Stages;

/// The tasks of a process and the stages of their end. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    tasks: TaskTracker,
    stages: Stages,
    died: Arc<Mutex<Option<String>>>,
}

/// How the process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything finished what it had.
    Drained,
    /// The drain's deadline passed; this many tasks were cut.
    Cut(usize),
    /// A task died by itself, which stopped the rest.
    Died(String),
}

impl Ending {
    /// 0 when all was well, 1 when not (design §7).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Drained => 0,
            Self::Cut(_) | Self::Died(_) => 1,
        }
    }
}

impl Lifecycle {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stages(&self) -> Stages {
        self.stages.clone()
    }

    /// Runs a task that must live as long as the process: its end before the soft stage, by error, by panic or by
    /// returning, stops the process and is its exit code.
    pub fn spawn<E: Display>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let (stages, died) = (self.stages.clone(), Arc::clone(&self.died));
        self.tasks.spawn(async move {
            let why = match std::panic::AssertUnwindSafe(task).catch_unwind().await {
                Ok(Ok(())) if stages.soft.is_cancelled() => return,
                Ok(Ok(())) => "it ended before it was told to".to_owned(),
                Ok(Err(reason)) => reason.to_string(),
                Err(_) => "it panicked".to_owned(),
            };
            error!(task = name, why, "a task died");
            died.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(format!("{name}: {why}"));
            stages.soft.cancel();
        })
    }

    /// Begins the soft stage.
    pub fn stop(&self) {
        self.stages.soft.cancel();
    }

    /// Waits for the soft stage, then for the tasks, no longer than `drain`; then for the cut ones a moment more.
    pub async fn ended(&self, drain: Duration) -> Ending {
        self.stages.soft.cancelled().await;
        self.tasks.close();
        let cut = if tokio::time::timeout(drain, self.tasks.wait()).await.is_err() {
            let left = self.tasks.len();
            warn!(tasks = left, "the drain's deadline has passed");
            left
        } else {
            0
        };
        self.stages.hard.cancel();
        // Tasks that ignore even the hard stage must not keep the process.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.tasks.wait()).await;
        let died = self.died.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match died {
            Some(why) => Ending::Died(why),
            None if cut > 0 => Ending::Cut(cut),
            None => Ending::Drained,
        }
    }

    /// Runs until the end, led by the operating system's signals. SIGHUP calls `reload`; a second SIGTERM or SIGINT
    /// begins the hard stage at once.
    pub async fn run(&self, mut signals: Signals, drain: Duration, reload: impl Fn()) -> Ending {
        let ended = self.ended(drain);
        tokio::pin!(ended);
        loop {
            tokio::select! {
                ending = &mut ended => return ending,
                Some(()) = signals.reload.recv() => reload(),
                Some(()) = signals.terminate.recv() => self.signalled("SIGTERM"),
                Some(()) = signals.interrupt.recv() => self.signalled("SIGINT"),
            }
        }
    }

    fn signalled(&self, name: &str) {
        if self.stages.soft.is_cancelled() {
            warn!(signal = name, "stopping at once");
            self.stages.hard.cancel();
        } else {
            info!(signal = name, "stopping");
            self.stages.soft.cancel();
        }
    }
}

/// The signals that a process listens to. Made before *ready*, so that none is lost.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Signals {
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }
}

/// Writes `ports.json` (name → address) into a folder, whole or not at all. Comes before *ready*.
pub fn write_ports(folder: &Path, addresses: &BTreeMap<String, SocketAddr>) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, addresses)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(folder.join("ports.json")).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn obedient(life: &Lifecycle) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        let stages = life.stages();
        async move {
            stages.soft.cancelled().await;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_stop_drains() {
        let life = Lifecycle::new();
        life.spawn("a", obedient(&life));
        life.stop();
        let ending = life.ended(Duration::from_secs(5)).await;
        assert_eq!((ending.exit_code(), ending), (0, Ending::Drained));
    }

    #[tokio::test]
    async fn a_task_that_dies_stops_the_rest_and_is_the_exit_code() {
        let life = Lifecycle::new();
        life.spawn("worker", obedient(&life));
        life.spawn("outbox", async { Err("the store is gone") });
        let ending = life.ended(Duration::from_secs(5)).await;
        assert_eq!((ending.exit_code(), ending), (1, Ending::Died("outbox: the store is gone".into())));

        let life = Lifecycle::new();
        life.spawn("outbox", async { if true { panic!("boom") } else { Ok::<(), Infallible>(()) } });
        assert_eq!(life.ended(Duration::from_secs(5)).await, Ending::Died("outbox: it panicked".into()));
    }

    #[tokio::test]
    async fn the_deadline_cuts_what_does_not_finish() {
        let life = Lifecycle::new();
        let hard = life.stages().hard;
        life.spawn("slow", async move {
            hard.cancelled().await;
            Ok::<(), Infallible>(())
        });
        life.stop();
        assert_eq!(life.ended(Duration::from_millis(50)).await, Ending::Cut(1));
    }

    #[test]
    fn ports_are_written_whole() {
        let folder = tempfile::tempdir().expect("folder");
        let addresses = BTreeMap::from([("xroad".to_owned(), SocketAddr::from(([127, 0, 0, 1], 7080)))]);
        write_ports(folder.path(), &addresses).expect("written");
        write_ports(folder.path(), &addresses).expect("written again");
        let text = std::fs::read_to_string(folder.path().join("ports.json")).expect("readable");
        assert_eq!(serde_json::from_str::<BTreeMap<String, SocketAddr>>(&text).expect("json"), addresses);
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1);
    }
}
