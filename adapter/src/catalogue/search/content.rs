//! What of a service is searched: its texts by weight and language, and a stamp that tells whether they changed.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use super::words::{Tongue, words};
use crate::model::{Kind, Lang, Service, Stored, View};

/// Where in a service a word stands. The order is the order of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    /// Alternative names and keywords.
    Other,
    /// Names of its classes and types.
    Class,
    Summary,
    /// The description and the texts beside it.
    Description,
}

impl Part {
    pub(super) const ALL: [Part; 5] = [Part::Name, Part::Other, Part::Class, Part::Summary, Part::Description];

    pub(super) fn word(self) -> &'static str {
        match self {
            Part::Name => "name",
            Part::Other => "other",
            Part::Class => "class",
            Part::Summary => "summary",
            Part::Description => "description",
        }
    }

    /// What a word in this part is worth.
    pub(super) fn weight(self) -> f32 {
        match self {
            Part::Name => 10.0,
            Part::Other => 7.0,
            Part::Class => 3.0,
            Part::Summary => 2.5,
            Part::Description => 1.2,
        }
    }

    /// How fast a word loses worth among others: a name of one word is about that word.
    pub(super) fn dilution(self) -> f32 {
        match self {
            Part::Name => 0.04,
            Part::Class => 0.03,
            Part::Other | Part::Summary => 0.012,
            Part::Description => 0.001,
        }
    }
}

/// The words of a service, by part and language.
pub(super) fn words_of(service: &Service, view: &View) -> Vec<(Part, Tongue, Vec<String>)> {
    let mut found: Vec<(Part, Tongue, Vec<String>)> = Vec::new();
    let mut add = |part: Part, lang: Lang, text: &str| {
        let tongue = Tongue::of(lang);
        let new = words(text);
        match found.iter_mut().find(|(p, t, _)| (*p, *t) == (part, tongue)) {
            Some((_, _, words)) => words.extend(new),
            None => found.push((part, tongue, new)),
        }
    };
    let single = [
        (Part::Name, &service.name),
        (Part::Summary, &service.summary),
        (Part::Description, &service.description),
        (Part::Description, &service.user_instruction),
        (Part::Description, &service.requirements),
        (Part::Description, &service.information),
    ];
    for (part, texts) in single {
        texts.iter().for_each(|(lang, text)| add(part, lang, text));
    }
    for (lang, text) in service.alternative_names.iter().chain(&service.keywords) {
        add(Part::Other, *lang, text);
    }
    for code in &service.classes {
        let Some(class) = view.active(Kind::Class, code) else { continue };
        class.entity.name().iter().for_each(|(lang, text)| add(Part::Class, lang, text));
    }
    for (_, name) in &service.types {
        name.iter().for_each(|(lang, text)| add(Part::Class, lang, text));
    }
    found
}

/// Equal for equal texts: made of the revisions that the texts come from. With the time of the change in it, for a
/// database that was set back may number another content alike.
pub(super) fn stamp(stored: &Stored, service: &Service, view: &View) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut add =
        |stored: &Stored| (stored.sequence, stored.revision, stored.changed_at.as_microsecond()).hash(&mut hasher);
    add(stored);
    service.classes.iter().filter_map(|code| view.active(Kind::Class, code)).for_each(|class| add(class));
    hasher.finish()
}
