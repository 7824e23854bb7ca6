//! `GET …/general-descriptions`: which general descriptions (pohjakuvaukset) a service might build on, with the reasons. Nothing is
//! linked by it.

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::json;

use super::answer::{self, Problem};
use crate::catalogue::Catalogue;
use crate::catalogue::descriptions::{MOST_SHOWN, SHOWN, Wanted};
use crate::model::{Code, Kind};

/// Characters of a query.
const QUERY_CHARS: usize = 500;

struct Asked {
    service: Option<Code>,
    text: Option<String>,
    limit: usize,
}

/// Matching takes a processor for a moment: call it where that may be.
pub(super) fn answer(catalogue: &Catalogue, tenant: &str, uri: &Uri, headers: &HeaderMap) -> Result<Response, Problem> {
    let asked = Asked::read(uri)?;
    let descriptions = catalogue.descriptions(tenant).filter(|it| !it.is_empty()).ok_or_else(|| {
        let detail =
            "There is no list of general descriptions here. The operator sets ptv.reference_dir or vocabulary.dir.";
        Problem::new(503, "no-descriptions", detail)
    })?;
    let view = catalogue.view(tenant).unwrap_or_default();
    let mut linked = None;
    let wanted = match (&asked.service, &asked.text) {
        (Some(code), _) => {
            let stored = view.get(Kind::Service, code);
            let service = stored.and_then(|stored| stored.entity.service()).ok_or_else(|| {
                Problem::new(404, "not-found", "The catalogue has no service of this code.").at("service")
            })?;
            linked = service.general_description.clone().map(|id| {
                let known = descriptions.get(&id);
                json!({"id": id, "name": known.map(|it| it.name(crate::model::Lang::Fi)), "inList": known.is_some()})
            });
            Wanted::service(service, &view)
        }
        (None, text) => Wanted::words(text.as_deref().unwrap_or_default()),
    };
    let suggestions = descriptions.suggest(&wanted, asked.limit);
    let answer = json!({"service": asked.service.as_ref().map(ToString::to_string), "linked": linked, "suggestions": suggestions});
    Ok(answer::tagged(&answer, headers))
}

impl Asked {
    fn read(uri: &Uri) -> Result<Asked, Problem> {
        let (mut service, mut text, mut limit) = (None, None, None);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "service" if service.is_none() => {
                    let code = value.parse().map_err(|_| Problem::invalid("A service's code.").at("service"))?;
                    service = Some(code);
                }
                "q" if text.is_none() => {
                    if value.trim().is_empty() || value.chars().count() > QUERY_CHARS {
                        return Err(Problem::invalid(format!("From 1 to {QUERY_CHARS} characters.")).at("q"));
                    }
                    text = Some(value.into_owned());
                }
                "limit" if limit.is_none() => {
                    let number = value.parse().ok().filter(|number| (1..=MOST_SHOWN).contains(number));
                    let wrong = || Problem::invalid(format!("A whole number from 1 to {MOST_SHOWN}.")).at("limit");
                    limit = Some(number.ok_or_else(wrong)?);
                }
                "service" | "q" | "limit" => return Err(Problem::invalid("Given more than once.").at(&name)),
                _ => return Err(Problem::new(400, "unknown-field", "There is no such parameter here.").at(&name)),
            }
        }
        if service.is_some() == text.is_some() {
            return Err(Problem::invalid("Give either a service's code or words as q.").at("service"));
        }
        Ok(Asked { service, text, limit: limit.unwrap_or(SHOWN) })
    }
}
