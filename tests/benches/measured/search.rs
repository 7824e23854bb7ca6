//! How fast the search of a large tenant answers: 5 000 generated services, the largest tenant that is expected.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use silta::catalogue::search::{Filter, Question, Search};
use silta::catalogue::{Batch, Catalogue};
use silta::model::{Master, View};
use silta::store::{Store, StoreConfig};
use silta::world::World;

use super::machine;
use super::report::Section;

const TENANT: &str = "suuri";
const SERVICES: usize = 5_000;
const QUERIES: usize = 1_000;
const PAGE: usize = 50;
/// Records that change before the index is brought up to date.
const CHANGED: usize = 10;
/// Bringing ten changed records up to date must not cost what all of them do.
const SHARE: f64 = 0.5;

/// Beginnings and ends of words: their combinations make the compounds of a large vocabulary.
const FIRST: [&str; 40] = [
    "päivä",
    "hammas",
    "lapsi",
    "koulu",
    "kirjasto",
    "uima",
    "jäte",
    "vene",
    "asunto",
    "perhe",
    "terveys",
    "vanhus",
    "nuoriso",
    "liikunta",
    "kulttuuri",
    "museo",
    "katu",
    "puisto",
    "vesi",
    "lämpö",
    "kartta",
    "tontti",
    "rakennus",
    "maksu",
    "tuki",
    "työ",
    "yritys",
    "opetus",
    "esi",
    "ilta",
    "aamu",
    "kesä",
    "talvi",
    "metsä",
    "ranta",
    "satama",
    "tori",
    "lupa",
    "ruoka",
    "eläin",
];
const LAST: [&str; 40] = [
    "hoito",
    "palvelu",
    "neuvonta",
    "ohjaus",
    "halli",
    "paikka",
    "lupa",
    "maksu",
    "tuki",
    "kerho",
    "ryhmä",
    "kurssi",
    "keskus",
    "toimisto",
    "asema",
    "valvonta",
    "tarkastus",
    "hakemus",
    "ilmoitus",
    "varaus",
    "vuokraus",
    "kuljetus",
    "apu",
    "koti",
    "talo",
    "alue",
    "kenttä",
    "rata",
    "laina",
    "avustus",
    "korvaus",
    "todistus",
    "suunnitelma",
    "selvitys",
    "tilasto",
    "näyttely",
    "tapahtuma",
    "leiri",
    "matka",
    "verkko",
];
/// What people type: words, forms, pieces of compounds, slips, several words.
const ASKED: [&str; 20] = [
    "päivähoito",
    "hammashoidon",
    "kirjastossa",
    "uimahalli",
    "uimhalli",
    "hoito",
    "neuvonta lapsille",
    "paivahoito",
    "venepaikan varaus",
    "tontti",
    "rakennuslupahakemus",
    "liikuntakerhot",
    "eläinlääkäri",
    "toimeentulotuki",
    "museon näyttely kesällä",
    "kesäleirit nuorille",
    "jätemaksu",
    "vanhusten kuljetus",
    "asunnon hakeminen",
    "xyzzy",
];

pub(crate) fn measure() -> Result<Section> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let world = World::system();
    let store = Store::open(StoreConfig::in_folder(scratch.path()), &world).await?;
    let tenant: Arc<str> = Arc::from(TENANT);
    let catalogue = Catalogue::load(&store, &world, &silta::telemetry::Metrics::new(), [Arc::clone(&tenant)]).await?;
    put(&catalogue, (0..SERVICES).map(|number| service(number, 0))).await?;
    let folder = scratch.path().join("search");
    let search = Arc::new(Search::on_disk(folder.clone(), 1));
    let view = view(&catalogue)?;
    let before = machine::memory(std::process::id(), "VmRSS")?;
    let (building, _) = ask(&search, &tenant, &view, "päivähoito").await?;
    let after = machine::memory(std::process::id(), "VmRSS")?;

    let mut took = Vec::with_capacity(QUERIES);
    let mut found = 0;
    for words in ASKED.iter().cycle().take(QUERIES) {
        let (time, answers) = ask(&search, &tenant, &view, words).await?;
        took.push(time);
        found += usize::from(answers > 0);
    }
    took.sort_unstable();
    let at = |share: usize| took.get(QUERIES * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);

    drop(search);
    let search = Arc::new(Search::on_disk(folder.clone(), 1));
    let (opening, _) = ask(&search, &tenant, &view, "päivähoito").await?;
    put(&catalogue, (0..CHANGED).map(|number| service(number, 1))).await?;
    let (following, _) = ask(&search, &tenant, &self::view(&catalogue)?, "päivähoito").await?;
    store.close().await;

    let seconds = |time: Duration| time.as_secs_f64();
    let share = seconds(following) / seconds(building);
    let (megabytes, kilobytes) = (|bytes: u64| bytes / 1_000_000, |bytes: u64| bytes / 1_000);
    let text = format!(
        "## Search in a large tenant\n\n{SERVICES} generated services; {QUERIES} searches of {} queries one after another, \
         a page of {PAGE} each, without the door before it.\n\n\
         | what | measured | goal |\n|---|---|---|\n\
         | one search | p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms | p99 ≤ 20 ms |\n\
         | searches that find something | {found} of {QUERIES} | |\n\
         | making the index from nothing, and a search | {:.2} s | |\n\
         | opening it after a restart, and a search | {:.2} s | |\n\
         | after {CHANGED} changed records, and a search | {:.3} s, **{share:.2}** of the first | ≤ {SHARE} |\n\
         | the index on disk | {} kB | |\n\
         | resident memory that the open index and its making took | {} MB | |\n",
        ASKED.len(),
        at(50),
        at(99),
        at(100).max(took.last().map_or(0.0, |time| time.as_secs_f64() * 1_000.0)),
        seconds(building),
        seconds(opening),
        seconds(following),
        kilobytes(size(&folder)?),
        megabytes(after.saturating_sub(before)),
    );
    let mut missed = Vec::new();
    if share > SHARE {
        missed.push(format!("search: {CHANGED} changed records took {share:.2} of what all {SERVICES} took"));
    }
    Ok(Section { text, missed })
}

async fn ask(search: &Arc<Search>, tenant: &Arc<str>, view: &Arc<View>, words: &str) -> Result<(Duration, usize)> {
    let question = Question { words: Some(words.to_owned()), lang: None, filter: Filter::default() };
    let started = Instant::now();
    let found = search.find(tenant, Arc::clone(view), question, None, PAGE).await?;
    Ok((started.elapsed(), found.services.len()))
}

async fn put(catalogue: &Catalogue, records: impl Iterator<Item = Value>) -> Result<()> {
    let batch = Batch { id: None, master: Master("cms".into()), records: records.collect() };
    catalogue.accept(TENANT, batch).await?;
    Ok(())
}

fn view(catalogue: &Catalogue) -> Result<Arc<View>> {
    catalogue.view(TENANT).context("the catalogue's view")
}

/// A service of some 150 words, the same on every run.
fn service(number: usize, revision: usize) -> Value {
    let pick = |words: &[&'static str; 40], at: usize| words.get(at % words.len()).copied().unwrap_or_default();
    let word = |at: usize| format!("{}{}", pick(&FIRST, at / 7 + number), pick(&LAST, at * 13 + number / 40));
    let text = |from: usize, count: usize| (from..from + count).map(word).collect::<Vec<_>>().join(" ");
    json!({
        "laji": "palvelu", "koodi": number.to_string(), "tila": {"koodi": "1"},
        "nimi_kieliversiot": {"fi": format!("{} {}", word(revision), pick(&LAST, number)), "sv": format!("Tjänst {number}")},
        "tiivistelma_kieliversiot": {"fi": text(3, 12), "sv": format!("Service nummer {number} för alla")},
        "kuvaus_kieliversiot": {"fi": format!("<p>{}</p>", text(17, 120))},
    })
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { size(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
