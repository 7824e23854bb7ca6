//! Q09 and Q10: general descriptions (pohjakuvaukset) that a service should build on, and texts that repeat theirs.

use super::Sheet;
use crate::catalogue::descriptions::{WORTH_A_HINT, Wanted};
use crate::model::limits::name_key;
use crate::model::{EntityKey, Lang, Service};

/// Shorter texts are alike by chance.
const LONG_ENOUGH: usize = 60;

pub(super) fn check(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    if service.statutory && service.general_description.is_none() && service.laws.is_empty() {
        sheet.breaks(key, "Q09b", &[]);
    }
    let reference = sheet.input.reference;
    let Some(list) = &reference.general_descriptions else { return };
    match &service.general_description {
        None => {
            let name = service.name.get(Lang::Fi).map(name_key).unwrap_or_default();
            if let Some(id) = reference.described_names.get(&name) {
                sheet.breaks(key, "Q09a", &[id]);
            } else if service.statutory {
                let wanted = Wanted::service(service, sheet.input.view);
                for suggestion in reference.descriptions.suggest(&wanted, 1) {
                    if suggestion.score >= WORTH_A_HINT {
                        sheet.breaks(key, "Q09d", &[&suggestion.name, &suggestion.id]);
                    }
                }
            }
        }
        Some(id) if !list.contains_key(&id.to_lowercase()) => sheet.breaks(key, "Q09c", &[id]),
        Some(_) => {}
    }
    let linked = service.general_description.as_ref().and_then(|id| list.get(&id.to_lowercase()));
    for (field, text) in [("tiivistelma_kieliversiot", &service.summary), ("kuvaus_kieliversiot", &service.description)]
    {
        for (lang, text) in text.iter() {
            let text = name_key(text);
            let copied = |(in_language, theirs): &&(Lang, String)| {
                *in_language == lang && theirs.chars().count() >= LONG_ENOUGH && text.contains(theirs.as_str())
            };
            let equal =
                text.chars().count() >= LONG_ENOUGH && reference.described_texts.contains(&(lang, text.clone()));
            if equal || linked.is_some_and(|it| it.texts.iter().any(|theirs| copied(&theirs))) {
                sheet.breaks_in(key, "Q10a", Some(field), Some(lang), &[]);
            }
        }
    }
}

pub(super) fn say_what_is_not_judged(sheet: &mut Sheet<'_>) {
    if sheet.input.reference.general_descriptions.is_none() {
        let reason = [
            "Pohjakuvausten luetteloa ei ole annettu.",
            "Listan över grundbeskrivningar har inte angetts.",
            "The list of general descriptions was not given.",
        ];
        for rule in ["Q09a", "Q09c", "Q09d", "Q10a"] {
            sheet.skip(rule, reason);
        }
    }
}
