//! The simulator over real sockets.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Concept, Fault, FaultAction, FintoConfig, FintoSimulator, Library, Origin};

const PARKING: &str = "http://www.yso.fi/onto/koko/p818";

async fn small() -> FintoSimulator {
    let library = Library::minimum().expect("our own minimum");
    FintoSimulator::start(FintoConfig::new(library)).await.expect("a simulator")
}

async fn get(finto: &FintoSimulator, path: &str) -> (u16, Value) {
    let response = reqwest::get(format!("{}/{path}", finto.rest_url)).await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a text");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn shared() -> Option<PathBuf> {
    let specs = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from)
        .join("specs");
    let there = specs.join("pat/vocab/koko/koko-concepts.ndjson").exists();
    if !there {
        println!("skipped: {} is absent", specs.display());
    }
    there.then_some(specs)
}

#[tokio::test]
async fn answers_like_skosmos() {
    let finto = small().await;
    assert_eq!(finto.origin(), Origin::Minimum);
    let (_, list) = get(&finto, "vocabularies?lang=fi").await;
    let ids: Vec<&str> =
        list["vocabularies"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_str()).collect();
    assert!(ids.contains(&"koko") && ids.contains(&"yso") && ids.contains(&"jupo"), "{ids:?}");

    let (_, found) = get(&finto, "search?query=pys%C3%A4k*&lang=fi&vocab=koko&maxhits=10").await;
    let hits = found["results"].as_array().expect("hits");
    let hit = hits.iter().find(|it| it["uri"] == PARKING).expect("parking");
    assert_eq!((hit["prefLabel"].as_str(), hit["lang"].as_str()), (Some("pysäköinti"), Some("fi")));
    assert_eq!((hit["localname"].as_str(), hit["vocab"].as_str()), (Some("p818"), Some("koko")));
    let labels: Vec<&Value> = found["results"].as_array().expect("hits").iter().map(|it| &it["prefLabel"]).collect();
    assert!(!labels.iter().any(|label| **label == "pysäköintiasiat"), "withdrawn concepts are not found: {labels:?}");
    let (_, named) = get(&finto, "koko/search?query=parking&lang=en&labellang=sv&unique=true").await;
    assert_eq!(named["results"][0]["lang"], "sv");

    let encoded = "http%3A%2F%2Fwww.yso.fi%2Fonto%2Fkoko%2Fp818";
    let (_, label) = get(&finto, &format!("label?uri={encoded}&lang=sv")).await;
    assert_eq!(label["prefLabel"], "parkering (aktivitet)");
    let (_, data) = get(&finto, &format!("koko/data?uri={encoded}&format=application/ld%2Bjson")).await;
    let graph = data["graph"].as_array().expect("a graph");
    assert!(graph.iter().any(|node| node["uri"] == PARKING && !node["exactMatch"].is_null()));
    let (_, mappings) = get(&finto, &format!("koko/mappings?uri={encoded}&lang=fi")).await;
    assert_eq!(mappings["mappings"][0]["type"][0], "skos:exactMatch");
}

#[tokio::test]
async fn refuses_like_skosmos() {
    let finto = small().await;
    for (path, status, text) in [
        ("search", 400, "400 Bad Request : query parameter missing"),
        ("search?query=a&maxhits=0", 400, "400 Bad Request : maxhits parameter is invalid"),
        ("search?query=a&offset=-1", 400, "400 Bad Request : offset parameter is invalid"),
        ("vocabularies", 400, "400 Bad Request : lang parameter missing"),
        ("label", 400, "400 Bad Request : uri parameter missing"),
        ("label?uri=http%3A%2F%2Fx", 404, "404 Not Found : Could not find concept <http://x>"),
        ("nothing/search?query=a", 404, "404 Not Found : Vocabulary id 'nothing' not found in configuration."),
        ("koko/data?uri=http%3A%2F%2Fx", 404, "404 Bad Request : no concept found with given uri"),
        (
            "koko/data?format=text/turtle",
            406,
            "406 Not Acceptable : Unsupported format. Supported MIME types are: application/rdf+xml",
        ),
    ] {
        assert_eq!(get(&finto, path).await, (status, Value::String(text.into())), "{path}");
    }
}

#[tokio::test]
async fn a_whole_vocabulary_is_a_file_elsewhere_and_tells_when_it_changed() {
    let finto = small().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let moved =
        client.get(format!("{}/koko/data?format=application/rdf%2Bxml", finto.rest_url)).send().await.expect("sent");
    assert_eq!(moved.status().as_u16(), 302);
    let place = moved.headers()["location"].to_str().expect("text").to_owned();
    let file = client.get(&place).send().await.expect("sent");
    let stamp = file.headers()["last-modified"].clone();
    let text = file.text().await.expect("text");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let described = document.root_element().children().filter(roxmltree::Node::is_element).count();
    assert_eq!(described, Library::minimum().expect("ours").size("koko") + 1);
    let again = client.get(&place).header("if-modified-since", stamp.clone()).send().await.expect("sent");
    assert_eq!(again.status().as_u16(), 304);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(finto.deprecate(PARKING, &[]));
    let changed = client.get(&place).header("if-modified-since", stamp).send().await.expect("sent");
    assert_eq!(changed.status().as_u16(), 200);
    let (_, list) = get(&finto, "koko/modified?lang=fi").await;
    assert_eq!(
        (list["changeList"][0]["uri"].as_str(), list["changeList"][0]["deprecated"].as_bool()),
        (Some(PARKING), Some(true))
    );
    finto.publish(Concept { uri: PARKING.into(), ..Concept::default() });
    assert_eq!(finto.requests(), (5, 2));
}

#[tokio::test]
async fn fails_as_it_is_told_to() {
    let finto = small().await;
    let fault = |action| Fault { path_contains: "search".into(), times: 1, action };
    finto.inject(fault(FaultAction::Status(500)));
    assert_eq!(get(&finto, "search?query=a*").await.0, 500);
    finto.inject(fault(FaultAction::Delay(Duration::from_millis(200))));
    let started = Instant::now();
    assert_eq!(get(&finto, "search?query=a*").await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(200));
    finto.inject(fault(FaultAction::Cut));
    let cut = reqwest::get(format!("{}/search?query=a*", finto.rest_url)).await;
    let read = match cut {
        Ok(response) => response.text().await,
        Err(error) => Err(error),
    };
    assert!(read.is_err(), "the answer ends early");
    assert_eq!(get(&finto, "search?query=a*").await.0, 200);
}

#[tokio::test]
async fn the_numbers_of_koko_yso_and_jupo_differ() {
    let Some(specs) = shared() else { return };
    let library = Library::from_dir(&specs).expect("concepts");
    assert_eq!(library.size("koko"), 12_274);
    let finto = FintoSimulator::start(FintoConfig::new(library)).await.expect("a simulator");
    let (_, data) = get(&finto, "data?uri=http%3A%2F%2Fwww.yso.fi%2Fonto%2Fyso%2Fp6332").await;
    let node =
        data["graph"].as_array().expect("a graph").iter().find(|it| it["uri"] == "http://www.yso.fi/onto/yso/p6332");
    assert_eq!(node.expect("the concept")["exactMatch"]["uri"], "http://www.yso.fi/onto/koko/p7");
}
