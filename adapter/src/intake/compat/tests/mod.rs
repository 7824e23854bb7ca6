//! The read interface of Turku's store over a socket, asked as its clients ask; what is sent in is what they parse today.

mod esb;

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::super::tests::{Bench, LIMITS};
use super::Reader;
use super::signature::sign;
use crate::catalogue::{Batch, import};
use crate::model::{Kind, Master};
use crate::store::entities;
use crate::world::{ClockHand, World};

const NAME: &str = "palvelukortit";
const KEY: &str = "yhteinen-avain";

struct Rig {
    bench: Bench,
    hand: ClockHand,
    now: Timestamp,
}

impl Rig {
    async fn start() -> Rig {
        let now: Timestamp = "2026-03-10T10:00:00Z".parse().expect("a time");
        let (world, hand) = World::seeded(7, now);
        let reader = Reader { name: NAME.into(), key: KEY.into() };
        Rig { bench: Bench::start_in(LIMITS, world, vec![reader], None).await, hand, now }
    }

    fn request(&self, tenant: &str, path: &str, name: &str, stamp: &str, key: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/compat/{tenant}/kuntapalvelut/api/v1/{path}", self.bench.address);
        let signed = sign(name, stamp, &SecretString::from(key));
        let request = self.bench.client.get(url).header("x-turku-sp", name).header("x-turku-ts", stamp);
        request.header("authorization", signed)
    }

    async fn read(&self, path: &str) -> Vec<Value> {
        let request = self.request("turku", path, NAME, &self.now.to_string(), KEY);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("a bare array")
    }

    async fn take_in(&self, records: Vec<Value>) {
        let batch = Batch { id: None, master: Master("mds".into()), records: records.into() };
        self.bench.catalogue.accept("turku", batch).await.expect("accepted");
    }

    /// The clock goes on; whoever reads afterwards signs with the new time.
    fn later(&mut self, by: SignedDuration) {
        self.now = self.now.checked_add(by).expect("a time");
        self.hand.set(self.now);
    }
}

/// The folder of shared specifications, or `None` (reported) where it is absent.
fn samples() -> Option<PathBuf> {
    let root = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = root.join("specs/pat/turku-pat-api");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent", path.display());
    None
}

#[tokio::test]
async fn seed_b17_the_samples_of_turkus_store_come_out_as_they_went_in() {
    let Some(folder) = samples() else { return };
    let rig = Rig::start().await;
    rig.take_in(import::read_path(&folder).expect("readable").records).await;
    for (file, resource, count) in
        [("services", "palvelut", 2), ("service_nodes", "palveluluokat", 2), ("units", "palvelupisteet", 2)]
    {
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).expect("read");
        let sample: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(sample.len(), count);
        assert_eq!(rig.read(resource).await, sample, "{resource}");
    }
}

impl Rig {
    async fn write(&self, path: &str, record: &Value) -> (u16, Value) {
        let url = format!("http://{}/compat/turku/cxf/{path}", self.bench.address);
        let request = self.bench.client.post(url).bearer_auth("cms-key-1").body(record.to_string());
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Every record as it is stored: what an export writes.
    async fn stored(&self) -> Vec<Value> {
        let mut records = Vec::new();
        for kind in Kind::ALL {
            let page = entities::page(&self.bench.store, "turku", kind.word(), "", 1_000).await.expect("read");
            records.extend(page.iter().map(|row| serde_json::from_slice::<Value>(&row.body).expect("JSON")));
        }
        records
    }
}

const SAMPLES: [(&str, &str); 3] =
    [("services", "palvelut"), ("service_nodes", "palveluluokat"), ("units", "palvelupisteet")];

fn sample(folder: &std::path::Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).expect("read");
    serde_json::from_str(&text).expect("JSON")
}

/// From the samples into one catalogue, out as Silta's JSON, into another one: it answers like the first.
#[tokio::test]
async fn seed_b17_the_samples_go_through_an_export_into_another_catalogue() {
    let Some(folder) = samples() else { return };
    let (first, second) = (Rig::start().await, Rig::start().await);
    first.take_in(import::read_path(&folder).expect("readable").records).await;
    let exported = json!({ "entities": first.stored().await }).to_string();
    second.take_in(import::read_document("export.json", &exported).expect("Silta's JSON").records).await;
    for (file, resource) in SAMPLES {
        assert_eq!(second.read(resource).await, sample(&folder, file), "{resource}");
    }
    let (one, other) = (first.bench.catalogue.view("turku"), second.bench.catalogue.view("turku"));
    let (one, other) = (one.expect("a view"), other.expect("a view"));
    let mut compared = 0;
    for stored in Kind::ALL.into_iter().flat_map(|kind| one.all(kind)) {
        assert_eq!(other.find(&stored.entity.key).map(|it| &it.entity), Some(&stored.entity));
        compared += 1;
    }
    assert_eq!(compared, 8, "two services, classes and places each, and two offers");
}

/// The older interface of unit data: a place written through the platform's path is read as it was written.
#[tokio::test]
async fn seed_b28_unit_base_data_goes_through_yleiset_and_comes_out_as_it_went_in() {
    let Some(folder) = samples() else { return };
    let rig = Rig::start().await;
    let mut units = sample(&folder, "units");
    for unit in &units {
        let mut record = unit.clone();
        record["laji"] = json!("palvelupiste");
        let (status, reply) = rig.write("yleiset/put", &record).await;
        assert_eq!((status, &reply["koodi"]), (200, &unit["koodi"]), "{reply}");
    }
    assert_eq!(rig.read("palvelupisteet").await, units);
    units[0]["puhelinnumerot"][0]["numero"] = json!("47392700");
    units[0]["fyysinenPaikka"]["osoitteet"][0]["katuosoite_fi"] = json!("Testitie 4");
    let mut record = units[0].clone();
    record["laji"] = json!("palvelupiste");
    let (status, reply) = rig.write("yleiset/update", &record).await;
    assert_eq!((status, &reply["laji"]), (200, &json!("palvelupiste")), "{reply}");
    assert_eq!(rig.read("palvelupisteet").await, units);
    record["koodi"] = json!("99999");
    assert_eq!(rig.write("yleiset/update", &record).await.0, 404, "what is not there cannot change");
}

fn place(code: &str, name: &str) -> Value {
    json!({
        "laji": "palvelupiste", "koodi": code, "nimi_kieliversiot": {"fi": name},
        "tiivistelma_kieliversiot": {"fi": "Uimahalli keskustassa."},
        "fyysinenPaikka": {
            "osoitteet": [{"katuosoite_fi": "Testikatu 1", "postinumero": "20100"}],
            "aukioloajat": [{"aukiolotyyppi": "normaali", "viikonpaiva": "1", "avaamisaika": "08:00", "sulkemisaika": "16:00"}],
        },
        "puhelinnumerot": [{"numero": "401234567", "maakoodi": "358"}, {"numero": "1", "numerotyyppi": {"teksti_fi": "Vaihde"}}],
    })
}

fn service(code: &str, name: &str) -> Value {
    json!({"laji": "palvelu", "koodi": code, "nimi_kieliversiot": {"fi": name}, "lakisaateinen": true, "palveluluokat": [{"koodi": "1_1"}]})
}

fn offer(code: &str, tila: &str) -> Value {
    json!({
        "laji": "palvelutarjous", "koodi": code, "nimi_kieliversiot": {"fi": "Uinti"}, "tila": {"koodi": tila},
        "palvelut": [{"koodi": "5"}], "palvelupiste": {"koodi": "7"}, "yhteystiedot": {"sahkopostit": [{"osoite": "uinti@turku.example"}]},
    })
}

#[tokio::test]
async fn what_a_cms_pushed_is_served_in_the_interfaces_own_members_with_its_relations() {
    let rig = Rig::start().await;
    let class = json!({"laji": "palveluluokka", "koodi": "1_1", "nimi_kieliversiot": {"fi": "Liikunta"}, "ptv_luokka_uri": "http://example.com/P1"});
    rig.take_in(vec![class, service("5", "Uinti"), place("7", "Uimahalli"), offer("9", "1")]).await;
    let point = rig.read("palvelupisteet").await.remove(0);
    assert_eq!(point["tila"], json!({"koodi": "1"}));
    assert_eq!(point.get("tiivistelma_kieliversiot"), None, "the interface has no such member");
    assert_eq!(point["fyysinenPaikka"]["osoitteet"][0]["katuosoite_sv"], "");
    assert_eq!(point["fyysinenPaikka"]["osoitteet"][0]["kunta"], json!({"koodi": "", "nimi_fi": "", "nimi_sv": ""}));
    assert_eq!(point["fyysinenPaikka"]["aukioloajat"][0]["voimassaoloAlkamishetki"], "");
    assert_eq!(point["puhelinnumerot"][1]["numerotyyppi"], json!({"teksti_fi": "Vaihde", "teksti_sv": ""}));
    let listed = json!({"koodi": "9", "nimi_kieliversiot": {"fi": "Uinti"}, "tila": {"koodi": "1"}});
    let mut at_point = listed.clone();
    at_point["palvelut"] = json!([{"koodi": "5", "nimi_kieliversiot": {"fi": "Uinti"}}]);
    assert_eq!(point["palvelutarjoukset"], json!([at_point]));
    let service = rig.read("palvelut").await.remove(0);
    assert_eq!(service["palvelutarjoukset"], json!([listed]));
    assert_eq!((service.get("lakisaateinen"), service.get("palveluluokat")), (None, None));
    let class = rig.read("palveluluokat").await.remove(0);
    assert_eq!(
        class["palvelut"],
        json!([{"koodi": "5", "nimi_kieliversiot": {"fi": "Uinti"}, "tila": {"koodi": "1"}}])
    );
    assert_eq!((class.get("tila"), class.get("ptv_luokka_uri")), (None, None));
}

#[tokio::test]
async fn offers_are_marked_as_reconstructed() {
    let rig = Rig::start().await;
    rig.take_in(vec![service("5", "Uinti"), place("7", "Uimahalli"), offer("9", "1")]).await;
    let request = rig.request("turku", "palvelutarjoukset", NAME, &rig.now.to_string(), KEY);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers().get("x-silta-format").expect("marked"), "reconstructed");
    let offers: Vec<Value> = response.json().await.expect("JSON");
    assert_eq!(offers[0]["palvelupiste"], json!({"koodi": "7"}));
    assert_eq!(offers[0].get("yhteystiedot"), None);
}

#[tokio::test]
async fn seed_b20_a_daily_reader_sees_what_changed_since_its_date_and_what_is_gone() {
    let mut rig = Rig::start().await;
    rig.take_in(vec![service("5", "Uinti"), service("6", "Luistelu"), place("7", "Uimahalli"), offer("9", "1")]).await;
    // 10.3. at 23.30 in Finland, then 11.3. at 00.30, which is still the 10th in UTC.
    rig.later(SignedDuration::from_mins(12 * 60 + 30));
    rig.take_in(vec![offer("9", "9")]).await;
    let codes = |records: Vec<Value>| -> Vec<String> {
        records.iter().map(|record| record["koodi"].as_str().expect("text").to_owned()).collect()
    };
    // An offer that is withdrawn changes the service and the place that listed it.
    assert_eq!(codes(rig.read("palvelut?changedate=2026-03-11").await), ["5"]);
    assert_eq!(codes(rig.read("palvelupisteet?changedate=2026-03-11").await), ["7"]);
    assert_eq!(codes(rig.read("palvelut?changedate=2026-03-10").await), ["5", "6"]);
    assert!(rig.read("palvelut?changedate=2026-03-12").await.is_empty());
    let gone = json!([{"koodi": "9", "tila": {"koodi": "9"}, "muutospvm": "2026-03-11"}]);
    assert_eq!(json!(rig.read("palvelutarjoukset?changedate=2026-03-11").await), gone);
    assert!(rig.read("palvelutarjoukset").await.is_empty());
    assert_eq!(rig.bench.catalogue.view("turku").expect("a view").all(Kind::Offer).count(), 1);
}

#[tokio::test]
async fn a_read_is_refused_unless_its_signature_fits() {
    let rig = Rig::start().await;
    let now = rig.now.to_string();
    let helsinki = "2026-03-10T12:04:59+02:00";
    let good = rig.request("turku", "palvelut", NAME, helsinki, KEY).send().await.expect("an answer");
    assert_eq!(good.status(), 200, "an offset is as good as Z");
    for (what, request) in [
        ("another key", rig.request("turku", "palvelut", NAME, &now, "arvaus")),
        ("another name", rig.request("turku", "palvelut", "muu", &now, KEY)),
        ("no key at all", rig.request("turku", "palvelut", "muu", &now, "")),
        ("another tenant", rig.request("espoo", "palvelut", NAME, &now, KEY)),
        ("no such tenant", rig.request("rovaniemi", "palvelut", NAME, &now, KEY)),
        ("old", rig.request("turku", "palvelut", NAME, "2026-03-10T09:54:59Z", KEY)),
        ("ahead", rig.request("turku", "palvelut", NAME, "2026-03-10T10:05:01Z", KEY)),
        ("no offset", rig.request("turku", "palvelut", NAME, "2026-03-10T10:00:00", KEY)),
        ("no such resource, no key", rig.request("turku", "muut", NAME, &now, "arvaus")),
        ("twice", rig.request("turku", "palvelut", NAME, &now, KEY).header("x-turku-sp", NAME)),
    ] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 401, "{what}");
    }
    let unknown = rig.request("turku", "muut", NAME, &now, KEY).send().await.expect("an answer");
    assert_eq!(unknown.status(), 404);
    let date = rig.request("turku", "palvelut?changedate=eilen", NAME, &now, KEY).send().await.expect("an answer");
    assert_eq!(date.status(), 400);
}
