//! The pull against the simulated site over HTTP, with a real store, the sample mapping and one clock for both.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

mod flow;
mod limits;
mod trouble;
mod twin;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance::drupal::{Control, DrupalConfig, DrupalSimulator};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Counts, MOST_NODES, Mode, PullError, Puller, Report, Settings, Surroundings};
use crate::catalogue::{Catalogue, Verdict};
use crate::config::mapping::Mapping;
use crate::model::{Code, Kind, Master, State, Stored};
use crate::store::testing::Scratch;
use crate::store::{entities, intake};
use crate::telemetry::Metrics;

const USER: &str = "silta";
const PASSWORD: &str = "not-for-logs";
const MINUTE: Duration = Duration::from_mins(1);

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples")
}

fn sample_mapping() -> Mapping {
    Mapping::load(&samples().join("drupal/turku.toml")).expect("the sample mapping")
}

/// A site, a catalogue that is pulled from it, and the clock of both.
struct Bench {
    sim: DrupalSimulator,
    scratch: Scratch,
    catalogue: Catalogue,
    metrics: Metrics,
    woken: Arc<AtomicUsize>,
    puller: Puller,
}

impl Bench {
    async fn new() -> Bench {
        Bench::of(Scratch::sqlite().await.expect("a store"), |_| {}, |_| {}).await
    }

    async fn of(scratch: Scratch, site: impl FnOnce(&mut DrupalConfig), tune: impl FnOnce(&mut Settings)) -> Bench {
        let clock = scratch.world.clone();
        let mut config = DrupalConfig::new(Arc::new(move || clock.now()), USER, PASSWORD);
        fields(&mut config);
        site(&mut config);
        let sim = DrupalSimulator::start(config).await.expect("a site");
        let metrics = Metrics::new();
        let catalogue =
            Catalogue::load(&scratch.store, &scratch.world, &metrics, [Arc::from("turku")]).await.expect("loads");
        let woken = Arc::new(AtomicUsize::new(0));
        let mut settings = Settings {
            tenant: "turku".into(),
            url: sim.base_url.clone(),
            username: USER.into(),
            password: PASSWORD.to_owned().into(),
            mapping: Arc::new(sample_mapping()),
            master: Master("drupal".into()),
            interval: MINUTE,
            full_interval: Duration::from_hours(24),
            overlap: 5 * MINUTE,
            page: 50,
            timeout: Duration::from_secs(2),
            vanish_percent: 10,
            most_nodes: MOST_NODES,
        };
        tune(&mut settings);
        let puller = puller(settings, &scratch, &catalogue, &metrics, &woken);
        Bench { sim, scratch, catalogue, metrics, woken, puller }
    }

    /// Another process beside the first.
    fn second(&self) -> Puller {
        let settings = self.puller.settings().clone();
        puller(settings, &self.scratch, &self.catalogue, &self.metrics, &self.woken)
    }

    fn site(&self) -> &Control {
        &self.sim.control
    }

    fn pass(&self, time: Duration) {
        self.scratch.clock.advance(time);
    }

    async fn pull(&self) -> Report {
        self.puller.pull(Mode::default()).await.expect("pulled")
    }

    async fn pull_all(&self) -> Report {
        self.puller.pull(Mode { full: true, ..Mode::default() }).await.expect("pulled")
    }

    fn stored(&self, kind: Kind, code: u64) -> Option<Arc<Stored>> {
        let code: Code = code.to_string().parse().expect("a code");
        self.catalogue.view("turku").expect("a view").get(kind, &code).cloned()
    }

    fn state(&self, kind: Kind, node: u64) -> Option<State> {
        self.stored(kind, node).map(|stored| stored.entity.state)
    }

    /// The stored text of a record.
    async fn body(&self, kind: Kind, code: &str) -> Value {
        let row = entities::get(&self.scratch.store, "turku", kind.word(), code).await.expect("read");
        serde_json::from_slice(&row.expect("stored").body).expect("JSON")
    }

    /// The verdicts that were kept, newest batch first.
    async fn verdicts(&self) -> Vec<Vec<Verdict>> {
        let batches = intake::latest(&self.scratch.store, "turku", 100).await.expect("read");
        batches.iter().map(|batch| serde_json::from_slice(&batch.verdicts).expect("verdicts")).collect()
    }

    fn woken(&self) -> usize {
        self.woken.load(Ordering::SeqCst)
    }
}

fn puller(
    settings: Settings,
    scratch: &Scratch,
    catalogue: &Catalogue,
    metrics: &Metrics,
    woken: &Arc<AtomicUsize>,
) -> Puller {
    let woken = Arc::clone(woken);
    let around = Surroundings {
        catalogue: catalogue.clone(),
        store: scratch.store.clone(),
        world: scratch.world.clone(),
        metrics: metrics.clone(),
        wake: Arc::new(move |_| {
            woken.fetch_add(1, Ordering::SeqCst);
        }),
    };
    Puller::new(settings, around).expect("a client")
}

/// The relationship fields of the content types that the sample mapping names.
fn fields(site: &mut DrupalConfig) {
    site.relate("node--organisation", &["field_parent"]);
    let terms = ["field_classification[]", "field_keywords[]", "field_target_audience[]"];
    site.relate("node--service", &terms);
    site.relate("node--service", &["field_organisation", "field_parent_service"]);
    site.relate("node--place", &["field_organisation", "field_opening_hours[]", "field_telephone_numbers[]"]);
    site.relate("node--service_offer", &["field_offered_service[]", "field_provided_at"]);
}

/// Runs a case on SQLite, and on PostgreSQL where there is one.
async fn on_both(case: impl AsyncFn(&Bench)) {
    case(&Bench::new().await).await;
    match Scratch::postgres().await.expect("no fault of the server") {
        Some(scratch) => case(&Bench::of(scratch, |_| {}, |_| {}).await).await,
        None => println!("skipped: there is no PostgreSQL on this machine"),
    }
}

/// A node of a bundle with what every service and place has.
fn node(site: &Control, bundle: &str, title: &str) -> Uuid {
    let fields = json!({
        "title": title,
        "field_summary": format!("{title} lyhyesti."),
        "field_description": {
            "value": format!("<p>{title} palvelee.</p>"), "format": "basic_html",
            "processed": format!("<p>{title} palvelee.</p>\n"),
        },
    });
    site.create(&format!("node--{bundle}"), "fi", "aino", fields)
}

/// A whole service: two editors, two languages, terms, an organisation.
struct Library {
    organisation: Uuid,
    service: Uuid,
    place: Uuid,
    offer: Uuid,
}

fn library(site: &Control) -> Library {
    let organisation = node(site, "organisation", "Turun kaupunki");
    site.edit_shared(
        organisation,
        "aino",
        json!({"field_code": "1", "field_municipality_code": "853", "field_business_id": "1234567-1"}),
    );
    site.edit(organisation, "sv", "bertil", json!({"title": "Åbo stad", "field_summary": "Staden i korthet."}));
    let term = |vocabulary: &str, name: &str, fields: Value| {
        let term = site.create(&format!("taxonomy_term--{vocabulary}"), "fi", "aino", json!({"name": name}));
        site.edit_shared(term, "aino", fields);
        term
    };
    let class = term("service_classification", "Kirjastot", json!({"field_code": "1_16"}));
    let keyword = term(
        "keywords",
        "kirjastot",
        json!({"field_uri": {"uri": "http://www.yso.fi/onto/koko/p10102", "title": "", "options": []}}),
    );
    let group = term(
        "target_audience",
        "Kansalaiset",
        json!({"field_uri": {"uri": "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1", "title": "", "options": []}}),
    );

    let service = node(site, "service", "Kirjasto");
    site.edit(service, "sv", "bertil", json!({
        "title": "Bibliotek",
        "field_summary": "Bibliotek i korthet.",
        "field_alternative_name": ["Bokhus"],
        "field_description": {"value": "<p>Bibliotek.</p>", "format": "basic_html", "processed": "<p>Biblioteket <em>betjänar</em>.</p>\n<ul><li>böcker</li></ul>"},
    }));
    site.edit(service, "fi", "aino", json!({"field_alternative_name": ["Kirjala", "Lukusali"]}));
    site.edit_shared(
        service,
        "aino",
        json!({"field_charge": "free", "field_statutory": true, "field_available_languages": ["fi", "sv"]}),
    );
    site.relate(service, "aino", "field_classification", true, &[class]);
    site.relate(service, "aino", "field_keywords", true, &[keyword]);
    site.relate(service, "aino", "field_target_audience", true, &[group]);
    site.relate(service, "aino", "field_organisation", false, &[organisation]);
    site.relate(service, "aino", "field_parent_service", false, &[]);

    let place = node(site, "place", "Pääkirjasto");
    site.edit(place, "sv", "bertil", json!({"title": "Huvudbiblioteket", "field_summary": "Mitt i staden.", "field_description": {"value": "<p>Mitt i staden.</p>", "format": "basic_html", "processed": "<p>Mitt i staden.</p>"}, "field_address": {"address_line1": "Biskopsgatan 3", "postal_code": "20110", "locality": "Åbo"}}));
    site.edit(
        place,
        "fi",
        "aino",
        json!({"field_address": {"address_line1": "Linnankatu 2", "postal_code": "20100", "locality": "Turku"}}),
    );
    site.edit_shared(
        place,
        "aino",
        json!({
            "field_email": ["kirjasto@turku.example"],
            "field_available_languages": ["fi", "sv"],
            "field_location": {"value": "POINT (22.26 60.45)", "lat": 60.45, "lon": 22.26},
        }),
    );
    let hours =
        site.create("paragraph--opening_hours", "fi", "aino", json!({"field_opening_description": "Talvikausi"}));
    site.edit(hours, "sv", "bertil", json!({"field_opening_description": "Vintersäsong"}));
    site.edit_shared(hours, "aino", json!({"field_opening_type": "normal", "field_week_day": "1-5", "field_opening_hours": {"from": 28_800, "to": 72_000}}));
    let phone = site.create("paragraph--telephone_numbers", "fi", "aino", json!({"field_tn_description": "Neuvonta"}));
    site.edit_shared(phone, "aino", json!({"field_tn_code": "358", "field_tn_number": "22620611"}));
    site.relate(place, "aino", "field_organisation", false, &[organisation]);
    site.relate(place, "aino", "field_opening_hours", true, &[hours]);
    site.relate(place, "aino", "field_telephone_numbers", true, &[phone]);

    let offer = node(site, "service_offer", "Kirjasto pääkirjastossa");
    site.edit(offer, "fi", "aino", json!({"field_fee": ["Maksuton", "Kopiot 0,50 euroa"]}));
    site.edit(
        offer,
        "sv",
        "bertil",
        json!({"title": "Bibliotek i huvudbiblioteket", "field_fee": ["Avgiftsfritt", "Kopior 0,50 euro"]}),
    );
    site.relate(offer, "aino", "field_offered_service", true, &[service]);
    site.relate(offer, "aino", "field_provided_at", false, &[place]);
    Library { organisation, service, place, offer }
}

fn counts(report: &Report, bundle: &str) -> Counts {
    report.bundles.get(bundle).copied().unwrap_or_default()
}
