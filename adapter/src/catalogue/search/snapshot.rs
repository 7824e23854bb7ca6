//! A searchable state of an index, and how well each of its records answers a query.
//!
//! The score is a function of the query, the record and the weights of the query's words, and of nothing else: not of
//! how the records lie in segments, nor of records that were deleted. So two indexes of the same records answer alike,
//! whatever way they came about, and a record keeps its place between two pages while others change.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocSet as _, InvertedIndexReader, Searcher, SegmentReader, TERMINATED, TantivyError, fieldnorm::FieldNormReader,
};

use super::content::Part;
use super::index::{Fields, STAMP};
use super::vocabulary::{Near, Role, Vocabulary};
use super::words::{Tongue, is_filler, words};
use crate::model::{Code, Lang};

/// A nearer word than this counts as the word itself where the weight of a word is computed.
const MEANT: f32 = 0.8;
/// Words of a query that count.
const WORDS_PER_QUERY: usize = 8;
/// What the same word is worth in a language that was not asked for.
const FOREIGN: f32 = 0.7;
/// Of the best record's score, what another must reach to be an answer at all.
const FLOOR: f32 = 0.005;

pub(super) struct Snapshot {
    segments: Vec<Segment>,
    vocabularies: Vec<(Tongue, Vocabulary)>,
    live: u32,
}

struct Segment {
    reader: SegmentReader,
    /// By document; none for a deleted one.
    codes: Vec<Option<Code>>,
    fields: Vec<TextField>,
}

struct TextField {
    part: Part,
    tongue: Tongue,
    words: Arc<InvertedIndexReader>,
    lengths: FieldNormReader,
}

/// What the words of a query weigh, and the least score of an answer: fixed by the first page for those after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// In thousandths.
    pub weights: Vec<u16>,
    /// A bit for each word: whether it was unknown as it stands, so that slips and parts of it are looked for.
    pub lenient: u8,
    pub floor: f32,
}

/// How well a record answers one word of a query: its worth, and the nearness it was met with, anywhere and in the name.
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    score: f32,
    nearness: f32,
    in_name: f32,
}

/// By document of a segment.
type Worths = Vec<Worth>;

/// What parts beside the best one add.
const BESIDE: f32 = 0.35;

impl Snapshot {
    pub(super) fn of(searcher: &Searcher, fields: &Fields) -> Result<Snapshot, TantivyError> {
        let mut segments = Vec::new();
        let mut known: Vec<BTreeSet<Box<str>>> = Tongue::ALL.map(|_| BTreeSet::new()).into();
        for reader in searcher.segment_readers() {
            let mut texts = Vec::new();
            for part in Part::ALL {
                for tongue in Tongue::ALL {
                    let Some(field) = fields.of(part, tongue) else { continue };
                    let words = reader.inverted_index(field)?;
                    if words.terms().num_terms() == 0 {
                        continue;
                    }
                    if let Some(known) = known.get_mut(tongue as usize) {
                        let mut terms = words.terms().stream()?;
                        while terms.advance() {
                            if let Ok(word) = std::str::from_utf8(terms.key()) {
                                known.insert(word.into());
                            }
                        }
                    }
                    texts.push(TextField { part, tongue, words, lengths: reader.get_fieldnorms_reader(field)? });
                }
            }
            segments.push(Segment { codes: codes(reader, fields)?, reader: reader.clone(), fields: texts });
        }
        let live = segments.iter().map(|segment| segment.reader.num_docs()).sum();
        let vocabularies = Tongue::ALL.into_iter().zip(known);
        let vocabularies = vocabularies
            .filter(|(_, words)| !words.is_empty())
            .map(|(tongue, words)| (tongue, Vocabulary::new(tongue, words.into_iter().collect())))
            .collect();
        Ok(Snapshot { segments, vocabularies, live })
    }

    /// The stamp of every record.
    pub(super) fn stamps(&self) -> Result<HashMap<Code, u64>, TantivyError> {
        let mut stamps = HashMap::new();
        for segment in &self.segments {
            let column = segment.reader.fast_fields().u64(STAMP)?;
            for (document, code) in (0_u32..).zip(&segment.codes) {
                if let Some(code) = code {
                    stamps.insert(code.clone(), column.first(document).unwrap_or_default());
                }
            }
        }
        Ok(stamps)
    }

    #[cfg(test)]
    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }

    /// The answers, best first; equal ones in the order of their codes. `scale` is that of an earlier page.
    pub(super) fn answers(
        &self,
        query: &str,
        lang: Option<Lang>,
        scale: Option<Scale>,
    ) -> Result<(Vec<(f32, Code)>, Scale), TantivyError> {
        let sought = sought(query);
        let tongue = lang.map(Tongue::of);
        let mut worths: Vec<Vec<Worths>> = Vec::with_capacity(sought.len());
        let (mut weights, mut lenient) = (Vec::with_capacity(sought.len()), 0_u8);
        for (at, word) in sought.iter().enumerate() {
            let bit = 1_u8 << (at % WORDS_PER_QUERY);
            let before = scale.as_ref().map(|scale| scale.lenient & bit != 0);
            let mut worth = self.worth(word, before.unwrap_or(false), tongue)?;
            if before.is_none() && self.having(&worth, MEANT) == 0 {
                lenient |= bit;
                worth = self.worth(word, true, tongue)?;
            }
            let weight = scale.as_ref().and_then(|scale| scale.weights.get(at).copied());
            weights.push(weight.unwrap_or_else(|| self.weight(&worth)));
            worths.push(worth);
        }
        let lenient = scale.as_ref().map_or(lenient, |scale| scale.lenient);
        let whole: f32 = weights.iter().map(|weight| f32::from(*weight)).sum();
        let mut answers: Vec<(f32, Code)> = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            for (document, code) in segment.codes.iter().enumerate() {
                let Some(code) = code else { continue };
                let (mut score, mut met, mut named) = (0.0, 0.0, 0.0);
                for (worths, weight) in worths.iter().zip(&weights) {
                    let Some(found) = worths.get(at).and_then(|worths| worths.get(document)) else { continue };
                    let weight = f32::from(*weight) / whole.max(1.0);
                    score += weight * found.score;
                    met += weight * found.nearness;
                    named += weight * found.in_name;
                }
                if score > 0.0 {
                    // What meets all words stands before what meets one of them often, and a name that says all first.
                    let all = (0.15 + 0.85 * met * met) * (1.0 + 0.6 * named * named);
                    answers.push((score * all, code.clone()));
                }
            }
        }
        answers.sort_by(|(one, a), (two, b)| two.total_cmp(one).then_with(|| a.cmp(b)));
        let floor = scale.map_or_else(|| answers.first().map_or(0.0, |(best, _)| best * FLOOR), |scale| scale.floor);
        answers.truncate(answers.partition_point(|(score, _)| *score >= floor));
        Ok((answers, Scale { weights, lenient, floor }))
    }

    /// By segment and document: what one word of the query finds.
    fn worth(&self, word: &str, lenient: bool, lang: Option<Tongue>) -> Result<Vec<Worths>, TantivyError> {
        let near: Vec<(Tongue, Vec<Near<'_>>)> =
            self.vocabularies.iter().map(|(tongue, vocabulary)| (*tongue, vocabulary.near(word, lenient))).collect();
        let mut found = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            let documents = segment.codes.len();
            let mut total: Worths = vec![Worth::default(); documents];
            for part in Part::ALL {
                let mut met: Vec<Met> = vec![Met::default(); documents];
                for field in segment.fields.iter().filter(|field| field.part == part) {
                    let Some((_, near)) = near.iter().find(|(tongue, _)| *tongue == field.tongue) else { continue };
                    let foreign = lang.is_some_and(|lang| lang != field.tongue);
                    for &(known, role, nearness) in near {
                        let nearness = if foreign { nearness * FOREIGN } else { nearness };
                        field.meet(known, role, nearness, &mut met)?;
                    }
                }
                for (total, met) in total.iter_mut().zip(&met) {
                    let (worth, nearness) = met.best();
                    let worth = worth * part.weight();
                    // The best part counts in full, the others in part.
                    let (most, least) = (total.score.max(worth), total.score.min(worth));
                    total.score = most + BESIDE * least;
                    total.nearness = total.nearness.max(nearness);
                    if matches!(part, Part::Name) {
                        total.in_name = nearness;
                    }
                }
            }
            found.push(total);
        }
        Ok(found)
    }

    /// Live records that have a word at least so near.
    fn having(&self, worths: &[Worths], least: f32) -> u32 {
        let all = self.segments.iter().zip(worths).flat_map(|(segment, worths)| segment.codes.iter().zip(worths));
        let met = all.filter(|(code, worth)| code.is_some() && worth.nearness >= least).count();
        u32::try_from(met).unwrap_or(u32::MAX)
    }

    /// A word that few records have says more than one that many have. Counted over what is live.
    fn weight(&self, worths: &[Worths]) -> u16 {
        let having = match self.having(worths, MEANT) {
            0 => self.having(worths, f32::MIN_POSITIVE),
            having => having,
        };
        let (live, having) = (f64::from(self.live), f64::from(having));
        let weight = (1.0 + (live - having + 0.5).max(0.5) / (having + 0.5)).ln();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a logarithm of a count")]
        let thousandths = (weight * 1_000.0).round().clamp(1.0, 65_535.0) as u16;
        thousandths
    }
}

/// How one part of a record meets a word, by the role of what met it: worth and nearness.
#[derive(Clone, Copy, Default)]
struct Met {
    whole: (f32, f32),
    first: (f32, f32),
    last: (f32, f32),
}

impl Met {
    /// Two parts of a compound together say more than one.
    fn best(&self) -> (f32, f32) {
        let parts = (self.first.0 + self.last.0, self.first.1 + self.last.1);
        (self.whole.0.max(parts.0), self.whole.1.max(parts.1).min(1.0))
    }
}

impl TextField {
    /// Notes the worth of a known word for every document that has it here.
    fn meet(&self, known: &str, role: Role, nearness: f32, met: &mut [Met]) -> Result<(), TantivyError> {
        let Some(term) = self.words.terms().get(known)? else { return Ok(()) };
        let mut postings = self.words.read_postings_from_terminfo(&term, IndexRecordOption::Basic)?;
        while postings.doc() != TERMINATED {
            let document = postings.doc();
            if let Some(met) = met.get_mut(document as usize) {
                let others = self.lengths.fieldnorm(document).saturating_sub(1);
                let others = f32::from(u16::try_from(others).unwrap_or(u16::MAX));
                let best = match role {
                    Role::Whole => &mut met.whole,
                    Role::First => &mut met.first,
                    Role::Last => &mut met.last,
                };
                best.0 = best.0.max(nearness / (1.0 + self.part.dilution() * others));
                best.1 = best.1.max(nearness);
            }
            postings.advance();
        }
        Ok(())
    }
}

/// The words that are looked for: without fillers, unless nothing else is asked.
fn sought(query: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words(query) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    let mut telling: Vec<String> = all.iter().filter(|word| !is_filler(word)).cloned().collect();
    if telling.is_empty() {
        telling = all;
    }
    telling.truncate(WORDS_PER_QUERY);
    telling
}

fn codes(reader: &SegmentReader, fields: &Fields) -> Result<Vec<Option<Code>>, TantivyError> {
    let mut codes = vec![None; reader.max_doc() as usize];
    let index = reader.inverted_index(fields.code)?;
    let mut terms = index.terms().stream()?;
    while terms.advance() {
        let code = std::str::from_utf8(terms.key()).ok().and_then(|code| code.parse::<Code>().ok());
        let mut postings = index.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
        while postings.doc() != TERMINATED {
            let document = postings.doc();
            if !reader.is_deleted(document)
                && let Some(place) = codes.get_mut(document as usize)
            {
                place.clone_from(&code);
            }
            postings.advance();
        }
    }
    Ok(codes)
}
