//! What search finds and in which order; that it does not matter how its index came about; filters and pages.

mod quality;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::index::{Synchronised, TenantIndex};
use super::{ChannelKind, Filter, Near, Question, Search, page};
use crate::catalogue::pat;
use crate::model::{Master, Stored, View};

fn stored(record: &Value, sequence: u64) -> Arc<Stored> {
    let reading = pat::read(record);
    let entity = reading.entity.unwrap_or_else(|| panic!("{record}: {:?}", reading.findings));
    Arc::new(Stored { entity, revision: 1, sequence, master: Master("cms".into()), changed_at: Timestamp::UNIX_EPOCH })
}

fn service(code: &str, name: &str) -> Value {
    json!({"laji": "palvelu", "koodi": code, "tila": {"koodi": "1"}, "nimi_kieliversiot": {"fi": name}})
}

fn view(records: &[Value]) -> View {
    let stored: Vec<_> = (1..).zip(records).map(|(sequence, record)| stored(record, sequence)).collect();
    View::default().with(stored, records.len() as u64)
}

fn asked(words: &str) -> Question {
    Question { words: Some(words.to_owned()), ..Question::default() }
}

fn codes(index: &TenantIndex, view: &View, question: &Question) -> Vec<String> {
    let found = page(index, view, question, None, usize::MAX).expect("an answer");
    found.services.iter().map(|stored| stored.entity.key.code.to_string()).collect()
}

fn synchronised(index: &TenantIndex, view: &View) -> Synchronised {
    index.at(view).expect("an index").1
}

const NAMES: [(&str, &str); 10] = [
    ("1", "Päivähoito"),
    ("2", "Hammashoito lapsille"),
    ("3", "Hoidon tarpeen arviointi"),
    ("4", "Kirjaston aineistot"),
    ("5", "Kirjastopalvelut"),
    ("6", "Venepaikat"),
    ("7", "Eläinlääkäripalvelut"),
    ("8", "Tontin vuokraus"),
    ("9", "Uimarannat ja uimahallit"),
    ("10", "Äitiysneuvola"),
];

#[test]
fn forms_compounds_and_slips_are_found_in_this_order() {
    let view = view(&NAMES.map(|(code, name)| service(code, name)));
    let index = TenantIndex::new(None);
    let cases: [(&str, &[&str]); 12] = [
        ("kirjasto", &["4", "5"]),
        ("kirjastossa", &["4", "5"]),
        ("hoito", &["3", "1", "2"]),
        ("paivahoito", &["1"]),
        ("PÄIVÄHOIDOSSA", &["1"]),
        ("eläinläkäri", &["7"]),
        ("venepaikka", &["6"]),
        ("uimahalli", &["9"]),
        ("aitiysneuvola", &["10"]),
        ("neuvola", &["10"]),
        ("tontti", &["8"]),
        ("ruuvimeisseli", &[]),
    ];
    for (words, expected) in cases {
        let found = codes(&index, &view, &asked(words));
        let first: Vec<&str> = found.iter().map(String::as_str).take(expected.len().max(1)).collect();
        assert_eq!(first, expected, "{words}: {found:?}");
    }
}

#[test]
fn a_name_weighs_more_than_a_keyword_and_that_more_than_a_description() {
    let text = |code: &str, field: &str, value: Value| {
        let mut record = service(code, "Palvelu");
        record[field] = value;
        record
    };
    let records = [
        text("1", "kuvaus_kieliversiot", json!({"fi": "<p>Täällä on <b>sauna</b>.</p>"})),
        text("2", "tiivistelma_kieliversiot", json!({"fi": "Sauna lämpenee"})),
        text("3", "avainsanat_kieliversiot", json!({"fi": ["sauna"]})),
        service("4", "Sauna"),
    ];
    let view = view(&records);
    let index = TenantIndex::new(None);
    let found = codes(&index, &view, &asked("sauna"));
    assert_eq!(found.first().map(String::as_str), Some("4"));
    assert_eq!(found.last().map(String::as_str), Some("1"));
    // A tag is no word.
    assert!(codes(&index, &view, &asked("strong")).is_empty());
}

#[test]
fn answers_do_not_depend_on_how_the_index_came_about() {
    let records = NAMES.map(|(code, name)| service(code, name));
    let whole = view(&records);
    let fresh = TenantIndex::new(None);
    // The other grew record by record, from the last to the first, through texts that are gone, and a deleted record.
    let grown = TenantIndex::new(None);
    let mut growing = View::default();
    let mut sequence = 0;
    let mut put = |growing: &mut View, record: &Value| {
        sequence += 1;
        *growing = growing.with([stored(record, sequence)], sequence);
        synchronised(&grown, growing);
    };
    put(&mut growing, &service("99", "Kirjasto hoito uimahalli"));
    for (at, record) in records.iter().enumerate().rev() {
        put(&mut growing, &service(record["koodi"].as_str().unwrap_or_default(), &format!("Hoito {at} kirjasto")));
        put(&mut growing, record);
    }
    let mut gone = service("99", "Kirjasto hoito uimahalli");
    gone["tila"] = json!({"koodi": "9"});
    put(&mut growing, &gone);
    let segments = |index: &TenantIndex, view: &View| index.at(view).expect("an index").0.segments();
    assert!(segments(&grown, &growing) > 1 && segments(&fresh, &whole) == 1, "the layouts differ");
    for words in ["hoito", "kirjasto", "lapsen hoitopaikka", "uimahalli kirjaston lapsille", "vuokra", "hoitto"] {
        let scored = |index: &TenantIndex, view: &View| {
            let (snapshot, _) = index.at(view).expect("an index");
            snapshot.answers(words, None, None).expect("answers")
        };
        let (one, two) = (scored(&fresh, &whole), scored(&grown, &growing));
        assert!(!one.0.is_empty(), "{words}");
        assert_eq!(one, two, "{words}");
    }
}

#[test]
fn only_what_has_changed_is_indexed_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = || Some(folder.path().join("turku"));
    let mut class = json!({"laji": "palveluluokka", "koodi": "1_1", "tila": {"koodi": "1"}, "nimi_kieliversiot": {"fi": "Eläimet"}});
    let mut in_class = service("2", "Löytöeläimet");
    in_class["palveluluokat"] = json!([{"koodi": "1_1"}]);
    let first = view(&[class.clone(), in_class, service("3", "Kirjasto")]);
    let index = TenantIndex::new(place());
    assert_eq!(synchronised(&index, &first), Synchronised { indexed: 2, removed: 0 });
    assert_eq!(synchronised(&index, &first), Synchronised::default());
    let second = first.with([stored(&service("3", "Uimahalli"), 4)], 4);
    assert_eq!(synchronised(&index, &second), Synchronised { indexed: 1, removed: 0 });
    assert!(codes(&index, &second, &asked("kirjasto")).is_empty());
    assert_eq!(codes(&index, &second, &asked("uimahalli")), ["3"]);
    // The name of a class is among the words of its services.
    class["nimi_kieliversiot"] = json!({"fi": "Lemmikit"});
    let third = second.with([stored(&class, 5)], 5);
    assert_eq!(synchronised(&index, &third), Synchronised { indexed: 1, removed: 0 });
    assert_eq!(codes(&index, &third, &asked("lemmikki")), ["2"]);
    // After a restart nothing is indexed that has not changed, and what has changed is.
    assert!(index.close());
    assert_eq!(synchronised(&TenantIndex::new(place()), &third), Synchronised::default());
    let mut gone = service("3", "Uimahalli");
    gone["tila"] = json!({"koodi": "9"});
    let fourth = third.with([stored(&gone, 6)], 6);
    let index = TenantIndex::new(place());
    assert_eq!(synchronised(&index, &fourth), Synchronised { indexed: 0, removed: 1 });
    assert!(index.close());
    // A database that was set back and went another way since: the same numbers, other content.
    let other = third.with([stored(&service("3", "Venepaikat"), 6)], 6);
    let index = TenantIndex::new(place());
    assert_eq!(synchronised(&index, &other), Synchronised { indexed: 1, removed: 0 });
    assert_eq!(codes(&index, &other, &asked("venepaikka")), ["3"]);
}

/// Puts bytes into the middle of every file of a folder.
fn damage(folder: &Path, bytes: &[u8]) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let mut content = std::fs::read(&path).expect("a file");
        let middle = content.len() / 2;
        content.splice(middle.., bytes.iter().copied());
        std::fs::write(&path, content).expect("written");
    }
}

#[test]
fn an_index_that_is_damaged_is_made_anew() {
    let view = view(&NAMES.map(|(code, name)| service(code, name)));
    let damages: [&dyn Fn(&Path); 5] = [
        &|folder| damage(folder, b"what is this"),
        &|folder| damage(folder, b""),
        &|folder| std::fs::write(folder.join("meta.json"), "{}").expect("written"),
        &|folder| std::fs::remove_file(folder.join("meta.json")).expect("removed"),
        &|folder| {
            let meta = folder.join("meta.json");
            let text = std::fs::read_to_string(&meta).expect("a file").replace("silta 1", "silta 0");
            std::fs::write(meta, text).expect("written");
        },
    ];
    for damage in damages {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("turku");
        let index = TenantIndex::new(Some(place.clone()));
        synchronised(&index, &view);
        assert!(index.close());
        damage(&place);
        let index = TenantIndex::new(Some(place.clone()));
        assert_eq!(codes(&index, &view, &asked("kirjasto")), ["4", "5"]);
        index.close();
        assert_eq!(synchronised(&TenantIndex::new(Some(place)), &view), Synchronised::default(), "it was kept");
    }
}

#[test]
fn a_disk_that_takes_no_index_is_no_reason_to_find_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    std::fs::write(&file, "a file where the folder should be").expect("written");
    let view = view(&NAMES.map(|(code, name)| service(code, name)));
    assert_eq!(codes(&TenantIndex::new(Some(file.join("turku"))), &view, &asked("kirjasto")), ["4", "5"]);
}

#[tokio::test]
async fn more_tenants_than_may_be_open_are_all_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let search = Arc::new(Search::on_disk(folder.path().to_owned(), 2));
    let view = Arc::new(view(&NAMES.map(|(code, name)| service(code, name))));
    for _ in 0..2 {
        for tenant in ["a", "b", "c", "d"].map(Arc::from) {
            let found = search.find(&tenant, Arc::clone(&view), asked("kirjasto"), None, 10).await.expect("found");
            assert_eq!(found.services.len(), 2);
            let tenants = search.tenants.lock().expect("a lock");
            assert!(tenants.indexes.values().filter(|(index, _)| index.is_open()).count() <= 2);
        }
    }
}

#[test]
fn a_page_goes_on_where_the_last_one_ended_whatever_has_changed() {
    let records: Vec<Value> =
        (10..30).map(|code| service(&code.to_string(), &format!("Kirjasto {}", "a ".repeat(code % 5)))).collect();
    let mut at = view(&records);
    let index = TenantIndex::new(None);
    let all = codes(&index, &at, &asked("kirjasto"));
    assert_eq!(all.len(), 20);
    let (mut seen, mut place, mut sequence) = (Vec::new(), None, 100);
    loop {
        let found = page(&index, &at, &asked("kirjasto"), place, 3).expect("a page");
        seen.extend(found.services.iter().map(|stored| stored.entity.key.code.to_string()));
        place = found.next;
        if place.is_none() {
            break;
        }
        // Between two pages there come some that would stand first, and the words weigh another amount.
        for code in 0..3 {
            sequence += 1;
            at = at.with([stored(&service(&format!("new-{sequence}-{code}"), "Kirjasto"), sequence)], sequence);
        }
    }
    seen.retain(|code| !code.starts_with("new"));
    assert_eq!(seen, all, "nothing twice, nothing passed over");
}

#[test]
fn filters_are_met_with_and_without_words() {
    let records = [
        json!({"laji": "palveluluokka", "koodi": "1_1", "tila": {"koodi": "1"}, "nimi_kieliversiot": {"fi": "Vapaa-aika"}}),
        json!({"laji": "palveluluokka", "koodi": "1_2", "tila": {"koodi": "1"}, "ylatason_koodi": "1_1", "nimi_kieliversiot": {"fi": "Liikunta"}}),
        json!({"laji": "palvelupiste", "koodi": "p1", "tila": {"koodi": "1"}, "nimi_kieliversiot": {"fi": "Halli"},
            "fyysinenPaikka": {"leveysaste": "60.4518", "pituusaste": "22.2666",
                "osoitteet": [{"katuosoite_fi": "Katu 1", "postinumero": "20100", "kunta": {"koodi": "853"}}]}}),
        json!({"laji": "palvelukanava", "koodi": "k1", "tila": {"koodi": "1"}, "kanavalaji": "verkkosivu",
            "nimi_kieliversiot": {"fi": "Sivu"}, "osoite_kieliversiot": {"fi": "https://example.fi"}}),
    ];
    let mut all: Vec<Value> = records.into();
    let mut hall = service("1", "Uimahalli");
    hall["palveluluokat"] = json!([{"koodi": "1_2"}]);
    hall["kohderyhmat"] = json!(["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1.1"]);
    hall["elamantilanteet"] = json!(["http://uri.suomi.fi/codelist/ptv/ptvelti/code/KE1"]);
    hall["kielet"] = json!(["fi", "sv"]);
    let mut everywhere = service("2", "Uimahallien neuvonta");
    everywhere["saatavuusalue"] = json!({"tyyppi": "NationwideExceptAlandIslands"});
    all.push(hall);
    all.push(everywhere);
    all.push(
        json!({"laji": "palvelutarjous", "koodi": "t1", "tila": {"koodi": "1"}, "nimi_kieliversiot": {"fi": "Tarjous"},
        "palvelut": [{"koodi": "1"}], "palvelupiste": {"koodi": "p1"}, "palvelukanavat": [{"koodi": "k1"}]}),
    );
    let view = view(&all);
    let index = TenantIndex::new(None);
    let near = |latitude: f64, metres: f64| Some(Near { latitude, longitude: 22.2666, metres });
    let cases: Vec<(&str, Filter, &[&str])> = vec![
        ("class", Filter { class: "1_1".parse().ok(), ..Filter::default() }, &["1"]),
        ("class", Filter { class: "1_3".parse().ok(), ..Filter::default() }, &[]),
        ("target group", Filter { target_group: Some("KR1".into()), ..Filter::default() }, &["1"]),
        ("life event", Filter { life_event: Some("KE2".into()), ..Filter::default() }, &[]),
        ("life event", Filter { life_event: Some("KE1".into()), ..Filter::default() }, &["1"]),
        ("municipality", Filter { municipality: Some("853".into()), ..Filter::default() }, &["1", "2"]),
        ("municipality", Filter { municipality: Some("091".into()), ..Filter::default() }, &["2"]),
        ("municipality", Filter { municipality: Some("478".into()), ..Filter::default() }, &[]),
        ("channel", Filter { channel: Some(ChannelKind::WebPage), ..Filter::default() }, &["1"]),
        ("channel", Filter { channel: Some(ChannelKind::ServicePoint), ..Filter::default() }, &["1"]),
        ("channel", Filter { channel: Some(ChannelKind::Phone), ..Filter::default() }, &[]),
        ("language", Filter { language: Some("sv".into()), ..Filter::default() }, &["1"]),
        ("language", Filter { language: Some("fi".into()), ..Filter::default() }, &["1", "2"]),
        ("near", Filter { near: near(60.4518, 10.0), ..Filter::default() }, &["1"]),
        ("near", Filter { near: near(60.5518, 10_000.0), ..Filter::default() }, &[]),
        ("near", Filter { near: near(60.5518, 12_000.0), ..Filter::default() }, &["1"]),
    ];
    for (name, filter, expected) in cases {
        for words in [None, Some("uimahalli".to_owned())] {
            let mut found = codes(&index, &view, &Question { words, filter: filter.clone(), lang: None });
            found.sort();
            assert_eq!(found, expected, "{name}: {filter:?}");
        }
    }
}
