//! Records against a catalogue in memory, and the shared sample of organisations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Certainty, Match, Reason, matches};
use crate::catalogue::{import, quality};
use crate::model::{EntityKey, Kind, View};

fn view(records: &[Value]) -> View {
    let (view, refused) = quality::view_of(records);
    assert!(refused.is_empty(), "{refused:?}");
    view
}

fn service(code: &str, name: &str, organisation: &str) -> Value {
    json!({"laji": "palvelu", "koodi": code, "nimi_kieliversiot": {"fi": name}, "vastuuorganisaatio": {"koodi": organisation}})
}

fn organisation(code: &str, name: &str, business_id: Option<&str>) -> Value {
    json!({"laji": "organisaatio", "koodi": code, "nimi_kieliversiot": {"fi": name}, "tyyppi": "Organization", "ytunnus": business_id})
}

fn only(view: &View, record: &Value) -> Match {
    matches(view, &BTreeMap::new(), std::slice::from_ref(record)).remove(0)
}

fn first(found: &Match) -> (Certainty, &str, &[Reason]) {
    let best = found.candidates.first();
    (found.certainty, best.map_or("", |it| it.koodi.as_str()), best.map_or(&[], |it| it.by.as_slice()))
}

#[test]
fn identifiers_are_certain_names_likely_and_the_rest_is_for_a_person() {
    const GUID: &str = "0a0b0c0d-1111-4222-8333-444455556666";
    let mut known = service("1", "Uimahalli, Impivaara", "liikunta");
    known["ptv_id"] = json!(GUID);
    let view = view(&[
        known,
        service("2", "Kirjasto", "kirjasto"),
        service("3", "Kirjasto", "liikunta"),
        organisation("liikunta", "Liikuntapalvelut", Some("1234567-1")),
        organisation("kirjasto", "Kirjastopalvelut", None),
    ]);
    let mut by_guid = service("x", "Aivan muu nimi", "liikunta");
    by_guid["ptv_id"] = json!(GUID.to_uppercase());
    assert_eq!(first(&only(&view, &by_guid)), (Certainty::Certain, "1", &[Reason::PtvId, Reason::Organisation][..]));
    let by_name = service("x", "uimahalli  IMPIVAARA", "liikunta");
    assert_eq!(first(&only(&view, &by_name)), (Certainty::Likely, "1", &[Reason::Name, Reason::Organisation][..]));
    let elsewhere = service("x", "Uimahalli Impivaara", "kirjasto");
    assert_eq!(first(&only(&view, &elsewhere)).0, Certainty::Ambiguous, "another organisation's");
    assert_eq!(
        first(&only(&view, &service("x", "Kirjasto", "kirjasto"))),
        (Certainty::Likely, "2", &[Reason::Name, Reason::Organisation][..])
    );
    assert_eq!(only(&view, &service("x", "Kirjasto", "muu")).certainty, Certainty::Ambiguous, "two have the name");
    assert_eq!(first(&only(&view, &service("2", "Kirjasto", "kirjasto"))).0, Certainty::Certain, "code and name");
    assert_eq!(
        first(&only(&view, &service("2", "Hautausmaa", "kirjasto"))).0,
        Certainty::Ambiguous,
        "a code used for another thing"
    );
    assert_eq!(only(&view, &service("x", "Hautausmaa", "kirjasto")).certainty, Certainty::New);
    assert_eq!(only(&view, &json!({"laji": "palvelu", "koodi": "x"})).certainty, Certainty::Unreadable);
    let by_id = organisation("x", "Liikunta ja urheilu", Some("1234567-1"));
    assert_eq!(first(&only(&view, &by_id)), (Certainty::Certain, "liikunta", &[Reason::BusinessId][..]));
}

#[test]
fn what_speaks_for_two_records_is_ambiguous_and_a_units_shared_business_id_is_not() {
    const GUID: &str = "0a0b0c0d-1111-4222-8333-444455556666";
    let city = organisation("city", "Turun kaupunki", Some("1234567-1"));
    let unit = organisation("unit", "Liikuntapalvelut", Some("1234567-1"));
    let mut other = organisation("other", "Muu", None);
    other["ptv_id"] = json!(GUID);
    let view = view(&[city, unit, other]);
    let again = organisation("x", "Turun kaupunki", Some("1234567-1"));
    assert_eq!(first(&only(&view, &again)), (Certainty::Certain, "city", &[Reason::BusinessId, Reason::Name][..]));
    let unnamed = organisation("x", "Kaupunki", Some("1234567-1"));
    assert_eq!(only(&view, &unnamed).certainty, Certainty::Ambiguous, "two share the business id");
    let mut torn = again;
    torn["ptv_id"] = json!(GUID);
    assert_eq!(only(&view, &torn).certainty, Certainty::Ambiguous, "the GUID says one, the business id another");
}

#[test]
fn what_ptv_calls_an_organisation_is_known_by_the_twins_guid() {
    const GUID: &str = "0a0b0c0d-1111-4222-8333-444455556666";
    let view = view(&[organisation("lib", "Kirjastopalvelut", None), service("2", "Kirjasto", "lib")]);
    let key = EntityKey { kind: Kind::Organisation, code: "lib".parse().expect("a code") };
    let guids: BTreeMap<EntityKey, String> = [(key, GUID.to_owned())].into();
    let found = matches(&view, &guids, &[service("x", "Kirjasto", GUID)]);
    assert_eq!(first(&found[0]), (Certainty::Likely, "2", &[Reason::Name, Reason::Organisation][..]));
}

/// The sample's organisations against a catalogue that has them under codes of its own, some renamed, some without
/// their business ids.
#[test]
fn seed_b30_the_sample_organisations_are_found_again() {
    let Some(path) = import::testing::shared("pat/ptv-fake/organizations.json") else { return };
    let incoming = import::read_path(&path).expect("readable").records;
    let mut here = incoming.clone();
    let mut renamed = 0;
    for (index, record) in here.iter_mut().enumerate() {
        record["koodi"] = json!(format!("oma-{index}"));
        record["ptv_id"] = json!(null);
        record["lahde"] = json!(null);
        record["ylaorganisaatio"] = json!(null);
        if record["ytunnus"].is_string() && index % 2 == 0 {
            record["nimi_kieliversiot"] = json!({"fi": format!("Uusi nimi {index}")});
            renamed += 1;
        }
    }
    let (view, refused) = quality::view_of(&here);
    let found = matches(&view, &BTreeMap::new(), &incoming);
    let count = |certainty| found.iter().filter(|it| it.certainty == certainty).count();
    println!(
        "{} organisations, {renamed} renamed, {} refused: {} certain, {} likely, {} ambiguous, {} new, {} unreadable",
        incoming.len(),
        refused.len(),
        count(Certainty::Certain),
        count(Certainty::Likely),
        count(Certainty::Ambiguous),
        count(Certainty::New),
        count(Certainty::Unreadable),
    );
    assert_eq!(found.len(), incoming.len());
    assert!(count(Certainty::Certain) >= 10 && renamed > 0);
    for it in &found {
        let own = format!("oma-{}", it.index);
        match it.certainty {
            Certainty::Certain | Certainty::Likely => {
                // Two of the sample are the same organisation: they share the business id, and one has the other's name.
                let best: usize = it.candidates[0].koodi.trim_start_matches("oma-").parse().expect("a place");
                let id = &incoming[it.index]["ytunnus"];
                let twice = id.is_string() && incoming[best]["ytunnus"] == *id;
                assert!(it.candidates[0].koodi == own || twice, "{it:?}");
                assert!(it.candidates.iter().any(|it| it.koodi == own), "{it:?}");
            }
            Certainty::Ambiguous => assert!(it.candidates.iter().any(|it| it.koodi == own), "{it:?}"),
            Certainty::New => panic!("{it:?} is in the catalogue"),
            Certainty::Unreadable => {}
        }
    }
}
