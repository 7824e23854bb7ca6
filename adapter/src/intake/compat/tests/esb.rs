//! The eighteen paths of the integration platform, called as a CMS calls them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::super::tests::{Bench, LIMITS};
use super::super::FieldMap;
use crate::model::Kind;
use crate::store::mirrors;
use crate::world::World;

/// The key of the system `cms` in the bench, and another system's.
const KEY: &str = "cms-key-1";
const OTHER_KEY: &str = "other-key-2";

async fn rig() -> Bench {
    rig_with(None).await
}

async fn rig_with(map: Option<FieldMap>) -> Bench {
    let now: Timestamp = "2026-03-10T10:00:00Z".parse().expect("a time");
    Bench::start_in(LIMITS, World::seeded(7, now).0, Vec::new(), map).await
}

async fn call(bench: &Bench, method: &str, path: &str, key: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("http://{}/compat/turku/cxf/{path}", bench.address);
    let mut request = bench.client.request(method.parse().expect("a method"), url).bearer_auth(key);
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn post(bench: &Bench, path: &str, body: &Value) -> (u16, Value) {
    call(bench, "POST", path, KEY, Some(body)).await
}

fn rules(reply: &Value) -> Vec<&str> {
    let found = reply["virheet"].as_array().expect("a list").iter();
    found.map(|it| it["tunniste"].as_str().expect("a rule")).collect()
}

fn service(node: u32, version: u32, name: &str) -> Value {
    json!({
        "laji": "palvelu", "lahde": {"jarjestelma": "turku.fi", "id": format!("node/{node}"), "versio": version},
        "nimi_kieliversiot": {"fi": name},
    })
}

#[tokio::test]
async fn seed_b3_b5_b6_a_record_is_created_and_changed_and_the_reply_says_so() {
    let bench = rig().await;
    let (status, reply) = post(&bench, "yleiset/put", &service(4711, 12, "Uinti")).await;
    assert_eq!(
        (status, &reply["tulos"], &reply["koodi"], &reply["laji"]),
        (200, &json!("OK"), &json!("1"), &json!("palvelu"))
    );
    assert_eq!((&reply["versio"], &reply["muutospvm"]), (&json!(12), &json!("2026-03-10")));
    assert_eq!(reply["ptv"]["tila"], "stale", "the mirror waits: {reply}");
    assert!(reply["seuranta_id"].as_str().is_some_and(|id| id.len() == 36));
    // The same message again, as after a lost reply: the same code, no second record.
    let (status, again) = post(&bench, "yleiset/put", &service(4711, 12, "Uinti")).await;
    assert_eq!((status, &again["koodi"]), (200, &json!("1")));
    // Another content under an id that is here already is a change, for which there is another path.
    let (status, taken) = post(&bench, "yleiset/put", &service(4711, 13, "Uimahalli")).await;
    assert_eq!((status, rules(&taken)), (409, vec!["code-taken"]));
    let mut changed = service(4711, 13, "Uimahalli");
    changed["koodi"] = json!("1");
    let (status, reply) = call(&bench, "PUT", "yleiset/update", KEY, Some(&changed)).await;
    assert_eq!((status, &reply["tulos"], &reply["versio"]), (200, &json!("OK"), &json!(13)));
    changed["koodi"] = json!("99");
    let (status, unknown) = post(&bench, "yleiset/update", &changed).await;
    assert_eq!((status, &unknown["tulos"], rules(&unknown)), (404, &json!("VIRHE"), vec!["unknown-code"]));
    // The next number, and never one that was in use.
    assert_eq!(post(&bench, "yleiset/put", &service(4712, 1, "Luistelu")).await.1["koodi"], "2");
    assert_eq!(bench.catalogue.view("turku").expect("a view").all(Kind::Service).count(), 2);
    let (status, other) = call(
        &bench,
        "POST",
        "yleiset/update",
        OTHER_KEY,
        Some(&json!({"laji": "palvelu", "koodi": "2", "nimi_kieliversiot": {"fi": "x"}})),
    )
    .await;
    assert_eq!((status, rules(&other)), (409, vec!["other-master"]));
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field_in_three_languages() {
    let bench = rig().await;
    let (status, reply) = post(&bench, "yleiset/put", &json!({"laji": "palvelu", "tila": {"koodi": "7"}})).await;
    assert_eq!((status, &reply["tulos"]), (422, &json!("VIRHE")));
    let fields: Vec<&str> =
        reply["virheet"].as_array().expect("a list").iter().filter_map(|it| it["kentta"].as_str()).collect();
    assert!(fields.contains(&"nimi_kieliversiot.fi") && fields.contains(&"tila.koodi"), "{reply}");
    for language in ["viesti_fi", "viesti_sv", "viesti_en"] {
        assert!(reply["virheet"][0][language].as_str().is_some_and(|text| text.len() > 10), "{reply}");
    }
    for body in [json!([]), json!("x"), json!(1)] {
        assert_eq!(post(&bench, "yleiset/put", &body).await.0, 400);
    }
    let (status, _) = call(&bench, "POST", "yleiset/put", "arvaus", Some(&service(1, 1, "x"))).await;
    assert_eq!(status, 401);
    assert_eq!(call(&bench, "GET", "yleiset/put", KEY, None).await.0, 405);
    assert_eq!(post(&bench, "yleiset/delete", &service(1, 1, "x")).await.0, 404);
}

#[tokio::test]
async fn seed_b7_b8_an_offer_needs_its_service_and_its_place() {
    let bench = rig().await;
    let offer = json!({
        "koodi": "123", "nimi_kieliversiot": {"fi": "Tonttien myynti"}, "palvelut": [{"koodi": "1"}],
        "palvelupiste": {"koodi": "740"},
    });
    let (status, refused) = post(&bench, "palvelukanava/putPalvelutarjous", &offer).await;
    assert_eq!((status, &refused["tulos"], rules(&refused)), (422, &json!("VIRHE"), vec!["dangling-reference"; 2]));
    post(&bench, "yleiset/put", &service(1, 1, "Tontit")).await;
    post(
        &bench,
        "yleiset/put",
        &json!({"laji": "palvelupiste", "koodi": "740", "nimi_kieliversiot": {"fi": "Monitori"}}),
    )
    .await;
    let (status, reply) = post(&bench, "palvelukanava/putPalvelutarjous", &offer).await;
    assert_eq!((status, &reply["laji"]), (200, &json!("palvelutarjous")), "{reply}");
    let mut changed = offer;
    changed["kuvaus_kieliversiot"] = json!({"fi": "Haku kahdesti vuodessa."});
    assert_eq!(post(&bench, "palvelukanava/updatePalvelutarjous", &changed).await.0, 200);
    assert_eq!(post(&bench, "palvelukanava/updatePalvelutarjous", &service(9, 1, "x")).await.0, 400);
}

#[tokio::test]
async fn seed_b9_to_b15_a_known_code_is_marked_and_its_result_follows_in_verdicts() {
    let bench = rig().await;
    let named = |laji: &str, more: Value| {
        let mut record = json!({"laji": laji, "koodi": "5", "nimi_kieliversiot": {"fi": "Nimi"}});
        record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        record
    };
    let url = json!({"fi": "https://www.turku.example/"});
    let channel = |code: &str, sort: &str, more: Value| {
        let mut record = named("palvelukanava", json!({"koodi": code, "kanavalaji": sort}));
        record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        record
    };
    for record in [
        named("organisaatio", json!({"tyyppi": "Municipality", "kuntakoodi": "853"})),
        named("palvelu", json!({})),
        named("palvelupiste", json!({})),
        channel("11", "sahkoinen", json!({"osoite_kieliversiot": url, "tunnistautuminen": false})),
        channel("12", "puhelin", json!({"numerot": [{"maakoodi": "358", "numero": "22620000"}]})),
        channel("13", "tulostettava_lomake", json!({"tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": url}]})),
        channel("14", "verkkosivu", json!({"osoite_kieliversiot": url})),
    ] {
        let (status, reply) = post(&bench, "yleiset/put", &record).await;
        assert_eq!(status, 200, "{reply}");
    }
    let paths = [
        ("organization", "5", "organisation"),
        ("service", "5", "service"),
        ("servicechannel/servicelocation", "5", "servicePoint"),
        ("servicechannel/echannel", "11", "channel"),
        ("servicechannel/phone", "12", "channel"),
        ("servicechannel/printableform", "13", "channel"),
        ("servicechannel/webpage", "14", "channel"),
    ];
    let mut called = 4;
    for (path, code, kind) in paths {
        for act in ["post", "put"] {
            let wishes = || async {
                let key = mirrors::Key { tenant: "turku", kind, code };
                mirrors::get(&bench.store, key).await.expect("read").map_or(0, |mirror| mirror.wish)
            };
            let before = wishes().await;
            let (status, reply) = call(&bench, "POST", &format!("ptv/{path}/{act}/{code}"), KEY, None).await;
            assert_eq!(
                (status, &reply["koodi"], &reply["ptv"]["tila"]),
                (202, &json!(code), &json!("stale")),
                "{path} {reply}"
            );
            assert_eq!(wishes().await, before + 1, "{path}");
            let id = reply["seuranta_id"].as_str().expect("an id");
            let url = format!("http://{}/intake/v1/turku/verdicts?tracking={id}", bench.address);
            let asked = |key| bench.client.get(&url).bearer_auth(key).send();
            let verdict: Value = asked(KEY).await.expect("an answer").json().await.expect("JSON");
            assert_eq!((&verdict["koodi"], &verdict["ptv"]["http"]), (&json!(code), &json!(202)), "{verdict}");
            assert_eq!(asked(OTHER_KEY).await.expect("an answer").status(), 404, "another system's");
            // A code that nobody has, and the code of a channel of another kind.
            for unknown in ["99", if code == "11" { "12" } else { "11" }] {
                let (status, reply) = call(&bench, "POST", &format!("ptv/{path}/{act}/{unknown}"), KEY, None).await;
                assert_eq!((status, rules(&reply)), (404, vec!["unknown-code"]), "{path} {unknown}");
            }
            called += 1;
        }
    }
    assert_eq!(called, 18, "the paths of the seed");
    assert_eq!(call(&bench, "PUT", "ptv/service/put/5", KEY, None).await.0, 202);
    assert_eq!(call(&bench, "PUT", "ptv/service/post/5", KEY, None).await.0, 405);
    assert_eq!(call(&bench, "POST", "ptv/service/delete/5", KEY, None).await.0, 404);
    assert_eq!(call(&bench, "POST", "ptv/connection/put/5", KEY, None).await.0, 404);
}

#[tokio::test]
async fn seed_b38_another_city_writes_in_its_own_words() {
    let map = toml::from_str(
        "[kinds]\npalveluyksikko = 'palvelupiste'\n[fields.palvelupiste]\n'otsikko' = 'nimi_kieliversiot.fi'\n",
    );
    let bench = rig_with(Some(map.expect("a map"))).await;
    let record = json!({"laji": "palveluyksikko", "otsikko": "Kirjasto"});
    let (status, reply) = post(&bench, "yleiset/put", &record).await;
    assert_eq!((status, &reply["laji"], &reply["koodi"]), (200, &json!("palvelupiste"), &json!("1")), "{reply}");
    let view = bench.catalogue.view("turku").expect("a view");
    let stored = view.get(Kind::ServicePoint, &"1".parse().expect("a code")).expect("stored");
    assert_eq!(stored.entity.name().any(), "Kirjasto");
}
