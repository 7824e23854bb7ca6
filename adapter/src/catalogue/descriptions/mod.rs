//! General descriptions (pohjakuvaukset, pat.md §4.16): which one a service might build on, and which of them a tenant's
//! services cover.
//!
//! A suggestion is a suggestion: nothing here links a service to anything. Which descriptions are for whom, PTV's export does
//! not say; all of them count as the statutory set (pat.md §6.3).

pub mod coverage;
mod match_words;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use self::match_words::{Bag, Name, Texts};
use crate::model::{Lang, Service, View};

/// Suggestions of one answer, unless others are asked for; and at most.
pub const SHOWN: usize = 5;
pub const MOST_SHOWN: usize = 50;
/// From this score on a suggestion is worth a hint to the editor.
pub const WORTH_A_HINT: u32 = 60;
/// Below this one nothing is suggested at all.
const LEAST: u32 = 10;

/// One general description, as far as matching needs it.
#[derive(Clone, Debug)]
pub struct Description {
    /// In lower case.
    pub id: String,
    pub names: Vec<(Lang, String)>,
    /// Present addresses.
    pub classes: BTreeSet<String>,
    pub terms: BTreeSet<String>,
    pub target_groups: BTreeSet<String>,
    pub life_events: BTreeSet<String>,
    /// It names a law.
    pub has_law: bool,
    compared: Vec<Name>,
}

impl Description {
    /// The name to show.
    pub fn name(&self, lang: Lang) -> &str {
        let of = |lang| self.names.iter().find(|(of, _)| *of == lang).map(|(_, name)| name.as_str());
        of(lang)
            .or_else(|| of(Lang::Fi))
            .or_else(|| self.names.first().map(|(_, name)| name.as_str()))
            .unwrap_or(&self.id)
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Descriptions {
    list: Vec<Description>,
    by_id: BTreeMap<String, usize>,
    texts: Texts,
}

/// A description that a service might build on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    pub id: String,
    pub name: String,
    /// 0 to 100.
    pub score: u32,
    pub reasons: Vec<Reason>,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "what", content = "which")]
pub enum Reason {
    /// The names are the same, case and blanks aside.
    SameName(String),
    /// The names are alike.
    LikeName(String),
    /// Classes of PTV that both have.
    Classes(Vec<String>),
    /// Subject terms that both have.
    Terms(Vec<String>),
    /// Words of the texts that both have, the rarest first.
    Words(Vec<String>),
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    names: Vec<String>,
    text: String,
    classes: BTreeSet<String>,
    terms: BTreeSet<String>,
}

impl Wanted {
    /// By words alone.
    pub fn words(text: &str) -> Wanted {
        Wanted { names: vec![text.to_owned()], text: text.to_owned(), ..Wanted::default() }
    }

    pub fn service(service: &Service, view: &View) -> Wanted {
        let name = |lang| service.name.get(lang);
        let lang = if name(Lang::Fi).is_some() { Lang::Fi } else { Lang::Sv };
        let others = service.alternative_names.iter().filter(|(of, _)| *of == lang).map(|(_, name)| name.clone());
        let names: Vec<String> = name(lang).map(str::to_owned).into_iter().chain(others).collect();
        let [summary, description] =
            [&service.summary, &service.description].map(|text| text.get(lang).unwrap_or_default());
        let classes = service.classes.iter().filter_map(|code| view.ptv_class(code)).map(str::to_owned);
        Wanted {
            text: [names.join(" ").as_str(), summary, description].join(" "),
            names,
            classes: classes.collect(),
            terms: service.terms.iter().cloned().collect(),
        }
    }
}

impl Descriptions {
    /// From PTV's export. `newer` leads addresses of older lists to the present ones.
    pub fn read(list: &Value, newer: &BTreeMap<String, String>) -> Descriptions {
        let mut found = Descriptions::default();
        let mut bags = Vec::new();
        for source in list.as_array().into_iter().flatten() {
            let Some(id) = source.get("Id").and_then(Value::as_str) else { continue };
            let labels = |member: &str| -> Vec<(Lang, String)> {
                let list = source.get(member).and_then(Value::as_array).into_iter().flatten();
                list.filter_map(|it| Some((Lang::from_code(it.get("Lang")?.as_str()?)?, it.get("Label")?.as_str()?)))
                    .map(|(lang, label)| (lang, plain(label)))
                    .filter(|(_, label)| !label.is_empty())
                    .collect()
            };
            let keys = |member: &str| -> BTreeSet<String> {
                let list = source.get(member).and_then(Value::as_array).into_iter().flatten();
                let keys = list.filter_map(|it| it.get("Key").and_then(Value::as_str));
                keys.map(|key| newer.get(key).map_or(key, String::as_str).to_owned()).collect()
            };
            let names = labels("Name");
            let mut words = Bag::default();
            for member in ["Name", "ShortDescription", "Description", "BackgroundDescription"] {
                for (lang, text) in labels(member) {
                    words.add(lang, &text);
                }
            }
            let compared = names.iter().map(|(_, name)| Name::new(name)).collect();
            let id = id.to_lowercase();
            found.by_id.insert(id.clone(), found.list.len());
            found.list.push(Description {
                id,
                names,
                classes: keys("ServiceClass"),
                terms: keys("OntologyTerm"),
                target_groups: keys("TargetGroup"),
                life_events: keys("LifeEvent"),
                has_law: source.get("Laws").and_then(Value::as_array).is_some_and(|laws| !laws.is_empty()),
                compared,
            });
            bags.push(words);
        }
        found.texts = Texts::of(&bags);
        found
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn all(&self) -> &[Description] {
        &self.list
    }

    /// By id, in any case.
    pub fn get(&self, id: &str) -> Option<&Description> {
        self.list.get(*self.by_id.get(&id.to_lowercase())?)
    }

    /// The nearest, best first; equal scores in the order of their ids.
    pub fn suggest(&self, wanted: &Wanted, limit: usize) -> Vec<Suggestion> {
        let mut words = Bag::default();
        words.add(Lang::Fi, &wanted.text);
        words.add(Lang::Sv, &wanted.text);
        let names: Vec<Name> = wanted.names.iter().map(|name| Name::new(name)).collect();
        let texts = self.texts.likeness(&words);
        let mut ranked: Vec<(u32, usize, &Description, f32)> = Vec::new();
        for ((number, description), text) in self.list.iter().enumerate().zip(texts) {
            let score = score(description, wanted, &names, text);
            if score >= LEAST {
                ranked.push((score, number, description, text));
            }
        }
        ranked.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.2.id.cmp(&other.2.id)));
        ranked.truncate(limit);
        ranked
            .into_iter()
            .map(|(score, number, description, text)| {
                let mut reasons = reasons(description, wanted, &names);
                if text >= 0.15 {
                    reasons.push(Reason::Words(self.texts.shared(&words, number)));
                }
                Suggestion { id: description.id.clone(), name: description.name(Lang::Fi).to_owned(), score, reasons }
            })
            .collect()
    }
}

/// Names tell most, texts much; classes and terms count where both sides have any.
fn score(description: &Description, wanted: &Wanted, names: &[Name], text: f32) -> u32 {
    const NAME: f32 = 50.0;
    const TEXT: f32 = 30.0;
    const CLASSES: f32 = 10.0;
    const TERMS: f32 = 10.0;
    let (name, _) = nearest_name(description, names);
    let (mut most, mut score) = (NAME + TEXT, NAME * name + TEXT * text);
    for (mine, theirs, weight) in
        [(&wanted.classes, &description.classes, CLASSES), (&wanted.terms, &description.terms, TERMS)]
    {
        if !mine.is_empty() && !theirs.is_empty() {
            let count = |number: usize| f32::from(u16::try_from(number).unwrap_or(u16::MAX));
            most += weight;
            score += weight * count(mine.intersection(theirs).count()) / count(theirs.len());
        }
    }
    percent(100.0 * score / most)
}

/// How near the nearest of their names is, and which it is.
fn nearest_name<'d>(description: &'d Description, names: &[Name]) -> (f32, Option<&'d str>) {
    let mut best = (0.0, None);
    for (compared, (_, name)) in description.compared.iter().zip(&description.names) {
        for given in names {
            let alike = given.likeness(compared);
            if alike > best.0 {
                best = (alike, Some(name.as_str()));
            }
        }
    }
    best
}

fn reasons(description: &Description, wanted: &Wanted, names: &[Name]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match nearest_name(description, names) {
        (alike, Some(name)) if alike >= 1.0 => reasons.push(Reason::SameName(name.to_owned())),
        (alike, Some(name)) if alike >= 0.4 => reasons.push(Reason::LikeName(name.to_owned())),
        _ => {}
    }
    let shared = |mine: &BTreeSet<String>, theirs: &BTreeSet<String>| -> Vec<String> {
        mine.intersection(theirs).cloned().collect()
    };
    let (classes, terms) = (shared(&wanted.classes, &description.classes), shared(&wanted.terms, &description.terms));
    if !classes.is_empty() {
        reasons.push(Reason::Classes(classes));
    }
    if !terms.is_empty() {
        reasons.push(Reason::Terms(terms));
    }
    reasons
}

/// What is a service's own of a list that PTV has merged with its general description's: on reading PTV gives both without a
/// mark, and writing both back would double them (pat.md §4.16).
pub fn own_of(merged: &[String], described: &BTreeSet<String>, newer: &BTreeMap<String, String>) -> Vec<String> {
    let theirs = |address: &String| described.contains(newer.get(address).unwrap_or(address));
    merged.iter().filter(|address| !theirs(address)).cloned().collect()
}

/// Long texts of the export are documents of an editor: blocks of text in JSON.
pub fn plain(label: &str) -> String {
    let blocks = serde_json::from_str::<Value>(label).ok().and_then(|document| {
        let blocks = document.get("blocks")?.as_array()?.clone();
        let texts: Vec<String> =
            blocks.iter().filter_map(|block| block.get("text")?.as_str().map(str::to_owned)).collect();
        Some(texts.join(" "))
    });
    blocks.unwrap_or_else(|| label.to_owned())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between 0 and 100.
fn percent(score: f32) -> u32 {
    score.round().clamp(0.0, 100.0) as u32
}
