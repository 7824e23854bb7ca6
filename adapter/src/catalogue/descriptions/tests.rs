//! The published general descriptions against the service register of the Helsinki region: how often the one that people chose is
//! suggested.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::coverage::{self, Coverage};
use super::{Descriptions, Reason, Wanted, own_of};
use crate::catalogue::class_map::addresses;
use crate::catalogue::{import, quality};
use crate::model::{Kind, View};

fn specs() -> Option<PathBuf> {
    let specs = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from)
        .join("specs");
    if specs.join("pat/general-descriptions/gd.json").exists() {
        return Some(specs);
    }
    println!("skipped: {} is absent", specs.display());
    None
}

fn real(specs: &Path) -> (Descriptions, BTreeMap<String, String>) {
    let newer = addresses::read(&|name| std::fs::read(specs.join(name)).ok());
    let bytes = std::fs::read(specs.join("pat/general-descriptions/gd.json")).expect("read");
    let list: Value = serde_json::from_slice(&bytes).expect("JSON");
    (Descriptions::read(&list, &newer), newer)
}

fn register(specs: &Path) -> View {
    let records = import::read_path(&specs.join("pat/tpr/services-2025-09-25.json")).expect("readable").records;
    quality::view_of(&records).0
}

#[test]
fn seed_b34_the_published_descriptions_load_and_a_third_of_the_register_s_links_lead_to_one() {
    let Some(specs) = specs() else { return };
    let (descriptions, newer) = real(&specs);
    assert_eq!(descriptions.len(), 458);
    assert_eq!(descriptions.all().iter().filter(|it| it.has_law).count(), 248);
    assert!(descriptions.all().iter().all(|it| !it.names.is_empty()));
    // Every class is one of the present list, wherever the export still writes the old address.
    let present = |address: &String| address.starts_with("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P");
    let strays: Vec<_> = descriptions.all().iter().flat_map(|it| &it.classes).filter(|it| !present(it)).collect();
    assert!(strays.is_empty(), "{strays:?}");

    let view = register(&specs);
    let Coverage { covered, lacking, astray, services, .. } = coverage::report(&view, &descriptions, &newer);
    let links: std::collections::BTreeSet<String> = view
        .active_after(Kind::Service, None)
        .filter_map(|stored| stored.entity.service()?.general_description.clone())
        .collect();
    let lost: std::collections::BTreeSet<&String> = astray.iter().map(|it| &it.id).collect();
    println!(
        "{services} services: {} descriptions covered, {} lacking, {} links astray",
        covered.len(),
        lacking.len(),
        lost.len()
    );
    assert_eq!((links.len(), covered.len(), lost.len()), (76, 33, 43));
    assert_eq!(covered.len() + lacking.len(), 458);
    let candidates = lacking.iter().filter(|it| it.candidate.is_some()).count();
    println!("{candidates} of those that lack a service have a candidate");
}

#[test]
fn seed_b34_the_right_description_is_suggested_mostly_first() {
    let Some(specs) = specs() else { return };
    let (descriptions, _) = real(&specs);
    let view = register(&specs);
    let (mut judged, mut first, mut among_five) = (0, 0, 0);
    let mut missed = Vec::new();
    for stored in view.active_after(Kind::Service, None) {
        let Some(service) = stored.entity.service() else { continue };
        let Some(right) = service.general_description.as_ref().and_then(|id| descriptions.get(id)) else { continue };
        let suggested = descriptions.suggest(&Wanted::service(service, &view), 5);
        judged += 1;
        match suggested.iter().position(|it| it.id == right.id) {
            Some(place) => {
                first += usize::from(place == 0);
                among_five += 1;
            }
            None => missed.push((service.name.any().to_owned(), right.name(crate::model::Lang::Fi).to_owned())),
        }
        assert!(suggested.windows(2).all(|pair| matches!(pair, [one, other] if one.score >= other.score)));
        assert!(suggested.iter().all(|it| it.score <= 100));
    }
    println!("{judged} services whose description is in the list: {first} have it first, {among_five} among five");
    println!("missed: {missed:?}");
    // Most of those that are missed bear another name altogether: Perhetalot, say, of Avoin varhaiskasvatuspalvelu.
    assert_eq!(judged, 55);
    assert!(first >= 26 && among_five >= 39, "{first} and {among_five} of {judged}");
}

/// Three descriptions of our own.
fn own() -> Descriptions {
    let list = serde_json::json!([
        {"Id": "AAAAAAAA-0000-4000-8000-000000000001", "Name": [{"Lang": "fi", "Label": "Kirjastopalvelut"}, {"Lang": "sv", "Label": "Bibliotekstjänster"}],
         "ShortDescription": [{"Lang": "fi", "Label": "Kirjastosta voi lainata kirjoja ja lehtiä."}],
         "BackgroundDescription": [{"Lang": "fi", "Label": "{\"blocks\":[{\"text\":\"Kunta ylläpitää yleistä kirjastoa.\"}]}"}],
         "ServiceClass": [{"Key": "old-library"}], "OntologyTerm": [{"Key": "t1"}, {"Key": "t2"}], "Laws": [{"LawReference": "x"}]},
        {"Id": "aaaaaaaa-0000-4000-8000-000000000002", "Name": [{"Lang": "fi", "Label": "Uimahallit"}],
         "ShortDescription": [{"Lang": "fi", "Label": "Uimahallissa voi uida ja saunoa."}], "ServiceClass": [{"Key": "sport"}]},
        {"Id": "aaaaaaaa-0000-4000-8000-000000000003", "Name": [{"Lang": "fi", "Label": "Pysäköintiluvat"}]}
    ]);
    Descriptions::read(&list, &BTreeMap::from([("old-library".into(), "library".into())]))
}

#[test]
fn a_suggestion_says_why() {
    let descriptions = own();
    let library = descriptions.get("AAAAAAAA-0000-4000-8000-000000000001").expect("in any case");
    assert!(library.classes.contains("library") && library.has_law);
    let found = descriptions.suggest(&Wanted::words("kirjastopalvelut"), 5);
    assert_eq!(found.first().map(|it| it.reasons.first()), Some(Some(&Reason::SameName("Kirjastopalvelut".into()))));
    let found = descriptions.suggest(&Wanted::words("Kirjastojen palvelut ja lehtien lainaaminen"), 5);
    let best = found.first().expect("one");
    assert_eq!(best.name, "Kirjastopalvelut");
    assert!(best.reasons.iter().any(|it| matches!(it, Reason::LikeName(_))), "{best:?}");
    assert!(descriptions.suggest(&Wanted::words("zzz"), 5).is_empty());
    assert!(descriptions.suggest(&Wanted::default(), 5).is_empty());
    let swedish = descriptions.suggest(&Wanted::words("Bibliotekstjänster"), 5);
    assert_eq!(swedish.first().map(|it| it.name.as_str()), Some("Kirjastopalvelut"));
}

#[test]
fn what_ptv_has_merged_is_taken_out_before_it_is_written_back() {
    let descriptions = own();
    let library = descriptions.get("aaaaaaaa-0000-4000-8000-000000000001").expect("there");
    let newer = BTreeMap::from([("old-library".to_owned(), "library".to_owned())]);
    let merged = ["old-library", "culture"].map(str::to_owned);
    assert_eq!(own_of(&merged, &library.classes, &newer), ["culture"]);
    let merged = ["t1", "t2", "t3"].map(str::to_owned);
    assert_eq!(own_of(&merged, &library.terms, &newer), ["t3"]);
}
