//! Text to words, and words to what makes their forms equal: folded letters and stems.
//!
//! Knows no service and no index.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;

use crate::catalogue::html::visible;
use crate::model::Lang;

/// Words of one text that are indexed; what stands behind is not found. A PTV description has at most 5 000 characters.
pub(super) const WORDS_PER_TEXT: usize = 2_000;
/// A longer run of letters is cut: no word of a language is that long, and tantivy bounds a term at 64 KiB.
const WORD_CHARS: usize = 64;

/// The languages that are told apart: each has words of its own, since the same letters mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tongue {
    Finnish,
    Swedish,
    English,
    /// The Sámi languages, which no stemmer knows: words are compared as they are.
    Other,
}

impl Tongue {
    pub(super) const ALL: [Tongue; 4] = [Tongue::Finnish, Tongue::Swedish, Tongue::English, Tongue::Other];

    pub(super) fn of(lang: Lang) -> Tongue {
        match lang {
            Lang::Fi => Tongue::Finnish,
            Lang::Sv => Tongue::Swedish,
            Lang::En => Tongue::English,
            Lang::Se | Lang::Smn | Lang::Sms => Tongue::Other,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Tongue::Finnish => "fi",
            Tongue::Swedish => "sv",
            Tongue::English => "en",
            Tongue::Other => "other",
        }
    }

    /// Closed compounds are the rule in Finnish and Swedish, and an accident in English.
    pub(super) fn compounds(self) -> bool {
        matches!(self, Tongue::Finnish | Tongue::Swedish)
    }

    fn algorithm(self) -> Option<Algorithm> {
        match self {
            Tongue::Finnish => Some(Algorithm::Finnish),
            Tongue::Swedish => Some(Algorithm::Swedish),
            Tongue::English => Some(Algorithm::English),
            Tongue::Other => None,
        }
    }
}

/// Cuts words of one language down to their stems.
pub(super) struct Stems {
    tongue: Tongue,
    snowball: Option<Stemmer>,
}

impl Stems {
    pub(super) fn of(tongue: Tongue) -> Stems {
        Stems { tongue, snowball: tongue.algorithm().map(Stemmer::create) }
    }

    /// Snowball's stem, with the two grades of a Finnish consonant made one (*koti* and *kodin*, *paikka* and *paikan*).
    pub(super) fn stem(&self, word: &str) -> String {
        let word = if self.tongue == Tongue::Swedish { indefinite(word) } else { word };
        let stem = self.snowball.as_ref().map_or_else(|| word.into(), |snowball| snowball.stem(word));
        if self.tongue == Tongue::Finnish { nominative(&one_grade(&stem)) } else { stem.into_owned() }
    }
}

/// A Swedish neuter without its definite ending, which Snowball leaves (*biblioteket*, *bibliotekets*).
fn indefinite(word: &str) -> &str {
    let bare = word.strip_suffix("ets").or_else(|| word.strip_suffix("et"));
    bare.filter(|bare| bare.chars().count() >= 4).unwrap_or(word)
}

/// The stem of a Finnish noun in -us or -ys as its nominative has it (*opetuksen* as *opetus*): Snowball leaves two.
fn nominative(stem: &str) -> String {
    const SHORTEST: usize = 6;
    let ends =
        [("uks", "us"), ("yks", "ys")].into_iter().find_map(|(oblique, own)| Some((stem.strip_suffix(oblique)?, own)));
    match ends.filter(|_| stem.chars().count() >= SHORTEST) {
        Some((beginning, own)) => format!("{beginning}{own}"),
        None => stem.to_owned(),
    }
}

/// A Finnish stem without its last vowels, and its last consonants in the grade that comes first in this list.
fn one_grade(stem: &str) -> String {
    const VOWELS: [char; 8] = ['a', 'e', 'i', 'o', 'u', 'y', 'ä', 'ö'];
    const GRADES: [(&str, &str); 11] = [
        ("kk", "k"),
        ("pp", "p"),
        ("tt", "t"),
        ("mp", "mm"),
        ("nt", "nn"),
        ("nk", "ng"),
        ("lt", "ll"),
        ("rt", "rr"),
        ("hd", "ht"),
        ("d", "t"),
        ("v", "p"),
    ];
    let bare = stem.trim_end_matches(VOWELS);
    // What is left must still be a word's beginning, and a stem that ends in many vowels says nothing of its grade.
    let bare = if bare.chars().count() < 3 || stem.chars().count() > bare.chars().count() + 2 { stem } else { bare };
    let graded = GRADES.iter().find_map(|(one, other)| Some(format!("{}{other}", bare.strip_suffix(one)?)));
    graded.unwrap_or_else(|| bare.to_owned())
}

/// Words in small letters, NFC, in their order: letters and digits. Tags and character references of HTML are undone.
pub(super) fn words(text: &str) -> Vec<String> {
    let small: String = visible(text).nfc().flat_map(char::to_lowercase).collect();
    let cut = |word: &str| word.chars().take(WORD_CHARS).collect::<String>();
    // A soft hyphen and a zero-width space stand inside words.
    let small = small.replace(['\u{ad}', '\u{200b}', '\u{feff}'], "");
    let words = small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(WORDS_PER_TEXT).map(cut).collect()
}

/// Letters without their marks: who types *paivahoito* means *päivähoito*, and finds it after what has the marks.
pub(super) fn bare(word: &str) -> String {
    word.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect()
}

/// Words that say nothing of what is sought, in any of the three languages; they count only when nothing else is asked.
pub(super) fn is_filler(word: &str) -> bool {
    const FILLERS: [&str; 60] = [
        "ja", "tai", "sekä", "on", "ei", "että", "se", "ne", "kun", "kanssa", "varten", "miten", "mistä", "missä",
        "mikä", "och", "eller", "att", "för", "av", "på", "i", "om", "en", "ett", "den", "det", "de", "som", "med",
        "till", "från", "hur", "var", "är", "kan", "jag", "man", "the", "a", "an", "of", "for", "and", "or", "to",
        "in", "at", "on", "with", "by", "is", "how", "where", "what", "my", "i", "can", "do", "voin",
    ];
    FILLERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::{Stems, Tongue, bare, words};

    #[test]
    fn a_text_becomes_words_without_its_markup() {
        let cases: [(&str, &[&str]); 8] = [
            ("Päiväkoti-ikäiset, 3–5 v.", &["päiväkoti", "ikäiset", "3", "5", "v"]),
            ("<p>Hae <b>päivä</b>hoitoon</p><br/>nyt", &["hae", "päivähoitoon", "nyt"]),
            ("P&auml;iv&#228;&#xE4; &amp; y&nbsp;&ouml;", &["päivää", "y", "ö"]),
            ("5 < 6 & 7 &unknownreference; x", &["5", "6", "7", "unknownreference", "x"]),
            ("pa\u{0308}iva\u{0308}", &["päivä"]),
            ("äitiys\u{ad}neuvola", &["äitiysneuvola"]),
            ("<a href=\"https://example.fi/salainen\">Linkki", &["linkki"]),
            ("<", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(bare("pyöräilyä å"), "pyorailya a");
    }

    #[test]
    fn the_forms_of_a_word_have_one_stem() {
        let cases: [(Tongue, &[&str]); 10] = [
            (Tongue::Finnish, &["varhaiskasvatus", "varhaiskasvatuksen", "varhaiskasvatuksessa", "varhaiskasvatukset"]),
            (Tongue::Finnish, &["hakemus", "hakemuksen", "hakemukset", "hakemuksia"]),
            (Tongue::Finnish, &["selvitys", "selvityksen", "selvityksestä"]),
            (Tongue::Finnish, &["päiväkoti", "päiväkodin", "päiväkodissa", "päiväkodit"]),
            (Tongue::Finnish, &["kirjasto", "kirjastot", "kirjastosta", "kirjaston"]),
            (Tongue::Finnish, &["paikka", "paikan", "paikat"]),
            (Tongue::Finnish, &["ranta", "rannan", "rannalla"]),
            (Tongue::Swedish, &["bibliotek", "biblioteket", "biblioteken", "bibliotekens"]),
            (Tongue::Swedish, &["tjänst", "tjänster", "tjänsterna"]),
            (Tongue::English, &["library", "libraries"]),
        ];
        for (tongue, forms) in cases {
            let stems = Stems::of(tongue);
            let found: Vec<String> = forms.iter().map(|form| stems.stem(form)).collect();
            assert!(found.windows(2).all(|pair| pair.first() == pair.last()), "{forms:?} → {found:?}");
        }
    }
}
