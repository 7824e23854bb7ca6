//! A synthetic Finland: 300 tenants whose sizes follow a Zipf law, the largest with 5 000 services, taken in through
//! the same acceptance as every push (issue 4, “Measured”); then the same again in a new process, where nothing may be
//! written or indexed anew.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use silta::catalogue::search::{Filter, Question, Search};
use silta::catalogue::{Batch, Catalogue, Outcome};
use silta::model::{Master, View};
use silta::store::{Store, StoreConfig};
use silta::world::World;

use super::machine;
use super::report::{Section, grouped};
use super::roles::Role;

const TENANTS: usize = 300;
const SERVICES: usize = 50_000;
const LARGEST: usize = 5_000;
/// Channels and offers of one service.
const WITH_A_SERVICE: usize = 3;
/// Records of one push; a CMS that sends its all does so in several.
const BATCH: usize = 2_000;
const RATE: f64 = 3_000.0;
const RESIDENT: f64 = 500.0;
/// Opening an index that has nothing to do must cost next to nothing beside making it.
const SHARE: f64 = 0.2;

/// What one process did.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    loading: f64,
    /// Entities, and the seconds in which they were accepted.
    entities: usize,
    created: usize,
    unchanged: usize,
    accepting: f64,
    /// The first search in the largest tenant.
    searching: f64,
    /// Its second.
    again: f64,
    resident: u64,
    highest: u64,
}

pub(crate) fn measure() -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let first = run(scratch.path())?;
    let second = run(scratch.path())?;
    let expected = SERVICES * (1 + WITH_A_SERVICE);
    ensure!(first.created == expected, "{} of {expected} entities were created", first.created);
    ensure!(second.unchanged == expected, "{} of {expected} entities were unchanged", second.unchanged);
    let rate = |told: &Told| f64::from(u32::try_from(told.entities).unwrap_or(u32::MAX)) / told.accepting;
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let share = (second.searching - second.again).max(0.0) / first.searching;
    let mark = |good: bool| if good { "" } else { ", **missed**" };
    let mut missed = Vec::new();
    let most = first.highest.max(second.highest);
    #[expect(clippy::cast_precision_loss, reason = "megabytes are far below the limit")]
    let resident_good = (megabytes(most) as f64) < RESIDENT;
    if !resident_good {
        missed.push(format!("a synthetic Finland held {} MB", megabytes(most)));
    }
    if share > SHARE {
        missed.push(format!("after a restart the first search took {share:.2} of making its index"));
    }
    let text = format!(
        "## A synthetic Finland\n\n{TENANTS} tenants by a Zipf law, the largest with {} services; {} services, {} channels \
         and offers, in pushes of {BATCH} through `Catalogue::accept` into SQLite, one after another. Then a new process \
         over the same folder takes the same in again. The memory is that of the whole process, the pushes among it.\n\n\
         | what | first | again, after a restart | goal |\n|---|---|---|---|\n\
         | entities/s | {}{} | {}{} | ≥ 3 000 |\n\
         | created, unchanged | {}, {} | {}, {} | |\n\
         | loading the views at start | {:.1} s | {:.1} s | |\n\
         | first search in the largest tenant, and the next | {:.3} s, {:.4} s | {:.3} s, {:.4} s (**{share:.2}** of the first) | ≤ {SHARE} |\n\
         | resident memory, and at its highest | {} MB, {} MB | {} MB, {} MB{} | < 500 MB |\n",
        grouped(5_000.0),
        grouped(50_000.0),
        grouped(150_000.0),
        grouped(rate(&first)),
        mark(rate(&first) >= RATE),
        grouped(rate(&second)),
        mark(rate(&second) >= RATE),
        first.created,
        first.unchanged,
        second.created,
        second.unchanged,
        first.loading,
        second.loading,
        first.searching,
        first.again,
        second.searching,
        second.again,
        megabytes(first.resident),
        megabytes(first.highest),
        megabytes(second.resident),
        megabytes(second.highest),
        mark(resident_good),
    );
    Ok(Section { text, missed })
}

fn run(folder: &Path) -> Result<Told> {
    let role = Role::Finland(folder.to_owned());
    let output = role.command()?.stdout(Stdio::piped()).spawn()?.wait_with_output()?;
    ensure!(output.status.success(), "the import failed");
    serde_json::from_slice(&output.stdout).context("what the import told")
}

/// The role: takes everything in and tells what that took.
pub(crate) fn import(folder: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let told = runtime.block_on(take_in(folder))?;
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

async fn take_in(folder: &Path) -> Result<Told> {
    let world = World::system();
    let store = Store::open(StoreConfig::in_folder(folder), &world).await?;
    let sizes = sizes();
    let tenants: Vec<Arc<str>> = (0..sizes.len()).map(|number| Arc::from(format!("kunta{number}"))).collect();
    let started = Instant::now();
    let metrics = silta::telemetry::Metrics::new();
    let catalogue = Catalogue::load(&store, &world, &metrics, tenants.iter().cloned()).await?;
    let loading = started.elapsed();

    let (mut accepting, mut entities, mut created, mut unchanged) = (Duration::ZERO, 0, 0, 0);
    for (tenant, services) in tenants.iter().zip(&sizes) {
        let records: Vec<usize> = (0..services * (1 + WITH_A_SERVICE)).collect();
        for part in records.chunks(BATCH) {
            let records = part.iter().map(|number| record(*number, *services)).collect();
            let batch = Batch { id: None, master: Master("cms".into()), records };
            let started = Instant::now();
            let verdicts = catalogue.accept(tenant, batch).await?;
            accepting += started.elapsed();
            entities += verdicts.len();
            if let Some(refused) = verdicts.iter().find(|verdict| verdict.outcome == Outcome::Refused) {
                bail!("a record of ours is refused: {refused:?}");
            }
            created += verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Created).count();
            unchanged += verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Unchanged).count();
        }
    }
    let search = Arc::new(Search::on_disk(folder.join("search"), 1));
    let largest = tenants.first().context("the largest tenant")?;
    let view = catalogue.view(largest).context("its view")?;
    let searching = ask(&search, largest, &view).await?;
    let again = ask(&search, largest, &view).await?;
    let own = std::process::id();
    let (resident, highest) = (machine::memory(own, "VmRSS")?, machine::memory(own, "VmHWM")?);
    store.close().await;
    let seconds = |time: Duration| time.as_secs_f64();
    Ok(Told {
        loading: seconds(loading),
        entities,
        created,
        unchanged,
        accepting: seconds(accepting),
        searching: seconds(searching),
        again: seconds(again),
        resident,
        highest,
    })
}

async fn ask(search: &Arc<Search>, tenant: &Arc<str>, view: &Arc<View>) -> Result<Duration> {
    let question = Question { words: Some("hammashoidon ajanvaraus".into()), lang: None, filter: Filter::default() };
    let started = Instant::now();
    let found = search.find(tenant, Arc::clone(view), question, None, 20).await?;
    ensure!(!found.services.is_empty(), "the largest tenant's search finds nothing");
    Ok(started.elapsed())
}

/// The services of each tenant, largest first: `LARGEST / rank^s`, with the exponent that makes the sum right.
fn sizes() -> Vec<usize> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small counts"
    )]
    let of = |exponent: f64| -> Vec<usize> {
        (1..=TENANTS).map(|rank| ((LARGEST as f64) / (rank as f64).powf(exponent)).round().max(1.0) as usize).collect()
    };
    let (mut low, mut high) = (0.5, 1.5);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if of(middle).iter().sum::<usize>() > SERVICES {
            low = middle;
        } else {
            high = middle;
        }
    }
    let mut sizes = of(high);
    // What rounding has left over goes to the middle.
    let short = SERVICES - sizes.iter().sum::<usize>();
    for size in sizes.iter_mut().skip(TENANTS / 2).take(short) {
        *size += 1;
    }
    sizes
}

const WORDS: [&str; 30] = [
    "hammashoidon",
    "ajanvaraus",
    "päiväkoti",
    "kirjasto",
    "uimahalli",
    "venepaikka",
    "tontti",
    "rakennuslupa",
    "neuvola",
    "perhetyö",
    "liikunta",
    "jätehuolto",
    "museo",
    "kuljetus",
    "avustus",
    "hakemus",
    "asukas",
    "lapsi",
    "vanhus",
    "nuori",
    "koulu",
    "opetus",
    "ohjaus",
    "tuki",
    "maksu",
    "alue",
    "palvelu",
    "varaus",
    "neuvonta",
    "todistus",
];

fn text(from: usize, count: usize) -> String {
    let word = |at: usize| WORDS.get((at * at + 7 * at + from) % WORDS.len()).copied().unwrap_or_default();
    (from..from + count).map(word).collect::<Vec<_>>().join(" ")
}

/// The records of a tenant in the order in which a CMS sends them: services, channels of all kinds, offers.
pub(super) fn record(number: usize, services: usize) -> Value {
    let (sort, at) = (number / services, number % services);
    let name = |fi: &str, sv: &str| json!({"fi": format!("{} {fi} {at}", text(at, 2)), "sv": format!("{sv} {at}")});
    match sort {
        0 => json!({
            "laji": "palvelu", "koodi": at.to_string(), "tila": {"koodi": "1"},
            "nimi_kieliversiot": name("palvelu", "Tjänst"),
            "tiivistelma_kieliversiot": {"fi": text(at, 12), "sv": format!("Kort om tjänsten {at} för alla invånare")},
            "kuvaus_kieliversiot": {"fi": format!("<p>{}</p>", text(at + 3, 60)), "sv": format!("<p>Service {at}, på svenska, med villkor och tider som gäller alla.</p>")},
        }),
        1 if at % 2 == 0 => json!({
            "laji": "palvelupiste", "koodi": format!("p{at}"), "tila": {"koodi": "1"},
            "nimi_kieliversiot": name("toimipiste", "Serviceställe"),
            "tiivistelma_kieliversiot": {"fi": text(at, 10), "sv": format!("Stället {at} i korthet")},
            "kuvaus_kieliversiot": {"fi": text(at + 1, 30), "sv": format!("Stället {at} ligger nära hållplatsen.")},
            "kielet": ["fi", "sv"],
            "fyysinenPaikka": {
                "leveysaste": format!("60.4{:04}", at % 10_000), "pituusaste": format!("22.2{:04}", at % 10_000),
                "osoitteet": [{"katuosoite_fi": format!("Puutarhakatu {}", at % 90 + 1), "postinumero": "20100", "postitoimipaikka_fi": "Turku"}],
            },
            "puhelinnumerot": [{"maakoodi": "358", "numero": format!("255{:05}", at)}],
        }),
        1 => json!({
            "laji": "palvelukanava", "koodi": format!("k{at}"), "kanavalaji": "sahkoinen", "tila": {"koodi": "1"}, "tunnistautuminen": true,
            "nimi_kieliversiot": name("asiointi", "E-tjänst"),
            "tiivistelma_kieliversiot": {"fi": text(at, 10), "sv": format!("E-tjänsten {at} i korthet")},
            "kuvaus_kieliversiot": {"fi": text(at + 1, 30), "sv": format!("E-tjänsten {at} kräver identifiering.")},
            "kielet": ["fi", "sv"],
            "osoite_kieliversiot": {"fi": format!("https://www.kunta.example/fi/asiointi/{at}"), "sv": format!("https://www.kunta.example/sv/asiointi/{at}")},
        }),
        2 => json!({
            "laji": "palvelukanava", "koodi": format!("s{at}"), "kanavalaji": "puhelin", "tila": {"koodi": "1"},
            "nimi_kieliversiot": name("neuvonta", "Rådgivning"),
            "tiivistelma_kieliversiot": {"fi": text(at, 10), "sv": format!("Rådgivningen {at} i korthet")},
            "kuvaus_kieliversiot": {"fi": text(at + 1, 30), "sv": format!("Rådgivningen {at} svarar på vardagar.")},
            "kielet": ["fi", "sv"],
            "numerot": [{"maakoodi": "358", "numero": format!("256{:05}", at)}],
        }),
        _ => {
            let place = if at.is_multiple_of(2) {
                ("palvelupiste", format!("p{at}"))
            } else {
                ("palvelukanavat", format!("k{at}"))
            };
            let mut offer = json!({
                "laji": "palvelutarjous", "koodi": format!("t{at}"), "tila": {"koodi": "1"},
                "nimi_kieliversiot": name("tarjous", "Utbud"),
                "kuvaus_kieliversiot": {"fi": text(at + 5, 12), "sv": format!("Utbudet {at} gäller hela året.")},
                "palvelut": [{"koodi": at.to_string()}],
            });
            if let Some(members) = offer.as_object_mut() {
                let named = json!({"koodi": place.1});
                members.insert(place.0.into(), if place.0 == "palvelupiste" { named } else { json!([named]) });
            }
            offer
        }
    }
}
