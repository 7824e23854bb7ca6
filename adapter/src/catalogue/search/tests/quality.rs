//! The judged queries (`tests/search/judged.json`) over real data: nDCG@10 of the half that search was tuned with, and
//! of the half that nobody looked at meanwhile.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::{asked, codes};
use crate::catalogue::search::index::TenantIndex;
use crate::catalogue::{import, pat};
use crate::model::{Master, Stored, View};

const JUDGED: &str = include_str!("../../../../../tests/search/judged.json");

#[derive(Deserialize)]
struct Judged {
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "query")]
    words: String,
    half: String,
    kind: String,
    /// Grade 1–3 by code.
    codes: BTreeMap<String, u8>,
}

/// The services of the shared TPR file, or `None` (reported) where it is absent.
fn services() -> Option<View> {
    let root = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = root.join("specs/pat/tpr/services-2025-09-25.json");
    if !path.exists() {
        println!("skipped: {} is absent", path.display());
        return None;
    }
    let import = import::read_path(&path).expect("readable");
    let entities = import.records.iter().filter_map(|record| pat::read(record).entity);
    let stored = (1..).zip(entities).map(|(sequence, entity)| {
        let master = Master("tpr".into());
        Arc::new(Stored { entity, revision: 1, sequence, master, changed_at: Timestamp::UNIX_EPOCH })
    });
    let stored: Vec<_> = stored.collect();
    let last = stored.len() as u64;
    Some(View::default().with(stored, last))
}

/// Gain 2^grade − 1, discounted by the logarithm of the rank, over the best possible.
fn ndcg(found: &[String], grades: &BTreeMap<String, u8>) -> f64 {
    let gain = |grade: u8| f64::from(2_u32.pow(u32::from(grade)) - 1);
    let dcg = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        (2_u32..).zip(gains.take(10)).map(|(rank, gain)| gain / f64::from(rank).log2()).sum()
    };
    let mut best: Vec<u8> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let got = dcg(&mut found.iter().map(|code| grades.get(code).map_or(0.0, |grade| gain(*grade))));
    got / dcg(&mut best.into_iter().map(gain))
}

fn measured(half: &str, tell: bool) -> Option<f64> {
    let view = services()?;
    let index = TenantIndex::new(None);
    let judged: Judged = serde_json::from_str(JUDGED).expect("judged queries");
    let queries: Vec<Query> = judged.queries.into_iter().filter(|query| query.half == half).collect();
    let mut sum = 0.0;
    for query in &queries {
        let found = codes(&index, &view, &asked(&query.words));
        let value = ndcg(&found, &query.codes);
        if tell {
            let top: Vec<String> = found
                .iter()
                .take(10)
                .map(|code| format!("{code}:{}", query.codes.get(code).copied().unwrap_or_default()))
                .collect();
            println!("{value:.3} {:9} {:38} {}", query.kind, query.words, top.join(" "));
        }
        sum += value;
    }
    let mean = sum / f64::from(u32::try_from(queries.len()).expect("a few"));
    println!("search: nDCG@10 {mean:.3} over {} judged queries ({half})", queries.len());
    Some(mean)
}

#[test]
fn the_queries_that_search_was_tuned_with_are_answered_well() {
    let Some(mean) = measured("tune", true) else { return };
    assert!(mean >= 0.8, "{mean}");
}

#[test]
fn the_queries_that_were_held_back_are_answered_well() {
    let Some(mean) = measured("held", false) else { return };
    assert!(mean >= 0.7, "{mean}");
}
