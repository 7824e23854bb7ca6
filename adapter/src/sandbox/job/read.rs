//! Step c: another agency reads the catalogue by SOAP and by REST, through both security servers, and the two answers
//! must carry the same content.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use silta_client::catalogue::{GetService, ListChanges, ListServicePoints, ListServices, SearchServices};
use silta_client::common::{Answer, Request};

use super::{Job, many};
use crate::model::{Kind, Lang};
use crate::operations::registry::Family;
use crate::sandbox::SandboxError;
use crate::sandbox::compare::difference;

/// Records on a page.
const PAGE: u16 = 200;
/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Pages of one list; more means that a cursor does not move.
const PAGES: usize = 1_000;

impl Job<'_> {
    pub(super) async fn read(&mut self) -> Result<(), SandboxError> {
        self.account.heading("c  Another agency reads it, by SOAP and by REST, through both security servers");
        let chosen = self.view.active_after(Kind::Service, None).next();
        let chosen = chosen.and_then(|stored| {
            let name = stored.entity.service()?.name.get(Lang::Fi)?.to_owned();
            Some((stored.entity.key.code.to_string(), name))
        });
        if let Some((code, name)) = chosen {
            let request = GetService { code: code.clone(), lang: None };
            self.both(&request, &format!("services/{}", encoded(&code))).await?;
            self.account.say(format_args!("getService {code}: “{name}”, the same by both, field by field."));
            let word = word_of(&name);
            let found = self.search(&word).await?;
            self.account.say(format_args!("searchServices “{word}”: {}, the same by both.", many(found, "service")));
        } else {
            self.account.say("getService and searchServices: there is no service to ask for.");
        }

        let services = self.services().await?;
        self.account.say(format_args!("listServices: {}, the same by both.", many(services, "service")));
        let points = self.service_points().await?;
        self.account.say(format_args!("listServicePoints: {}, the same by both.", many(points, "service point")));
        let changes = self.changes().await?;
        self.account
            .say(format_args!("listChanges: {} from the beginning, the same by both.", many(changes, "change")));
        let imported = &self.report.imported;
        if services > imported.services || points > imported.service_points {
            return Err(SandboxError::Failed("more records are read than were stored".to_owned()));
        }
        Ok(())
    }

    async fn search(&self, word: &str) -> Result<usize, SandboxError> {
        let request = SearchServices { query: Some(word.to_owned()), limit: Some(PAGE), ..SearchServices::default() };
        let page = self.both(&request, &format!("services/search?q={}&limit={PAGE}", encoded(word))).await?;
        match items(&page) {
            0 => Err(SandboxError::Failed("searchServices does not find a service by a word of its name".to_owned())),
            found => Ok(found),
        }
    }

    async fn services(&self) -> Result<usize, SandboxError> {
        let mut all = 0;
        let mut cursor = None;
        for _ in 0..PAGES {
            let request = ListServices { limit: Some(PAGE), cursor: cursor.clone(), lang: None };
            let page = self.both(&request, &listed("services", cursor.as_deref())).await?;
            all += items(&page);
            cursor = next(&page);
            if cursor.is_none() {
                return Ok(all);
            }
        }
        Err(endless("listServices"))
    }

    async fn service_points(&self) -> Result<usize, SandboxError> {
        let mut all = 0;
        let mut cursor = None;
        for _ in 0..PAGES {
            let request = ListServicePoints { limit: Some(PAGE), cursor: cursor.clone(), lang: None };
            let page = self.both(&request, &listed("service-points", cursor.as_deref())).await?;
            all += items(&page);
            cursor = next(&page);
            if cursor.is_none() {
                return Ok(all);
            }
        }
        Err(endless("listServicePoints"))
    }

    /// A feed always names its next cursor; it has ended when a page is empty.
    async fn changes(&self) -> Result<usize, SandboxError> {
        let mut all = 0;
        let mut cursor = None;
        for _ in 0..PAGES {
            let request = ListChanges { limit: Some(PAGE), cursor: cursor.clone() };
            let page = self.both(&request, &listed("changes", cursor.as_deref())).await?;
            cursor = next(&page);
            match items(&page) {
                0 => return Ok(all),
                some => all += some,
            }
        }
        Err(endless("listChanges"))
    }

    /// Asks by both protocols and gives the answer when the two are equal.
    async fn both<R>(&self, request: &R, path: &str) -> Result<Value, SandboxError>
    where
        R: Request,
        <R::Answer as Answer>::Success: Serialize,
    {
        let soap = self.caller.soap(request).await?;
        let rest = self.caller.rest(Family::Catalogue.word(), path).await?;
        match difference(&soap, &rest) {
            None => Ok(soap),
            Some(place) => {
                let text = format!("{}: the answers by SOAP and by REST differ at {place}", R::WRAPPER);
                Err(SandboxError::Failed(text))
            }
        }
    }
}

pub(super) fn items(page: &Value) -> usize {
    page.get("items").and_then(Value::as_array).map_or(0, Vec::len)
}

pub(super) fn next(page: &Value) -> Option<String> {
    page.get("next").and_then(Value::as_str).map(str::to_owned)
}

pub(super) fn endless(operation: &str) -> SandboxError {
    SandboxError::Failed(format!("{operation} goes on for more than {PAGES} pages"))
}

fn listed(list: &str, cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!("&cursor={}", encoded(cursor))).unwrap_or_default();
    format!("{list}?limit={PAGE}{cursor}")
}

/// A value in a path or a query. What would mean something there is escaped.
pub(super) fn encoded(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, RESERVED)
}

/// The longest word of a name.
fn word_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.max_by_key(|word| word.chars().count()).unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{listed, word_of};

    #[test]
    fn words_and_paths() {
        for (name, word) in [("Varhaiskasvatus", "varhaiskasvatus"), ("A-luokan lupa (uusi)", "luokan"), ("…", "…")]
        {
            assert_eq!(word_of(name), word);
        }
        assert_eq!(listed("changes", Some("a b=ä")), "changes?limit=200&cursor=a%20b%3D%C3%A4");
    }
}
