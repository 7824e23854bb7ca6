//! The words that an index knows in one language, and how near each of them comes to a word of a query.
//!
//! Nearness is a matter of two words and nothing else: it depends neither on other words nor on how many records have
//! them. That is what makes the order of two records the same from one page to the next.

use std::collections::HashMap;

use super::everyday;
use super::words::{Stems, Tongue, bare};

/// Kinds of nearness, by worth.
const SAME: f32 = 1.0;
const FORM: f32 = 0.92;
const BARE: f32 = 0.85;
/// A compound that begins with the word, ends with it, or has it inside.
const BEGINS: f32 = 0.62;
const ENDS: f32 = 0.55;
const INSIDE: f32 = 0.35;
/// The word of the query is a compound, and the known word its beginning or its end; at most, for a part that is
/// nearly the whole.
const PART: f32 = 0.55;
/// Another derivation of the same beginning (*lainaaminen*, *lainaus*).
const KIN: f32 = 0.55;
const CLOSE_KIN: f32 = 0.8;
/// One of the two words that English writes apart as well (*daycare*, *day care*); both together are nearly the word.
const APART: f32 = 0.45;
/// The shorter of the two has so many letters at least.
const APART_CHARS: usize = 3;
/// What parts of a word are worth where the word itself is known.
const KNOWN: f32 = 0.6;
/// Another word for the same thing.
const EVERYDAY: f32 = 0.78;
/// One letter wrong, two letters wrong.
const SLIP: f32 = 0.65;
const SLIPS: f32 = 0.5;
/// A word that was misspelt and the compounds of the right one.
const SLIP_BEGINS: f32 = 0.45;
/// The shortest piece of a compound that is looked for.
const PIECE: usize = 4;
/// The shortest common beginning of kin.
const KINSHIP: usize = 5;
/// Known words that one word of a query may stand for; of more, the nearest.
const MOST: usize = 400;

/// What a known word stands for: the word of the query as a whole, or a part of it. Two parts make more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    Whole,
    First,
    Last,
}

/// A known word, what it stands for, and how near it is.
pub(super) type Near<'a> = (&'a str, Role, f32);

pub(super) struct Vocabulary {
    tongue: Tongue,
    stems: Stems,
    /// In order.
    words: Vec<Box<str>>,
    /// The stem of each, without marks.
    keys: Vec<Box<str>>,
    /// Which letters each has: what differs in many of them needs no closer look.
    letters: Vec<u64>,
    lengths: Vec<u8>,
    /// Without marks.
    bare: Vec<Box<str>>,
    /// By the stem of an everyday word, without marks: the others in its rows.
    everyday: HashMap<String, Vec<&'static str>>,
    by_key: HashMap<Box<str>, Vec<u32>>,
    /// All words, each with a line end before it, and where each begins.
    text: String,
    starts: Vec<u32>,
}

/// A word of a query in one language.
struct Sought<'a> {
    word: &'a str,
    stem: String,
    key: String,
}

impl Vocabulary {
    /// `words` in order and without repeats.
    pub(super) fn new(tongue: Tongue, words: Vec<Box<str>>) -> Vocabulary {
        let stems = Stems::of(tongue);
        let keys: Vec<Box<str>> = words.iter().map(|word| bare(&stems.stem(word)).into()).collect();
        let mut by_key: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (id, key) in (0_u32..).zip(&keys) {
            by_key.entry(key.clone()).or_default().push(id);
        }
        let bare: Vec<Box<str>> = words.iter().map(|word| self::bare(word).into()).collect();
        let letters = bare.iter().map(|word| letters(word)).collect();
        let mut everyday: HashMap<String, Vec<&'static str>> = HashMap::new();
        for row in everyday::rows(tongue) {
            for word in *row {
                let others = row.iter().filter(|it| *it != word).copied();
                everyday.entry(self::bare(&stems.stem(word))).or_default().extend(others);
            }
        }
        let lengths = words.iter().map(|word| u8::try_from(word.chars().count()).unwrap_or(u8::MAX)).collect();
        let mut text = String::with_capacity(words.iter().map(|word| word.len() + 1).sum());
        let mut starts = Vec::with_capacity(words.len());
        for word in &words {
            text.push('\n');
            starts.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            text.push_str(word);
        }
        Vocabulary { tongue, stems, words, keys, letters, lengths, bare, everyday, by_key, text, starts }
    }

    /// The known words near a word of a query, each with its nearness in (0, 1], nearest first. `lenient`: misspelt ones
    /// and parts of compounds too, which are noise where the word itself is known.
    pub(super) fn near(&self, word: &str, lenient: bool) -> Vec<Near<'_>> {
        let stem = self.stems.stem(word);
        let sought = Sought { word, key: bare(&stem), stem };
        let mut found: HashMap<(u32, Role), f32> = HashMap::new();
        let mut take = |id: u32, role: Role, nearness: f32| {
            let best = found.entry((id, role)).or_default();
            *best = best.max(nearness);
        };
        self.forms(&sought, &mut |id, nearness| take(id, Role::Whole, nearness));
        self.holding(&sought.stem, word, 1.0, &mut |id, nearness| take(id, Role::Whole, nearness));
        self.kin(&sought, &mut |id, nearness| take(id, Role::Whole, nearness));
        self.everyday(&sought.key, Role::Whole, EVERYDAY, &mut take);
        if self.tongue.compounds() {
            self.parts(word, if lenient { PART } else { PART * KNOWN }, &mut take);
        } else if lenient {
            self.apart(word, 1.0, &mut take);
        }
        if lenient {
            self.misspelt(&sought, &mut |id, nearness| take(id, Role::Whole, nearness));
        }
        let mut near: Vec<Near<'_>> =
            found.into_iter().filter_map(|((id, role), nearness)| Some((self.word(id)?, role, nearness))).collect();
        near.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
        near.truncate(MOST);
        near
    }

    fn word(&self, id: u32) -> Option<&str> {
        self.words.get(id as usize).map(AsRef::as_ref)
    }

    /// The word itself, its inflected forms, and both without their marks.
    fn forms(&self, sought: &Sought<'_>, take: &mut dyn FnMut(u32, f32)) {
        for &id in self.by_key.get(sought.key.as_str()).into_iter().flatten() {
            let Some(word) = self.word(id) else { continue };
            let nearness = if word == sought.word {
                SAME
            } else if self.stems.stem(word) == sought.stem {
                FORM
            } else {
                BARE
            };
            take(id, nearness);
        }
        if let Ok(id) = self.words.binary_search_by(|known| known.as_ref().cmp(sought.word)) {
            take(u32::try_from(id).unwrap_or(u32::MAX), SAME);
        }
    }

    /// Longer words that have the word in them: its compounds, and what a beginning goes on to.
    fn holding(&self, stem: &str, word: &str, worth: f32, take: &mut dyn FnMut(u32, f32)) {
        let piece = if stem.chars().count() >= PIECE { stem } else { word };
        let length = piece.chars().count();
        if length < PIECE - 1 {
            return;
        }
        let inside = length >= PIECE && self.tongue.compounds();
        // At the beginning of a word only, unless compounds are looked into.
        let needle = if inside { piece.to_owned() } else { format!("\n{piece}") };
        for (at, _) in self.text.match_indices(&needle) {
            let at = if inside { at } else { at + 1 };
            let after = self.starts.partition_point(|&start| start as usize <= at);
            let Some(id) = after.checked_sub(1) else { continue };
            let (Some(&start), Some(word)) = (self.starts.get(id), self.words.get(id)) else { continue };
            let before = at - start as usize;
            let behind = (start as usize + word.len()).saturating_sub(at + piece.len());
            let share = ratio(length, word.chars().count());
            let nearness = match (before, behind) {
                (0, _) => BEGINS * (0.6 + 0.4 * share),
                (_, 0..=4) => ENDS * (0.6 + 0.4 * share),
                _ => INSIDE * (0.6 + 0.4 * share),
            };
            take(u32::try_from(id).unwrap_or(u32::MAX), worth * nearness);
        }
    }

    /// Known words that the word of the query is made of, and other compounds of the longest of them.
    fn parts(&self, word: &str, most: f32, take: &mut dyn FnMut(u32, Role, f32)) {
        let length = word.chars().count();
        let mut longest: [Option<(String, f32)>; 2] = [None, None];
        for (taken, (at, _)) in word.char_indices().enumerate() {
            let (first, last) = word.split_at(at);
            for (role, piece, size) in [(Role::First, first, taken), (Role::Last, last, length - taken)] {
                if size < PIECE || size + 2 > length {
                    continue;
                }
                let share = ratio(size, length);
                let worth = most * (0.4 + 0.6 * share);
                let stem = self.stems.stem(piece);
                let key = bare(&stem);
                let known = self.by_key.get(key.as_str()).filter(|_| key.chars().count() >= PIECE - 1);
                let Some(known) = known else { continue };
                for &id in known {
                    take(id, role, worth);
                }
                if let Some(longest) = longest.get_mut(usize::from(role == Role::Last))
                    && longest.as_ref().is_none_or(|(_, before)| *before < worth)
                {
                    *longest = Some((stem, worth));
                }
            }
        }
        for (role, longest) in [Role::First, Role::Last].into_iter().zip(longest) {
            let Some((stem, worth)) = longest else { continue };
            self.holding(&stem, &stem, worth, &mut |id, nearness| take(id, role, nearness));
            self.everyday(&bare(&stem), role, worth * EVERYDAY, take);
        }
    }

    /// The other words of an everyday word's rows, and their compounds.
    fn everyday(&self, key: &str, role: Role, worth: f32, take: &mut dyn FnMut(u32, Role, f32)) {
        for other in self.everyday.get(key).into_iter().flatten() {
            let stem = self.stems.stem(other);
            self.by_key.get(bare(&stem).as_str()).into_iter().flatten().for_each(|&id| take(id, role, worth));
            self.holding(&stem, &stem, worth, &mut |id, nearness| take(id, role, nearness));
            if role == Role::Whole && !self.tongue.compounds() {
                self.apart(other, worth, take);
            }
        }
    }

    /// Two known words that make this one when they are written together.
    fn apart(&self, word: &str, worth: f32, take: &mut dyn FnMut(u32, Role, f32)) {
        for (at, _) in word.char_indices() {
            let (first, last) = word.split_at(at);
            if first.chars().count() < APART_CHARS || last.chars().count() < APART_CHARS {
                continue;
            }
            let known = |piece: &str| self.by_key.get(bare(&self.stems.stem(piece)).as_str());
            let (Some(firsts), Some(lasts)) = (known(first), known(last)) else { continue };
            firsts.iter().for_each(|&id| take(id, Role::First, worth * APART));
            lasts.iter().for_each(|&id| take(id, Role::Last, worth * APART));
        }
    }

    /// Words with a long common beginning.
    fn kin(&self, sought: &Sought<'_>, take: &mut dyn FnMut(u32, f32)) {
        let Some((at, _)) = sought.word.char_indices().nth(KINSHIP) else { return };
        let beginning = sought.word.split_at(at).0;
        let from = self.words.partition_point(|known| known.as_ref() < beginning);
        for (id, known) in self.words.iter().enumerate().skip(from) {
            if !known.starts_with(beginning) {
                break;
            }
            let Some(key) = self.keys.get(id) else { continue };
            let common = key.chars().zip(sought.key.chars()).take_while(|(a, b)| a == b).count();
            let longest = key.chars().count().max(sought.key.chars().count());
            let share = ratio(common, longest);
            if common >= KINSHIP && share >= 0.5 {
                let worth = if common >= 8 { CLOSE_KIN } else { KIN };
                take(u32::try_from(id).unwrap_or(u32::MAX), worth * share);
            }
        }
    }

    /// Words that differ in one letter, or in two where they are long; two that changed places are one.
    fn misspelt(&self, sought: &Sought<'_>, take: &mut dyn FnMut(u32, f32)) {
        let length = sought.word.chars().count();
        let most: u8 = match length {
            0..=3 => return,
            4..=7 => 1,
            _ => 2,
        };
        let word: Vec<char> = bare(sought.word).chars().collect();
        let key: Vec<char> = sought.key.chars().collect();
        let mask = word.iter().fold(0, |mask, c| mask | bit(*c));
        // An ending may be longer by two than that of the form which was typed.
        let reach = usize::from(most) + 2;
        let compounds = self.tongue.compounds() && length >= 6;
        for (id, known) in self.bare.iter().enumerate() {
            let (Some(&known_length), Some(&known_mask)) = (self.lengths.get(id), self.letters.get(id)) else {
                continue;
            };
            let known_length = usize::from(known_length);
            // A wrong letter takes one letter away and brings one.
            let missing = (mask & !known_mask).count_ones() as usize;
            if missing > usize::from(most) {
                continue;
            }
            let begins = word.first().copied() == known.chars().next();
            let nearness = if known_length.abs_diff(length) <= reach {
                let known_key = self.keys.get(id).map(AsRef::as_ref).unwrap_or_default();
                let slips = distance(&word, known, most).min(distance(&key, known_key, most));
                // Two slips in a short stem make another word.
                match slips {
                    0 | 1 => SLIP,
                    2 if most == 2 && key.len() >= 6 => SLIPS,
                    _ => continue,
                }
            } else if compounds && begins && known_length > length {
                let beginning: String = known.chars().take(length + 1).collect();
                let shorter: String = known.chars().take(length).collect();
                if distance(&word, &beginning, 1).min(distance(&word, &shorter, 1)) > 1 {
                    continue;
                }
                SLIP_BEGINS
            } else {
                continue;
            };
            take(u32::try_from(id).unwrap_or(u32::MAX), nearness);
        }
    }
}

fn ratio(part: usize, whole: usize) -> f32 {
    let small = |number: usize| f32::from(u16::try_from(number).unwrap_or(u16::MAX));
    if whole == 0 { 0.0 } else { small(part) / small(whole) }
}

/// A bit for each letter of a word without marks.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |mask, c| mask | bit(c))
}

fn bit(c: char) -> u64 {
    1 << (u32::from(c) % 64)
}

/// Letters to add, drop, replace or swap with their neighbour; `most + 1` when it takes more.
fn distance(one: &[char], other: &str, most: u8) -> u8 {
    let other: Vec<char> = other.chars().collect();
    let far = most.saturating_add(1);
    if one.len().abs_diff(other.len()) > usize::from(most) {
        return far;
    }
    let width = other.len() + 1;
    let (mut before, mut last): (Vec<u8>, Vec<u8>) = (Vec::new(), (0..).take(width).collect());
    let mut previous = None;
    for (row, &a) in (1_u8..).zip(one) {
        let mut line = Vec::with_capacity(width);
        line.push(row);
        for (column, &b) in other.iter().enumerate() {
            let at = |line: &[u8], column: usize| line.get(column).copied().unwrap_or(far);
            let mut least = at(&last, column) + u8::from(a != b);
            least = least.min(at(&last, column + 1) + 1).min(at(&line, column) + 1);
            let left = column.checked_sub(1);
            if let Some(left) = left
                && previous == Some(b)
                && other.get(left) == Some(&a)
            {
                least = least.min(at(&before, left) + 1);
            }
            line.push(least.min(far));
        }
        if line.iter().all(|&least| least > most) {
            return far;
        }
        before = std::mem::replace(&mut last, line);
        previous = Some(a);
    }
    last.last().copied().unwrap_or(far)
}

#[cfg(test)]
mod tests {
    use super::{Tongue, Vocabulary, distance};

    fn near(tongue: Tongue, known: &[&str], word: &str) -> Vec<String> {
        let mut known: Vec<Box<str>> = known.iter().map(|&word| word.into()).collect();
        known.sort();
        let near = Vocabulary::new(tongue, known);
        let mut found: Vec<String> = Vec::new();
        for (word, _, _) in near.near(word, true) {
            if !found.iter().any(|it| it == word) {
                found.push(word.to_owned());
            }
        }
        found
    }

    #[test]
    fn letters_are_counted() {
        let cases = [
            ("koulu", "koulu", 0),
            ("koulu", "kolu", 1),
            ("koulu", "kuolu", 1),
            ("abcd", "wxyz", 3),
            ("ab", "abcdef", 3),
        ];
        for (one, other, expected) in cases {
            assert_eq!(distance(&one.chars().collect::<Vec<_>>(), other, 2), expected, "{one} {other}");
        }
    }

    #[test]
    fn nearer_words_come_first() {
        let known = ["hoito", "hoidon", "päivähoito", "päivähoitopaikka", "hoitotakuu", "hieno", "kirja"];
        assert_eq!(
            near(Tongue::Finnish, &known, "hoito"),
            ["hoito", "hoidon", "hoitotakuu", "päivähoito", "päivähoitopaikka"]
        );
        assert_eq!(near(Tongue::Finnish, &known, "paivahoito").first().map(String::as_str), Some("päivähoito"));
        // The compound that nobody wrote is found by what it is made of.
        assert_eq!(
            near(Tongue::Finnish, &known, "lastenhoito").get(..2),
            Some(&["hoidon".to_owned(), "hoito".to_owned()][..])
        );
        assert_eq!(
            near(Tongue::Swedish, &["tandläkare", "läkare", "tand"], "tandläkaren").first().map(String::as_str),
            Some("tandläkare")
        );
        assert_eq!(near(Tongue::Finnish, &["eläinlääkärit"], "eläinläkäri"), ["eläinlääkärit"]);
        assert!(near(Tongue::English, &["cat", "education"], "cat") == ["cat"]);
        // English writes many a compound apart as well.
        let known = ["care", "day", "education"];
        assert_eq!(near(Tongue::English, &known, "daycare"), ["care", "day"]);
        assert_eq!(near(Tongue::English, &known, "kindergarten"), ["care", "day"]);
        assert!(near(Tongue::Finnish, &known, "xyz").is_empty());
    }
}
