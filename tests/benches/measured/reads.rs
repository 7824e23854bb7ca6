//! What a read of the catalogue costs beside its transport, and whether the change feed costs more in a larger
//! catalogue (issue 4, “Measured”).

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use silta::catalogue::pat;
use silta::model::{EntityKey, Kind, Master, Stored, View};
use silta::operations::catalogue::{Answer, Read, read};
use silta::operations::registry::Shape;
use silta::world::World;

use super::finland;
use super::load::ToF64 as _;
use super::report::{Section, grouped, median};

/// Services of the small and of the large catalogue; each has three other records.
const SMALL: usize = 500;
const LARGE: usize = 50_000;
const TIMES: usize = 1_000;
const ROUNDS: usize = 21;
/// Microseconds.
const GOAL: f64 = 50.0;
/// A hundred times the records may cost a little more: the tree is deeper, and less of it is in the processor's cache.
const MOST: f64 = 3.0;

pub(crate) fn measure() -> Result<Section> {
    let (small, large) = (view(SMALL)?, view(LARGE)?);
    let feed = |view: &View| -> Result<f64> {
        // The cursor of a reader who is a page behind.
        let whole = Read { limit: Some(200), ..Read::default() };
        let mut cursor = None;
        let behind = view.sequence() - 40;
        for stored in view.changes_after(behind).take(1) {
            cursor = Some(stored.sequence);
        }
        let cursor = cursor.map(cursor_of);
        micros(view, Shape::Changes, &Read { cursor, ..whole })
    };
    let (of_small, of_large) = (feed(&small)?, feed(&large)?);
    let service = Read { code: Some("100".to_owned()), ..Read::default() };
    let get = micros(&large, Shape::Get(Kind::Service), &service)?;
    let Answer::Service(answer) = asked(&large, Shape::Get(Kind::Service), &service)? else {
        return Err(anyhow!("not a service"));
    };
    let json = timed(|| serde_json::to_vec(black_box(&answer)).map(drop).map_err(Into::into))?;
    let first = micros(&large, Shape::List(Kind::Service), &Read::default())?;
    let ratio = of_large / of_small;
    let mark = |good: bool| if good { "" } else { ", **missed**" };
    let text = format!(
        "## Reads of the catalogue\n\nThe work of a read beside its transport, from views of {} and {} records; medians of \
         {ROUNDS} rounds of {TIMES}. A repeated `getService` finds its answer rendered and costs less.\n\n\
         | what | measured | goal |\n|---|---|---|\n\
         | `getService` of {} records, and its JSON | {get:.1} µs, {json:.1} µs{} | ≤ {GOAL} µs together |\n\
         | `listServices`, a page of 50 | {first:.0} µs | |\n\
         | `listChanges`, 40 changes behind, of {} and of {} records | {of_small:.1} µs, {of_large:.1} µs: **{ratio:.2}** | ≤ {MOST} |\n",
        grouped((SMALL * 4).to_f64()),
        grouped((LARGE * 4).to_f64()),
        grouped((LARGE * 4).to_f64()),
        mark(get + json <= GOAL),
        grouped((SMALL * 4).to_f64()),
        grouped((LARGE * 4).to_f64()),
    );
    let mut missed = Vec::new();
    if ratio > MOST {
        missed.push(format!("listChanges costs {ratio:.2} times as much in a catalogue a hundred times as large"));
    }
    Ok(Section { text, missed })
}

fn cursor_of(sequence: u64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sequence.to_string())
}

fn asked(view: &View, shape: Shape, request: &Read) -> Result<Answer> {
    let guid = |_: &EntityKey| None;
    read(view, shape, request, &guid).map_err(|refusal| anyhow!("refused: {refusal:?}"))
}

fn micros(view: &View, shape: Shape, request: &Read) -> Result<f64> {
    timed(|| asked(view, shape, black_box(request)).map(drop))
}

fn timed(work: impl Fn() -> Result<()>) -> Result<f64> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..TIMES {
            work()?;
        }
        rounds.push(started.elapsed().as_secs_f64() * 1e6 / TIMES.to_f64());
    }
    Ok(median(rounds))
}

fn view(services: usize) -> Result<View> {
    let now = World::system().now();
    let mut stored = Vec::with_capacity(services * 4);
    for number in 0..services * 4 {
        let entity = pat::read(&finland::record(number, services)).entity.context("a record that is sound")?;
        let sequence = u64::try_from(number)? + 1;
        stored.push(Arc::new(Stored { entity, revision: 1, sequence, master: Master("cms".into()), changed_at: now }));
    }
    let last = u64::try_from(stored.len())?;
    Ok(View::default().with(stored, last))
}
