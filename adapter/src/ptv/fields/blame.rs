//! PTV's complaints by the record's own field names (ptv-in-api.md §1.5, pat.md §9.4).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Body, Field, fields};
use crate::model::{Finding, Lang};

/// The longest part of PTV's own text that is passed on, in characters.
const QUOTED: usize = 300;

/// Names that PTV uses in keys and not in bodies (ptv-in-api.md §3.6, §4.1), and the rules about sets of languages.
const ALIASES: [(&str, &str); 3] =
    [("contactDetails.phones", "contactDetails.phoneNumbers"), ("model", "languages"), ("requestIsNull", "languages")];

/// Each complaint of a 400 as a finding about the record that the body was made of. `sent` is the body: a key names a
/// place in a list, and the language stands there. A key that fits no property stays PTV's own.
pub(in crate::ptv) fn blame(body: Body, sent: &Value, complaints: &[(String, Vec<String>)]) -> Vec<Finding> {
    let fields = fields(body);
    let mut findings: BTreeMap<(String, Option<Lang>), Vec<&str>> = BTreeMap::new();
    for (key, texts) in complaints {
        let place = place(key, sent, &fields);
        findings.entry(place).or_default().extend(texts.iter().map(String::as_str));
    }
    findings.into_iter().map(|((field, lang), texts)| finding(field, lang, &texts.join(" "))).collect()
}

fn place(key: &str, sent: &Value, fields: &[Field]) -> (String, Option<Lang>) {
    let mut path = String::new();
    let (mut at, mut sort, mut lang) = (Some(sent), None, None);
    for segment in key.split('.') {
        let (name, index) = match segment.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (segment, None),
        };
        if !name.is_empty() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&lower_first(name));
            at = at.and_then(|value| value.get(lower_first(name)));
        }
        if let Some(index) = index {
            at = at.and_then(|value| value.get(index));
        }
        let text = |name: &str| at.and_then(|value| value.get(name)).and_then(Value::as_str);
        sort = text("type").or(sort);
        lang = text("language").and_then(Lang::from_code).or(lang);
    }
    for (said, meant) in ALIASES {
        path = path.replace(said, meant);
    }
    let found = nearest(&path, sort.unwrap_or_default(), fields);
    let field = found.map_or_else(|| key.to_owned(), |field| field.pat.clone());
    let field = match lang.filter(|_| field.ends_with("_kieliversiot")) {
        Some(lang) => format!("{field}.{lang}"),
        None => field,
    };
    (field, lang)
}

/// The field at a path, or the first below it, or the one around it; of those with the same path the one about the
/// same sort of item.
fn nearest<'f>(path: &str, sort: &str, fields: &'f [Field]) -> Option<&'f Field> {
    let below = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut part = path;
    loop {
        let mut fitting = fields.iter().filter(|field| below(&field.ptv, part) && !field.pat.is_empty());
        let first = fitting.next();
        if let Some(first) = first {
            let of_sort = |field: &&Field| field.sort == sort;
            return Some(Some(first).filter(of_sort).or_else(|| fitting.find(of_sort)).unwrap_or(first));
        }
        part = part.rsplit_once('.')?.0;
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn finding(field: String, lang: Option<Lang>, said: &str) -> Finding {
    let said: String = said.chars().filter(|c| !c.is_control()).take(QUOTED).collect();
    let texts = [
        format!("PTV ei hyväksynyt tätä: ”{said}” Korjaa tieto ja lähetä se uudelleen."),
        format!("SDL godkände inte detta: ”{said}” Rätta uppgiften och skicka den på nytt."),
        format!("PTV did not accept this: “{said}” Mend it and send it again."),
    ];
    let finding = Finding::error(field, "ptv", texts);
    match lang {
        Some(lang) => finding.in_language(lang),
        None => finding,
    }
}
