//! Subject terms at the door.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{Bench, KEY, LIMITS};
use crate::catalogue::vocabulary::Vocabulary;

fn minimum() -> Arc<Vocabulary> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/reference/pat/vocab/koko/koko-concepts.ndjson");
    let text = std::fs::read(file).expect("the sample terms");
    Arc::new(Vocabulary::from_lines("2026-01-12", &text).expect("concepts"))
}

#[tokio::test]
async fn terms_are_suggested_in_finto_s_shape_and_told_apart_by_their_tag() {
    let bench = Bench::start(LIMITS).await;
    let (status, problem) = bench.get("turku/keywords?q=kirj").await;
    assert_eq!((status, problem["type"].as_str()), (503, Some("urn:silta:error:no-vocabulary")));
    bench.catalogue.use_vocabulary(minimum());

    let (status, found) = bench.get("turku/keywords?q=Pys%C3%A4k%C3%B6inti&limit=1").await;
    assert_eq!(status, 200);
    assert_eq!(found["results"][0]["uri"], "http://www.yso.fi/onto/koko/p818");
    assert_eq!(found["results"][0]["prefLabel"], "pysäköinti");
    assert_eq!((found["results"].as_array().map(Vec::len), found["version"].as_str()), (Some(1), Some("2026-01-12")));
    let (_, as_finto) =
        bench.get("turku/keywords/search?query=bilpark*&lang=sv&maxhits=10&vocab=jupo&unique=true").await;
    assert_eq!(as_finto["results"][0]["altLabel"], "bilparkering");
    let (_, translated) = bench.get("turku/keywords?uri=http%3A%2F%2Fwww.yso.fi%2Fonto%2Fyso%2Fp15939&lang=en").await;
    assert_eq!(translated["results"][0]["prefLabel"], "parking");

    let first = bench.request("GET", "turku/keywords?q=pys").bearer_auth(KEY).send().await.expect("sent");
    let tag = first.headers()["etag"].clone();
    let again = bench.request("GET", "turku/keywords?q=pys").bearer_auth(KEY).header("if-none-match", tag.clone());
    let again = again.send().await.expect("sent");
    assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
    assert!(again.bytes().await.expect("a body").is_empty());
    let other = bench.request("GET", "turku/keywords?q=kir").bearer_auth(KEY).header("if-none-match", tag);
    assert_eq!(other.send().await.expect("sent").status().as_u16(), 200);
}

#[tokio::test]
async fn a_wrong_question_is_told_what_helps_and_a_wrong_key_nothing() {
    let bench = Bench::start(LIMITS).await;
    bench.catalogue.use_vocabulary(minimum());
    for (query, field) in [
        ("", "q"),
        ("?q=", "q"),
        ("?q=*", "q"),
        (&*format!("?q={}", "a".repeat(101)), "q"),
        ("?q=a&lang=de", "lang"),
        ("?q=a&limit=0", "limit"),
        ("?q=a&limit=101", "limit"),
        ("?q=a&q=b", "q"),
        ("?q=a&vocab=", "vocab"),
        ("?q=a&colour=red", "colour"),
    ] {
        let (status, problem) = bench.get(&format!("turku/keywords{query}")).await;
        assert_eq!((status, problem["field"].as_str()), (400, Some(field)), "{query}");
        assert!(problem["detail"].as_str().is_some_and(|text| text.len() > 10), "{problem}");
    }
    let foreign = bench.request("GET", "turku/keywords?q=a").bearer_auth("espoo-key-3").send().await.expect("sent");
    assert_eq!(foreign.status().as_u16(), 401);
}

#[tokio::test]
async fn a_pushed_term_that_cannot_stay_is_warned_about_with_what_takes_its_place() {
    let bench = Bench::start(LIMITS).await;
    let service = |code: &str, term: &str| {
        let name = json!({"fi": "Pysäköinti", "sv": "Parkering"});
        json!({"entities": [{"laji": "palvelu", "koodi": code, "nimi_kieliversiot": name, "asiasanat": [term]}]})
    };
    let koko = "http://www.yso.fi/onto/koko/";
    // Without a vocabulary nothing is said of terms.
    let (_, before) = bench.push(&service("1", &format!("{koko}p99901"))).await;
    assert_eq!(before["verdicts"][0]["findings"], json!(null), "{before}");
    bench.catalogue.use_vocabulary(minimum());
    for (code, term, rule, said) in [
        ("2", format!("{koko}p818"), None, ""),
        ("3", format!("{koko}p99901"), Some("term-deprecated"), "pysäköinti (http://www.yso.fi/onto/koko/p818)"),
        ("4", format!("{koko}p99902"), Some("term-deprecated"), "poistettu käytöstä"),
        ("5", format!("{koko}p77777"), Some("term-unknown"), "ei ole KOKO-ontologiassa"),
        ("6", "http://www.yso.fi/onto/yso/p15939".into(), Some("term-ontology"), "koko/p818"),
        ("7", "http://www.yso.fi/onto/yso/p1".into(), Some("term-ontology"), "Valitse käsite"),
        ("8", "pysäköinti".into(), Some("term-form"), "osoite"),
    ] {
        let (_, answer) = bench.push(&service(code, &term)).await;
        let verdict = &answer["verdicts"][0];
        assert_eq!(verdict["outcome"], "created", "{term}");
        let finding =
            verdict["findings"].as_array().and_then(|all| all.iter().find(|it| it["field"] == "asiasanat[0]"));
        assert_eq!(finding.and_then(|it| it["rule"].as_str()), rule, "{term}: {verdict}");
        let text = finding.and_then(|it| it["fi"].as_str()).unwrap_or_default();
        assert!(text.contains(said), "{term}: {text}");
        assert!(finding.is_none_or(|it| it["level"] == "warning"));
    }
}
