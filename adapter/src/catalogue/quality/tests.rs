//! Catalogues made for one rule each, and the real sample of the Helsinki region.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::super::vocabulary::Vocabulary;
use super::adoption::{Adoption, Grade, Thresholds, colour_class};
use super::table::RULES;
use super::{Input, Reference, Report, TextChanges, judge};
use crate::catalogue::{import, pat};
use crate::model::{Code, Lang, Master, Stored, View};

const TODAY: Date = date(2026, 6, 15);

fn view(records: &[Value]) -> View {
    let entities = records.iter().map(|record| {
        let reading = pat::read(record);
        reading.entity.unwrap_or_else(|| panic!("{record}: {:?}", reading.findings))
    });
    let stored = (1..).zip(entities).map(|(sequence, entity)| {
        let master = Master("test".into());
        Arc::new(Stored { entity, revision: 1, sequence, master, changed_at: Timestamp::UNIX_EPOCH })
    });
    View::default().with(stored.collect::<Vec<_>>(), 1)
}

fn input<'a>(view: &'a View, reference: &'a Reference) -> Input<'a> {
    Input {
        view,
        languages: &[Lang::Fi, Lang::Sv],
        organisation: None,
        today: TODAY,
        reference,
        vocabulary: None,
        changes: None,
        thresholds: Thresholds::default(),
        stored: false,
    }
}

fn report(records: &[Value]) -> Report {
    let (view, reference) = (view(records), lists());
    judge(input(&view, &reference))
}

/// Small lists of our own.
fn lists() -> Reference {
    let descriptions = json!([{
        "Id": "00000000-AAAA-4000-8000-000000000001",
        "Name": [{"Lang": "fi", "Label": "Kirjastopalvelut"}],
        "ShortDescription": [],
        "Description": [],
        "BackgroundDescription": [{"Lang": "fi", "Label": json!({"blocks": [
            {"text": "Kunta ylläpitää kirjastoa, josta saa lainata kirjoja maksutta."},
            {"text": "Kirjasto järjestää myös tapahtumia."}]}).to_string()}],
    }]);
    Reference::read(&|name| match name {
        "pat/general-descriptions/gd.json" => Some(descriptions.to_string().into_bytes()),
        "ptv/codelists/postal-codes.csv" => Some(b"code,type\n20100,1\n".to_vec()),
        "ptv/codelists/ontology-terms-partial.csv" => {
            Some(b"uri,label_fi,label_sv,label_en\nhttp://www.yso.fi/onto/koko/p1,kirjastot,bibliotek,\n".to_vec())
        }
        _ => None,
    })
    .expect("readable")
}

/// A service that breaks no rule, with `changes` laid over it; null takes a field away.
fn service(changes: &Value) -> Value {
    let mut record = json!({
        "laji": "palvelu", "koodi": "1", "muutospvm": "2026-05-01",
        "nimi_kieliversiot": {"fi": "Lainaaminen", "sv": "Utlåning"},
        "tiivistelma_kieliversiot": {"fi": "Kirjoja saa lainata.", "sv": "Böcker får lånas."},
        "kuvaus_kieliversiot": {"fi": "Kirjoja saa lainata kortilla.", "sv": "Böcker får lånas med kort."},
        "palveluluokat": [{"koodi": "1_1"}],
        "asiasanat": ["http://www.yso.fi/onto/koko/p1"],
        "kohderyhmat": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"],
    });
    let members = record.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    record
}

fn point(changes: &Value) -> Value {
    let mut record = json!({
        "laji": "palvelupiste", "koodi": "10", "nimi_kieliversiot": {"fi": "Pääkirjasto"},
        "fyysinenPaikka": {"osoitteet": [{"katuosoite_fi": "Testitie 2", "postinumero": "20100", "kunta": {"koodi": "853"}}]},
    });
    let members = record.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    record
}

fn offer() -> Value {
    json!({"laji": "palvelutarjous", "koodi": "100", "nimi_kieliversiot": {"fi": "Lainaaminen pääkirjastossa"},
        "palvelut": [{"koodi": "1"}], "palvelupiste": {"koodi": "10"}})
}

fn class() -> Value {
    json!({"laji": "palveluluokka", "koodi": "1_1", "nimi_kieliversiot": {"fi": "Kirjastot"},
        "ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P15.1"})
}

fn phone_channel() -> Value {
    json!({"laji": "palvelukanava", "kanavalaji": "puhelin", "koodi": "20", "nimi_kieliversiot": {"fi": "Neuvonta"},
        "numerot": [{"maakoodi": "358", "numero": "21000000"}]})
}

/// A whole catalogue around a service.
fn around(service: Value) -> Vec<Value> {
    vec![service, point(&json!({})), offer(), class()]
}

fn rules_of(report: &Report) -> BTreeSet<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn a_sound_catalogue_breaks_no_rule() {
    let report = report(&around(service(&json!({}))));
    assert_eq!(report.findings, []);
    assert_eq!(report.score, Some(100.0));
    assert_eq!(report.by_rule.get("Q02c"), Some(&0));
}

/// Rule → the catalogue that breaks it. A test below sees that no rule is forgotten.
fn broken() -> Vec<(&'static str, Vec<Value>)> {
    let long = "a".repeat(151);
    let terms: Vec<String> = (1..=11).map(|n| format!("http://www.yso.fi/onto/koko/p{n}")).collect();
    let classes: Vec<Value> = (1..=5).map(|n| json!({"koodi": format!("1_{n}")})).collect();
    let group = |codes: &[&str]| -> Value {
        codes.iter().map(|code| format!("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/{code}")).collect()
    };
    let fi = |text: &str| json!({"fi": text, "sv": "Böcker får lånas med kort."});
    let mut cases = Vec::new();
    for (rule, changes) in [
        ("Q01a", json!({"nimi_kieliversiot": {"fi": "Lainaaminen"}})),
        ("Q01b", json!({"nimi_kieliversiot": {"fi": "a".repeat(101), "sv": "Utlåning"}})),
        ("Q02a", json!({"tiivistelma_kieliversiot": {"sv": "Böcker får lånas."}})),
        ("Q02b", json!({"tiivistelma_kieliversiot": fi("Kirj")})),
        ("Q02c", json!({"tiivistelma_kieliversiot": fi(&long)})),
        ("Q02d", json!({"tiivistelma_kieliversiot": fi("lainaaminen")})),
        ("Q03a", json!({"kuvaus_kieliversiot": {"sv": "Böcker får lånas med kort."}})),
        ("Q03b", json!({"kuvaus_kieliversiot": fi("Ei.")})),
        ("Q03c", json!({"kuvaus_kieliversiot": fi(&"a".repeat(5_001))})),
        ("Q03d", json!({"kuvaus_kieliversiot": fi("Kirjoja saa  lainata.")})),
        ("Q04a", json!({"kuvaus_kieliversiot": fi("Kysy numerosta 02 123 4567.")})),
        ("Q04b", json!({"kuvaus_kieliversiot": fi("Auki klo 8–16.")})),
        (
            "Q05a",
            json!({"nimi_kieliversiot": {"fi": "Lainaaminen"}, "tiivistelma_kieliversiot": {"fi": "Kirjoja saa lainata."},
                "kuvaus_kieliversiot": {"fi": "Kirjoja saa lainata kortilla."}}),
        ),
        ("Q05b", json!({"toimintaohje_kieliversiot": {"fi": "Ota kortti mukaan."}})),
        (
            "Q05c",
            json!({"kuvaus_kieliversiot": {"fi": "Kirjoja saa lainata kortilla.", "sv": "Kirjoja saa lainata kortilla."}}),
        ),
        ("Q06a", json!({"palveluluokat": null})),
        ("Q06b", json!({"palveluluokat": classes})),
        ("Q06d", json!({"palveluluokat": [{"koodi": "1_9"}]})),
        ("Q07a", json!({"asiasanat": null})),
        ("Q07b", json!({"asiasanat": terms})),
        ("Q07c", json!({"asiasanat": ["kirjasto"]})),
        ("Q07d", json!({"asiasanat": ["http://www.yso.fi/onto/koko/p2"]})),
        ("Q08a", json!({"kohderyhmat": group(&["KR2"])})),
        (
            "Q08b",
            json!({"kohderyhmat": group(&["KR2.3"]), "elamantilanteet": ["http://uri.suomi.fi/codelist/ptv/ptvelti/code/KE4"]}),
        ),
        ("Q08c", json!({"toimialat": ["http://www.stat.fi/meta/luokitukset/toimiala/001-2008/A"]})),
        ("Q08d", json!({"kohderyhmat": group(&["KR1", "KR1.3"])})),
        ("Q08e", json!({"kohderyhmat": null})),
        ("Q09a", json!({"nimi_kieliversiot": {"fi": "kirjastopalvelut", "sv": "Bibliotek"}})),
        ("Q09b", json!({"lakisaateinen": true})),
        ("Q09c", json!({"pohjakuvaus_id": "00000000-0000-4000-8000-000000000009"})),
        (
            "Q10a",
            json!({"kuvaus_kieliversiot":
                fi("Kunta ylläpitää kirjastoa, josta saa lainata kirjoja maksutta. Kirjasto järjestää myös tapahtumia.")}),
        ),
        ("Q12b", json!({"vastuuorganisaatio": {"koodi": "99"}})),
        ("Q15a", json!({"kuvaus_kieliversiot": fi("Kirjastolaki (1492/2016) määrää näin.")})),
        ("Q15b", json!({"kuvaus_kieliversiot": fi("Kirjasto aukeaa 1.9.2026.")})),
        ("Q16a", json!({"muutospvm": "2025-06-14"})),
        ("Q16b", json!({"muutospvm": "2025-03-14"})),
        ("Q16c", json!({"muutospvm": "2024-12-14"})),
        (
            "Q18a",
            json!({"verkkosivut": [{"osoite_kieliversiot": {"fi": "https://tunnistautuminen.suomi.fi/sivut/x"}}]}),
        ),
        ("Q19a", json!({"tiivistelma_kieliversiot": fi("Lainoja saa olla 50.")})),
        (
            "Q23a",
            json!({"asiasanat": ["http://www.yso.fi/onto/koko/p1"], "avainsanat_kieliversiot": {"fi": ["kirjastot"]}}),
        ),
        ("Q25a", json!({"kuvaus_kieliversiot": fi("Tämä on tehty testi kuvaukseksi.")})),
        ("Q25b", json!({"kuvaus_kieliversiot": fi("Kirjoja saa lainata kortilla.\n")})),
    ] {
        let mut records = around(service(&changes));
        match rule {
            "Q06b" => records.extend((2..=5).map(|n| {
                json!({"laji": "palveluluokka", "koodi": format!("1_{n}"), "nimi_kieliversiot": {"fi": format!("Luokka {n}")},
                    "ptv_luokka_uri": format!("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P{n}.1")})
            })),
            "Q23a" => {
                // The term itself is not chosen.
                let other = json!({"asiasanat": null, "pohjakuvaus_id": "00000000-aaaa-4000-8000-000000000001",
                    "avainsanat_kieliversiot": {"fi": ["Kirjastot"]}});
                records = around(service(&other));
            }
            _ => {}
        }
        cases.push((rule, records));
    }
    let with = |change: &dyn Fn(&mut Vec<Value>)| -> Vec<Value> {
        let mut records = around(service(&json!({})));
        change(&mut records);
        records
    };
    let place = |addresses: Value| {
        with(&|records| records[1] = point(&json!({"fyysinenPaikka": {"osoitteet": addresses.clone()}})))
    };
    let main = json!({"laji": "palveluluokka", "koodi": "1_1", "nimi_kieliversiot": {"fi": "Kirjastot"},
        "ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P15"});
    let half = json!([{"aukiolotyyppi": "normaali", "viikonpaiva": "1", "avaamisaika": "08:10:00", "sulkemisaika": "16:00:00"}]);
    let zero = json!([{"maakoodi": "358", "numero": "021000000"}]);
    let town = json!({"laji": "organisaatio", "koodi": "99", "nimi_kieliversiot": {"fi": "Kaupunki"}, "tyyppi": "Municipality",
        "kuntakoodi": "853", "tiivistelma_kieliversiot": {"fi": "Kaupungin organisaatio."}});
    cases.extend([
        ("Q06c", with(&|records| records[3] = main.clone())),
        ("Q11a", with(&|records| drop(records.remove(2)))),
        ("Q22a", with(&|records| drop(records.remove(2)))),
        ("Q11b", with(&|records| records.push(phone_channel()))),
        (
            "Q12a",
            with(&|records| {
                records[0] = service(&json!({"vastuuorganisaatio": {"koodi": "99"}}));
                records.push(town.clone());
            }),
        ),
        ("Q13a", place(json!([{"katuosoite_fi": "Tori", "postinumero": "20100", "kunta": {"koodi": "853"}}]))),
        ("Q13b", place(json!([{"katuosoite_fi": "Tie 1", "postinumero": "20109", "kunta": {"koodi": "853"}}]))),
        ("Q13c", place(json!([{"katuosoite_fi": "Tie 1", "postinumero": "20100"}]))),
        ("Q13d", place(json!([]))),
        ("Q14a", with(&|records| records[2]["aukioloajat"] = half.clone())),
        ("Q17a", with(&|records| records[1]["puhelinnumerot"] = zero.clone())),
        ("Q20a", with(&|records| records[0] = service(&json!({"varahenkilo": {"nimi": "Sijainen"}})))),
        ("Q20b", with(&|records| records[0] = service(&json!({"yhteyshenkilo": {"nimi": "Vastaava"}})))),
        ("Q21a", with(&|records| records.push(service(&json!({"koodi": "2"}))))),
    ]);
    cases
}

/// Judged by other means: with revisions, with a third language.
const ELSEWHERE: [&str; 5] = ["Q05d", "Q07e", "Q07f", "Q09d", "Q24a"];

#[test]
fn every_rule_is_broken_by_a_catalogue_of_its_own() {
    let cases = broken();
    for (rule, records) in &cases {
        let report = report(records);
        let found = rules_of(&report);
        assert!(found.contains(rule), "{rule}: {found:?}");
        let counted =
            report.by_rule.get(*rule).is_some_and(|count| *count > 0) || report.by_rule_kind.contains_key(*rule);
        assert!(counted, "{rule} is not counted: {:?}", report.by_rule);
        // What goes beyond it is known: a shorter or longer text may break its neighbour.
        assert!(found.len() <= 4, "{rule}: {found:?}");
    }
    let covered: BTreeSet<&str> = cases.iter().map(|(rule, _)| *rule).chain(ELSEWHERE).collect();
    let all: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(covered, all);
}

#[test]
fn terms_are_judged_by_the_vocabulary_in_use_and_told_what_takes_their_place() {
    let koko = "http://www.yso.fi/onto/koko/";
    let lines = format!(
        "{{\"uri\":\"{koko}p1\",\"label\":{{\"fi\":\"kirjastot\"}},\"exactMatch\":[\"http://www.yso.fi/onto/yso/p9\"]}}\n\
         {{\"uri\":\"{koko}p2\",\"label\":{{\"fi\":\"vanha\"}},\"deprecated\":true,\"replacedBy\":[\"{koko}p1\"]}}\n"
    );
    let vocabulary = Vocabulary::from_lines("2026-01-12", lines.as_bytes()).expect("lines");
    let of = |term: &str| {
        let records = around(service(&json!({"asiasanat": [term]})));
        let (view, reference) = (view(&records), lists());
        let report = judge(Input { vocabulary: Some(&vocabulary), ..input(&view, &reference) });
        let found = report.findings.iter().find(|it| it.rule.starts_with("Q07"));
        found.map(|it| (it.rule.clone(), it.fi.clone()))
    };
    assert_eq!(of(&format!("{koko}p1")), None);
    for (term, rule, said) in [
        (format!("{koko}p7"), "Q07d", "koko/p7"),
        (format!("{koko}p2"), "Q07e", "kirjastot (http://www.yso.fi/onto/koko/p1)"),
        ("http://www.yso.fi/onto/yso/p9".to_owned(), "Q07f", "kirjastot (http://www.yso.fi/onto/koko/p1)"),
        ("http://www.yso.fi/onto/yso/p1".to_owned(), "Q07d", "yso/p1"),
    ] {
        let (found, text) = of(&term).unwrap_or_else(|| panic!("{term}: nothing found"));
        assert_eq!(found, rule, "{term}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_statutory_service_is_shown_the_nearest_general_description() {
    let record = |statutory: bool| {
        let name = json!({"fi": "Kirjastopalvelu", "sv": "Bibliotek"});
        let text = json!({"fi": "Kunta ylläpitää kirjastoa, josta lainata kirjoja. Kirjasto järjestää tapahtumia.", "sv": "Böcker."});
        let record = json!({"nimi_kieliversiot": name, "kuvaus_kieliversiot": text, "lakisaateinen": statutory});
        report(&around(service(&record)))
    };
    assert_eq!(record(true).by_rule.get("Q09d"), Some(&1));
    assert_eq!(record(false).by_rule.get("Q09d"), Some(&0));
}

#[test]
fn lengths_are_code_points_of_the_untrimmed_text_after_nfc() {
    // 149 letters, one of them written as two code points before NFC, and blanks up to 150 and 151.
    let letters = format!("{}a\u{308}", "b".repeat(148));
    for (blanks, broken) in [(1, 0), (2, 1)] {
        let text = format!("{letters}{}", " ".repeat(blanks));
        let report =
            report(&around(service(&json!({"tiivistelma_kieliversiot": {"fi": text, "sv": "Böcker får lånas."}}))));
        assert_eq!(report.by_rule.get("Q02c"), Some(&broken), "{blanks} blanks");
    }
    // Outside of the basic plane one character is one, not two.
    let report = report(&around(service(
        &json!({"tiivistelma_kieliversiot": {"fi": "𝄞".repeat(150), "sv": "Böcker får lånas."}}),
    )));
    assert_eq!(report.by_rule.get("Q02c"), Some(&0));
}

#[test]
fn seed_b35_two_languages_are_the_tenants_rule() {
    let records = around(service(&json!({"nimi_kieliversiot": {"fi": "Lainaaminen"},
        "tiivistelma_kieliversiot": {"fi": "Kirjoja saa lainata."}, "kuvaus_kieliversiot": {"fi": "Kirjoja saa lainata kortilla."}})));
    let (view, reference) = (view(&records), lists());
    let of = |languages: &'static [Lang]| judge(Input { languages, ..input(&view, &reference) });
    assert_eq!(of(&[Lang::Fi, Lang::Sv]).by_rule.get("Q05a"), Some(&1));
    let finnish = of(&[Lang::Fi]);
    assert_eq!((finnish.by_rule.get("Q05a"), finnish.findings.len()), (None, 0));
    let three = of(&[Lang::Fi, Lang::Sv, Lang::En]);
    assert_eq!((three.by_rule.get("Q05d"), three.by_rule_language["Q05d"]["en"]), (Some(&1), 1));
}

#[test]
fn a_translation_older_than_its_original_is_seen_in_the_revisions() {
    let first = service(&json!({}));
    let mut second = first.clone();
    second["kuvaus_kieliversiot"]["fi"] = "Kirjoja saa lainata kortilla ja koodilla.".into();
    let mut third = second.clone();
    third["kuvaus_kieliversiot"]["sv"] = "Böcker får lånas med kort och kod.".into();
    let at = |day: i64| Timestamp::from_second(day * 86_400).expect("a time");
    let view = view(&around(third.clone()));
    let reference = lists();
    for (revisions, expected) in [(vec![&first], 0), (vec![&first, &second], 1), (vec![&first, &second, &third], 0)] {
        let mut changes = TextChanges::default();
        let mut before = None;
        for (day, record) in (20_000..).zip(revisions) {
            changes.revised(before, record, at(day));
            before = Some(record);
        }
        let changes = BTreeMap::from([("1".parse::<Code>().expect("a code"), changes)]);
        let report = judge(Input { changes: Some(&changes), ..input(&view, &reference) });
        assert_eq!(report.by_rule.get("Q24a"), Some(&expected));
    }
    let report = judge(input(&view, &reference));
    assert!(!report.by_rule.contains_key("Q24a") && report.not_judged.iter().any(|it| it.rule == "Q24a"));
}

#[test]
fn what_is_not_judged_is_said_with_its_reason() {
    let view = view(&[service(&json!({"muutospvm": null}))]);
    let reference = Reference::default();
    let report = judge(input(&view, &reference));
    let said: BTreeSet<&str> = report.not_judged.iter().map(|it| it.rule.as_str()).collect();
    for rule in ["Q07d", "Q09a", "Q10a", "Q11a", "Q13b", "Q16a", "Q22a", "Q23a", "Q24a"] {
        assert!(said.contains(rule), "{rule}: {said:?}");
        assert!(!report.by_rule.contains_key(rule), "{rule}");
    }
    assert!(report.not_judged.iter().all(|it| !it.fi.is_empty() && !it.sv.is_empty() && !it.en.is_empty()));
}

#[test]
fn the_score_is_the_mean_of_what_is_left_of_a_hundred() {
    let sound = service(&json!({}));
    // One error (Q02c) and one warning (Q04b), in Finnish.
    let long = format!("Auki klo 8–16. {}", "a".repeat(151));
    let bad = service(&json!({"koodi": "2", "nimi_kieliversiot": {"fi": "Varaaminen", "sv": "Bokning"},
        "tiivistelma_kieliversiot": {"fi": long, "sv": "Böcker får bokas."}, "kuvaus_kieliversiot": {"fi": "Varaus tehdään verkossa. 16", "sv": "Bokning görs på nätet."}}));
    let mut records = around(sound);
    records.push(bad);
    records[2]["palvelut"] = json!([{"koodi": "1"}, {"koodi": "2"}]);
    let report = report(&records);
    assert_eq!(rules_of(&report), BTreeSet::from(["Q02c", "Q04b"]));
    assert_eq!(report.score, Some(90.0));
    let share = &report.by_organisation[0];
    assert_eq!((share.services, share.errors, share.warnings, share.score), (2, 1, 1, Some(90.0)));
}

#[test]
fn seed_b36_findings_are_told_per_owner() {
    let mut records =
        around(service(&json!({"yhteyshenkilo": {"nimi": "Vastaava"}, "varahenkilo": {"nimi": "Sijainen"}})));
    records.push(service(&json!({"koodi": "2", "nimi_kieliversiot": {"fi": "Varaaminen", "sv": "Bokning"}})));
    records[2]["palvelut"] = json!([{"koodi": "1"}, {"koodi": "2"}]);
    let report = report(&records);
    let told: Vec<_> = report.by_owner.iter().map(|it| (it.code.as_deref(), it.services, it.warnings)).collect();
    assert_eq!(told, [(None, 1, 2), (Some("Vastaava"), 1, 0)]);
    assert_eq!((report.by_rule["Q20a"], report.by_rule["Q20b"]), (1, 1));
}

#[test]
fn seed_a11_synthetic_tenants_fall_in_each_grade() {
    let many = |services: usize, points: usize, day: &str| -> Vec<Value> {
        let services = (0..services).map(|n| service(&json!({"koodi": format!("s{n}"), "muutospvm": day})));
        services.chain((0..points).map(|n| point(&json!({"koodi": format!("p{n}")})))).collect()
    };
    let draft = service(&json!({"tila": {"koodi": "2"}}));
    for (records, grade) in [
        (many(100, 20, "2026-06-01"), Grade::Laaja),
        (many(100, 19, "2026-06-01"), Grade::Suppea),
        (many(10, 0, "2026-06-01"), Grade::Suppea),
        (many(9, 0, "2026-06-01"), Grade::Aloittanut),
        (vec![draft], Grade::Aktiivinen),
        (vec![service(&json!({"tila": {"koodi": "2"}, "muutospvm": "2025-06-01"}))], Grade::Passiivinen),
        (many(100, 20, "2024-12-01"), Grade::Passiivinen),
        (vec![], Grade::Passiivinen),
    ] {
        let adoption = Adoption::of(&view(&records), Thresholds::default(), TODAY, false);
        assert_eq!(adoption.grade, grade, "{} services, {} points", adoption.services, adoption.service_points);
    }
    let lenient = Thresholds { wide_services: 9, wide_points: 0, ..Thresholds::default() };
    let adoption = Adoption::of(&view(&many(9, 0, "2026-06-01")), lenient, TODAY, false);
    assert_eq!((adoption.grade, adoption.days_since_change), (Grade::Laaja, Some(14)));
}

#[test]
fn seed_a13_service_points_are_counted_by_municipality() {
    let at = |code: &str, n: usize| {
        point(&json!({"koodi": format!("{code}-{n}"), "fyysinenPaikka": {"osoitteet":
            [{"katuosoite_fi": "Tie 1", "postinumero": "20100", "kunta": {"koodi": code}}]}}))
    };
    let mut records: Vec<Value> = (0..201).map(|n| at("853", n)).collect();
    records.extend((0..3).map(|n| at("202", n)));
    records.push(point(&json!({"koodi": "x", "fyysinenPaikka": {"osoitteet": []}})));
    let adoption = Adoption::of(&view(&records), Thresholds::default(), TODAY, false);
    let places = &adoption.service_points_by_municipality;
    assert_eq!((places["853"].count, places["853"].class), (201, 5));
    assert_eq!((places["202"].count, places["202"].class), (3, 1));
    assert_eq!(adoption.service_points_without_municipality, 1);
    let classes = [0, 1, 10, 11, 50, 51, 100, 101, 200, 201].map(colour_class);
    assert_eq!(classes, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
}

#[test]
fn the_manual_lists_the_rules_as_they_are() {
    let manual = include_str!("../../../../docs/quality.md");
    let listed = manual.split("<!-- rules -->").nth(1).and_then(|rest| rest.split("<!-- /rules -->").next());
    let listed: Vec<&str> = listed.expect("a list").lines().filter(|line| line.starts_with("| Q")).collect();
    let rows = RULES.iter().map(|rule| {
        let level = json!(rule.severity);
        format!("| {} | {} | `{}` | {} |", rule.id, level.as_str().expect("a word"), rule.field, rule.title[2])
    });
    assert_eq!(listed, rows.collect::<Vec<_>>());
}

#[test]
fn the_page_is_whole_readable_and_needs_nothing_else() {
    let mut records = around(service(
        &json!({"tiivistelma_kieliversiot": {"fi": "< b>\"a\" & 'b'</ b>".repeat(10), "sv": "Böcker får lånas."}}),
    ));
    records.push(phone_channel());
    let (view, reference) = (view(&records), Reference::default());
    let mut report = judge(input(&view, &reference));
    report.series = (1..=3)
        .map(|day| super::report::Mark {
            date: format!("2026-06-0{day}"),
            score: 50.0,
            services: 1,
            errors: 1,
            warnings: 0,
        })
        .collect();
    report.findings[0].name = "<script>alert('x')</script>".into();
    for (lang, title, score) in [
        (Lang::Fi, "<h1>Palvelutietojen laatu</h1>", "Laatupisteet: 85,0 pistettä sadasta"),
        (Lang::Sv, "<h1>Tjänsteuppgifternas kvalitet</h1>", "Kvalitetspoäng: 85,0 poäng av hundra"),
        (Lang::En, "<h1>Quality of the service catalogue</h1>", "Quality score: 85.0 points of a hundred"),
    ] {
        let page = super::html::page(&report, lang);
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.contains(title), "{lang}");
        assert!(page.contains(score), "{lang}: {page}");
        let count = |text: &str| page.matches(text).count();
        assert_eq!(count("<table>"), count("<caption>"));
        assert_eq!(count("<table>"), count("</table>"));
        assert_eq!(count("<section"), count("</section>"));
        assert_eq!(count("<th"), count("scope=") + count("<thead"), "every head cell says what it heads");
        assert_eq!(count("<svg role=\"img\" aria-labelledby="), count("</svg>"));
        assert_eq!(count("</svg>"), count("<title id="));
        assert!(
            !page.contains("<script")
                && !page.contains("http://")
                && !page.contains("https://")
                && !page.contains("{0}")
        );
    }
}

fn shared(inside: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("specs").join(inside);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent", path.display());
    None
}

#[test]
fn seed_a14_findings_on_the_real_sample_stay_stable() {
    let Some(file) = shared("pat/tpr/services-2025-09-25.json") else { return };
    let records = import::read_path(&file).expect("readable").records;
    let sound: Vec<Value> = records.into_iter().filter(|record| pat::read(record).entity.is_some()).collect();
    assert_eq!(sound.len(), 592);
    let view = view(&sound);
    let root = shared("pat").expect("there");
    let root = root.parent().expect("a folder");
    let reference = Reference::read(&|name| std::fs::read(root.join(name)).ok()).expect("readable");
    let report = judge(input(&view, &reference));
    let known: BTreeMap<String, usize> =
        serde_json::from_str(include_str!("tests/tpr-by-rule.json")).expect("a table of counts");
    assert_eq!(report.by_rule, known, "{:#}", json!(report.by_rule));
    // What the issue names.
    assert_eq!([known["Q02c"], known["Q05a"], known["Q04a"]], [120, 77, 25]);
}
