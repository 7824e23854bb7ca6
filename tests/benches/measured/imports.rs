//! The import of the Helsinki register's catalogue, and the PTV plan of it. The file is read in place; where it is
//! absent, that is said.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use silta::catalogue::{Batch, Catalogue, Outcome, Verdict, import};
use silta::model::{Kind, Lang, Master, View};
use silta::ptv::plan::{Planned, Step};
use silta::ptv::profile::Profile;
use silta::ptv::reference::{Live, Reference};
use silta::ptv::worker::Worker;
use silta::store::{Store, StoreConfig};
use silta::world::World;

use super::report::{Section, median};
use super::shared;

const FILE: &str = "pat/tpr/services-2025-09-25.json";
const TENANT: &str = "helsinki";
const RUNS: usize = 3;
/// What the file holds (issue 1, “Real input”).
const ACCEPTED: usize = 592;
const REFUSED: usize = 455;

pub(crate) fn measure() -> Result<Section> {
    let heading = "## Import and plan of a large catalogue\n\n";
    let (Some(file), Some(lists)) = (shared(FILE), shared("ptv/codelists")) else {
        let text = format!("{heading}skipped: the shared specifications with `{FILE}` are absent.\n");
        return Ok(Section { text, missed: Vec::new() });
    };
    let specifications = lists.parent().and_then(Path::parent).context("the shared specifications")?;
    let reference = Arc::new(Reference::from_dir(specifications)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        runs.push(runtime.block_on(run(&file, &reference))?);
    }
    let seconds = |of: fn(&Run) -> Duration| median(runs.iter().map(|run| of(run).as_secs_f64()));
    let acts = runs.last().map(|run| run.acts.clone()).unwrap_or_default();
    let acts: Vec<String> = acts.iter().map(|(act, count)| format!("{count} {act}")).collect();
    let (reading, accepting, planning) =
        (seconds(|run| run.reading), seconds(|run| run.accepting), seconds(|run| run.planning));
    let text = format!(
        "{heading}The Helsinki register's file of {} records: read, judged, {ACCEPTED} accepted and {REFUSED} refused \
         through `Catalogue::accept` into SQLite; then the PTV plan of the accepted. Medians of {RUNS} runs.\n\n\
         | what | took | goal |\n|---|---|---|\n\
         | import | {:.2} s (reading the file {reading:.2} s, judging and committing {accepting:.2} s) | ≤ 5 s |\n\
         | PTV plan | {planning:.3} s ({}) | ≤ 1 s |\n",
        ACCEPTED + REFUSED,
        reading + accepting,
        acts.join(", "),
    );
    Ok(Section { text, missed: Vec::new() })
}

struct Run {
    reading: Duration,
    accepting: Duration,
    planning: Duration,
    acts: BTreeMap<&'static str, usize>,
}

async fn run(file: &Path, reference: &Arc<Reference>) -> Result<Run> {
    let scratch = tempfile::tempdir()?;
    let world = World::system();
    let store = Store::open(StoreConfig::in_folder(scratch.path()), &world).await?;
    let catalogue = Catalogue::load(&store, &world, &silta::telemetry::Metrics::new(), [Arc::from(TENANT)]).await?;

    let started = Instant::now();
    let import = import::read_path(file)?;
    let reading = started.elapsed();

    let started = Instant::now();
    let batch = Batch { id: None, master: Master("import".into()), records: import.records.into() };
    let verdicts = catalogue.accept(TENANT, batch).await?;
    let accepting = started.elapsed();
    let count = |with: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| with(verdict)).count();
    let (created, refused) = (count(|it| it.outcome == Outcome::Created), count(|it| it.outcome == Outcome::Refused));
    ensure!((created, refused) == (ACCEPTED, REFUSED), "{created} records were accepted and {refused} refused");

    let view = catalogue.view(TENANT).context("the catalogue's view")?;
    let worker = worker(reference, &store, &world, &view).await?;
    let started = Instant::now();
    let steps = worker.plan();
    let planning = started.elapsed();
    let services: Vec<&Step> = steps.iter().filter(|step| step.kind == Kind::Service.word()).collect();
    ensure!(services.len() == ACCEPTED, "the plan has {} services", services.len());
    store.close().await;
    Ok(Run { reading, accepting, planning, acts: acts(&services) })
}

fn acts(steps: &[&Step]) -> BTreeMap<&'static str, usize> {
    let mut acts = BTreeMap::new();
    for step in steps {
        let act = match step.act {
            Planned::Create => "to be created",
            Planned::Update => "to be updated",
            Planned::Archive => "to be archived",
            Planned::Unchanged => "unchanged",
            Planned::Withheld => "withheld",
            Planned::LeftOut => "left out",
            Planned::AfterOthers => "after others",
            Planned::Held => "held",
        };
        *acts.entry(act).or_default() += 1;
    }
    acts
}

/// A worker that is only asked for its context: nothing is ever sent to its addresses.
async fn worker(reference: &Arc<Reference>, store: &Store, world: &World, view: &Arc<View>) -> Result<Worker> {
    let settings = silta::ptv::Settings {
        asked_only: false,
        stop_loss_percent: 5,
        tenant: TENANT.into(),
        municipality: "091".to_owned(),
        organisation: "00000000-0000-4000-8000-000000000091".to_owned(),
        organisation_languages: vec![Lang::Fi, Lang::Sv, Lang::En],
        profile: Profile::Live2026,
        url: "https://ptv.example".to_owned(),
        login_url: "https://ptv.example/login".to_owned(),
        username: "bench".to_owned(),
        password: secrecy::SecretString::from("bench"),
        pace_per_second: 1_000,
        reference: Live::new(Arc::clone(reference)),
        scope: silta::ptv::map::Scope::All,
        instruction_required: false,
        versions: silta::ptv::Versions::default(),
    };
    let view = Arc::clone(view);
    let views = Arc::new(move || Arc::clone(&view));
    Ok(Worker::new(settings, store.clone(), world.clone(), views).await?)
}
