//! `silta messages send`: an order from a file or standard input, judged and accepted by the running process.
//!
//! The order is the JSON of the REST interface, so that there is one form and one place of rules. Nothing of it is an
//! argument: a command line is seen by every user of the machine, and stays in histories.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::messages::{person, states, tint};
use super::output::{Output, Tint, cell, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::control::{Command, LetterFile, Sealed};
use crate::world::World;

/// Bytes of all files of one command; as base64 and with the order they fit one request to the operator's door.
const MOST_FILES: u64 = 45 << 20;
/// Bytes of an order without its files; what the door takes may be less.
const MOST_ORDER: u64 = 16 << 20;
/// How often the state is asked for while `--wait` waits: of a few letters, and of many.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];
/// So many letters are few.
const FEW: u64 = 100;

/// What `--help` ends with.
pub(super) const EXAMPLE: &str = "Example: silta messages send order.json --tenant turku --attachment decision.pdf --data silta-data

An order.json: {\"orderId\": \"2026-114\", \"recipients\": [{\"id\": \"010190-901R\"}], \"title\": \"Decision\", \"body\": \"See the attachment.\"}";

#[derive(Args, Debug)]
pub(super) struct SendArgs {
    /// The file of the order, as the REST interface takes it; - reads standard input.
    #[arg(value_name = "ORDER")]
    order: PathBuf,
    #[command(flatten)]
    place: Place,
    /// The tenant whose letters they are.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// A file for the attachment whose `part` is the file's name, or an attachment of its own; may be given several times.
    #[arg(long, value_name = "FILE")]
    attachment: Vec<PathBuf>,
    /// Only say what would become of it: nothing is accepted, and nothing kept.
    #[arg(long)]
    check: bool,
    /// Wait until Suomi.fi Messages has every letter, or a letter needs a person; so many seconds at most.
    #[arg(long, value_name = "SECONDS", conflicts_with = "check")]
    wait: Option<u64>,
    /// The language of what is wrong or doubtful; that of the environment (`LC_ALL`, `LC_MESSAGES`, `LANG`) when left out.
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Languages that findings have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Fi,
    Sv,
    En,
}

impl Language {
    /// By the first variable that says something, as programs of the system do.
    fn of(variables: impl IntoIterator<Item = Option<String>>) -> Language {
        let said = variables.into_iter().flatten().find(|value| !value.is_empty()).unwrap_or_default();
        let language = said.split(['_', '.', '@']).next().unwrap_or_default();
        match language {
            "fi" => Language::Fi,
            "sv" => Language::Sv,
            _ => Language::En,
        }
    }

    fn of_environment() -> Language {
        Language::of(["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).ok()))
    }

    fn member(self) -> &'static str {
        match self {
            Language::Fi => "fi",
            Language::Sv => "sv",
            Language::En => "en",
        }
    }
}

/// Exit code 1 when the order is refused, or `--wait` ends with letters that Suomi.fi Messages has not or will not have.
pub(super) async fn send(args: SendArgs, output: &mut Output) -> Result<u8, Failure> {
    let SendArgs { order, place, tenant, attachment, check, wait, lang, json } = args;
    let lang = lang.unwrap_or_else(Language::of_environment);
    let order = Sealed(read_order(&order)?);
    let files = read_files(&attachment)?;
    let order_id = order_id(&order.0);
    let command = Command::MessagesSend { tenant: tenant.clone(), order, files, check, person: person() };
    let mut answer = place.ask(&command).await?;
    if let Some(problem) = answer.get("refused") {
        let code = cell(&answer, "code");
        if json {
            output.json(&answer)?;
        } else {
            tell_refusal(problem, &code, lang, output)?;
        }
        return Ok(PROBLEM);
    }
    if let (Some(order_id), Some(members)) = (order_id, answer.as_object_mut()) {
        members.insert("orderId".to_owned(), order_id.into());
    }
    let Some(seconds) = wait else {
        tell(&answer, lang, json, output)?;
        return Ok(FINE);
    };
    if !json {
        tell(&answer, lang, json, output)?;
    }
    let id = answer.get("accepted").map(|accepted| cell(accepted, "id")).unwrap_or_default();
    let (status, done) = settled(&place, tenant, id, seconds, output).await?;
    let counts: Vec<(String, u64)> = states(&status).map(|(state, count)| (state.to_owned(), count)).collect();
    let troubled = counts.iter().any(|(state, _)| tint(state) == Tint::Bad);
    if json {
        if let Some(members) = answer.as_object_mut() {
            members.insert("states".to_owned(), status.get("states").cloned().unwrap_or_default());
        }
        output.json(&answer)?;
    } else {
        let row = |(state, count): &(String, u64)| vec![(state.clone(), tint(state)), plain(count.to_string())];
        output.table(&["state", "letters"], &counts.iter().map(row).collect::<Vec<_>>())?;
        if !done {
            output.line(&format!("not all of them have gone within {seconds} s; they go on by themselves"))?;
        }
    }
    Ok(if done && !troubled { FINE } else { PROBLEM })
}

/// The order's status once no letter waits to be sent, or the time is over.
async fn settled(
    place: &Place,
    tenant: String,
    id: String,
    seconds: u64,
    output: &mut Output,
) -> Result<(Value, bool), Failure> {
    let world = World::system();
    let until = world.elapsed().saturating_add(Duration::from_secs(seconds));
    let command = Command::MessageStatus { tenant: Some(tenant), id };
    loop {
        let status = place.ask(&command).await?;
        let all: u64 = states(&status).map(|(_, count)| count).sum();
        let waiting = states(&status).filter(|(state, _)| matches!(*state, "accepted" | "submitting"));
        let waiting: u64 = waiting.map(|(_, count)| count).sum();
        if waiting == 0 || world.elapsed() >= until {
            output.progress("")?;
            return Ok((status, waiting == 0));
        }
        output.progress(&format!("{} of {all} letters have gone", all - waiting))?;
        let [few, many] = PAUSES;
        tokio::time::sleep(if all > FEW { many } else { few }).await;
    }
}

fn tell(answer: &Value, lang: Language, json: bool, output: &mut Output) -> Result<(), Failure> {
    if json {
        return Ok(output.json(answer)?);
    }
    let accepted = answer.get("accepted");
    let told = accepted.or(answer.get("sound")).unwrap_or(&Value::Null);
    let mut rows = Vec::new();
    if accepted.is_some() {
        rows.push(("id", cell(told, "id")));
    }
    rows.push(("orderId", cell(answer, "orderId")));
    if let Some(accepted) = accepted {
        rows.push(("acceptedAt", cell(accepted, "acceptedAt")));
        let letters = accepted.get("sends").and_then(Value::as_array).map_or(0, Vec::len);
        rows.push(("letters", letters.to_string()));
    } else {
        rows.push(("letters", cell(told, "letters")));
    }
    for (name, value) in rows {
        output.line(&format!("{name:<10}  {}", crate::telemetry::safe(&value)))?;
    }
    let warnings = findings(told.get("warnings"));
    if !warnings.is_empty() {
        table(["warning", "rule", "what is doubtful"], &warnings, lang, output)?;
    }
    let repeated = answer.get("repeated").and_then(Value::as_bool).unwrap_or_default();
    let line = match (accepted.is_some(), repeated) {
        (true, false) => "accepted: it is sent by itself; `silta messages status` tells how far it is",
        (true, true) => "accepted before, with the same content: nothing is sent a second time",
        (false, false) => "it would be accepted; nothing was",
        (false, true) => "it was accepted before, with the same content: it would not be sent a second time",
    };
    Ok(output.line(line)?)
}

/// Everything that is wrong, member by member; what concerns no member stands alone.
fn tell_refusal(problem: &Value, code: &str, lang: Language, output: &mut Output) -> Result<(), Failure> {
    let mut found = findings(problem.get("findings"));
    if found.is_empty() {
        let field = problem.get("field").cloned().unwrap_or_default();
        let text = problem.get("detail").cloned().unwrap_or_default();
        found.push(json!({"field": field, "rule": code, "fi": text, "sv": text, "en": text}));
    }
    table(["member", "rule", "what is wrong"], &found, lang, output)?;
    let things = if found.len() == 1 { "1 thing is".to_owned() } else { format!("{} things are", found.len()) };
    Ok(output.line(&format!("refused: {things} wrong; nothing was accepted, and nothing is kept"))?)
}

fn table(heads: [&str; 3], found: &[Value], lang: Language, output: &mut Output) -> Result<(), Failure> {
    let row = |finding: &Value| ["field", "rule", lang.member()].map(|member| plain(cell(finding, member))).into();
    let rows: Vec<_> = found.iter().map(row).collect();
    Ok(output.table(&heads, &rows)?)
}

fn findings(given: Option<&Value>) -> Vec<Value> {
    given.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The caller's own id, where the order has one.
fn order_id(order: &str) -> Option<String> {
    let order: Value = serde_json::from_str(order).ok()?;
    order.get("orderId").and_then(Value::as_str).map(str::to_owned)
}

fn read_order(path: &Path) -> Result<String, Failure> {
    let shown = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let failed = |error: std::io::Error| Failure::usage(format!("{shown}: {error}"));
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MOST_ORDER + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_ORDER + 1).read_to_end(&mut bytes))
    };
    if read.map_err(failed)? as u64 > MOST_ORDER {
        let text = format!("{shown}: an order has at most 16 MiB; give its files with --attachment");
        return Err(Failure::usage(text));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{shown}: the order is not UTF-8")))?;
    // Some editors begin a file with a mark that is no JSON.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn read_files(paths: &[PathBuf]) -> Result<Vec<LetterFile>, Failure> {
    let mut left = MOST_FILES;
    let mut files: Vec<LetterFile> = Vec::with_capacity(paths.len());
    for path in paths {
        let failed = |text: String| Failure::usage(format!("--attachment {}: {text}", path.display()));
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| failed("the file has no name that its recipient could read".to_owned()))?;
        if files.iter().any(|file| file.name.0 == name) {
            return Err(failed("another file of this name is given already; rename one of them".to_owned()));
        }
        let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
        let mut content = Vec::new();
        let read = file.take(left + 1).read_to_end(&mut content).map_err(|error| failed(error.to_string()))? as u64;
        left = left.checked_sub(read).ok_or_else(|| {
            failed("the files have more than 45 MiB together, which is more than one command takes".to_owned())
        })?;
        files.push(LetterFile { name: Sealed(name.to_owned()), content: Sealed(STANDARD.encode(content)) });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Limits;

    #[test]
    fn the_language_is_that_of_the_first_variable_that_says_one() {
        let of = |values: [&str; 3]| Language::of(values.map(|value| Some(value.to_owned())));
        assert_eq!(of(["", "", "fi_FI.UTF-8"]), Language::Fi);
        assert_eq!(of(["sv_FI@euro", "fi_FI.UTF-8", "C"]), Language::Sv);
        assert_eq!(of(["C", "fi_FI.UTF-8", "fi_FI"]), Language::En);
        assert_eq!(Language::of([None, None, None]), Language::En);
    }

    #[test]
    fn files_are_bounded_together_and_have_names_of_their_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, size: usize| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, vec![b'x'; size]).expect("written");
            path
        };
        let (one, same, large) = (file("a.txt", 3), file("b/a.txt", 3), file("large.pdf", 45 << 20));
        let read = read_files(std::slice::from_ref(&one)).expect("read");
        assert_eq!((read[0].name.0.as_str(), read[0].content.0.as_str()), ("a.txt", "eHh4"));
        assert!(!format!("{read:?}").contains("a.txt"), "a file's name may name a person");
        let most = read_files(std::slice::from_ref(&large)).expect("just enough");
        let order = 3 << 20;
        assert!(
            most[0].content.0.len() + order < Limits::default().request,
            "it fits the operator's door, order and all"
        );
        for (paths, said) in [
            (&[large, one.clone()][..], "more than 45 MiB together"),
            (&[one, same], "another file of this name"),
            (&[folder.path().join("none.pdf")], "No such file"),
        ] {
            let failure = read_files(paths).expect_err("refused");
            assert!(failure.text.contains(said) && failure.code == super::super::USAGE, "{failure}");
        }
    }
}
