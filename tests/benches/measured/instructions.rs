//! How many instructions the steps of an exchange take, counted by valgrind: the same for the same binary and input,
//! whatever else the machine does. A count more than 3 % above the recorded one fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use silta::model::evidence::{EvidenceDraft, GENESIS, RecordKind, chain, leaf};
use xroad::mime::{ContentType, Flavour, Message, MimeLimits, Writer};
use xroad::soap::{read_request, write};
use xroad::xml::{Fields, Limits};

use super::load::ToF64 as _;
use super::report::{Section, grouped, median};
use super::roles::Role;
use super::{message, root};

/// The steps by name, each with what it works on.
const STEPS: [(&str, &str); 5] = [
    ("gate", "`read_request` of a 3 kB `getService`: encoding, tokens, header, body element"),
    ("reader", "the members of its body element"),
    ("writer", "`write::response`: the echoed header and a body of 2 kB"),
    ("mime", "`Message::read` of a SOAP part and an attachment of 64 KiB"),
    ("chain", "a record of the message log: encoding, SHA-256 of chain and leaf"),
];
/// How often a step runs for a count: the difference of two counts leaves the start of the process out.
const FEW: u32 = 10;
const MANY: u32 = 110;
/// A count may grow by so much.
const TOLERANCE: f64 = 0.03;
/// Microseconds (issue 2, “Measured”).
const GATE_GOAL: f64 = 15.0;

pub(crate) fn measure(write: bool) -> Result<Section> {
    let mut counts = BTreeMap::new();
    for (step, _) in STEPS {
        let count = (counted(step, MANY)? - counted(step, FEW)?) / u64::from(MANY - FEW);
        counts.insert(step.to_owned(), count);
    }
    let recorded: BTreeMap<String, u64> = match std::fs::read_to_string(record()) {
        Ok(text) => serde_json::from_str(&text).context("the recorded counts")?,
        Err(_) if write => BTreeMap::new(),
        Err(error) => bail!("{}: {error}; `-- --write` makes it", record().display()),
    };
    let mut text = String::from(
        "## Instructions\n\nCounted by valgrind (callgrind), one run of each step; the figures of an earlier run stand in \
         `tests/benches/instructions.json`, and a growth of more than 3 % fails.\n\n\
         | step | instructions | recorded before | what |\n|---|---|---|---|\n",
    );
    let mut missed = Vec::new();
    for (step, what) in STEPS {
        let count = counts.get(step).copied().unwrap_or_default();
        let before = recorded.get(step).copied();
        let shown = before.map_or_else(|| "–".to_owned(), |before| grouped(before.to_f64()));
        let _ = writeln!(text, "| {step} | {} | {shown} | {what} |", grouped(count.to_f64()));
        if before.is_some_and(|before| count.to_f64() > before.to_f64() * (1.0 + TOLERANCE)) {
            missed.push(format!("{step}: {count} instructions, {} were recorded", before.unwrap_or_default()));
        }
    }
    let gate = gate_time()?;
    let _ =
        writeln!(text, "\nThe gate takes {gate:.1} µs (goal ≤ {GATE_GOAL:.0} µs), the median of 21 times 1 000 runs.");
    if write {
        // What has grown within the tolerance is not recorded, else it could grow by that much every time.
        for (step, count) in &mut counts {
            *count = recorded.get(step).map_or(*count, |before| (*count).min(*before));
        }
        std::fs::write(record(), format!("{}\n", serde_json::to_string_pretty(&counts)?))?;
    }
    Ok(Section { text, missed })
}

fn record() -> PathBuf {
    root().join("tests/benches/instructions.json")
}

fn counted(step: &str, times: u32) -> Result<u64> {
    let own = Role::Step(step.to_owned(), times).command()?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(own.get_program()).args(own.get_args());
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => bail!("valgrind (Debian's package of that name) does not start: {error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{step} under valgrind: {said}");
    let count = said.lines().find_map(|line| line.split_once("Collected : ")).context("callgrind's count")?.1;
    count.trim().parse().context("callgrind's count")
}

fn gate_time() -> Result<f64> {
    let run = step("gate")?;
    Ok(median((0..21).map(|_| {
        let started = Instant::now();
        for _ in 0..1000 {
            run();
        }
        started.elapsed().as_secs_f64() * 1e3
    })))
}

/// The role of a process: one step, so often.
pub(crate) fn repeat(name: &str, times: u32) -> Result<()> {
    let run = step(name)?;
    for _ in 0..times {
        run();
    }
    Ok(())
}

fn step(name: &str) -> Result<Box<dyn Fn()>> {
    let request = message::get_service("740", 3000)?;
    let limits = Limits::default();
    let read = read_request(&request, &limits).context("the request")?;
    Ok(match name {
        "gate" => Box::new(move || drop(black_box(read_request(black_box(&request), &limits)))),
        "reader" => Box::new(move || {
            if let Ok(mut fields) = Fields::of(black_box(&read.body), "urn:silta:catalogue:v1", "getService") {
                drop(black_box(fields.text("code").map(str::to_owned)));
                drop(black_box(fields.finish()));
            }
        }),
        "writer" => {
            let body = format!(
                "<getServiceResponse xmlns=\"urn:silta:catalogue:v1\">{}</getServiceResponse>",
                "ä ".repeat(666)
            );
            Box::new(move || drop(black_box(write::response(black_box(&read.header.echo), black_box(&body)))))
        }
        "mime" => {
            let writer = Writer::new(Flavour::Mtom, "boundary-of-the-bench")?;
            let content_type = ContentType::parse(&writer.content_type())?;
            let mut entity = Vec::new();
            writer.soap(&mut entity, &request);
            writer.attachment_head(&mut entity, "application/pdf", "letter@example")?;
            entity.resize(entity.len() + 64 * 1024, b'-');
            writer.close(&mut entity);
            ensure!(
                Message::read(&content_type, &entity, MimeLimits::default())?.attachments.len() == 1,
                "one attachment"
            );
            Box::new(move || drop(black_box(Message::read(&content_type, black_box(&entity), MimeLimits::default()))))
        }
        "chain" => {
            let mut draft =
                EvidenceDraft::new(RecordKind::Exchange, "turku", Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
            draft.client = Some(message::CLIENT.to_owned());
            draft.operation = Some("FI-TEST/MUN/1234567-1/palvelut/getService/v1".to_owned());
            draft.request_digest = Some(vec![7; 64]);
            draft.response_digest = Some(vec![9; 64]);
            Box::new(move || {
                let record = black_box(&draft).encode("writer", 1);
                black_box((chain(&GENESIS, &record), leaf(&GENESIS, &record)));
            })
        }
        other => bail!("no step is called {other:?}"),
    })
}
