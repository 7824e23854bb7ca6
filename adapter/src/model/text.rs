//! Text in several languages (kieliversiot).

use std::fmt;

/// A content language of the catalogue (PTV's six, ptv-in-api.md §3.0.1). The order is the order of display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    Fi,
    Sv,
    En,
    Se,
    Smn,
    Sms,
}

impl Lang {
    pub const ALL: [Lang; 6] = [Lang::Fi, Lang::Sv, Lang::En, Lang::Se, Lang::Smn, Lang::Sms];

    /// The ISO 639 code used on every wire.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Fi => "fi",
            Lang::Sv => "sv",
            Lang::En => "en",
            Lang::Se => "se",
            Lang::Smn => "smn",
            Lang::Sms => "sms",
        }
    }

    pub fn from_code(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One text in any subset of the languages. Never holds a blank text: PAT writes `""` for «nothing» (pat.md §2).
///
/// In the order of languages and without spare room: a catalogue in memory is mostly such texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Localised(Box<[(Lang, Box<str>)]>);

impl Localised {
    /// Keeps the text unless it is blank.
    pub fn set(&mut self, lang: Lang, text: impl Into<String>) {
        let text = text.into();
        if text.trim().is_empty() {
            return;
        }
        let text = text.into_boxed_str();
        match self.0.binary_search_by_key(&lang, |(known, _)| *known) {
            Ok(place) => {
                if let Some(known) = self.0.get_mut(place) {
                    known.1 = text;
                }
            }
            Err(place) => {
                let mut texts = std::mem::take(&mut self.0).into_vec();
                texts.reserve_exact(1);
                texts.insert(place, (lang, text));
                self.0 = texts.into_boxed_slice();
            }
        }
    }

    pub fn get(&self, lang: Lang) -> Option<&str> {
        self.iter().find(|(known, _)| *known == lang).map(|(_, text)| text)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Lang, &str)> {
        self.0.iter().map(|(lang, text)| (*lang, &**text))
    }

    pub fn languages(&self) -> impl Iterator<Item = Lang> {
        self.0.iter().map(|(lang, _)| *lang)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only the given languages.
    #[must_use]
    pub fn only(&self, languages: &[Lang]) -> Localised {
        Localised(self.0.iter().filter(|(lang, _)| languages.contains(lang)).cloned().collect())
    }

    /// The text to show when one language must do: Finnish, else the first there is.
    pub fn any(&self) -> &str {
        self.0.first().map_or("", |(_, text)| text)
    }
}

impl FromIterator<(Lang, String)> for Localised {
    fn from_iter<I: IntoIterator<Item = (Lang, String)>>(texts: I) -> Self {
        let mut localised = Localised::default();
        for (lang, text) in texts {
            localised.set(lang, text);
        }
        localised
    }
}
