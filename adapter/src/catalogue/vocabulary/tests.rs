//! The vocabulary over real data, and its cache against the simulated Finto over real sockets, on both databases.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::finto::{Concept as Simulated, Fault, FaultAction, FintoConfig, FintoSimulator, Library};

use super::cache::{Cache, FOLDER_FILE, Refreshed, Settings, Source, VocabularyError};
use super::{KOKO, LANGUAGES, Query, Term, Vocabulary, is_address, rdf};
use crate::catalogue::Catalogue;
use crate::model::Lang;
use crate::store::testing::Scratch;
use crate::store::{Store, vocabularies};
use crate::telemetry::Metrics;

const PARKING: &str = "http://www.yso.fi/onto/koko/p818";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/reference")
}

fn specs() -> Option<PathBuf> {
    let specs = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from)
        .join("specs");
    if specs.join(FOLDER_FILE).exists() {
        return Some(specs);
    }
    println!("skipped: {} is absent", specs.display());
    None
}

/// All of KOKO that there is, else our own selection.
fn vocabulary() -> (Vocabulary, bool) {
    let specs = specs();
    let whole = specs.is_some();
    let text = std::fs::read(specs.unwrap_or_else(samples).join(FOLDER_FILE)).expect("concepts");
    (Vocabulary::from_lines("2026-01-12", &text).expect("lines"), whole)
}

fn query(text: &str, lang: Lang) -> Query<'_> {
    Query { text, lang, within: None, limit: 10 }
}

#[test]
fn seed_b24_terms_are_found_in_three_languages_ten_at_most_and_never_a_withdrawn_one() {
    let (vocabulary, whole) = vocabulary();
    println!(
        "{} concepts, {} offered, {} bytes of memory",
        vocabulary.concepts().len(),
        vocabulary.offered(),
        vocabulary.bytes()
    );
    for (text, lang, address) in [
        ("pysäk", Lang::Fi, PARKING),
        ("Parkering", Lang::Sv, PARKING),
        ("PARKING", Lang::En, PARKING),
        ("paikoitus", Lang::Fi, PARKING),
        ("grundläggande undervisning", Lang::Sv, "http://www.yso.fi/onto/koko/p1275"),
    ] {
        let found = vocabulary.search(query(text, lang));
        assert!(found.hits.iter().any(|hit| &*hit.concept.uri == address), "{text}");
        assert!(found.hits.len() <= 10 && found.total >= found.hits.len());
    }
    if whole {
        assert_eq!(vocabulary.concepts().len(), 12_274);
        assert_eq!(LANGUAGES.map(|lang| vocabulary.labelled_in(lang)), [12_274, 7_214, 8_092]);
        assert!(vocabulary.bytes() < 16 << 20, "{}", vocabulary.bytes());
        let many = vocabulary.search(query("k", Lang::Fi));
        assert_eq!(many.hits.len(), 10);
        assert!(many.total > 1_000, "{}", many.total);
    }
    // A letter at a time: every answer is of what PTV takes, and of nothing twice.
    for letter in 'a'..='z' {
        let text = letter.to_string();
        for lang in LANGUAGES {
            let found = vocabulary.search(Query { limit: usize::MAX, ..query(&text, lang) });
            let mut addresses: Vec<&str> = found.hits.iter().map(|hit| &*hit.concept.uri).collect();
            assert_eq!(found.total, addresses.len());
            assert!(addresses.iter().all(|it| it.starts_with(KOKO) && is_address(it)));
            assert!(found.hits.iter().all(|hit| !hit.concept.deprecated));
            addresses.sort_unstable();
            addresses.dedup();
            assert_eq!(found.total, addresses.len());
        }
    }
    let text = std::fs::read(samples().join(FOLDER_FILE)).expect("concepts");
    let ours = Vocabulary::from_lines("", &text).expect("lines");
    assert!(ours.search(query("pysäköintiasiat", Lang::Fi)).hits.is_empty(), "a withdrawn concept is not offered");
    assert!(matches!(ours.term(&format!("{KOKO}p99901")), Term::Deprecated(Some(it)) if &*it.uri == PARKING));
    assert!(matches!(ours.term(&format!("{KOKO}p99902")), Term::Deprecated(None)));
}

#[test]
fn the_nearest_term_comes_first() {
    let (vocabulary, _) = vocabulary();
    let found = vocabulary.search(query("pysäköinti", Lang::Fi));
    assert_eq!(found.hits.first().map(|hit| (&*hit.concept.uri, hit.alternative)), Some((PARKING, None)));
    let found = vocabulary.search(query("paikoitus", Lang::Fi));
    assert_eq!(found.hits.first().map(|hit| (&*hit.concept.uri, hit.alternative)), Some((PARKING, Some("paikoitus"))));
    let inside = vocabulary.search(query("*köinti", Lang::Fi));
    assert!(inside.hits.iter().any(|hit| &*hit.concept.uri == PARKING));
    let within = vocabulary.search(Query { within: Some("jupo"), ..query("pysäköinti", Lang::Fi) });
    assert!(within.hits.iter().any(|hit| &*hit.concept.uri == PARKING));
    let nowhere = vocabulary.search(Query { within: Some("nothing"), ..query("pysäköinti", Lang::Fi) });
    assert_eq!((nowhere.hits.len(), nowhere.total), (0, 0));
    assert_eq!(vocabulary.search(query("*", Lang::Fi)).total, 0);
}

#[test]
fn pat_check_7_numbers_of_other_ontologies_are_translated_by_match_and_never_by_path() {
    let (vocabulary, whole) = vocabulary();
    let (mut translated, mut traps) = (0, 0);
    for concept in vocabulary.concepts() {
        for address in concept.matches.iter().filter(|it| is_address(it) && !it.starts_with(KOKO)) {
            let Term::Foreign(Some(koko)) = vocabulary.term(address) else { panic!("{address}: not translated") };
            assert!(koko.matches.contains(address), "{address} became {}", koko.uri);
            translated += 1;
            let number = address.rsplit('/').next().expect("a number");
            let same_number = format!("{KOKO}{number}");
            // The same number is another concept there: whoever edits the path gets that one.
            traps += usize::from(vocabulary.get(&same_number).is_some_and(|other| !other.matches.contains(address)));
        }
    }
    println!(
        "{translated} addresses of other ontologies; for {traps} of them KOKO's concept of that number is another one"
    );
    assert!(translated > 100);
    if whole {
        assert!(translated > 15_000 && traps > 1_000, "{translated} {traps}");
        let swimming = vocabulary.term("http://www.yso.fi/onto/yso/p6332");
        assert!(matches!(swimming, Term::Foreign(Some(it)) if &*it.uri == "http://www.yso.fi/onto/koko/p7"));
    }
    assert_eq!(vocabulary.term(PARKING), Term::Fine);
    assert_eq!(vocabulary.term("http://www.yso.fi/onto/koko/p77777"), Term::Unknown);
    assert_eq!(vocabulary.term("http://www.yso.fi/onto/yso/p99999"), Term::Foreign(None));
}

#[test]
fn rdf_is_read_in_both_its_forms_and_not_when_it_breaks_off() {
    let head = "<?xml version=\"1.0\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
                xmlns:s=\"http://www.w3.org/2004/02/skos/core#\" xmlns:dct=\"http://purl.org/dc/terms/\">";
    let body = "<s:ConceptScheme rdf:about=\"http://www.yso.fi/onto/koko/\"><dct:modified>2026-01-12T08:00:00</dct:modified>\
                <s:prefLabel xml:lang=\"fi\">KOKO</s:prefLabel></s:ConceptScheme>\
                <rdf:Description rdf:about=\"http://www.yso.fi/onto/koko/p1\">\
                <rdf:type rdf:resource=\"http://www.w3.org/2004/02/skos/core#Concept\"/>\
                <s:prefLabel xml:lang=\"fi\">a &amp; &#228;</s:prefLabel><s:prefLabel xml:lang=\"se\">x</s:prefLabel>\
                <s:exactMatch><rdf:Description rdf:about=\"http://www.yso.fi/onto/yso/p2\"/></s:exactMatch>\
                <s:note><x:deep xmlns:x=\"urn:x\"><x:er>t</x:er></x:deep></s:note></rdf:Description>\
                <s:Concept rdf:about=\"http://www.yso.fi/onto/koko/p1\"><s:altLabel xml:lang=\"sv\">b</s:altLabel></s:Concept>\
                <s:Collection rdf:about=\"http://www.yso.fi/onto/koko/c1\"/>";
    let whole = format!("{head}{body}</rdf:RDF>");
    let content = rdf::read(whole.as_bytes()).expect("RDF");
    assert_eq!(content.modified.as_deref(), Some("2026-01-12"));
    assert_eq!(content.concepts.len(), 1);
    let concept = content.concepts.first().expect("one");
    assert_eq!(concept.labels, [(Lang::Fi, "a & ä".into())]);
    assert_eq!(concept.alternatives, [(Lang::Sv, "b".into())]);
    assert_eq!(concept.matches, ["http://www.yso.fi/onto/yso/p2".into()]);
    for broken in ["", "<html/>", "no xml", whole.get(..whole.len() / 2).expect("ASCII"), &format!("{head}{body}")] {
        assert!(rdf::read(broken.as_bytes()).is_err(), "{broken}");
    }
}

struct Bench {
    finto: FintoSimulator,
    catalogue: Catalogue,
    cache: Cache,
}

async fn catalogue(scratch: &Scratch) -> Catalogue {
    Catalogue::load(&scratch.store, &scratch.world, &Metrics::new(), [std::sync::Arc::from("turku")])
        .await
        .expect("loads")
}

fn settings(scratch: &Scratch, source: Source) -> Settings {
    Settings {
        source: Some(source),
        refresh: Duration::from_hours(168),
        most_bytes: 64 << 20,
        scratch: scratch.folder().to_owned(),
    }
}

async fn bench(scratch: &Scratch) -> Bench {
    let clock = scratch.world.clone();
    let mut config = FintoConfig::new(Library::minimum().expect("ours"));
    config.clock = std::sync::Arc::new(move || clock.now());
    let finto = FintoSimulator::start(config).await.expect("a simulator");
    let catalogue = catalogue(scratch).await;
    let settings = settings(scratch, Source::Finto(finto.rest_url.clone()));
    let cache = Cache::new(settings, scratch.store.clone(), scratch.world.clone(), catalogue.clone()).expect("a cache");
    Bench { finto, catalogue, cache }
}

async fn on_both(test: impl AsyncFn(&mut Scratch)) {
    test(&mut Scratch::sqlite().await.expect("a store")).await;
    match Scratch::postgres().await.expect("a server") {
        Some(mut scratch) => test(&mut scratch).await,
        None => println!("skipped: no PostgreSQL on this machine"),
    }
}

async fn kept(store: &Store) -> vocabularies::Reading {
    vocabularies::get(store, "koko").await.expect("read").expect("a row")
}

#[tokio::test]
async fn a_vocabulary_is_read_once_a_week_kept_over_a_restart_and_over_finto_s_end() {
    on_both(async |scratch| {
        let Bench { finto, catalogue: own, cache } = bench(scratch).await;
        assert_eq!(cache.due().await.expect("known"), Duration::ZERO);
        let size = Library::minimum().expect("ours").size("koko");
        assert_eq!(cache.refresh().await.expect("read"), Refreshed::New { concepts: size });
        assert_eq!(own.vocabulary().expect("in use").version(), "2026-03-02");
        assert_eq!(cache.due().await.expect("known"), Duration::from_hours(168));
        assert_eq!(cache.refresh().await.expect("read"), Refreshed::Unchanged);
        assert_eq!(finto.requests().1, 1, "what has not changed is not downloaded again");

        // A concept is withdrawn there: a week later editors are offered another.
        scratch.clock.advance(Duration::from_hours(167));
        assert_eq!(cache.due().await.expect("known"), Duration::from_hours(1));
        let successor = "http://www.yso.fi/onto/koko/p1275";
        assert!(finto.deprecate(PARKING, &[successor]));
        let label = [("fi".to_owned(), "uusi käsite".to_owned())].into();
        finto.publish(Simulated { uri: format!("{KOKO}p88888"), label, ..Simulated::default() });
        assert!(matches!(cache.refresh().await.expect("read"), Refreshed::New { .. }));
        let now = own.vocabulary().expect("in use");
        assert!(matches!(now.term(PARKING), Term::Deprecated(Some(it)) if &*it.uri == successor));
        assert!(now.search(query("pysäköinti", Lang::Fi)).hits.iter().all(|hit| &*hit.concept.uri != PARKING));
        assert_eq!(now.search(query("uusi käs", Lang::Fi)).total, 1);

        // Finto fails in every way there is; what was read stays, and its age is told.
        for (path, action) in
            [("download", FaultAction::Status(500)), ("data", FaultAction::Status(404)), ("download", FaultAction::Cut)]
        {
            scratch.clock.advance(Duration::from_hours(24));
            finto.publish(Simulated { uri: format!("{KOKO}p88889"), ..Simulated::default() });
            finto.inject(Fault { path_contains: path.into(), times: 1, action });
            let failed = cache.refresh().await;
            assert!(failed.is_err(), "{action:?} {path}: {failed:?}");
            assert!(kept(&scratch.store).await.failure.is_some());
            assert_eq!(cache.due().await.expect("known"), Duration::from_hours(1));
        }
        finto.stop().await;
        scratch.clock.advance(Duration::from_hours(24));
        assert!(matches!(cache.refresh().await, Err(VocabularyError::Unreachable(_))));
        let status = cache.status().await.expect("a status");
        assert_eq!(status.get("ageDays").and_then(serde_json::Value::as_u64), Some(4), "{status}");
        assert!(status.get("failure").is_some_and(serde_json::Value::is_string), "{status}");
        assert_eq!(own.vocabulary().expect("in use").search(query("uusi käs", Lang::Fi)).total, 1);

        drop(cache);
        scratch.reopen().await.expect("opens");
        let own = catalogue(scratch).await;
        let settings = Settings { source: None, ..settings(scratch, Source::Finto(String::new())) };
        let cache = Cache::new(settings, scratch.store.clone(), scratch.world.clone(), own.clone()).expect("a cache");
        assert!(cache.load().await.expect("read"));
        assert!(!cache.load().await.expect("read"), "it is in use already");
        assert!(matches!(own.vocabulary().expect("in use").term(PARKING), Term::Deprecated(Some(_))));
        assert!(matches!(cache.refresh().await, Err(VocabularyError::NoSource)));
    })
    .await;
}

#[tokio::test]
async fn a_vocabulary_that_lost_its_half_or_is_too_large_is_not_taken() {
    let scratch = Scratch::sqlite().await.expect("a store");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(FOLDER_FILE);
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("made");
    let text = std::fs::read_to_string(samples().join(FOLDER_FILE)).expect("concepts");
    std::fs::write(&file, &text).expect("written");
    let own = catalogue(&scratch).await;
    let settings = settings(&scratch, Source::Folder(folder.path().to_owned()));
    let cache =
        Cache::new(settings.clone(), scratch.store.clone(), scratch.world.clone(), own.clone()).expect("a cache");
    let size = text.lines().count();
    assert_eq!(cache.refresh().await.expect("read"), Refreshed::New { concepts: size });
    assert_eq!(cache.refresh().await.expect("read"), Refreshed::Unchanged);
    let few: Vec<&str> = text.lines().take(size / 2 - 1).collect();
    std::fs::write(&file, few.join("\n")).expect("written");
    assert!(matches!(cache.refresh().await, Err(VocabularyError::Shrunk { .. })));
    std::fs::write(&file, "{\"uri\": 1}\n").expect("written");
    assert!(matches!(cache.refresh().await, Err(VocabularyError::Line { .. })));
    std::fs::write(&file, "").expect("written");
    assert!(matches!(cache.refresh().await, Err(VocabularyError::Empty)));
    std::fs::write(&file, &text).expect("written");
    let small = Settings { most_bytes: 1_000, ..settings };
    let cache = Cache::new(small, scratch.store.clone(), scratch.world.clone(), own.clone()).expect("a cache");
    assert!(matches!(cache.refresh().await, Err(VocabularyError::TooLarge(1_000))));
    assert_eq!(own.vocabulary().expect("in use").concepts().len(), size);

    let finto = FintoSimulator::start(FintoConfig::new(Library::minimum().expect("ours"))).await.expect("a simulator");
    let small = Settings {
        source: Some(Source::Finto(finto.rest_url.clone())),
        most_bytes: 1_000,
        refresh: Duration::from_hours(1),
        scratch: scratch.folder().to_owned(),
    };
    let cache = Cache::new(small, scratch.store.clone(), scratch.world.clone(), own).expect("a cache");
    assert!(matches!(cache.refresh().await, Err(VocabularyError::TooLarge(1_000))));
}

#[tokio::test]
async fn the_whole_of_koko_comes_over_the_wire_as_it_lies_in_the_folder() {
    let Some(specs) = specs() else { return };
    let scratch = Scratch::sqlite().await.expect("a store");
    let library = Library::from_dir(&specs).expect("concepts");
    let finto = FintoSimulator::start(FintoConfig::new(library)).await.expect("a simulator");
    let own = catalogue(&scratch).await;
    let settings = settings(&scratch, Source::Finto(finto.rest_url.clone()));
    let cache = Cache::new(settings, scratch.store.clone(), scratch.world.clone(), own.clone()).expect("a cache");
    let started = std::time::Instant::now();
    assert_eq!(cache.refresh().await.expect("read"), Refreshed::New { concepts: 12_274 });
    println!("download, reading, commit: {:?}", started.elapsed());
    let (folder, _) = vocabulary();
    let wire = own.vocabulary().expect("in use");
    for (one, other) in folder.concepts().iter().zip(wire.concepts()) {
        assert_eq!((&one.uri, &one.labels, one.matches.len()), (&other.uri, &other.labels, other.matches.len()));
    }
    let started = std::time::Instant::now();
    for lang in LANGUAGES {
        for text in ["k", "kir", "s", "ö", "*kirja"] {
            wire.search(query(text, lang));
        }
    }
    println!("15 searches: {:?}", started.elapsed());
}
