//! The door over a real loopback socket, with a real SQLite store behind it. “Bad input” of issue 1, as far as it
//! concerns the intake, is here line by line.

mod descriptions;
mod keywords;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{Credential, FieldMap, Intake, IntakeKey, IntakeTenant, Limits, Reader, router};
use crate::catalogue::Catalogue;
use crate::model::{Kind, Lang, Master};
use crate::ptv::profile::Profile;
use crate::store::{Store, StoreConfig, evidence};
use crate::telemetry::Metrics;
use crate::world::World;

const KEY: &str = "cms-key-1";
const OTHER_KEY: &str = "other-key-2";
pub(super) const LIMITS: Limits =
    Limits { body: 200_000, body_time: Duration::from_secs(10), json_depth: 16, at_once: 4 };

pub(super) struct Bench {
    pub(super) address: SocketAddr,
    pub(super) catalogue: Catalogue,
    pub(super) store: Store,
    metrics: Metrics,
    woken: Arc<Mutex<Vec<String>>>,
    pub(super) client: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn start(limits: Limits) -> Bench {
        Self::start_in(limits, World::system(), Vec::new(), None).await
    }

    /// In a world of its own, with readers of the tenant turku and the names that its systems use.
    pub(super) async fn start_in(
        limits: Limits,
        world: World,
        readers: Vec<Reader>,
        field_map: Option<FieldMap>,
    ) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("a store");
        let codes = ["turku", "espoo"].map(Arc::from);
        let catalogue = Catalogue::load(&store, &world, &Metrics::new(), codes).await.expect("loads");
        let key = |system: &str, key: &str| IntakeKey {
            system: system.into(),
            master: Master(system.into()),
            credential: Credential::Key(digest(&SHA256, key.as_bytes()).as_ref().try_into().expect("32 bytes")),
            letters: system == "other",
        };
        let turku = vec![key("cms", KEY), key("other", OTHER_KEY)];
        let tenant = |code: &str, keys, readers| IntakeTenant {
            code: code.into(),
            profile: Profile::Live2026,
            languages: vec![Lang::Fi, Lang::Sv],
            keys,
            readers,
            field_map: field_map.clone().map(Arc::new),
        };
        let woken = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&woken);
        let metrics = Metrics::new();
        let intake = Intake {
            catalogue: catalogue.clone(),
            store: store.clone(),
            tenants: Arc::new(ArcSwap::from_pointee(vec![
                tenant("turku", turku, readers),
                tenant("espoo", vec![key("cms", "espoo-key-3")], Vec::new()),
            ])),
            limits,
            metrics: metrics.clone(),
            world,
            wake: Arc::new(move |tenant| seen.lock().expect("unpoisoned").push(tenant.to_owned())),
            mirrored: Arc::new(|_| None),
            letters: Arc::new(|tenant, system, request| {
                let text = format!("{tenant} {system} {}", request.uri().path());
                Box::pin(async move { axum::response::Response::new(text.into()) })
            }),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = router(intake);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("accepted");
                let service = hyper_util::service::TowerToHyperService::new(service.clone());
                let stream = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
            }
        });
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Bench { address, catalogue, store, metrics, woken, client, _folder: folder }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.client.request(method, format!("http://{}/intake/v1/{path}", self.address))
    }

    /// A request of the CMS with a body.
    async fn send(&self, method: &str, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.request(method, path).bearer_auth(KEY).body(body)).await
    }

    pub(super) async fn push(&self, body: &Value) -> (u16, Value) {
        self.send("PUT", "turku/entities", body.to_string()).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request("GET", path).bearer_auth(KEY)).await
    }

    fn codes(&self, kind: Kind) -> Vec<String> {
        let view = self.catalogue.view("turku").expect("a view");
        view.all(kind).map(|stored| stored.entity.key.code.to_string()).collect()
    }

    async fn is_untouched(&self) -> bool {
        self.catalogue.view("turku").expect("a view").sequence() == 0
            && evidence::count(&self.store).await.expect("counted") == 0
            && self.woken.lock().expect("unpoisoned").is_empty()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").expect("a type").to_str().expect("text").to_owned();
    // What has a tag may be kept and asked about.
    let kept = if response.headers().contains_key("etag") { "private, no-cache" } else { "no-store" };
    assert_eq!(response.headers().get("cache-control").expect("said"), kept);
    let problem = response.status().is_client_error() || response.status().is_server_error();
    let body: Value = response.json().await.expect("JSON");
    let verdicts = body.get("verdicts").is_some();
    let expected = if problem && !verdicts { "application/problem+json" } else { "application/json" };
    assert_eq!(kind, expected, "{status} {body}");
    (status, body)
}

fn service(code: &str, name: &str) -> Value {
    json!({"laji": "palvelu", "koodi": code, "nimi_kieliversiot": {"fi": name}})
}

fn outcomes(body: &Value) -> Vec<&str> {
    let verdicts = body["verdicts"].as_array().expect("verdicts");
    verdicts.iter().map(|verdict| verdict["outcome"].as_str().expect("a word")).collect()
}

#[tokio::test]
async fn a_batch_is_judged_item_by_item_and_wakes_the_mirrors_once() {
    let bench = Bench::start(LIMITS).await;
    let batch = json!({"batch": "b1", "entities": [service("1", "Uimahalli"), {"laji": "palvelu", "koodi": "2"}]});
    let (status, body) = bench.push(&batch).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!((&body["batch"], &body["accepted"], &body["refused"]), (&json!("b1"), &json!(1), &json!(1)));
    let refused = &body["verdicts"][1];
    assert_eq!((&refused["index"], &refused["laji"], &refused["koodi"]), (&json!(1), &json!("palvelu"), &json!("2")));
    assert_eq!(refused["findings"][0]["field"], "nimi_kieliversiot.fi");
    assert_eq!(refused["findings"][0]["rule"], "required");
    assert_eq!(*bench.woken.lock().expect("unpoisoned"), ["turku"]);
    assert_eq!(bench.codes(Kind::Service), ["1"]);

    // The same again, as a bare array: nothing changes, nobody is woken.
    let (status, body) = bench.push(&json!([service("1", "Uimahalli")])).await;
    assert_eq!((status, &body["unchanged"], &body["accepted"]), (200, &json!(1), &json!(1)));
    assert_eq!(bench.woken.lock().expect("unpoisoned").len(), 1);
    let (status, body) = bench.push(&json!([])).await;
    assert_eq!((status, &body["verdicts"]), (200, &json!([])));
}

#[tokio::test]
async fn bad_input_a_field_over_its_limit_is_refused_and_the_rest_is_taken() {
    let bench = Bench::start(LIMITS).await;
    let batch = json!([service("1", &"x".repeat(20_001)), service("2", "Kirjasto")]);
    let (status, body) = bench.push(&batch).await;
    assert_eq!((status, outcomes(&body)), (200, vec!["refused", "created"]));
    let finding = &body["verdicts"][0]["findings"][0];
    assert_eq!((&finding["field"], &finding["rule"]), (&json!("nimi_kieliversiot.fi"), &json!("too-long")));
    assert!(finding["fi"].as_str().expect("a text").contains("20001 merkkiä"), "{finding}");
    assert_eq!(bench.codes(Kind::Service), ["2"]);
}

#[tokio::test]
async fn bad_input_a_duplicate_code_and_another_masters_entity_are_refused_one_by_one() {
    let bench = Bench::start(LIMITS).await;
    let (status, _) = bench.push(&json!([service("1", "Uimahalli")])).await;
    assert_eq!(status, 200);
    let batch = json!([service("1", "Omin päin"), service("2", "Kirjasto"), service("2", "Kirjasto")]);
    let request = bench.request("PUT", "turku/entities").bearer_auth(OTHER_KEY).body(batch.to_string());
    let (status, body) = answer(request).await;
    assert_eq!((status, outcomes(&body)), (200, vec!["refused", "created", "refused"]));
    let expected = [(0, "1", "koodi", "other-master"), (2, "2", "koodi", "duplicate-code")];
    for (index, code, field, rule) in expected {
        let verdict = &body["verdicts"][index];
        assert_eq!((&verdict["index"], &verdict["koodi"]), (&json!(index), &json!(code)));
        assert_eq!((&verdict["findings"][0]["field"], &verdict["findings"][0]["rule"]), (&json!(field), &json!(rule)));
    }
    let view = bench.catalogue.view("turku").expect("a view");
    let name = |code: &str| {
        let stored = view.all(Kind::Service).find(|stored| stored.entity.key.code.as_str() == code).expect("there");
        stored.entity.name().any().to_owned()
    };
    assert_eq!((name("1").as_str(), name("2").as_str()), ("Uimahalli", "Kirjasto"));

    // Everything refused: 422, with verdicts.
    let request = bench.request("PUT", "turku/entities").bearer_auth(OTHER_KEY);
    let (status, body) = answer(request.body(json!([service("1", "Omin päin")]).to_string())).await;
    assert_eq!((status, outcomes(&body)), (422, vec!["refused"]));
}

#[tokio::test]
async fn bad_input_an_unknown_tenant_and_a_wrong_key_look_the_same() {
    let bench = Bench::start(LIMITS).await;
    let body = json!([service("1", "Uimahalli")]).to_string();
    let mut answers = Vec::new();
    for (path, key) in [
        ("turku/entities", Some("wrong")),
        ("turku/entities", Some("espoo-key-3")),
        ("espoo/entities", Some(KEY)),
        ("nowhere/entities", Some(KEY)),
        ("%C3%A4/entities", Some(KEY)),
        ("turku/entities", None),
    ] {
        let request = bench.request("PUT", path).body(body.clone());
        let request = key.map_or(request.try_clone().expect("clones"), |key| request.bearer_auth(key));
        let (status, problem) = answer(request).await;
        assert_eq!(status, 401, "{path} {key:?}");
        answers.push(problem);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    for (method, path) in [("POST", "turku/check"), ("GET", "turku/verdicts"), ("GET", "turku/rules")] {
        let (status, _) = answer(bench.request(method, path).bearer_auth("wrong")).await;
        assert_eq!(status, 401, "{path}");
    }
    let basic = bench.request("PUT", "turku/entities").header("authorization", format!("Basic {KEY}"));
    assert_eq!(answer(basic.body(body)).await.0, 401);
    assert!(bench.is_untouched().await);
}

#[tokio::test]
async fn letters_are_for_systems_that_may_send_them() {
    let bench = Bench::start(LIMITS).await;
    let url = format!("http://{}/own/v1/turku/messages/1", bench.address);
    let passed = bench.client.get(&url).bearer_auth(OTHER_KEY).send().await.expect("an answer");
    assert_eq!(passed.text().await.expect("text"), "turku other /own/v1/turku/messages/1");
    let (status, problem) = answer(bench.client.get(&url).bearer_auth(KEY)).await;
    assert_eq!((status, &problem["type"]), (403, &json!("urn:silta:error:not-allowed")));
    let (status, _) = answer(bench.client.get(&url)).await;
    assert_eq!(status, 401);
    let espoo = format!("http://{}/own/v1/espoo/messages/1", bench.address);
    assert_eq!(answer(bench.client.get(&espoo).bearer_auth(OTHER_KEY)).await.0, 401);
}

#[tokio::test]
async fn bad_input_malformed_json_is_refused_whole_with_line_and_column() {
    let bench = Bench::start(LIMITS).await;
    let deep = format!("[{}1{}]", "[".repeat(16), "]".repeat(16));
    for (body, code, line, field) in [
        ("{\"entities\": [\n{\"laji\": }]}", "malformed", 2, ""),
        ("[{\"koodi\": \"1\",\n\n\"koodi\": \"2\"}]", "malformed", 3, ""),
        (deep.as_str(), "malformed", 1, ""),
        ("", "malformed", 1, ""),
        ("7", "invalid-field", 0, ""),
        ("{}", "missing-field", 0, "entities"),
        ("{\"entities\": {}}", "invalid-field", 0, "entities"),
        ("{\"entities\": [], \"mode\": \"all\"}", "unknown-field", 0, "mode"),
        ("{\"entities\": [], \"batch\": 7}", "invalid-field", 0, "batch"),
        ("{\"entities\": [], \"batch\": \"\"}", "invalid-field", 0, "batch"),
    ] {
        for (method, path) in [("PUT", "turku/entities"), ("POST", "turku/check")] {
            let (status, problem) = bench.send(method, path, body.to_owned()).await;
            assert_eq!(status, 400, "{body}: {problem}");
            assert_eq!(problem["type"], format!("urn:silta:error:{code}"), "{body}: {problem}");
            assert_eq!(problem["line"].as_u64().unwrap_or_default(), line, "{body}: {problem}");
            assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{body}: {problem}");
        }
    }
    assert!(bench.is_untouched().await);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let bench = Bench::start(LIMITS).await;
    let body = format!("[{}]", " ".repeat(LIMITS.body));
    let (status, problem) = bench.send("PUT", "turku/entities", body.clone()).await;
    assert_eq!((status, &problem["type"]), (413, &json!("urn:silta:error:too-large")));
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
        body.as_bytes().chunks(50_000).map(|piece| Ok(piece.to_vec())).collect();
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let (status, _) = bench.send("PUT", "turku/entities", chunked).await;
    assert_eq!(status, 413);
    assert_eq!(bench.metrics.limit_hits("intake_body"), 2);
    assert!(bench.is_untouched().await);
}

/// As values the numbers of this batch would take sixteen times the room of their text.
#[tokio::test]
async fn a_large_batch_stays_text_until_its_records_are_judged() {
    const RECORDS: usize = 4_000;
    let highest = || -> usize {
        let status = std::fs::read_to_string("/proc/self/status").expect("of Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("told");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
    };
    let bench = Bench::start(Limits { body: 64 * 1024 * 1024, ..LIMITS }).await;
    let numbers = "1,".repeat(3_000);
    let record = |at: usize| format!(r#"{{"laji": "palvelu", "koodi": "{at}", "luvut": [{numbers}1]}}"#);
    let body = format!("[{}]", (0..RECORDS).map(record).collect::<Vec<_>>().join(","));
    let body = bytes::Bytes::from(body);
    let (size, before) = (body.len(), highest());
    let (status, answer) = bench.send("PUT", "turku/entities", body).await;
    let grown = highest() - before;
    assert_eq!((status, answer["verdicts"].as_array().expect("verdicts").len()), (422, RECORDS));
    assert!(grown < 4 * size, "{size} bytes took {grown} more");
}

#[tokio::test]
async fn values_nested_too_deep_are_refused() {
    let bench = Bench::start(LIMITS).await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let (status, problem) = bench.send("PUT", "turku/entities", nested(LIMITS.json_depth + 1)).await;
    assert_eq!((status, &problem["type"]), (400, &json!("urn:silta:error:malformed")), "{problem}");
    assert_eq!(bench.metrics.limit_hits("json_depth"), 1);
    // At the limit it is read, and refused as no record.
    let (status, _) = bench.send("PUT", "turku/entities", nested(LIMITS.json_depth)).await;
    assert_eq!((status, bench.metrics.limit_hits("json_depth")), (422, 1));
}

#[tokio::test]
async fn more_requests_than_allowed_are_told_to_come_again() {
    let bench = Bench::start(Limits { at_once: 0, ..LIMITS }).await;
    let request = bench.request("PUT", "turku/entities").bearer_auth(KEY).body("[]");
    let response = request.send().await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (503, &b"5"[..]));
    assert_eq!(bench.metrics.limit_hits("in_flight"), 1);
}

#[tokio::test]
async fn a_batch_id_is_answered_once_and_found_again() {
    let bench = Bench::start(LIMITS).await;
    let push = |id: &str, body: &Value| {
        let request = bench.request("PUT", "turku/entities").bearer_auth(KEY).header("idempotency-key", id);
        answer(request.body(body.to_string()))
    };
    let first = push("\"b1\"", &json!([service("1", "Uimahalli")])).await;
    assert_eq!((first.0, outcomes(&first.1)), (200, vec!["created"]));
    assert_eq!(push("b1", &json!([service("1", "Uimahalli")])).await, first);
    let (status, problem) = push("b1", &json!([service("1", "Muu")])).await;
    assert_eq!((status, &problem["field"]), (409, &json!("batch")));
    let (status, _) = push("b1", &json!({"batch": "b2", "entities": []})).await;
    assert_eq!(status, 400, "two names for one batch");
    push("b2", &json!([service("2", "Kirjasto"), {"koodi": "3"}])).await;

    let (status, body) = bench.get("turku/verdicts").await;
    let ids: Vec<&str> =
        body["batches"].as_array().expect("a list").iter().filter_map(|b| b["batch"].as_str()).collect();
    assert_eq!((status, ids), (200, vec!["b2", "b1"]));
    let (_, body) = bench.get("turku/verdicts?batch=b1").await;
    let told = body["batches"][0]["verdicts"][0].as_object().expect("a verdict");
    assert!(told.iter().all(|(name, value)| first.1["verdicts"][0][name] == *value), "{told:?}");
    assert_eq!(told["outcome"], "created");
    let (_, body) = bench.get("turku/verdicts?limit=1").await;
    assert_eq!((body["batches"].as_array().map(Vec::len), &body["batches"][0]["refused"]), (Some(1), &json!(1)));
    for (query, expected) in [("batch=b9", 404), ("limit=0", 400), ("limit=1&limit=2", 400), ("page=1", 400)] {
        assert_eq!(bench.get(&format!("turku/verdicts?{query}")).await.0, expected, "{query}");
    }
    // Another master does not see them.
    let (_, body) = answer(bench.request("GET", "turku/verdicts").bearer_auth(OTHER_KEY)).await;
    assert_eq!(body["batches"], json!([]));
}

#[tokio::test]
async fn accepted_services_are_told_the_rules_of_quality_that_they_break() {
    let bench = Bench::start(LIMITS).await;
    let class = json!({"laji": "palveluluokka", "koodi": "1_10", "nimi_kieliversiot": {"fi": "Kasvatus"},
        "ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P6.1"});
    let mut lacking = service("1", "Uimahalli");
    lacking["tiivistelma_kieliversiot"] = json!({"fi": "x".repeat(151)});
    lacking["palveluluokat"] = json!([{"koodi": "1_10"}]);
    let mut draft = lacking.clone();
    draft["koodi"] = "2".into();
    draft["tila"] = json!({"koodi": "2"});
    let body = json!([class, lacking, draft]);
    let rules = |verdict: &Value| -> Vec<String> {
        let quality = verdict["quality"].as_array().cloned().unwrap_or_default();
        quality.iter().map(|hint| hint["rule"].as_str().expect("a rule").to_owned()).collect()
    };
    let (_, tried) = bench.send("POST", "turku/check", body.to_string()).await;
    let (_, written) = bench.push(&body).await;
    for answer in [&tried, &written] {
        let [class, service, draft] = answer["verdicts"].as_array().expect("a list").as_slice() else {
            panic!("three")
        };
        assert_eq!((rules(class), rules(draft)), (vec![], vec![]));
        let broken = rules(service);
        assert!(broken.contains(&"Q02c".to_owned()) && broken.contains(&"Q05a".to_owned()), "{broken:?}");
        assert!(!broken.iter().any(|rule| rule.starts_with("Q06")), "the class is there, or coming: {broken:?}");
        let long = service["quality"].as_array().and_then(|all| all.iter().find(|it| it["rule"] == "Q02c"));
        let long = long.expect("found");
        assert_eq!((&long["lang"], &long["level"]), (&json!("fi"), &json!("error")));
        assert!(["fi", "sv", "en"].iter().all(|lang| long[lang].as_str().is_some_and(|text| text.contains("150"))));
        assert!(service["findings"].as_array().is_none_or(|all| all.iter().all(|it| it["level"] == "warning")));
    }
}

#[tokio::test]
async fn a_check_gives_the_verdicts_and_writes_nothing() {
    let bench = Bench::start(LIMITS).await;
    let body = json!([service("1", "Uimahalli"), {"laji": "palvelu", "koodi": "2"}]).to_string();
    let (status, body) = bench.send("POST", "turku/check", body).await;
    assert_eq!((status, outcomes(&body)), (200, vec!["created", "refused"]));
    assert!(bench.is_untouched().await);
}

#[tokio::test]
async fn rules_are_told_and_other_paths_methods_and_types_are_refused() {
    let bench = Bench::start(LIMITS).await;
    let (status, rules) = bench.get("turku/rules").await;
    assert_eq!((status, &rules["ptvProfile"]), (200, &json!("live-2026")));
    for (method, path, expected) in [
        ("POST", "turku/entities", 405),
        ("DELETE", "turku/rules", 405),
        ("GET", "turku/other", 404),
        ("GET", "turku", 404),
    ] {
        assert_eq!(answer(bench.request(method, path).bearer_auth(KEY)).await.0, expected, "{method} {path}");
    }
    for (name, value, expected) in [
        ("content-type", "text/xml", 415),
        ("content-encoding", "gzip", 415),
        ("content-type", "application/json; charset=utf-8", 200),
    ] {
        let request = bench.request("PUT", "turku/entities").bearer_auth(KEY).header(name, value).body("[]");
        assert_eq!(answer(request).await.0, expected, "{name}: {value}");
    }
}
