//! Words to services, over a view: every word of the query must begin a word of the service.
//!
//! Deliberately small: no stemming and no index of its own. A view of a municipality is some thousand entities, and a
//! full-text index with inflected forms takes its place when the catalogue grows one.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::model::{Kind, Service, Stored, View};

/// Services by relevance: a hit in a name weighs more than one in a keyword, that more than one in a summary or a
/// description. Equal ones stand in code order.
pub(super) fn services(view: &View, query: &str) -> Vec<Arc<Stored>> {
    let words = words(query);
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(u32, &Arc<Stored>)> = view
        .active_after(Kind::Service, None)
        .filter_map(|stored| Some((score(stored.entity.service()?, &words)?, stored)))
        .collect();
    found.sort_by(|(one, a), (two, b)| two.cmp(one).then_with(|| a.entity.key.cmp(&b.entity.key)));
    found.into_iter().map(|(_, stored)| Arc::clone(stored)).collect()
}

/// The sum of the best hit of each word; `None` when a word hits nothing.
fn score(service: &Service, query: &[String]) -> Option<u32> {
    let names = service.name.iter().map(|(_, text)| text);
    let others = service.alternative_names.iter().chain(&service.keywords).map(|(_, text)| text.as_str());
    let summaries = service.summary.iter().map(|(_, text)| text);
    let descriptions = service.description.iter().map(|(_, text)| text);
    let mut best = vec![0; query.len()];
    let texts = names.map(|text| (8, text)).chain(others.map(|text| (4, text)));
    let texts = texts.chain(summaries.map(|text| (2, text))).chain(descriptions.map(|text| (1, text)));
    for (weight, text) in texts {
        let text = words(text);
        for (best, word) in best.iter_mut().zip(query) {
            if *best < weight && text.iter().any(|candidate| candidate.starts_with(word.as_str())) {
                *best = weight;
            }
        }
    }
    best.iter().all(|weight| *weight > 0).then(|| best.iter().sum())
}

/// Lower-case words of letters and digits, NFC.
fn words(text: &str) -> Vec<String> {
    let text: String = text.nfc().flat_map(char::to_lowercase).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
