//! Suggested general descriptions at the door.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::{Bench, KEY, LIMITS};
use crate::catalogue::descriptions::Descriptions;

#[tokio::test]
async fn descriptions_are_suggested_for_a_service_or_for_words_and_never_linked() {
    let bench = Bench::start(LIMITS).await;
    let (status, problem) = bench.get("turku/general-descriptions?q=kirjasto").await;
    assert_eq!((status, problem["type"].as_str()), (503, Some("urn:silta:error:no-descriptions")));
    let id = "00000000-0000-4000-8000-000000000001";
    let list = json!([
        {"Id": id, "Name": [{"Lang": "fi", "Label": "Kirjastopalvelut"}]},
        {"Id": "00000000-0000-4000-8000-000000000002", "Name": [{"Lang": "fi", "Label": "Uimahallit"}]}
    ]);
    bench.catalogue.set_descriptions("turku", Arc::new(Descriptions::read(&list, &BTreeMap::new())));
    let service =
        json!({"laji": "palvelu", "koodi": "740", "nimi_kieliversiot": {"fi": "Kirjastopalvelut", "sv": "Bibliotek"}});
    bench.push(&json!({ "entities": [service] })).await;
    let (status, answer) = bench.get("turku/general-descriptions?service=740").await;
    assert_eq!((status, answer["linked"].is_null()), (200, true));
    assert_eq!(answer["suggestions"][0]["id"], id);
    assert_eq!(answer["suggestions"][0]["reasons"][0]["what"], "sameName");
    let (_, words) = bench.get("turku/general-descriptions?q=uimahalli&limit=1").await;
    assert_eq!(words["suggestions"][0]["name"], "Uimahallit");
    assert_eq!(words["suggestions"].as_array().map(Vec::len), Some(1));
    // What was suggested changed nothing.
    let (_, after) = bench.get("turku/general-descriptions?service=740").await;
    assert_eq!(after, answer);
    for (query, field, status) in [
        ("", "service", 400),
        ("?service=1&q=a", "service", 400),
        ("?service=999", "service", 404),
        ("?q=", "q", 400),
        ("?q=a&limit=51", "limit", 400),
        ("?q=a&x=1", "x", 400),
    ] {
        let (found, problem) = bench.get(&format!("turku/general-descriptions{query}")).await;
        assert_eq!((found, problem["field"].as_str()), (status, Some(field)), "{query}");
    }
    let foreign = bench.request("GET", "espoo/general-descriptions?q=a").bearer_auth(KEY).send().await.expect("sent");
    assert_eq!(foreign.status().as_u16(), 401);
}
