//! The command line: arguments to commands, answers to text or JSON, outcomes to exit codes (design §7).
//!
//! A command that touches state asks the running process over its socket; commands that only read fall back to reading
//! the store beside it. No rule of the domain is decided here.

mod catalogue;
pub mod check;
#[cfg(feature = "sandbox")]
mod conformance;
mod drift;
mod log;
mod maps;
mod messages;
mod output;
mod place;
mod plan;
mod process;
mod ptv;
mod pull;
mod quality;
mod receipt;
mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod send;
mod shadow;
mod show;
mod steward;
mod terms;
#[cfg(test)]
mod tests;
mod transfer;
mod xroad;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use output::Output;
pub use place::Place;
use place::Scope;

use crate::control::{ControlError, ErrorKind, OperatorError};

/// Everything is fine.
pub const FINE: u8 = 0;
/// It was carried out and found a problem, or failed for a reason outside of the command line.
pub const PROBLEM: u8 = 1;
/// The command line or the configuration is at fault.
pub const USAGE: u8 = 2;

/// The X-Road adapter of a Finnish municipality.
#[derive(Debug, Parser)]
#[command(name = "silta", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the adapter until a signal ends it.
    #[command(after_help = "Example: silta serve --config silta.toml")]
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Show the whole chain in one process, with simulators of everything around the adapter.
    #[cfg(feature = "sandbox")]
    #[command(after_help = "Example: silta sandbox --once --json")]
    Sandbox(sandbox::SandboxArgs),
    /// Judge an X-Road adapter, this one or anybody's, by the cases of the conformance kit.
    #[cfg(feature = "sandbox")]
    #[command(after_help = conformance::EXAMPLE)]
    Conformance(Box<conformance::ConformanceArgs>),
    /// Check a configuration file without starting anything.
    #[command(after_help = "Example: silta check --config silta.toml")]
    Check(check::CheckArgs),
    /// What runs: version, addresses, tenants.
    #[command(after_help = "Example: silta status --data silta-data")]
    Status(process::StatusArgs),
    /// Have the running process read its configuration again.
    #[command(after_help = "Example: silta reload --data silta-data")]
    Reload(process::StatusArgs),
    /// Have the running process finish what it has begun and end.
    #[command(after_help = "Example: silta shutdown --data silta-data")]
    Shutdown(process::StatusArgs),
    /// The national catalogue (PTV): where it stands, what would change, compare all again.
    #[command(subcommand)]
    Ptv(ptv::PtvCommand),
    /// Letters: how far an order has come.
    #[command(subcommand)]
    Messages(messages::MessagesCommand),
    /// The message log.
    #[command(subcommand)]
    Log(log::LogCommand),
    /// The catalogue: take a file in, or say what would be refused.
    #[command(subcommand)]
    Catalogue(catalogue::CatalogueCommand),
    /// Call a service over X-Road as a consumer, through the own security server.
    #[command(subcommand)]
    Xroad(Box<xroad::XroadCommand>),
}

/// Runs the command that the arguments name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    #[cfg(feature = "sandbox")]
    let started = std::time::Instant::now();
    match Cli::try_parse_from(args) {
        #[cfg(feature = "sandbox")]
        Ok(Cli { command: Command::Sandbox(args) }) => in_runtime(sandbox::run(&args, started)),
        #[cfg(feature = "sandbox")]
        Ok(Cli { command: Command::Conformance(args) }) => in_runtime(conformance::run(&args)),
        Ok(Cli { command: Command::Serve { config } }) => crate::serve(&config),
        Ok(Cli { command }) => ExitCode::from(block_on(command)),
        Err(error) => {
            // Help and version go to standard output, complaints to standard error; a closed pipe is no matter.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { USAGE } else { FINE })
        }
    }
}

/// Runs a command that asks a running process, on other streams and without colour: so a test holds what a document shows
/// against what is said. Returns the exit code.
pub async fn ask(
    args: impl IntoIterator<Item = OsString>,
    out: Box<dyn std::io::Write>,
    err: Box<dyn std::io::Write>,
) -> u8 {
    match Cli::try_parse_from(args) {
        Ok(Cli { command }) => execute(command, &mut Output::to(out, err)).await,
        Err(_) => USAGE,
    }
}

/// Runs what serves as well as asks, which one thread would make wait for itself.
#[cfg(feature = "sandbox")]
fn in_runtime(run: impl Future<Output = u8>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => ExitCode::from(runtime.block_on(run)),
        Err(error) => {
            let failure = Failure::problem(format!("the runtime could not start: {error}"));
            ExitCode::from(Output::standard().fail(&failure))
        }
    }
}

fn block_on(command: Command) -> u8 {
    let mut output = Output::standard();
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(execute(command, &mut output)),
        Err(error) => output.fail(&Failure::problem(format!("the runtime could not start: {error}"))),
    }
}

async fn execute(command: Command, output: &mut Output) -> u8 {
    let done = match command {
        Command::Check(args) => {
            let (out, err) = output.handles();
            check::run(&args, out, err).map_err(Failure::from)
        }
        Command::Status(args) => process::status(args, output).await,
        Command::Reload(args) => process::reload(args, output).await,
        Command::Shutdown(args) => process::shutdown(args, output).await,
        Command::Ptv(command) => ptv::run(command, output).await,
        Command::Messages(command) => messages::run(command, output).await,
        Command::Log(command) => log::run(command, output).await,
        Command::Catalogue(command) => catalogue::run(command, output).await,
        Command::Xroad(command) => xroad::run(*command, output).await,
        Command::Serve { .. } => Err(Failure::problem("serve is not run from here")),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(_) | Command::Conformance(_) => Err(Failure::problem("this command is not run from here")),
    };
    match done {
        Ok(code) => code,
        Err(failure) => output.fail(&failure),
    }
}

/// Why a command was not carried out, and its exit code. The text says what helps.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn usage(text: impl Into<String>) -> Failure {
        Failure { code: USAGE, text: text.into() }
    }

    fn problem(text: impl Into<String>) -> Failure {
        Failure { code: PROBLEM, text: text.into() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        // Who reads us has read enough, as `head` does: there is nothing to tell anybody.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure { code: PROBLEM, text: String::new() };
        }
        Failure::problem(format!("the answer could not be written: {error}"))
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        let code = if error.kind == ErrorKind::Usage { USAGE } else { PROBLEM };
        Failure { code, text: error.message }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Refused(error) => error.into(),
            ControlError::NotRunning { .. } | ControlError::RequestTooLarge { .. } => Failure::usage(error.to_string()),
            _ => Failure::problem(error.to_string()),
        }
    }
}

impl Output {
    fn fail(&mut self, failure: &Failure) -> u8 {
        if !failure.text.is_empty() {
            // A closed standard error leaves the exit code to tell.
            let _ = writeln!(self.err(), "silta: {failure}");
        }
        failure.code
    }
}
