//! Subject terms for whoever chooses them: suggestions by the beginning of a word, or one concept by its address. The answer has
//! the shape of Finto's, so that a widget made for Finto can ask here.

use serde_json::{Map, Value, json};

use crate::catalogue::vocabulary::{Concept, Query, Term, Vocabulary};

/// Suggestions of one answer, unless more are asked for.
pub const SHOWN: usize = 10;
/// And at most.
pub const MOST_SHOWN: usize = 100;
/// Characters of a query.
pub const QUERY_CHARS: usize = 100;

/// What is suggested for a query. `total` says how many there are.
pub fn suggestions(vocabulary: &Vocabulary, query: Query<'_>) -> Value {
    let found = vocabulary.search(query);
    let results: Vec<Value> = found
        .hits
        .iter()
        .map(|hit| {
            let mut result = result(hit.concept, query);
            result.extend(hit.alternative.map(|label| ("altLabel".to_owned(), json!(label))));
            Value::Object(result)
        })
        .collect();
    wrapped(vocabulary, query, &results, found.total)
}

/// The concept that an address stands for in KOKO: itself, what took its place, or what it matches exactly.
pub fn resolved(vocabulary: &Vocabulary, address: &str, query: Query<'_>) -> Value {
    let concept = match vocabulary.term(address) {
        Term::Fine => vocabulary.get(address),
        Term::Unknown => None,
        Term::Deprecated(replacement) => replacement,
        Term::Foreign(koko) => koko,
    };
    let results: Vec<Value> = concept.into_iter().map(|concept| Value::Object(result(concept, query))).collect();
    let total = results.len();
    wrapped(vocabulary, query, &results, total)
}

fn result(concept: &Concept, query: Query<'_>) -> Map<String, Value> {
    let shown = json!({
        "uri": concept.uri,
        "type": ["skos:Concept"],
        "localname": concept.uri.rsplit('/').next(),
        "prefLabel": concept.shown(query.lang),
        "lang": query.lang.code(),
        "vocab": "koko",
        "broader": concept.broader,
        "narrower": concept.narrower,
    });
    match shown {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn wrapped(vocabulary: &Vocabulary, query: Query<'_>, results: &[Value], total: usize) -> Value {
    json!({
        "@context": {
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "onki": "http://schema.onki.fi/onki#",
            "uri": "@id",
            "type": "@type",
            "results": {"@id": "onki:results", "@container": "@list"},
            "prefLabel": "skos:prefLabel",
            "altLabel": "skos:altLabel",
            "broader": {"@id": "skos:broader", "@type": "@id"},
            "narrower": {"@id": "skos:narrower", "@type": "@id"},
            "@language": query.lang.code(),
        },
        "uri": "",
        "results": results,
        "total": total,
        "version": vocabulary.version(),
    })
}
