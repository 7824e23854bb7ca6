//! The simulator by itself, over HTTP.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

struct Bench {
    sim: DrupalSimulator,
    time: Arc<Mutex<Timestamp>>,
    http: reqwest::Client,
}

impl Bench {
    async fn with(tune: impl FnOnce(&mut DrupalConfig)) -> Bench {
        let time = Arc::new(Mutex::new("2026-11-25T08:00:00Z".parse().expect("a time")));
        let clock = Arc::clone(&time);
        let mut config = DrupalConfig::new(Arc::new(move || *clock.lock().expect("unpoisoned")), "silta", "secret");
        tune(&mut config);
        let sim = DrupalSimulator::start(config).await.expect("starts");
        Bench { sim, time, http: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    fn pass(&self, seconds: i64) {
        let mut time = self.time.lock().expect("unpoisoned");
        *time += jiff::SignedDuration::from_secs(seconds);
    }

    async fn get(&self, target: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}{target}", self.sim.base_url)).basic_auth("silta", Some("secret"));
        let response = request.send().await.expect("answered");
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], MEDIA_TYPE);
        (status, response.json().await.expect("JSON"))
    }
}

fn titles(document: &Value) -> Vec<&str> {
    let data = document["data"].as_array().expect("a list");
    data.iter().map(|it| it["attributes"]["title"].as_str().expect("a title")).collect()
}

#[tokio::test]
async fn pages_filters_and_sorts_as_core_does() {
    let bench = Bench::with(|_| {}).await;
    let site = &bench.sim.control;
    for number in 1..=120 {
        site.create("node--service", "fi", "aino", json!({"title": format!("Palvelu {number:03}")}));
        bench.pass(1);
    }
    let (status, first) = bench.get("/jsonapi/node/service?page[limit]=500&sort=-title").await;
    assert_eq!((status, titles(&first).len(), titles(&first)[0]), (200, 50, "Palvelu 120"), "50 is the most");
    let mut seen = titles(&first).len();
    let mut next = first["links"]["next"]["href"].as_str().map(str::to_owned);
    while let Some(url) = next {
        let (_, page) = bench.get(url.strip_prefix(&bench.sim.base_url).expect("its own address")).await;
        seen += titles(&page).len();
        next = page["links"]["next"]["href"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, 120);

    // A time in a filter is a number of seconds; in the document it is RFC 3339.
    let (_, all) = bench.get("/jsonapi/node/service?filter[title]=Palvelu%20118").await;
    assert_eq!(all["data"][0]["attributes"]["changed"], "2026-11-25T08:01:57+00:00");
    let since = |value: &str| {
        format!(
            "/jsonapi/node/service?filter[c][condition][path]=changed&filter[c][condition][operator]=%3E%3D&filter[c][condition][value]={value}"
        )
    };
    let seconds = "2026-11-25T08:01:57Z".parse::<Timestamp>().expect("a time").as_second();
    assert_eq!(titles(&bench.get(&since(&seconds.to_string())).await.1).len(), 3);
    let trap = bench.get(&since("2026-11-25T08:01:57Z")).await.1;
    assert_eq!(titles(&trap).len(), 50, "a time as a text is compared as its year");

    let (_, some) = bench.get("/jsonapi/node/service?filter[drupal_internal__nid][operator]=IN&filter[drupal_internal__nid][value][]=2&filter[drupal_internal__nid][value][]=7").await;
    assert_eq!(titles(&some), ["Palvelu 002", "Palvelu 007"]);
    for (target, expected) in [
        ("/jsonapi/node/service?filter[nothing]=1", 400),
        (
            "/jsonapi/node/service?filter[c][condition][path]=changed&filter[c][condition][operator]=LIKE&filter[c][condition][value]=1",
            400,
        ),
        ("/jsonapi/node/service?include=field_nothing", 400),
        ("/jsonapi/node/service?page[limit]=-1", 400),
        ("/jsonapi/node/service?surprise=1", 400),
        ("/jsonapi/node/nothing", 404),
        ("/jsonapi/node/service/00000000-0000-4000-8000-000000000000", 404),
        ("/de/jsonapi/node/service", 404),
    ] {
        let (status, document) = bench.get(target).await;
        assert_eq!(status, expected, "{target}: {document}");
        assert_eq!(document["errors"][0]["status"], expected.to_string());
    }
}

#[tokio::test]
async fn a_language_shows_its_translation_or_falls_back() {
    let bench = Bench::with(|_| {}).await;
    let site = &bench.sim.control;
    let both = site.create("node--service", "fi", "aino", json!({"title": "Kirjasto"}));
    site.create("node--service", "fi", "aino", json!({"title": "Uimahalli"}));
    bench.pass(60);
    site.edit(both, "sv", "bertil", json!({"title": "Bibliotek"}));
    assert_eq!(site.editor(both).as_deref(), Some("bertil"));

    let (_, sv) = bench.get("/sv/jsonapi/node/service?sort=drupal_internal__nid").await;
    assert_eq!(titles(&sv), ["Bibliotek", "Uimahalli"]);
    let languages: Vec<&Value> =
        sv["data"].as_array().expect("a list").iter().map(|it| &it["attributes"]["langcode"]).collect();
    assert_eq!(languages, ["sv", "fi"]);
    // Every translation has a time of its own, and a filter looks at all of them.
    let after = "2026-11-25T08:00:30Z".parse::<Timestamp>().expect("a time").as_second();
    let (_, fi) = bench.get(&format!("/fi/jsonapi/node/service?filter[c][condition][path]=changed&filter[c][condition][operator]=%3E&filter[c][condition][value]={after}")).await;
    assert_eq!(titles(&fi), ["Kirjasto"]);
    assert_eq!(fi["data"][0]["attributes"]["changed"], "2026-11-25T08:00:00+00:00");
    site.delete_translation(both, "sv");
    assert_eq!(titles(&bench.get("/sv/jsonapi/node/service?sort=drupal_internal__nid").await.1)[0], "Kirjasto");
}

#[tokio::test]
async fn includes_come_once_and_what_is_hidden_is_omitted() {
    let bench = Bench::with(|_| {}).await;
    let site = &bench.sim.control;
    let term = site.create("taxonomy_term--class", "fi", "aino", json!({"name": "Kulttuuri", "field_code": "1_1"}));
    let service = site.create("node--service", "fi", "aino", json!({"title": "Kirjasto"}));
    let second = site.create("node--service", "fi", "aino", json!({"title": "Museo"}));
    let hidden = site.create("node--service", "fi", "aino", json!({"title": "Luonnos"}));
    for it in [service, second] {
        site.relate(it, "aino", "field_class", true, &[term]);
    }
    site.relate(service, "aino", "field_parent", false, &[hidden]);
    site.publish(hidden, "fi", "aino", false);
    let offer = site.create("node--service_offer", "fi", "aino", json!({"title": "Tarjous"}));
    site.relate(offer, "aino", "field_offered_service", true, &[service, second]);

    let (_, page) = bench.get("/jsonapi/node/service_offer?include=field_offered_service,field_offered_service.field_class&fields[taxonomy_term--class]=field_code").await;
    let included = page["included"].as_array().expect("a list");
    assert_eq!(included.len(), 3, "two services and one class: {page}");
    let class = included.iter().find(|it| it["type"] == "taxonomy_term--class").expect("the class");
    assert_eq!(class["attributes"], json!({"field_code": "1_1"}));
    let identifier = &page["data"][0]["relationships"]["field_offered_service"]["data"][0];
    assert_eq!(identifier["meta"]["drupal_internal__target_id"], 1);

    let (_, page) = bench.get("/jsonapi/node/service?include=field_parent").await;
    assert_eq!(titles(&page), ["Kirjasto", "Museo"]);
    let omitted = page["meta"]["omitted"]["links"].as_object().expect("links");
    let hrefs: Vec<&Value> =
        omitted.iter().filter(|(name, _)| *name != "help").map(|(_, link)| &link["href"]).collect();
    assert_eq!(hrefs, [&json!(format!("{}/jsonapi/node/service/{hidden}", bench.sim.base_url))]);
    assert_eq!(bench.get(&format!("/jsonapi/node/service/{hidden}")).await.0, 403);
    site.delete(second);
    let (_, page) = bench.get("/jsonapi/node/service_offer").await;
    assert_eq!(page["data"][0]["relationships"]["field_offered_service"]["data"][1]["id"], "missing");
}

#[tokio::test]
async fn who_is_nobody_gets_what_the_site_gives_nobody() {
    let open = Bench::with(|config| config.anonymous = Anonymous::Sees).await;
    open.sim.control.create("node--service", "fi", "aino", json!({"title": "Kirjasto"}));
    let url = format!("{}/jsonapi/node/service", open.sim.base_url);
    // Core takes wrong credentials for none.
    let wrong = open.http.get(&url).basic_auth("silta", Some("wrong")).send().await.expect("answered");
    assert_eq!(
        (wrong.status().as_u16(), wrong.headers()["cache-control"].to_str().ok()),
        (200, Some("max-age=900, public"))
    );
    let tag = wrong.headers()["etag"].clone();
    let again = open.http.get(&url).header("if-none-match", tag).send().await.expect("answered");
    assert_eq!(again.status().as_u16(), 304);
    let own = open.http.get(&url).basic_auth("silta", Some("secret")).send().await.expect("answered");
    assert_eq!(own.headers()["cache-control"], "must-revalidate, no-cache, private");
    let accept = format!("{MEDIA_TYPE}; ext=bulk");
    let other = open.http.get(&url).header("accept", accept).send().await.expect("answered");
    assert_eq!(other.status().as_u16(), 406);
    let write = |kind: &str| open.http.post(&url).header("content-type", kind).body("{}");
    assert_eq!(write("application/json").send().await.expect("answered").status().as_u16(), 415);
    assert_eq!(write(MEDIA_TYPE).send().await.expect("answered").status().as_u16(), 405);

    let closed = Bench::with(|_| {}).await;
    let url = format!("{}/jsonapi/node/service", closed.sim.base_url);
    let refused = closed.http.get(&url).send().await.expect("answered");
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["www-authenticate"].to_str().ok()),
        (401, Some("Basic realm=\"Drupal\""))
    );
    let seen = closed.sim.control.take_requests();
    assert_eq!((seen.len(), seen[0].user.clone(), seen[0].status), (1, None, 401));
}

#[tokio::test]
async fn faults_and_interruptions_come_when_they_are_wanted() {
    let bench = Bench::with(|_| {}).await;
    let site = &bench.sim.control;
    let service = site.create("node--service", "fi", "aino", json!({"title": "Kirjasto"}));
    let url = format!("{}/jsonapi/node/service", bench.sim.base_url);
    let get = || bench.http.get(&url).basic_auth("silta", Some("secret")).send();
    for (kind, status) in [(FaultKind::Status(500), 500), (FaultKind::Status(403), 403), (FaultKind::Page, 200)] {
        site.fail(Fault { target: "service".into(), times: 1, kind });
        assert_eq!(get().await.expect("answered").status().as_u16(), status);
    }
    site.fail(Fault { target: "service".into(), times: 1, kind: FaultKind::Cut });
    assert!(get().await.expect("a head").bytes().await.is_err());
    site.fail(Fault { target: "service".into(), times: 1, kind: FaultKind::NoData });
    assert!(get().await.expect("answered").json::<Value>().await.expect("JSON").get("data").is_none());
    site.before("node/service", move |site| site.delete(service));
    assert_eq!(titles(&get().await.expect("answered").json().await.expect("JSON")), Vec::<&str>::new());
}
