//! The reader takes what the wire has and names what it refuses.

use serde_json::json;

use super::{read, read_stored};
use crate::model::{Kind, Lang, Level};

fn problems(record: &serde_json::Value) -> Vec<String> {
    read(record).findings.iter().map(|finding| format!("{} {}", finding.field, finding.rule)).collect()
}

#[test]
fn reads_the_offer_of_the_proposed_write_message() {
    let reading = read(&json!({
        "laji": "palvelutarjous", "lahde": {"jarjestelma": "cms", "id": "node/4711", "versio": 12},
        "koodi": 123, "nimi_kieliversiot": {"fi": "Tonttien myynti", "sv": "Tomtförsäljning", "en": ""},
        "tila": {"koodi": "1"}, "palvelut": [{"koodi": "11"}], "palvelupiste": {"koodi": "740"},
        "palvelunsaanninEhdot_kieliversiot": {"fi": "Haku avoinna kahdesti vuodessa."},
        "hinnat": [{"hinnoittelutyyppi": "maksuton", "hinta_kieliversiot": {"fi": "Maksuton"}}],
        "aukioloajat": [{"aukiolotyyppi": "normaali", "viikonpaiva": "1-5", "avaamisaika": "08:00:00", "sulkemisaika": "24:00"}]
    }));
    let entity = reading.entity.expect("sound");
    assert_eq!(entity.key.kind, Kind::Offer);
    assert_eq!(entity.key.code.as_str(), "123");
    let offer = entity.offer().expect("an offer");
    assert_eq!(offer.name.languages().collect::<Vec<_>>(), [Lang::Fi, Lang::Sv]);
    assert_eq!(offer.hours[0].days, Some((1, 5)));
    assert_eq!(offer.hours[0].closes, Some(jiff::civil::time(0, 0, 0, 0)));
}

#[test]
fn xroad_re_14_a_code_that_no_path_can_name_is_refused() {
    let problems_of = |laji: &str, code: &str| {
        let record = json!({"laji": laji, "koodi": code, "nimi_kieliversiot": {"fi": "Nimi"}});
        problems(&record).into_iter().filter(|it| it == "koodi invalid-code").count()
    };
    for code in ["a/b", "50%", "a\\b", "a;b", ".", "..", "%2e"] {
        for laji in ["palvelu", "palvelupiste", "palvelukanava", "organisaatio"] {
            assert_eq!(problems_of(laji, code), 1, "{laji} {code}");
        }
        assert_eq!(problems_of("palveluluokka", code), 0, "{code}: a class has no path of its own");
    }
    assert_eq!((problems_of("palvelu", "search"), problems_of("palvelukanava", "search")), (1, 0));
    for code in ["a b", "ä:1", "...", "Search", "a+b@c"] {
        assert_eq!(problems_of("palvelu", code), 0, "{code}");
    }
}

#[test]
fn names_every_problem_of_a_record_at_once() {
    let record = json!({
        "laji": "palvelu", "koodi": " 1", "nimi_kieliversiot": {"sv": "Namn", "de": "Name"}, "tila": {"koodi": "7"},
        "kuvaus": "?", "lakisaateinen": "kyllä", "muutospvm": "eilen", "kielet": "fi"
    });
    assert_eq!(
        problems(&record),
        [
            "koodi invalid-code",
            "tila.koodi unknown-word",
            "muutospvm invalid-field",
            "nimi_kieliversiot.de unknown-language",
            "lakisaateinen invalid-field",
            "kielet invalid-field",
            "kuvaus unknown-field"
        ]
    );
}

#[test]
fn demands_what_each_kind_needs() {
    for (record, expected) in [
        (json!({"laji": "palvelu", "koodi": "1"}), vec!["nimi_kieliversiot.fi required"]),
        (json!({"laji": "tuote", "koodi": "1"}), vec!["laji unknown-word"]),
        (json!({"koodi": "1"}), vec!["laji required"]),
        (json!([1]), vec![" invalid-field"]),
        (
            json!({"laji": "palvelutarjous", "koodi": "1", "nimi_kieliversiot": {"fi": "x"}}),
            vec!["palvelut incomplete", "palvelupiste incomplete"],
        ),
        (
            json!({"laji": "palvelukanava", "kanavalaji": "sahkoinen", "koodi": "1", "nimi_kieliversiot": {"fi": "x"}}),
            vec!["tunnistautuminen required", "osoite_kieliversiot required"],
        ),
        (
            json!({"laji": "organisaatio", "tyyppi": "Municipality", "koodi": "1", "nimi_kieliversiot": {"fi": "x"}, "ytunnus": "1234567-2"}),
            vec!["ytunnus invalid-field", "kuntakoodi required"],
        ),
    ] {
        assert_eq!(problems(&record), expected, "{record}");
    }
}

#[test]
fn refuses_what_is_too_long_or_carries_control_characters() {
    let long = "x".repeat(super::fields::MAX_TEXT_CHARS + 1);
    let record = json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Nimi\u{0}"}, "kuvaus_kieliversiot": {"fi": long}});
    assert_eq!(problems(&record), ["nimi_kieliversiot.fi control-character", "kuvaus_kieliversiot.fi too-long"]);
}

#[test]
fn html_is_reduced_to_lines_and_the_rest_is_told() {
    let text =
        "<h2>Hae näin</h2><p>Täytä <a href=\"https://a.example\">lomake</a>:</p><ul><li>nimi</li><li>osoite</li></ul>";
    let record = |text: &str| json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Nimi"}, "kuvaus_kieliversiot": {"fi": text}});
    let reading = read(&record(text));
    let [finding] = reading.findings.as_slice() else { panic!("one finding: {:?}", reading.findings) };
    assert_eq!(
        (finding.rule, finding.field.as_str(), finding.level),
        ("html", "kuvaus_kieliversiot.fi", Level::Warning)
    );
    assert!(finding.en.contains("left out: a. Check"), "{}", finding.en);
    let entity = reading.entity.expect("taken");
    let service = entity.service().expect("a service");
    assert_eq!(service.description.get(Lang::Fi), Some("Hae näin\n\nTäytä lomake:\n• nimi\n• osoite"));
    // What is stored is read alike, and a text without tags stays to the letter.
    assert_eq!(read_stored(&record(text)).entity, Some(entity));
    let plain = "1 < 2 &amp; 3\nRivi  toinen";
    let reading = read(&record(plain));
    assert_eq!(reading.findings.len(), 0);
    assert_eq!(
        reading
            .entity
            .expect("taken")
            .service()
            .and_then(|it| it.description.get(Lang::Fi).map(str::to_owned))
            .as_deref(),
        Some(plain)
    );
}

#[test]
fn nothing_in_place_of_texts_by_language_is_nothing() {
    for nothing in [json!(null), json!(""), json!({})] {
        let record = json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Nimi"}, "kuvaus_kieliversiot": nothing});
        assert_eq!(problems(&record), [""; 0], "{record}");
    }
    let record = json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": null});
    assert_eq!(problems(&record), ["nimi_kieliversiot.fi required"]);
}
