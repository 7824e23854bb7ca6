//! How alike names and texts are: letters of names, and rare words of texts by their stems.

use std::collections::{BTreeMap, HashMap};

use rust_stemmers::{Algorithm, Stemmer};

use crate::model::Lang;
use crate::model::limits::name_key;

/// Words of a text that are told as reasons.
const TOLD: usize = 5;
/// Shorter words tell nothing.
const SHORTEST: usize = 3;
/// Finnish and Swedish words have stems; other languages are not compared.
const TONGUES: [(Lang, Algorithm); 2] = [(Lang::Fi, Algorithm::Finnish), (Lang::Sv, Algorithm::Swedish)];

/// The stems of a text in each tongue, with how often each stands there and one word as it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Bag {
    stems: [BTreeMap<String, (f32, String)>; 2],
}

impl Bag {
    pub(super) fn add(&mut self, lang: Lang, text: &str) {
        for (stems, (of, algorithm)) in self.stems.iter_mut().zip(TONGUES) {
            if of != lang {
                continue;
            }
            let stemmer = Stemmer::create(algorithm);
            for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= SHORTEST) {
                let word = word.to_lowercase();
                let known = stems.entry(stemmer.stem(&word).into_owned()).or_insert((0.0, word));
                known.0 += 1.0;
            }
        }
    }
}

/// The texts that are searched, by their stems.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    tongues: [Stems; 2],
    count: usize,
}

/// One tongue: stem → how much it tells (the rarer, the more) and its part in each text that has it. The parts of one text are
/// of length 1 together.
#[derive(Clone, Debug, Default)]
struct Stems {
    of: HashMap<String, (f32, Vec<(usize, f32)>)>,
    unknown: f32,
}

impl Texts {
    pub(super) fn of(bags: &[Bag]) -> Texts {
        let mut texts = Texts { count: bags.len(), ..Texts::default() };
        let all = f32::from(u16::try_from(bags.len()).unwrap_or(u16::MAX));
        for (tongue, stems) in texts.tongues.iter_mut().enumerate() {
            let bag_of = |bag: &Bag| bag.stems.get(tongue).cloned().unwrap_or_default();
            let mut counts: HashMap<String, u16> = HashMap::new();
            for stem in bags.iter().flat_map(|bag| bag_of(bag).into_keys()) {
                *counts.entry(stem).or_default() += 1;
            }
            let weight = |count: u16| (1.0 + all / f32::from(count.max(1))).ln();
            stems.unknown = weight(1);
            stems.of = counts.into_iter().map(|(stem, count)| (stem, (weight(count), Vec::new()))).collect();
            for (number, bag) in bags.iter().enumerate() {
                let bag = bag_of(bag);
                let length = stems.length(&bag);
                for (stem, (count, _)) in bag {
                    if let Some((weight, parts)) = stems.of.get_mut(&stem) {
                        parts.push((number, *weight * (1.0 + count.ln()) / length));
                    }
                }
            }
        }
        texts
    }

    /// The cosine of a text with each of the others: the better of its tongues.
    pub(super) fn likeness(&self, bag: &Bag) -> Vec<f32> {
        let mut best = vec![0.0_f32; self.count];
        for (stems, mine) in self.tongues.iter().zip(&bag.stems) {
            let length = stems.length(mine);
            let mut found = vec![0.0_f32; self.count];
            for (stem, (count, _)) in mine {
                let Some((weight, parts)) = stems.of.get(stem) else { continue };
                let own = weight * (1.0 + count.ln()) / length;
                for (number, part) in parts {
                    if let Some(sum) = found.get_mut(*number) {
                        *sum += own * part;
                    }
                }
            }
            for (best, found) in best.iter_mut().zip(found) {
                *best = best.max(found);
            }
        }
        best
    }

    /// The rarest words that a text shares with one of the others.
    pub(super) fn shared(&self, bag: &Bag, number: usize) -> Vec<String> {
        let mut shared = Vec::new();
        for (stems, mine) in self.tongues.iter().zip(&bag.stems) {
            for (stem, (_, word)) in mine {
                let known = stems.of.get(stem);
                shared.extend(
                    known
                        .filter(|(_, parts)| parts.iter().any(|(text, _)| *text == number))
                        .map(|(weight, _)| (*weight, word.clone())),
                );
            }
        }
        shared.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        shared.dedup_by(|one, other| one.1 == other.1);
        shared.into_iter().take(TOLD).map(|(_, word)| word).collect()
    }
}

impl Stems {
    /// Never 0, so that one may divide by it.
    fn length(&self, stems: &BTreeMap<String, (f32, String)>) -> f32 {
        let weight = |stem: &str| self.of.get(stem).map_or(self.unknown, |(weight, _)| *weight);
        let squares = stems.iter().map(|(stem, (count, _))| (weight(stem) * (1.0 + count.ln())).powi(2));
        squares.sum::<f32>().sqrt().max(f32::MIN_POSITIVE)
    }
}

/// A name by the triples of its letters, which inflection and compounds of Finnish leave mostly whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    key: String,
    /// In order; equal ones stand side by side.
    triples: Vec<[char; 3]>,
}

impl Name {
    pub(super) fn new(name: &str) -> Name {
        let key = name_key(name);
        let mut triples = Vec::new();
        for word in key.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let letters: Vec<char> = std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect();
            triples.extend(letters.windows(3).filter_map(|triple| <[char; 3]>::try_from(triple).ok()));
        }
        triples.sort_unstable();
        Name { key, triples }
    }

    /// From 0 to 1 (Dice); 1 is the same name, case and blanks aside.
    pub(super) fn likeness(&self, other: &Name) -> f32 {
        if self.key == other.key {
            return if self.key.is_empty() { 0.0 } else { 1.0 };
        }
        let (mut mine, mut theirs) = (self.triples.iter().peekable(), other.triples.iter().peekable());
        let mut shared = 0_u16;
        while let (Some(one), Some(another)) = (mine.peek(), theirs.peek()) {
            match one.cmp(another) {
                std::cmp::Ordering::Less => drop(mine.next()),
                std::cmp::Ordering::Greater => drop(theirs.next()),
                std::cmp::Ordering::Equal => {
                    shared = shared.saturating_add(1);
                    mine.next();
                    theirs.next();
                }
            }
        }
        let all = u16::try_from(self.triples.len() + other.triples.len()).unwrap_or(u16::MAX);
        // A like name is never taken for the same one.
        if all == 0 { 0.0 } else { (2.0 * f32::from(shared) / f32::from(all)).min(0.99) }
    }
}
