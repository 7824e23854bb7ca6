//! What comes in, and when.

use super::*;
use crate::store::entities::changes;

#[tokio::test]
async fn seed_b1_two_editors_save_a_service_and_the_store_has_the_same_fields() {
    on_both(async |bench| {
        let site = bench.site();
        let library = library(site);
        assert_eq!(
            (site.editor(library.service).as_deref(), site.editor(library.offer).as_deref()),
            (Some("aino"), Some("aino"))
        );
        bench.pass(MINUTE);
        let report = bench.pull().await;
        for bundle in ["organisation", "service", "place", "service_offer"] {
            let expected = Counts { read: 1, changed: 1, accepted: 1, ..Counts::default() };
            assert_eq!(counts(&report, bundle), expected, "{bundle}: {:#?}", bench.verdicts().await);
        }
        assert_eq!(bench.woken(), 1);

        let number = |uuid| site.number(uuid).expect("there").to_string();
        let mut service = bench.body(Kind::Service, &number(library.service)).await;
        let source = service["lahde"].take();
        assert_eq!(source["jarjestelma"], "drupal");
        assert_eq!(source["id"], format!("node/service/{}", library.service));
        assert!(source["versio"].as_u64().is_some_and(|version| version > 1), "{source}");
        let expected = json!({
            "laji": "palvelu", "koodi": number(library.service), "muutospvm": "2026-03-02", "lahde": null,
            "nimi_kieliversiot": {"fi": "Kirjasto", "sv": "Bibliotek"},
            "vaihtoehtoinen_nimi_kieliversiot": {"fi": ["Kirjala", "Lukusali"], "sv": ["Bokhus"]},
            "tiivistelma_kieliversiot": {"fi": "Kirjasto lyhyesti.", "sv": "Bibliotek i korthet."},
            "kuvaus_kieliversiot": {"fi": "Kirjasto palvelee.", "sv": "Biblioteket betjänar.\n• böcker"},
            "maksullisuus": "FreeOfCharge", "lakisaateinen": true,
            "palveluluokat": [{"koodi": "1_16"}],
            "asiasanat": ["http://www.yso.fi/onto/koko/p10102"],
            "kohderyhmat": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"],
            "kielet": ["fi", "sv"],
            "vastuuorganisaatio": {"koodi": "1"},
            "tuottajat": [{"toteutustapa": "SelfProducedServices", "toimijat": [{"koodi": "1"}]}],
            "saatavuusalue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["853"]}]},
        });
        assert_eq!(service, expected);

        let mut place = bench.body(Kind::ServicePoint, &number(library.place)).await;
        place["lahde"].take();
        let expected = json!({
            "laji": "palvelupiste", "koodi": number(library.place), "muutospvm": "2026-03-02", "lahde": null,
            "nimi_kieliversiot": {"fi": "Pääkirjasto", "sv": "Huvudbiblioteket"},
            "tiivistelma_kieliversiot": {"fi": "Pääkirjasto lyhyesti.", "sv": "Mitt i staden."},
            "kuvaus_kieliversiot": {"fi": "Pääkirjasto palvelee.", "sv": "Mitt i staden."},
            "organisaatio": {"koodi": "1"},
            "sahkopostit": ["kirjasto@turku.example"],
            "kielet": ["fi", "sv"],
            "puhelinnumerot": [{"maakoodi": "358", "numero": "22620611", "kuvaus_kieliversiot": {"fi": "Neuvonta"}}],
            "fyysinenPaikka": {
                "leveysaste": 60.45, "pituusaste": 22.26,
                "osoitteet": [{
                    "katuosoite_fi": "Linnankatu 2", "katuosoite_sv": "Biskopsgatan 3", "postinumero": "20100",
                    "postitoimipaikka_fi": "Turku", "postitoimipaikka_sv": "Åbo", "kunta": {"koodi": "853"},
                }],
                "aukioloajat": [{
                    "aukiolotyyppi": "normaali", "viikonpaiva": "1-5", "avaamisaika": "08:00", "sulkemisaika": "20:00",
                    "kuvaus_kieliversiot": {"fi": "Talvikausi", "sv": "Vintersäsong"},
                }],
            },
        });
        assert_eq!(place, expected);

        let offer = bench.body(Kind::Offer, &number(library.offer)).await;
        assert_eq!(offer["palvelut"], json!([{"koodi": number(library.service)}]));
        assert_eq!(offer["palvelupiste"], json!({"koodi": number(library.place)}));
        let prices = json!([
            {"hinta_kieliversiot": {"fi": "Maksuton", "sv": "Avgiftsfritt"}},
            {"hinta_kieliversiot": {"fi": "Kopiot 0,50 euroa", "sv": "Kopior 0,50 euro"}},
        ]);
        assert_eq!(offer["hinnat"], prices);
        let organisation = bench.body(Kind::Organisation, "1").await;
        assert_eq!(organisation["lahde"]["id"], format!("node/organisation/{}", library.organisation));
    })
    .await;
}

#[tokio::test]
async fn seed_b20_the_feed_has_every_node_and_every_end() {
    on_both(async |bench| {
        let site = bench.site();
        let nodes: Vec<Uuid> = (1..=60).map(|number| node(site, "service", &format!("Palvelu {number}"))).collect();
        bench.pass(MINUTE);
        bench.pull().await;
        site.delete(nodes[10]);
        site.publish(nodes[20], "fi", "aino", false);
        site.edit(nodes[30], "fi", "aino", json!({"title": "Toinen nimi"}));
        bench.pass(MINUTE);
        bench.pull_all().await;
        let feed = changes(&bench.scratch.store, "turku", 0, 1_000).await.expect("read");
        let mut last = std::collections::BTreeMap::new();
        for change in &feed {
            last.insert(change.code.clone(), change.deleted);
        }
        // What the feed says at its end is what the site has.
        let expected: std::collections::BTreeMap<String, bool> =
            (1..=60).map(|number: u64| (number.to_string(), matches!(number, 11 | 21))).collect();
        assert_eq!(last, expected);
        assert_eq!(feed.len(), 63, "one change each, and one more for what changed or ended");
        assert!(feed.windows(2).all(|pair| pair[0].sequence + 1 == pair[1].sequence), "without a hole");
    })
    .await;
}

#[tokio::test]
async fn seed_b31_the_clock_says_when_what_is_read() {
    let bench = Bench::new().await;
    let site = bench.site();
    let service = node(site, "service", "Kirjasto");
    assert!(!bench.puller.run_due().await.expect("the first time at once"));
    let is_full = |requests: &[conformance::drupal::Request]| !requests.iter().any(|it| it.target.contains("since"));
    let first = site.take_requests();
    assert!(!first.is_empty() && is_full(&first), "{first:#?}");
    assert_eq!(first[0].user.as_deref(), Some(USER));

    bench.pass(Duration::from_secs(59));
    bench.puller.run_due().await.expect("not due");
    assert_eq!(site.take_requests(), []);
    assert_eq!(bench.puller.idle(MINUTE).await.expect("a time"), Duration::from_secs(1));
    bench.pass(Duration::from_secs(1));
    bench.puller.run_due().await.expect("due");
    let second = site.take_requests();
    assert!(!second.is_empty() && !is_full(&second), "only what has changed: {second:#?}");
    // The overlap before the newest change, in seconds.
    let since = format!("value%5D={}", "2026-03-02T11:55:00Z".parse::<jiff::Timestamp>().expect("a time").as_second());
    assert!(second[0].target.contains(&since), "{second:#?}");

    // A removal is seen by the daily comparison and by nothing before.
    site.delete(service);
    bench.pass(Duration::from_hours(12));
    bench.puller.run_due().await.expect("due");
    assert_eq!(bench.state(Kind::Service, 1), Some(State::Active));
    bench.pass(Duration::from_hours(12));
    site.take_requests();
    bench.puller.run_due().await.expect("due");
    assert!(is_full(&site.take_requests()));
    assert_eq!(bench.state(Kind::Service, 1), Some(State::Deleted));

    // Another mapping reads everything again.
    let mut settings = bench.puller.settings().clone();
    let text = std::fs::read_to_string(samples().join("drupal/turku.toml")).expect("the sample");
    settings.mapping = Arc::new(Mapping::parse(Path::new("m"), &format!("{text}\n# changed\n")).expect("sound"));
    let changed = puller(settings, &bench.scratch, &bench.catalogue, &bench.metrics, &bench.woken);
    assert!(changed.pull(Mode::default()).await.expect("pulled").full);
}

#[tokio::test]
async fn all_pages_are_read_and_what_moves_between_them_is_not_lost() {
    let bench = Bench::new().await;
    let site = bench.site();
    let nodes: Vec<Uuid> = (1..=130).map(|number| node(site, "service", &format!("Palvelu {number}"))).collect();
    bench.pass(10 * MINUTE);
    // Before the second page: one of the first page is deleted, one edited, one unpublished, and a new one comes.
    let (deleted, edited, hidden) = (nodes[3], nodes[7], nodes[9]);
    site.before("node/service?filter%5Bafter", move |site| {
        site.delete(deleted);
        site.edit(edited, "fi", "bertil", json!({"title": "Muutettu kesken"}));
        site.publish(hidden, "fi", "aino", false);
        node(site, "service", "Uusi palvelu");
    });
    let report = bench.pull().await;
    assert_eq!(counts(&report, "service").accepted, 131, "{report:#?}");
    for number in 51..=131 {
        assert_eq!(bench.state(Kind::Service, number), Some(State::Active), "node {number}");
    }
    let name = |bench: &Bench| bench.stored(Kind::Service, 8).expect("there").entity.name().any().to_owned();
    assert_eq!(name(&bench), "Palvelu 8", "as it was when it was read");
    bench.pass(MINUTE);
    bench.pull().await;
    assert_eq!(name(&bench), "Muutettu kesken");
    assert_eq!(bench.state(Kind::Service, 10), Some(State::Deleted));
    let pages = site.take_requests().iter().filter(|it| it.target.starts_with("/fi/jsonapi/node/service?")).count();
    assert_eq!(pages, 3 + 1, "three pages of all, one of what changed");
}

#[tokio::test]
async fn a_node_that_goes_while_its_languages_are_read_waits_for_the_next_time() {
    let bench = Bench::new().await;
    let site = bench.site();
    let service = node(site, "service", "Kirjasto");
    site.edit(service, "sv", "bertil", json!({"title": "Bibliotek"}));
    node(site, "service", "Uimahalli");
    bench.pull().await;
    site.before("/sv/jsonapi/node/service", move |site| site.delete(service));
    let report = bench.pull_all().await;
    assert_eq!((counts(&report, "service").unsettled, counts(&report, "service").withdrawn), (1, 0));
    assert_eq!(bench.body(Kind::Service, "1").await["nimi_kieliversiot"]["sv"], "Bibliotek");
    assert_eq!(counts(&bench.pull_all().await, "service").withdrawn, 1);
}

#[tokio::test]
async fn translations_come_and_go() {
    let bench = Bench::new().await;
    let site = bench.site();
    let service = node(site, "service", "Kirjasto");
    bench.pull().await;
    let names = async || bench.body(Kind::Service, "1").await["nimi_kieliversiot"].clone();
    assert_eq!(names().await, json!({"fi": "Kirjasto"}), "what Drupal falls back to is no translation");
    bench.pass(MINUTE);
    site.edit(service, "sv", "bertil", json!({"title": "Bibliotek"}));
    bench.pull().await;
    assert_eq!(names().await, json!({"fi": "Kirjasto", "sv": "Bibliotek"}));
    bench.pass(MINUTE);
    site.publish(service, "sv", "bertil", false);
    bench.pull().await;
    assert_eq!(names().await, json!({"fi": "Kirjasto"}));
    bench.pass(MINUTE);
    site.publish(service, "sv", "bertil", true);
    bench.pull().await;
    assert_eq!(names().await, json!({"fi": "Kirjasto", "sv": "Bibliotek"}));
    // Taking a translation away changes no time in Drupal, and nobody asks for that node any more.
    bench.pass(Duration::from_hours(1));
    node(site, "service", "Uimahalli");
    bench.pull().await;
    site.delete_translation(service, "sv");
    bench.pass(MINUTE);
    bench.pull().await;
    assert_eq!(names().await, json!({"fi": "Kirjasto", "sv": "Bibliotek"}));
    bench.pull_all().await;
    assert_eq!(names().await, json!({"fi": "Kirjasto"}));
}

#[tokio::test]
async fn unpublishing_withdraws_and_publishing_brings_back() {
    for views_unpublished in [false, true] {
        let scratch = Scratch::sqlite().await.expect("a store");
        let bench = Bench::of(scratch, |site| site.accounts[0].views_unpublished = views_unpublished, |_| {}).await;
        let site = bench.site();
        let library = library(site);
        let number = |uuid| site.number(uuid).expect("there");
        let (service, place, offer) = (number(library.service), number(library.place), number(library.offer));
        bench.pull().await;
        bench.pass(MINUTE);
        // A place under an offer that stays is refused, as at a push.
        site.publish(library.place, "fi", "aino", false);
        let report = bench.pull().await;
        assert_eq!((counts(&report, "place").refused, counts(&report, "place").withdrawn), (1, 0), "{report:#?}");
        let verdicts = bench.verdicts().await;
        let refusal = &verdicts[0][0];
        assert_eq!(refusal.source.as_deref(), Some(&*format!("node/place/{}", library.place)));
        assert_eq!(refusal.findings[0].rule, "orphans-offers");
        // Together they go, in one pull.
        bench.pass(MINUTE);
        site.publish(library.offer, "fi", "aino", false);
        let report = bench.pull().await;
        assert_eq!(counts(&report, "place").withdrawn + counts(&report, "service_offer").withdrawn, 2, "{report:#?}");
        assert_eq!(bench.state(Kind::ServicePoint, place), Some(State::Deleted));
        assert_eq!(bench.state(Kind::Offer, offer), Some(State::Deleted));
        assert_eq!(bench.state(Kind::Service, service), Some(State::Active));
        bench.pass(MINUTE);
        site.publish(library.place, "fi", "bertil", true);
        bench.pull().await;
        assert_eq!(bench.state(Kind::ServicePoint, place), Some(State::Active));
    }
}

#[tokio::test]
async fn what_was_taken_in_makes_no_second_revision() {
    on_both(async |bench| {
        let site = bench.site();
        let library = library(site);
        bench.pull().await;
        let code = site.number(library.service).expect("there");
        let revision = || bench.stored(Kind::Service, code).expect("there").revision;
        let before = (revision(), bench.verdicts().await.len(), bench.woken());
        for _ in 0..3 {
            bench.pass(MINUTE);
            let report = bench.pull().await;
            assert_eq!((counts(&report, "service").read, counts(&report, "service").changed), (1, 0), "in the overlap");
            assert_eq!(report.batch, None);
        }
        bench.pull_all().await;
        assert_eq!((revision(), bench.verdicts().await.len(), bench.woken()), before);
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_tells_and_writes_nothing() {
    let bench = Bench::new().await;
    library(bench.site());
    let dry = bench.puller.pull(Mode { dry: true, ..Mode::default() }).await.expect("judged");
    assert_eq!((dry.dry_run, counts(&dry, "service").changed), (true, 1));
    assert!(bench.catalogue.view("turku").expect("a view").all(Kind::Service).next().is_none());
    assert_eq!(bench.puller.status().await.expect("read").last_tried, None);
    assert_eq!(counts(&bench.pull().await, "service").changed, 1);
}

#[test]
fn a_mapping_s_fields_are_held_against_pat() {
    let unknown = super::super::unknown_fields(&sample_mapping());
    assert_eq!(unknown, [], "the sample mapping has fields of PAT only");
    let text = "languages = ['fi']\n[bundles.service]\nkind = 'palvelu'\n[bundles.service.fields]\nnimi_kieliversiot = 'attributes.title'\nkuvas_kieliversiot = 'attributes.body'\npuhelinnumerot = [{ fields = { numero = 'attributes.a' } }]\n";
    let mapping = Mapping::parse(Path::new("m.toml"), text).expect("sound in form");
    let unknown = super::super::unknown_fields(&mapping);
    let told: Vec<(usize, &str)> = unknown.iter().map(|it| (it.line, it.key.as_str())).collect();
    assert_eq!(told, [(6, "bundles.service.fields.kuvas_kieliversiot"), (7, "bundles.service.fields.puhelinnumerot")]);
}

#[test]
fn the_mapping_in_the_manual_is_sound() {
    let page = std::fs::read_to_string(samples().join("../../docs/drupal.md")).expect("the manual");
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let mappings: Vec<&&str> = blocks.iter().filter(|block| block.contains("[bundles.")).collect();
    assert_eq!(mappings.len(), 1);
    let mapping =
        Mapping::parse(Path::new("drupal.md"), mappings[0]).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(super::super::unknown_fields(&mapping), []);
}
