//! `silta sandbox`: everything that stands around the adapter, in one process, and the main job through it.
//!
//! [`stage`] sets up certificates, simulators, the adapter itself (started as `silta serve` starts it) and the two
//! security servers; [`job`] does the main job step by step, by the public doors only: HTTP to the intake, X-Road through
//! the consumer's security server, the operator's socket. The simulators' own state is looked at to *check* what
//! arrived, never to make it arrive. Nothing here is used in production, and the production package leaves it out.

mod account;
mod caller;
mod commands;
mod compare;
mod job;
pub mod kit;
mod place;
pub mod probe;
mod ptv;
mod report;
mod samples;
mod security_servers;
mod source;
mod stage;
#[cfg(test)]
mod tests;
mod viestit;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

pub use account::Account;
pub use commands::Commands;
pub use job::{Job, Step};
pub use ptv::Ptv;
pub use report::Report;
pub use security_servers::SecurityServers;
pub use source::Source;
pub use stage::{Process, Stage};
pub use viestit::Viestit;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the store, the keys and the certificates lie; a temporary folder when absent.
    pub data: Option<PathBuf>,
    /// A catalogue in one of the formats that [`crate::catalogue::import`] reads; our own when absent.
    pub catalogue: Option<PathBuf>,
    /// A folder with `ptv/codelists`; our own minimum when absent.
    pub reference: Option<PathBuf>,
    /// The steps to do, with those that they need.
    pub steps: BTreeSet<Step>,
    /// The first of the fixed ports; 0 takes free ones.
    pub port_base: u16,
    /// How long a step waits for PTV or Viestit while nothing moves.
    pub patience: Duration,
    /// The adapter's `limits.exchange`; its default when absent.
    pub deadline: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            data: None,
            catalogue: None,
            reference: None,
            steps: Step::ALL.into(),
            port_base: 7080,
            patience: Duration::from_mins(2),
            deadline: None,
        }
    }
}

/// Why the sandbox ends early.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The command line, a file that it names, or a port: exit code 2. Mend it and start again.
    #[error("{0}")]
    Usage(String),
    /// Something of the job failed: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl SandboxError {
    pub fn exit_code(&self) -> u8 {
        match self {
            SandboxError::Usage(_) => 2,
            SandboxError::Failed(_) => 1,
        }
    }

    /// Says what was being done when another error came.
    fn failed<E: Display>(doing: &str) -> impl Fn(E) -> SandboxError + '_ {
        move |error| SandboxError::Failed(format!("{doing}: {error}"))
    }

    fn usage<E: Display>(error: E) -> SandboxError {
        SandboxError::Usage(error.to_string())
    }
}

/// What the file of a simulator that runs alone says.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, SandboxError> {
    let named = |error: &dyn Display| SandboxError::Usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    toml::from_str(&text).map_err(|error| named(&error))
}
