//! `silta conformance`: the kit against any adapter. Cases and their judgement are the package `conformance`'s; here are
//! the arguments, the files and the exit code.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use conformance::ca::Identity;
use conformance::cases::{self, Family};
use conformance::kit::{self, Acts, Commands, NoActs, Selection, Settings, Target};
use conformance::report::{self, Report};
use conformance::security_server::ClientId;

use super::sandbox::stopped;
use super::{FINE, PROBLEM};
use crate::sandbox::SandboxError;
use crate::world::World;

pub(super) const EXAMPLE: &str = "Example: silta conformance --target https://adapter.example.fi:8443/items?wsdl \
                                  --client-cert ss.pem --client FI-TEST/GOV/9999906-0/asiointi \
                                  --provider FI-TEST/MUN/1234567-1/palvelut --html report.html\n\
                                  docs/conformance.md says what kit.toml and control.toml hold.";

/// What is judged, and where the verdict goes.
#[derive(Args, Debug, Default, Clone)]
pub struct Judged {
    /// Only these families: soap (the first five), identifiers, requests, responses, faults, attachments, rest, metadata,
    /// tls, consumer, transport, security, logging.
    #[arg(long, value_name = "FAMILIES", value_delimiter = ',', value_parser = family)]
    pub family: Vec<Families>,
    /// Only these cases, as in AT-01.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub case: Vec<String>,
    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a report to read and print: one HTML file.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// What one word after `--family` means.
#[derive(Debug, Clone)]
pub struct Families(Vec<Family>);

fn family(word: &str) -> Result<Families, String> {
    match Family::of_word(word) {
        Some(families) => Ok(Families(families)),
        None => word.parse::<Family>().map(|family| Families(vec![family])),
    }
}

/// Judges an X-Road adapter by the cases of the conformance kit, as a security server meets it.
#[derive(Args, Debug)]
pub(super) struct ConformanceArgs {
    /// The address of a WSDL or OpenAPI (JSON) document of the adapter; give every one.
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    target: Vec<String>,
    /// The certificate of the security server that the adapter has pinned (PEM), with its key or beside it.
    #[arg(long, value_name = "FILE")]
    client_cert: Option<PathBuf>,
    /// Its private key (PEM, PKCS#8); looked for in --client-cert when left out.
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// The X-Road client that the adapter allows to call, as in X-Road-Client.
    #[arg(long, value_name = "ID", required_unless_present = "list")]
    client: Option<String>,
    /// The subsystem that offers the services.
    #[arg(long, value_name = "ID", required_unless_present = "list")]
    provider: Option<String>,
    /// kit.toml: what no description says, such as the body of a good request.
    #[arg(long, value_name = "FILE")]
    kit: Option<PathBuf>,
    /// control.toml: commands that reach the adapter's inside.
    #[arg(long, value_name = "FILE")]
    control: Option<PathBuf>,
    #[command(flatten)]
    judged: Judged,
    /// Print one JSON object on standard output, and everything else on standard error.
    #[arg(long)]
    json: bool,
    /// List the cases and end.
    #[arg(long)]
    list: bool,
}

/// Runs the command and returns its exit code: 0 no case failed, 1 one did, 2 the arguments, a file that they name, or
/// an adapter that does not answer.
pub(super) async fn run(args: &ConformanceArgs) -> u8 {
    let done = if args.list { Ok(list(args)) } else { play(args).await };
    done.unwrap_or_else(|error| {
        // A closed standard error leaves the exit code to tell.
        let _ = writeln!(std::io::stderr(), "silta conformance: {error}");
        error.exit_code()
    })
}

fn list(args: &ConformanceArgs) -> u8 {
    let selection = selection(&args.judged);
    let mut out = std::io::stdout();
    for case in cases::all().filter(|it| selection.has(it)) {
        // A closed output is the reader's own choice.
        let _ = writeln!(out, "{:<14} {:<12} {} ({})", case.id, case.family.word(), case.title, case.source);
    }
    FINE
}

async fn play(args: &ConformanceArgs) -> Result<u8, SandboxError> {
    let id = |flag: &str, value: Option<&String>| {
        let value = value.map(String::as_str).unwrap_or_default();
        ClientId::from_header(value).ok_or_else(|| {
            SandboxError::Usage(format!("--{flag} {value}: INSTANCE/CLASS/MEMBER/SUBSYSTEM is expected"))
        })
    };
    let (client, provider) = (id("client", args.client.as_ref())?, id("provider", args.provider.as_ref())?);
    let identity = match &args.client_cert {
        None => None,
        Some(certificate) => Some(identity(certificate, args.client_key.as_deref())?),
    };
    let usage = |error: kit::SettingsError| SandboxError::Usage(error.to_string());
    let settings = args.kit.as_deref().map_or(Ok(Settings::default()), Settings::read).map_err(usage)?;
    let acts: Arc<dyn Acts> = match &args.control {
        None => Arc::new(NoActs),
        Some(path) => Arc::new(Commands::read(path).map_err(usage)?),
    };
    let target = Target::new(&args.target, identity, client, provider, settings, acts)
        .await
        .map_err(|error| SandboxError::Usage(error.to_string()))?;
    judge(&target, &args.judged, args.json, stopped()).await
}

fn identity(certificate: &Path, key: Option<&Path>) -> Result<Identity, SandboxError> {
    Identity::read(certificate, key.unwrap_or(certificate)).map_err(|error| SandboxError::Usage(error.to_string()))
}

fn selection(judged: &Judged) -> Selection {
    Selection { families: judged.family.iter().flat_map(|it| it.0.clone()).collect(), ids: judged.case.clone() }
}

/// Runs the kit against a target until all is judged or `stopped` is ready, writes the reports, and says the exit code.
pub(super) async fn judge(
    target: &Target,
    judged: &Judged,
    json: bool,
    stopped: impl Future<Output = ()>,
) -> Result<u8, SandboxError> {
    let selection = selection(judged);
    if !cases::all().any(|case| selection.has(case)) {
        return Err(SandboxError::Usage("no case is of that id and family; --list shows them".to_owned()));
    }
    let mut out: Box<dyn std::io::Write> = if json { Box::new(std::io::stderr()) } else { Box::new(std::io::stdout()) };
    let began = World::system().now().to_string();
    // A closed output is the reader's own choice.
    let told = |done: &kit::Done| drop(writeln!(out, "{}", report::line(done)));
    let done = kit::run_until(cases::all(), target, &selection, told, stopped).await;
    let finished = Report { target: target.urls.clone(), began, cases: done };
    let _ = writeln!(out, "{}", report::summary(&finished));
    let write = |path: &Option<PathBuf>, text: &dyn Fn(&Report) -> String| match path {
        None => Ok(()),
        Some(path) => std::fs::write(path, text(&finished))
            .map_err(|error| SandboxError::Usage(format!("{}: {error}", path.display()))),
    };
    write(&judged.junit, &report::junit)?;
    write(&judged.html, &report::html)?;
    if json {
        let _ = writeln!(std::io::stdout(), "{}", report::json(&finished));
    }
    Ok(if finished.counts().failed == 0 { FINE } else { PROBLEM })
}
