//! `silta sandbox`: the README's first command. What it does is [`crate::sandbox`]'s; here are the arguments, the
//! outputs and the exit code.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use super::conformance::{Judged, judge};
use crate::sandbox::{
    Account, Commands, Job, Options, Ptv, SandboxError, SecurityServers, Source, Stage, Step, Viestit, kit,
};
use crate::telemetry;

/// Shows the whole chain in one process: a CMS, two security servers, PTV and Suomi.fi Viestit around the adapter.
///
/// It pushes a catalogue, brings it to PTV, reads it as another agency by SOAP and REST, sends letters, changes a
/// service, verifies the message log, prints four commands to try, and stays until Ctrl-C. Needs no network.
///
/// With --only security-servers nothing but the two security servers runs, in front of an adapter of any make; with
/// --only ptv nothing but PTV's interface, for whatever writes to it; with --only viestit nothing but the interface of
/// Suomi.fi Viestit, with its recipients in a browser.
///
/// Examples: `silta sandbox --once --json`
///
/// `silta sandbox --only security-servers --config security-servers.toml`
///
/// `silta sandbox --only ptv`
///
/// `silta sandbox --only viestit`
#[derive(Args, Debug)]
pub struct SandboxArgs {
    /// Do the job and end: exit code 0, or 1 when something of it failed.
    #[arg(long)]
    pub once: bool,
    /// Print one JSON object with the figures on standard output, and everything else on standard error.
    #[arg(long)]
    pub json: bool,
    /// The data directory, kept at exit; a temporary one by default. An earlier sandbox in it is begun anew.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The catalogue: a file or folder in Silta's JSON, Turku's PAT format or the Helsinki register's (TPR).
    #[arg(long, value_name = "PATH")]
    pub catalogue: Option<PathBuf>,
    /// A folder with PTV's code lists and general descriptions in ptv/codelists.
    #[arg(long, value_name = "DIR")]
    pub reference: Option<PathBuf>,
    /// Only these steps, and those that they need: a push, b PTV, c reads, d descriptions, e letters, f change, g log.
    /// Or security-servers, ptv, or viestit: no adapter and no job, only these, until Ctrl-C.
    #[arg(long, value_name = "STEPS", value_delimiter = ',', value_enum)]
    pub only: Vec<Only>,
    /// With --only security-servers, ptv or viestit: what they know (docs/security-servers.md, docs/ptv.md, docs/messages.md).
    #[arg(long, value_name = "FILE", requires = "only")]
    pub config: Option<PathBuf>,
    /// The first of the fixed ports; 0 takes free ones.
    #[arg(long, value_name = "N", default_value_t = 7080)]
    pub port_base: u16,
    /// Push the catalogue, judge the adapter by the conformance kit, and end: exit code 0, or 1 when a case failed.
    #[arg(long, conflicts_with_all = ["once", "only"])]
    pub conformance: bool,
    #[command(flatten)]
    pub judged: Judged,
}

/// What `--only` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    Step(Step),
    SecurityServers,
    Ptv,
    Viestit,
}

impl ValueEnum for Only {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Only; 10] = [
            Only::Step(Step::A),
            Only::Step(Step::B),
            Only::Step(Step::C),
            Only::Step(Step::D),
            Only::Step(Step::E),
            Only::Step(Step::F),
            Only::Step(Step::G),
            Only::SecurityServers,
            Only::Ptv,
            Only::Viestit,
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Only::Step(step) => step.to_possible_value(),
            Only::SecurityServers => {
                Some(PossibleValue::new("security-servers").help("Nothing but the two security servers"))
            }
            Only::Ptv => Some(PossibleValue::new("ptv").help("Nothing but the simulated PTV")),
            Only::Viestit => Some(PossibleValue::new("viestit").help("Nothing but the simulated Suomi.fi Viestit")),
        }
    }
}

impl SandboxArgs {
    fn options(&self) -> Options {
        let mut options = Options {
            data: self.data.clone(),
            catalogue: self.catalogue.clone(),
            reference: self.reference.clone(),
            port_base: self.port_base,
            ..Options::default()
        };
        let steps = self.only.iter().filter_map(|only| match only {
            Only::Step(step) => Some(*step),
            Only::SecurityServers | Only::Ptv | Only::Viestit => None,
        });
        if self.conformance {
            options.steps = [Step::A].into();
        }
        if !self.only.is_empty() {
            options.steps = steps.collect();
        }
        options
    }
}

/// Runs the command and returns its exit code: 0 fine, 1 something of the job failed, 2 the arguments, a file that they
/// name, or a port. `started` is the start of the process. Needs a multi-threaded runtime.
pub async fn run(args: &SandboxArgs, started: Instant) -> u8 {
    let account = if args.json { Account::new(std::io::stderr()) } else { Account::new(std::io::stdout()) };
    // What the adapter has to say of a remote that fails, the account says; what else goes wrong is an error.
    // Alone, Viestit's simulator also says of which letters its recipients got notice.
    let level = if args.only.contains(&Only::Viestit) { "error,conformance::viestit=info" } else { "error" };
    let _ = if args.conformance { kit::listen("error") } else { telemetry::start(false, level) };
    if args.only.contains(&Only::SecurityServers) {
        return security_servers(args, &account).await.map_or_else(|error| failed(&error), |()| 0);
    }
    if args.only.contains(&Only::Ptv) {
        return ptv(args, &account).await.map_or_else(|error| failed(&error), |()| 0);
    }
    if args.only.contains(&Only::Viestit) {
        return viestit(args, &account).await.map_or_else(|error| failed(&error), |()| 0);
    }
    if args.config.is_some() {
        return failed(&SandboxError::Usage("--config belongs to --only security-servers, ptv or viestit".to_owned()));
    }
    play(args, &account, started).await.unwrap_or_else(|error| failed(&error))
}

async fn security_servers(args: &SandboxArgs, account: &Account) -> Result<(), SandboxError> {
    if args.only.len() > 1 {
        return Err(SandboxError::Usage(
            "--only security-servers stands alone: there is no job without an adapter".to_owned(),
        ));
    }
    if args.catalogue.is_some() || args.reference.is_some() {
        return Err(SandboxError::Usage(
            "--catalogue and --reference are the job's, which security-servers has not".to_owned(),
        ));
    }
    let stopped = stopped();
    tokio::pin!(stopped);
    let servers = tokio::select! {
        servers = SecurityServers::start(args.config.as_deref(), args.data.as_deref(), args.port_base) => servers?,
        () = &mut stopped => return Ok(()),
    };
    if args.json {
        // A closed output is the reader's own choice.
        let _ = writeln!(std::io::stdout(), "{}", servers.as_json());
    } else {
        account.line(servers.said());
    }
    if !args.once {
        account.line("Ctrl-C ends it.");
        stopped.await;
    }
    servers.close().await;
    ended(args, account);
    Ok(())
}

async fn ptv(args: &SandboxArgs, account: &Account) -> Result<(), SandboxError> {
    if args.only.len() > 1 {
        return Err(SandboxError::Usage("--only ptv stands alone: there is no job without an adapter".to_owned()));
    }
    if args.catalogue.is_some() || args.data.is_some() {
        return Err(SandboxError::Usage(
            "--catalogue and --data are the job's: PTV forgets everything at its end".to_owned(),
        ));
    }
    let stopped = stopped();
    tokio::pin!(stopped);
    let ptv = Ptv::start(args.config.as_deref(), args.reference.as_deref(), args.port_base).await?;
    if args.json {
        // A closed output is the reader's own choice.
        let _ = writeln!(std::io::stdout(), "{}", ptv.as_json());
    } else {
        account.line(ptv.said());
    }
    if !args.once {
        account.line("Ctrl-C ends it.");
        stopped.await;
    }
    ptv.close().await;
    ended(args, account);
    Ok(())
}

async fn viestit(args: &SandboxArgs, account: &Account) -> Result<(), SandboxError> {
    if args.only.len() > 1 {
        return Err(SandboxError::Usage("--only viestit stands alone: there is no job without an adapter".to_owned()));
    }
    if args.catalogue.is_some() || args.reference.is_some() {
        return Err(SandboxError::Usage("--catalogue and --reference are the job's, which viestit has not".to_owned()));
    }
    let stopped = stopped();
    tokio::pin!(stopped);
    let viestit = Viestit::start(args.config.as_deref(), args.data.as_deref(), args.port_base).await?;
    if args.json {
        // A closed output is the reader's own choice.
        let _ = writeln!(std::io::stdout(), "{}", viestit.as_json());
    } else {
        account.line(viestit.said());
    }
    if !args.once {
        account.line("Ctrl-C ends it.");
        stopped.await;
    }
    viestit.close().await;
    ended(args, account);
    Ok(())
}

/// What stood alone is gone: with `--once` nobody has pressed anything for it.
fn ended(args: &SandboxArgs, account: &Account) {
    account.line(if args.once { "Ended again (--once): nothing of it runs." } else { "\nEnded." });
}

fn failed(error: &SandboxError) -> u8 {
    // A closed standard error leaves the exit code to tell.
    let _ = writeln!(std::io::stderr(), "silta sandbox: {error}");
    error.exit_code()
}

async fn play(args: &SandboxArgs, account: &Account, started: Instant) -> Result<u8, SandboxError> {
    let options = args.options();
    let source = Source::read(&options)?;
    let stopped = stopped();
    tokio::pin!(stopped);
    let stage = tokio::select! {
        stage = Stage::build(&options, &source) => stage?,
        () = &mut stopped => return Ok(1),
    };
    introduce(&stage, &source, account);
    let mut job = Job::new(&stage, &source, account, &options)?;
    let outcome = tokio::select! {
        outcome = job.run(&options.steps, started) => outcome,
        () = &mut stopped => {
            account.line("\nStopped. Draining …");
            stage.close().await;
            return Ok(1);
        }
    };
    if args.conformance && outcome.is_ok() {
        let verdict = kit_judges(args, &stage, job.example(), &mut stopped).await;
        stage.close().await;
        return verdict;
    }
    let example = job.example();
    let report = job.report;
    if args.json {
        let object = serde_json::to_string(&report).map_err(|error| SandboxError::Failed(error.to_string()))?;
        // A closed output is the reader's own choice.
        let _ = writeln!(std::io::stdout(), "{object}");
    }
    let stay = outcome.is_ok() && !args.once;
    if outcome.is_ok() {
        account.line(format_args!("\nAll done in {:.1} s.", report.seconds));
    }
    if stay {
        account.line(Commands::prepare(&stage, report.letters.first_id.as_deref(), example.as_deref())?);
        account.line("Ctrl-C ends it.");
        let lifecycle = stage.adapter.lifecycle().await;
        let died = async {
            match lifecycle {
                Some(lifecycle) => lifecycle.stages().soft.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = &mut stopped => account.line("\nDraining …"),
            // A task of the adapter died; the log has said which.
            () = died => {}
        }
    }
    let drained = stage.close().await;
    outcome?;
    if !drained {
        return Err(SandboxError::Failed("the adapter did not drain in time".to_owned()));
    }
    Ok(0)
}

/// Runs the kit against the adapter, by a service of the catalogue that was pushed.
async fn kit_judges(
    args: &SandboxArgs,
    stage: &Stage,
    service: Option<String>,
    stopped: impl Future<Output = ()>,
) -> Result<u8, SandboxError> {
    let none = || SandboxError::Usage("the kit needs a catalogue with a service that others may see".to_owned());
    let target = kit::target(stage, &service.ok_or_else(none)?).await?;
    judge(&target, &args.judged, args.json, stopped).await
}

fn introduce(stage: &Stage, source: &Source, account: &Account) {
    let [(_, name), ..] = stage.place.names;
    account.line(format_args!(
        "Silta sandbox: {name} with its adapter and security server, another agency with its own, PTV and Suomi.fi \
         Viestit as simulators. All in this process, all on loopback."
    ));
    let removed = if stage.data_is_temporary() { ", removed at exit (--data DIR keeps it)" } else { "" };
    account.line(format_args!("Data: {}{removed}", stage.data().display()));
    account.line(format_args!("PTV's code lists: {}", source.reference_said));
}

/// Until Ctrl-C or SIGTERM; for ever where the signals cannot be listened to.
pub(super) async fn stopped() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::SandboxArgs;
    use crate::sandbox::Step;

    #[derive(Parser, Debug)]
    struct Line {
        #[command(flatten)]
        args: SandboxArgs,
    }

    #[test]
    fn reads_its_arguments() {
        let line = Line::try_parse_from(["silta", "--once", "--only", "a,b", "--port-base", "0"]).expect("sound");
        let options = line.args.options();
        assert_eq!(options.steps.into_iter().collect::<Vec<_>>(), [Step::A, Step::B]);
        assert_eq!(options.port_base, 0);
        let plain = Line::try_parse_from(["silta"]).expect("sound").args.options();
        assert_eq!((plain.steps.len(), plain.port_base), (7, 7080));
        assert!(Line::try_parse_from(["silta", "--only", "x"]).is_err());
        let servers = ["silta", "--only", "security-servers", "--config", "s.toml"];
        assert_eq!(Line::try_parse_from(servers).expect("sound").args.only, [super::Only::SecurityServers]);
        assert!(Line::try_parse_from(["silta", "--config", "s.toml"]).is_err());
        let ptv = Line::try_parse_from(["silta", "--only", "ptv", "--once"]).expect("sound").args;
        assert_eq!((ptv.only.as_slice(), ptv.once), (&[super::Only::Ptv][..], true));
        let viestit = ["silta", "--only", "viestit", "--data", "d", "--config", "v.toml"];
        assert_eq!(Line::try_parse_from(viestit).expect("sound").args.only, [super::Only::Viestit]);
    }
}
