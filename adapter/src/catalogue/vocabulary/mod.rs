//! The vocabulary of subject terms (asiasanat) in memory: concepts of KOKO, found by the beginning of a word or by address
//! (pat.md §11).
//!
//! PTV takes KOKO's addresses only. A concept of another ontology (YSO, JUPO …) has a number of its own; it is translated by
//! `exactMatch` and never by its path. [`cache`] keeps the vocabulary in the store and reads it from Finto or a folder; the
//! values here know neither.

pub mod cache;
mod line;
mod rdf;
mod search;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;

use std::collections::BTreeMap;

use crate::model::Lang;
use crate::model::limits::name_key;

pub use line::MalformedLine;
pub use search::{Found, Hit, Query};

/// Addresses of the concepts that PTV takes.
pub const KOKO: &str = "http://www.yso.fi/onto/koko/";
/// The languages that terms are searched in.
pub const LANGUAGES: [Lang; 3] = [Lang::Fi, Lang::Sv, Lang::En];
/// Concepts of one vocabulary; KOKO has some fifty thousand.
pub const MOST_CONCEPTS: usize = 200_000;

/// One concept. Texts of languages that nobody searches in are left out on reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concept {
    pub uri: Box<str>,
    pub labels: Vec<(Lang, Box<str>)>,
    pub alternatives: Vec<(Lang, Box<str>)>,
    pub broader: Vec<Box<str>>,
    pub narrower: Vec<Box<str>>,
    /// The same concept in other ontologies.
    pub matches: Vec<Box<str>>,
    pub replaced_by: Vec<Box<str>>,
    pub deprecated: bool,
}

impl Concept {
    pub fn label(&self, lang: Lang) -> Option<&str> {
        self.labels.iter().find(|(of, _)| *of == lang).map(|(_, label)| &**label)
    }

    /// The label to show: in the language, else in Finnish, else any.
    pub fn shown(&self, lang: Lang) -> &str {
        let any = || self.labels.first().map(|(_, label)| &**label);
        self.label(lang).or_else(|| self.label(Lang::Fi)).or_else(any).unwrap_or(&self.uri)
    }

    /// Whether editors may choose it: exactly what PTV takes, and not withdrawn.
    pub fn is_offered(&self) -> bool {
        !self.deprecated && self.uri.starts_with(KOKO) && is_address(&self.uri)
    }

    fn bytes(&self) -> usize {
        let texts =
            self.labels.iter().chain(&self.alternatives).map(|(_, text)| text.len() + size_of::<(Lang, Box<str>)>());
        let addresses = self.broader.iter().chain(&self.narrower).chain(&self.matches).chain(&self.replaced_by);
        size_of::<Concept>()
            + self.uri.len()
            + texts.sum::<usize>()
            + addresses.map(|it| it.len() + size_of::<Box<str>>()).sum::<usize>()
    }
}

/// `http://www.yso.fi/onto/<letters>/p<1–5 digits>` (pat.md §11).
pub fn is_address(address: &str) -> bool {
    let rest = address.strip_prefix("http://www.yso.fi/onto/").and_then(|rest| rest.split_once("/p"));
    rest.is_some_and(|(vocabulary, number)| {
        !vocabulary.is_empty()
            && vocabulary.chars().all(|c| c.is_ascii_alphabetic())
            && (1..=5).contains(&number.len())
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

/// What a vocabulary says of an address that somebody uses as a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term<'v> {
    /// May stay.
    Fine,
    /// No concept has this address.
    Unknown,
    /// It was withdrawn; perhaps another took its place.
    Deprecated(Option<&'v Concept>),
    /// A concept of another ontology; KOKO's own where it has one.
    Foreign(Option<&'v Concept>),
}

/// All concepts of one moment. Immutable; a refresh makes another.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// What the publisher says of its age: a day, or nothing.
    version: String,
    /// In the order of their addresses.
    concepts: Vec<Concept>,
    /// Concept and place among its matches, in the order of the matched addresses.
    matched: Vec<(u32, u16)>,
    /// By language, in the order of their keys.
    words: [Vec<search::Word>; 3],
}

impl Vocabulary {
    /// Of equal addresses the later one counts.
    pub fn new(version: impl Into<String>, concepts: impl IntoIterator<Item = Concept>) -> Vocabulary {
        let by_address: BTreeMap<Box<str>, Concept> =
            concepts.into_iter().take(MOST_CONCEPTS).map(|concept| (concept.uri.clone(), concept)).collect();
        let concepts: Vec<Concept> = by_address.into_values().collect();
        let mut matched: Vec<(u32, u16)> = Vec::new();
        for (number, concept) in (0..).zip(&concepts) {
            matched.extend((0..).zip(&concept.matches).map(|(place, _)| (number, place)));
        }
        let mut vocabulary = Vocabulary { version: version.into(), concepts, matched, words: Default::default() };
        let mut matched = std::mem::take(&mut vocabulary.matched);
        matched.sort_by(|one, other| vocabulary.match_at(*one).cmp(vocabulary.match_at(*other)));
        vocabulary.matched = matched;
        vocabulary.words = search::index(&vocabulary.concepts);
        vocabulary
    }

    /// From lines of JSON, one concept each (the form of the reference folder).
    pub fn from_lines(version: impl Into<String>, text: &[u8]) -> Result<Vocabulary, MalformedLine> {
        Ok(Vocabulary::new(version, line::read(text)?))
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The concept of an address of its own.
    pub fn get(&self, address: &str) -> Option<&Concept> {
        let place = self.concepts.binary_search_by(|concept| (*concept.uri).cmp(address)).ok()?;
        self.concepts.get(place)
    }

    /// The concept that another ontology's address matches exactly; one that may be used before one that was withdrawn.
    pub fn matching(&self, address: &str) -> Option<&Concept> {
        let first = self.matched.partition_point(|place| self.match_at(*place) < address);
        let all = self.matched.get(first..).unwrap_or_default().iter();
        let same = all.take_while(|place| self.match_at(**place) == address);
        let mut concepts = same.filter_map(|(number, _)| self.concept(*number)).filter(|it| &*it.uri != address);
        let first = concepts.next()?;
        if first.is_offered() { Some(first) } else { Some(concepts.find(|it| it.is_offered()).unwrap_or(first)) }
    }

    /// What is to be said of a term that has the form of an address.
    pub fn term(&self, address: &str) -> Term<'_> {
        match self.get(address) {
            Some(concept) if concept.deprecated => Term::Deprecated(self.replacement(concept)),
            Some(concept) if concept.is_offered() => Term::Fine,
            _ if address.starts_with(KOKO) => Term::Unknown,
            _ => Term::Foreign(self.matching(address).filter(|concept| concept.is_offered())),
        }
    }

    /// What took the place of a withdrawn concept, over several steps.
    fn replacement(&self, concept: &Concept) -> Option<&Concept> {
        const STEPS: usize = 8;
        let next = |concept: &Concept| {
            let mut successors = concept.replaced_by.iter().filter_map(|it| self.get(it).or_else(|| self.matching(it)));
            successors.next()
        };
        let mut successor = next(concept);
        for _ in 0..STEPS {
            match successor {
                Some(found) if found.deprecated => successor = next(found),
                found => return found.filter(|it| it.is_offered()),
            }
        }
        None
    }

    /// The concept that has a label in a language, preferred or alternative.
    pub fn labelled(&self, lang: Lang, label: &str) -> Option<&Concept> {
        let place = LANGUAGES.iter().position(|it| *it == lang)?;
        let key = name_key(label);
        let words = self.words.get(place)?;
        let first = words.partition_point(|word| *word.key < *key);
        let same = words.get(first..).unwrap_or_default().iter().take_while(|word| *word.key == *key);
        let mut concepts = same.filter_map(|word| self.concept(word.concept));
        concepts.find(|concept| concept.is_offered())
    }

    /// How many concepts may be offered.
    pub fn offered(&self) -> usize {
        self.concepts.iter().filter(|concept| concept.is_offered()).count()
    }

    /// How many concepts have a label in a language.
    pub fn labelled_in(&self, lang: Lang) -> usize {
        self.concepts.iter().filter(|concept| concept.label(lang).is_some()).count()
    }

    /// What it takes of memory, in bytes, without the allocator's own.
    pub fn bytes(&self) -> usize {
        let words: usize = self.words.iter().flatten().map(|word| size_of::<search::Word>() + word.key.len()).sum();
        let concepts: usize = self.concepts.iter().map(Concept::bytes).sum();
        concepts + words + self.matched.len() * size_of::<(u32, u16)>()
    }

    fn concept(&self, number: u32) -> Option<&Concept> {
        self.concepts.get(number as usize)
    }

    fn match_at(&self, (number, place): (u32, u16)) -> &str {
        self.concept(number).and_then(|it| it.matches.get(usize::from(place))).map_or("", |it| it)
    }
}
