//! Bodies and findings of small entities.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::profile::Profile;
use super::super::reference::Reference;
use super::{Context, Extent, Mapped, connections, duplicates, map};
use crate::catalogue::pat;
use crate::model::{EntityKey, Lang, Master, Stored, View};

fn reference() -> Reference {
    let class = |code: &str, broader: Value| json!({"Id": format!("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/{code}"), "BroaderUris": broader});
    let files = [
        ("municipalities.json", json!([{"municipalityCode": "853"}]).to_string()),
        ("all-languages.json", json!([{"code": "fi"}, {"code": "sv"}]).to_string()),
        ("countries-and-dial-codes.json", json!([{"dialCodes": ["+358"]}]).to_string()),
        ("finnish-service-numbers.json", json!({"value": [{"Number": "0200"}]}).to_string()),
        ("service-classes.json", json!([class("P1", Value::Null), class("P1.1", json!(["P1"]))]).to_string()),
        ("target-groups.json", json!([{"Id": "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"}]).to_string()),
        ("postal-codes.csv", "code,type\n20100,1\n".to_owned()),
        ("ontology-terms-partial.csv", "uri,scheme\nhttp://www.yso.fi/onto/koko/p1,X\n".to_owned()),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    Reference::from_files(&files).expect("sound lists")
}

fn view(records: &[Value]) -> View {
    let stored = records.iter().zip(1..).map(|(record, sequence)| {
        let reading = pat::read(record);
        assert!(reading.entity.is_some(), "{:?}", reading.findings);
        Arc::new(Stored {
            entity: reading.entity.expect("checked"),
            revision: 1,
            sequence,
            master: Master("cms".into()),
            changed_at: jiff::Timestamp::UNIX_EPOCH,
        })
    });
    View::default().with(stored, 1)
}

fn with<T>(records: &[Value], run: impl FnOnce(&Context<'_>) -> T) -> T {
    let (reference, view) = (reference(), view(records));
    let guid = |key: &EntityKey| Some(format!("guid-{}", key.code));
    let none = BTreeMap::new();
    let mut context = Context {
        tenant: "turku",
        municipality: "853",
        organisation: "org",
        organisation_languages: &[Lang::Fi, Lang::Sv],
        profile: Profile::Live2026,
        reference: &reference,
        view: &view,
        guid: &guid,
        duplicates: &none,
    };
    let found = duplicates(&context);
    context.duplicates = &found;
    run(&context)
}

fn mapped(records: &[Value]) -> Mapped {
    with(records, |context| {
        let first = pat::read(records.first().expect("one")).entity.expect("sound");
        map(&first, context, Extent::Sound).expect("has a twin")
    })
}

fn service(code: &str) -> Value {
    json!({
        "laji": "palvelu", "koodi": code,
        "nimi_kieliversiot": {"fi": format!("Uimahalli {code}"), "sv": format!("Simhall {code}")},
        "tiivistelma_kieliversiot": {"fi": "Uimahallin palvelut.", "sv": "Simhallens tjänster."},
        "kuvaus_kieliversiot": {"fi": "Uimahalli on avoinna.", "sv": "Simhallen är öppen."},
        "toimintaohje_kieliversiot": {"fi": "Tule paikalle.", "sv": "Kom på plats."},
        "palveluluokat": [{"koodi": "1_1"}], "asiasanat": ["http://www.yso.fi/onto/koko/p1"],
        "kohderyhmat": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"]
    })
}

fn class() -> Value {
    json!({"laji": "palveluluokka", "koodi": "1_1", "nimi_kieliversiot": {"fi": "Luokka"},
           "ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P1.1"})
}

fn rules(mapped: &Mapped) -> Vec<String> {
    mapped.findings.iter().map(|finding| format!("{} {}", finding.field, finding.rule)).collect()
}

#[test]
fn a_sound_service_is_sent_whole() {
    let mapped = mapped(&[service("1"), class()]);
    assert_eq!(rules(&mapped), [""; 0]);
    let body = mapped.body.expect("sent");
    assert_eq!(body["sourceId"], "turku.service.1");
    assert_eq!(body["publishingStatus"], "Published");
    assert_eq!(body["serviceNames"].as_array().map(Vec::len), Some(2));
    assert_eq!(body["areas"], json!([{"type": "Municipality", "areaCodes": ["853"]}]));
    assert_eq!(body["serviceProducers"], json!([{"provisionType": "SelfProducedServices", "organizations": ["org"]}]));
    assert_eq!(body["deleteAllKeywords"], true);
}

#[test]
fn a_language_that_breaks_a_rule_is_left_out_with_a_finding() {
    let mut record = service("1");
    record["tiivistelma_kieliversiot"]["sv"] = "Simhall 1".into();
    let mapped = mapped(&[record, class()]);
    assert_eq!(rules(&mapped), ["tiivistelma_kieliversiot.sv Q02"]);
    assert_eq!(mapped.languages, [Lang::Fi]);
    assert!(!mapped.body.expect("sent").to_string().contains("Simhall"));
}

#[test]
fn a_service_without_valid_finnish_is_withheld() {
    let mut record = service("1");
    record["tiivistelma_kieliversiot"]["fi"] = "x".repeat(151).into();
    let mapped = mapped(&[record, class()]);
    assert!(mapped.withheld && mapped.body.is_none());
    assert_eq!(rules(&mapped), ["tiivistelma_kieliversiot.fi Q02"]);
}

#[test]
fn classification_is_needed_without_a_general_description() {
    let mut record = service("1");
    for member in ["palveluluokat", "asiasanat", "kohderyhmat"] {
        record[member] = json!([]);
    }
    let mapped = mapped(&[record]);
    assert!(mapped.withheld);
    assert_eq!(rules(&mapped), ["palveluluokat Q06", "asiasanat Q07", "kohderyhmat Q08"]);
}

#[test]
fn the_second_of_two_equal_names_is_withheld() {
    let mut twin = service("2");
    twin["nimi_kieliversiot"] = json!({"fi": " uimahalli  1", "sv": "Simhall 2"});
    assert!(mapped(&[service("1"), twin.clone(), class()]).body.is_some());
    let second = mapped(&[twin, service("1"), class()]);
    assert_eq!(rules(&second), ["nimi_kieliversiot Q21"]);
}

#[test]
fn a_place_carries_metres_and_merged_hours() {
    let place = json!({
        "laji": "palvelupiste", "koodi": "740", "nimi_kieliversiot": {"fi": "Impivaara"},
        "tiivistelma_kieliversiot": {"fi": "Uimahalli Impivaarassa."}, "kuvaus_kieliversiot": {"fi": "Suuri uimahalli."},
        "puhelinnumerot": [{"maakoodi": "358", "numero": "02 262 3000", "numerotyyppi": {"teksti_fi": "Puhelin"}}, {"numero": "eilen"}],
        "fyysinenPaikka": {
            "leveysaste": "60.4692", "pituusaste": "22.2727",
            "osoitteet": [{"katuosoite_fi": "Uimahallinpolku 4", "postinumero": "20100", "kunta": {"koodi": "853"}}],
            "aukioloajat": [
                {"aukiolotyyppi": "normaali", "viikonpaiva": "1-2", "avaamisaika": "06:30", "sulkemisaika": "21:00"},
                {"aukiolotyyppi": "normaali", "viikonpaiva": "6", "avaamisaika": "09:00", "sulkemisaika": "24:00"},
                {"aukiolotyyppi": "normaali", "viikonpaiva": "5", "avaamisaika": "22:00", "sulkemisaika": "02:00"},
                {"aukiolotyyppi": "poikkeus suljettu", "voimassaoloAlkamishetki": "2026-12-24", "voimassaoloPaattymishetki": "2026-12-24"}
            ]
        }
    });
    let mapped = mapped(&[place]);
    assert_eq!(rules(&mapped), ["nimi_kieliversiot.sv Q05", "puhelinnumerot[1].numero phone"]);
    let body = mapped.body.expect("sent");
    assert_eq!(body["phoneNumbers"][0]["prefixNumber"], "+358");
    assert_eq!(body["phoneNumbers"][0]["number"], "22623000");
    let address = &body["addresses"][0]["streetAddress"];
    assert_eq!((address["streetNumber"].as_str(), address["municipality"].as_str()), (Some("4"), Some("853")));
    assert!(address["latitude"].as_str().is_some_and(|metres| metres.starts_with("67")));
    let kinds: Vec<&str> = body["serviceHours"]
        .as_array()
        .expect("hours")
        .iter()
        .filter_map(|item| item["serviceHourType"].as_str())
        .collect();
    assert_eq!(kinds, ["DaysOfTheWeek", "OverMidnight", "Exceptional"]);
    assert_eq!(body["serviceHours"][0]["openingHour"].as_array().map(Vec::len), Some(3));
    assert_eq!(body["serviceHours"][1]["openingHour"][0]["dayTo"], "Saturday");
    assert!(body["serviceHours"][2].get("validTo").is_none());
}

#[test]
fn connections_come_from_active_offers() {
    let page = json!({"laji": "palvelukanava", "koodi": "9", "kanavalaji": "verkkosivu", "nimi_kieliversiot": {"fi": "Sivu"},
        "osoite_kieliversiot": {"fi": "https://www.turku.example/"}});
    let offer = json!({"laji": "palvelutarjous", "koodi": "5", "nimi_kieliversiot": {"fi": "Tarjous"},
        "kuvaus_kieliversiot": {"fi": "Varaa vuoro verkossa."}, "palvelut": [{"koodi": "1"}], "palvelukanavat": [{"koodi": "9"}],
        "hinnat": [{"hinnoittelutyyppi": "maksullinen", "hinta_kieliversiot": {"fi": "5 euroa"}}]});
    let records = [service("1"), class(), page, offer];
    let set = with(&records, |context| {
        let service = pat::read(&records[0]).entity.expect("sound");
        connections(&service, &[Lang::Fi], context)
    });
    assert_eq!(set.count, 1);
    let relation = &set.body["channelRelations"][0];
    assert_eq!(relation["serviceChannelId"], "guid-9");
    assert_eq!(relation["serviceChargeType"], "Chargeable");
    assert!(relation.get("serviceHours").is_none() && relation.get("deleteAllServiceHours").is_none());
}
