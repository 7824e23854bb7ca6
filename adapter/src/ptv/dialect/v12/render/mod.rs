//! Requests of v12 from the complete state that `map` makes in v11's words (ptv-v12.md §6, §7). Provisional: DVV has not
//! published a write operation.
//!
//! A request is whole: every member stands in it, «nothing» is null or an empty list. What v12 has no form for, and what we
//! had to fill in, is noted and never passed over in silence. Judges no length and no form: `rules` does.

mod channel;
mod organisation;
mod parts;
mod service;

use serde_json::{Map, Value, json};

use super::Choices;
use super::rules::coming;
use crate::model::{Content, Entity, Finding, Lang};
use crate::ptv::reference::Reference;

/// The kinds of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Organisation,
    Service,
    EService,
    WebPage,
    TelephoneService,
    PrintableForm,
    ServiceLocation,
}

impl Form {
    /// None for a kind that PTV does not hold.
    pub fn of(entity: &Entity) -> Option<Form> {
        Some(match &entity.content {
            Content::Organisation(_) => Form::Organisation,
            Content::Service(_) => Form::Service,
            Content::ServicePoint(_) => Form::ServiceLocation,
            Content::Channel(channel) => match channel.detail.word() {
                "eChannel" => Form::EService,
                "phone" => Form::TelephoneService,
                "webPage" => Form::WebPage,
                _ => Form::PrintableForm,
            },
            _ => return None,
        })
    }

    /// The path segment below `/api/v12/`.
    pub fn segment(self) -> &'static str {
        match self {
            Form::Organisation => "organization",
            Form::Service => "service",
            _ => "service-channel",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Form::Organisation => "Organization",
            Form::Service => "Service",
            Form::EService => "EService",
            Form::WebPage => "WebPage",
            Form::TelephoneService => "TelephoneService",
            Form::PrintableForm => "PrintableForm",
            Form::ServiceLocation => "ServiceLocation",
        }
    }

    /// Does the kind have service hours of its own?
    pub(super) fn has_hours(self) -> bool {
        matches!(self, Form::EService | Form::TelephoneService | Form::ServiceLocation)
    }
}

/// A request, and what is to be said of it.
#[derive(Debug)]
pub struct Rendered {
    pub body: Value,
    /// The service hours that go with it, in the request or by a call of their own.
    pub hours: Option<Value>,
    /// What is lost, has no form, or was filled in: warnings.
    pub notes: Vec<Finding>,
}

/// Renders one entity.
pub fn entity(form: Form, body: &Value, reference: &Reference, choices: &Choices) -> Rendered {
    let mut renderer = Renderer { body, reference, choices, notes: Vec::new() };
    let mut request = match form {
        Form::Organisation => renderer.organisation(),
        Form::Service => renderer.service(),
        channel => renderer.channel(channel),
    };
    let hours = form.has_hours().then(|| renderer.hours("aukioloajat"));
    if let (Some(map), Some(hours), true) = (request.as_object_mut(), &hours, choices.inline) {
        map.insert("serviceHours".to_owned(), hours.clone());
    }
    Rendered { body: request, hours, notes: renderer.notes }
}

/// The hours of one connection of a set.
pub fn connection_hours(relation: &Value, reference: &Reference, choices: &Choices) -> (Value, Vec<Finding>) {
    let mut renderer = Renderer { body: relation, reference, choices, notes: Vec::new() };
    let hours = renderer.hours("aukioloajat");
    (hours, renderer.notes)
}

struct Renderer<'a> {
    body: &'a Value,
    reference: &'a Reference,
    choices: &'a Choices,
    notes: Vec<Finding>,
}

fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn word<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn flag(value: &Value, member: &str) -> bool {
    value.get(member).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of a list in one language.
fn in_language<'v>(value: &'v Value, member: &str, lang: Lang) -> impl Iterator<Item = &'v Value> {
    items(value, member).iter().filter(move |item| word(item, "language") == Some(lang.code()))
}

/// Of `[{language, type, value}]`.
fn typed(value: &Value, member: &str, lang: Lang, kind: &str) -> Value {
    let found = in_language(value, member, lang).find(|item| word(item, "type").unwrap_or("Name") == kind);
    json!(found.and_then(|item| word(item, "value")).map(str::trim))
}

/// Of `[{language, value}]`.
fn plain(value: &Value, member: &str, lang: Lang) -> Value {
    json!(in_language(value, member, lang).find_map(|item| word(item, "value")).map(str::trim))
}

/// `[{language, value}]` as an object by language.
fn text6(list: Option<&Value>) -> Value {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    let all = all.filter_map(|item| Some((word(item, "language")?.to_owned(), json!(word(item, "value")?.trim()))));
    all.collect::<Map<_, _>>().into()
}

impl Renderer<'_> {
    /// The languages in which it has a name.
    fn languages(&self, names: &str) -> Vec<Lang> {
        let named = items(self.body, names).iter().filter(|item| word(item, "type").unwrap_or("Name") == "Name");
        let mut all: Vec<Lang> = named.filter_map(|item| Lang::from_code(word(item, "language")?)).collect();
        all.dedup();
        all
    }

    fn versions(&mut self, names: &str, make: impl Fn(&mut Self, Lang) -> Value) -> Value {
        let languages = self.languages(names);
        let all: Map<String, Value> =
            languages.into_iter().map(|lang| (lang.code().to_owned(), make(self, lang))).collect();
        all.into()
    }

    /// v12 has no place for it.
    fn lost(&mut self, field: &str, lang: Option<Lang>, why: [&str; 3]) {
        self.note(field, lang, "v12-lost", why.map(str::to_owned));
    }

    /// v12 demands it and we filled it in.
    fn filled(&mut self, field: &str, lang: Option<Lang>, with: &str) {
        let texts = [
            format!("PTV:n versio 12 vaatii tiedon. Siksi käytetään: ”{with}”. Kirjoita oma, jos tämä ei sovi."),
            format!("Version 12 av SDL kräver uppgiften. Därför används: ”{with}”. Skriv en egen om den inte passar."),
            format!("Version 12 of PTV demands it. So this is used: “{with}”. Write your own if that does not fit."),
        ];
        self.note(field, lang, "v12-default", texts);
    }

    fn note(&mut self, field: &str, lang: Option<Lang>, rule: &'static str, texts: [String; 3]) {
        let note = coming(field, lang, rule, texts);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}
