//! Terms by the beginning of a label: preferred and alternative ones, in one language, the nearest first.
//!
//! Query and label are compared without case and surplus blanks. A star at the front looks inside labels, as in Finto.

use super::{Concept, LANGUAGES, Vocabulary};
use crate::model::Lang;
use crate::model::limits::name_key;

/// Marks the preferred label.
const PREFERRED: u16 = u16::MAX;

/// One label of one concept.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) key: Box<str>,
    pub(super) concept: u32,
    /// Place among the concept's alternative labels.
    place: u16,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// With or without a star at the end; one at the front looks inside labels.
    pub text: &'q str,
    pub lang: Lang,
    /// Concepts of this ontology only (`jupo`), that is, those that match one of its concepts; all when absent.
    pub within: Option<&'q str>,
    pub limit: usize,
}

/// A concept and the label by which it was found, where that is not the preferred one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'v> {
    pub concept: &'v Concept,
    pub alternative: Option<&'v str>,
}

#[derive(Clone, Debug)]
pub struct Found<'v> {
    /// The nearest, at most as many as were asked for.
    pub hits: Vec<Hit<'v>>,
    /// How many concepts fit in all.
    pub total: usize,
}

pub(super) fn index(concepts: &[Concept]) -> [Vec<Word>; 3] {
    let mut words: [Vec<Word>; 3] = Default::default();
    for (of, lang) in words.iter_mut().zip(LANGUAGES) {
        for (concept, number) in concepts.iter().zip(0..).filter(|(concept, _)| concept.is_offered()) {
            let mut add = |label: &str, place| of.push(Word { key: name_key(label).into(), concept: number, place });
            if let Some(label) = concept.label(lang) {
                add(label, PREFERRED);
            }
            for ((_, label), place) in concept.alternatives.iter().zip(0..).filter(|((of, _), _)| *of == lang) {
                add(label, place);
            }
        }
        of.sort_by(|one, other| (&one.key, one.concept).cmp(&(&other.key, other.concept)));
    }
    words
}

impl Vocabulary {
    /// Offered concepts only. An empty query finds nothing.
    pub fn search(&self, query: Query<'_>) -> Found<'_> {
        let inside = query.text.starts_with('*');
        let key = name_key(query.text.trim_matches('*'));
        let place = LANGUAGES.iter().position(|it| *it == query.lang).unwrap_or(0);
        let words = self.words.get(place).map_or(&[][..], Vec::as_slice);
        if key.is_empty() {
            return Found { hits: Vec::new(), total: 0 };
        }
        let fitting: Vec<&Word> = if inside {
            words.iter().filter(|word| word.key.contains(&*key)).collect()
        } else {
            let first = words.partition_point(|word| *word.key < *key);
            let from = words.get(first..).unwrap_or_default();
            from.iter().take_while(|word| word.key.starts_with(&*key)).collect()
        };
        let prefix = query.within.map(|id| format!("http://www.yso.fi/onto/{id}/"));
        let belongs = |concept: &Concept| {
            prefix
                .as_deref()
                .is_none_or(|it| concept.uri.starts_with(it) || concept.matches.iter().any(|m| m.starts_with(it)))
        };
        let mut ranked: Vec<((u8, &str, u32), &Word)> = fitting
            .into_iter()
            .filter(|word| self.concept(word.concept).is_some_and(belongs))
            .map(|word| ((rank(word, &key), &*word.key, word.concept), word))
            .collect();
        ranked.sort_by_key(|(key, _)| *key);
        let mut seen = std::collections::HashSet::new();
        let mut hits = Vec::new();
        for (_, word) in ranked {
            if !seen.insert(word.concept) || hits.len() >= query.limit {
                continue;
            }
            let Some(concept) = self.concept(word.concept) else { continue };
            let alternative = concept.alternatives.get(usize::from(word.place)).map(|(_, label)| &**label);
            hits.push(Hit { concept, alternative: alternative.filter(|_| word.place != PREFERRED) });
        }
        Found { hits, total: seen.len() }
    }
}

/// The very word first, then preferred labels before alternative ones, then beginnings before insides.
fn rank(word: &Word, key: &str) -> u8 {
    let preferred = word.place == PREFERRED;
    match (*word.key == *key, word.key.starts_with(key)) {
        (true, _) if preferred => 0,
        (true, _) => 1,
        (false, true) if preferred => 2,
        (false, true) => 3,
        (false, false) if preferred => 4,
        (false, false) => 5,
    }
}
