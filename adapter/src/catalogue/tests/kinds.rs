//! Every kind of record goes in, survives a restart, and is served to whom it may concern.

use std::sync::Arc;

use serde_json::{Value, json};
use silta_client::catalogue as contract;

use super::{batch, open, outcomes};
use crate::catalogue::Outcome;
use crate::model::errand::{ErrandChannelKind, ErrandKind};
use crate::model::{Code, EntityKey, Kind, View};
use crate::operations::catalogue::{Answer, Read, read};
use crate::operations::registry::Shape;

pub(super) fn record(laji: &str, code: &str, more: Value) -> Value {
    let mut record = json!({"laji": laji, "koodi": code, "nimi_kieliversiot": {"fi": format!("{laji} {code}")}});
    if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
        record.extend(more);
    }
    record
}

/// One of each kind, and of each kind of channel; whoever is referred to comes last.
pub(super) fn one_of_each() -> Vec<Value> {
    let refer = |code: &str| json!({ "koodi": code });
    vec![
        record(
            "asiointi",
            "700",
            json!({
                "asiointilaji": "hakemus", "palvelut": [refer("11")], "vastuutaho": refer("1"),
                "vaihtoehtoinen_nimi_kieliversiot": {"fi": ["kesätyöhakemus"]},
                "kasittelyaika_kieliversiot": {"fi": "Kaksi viikkoa", "sv": "Två veckor"},
                "kanavat": [
                    {"kanavalaji": "sahkoinen", "palvelukanava": refer("21"), "tunnistautuminen": true,
                     "verkkosivut": [{"osoite_kieliversiot": {"fi": "https://asiointi.example.fi"}}]},
                    {"kanavalaji": "paikallinen", "palvelupiste": refer("740"),
                     "osoite": {"katuosoite_fi": "Testitie 2", "postinumero": "20100", "postitoimipaikka_fi": "Turku"}},
                    {"kanavalaji": "puhelin", "puhelinnumerot": [{"maakoodi": "358", "numero": "2123456"}]},
                ],
            }),
        ),
        record("palvelukokonaisuus", "800", json!({"palvelut": [refer("11")], "kanavat": [refer("21")]})),
        record("palvelutarjous", "90", json!({"palvelut": [refer("11")], "palvelupiste": refer("740")})),
        record("palvelu", "11", json!({"palveluluokat": [refer("1_1")], "vastuuorganisaatio": refer("1")})),
        record("palvelupiste", "740", json!({})),
        record(
            "palvelukanava",
            "21",
            json!({"kanavalaji": "sahkoinen", "tunnistautuminen": true,
                   "osoite_kieliversiot": {"fi": "https://asiointi.example.fi"}}),
        ),
        record("palvelukanava", "22", json!({"kanavalaji": "puhelin", "numerot": [{"numero": "2123456"}]})),
        record(
            "palvelukanava",
            "23",
            json!({"kanavalaji": "verkkosivu", "osoite_kieliversiot": {"fi": "https://www.example.fi"}}),
        ),
        record(
            "palvelukanava",
            "24",
            json!({"kanavalaji": "tulostettava_lomake",
                   "tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": {"fi": "https://www.example.fi/a.pdf"}}]}),
        ),
        record("palveluluokka", "1_1", json!({})),
        record("organisaatio", "1", json!({"tyyppi": "Organization"})),
        record(
            "toimija",
            "5",
            json!({"toimijalaji": "yritys", "roolit": [{"rooli": "tuottaja", "toteutustapa": "ProcuredServices"}]}),
        ),
    ]
}

fn ask(view: &View, shape: Shape, request: &Read) -> Answer {
    read(view, shape, request, &|_| None).expect("answered")
}

#[tokio::test]
async fn seed_a27_kinds_round_trip() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, catalogue) = open(folder.path()).await;
    let records = one_of_each();
    let verdicts = catalogue.accept("turku", batch("cms", records.clone())).await.expect("accepted");
    for verdict in &verdicts {
        assert_eq!((verdict.outcome, &verdict.findings[..]), (Outcome::Created, &[][..]), "{:?}", verdict.laji);
    }
    let before: Vec<_> = Kind::ALL
        .iter()
        .flat_map(|kind| catalogue.view("turku").expect("a view").all(*kind).cloned().collect::<Vec<_>>())
        .collect();
    assert_eq!(before.len(), records.len());
    store.close().await;
    drop((store, catalogue));

    let (_store, catalogue) = open(folder.path()).await;
    let view = catalogue.view("turku").expect("a view");
    for stored in &before {
        assert_eq!(view.find(&stored.entity.key), Some(stored), "{}", stored.entity.key);
    }
    let again = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    assert!(outcomes(&again).iter().all(|outcome| *outcome == Outcome::Unchanged));

    let code: Code = "700".parse().expect("a code");
    let errand = view.active(Kind::Errand, &code).and_then(|stored| stored.entity.errand()).expect("an errand");
    assert_eq!((errand.kind, errand.channels.len()), (ErrandKind::Application, 3));
    assert_eq!(errand.channels[0].kind, ErrandChannelKind::EService);
    assert!(errand.channels[0].flags.requires_authentication);
    let Answer::Errands(page) = ask(&view, Shape::List(Kind::Errand), &Read::default()) else { panic!("no errands") };
    let served = page.items.first().expect("an errand");
    assert_eq!((served.code.as_str(), &served.services[..]), ("700", &["11".to_owned()][..]));
    assert_eq!(served.channels[0].channel.as_deref(), Some("21"));
    assert_eq!(served.channels[1].address.as_ref().map(|it| it.kind), Some(contract::AddressKind::Visiting));
    assert_eq!(served.processing_time.as_ref().and_then(|text| text.sv.as_deref()), Some("Två veckor"));
}

/// Nobody can read actors and collections, so the feed is silent of them, and its cursor goes on all the same.
#[tokio::test]
async fn the_feed_announces_only_what_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    catalogue.accept("turku", batch("cms", one_of_each())).await.expect("accepted");
    let view = catalogue.view("turku").expect("a view");
    let mut request = Read { limit: Some(3), ..Read::default() };
    let mut told = Vec::new();
    loop {
        let Answer::Changes(page) = ask(&view, Shape::Changes, &request) else { panic!("no changes") };
        let last = request.cursor.replace(page.next.clone()) == Some(page.next);
        if page.items.is_empty() {
            assert!(last, "the cursor stands at the end");
            break;
        }
        told.extend(page.items.into_iter().map(|change| change.kind));
    }
    assert_eq!(told.len(), 10);
    assert!(told.contains(&contract::RecordKind::Errand));
    for kind in [Kind::Actor, Kind::Collection] {
        assert!(read(&view, Shape::List(kind), &Read::default(), &|_| None).is_err());
    }
}

#[tokio::test]
async fn a_reference_to_nothing_is_told_and_the_record_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let offer =
        record("palvelutarjous", "90", json!({"palvelut": [{"koodi": "11"}], "palvelupiste": {"koodi": "740"}}));
    let errand = record(
        "asiointi",
        "700",
        json!({"asiointilaji": "muu", "palvelut": [{"koodi": "12"}, {"koodi": "11"}], "vastuutaho": {"koodi": "1"},
               "kanavat": [{"kanavalaji": "verkkosivu", "palvelukanava": {"koodi": "21"}}]}),
    );
    let service = record("palvelu", "11", json!({"ylapalvelu": {"koodi": "10"}}));
    let records = vec![offer.clone(), errand, service];
    let told = |verdicts: &[crate::catalogue::Verdict]| -> Vec<String> {
        let findings = verdicts.iter().flat_map(|verdict| &verdict.findings);
        findings.filter(|it| it.rule == "dangling-reference").map(|it| format!("{} {}", it.level, it.field)).collect()
    };
    let checked = catalogue.check("turku", &batch("cms", records.clone())).expect("checked");
    let verdicts = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    assert_eq!(checked, verdicts, "a check says what a push would");
    assert!(outcomes(&verdicts).iter().all(|outcome| *outcome == Outcome::Created));
    assert_eq!(
        told(&verdicts),
        [
            "warning palvelupiste.koodi",
            "warning palvelut[0].koodi",
            "warning vastuutaho.koodi",
            "warning kanavat[0].palvelukanava.koodi",
            "warning ylapalvelu.koodi",
        ]
    );
    // Withdrawn is as good as absent; a draft is there.
    let mut point = record("palvelupiste", "740", json!({"tila": {"koodi": "2"}}));
    catalogue.accept("turku", batch("cms", vec![point.clone()])).await.expect("accepted");
    let again = catalogue.accept("turku", batch("cms", vec![offer.clone()])).await.expect("accepted");
    assert_eq!((outcomes(&again), told(&again).len()), (vec![Outcome::Unchanged], 0));
    point["tila"] = json!({"koodi": "9"});
    catalogue.accept("turku", batch("cms", vec![point])).await.expect("accepted");
    let again = catalogue.accept("turku", batch("cms", vec![offer])).await.expect("accepted");
    assert_eq!(told(&again), ["warning palvelupiste.koodi"]);
}

/// An actor that produces a service is named in it, a person never.
#[tokio::test]
async fn actors_show_in_their_services_and_persons_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let part = |actor: &str, role: &str| json!({"toimija": {"koodi": actor}, "rooli": role});
    let actor = |code: &str, kind: &str, more: Value| {
        let mut actor = record("toimija", code, json!({"toimijalaji": kind, "roolit": [{"rooli": "tuottaja"}]}));
        if let (Some(actor), Value::Object(more)) = (actor.as_object_mut(), more) {
            actor.extend(more);
        }
        actor
    };
    let service = record(
        "palvelu",
        "11",
        json!({"toimijat": [part("1", "tuottaja"), part("2", "tuottaja"), part("3", "tuottaja"), part("2", "vastuutaho")]}),
    );
    let records = vec![
        service,
        actor("1", "yritys", json!({})),
        actor("2", "organisaatio", json!({"organisaatio": {"koodi": "1"}})),
        actor("3", "henkilo", json!({})),
        record("organisaatio", "1", json!({"tyyppi": "Organization"})),
    ];
    let verdicts = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    assert!(verdicts.iter().all(|verdict| verdict.findings.is_empty()), "{verdicts:?}");
    let view = catalogue.view("turku").expect("a view");
    let request = Read { code: Some("11".into()), ..Read::default() };
    let Answer::Service(service) = ask(&view, Shape::Get(Kind::Service), &request) else { panic!("no service") };
    let texts: Vec<_> = service.producers.iter().filter_map(|it| it.description.as_ref()?.fi.clone()).collect();
    let organisations: Vec<_> = service.producers.iter().flat_map(|it| it.organisations.clone()).collect();
    assert_eq!((texts, organisations), (vec!["toimija 1".to_owned()], vec!["1".to_owned()]));
    assert_eq!(service.other_responsible_organisations, ["1"]);
    let key = EntityKey { kind: Kind::Actor, code: "3".parse().expect("a code") };
    assert!(view.find(&key).is_some(), "kept all the same");
    assert!(!format!("{service:?}").contains("toimija 3"));
    drop(Arc::clone(&view));
}
