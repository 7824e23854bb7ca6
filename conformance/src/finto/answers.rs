//! The answers of Skosmos as JSON: what each path says about the library. Decides nothing about HTTP.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::data::{Concept, Library, Vocabulary, vocabulary_of};

/// A refusal: status, its words as Skosmos writes them, and what it says.
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str, pub(super) String);

pub(super) type Answer = Result<Value, Refusal>;
pub(super) type Query = BTreeMap<String, String>;

/// The configured default of Skosmos for `maxhits`; 0 means no limit.
const MAXHITS: usize = 0;

pub(super) fn not_found(what: impl Into<String>) -> Refusal {
    Refusal(404, "Not Found", what.into())
}

pub(super) fn bad_request(what: impl Into<String>) -> Refusal {
    Refusal(400, "Bad Request", what.into())
}

pub(super) fn vocabulary<'a>(library: &'a Library, id: &str) -> Result<&'a Vocabulary, Refusal> {
    let unknown = || not_found(format!("Vocabulary id '{id}' not found in configuration."));
    library.vocabularies.get(id).ok_or_else(unknown)
}

pub(super) fn vocabularies(library: &Library, query: &Query) -> Answer {
    let lang = query.get("lang").ok_or_else(|| bad_request("lang parameter missing"))?;
    let list = library.vocabularies.keys().map(|id| json!({"uri": id, "id": id, "title": id.to_uppercase()}));
    Ok(json!({
        "@context": {
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "onki": "http://schema.onki.fi/onki#",
            "title": {"@id": "rdfs:label", "@language": lang},
            "vocabularies": "onki:hasVocabulary",
            "id": "onki:vocabularyIdentifier",
            "uri": "@id",
        },
        "uri": "",
        "vocabularies": list.collect::<Vec<_>>(),
    }))
}

pub(super) fn information(library: &Library, id: &str, query: &Query) -> Answer {
    vocabulary(library, id)?;
    Ok(json!({
        "@context": context(query, &[("dct", json!("http://purl.org/dc/terms/")), ("title", json!("dct:title"))]),
        "uri": "",
        "id": id,
        "title": id.to_uppercase(),
        "defaultLanguage": "fi",
        "languages": ["fi", "sv", "en"],
        "conceptschemes": [{"uri": format!("{}{id}/", super::data::ONTOLOGIES), "type": "skos:ConceptScheme"}],
    }))
}

/// `search` over all vocabularies, those that `vocab` names, or the one of the path.
pub(super) fn search(library: &Library, only: Option<&str>, query: &Query) -> Answer {
    let get = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let (asked, parent) = (get("query").map(str::trim).filter(|it| !it.is_empty()), get("parent"));
    if asked.is_none() && parent.is_none() && get("group").is_none() {
        return Err(bad_request("query parameter missing"));
    }
    let number = |name: &str, least: usize| match get(name).map(str::parse::<usize>) {
        None => Ok(None),
        Some(Ok(number)) if number >= least => Ok(Some(number)),
        Some(_) => Err(bad_request(format!("{name} parameter is invalid"))),
    };
    let maxhits = number("maxhits", 1)?.unwrap_or(MAXHITS);
    let offset = number("offset", 0)?.unwrap_or(0);
    let named: Vec<&str> = only.or_else(|| get("vocab")).unwrap_or_default().split(' ').collect();
    let mut searched = Vec::new();
    for id in named.into_iter().filter(|id| !id.is_empty()) {
        searched.push((id, vocabulary(library, id)?));
    }
    if searched.is_empty() {
        searched.extend(library.vocabularies.iter().map(|(id, it)| (id.as_str(), it)));
    }
    let concept_type = get("type").is_none_or(|named| named.split(' ').any(|it| it == "skos:Concept"));
    let unique = get("unique").is_some_and(|it| it == "true" || it == "1");
    let mut hits = Vec::new();
    for (id, vocabulary) in searched {
        for concept in vocabulary.concepts.values().filter(|it| concept_type && !it.deprecated) {
            if parent.is_some_and(|parent| !concept.broader.iter().any(|it| it == parent)) {
                continue;
            }
            let found = matches(concept, asked.unwrap_or("*"), get("lang"));
            let found: Vec<_> = if unique { found.into_iter().take(1).collect() } else { found };
            hits.extend(found.into_iter().map(|hit| (hit, id, concept)));
        }
    }
    hits.sort_by_cached_key(|((lang, label, _), id, concept)| {
        (label.to_lowercase(), lang.clone(), *id, concept.uri.clone())
    });
    let most = if maxhits == 0 { usize::MAX } else { maxhits };
    let results: Vec<Value> = hits
        .into_iter()
        .skip(offset)
        .take(most)
        .map(|((lang, label, preferred), id, concept)| {
            let shown = get("labellang").unwrap_or(&lang);
            let mut hit = json!({
                "uri": concept.uri,
                "type": ["skos:Concept"],
                "localname": concept.localname(),
                "prefLabel": concept.label.get(shown).or_else(|| concept.label.get(&lang)),
                "lang": shown,
                "vocab": id,
            });
            if let Some(hit) = hit.as_object_mut().filter(|_| !preferred) {
                hit.insert("altLabel".into(), label.into());
            }
            hit
        })
        .collect();
    Ok(json!({
        "@context": context(query, &[
            ("isothes", json!("http://purl.org/iso25964/skos-thes#")),
            ("onki", json!("http://schema.onki.fi/onki#")),
            ("results", json!({"@id": "onki:results", "@container": "@list"})),
            ("prefLabel", json!("skos:prefLabel")),
            ("altLabel", json!("skos:altLabel")),
            ("hiddenLabel", json!("skos:hiddenLabel")),
        ]),
        "uri": "",
        "results": results,
    }))
}

/// The labels of a concept that fit a query: language, label, is it the preferred one. Preferred ones first.
fn matches(concept: &Concept, query: &str, lang: Option<&str>) -> Vec<(String, String, bool)> {
    let pattern = query.to_lowercase();
    let fits = |label: &str| {
        let label = label.to_lowercase();
        let inner = pattern.trim_matches('*');
        match (pattern.starts_with('*'), pattern.ends_with('*')) {
            (true, true) => label.contains(inner),
            (false, true) => label.starts_with(inner),
            (true, false) => label.ends_with(inner),
            (false, false) => label == inner,
        }
    };
    let wanted = |of: &&String| lang.is_none_or(|lang| lang == of.as_str());
    let preferred = concept.label.iter().filter(|(of, label)| wanted(of) && fits(label));
    let mut found: Vec<_> = preferred.map(|(of, label)| (of.clone(), label.clone(), true)).collect();
    for (of, labels) in concept.alt_labels.iter().filter(|(of, _)| wanted(of)) {
        found.extend(labels.iter().filter(|label| fits(label)).map(|label| (of.clone(), label.clone(), false)));
    }
    found
}

/// The concept that a query is about.
pub(super) fn asked<'a>(library: &'a Library, id: Option<&str>, query: &Query) -> Result<&'a Concept, Refusal> {
    let uri = query.get("uri").filter(|uri| !uri.is_empty()).ok_or_else(|| bad_request("uri parameter missing"))?;
    let unknown = || not_found(format!("Could not find concept <{uri}>"));
    let id = match id {
        Some(id) => id,
        None => vocabulary_of(uri).ok_or_else(unknown)?,
    };
    library.vocabularies.get(id).and_then(|it| it.concepts.get(uri)).ok_or_else(unknown)
}

pub(super) fn label(concept: &Concept, query: &Query) -> Value {
    let lang = query.get("lang").map_or("fi", String::as_str);
    let mut answer = json!({"@context": context(query, &[("prefLabel", json!("skos:prefLabel")), ("altLabel", json!("skos:altLabel"))]), "uri": concept.uri});
    if let Some(members) = answer.as_object_mut() {
        members.extend(concept.label.get(lang).map(|label| ("prefLabel".to_owned(), json!(label))));
        members.extend(concept.alt_labels.get(lang).map(|labels| ("altLabel".to_owned(), json!(labels))));
    }
    answer
}

/// `broader` and `narrower`: addresses with labels.
pub(super) fn relation(library: &Library, concept: &Concept, name: &str, query: &Query) -> Value {
    let lang = query.get("lang").map_or("fi", String::as_str);
    let related = if name == "broader" { &concept.broader } else { &concept.narrower };
    let list: Vec<Value> = related
        .iter()
        .filter_map(|address| library.concept(address))
        .map(|it| json!({"uri": it.uri, "prefLabel": it.label.get(lang)}))
        .collect();
    json!({
        "@context": context(query, &[("prefLabel", json!("skos:prefLabel")), (name, json!(format!("skos:{name}")))]),
        "uri": concept.uri,
        name: list,
    })
}

/// The concept as compacted JSON-LD, with the labels of what it refers to.
pub(super) fn data(library: &Library, concept: &Concept) -> Value {
    let mut node = Map::new();
    node.insert("uri".into(), json!(concept.uri));
    node.insert("type".into(), json!("skos:Concept"));
    let labels = |all: Vec<(&String, &String)>| {
        let labels: Vec<Value> = all.into_iter().map(|(lang, value)| json!({"lang": lang, "value": value})).collect();
        one_or_many(labels)
    };
    let alternatives: Vec<_> =
        concept.alt_labels.iter().flat_map(|(lang, all)| all.iter().map(move |label| (lang, label))).collect();
    for (name, all) in [("prefLabel", concept.label.iter().collect()), ("altLabel", alternatives)] {
        node.extend(labels(all).map(|it| (name.to_owned(), it)));
    }
    let mut graph = Vec::new();
    for (name, all) in [
        ("broader", &concept.broader),
        ("narrower", &concept.narrower),
        ("related", &concept.related),
        ("exactMatch", &concept.exact_match),
        ("dct:isReplacedBy", &concept.replaced_by),
    ] {
        node.extend(one_or_many(all.iter().map(|uri| json!({"uri": uri})).collect()).map(|it| (name.to_owned(), it)));
        for other in all.iter().filter_map(|address| library.concept(address)) {
            let named = labels(other.label.iter().collect());
            graph.push(json!({"uri": other.uri, "type": "skos:Concept", "prefLabel": named}));
        }
    }
    if concept.deprecated {
        node.insert("owl:deprecated".into(), json!(true));
    }
    graph.push(Value::Object(node));
    json!({
        "@context": {
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "owl": "http://www.w3.org/2002/07/owl#",
            "dct": "http://purl.org/dc/terms/",
            "uri": "@id",
            "type": "@type",
            "lang": "@language",
            "value": "@value",
            "graph": "@graph",
            "prefLabel": "skos:prefLabel",
            "altLabel": "skos:altLabel",
            "broader": "skos:broader",
            "narrower": "skos:narrower",
            "related": "skos:related",
            "exactMatch": "skos:exactMatch",
        },
        "graph": graph,
    })
}

fn one_or_many(mut all: Vec<Value>) -> Option<Value> {
    match all.len() {
        0 => None,
        1 => all.pop(),
        _ => Some(Value::Array(all)),
    }
}

/// The mappings of a concept in JSKOS.
pub(super) fn mappings(library: &Library, concept: &Concept, query: &Query) -> Value {
    let lang = query.get("lang").map_or("fi", String::as_str);
    let mappings: Vec<Value> = concept
        .exact_match
        .iter()
        .map(|address| {
            let label = library.concept(address).and_then(|it| it.label.get(lang));
            json!({
                "uri": address,
                "type": ["skos:exactMatch"],
                "prefLabel": label,
                "from": {"memberSet": [{"uri": concept.uri}]},
                "to": {"memberSet": [{"uri": address}]},
                "lang": lang,
                "vocabName": vocabulary_of(address).map(str::to_uppercase),
            })
        })
        .collect();
    json!({"mappings": mappings, "graph": data(library, concept).to_string()})
}

/// `modified`: what the simulator's owner has changed since it began, the newest first.
pub(super) fn modified(library: &Library, changes: &[(String, String)], query: &Query) -> Value {
    let lang = query.get("lang").map_or("fi", String::as_str);
    let number = |name: &str, default| query.get(name).and_then(|it| it.parse().ok()).unwrap_or(default);
    let (offset, limit): (usize, usize) = (number("offset", 0), number("limit", 200));
    let list: Vec<Value> = changes
        .iter()
        .rev()
        .filter_map(|(address, date)| Some((library.concept(address)?, date)))
        .skip(offset)
        .take(limit)
        .map(|(concept, date)| {
            let replaced = concept.replaced_by.first();
            json!({
                "uri": concept.uri,
                "prefLabel": concept.label.get(lang),
                "date": date,
                "deprecated": concept.deprecated,
                "replacedBy": replaced,
                "replacingLabel": replaced.and_then(|it| library.concept(it)).and_then(|it| it.label.get(lang)),
            })
        })
        .collect();
    json!({"@context": context(query, &[("prefLabel", json!("skos:prefLabel"))]), "changeList": list})
}

fn context(query: &Query, more: &[(&str, Value)]) -> Value {
    let mut context = Map::new();
    context.insert("skos".into(), json!("http://www.w3.org/2004/02/skos/core#"));
    context.insert("uri".into(), json!("@id"));
    context.insert("type".into(), json!("@type"));
    context.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let lang = query.get("labellang").or_else(|| query.get("lang"));
    context.extend(lang.map(|lang| ("@language".to_owned(), json!(lang))));
    Value::Object(context)
}
