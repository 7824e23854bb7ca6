//! `GET …/keywords`: subject terms for the CMS's editors. Parameters by our names or by Finto's, so that a widget made for Finto
//! needs another address only.

use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::answer::{self, Problem};
use crate::catalogue::vocabulary::{LANGUAGES, Query, Vocabulary};
use crate::model::Lang;
use crate::operations::keywords::{self, MOST_SHOWN, QUERY_CHARS, SHOWN};

/// What is asked for.
struct Asked {
    text: Option<String>,
    uri: Option<String>,
    lang: Lang,
    within: Option<String>,
    limit: usize,
}

pub(super) fn answer(vocabulary: Option<&Vocabulary>, uri: &Uri, headers: &HeaderMap) -> Result<Response, Problem> {
    let asked = Asked::read(uri)?;
    let vocabulary = vocabulary.ok_or_else(|| {
        let detail = "No vocabulary has been loaded yet. The operator sets vocabulary.url or vocabulary.dir and \
                      runs `silta catalogue vocabulary refresh`.";
        Problem::new(503, "no-vocabulary", detail)
    })?;
    let query = Query {
        text: asked.text.as_deref().unwrap_or_default(),
        lang: asked.lang,
        within: asked.within.as_deref().filter(|id| *id != "koko"),
        limit: asked.limit,
    };
    let found = match &asked.uri {
        Some(address) => keywords::resolved(vocabulary, address, query),
        None => keywords::suggestions(vocabulary, query),
    };
    Ok(answer::tagged(&found, headers))
}

impl Asked {
    fn read(uri: &Uri) -> Result<Asked, Problem> {
        let mut asked = Asked { text: None, uri: None, lang: Lang::Fi, within: None, limit: SHOWN };
        let mut seen = std::collections::BTreeSet::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let known = match &*name {
                "q" | "query" => "q",
                "limit" | "maxhits" => "limit",
                "lang" | "vocab" | "uri" | "unique" | "type" | "labellang" => &*name,
                _ => return Err(Problem::new(400, "unknown-field", "There is no such parameter here.").at(&name)),
            };
            if !seen.insert(known.to_owned()) {
                return Err(Problem::invalid("Given more than once.").at(&name));
            }
            match known {
                "q" if value.chars().count() > QUERY_CHARS => {
                    return Err(Problem::invalid(format!("At most {QUERY_CHARS} characters.")).at(&name));
                }
                "q" => asked.text = Some(value.into_owned()),
                "limit" => {
                    let number = value.parse().ok().filter(|number| (1..=MOST_SHOWN).contains(number));
                    let wrong = || Problem::invalid(format!("A whole number from 1 to {MOST_SHOWN}.")).at(&name);
                    asked.limit = number.ok_or_else(wrong)?;
                }
                "lang" => {
                    let lang = Lang::from_code(&value).filter(|lang| LANGUAGES.contains(lang));
                    asked.lang = lang.ok_or_else(|| Problem::invalid("One of fi, sv and en.").at("lang"))?;
                }
                "vocab" => {
                    let sound = !value.is_empty() && value.len() <= 20 && value.bytes().all(|b| b.is_ascii_lowercase());
                    if !sound {
                        let detail = "One vocabulary by its id, such as koko or jupo.";
                        return Err(Problem::invalid(detail).at("vocab"));
                    }
                    asked.within = Some(value.into_owned());
                }
                "uri" => asked.uri = Some(value.into_owned()),
                // A hit is a concept and comes once, in the language that is searched, whatever these say.
                _ => {}
            }
        }
        let blank = asked.text.as_deref().is_none_or(|text| text.trim_matches(['*', ' ']).is_empty());
        if blank && asked.uri.is_none() {
            return Err(
                Problem::invalid("Give the beginning of a word, such as kirj, or a concept's address as uri.").at("q")
            );
        }
        Ok(asked)
    }
}
