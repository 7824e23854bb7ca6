//! A vocabulary as RDF/XML, the form in which Finto offers it whole. Read piece by piece: only the concepts stay in memory.
//!
//! Only what terms need is taken; anything else is passed over. Property attributes and nested descriptions are not resolved
//! beyond the address that they name.

use std::collections::BTreeMap;
use std::io::BufRead;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use super::{Concept, LANGUAGES, MOST_CONCEPTS};
use crate::model::Lang;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
const DCT: &str = "http://purl.org/dc/terms/";
const OWL: &str = "http://www.w3.org/2002/07/owl#";
/// Texts longer than this are no labels.
const LABEL_BYTES: usize = 4 * 1024;
/// How deep elements may nest.
const DEPTH: usize = 32;

/// A file that is not what was expected. The publisher's fault, or a transfer that broke off; retrying may help.
#[derive(Debug, thiserror::Error)]
pub enum RdfError {
    #[error("it is no RDF/XML: {0}")]
    Malformed(String),
    #[error("it has more than {MOST_CONCEPTS} concepts")]
    TooMany,
    #[error("it ends too early")]
    Truncated,
}

/// What a file says: its concepts, and the day on which its scheme was changed last.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) concepts: Vec<Concept>,
    pub(super) modified: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Property {
    Type,
    Label,
    Alternative,
    Broader,
    Narrower,
    Match,
    ReplacedBy,
    Deprecated,
    Modified,
    Other,
}

/// One description under way.
#[derive(Default)]
struct Node {
    concept: Concept,
    is_concept: bool,
    is_scheme: bool,
    modified: Option<String>,
}

pub(super) fn read(source: impl BufRead) -> Result<Content, RdfError> {
    let mut reader = NsReader::from_reader(source);
    let mut buffer = Vec::new();
    let mut found: BTreeMap<Box<str>, Node> = BTreeMap::new();
    let mut modified = None;
    let (mut node, mut property, mut lang, mut text) = (Node::default(), Property::Other, None, String::new());
    let (mut depth, mut seen) = (0_usize, false);
    loop {
        buffer.clear();
        let (namespace, event) = reader.read_resolved_event_into(&mut buffer).map_err(|error| malformed(&error))?;
        let namespace = match namespace {
            ResolveResult::Bound(Namespace(namespace)) => namespace,
            ResolveResult::Unbound | ResolveResult::Unknown(_) => "",
        };
        match event {
            Event::Start(start) => {
                open(namespace, &start, depth, &mut node, &mut property, &mut lang, &mut text)?;
                seen = true;
                depth += 1;
                if depth > DEPTH {
                    return Err(RdfError::Malformed("elements nest too deep".to_owned()));
                }
            }
            Event::Empty(start) => {
                open(namespace, &start, depth, &mut node, &mut property, &mut lang, &mut text)?;
                if depth == 2 {
                    close_property(property, lang, &text, &mut node);
                }
                seen = true;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 2 {
                    close_property(property, lang, &text, &mut node);
                }
                if depth == 1 {
                    let node = std::mem::take(&mut node);
                    modified = modified.or_else(|| node.modified.clone().filter(|_| node.is_scheme));
                    merge(&mut found, node)?;
                }
            }
            Event::Text(part) if depth == 3 => add(&mut text, &part.xml10_content()),
            Event::CData(part) if depth == 3 => add(&mut text, &part.into_inner()),
            Event::GeneralRef(reference) if depth == 3 => {
                let character = reference.resolve_char_ref().map_err(|error| malformed(&error))?;
                let name = reference.into_inner();
                match character.or_else(|| predefined(&name)) {
                    Some(character) => add(&mut text, character.encode_utf8(&mut [0; 4])),
                    None => return Err(RdfError::Malformed(format!("it uses the entity {name}"))),
                }
            }
            Event::Eof if depth > 0 || !seen => return Err(RdfError::Truncated),
            Event::Eof => break,
            _ => {}
        }
    }
    let concepts = found.into_values().filter(|node| node.is_concept).map(|node| node.concept).collect();
    Ok(Content { concepts, modified })
}

/// An element begins: the whole, a description, a property of one, or something within a property.
fn open(
    namespace: &str,
    start: &BytesStart<'_>,
    depth: usize,
    node: &mut Node,
    property: &mut Property,
    lang: &mut Option<Lang>,
    text: &mut String,
) -> Result<(), RdfError> {
    let name = start.local_name();
    let name = name.as_ref();
    match depth {
        0 if (namespace, name) != (RDF, "RDF") => Err(RdfError::Malformed("its root is not rdf:RDF".to_owned())),
        1 => {
            *node = Node::default();
            node.is_concept = namespace == SKOS && name == "Concept";
            node.is_scheme = namespace == SKOS && name == "ConceptScheme";
            node.concept.uri = attribute(start, "about")?.unwrap_or_default().into();
            Ok(())
        }
        2 => {
            *property = property_of(namespace, name);
            text.clear();
            *lang = attribute(start, "lang")?.and_then(|code| Lang::from_code(&code));
            if let Some(resource) = attribute(start, "resource")? {
                refer(*property, &resource, node);
            }
            Ok(())
        }
        3 => {
            if let Some(about) = attribute(start, "about")? {
                refer(*property, &about, node);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn property_of(namespace: &str, name: &str) -> Property {
    match (namespace, name) {
        (RDF, "type") => Property::Type,
        (SKOS, "prefLabel") => Property::Label,
        (SKOS, "altLabel") => Property::Alternative,
        (SKOS, "broader") => Property::Broader,
        (SKOS, "narrower") => Property::Narrower,
        (SKOS, "exactMatch") => Property::Match,
        (DCT, "isReplacedBy") => Property::ReplacedBy,
        (OWL, "deprecated") => Property::Deprecated,
        (DCT, "modified") => Property::Modified,
        _ => Property::Other,
    }
}

/// A property whose value is an address.
fn refer(property: Property, address: &str, node: &mut Node) {
    let list = match property {
        Property::Type => {
            node.is_concept |= address.strip_prefix(SKOS) == Some("Concept");
            node.is_scheme |= address.strip_prefix(SKOS) == Some("ConceptScheme");
            return;
        }
        Property::Broader => &mut node.concept.broader,
        Property::Narrower => &mut node.concept.narrower,
        Property::Match => &mut node.concept.matches,
        Property::ReplacedBy => &mut node.concept.replaced_by,
        _ => return,
    };
    if !list.iter().any(|known| **known == *address) {
        list.push(address.into());
    }
}

/// A property whose value is a text ends.
fn close_property(property: Property, lang: Option<Lang>, text: &str, node: &mut Node) {
    let text = text.trim();
    let labelled = || lang.filter(|lang| LANGUAGES.contains(lang) && !text.is_empty() && text.len() <= LABEL_BYTES);
    match property {
        Property::Label => {
            if let Some(lang) = labelled().filter(|lang| node.concept.label(*lang).is_none()) {
                node.concept.labels.push((lang, text.into()));
                node.concept.labels.sort_by_key(|(lang, _)| *lang);
            }
        }
        Property::Alternative => node.concept.alternatives.extend(labelled().map(|lang| (lang, text.into()))),
        Property::Deprecated => node.concept.deprecated |= matches!(text, "true" | "1"),
        Property::Modified => node.modified = text.get(..10).map(str::to_owned),
        _ => {}
    }
}

/// Files may describe a subject in several places.
fn merge(found: &mut BTreeMap<Box<str>, Node>, node: Node) -> Result<(), RdfError> {
    if node.concept.uri.is_empty() {
        return Ok(());
    }
    let Some(known) = found.get_mut(&node.concept.uri) else {
        if found.len() >= MOST_CONCEPTS {
            return Err(RdfError::TooMany);
        }
        found.insert(node.concept.uri.clone(), node);
        return Ok(());
    };
    known.is_concept |= node.is_concept;
    let (kept, more) = (&mut known.concept, node.concept);
    kept.deprecated |= more.deprecated;
    for (lang, label) in more.labels {
        if kept.label(lang).is_none() {
            kept.labels.push((lang, label));
        }
    }
    kept.labels.sort_by_key(|(lang, _)| *lang);
    kept.alternatives.extend(more.alternatives);
    kept.broader.extend(more.broader);
    kept.narrower.extend(more.narrower);
    kept.matches.extend(more.matches);
    kept.replaced_by.extend(more.replaced_by);
    Ok(())
}

/// The value of an attribute by its local name.
fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, RdfError> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(&error))?;
        if attribute.key.local_name().as_ref() == name {
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|error| malformed(&error))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

fn add(text: &mut String, part: &str) {
    if text.len() + part.len() <= 2 * LABEL_BYTES {
        text.push_str(part);
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn malformed(error: &dyn std::fmt::Display) -> RdfError {
    RdfError::Malformed(error.to_string())
}
