//! Writes of v12. **Provisional**: DVV has published no write operation; paths, answers and statuses are guesses
//! (ptv-v12.md §6.3, §6.4), and nothing here runs unless the tenant's `writes` says that the gateway takes them.
//!
//! A PUT replaces an object whole. So the object is read first: members that we do not know go back as they came, and what
//! would be lost (hours that we cannot say, a language that somebody else has added) refuses the write.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::V12Error;
use super::decode::Oddities;
use super::hours::ServiceHours;
use super::render::{self, Form};
use super::{Choices, Client, Family, Reader, Search, rules};
use crate::model::{Entity, Finding, Lang, Level};
use crate::ptv::dialect::login::Login;
use crate::ptv::dialect::{PtvError, Put, Way, Written};
use crate::ptv::mirror::Act;
use crate::ptv::reference::Reference;

/// Members of a read that are not the writer's.
const READ_ONLY: [&str; 4] = ["contentId", "publishedAt", "migratedAt", "serviceHours"];

/// Who writes v12.
#[derive(Clone, Copy)]
pub(in crate::ptv) struct Pen<'a> {
    pub(in crate::ptv) client: &'a Client,
    pub(in crate::ptv) login: &'a Login,
    pub(in crate::ptv) reference: &'a Reference,
    pub(in crate::ptv) choices: &'a Choices,
}

impl Pen<'_> {
    pub(in crate::ptv) async fn write(self, put: &Put<'_>) -> Result<Written, PtvError> {
        let form = Form::of(put.entity).ok_or(PtvError::NoRequest)?;
        let rendered = render::entity(form, put.body, self.reference, self.choices);
        let wrong = rules::check(form, &rendered.body);
        if !wrong.is_empty() {
            let as_error = |finding: Finding| Finding { level: Level::Error, ..finding };
            return Err(PtvError::Blamed(wrong.into_iter().map(as_error).collect()));
        }
        let mut request = rendered.body;
        let (act, answer) = match &put.way {
            Way::Guid(guid) => match self.read(form, guid).await {
                Ok(there) => {
                    merge(&there, &mut request, put)?;
                    (Act::Updated, self.call(Method::PUT, &format!("{}/{guid}", form.segment()), Some(&request)).await?)
                }
                Err(PtvError::NotFound) if put.is_adopted => return Err(PtvError::AdoptedMissing),
                Err(PtvError::NotFound) if put.was_written => return Err(PtvError::Lost),
                Err(PtvError::NotFound) => (Act::Created, self.create(form, &mut request, put).await?),
                Err(error) => return Err(error),
            },
            Way::Source => (Act::Created, self.create(form, &mut request, put).await?),
        };
        let guid = guid_of(&answer, &put.way)?;
        if let (Some(hours), false) = (rendered.hours, self.choices.inline) {
            self.call(Method::PUT, &format!("{}/{guid}/service-hours", form.segment()), Some(&hours)).await?;
        }
        let owner = if form == Form::Organisation { "parentOrganizationContentId" } else { "organizationContentId" };
        // An answer may be the id alone; then it is what was asked for.
        let owner = answer.get(owner).or_else(|| request.get(owner)).and_then(Value::as_str);
        Ok(Written { act, guid, owners: owner.map(str::to_owned).into_iter().collect(), connected: None })
    }

    /// An archiving is a DELETE, as far as anybody guesses (§6.3).
    pub(in crate::ptv) async fn archive(self, path: &str, guid: &str) -> Result<(), PtvError> {
        let segment = match path {
            "Organization" => "organization",
            "Service" => "service",
            _ if path.starts_with("ServiceChannel") => "service-channel",
            _ => return Err(PtvError::NoRequest),
        };
        match self.call(Method::DELETE, &format!("{segment}/{guid}"), None).await {
            Ok(_) | Err(PtvError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Each connection is an object: those of the set are put, those that are not in it are taken away.
    pub(in crate::ptv) async fn connect(self, service: &str, set: &Value) -> Result<Written, PtvError> {
        let reader = Reader { client: self.client, reference: self.reference };
        let there = reader.connections(&[service.to_owned()], &mut Oddities::default()).await?;
        let there: BTreeSet<String> = there.into_values().flat_map(BTreeMap::into_keys).collect();
        let relations = set.get("channelRelations").and_then(Value::as_array).into_iter().flatten();
        let mut wanted = BTreeSet::new();
        for relation in relations {
            let Some(channel) = relation.get("serviceChannelId").and_then(Value::as_str).map(str::to_lowercase) else {
                continue;
            };
            let path = format!("connection/{service}/{channel}");
            let mut body = json!({ "serviceContentId": service, "channelContentId": channel });
            let (hours, _) = render::connection_hours(relation, self.reference, self.choices);
            if let (Some(map), true) = (body.as_object_mut(), self.choices.inline) {
                map.insert("serviceHours".to_owned(), hours.clone());
            }
            self.call(Method::PUT, &path, Some(&body)).await?;
            if !self.choices.inline && relation.get("serviceHours").is_some() {
                self.call(Method::PUT, &format!("{path}/service-hours"), Some(&hours)).await?;
            }
            wanted.insert(channel);
        }
        for channel in there.difference(&wanted) {
            match self.call(Method::DELETE, &format!("connection/{service}/{channel}"), None).await {
                Ok(_) | Err(PtvError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Written { act: Act::Updated, guid: service.to_owned(), owners: Vec::new(), connected: None })
    }

    /// Creates with our id. One that is taken says that an answer was lost: v12 tells nobody whose it is, so it is looked
    /// for among the organisation's own by its name, and else a person must look; nothing is made twice.
    async fn create(self, form: Form, request: &mut Value, put: &Put<'_>) -> Result<Value, PtvError> {
        if let Some(map) = request.as_object_mut() {
            map.insert("externalId".to_owned(), put.source_id.as_str().into());
        }
        match self.call(Method::POST, form.segment(), Some(request)).await {
            Err(PtvError::SourceIdTaken) => {
                let found = self.by_name(form, put.entity, request).await?;
                found.map(|guid| json!({ "contentId": guid })).ok_or(PtvError::SourceIdTaken)
            }
            answer => answer,
        }
    }

    async fn by_name(self, form: Form, entity: &Entity, request: &Value) -> Result<Option<String>, PtvError> {
        let family = match form {
            Form::Organisation => return Ok(None),
            Form::Service => Family::Service,
            _ => Family::Channel,
        };
        let owner = request.get("organizationContentId").and_then(Value::as_str).unwrap_or_default();
        let search = Search { owners: vec![owner.to_owned()], ..Search::of(family) };
        let reader = Reader { client: self.client, reference: self.reference };
        let found = reader.search(&search).await?.objects;
        let name = entity.name();
        let named = |seen: &crate::ptv::seen::Seen| {
            let mut names = name.iter().filter(|(lang, _)| seen.languages.contains(lang)).peekable();
            names.peek().is_some()
                && names.all(|(lang, name)| {
                    seen.values.lines(crate::ptv::seen::Path::Name, Some(lang)).any(|line| line == name.trim())
                })
        };
        let mut same = found.into_iter().filter(|(_, decoded)| named(&decoded.seen)).map(|(guid, _)| guid);
        let only = same.next();
        Ok(only.filter(|_| same.next().is_none()))
    }

    async fn read(self, form: Form, guid: &str) -> Result<Value, PtvError> {
        Ok(self.client.get(&format!("{}/{guid}", form.segment()), &[]).await?)
    }

    /// A write with key and token. A refused token is fetched anew once; the key is never touched by that.
    async fn call(self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, PtvError> {
        let token = self.login.token(None).await?;
        match self.client.send(&method, path, body, &token).await {
            Err(V12Error::Credentials(401)) => {}
            answer => return answer.map_err(refused),
        }
        let token = self.login.token(Some(&token)).await?;
        match self.client.send(&method, path, body, &token).await {
            Err(V12Error::Credentials(401)) => Err(PtvError::LoginRefused),
            answer => answer.map_err(refused),
        }
    }
}

/// 403 of a write is somebody else's organisation, not the key.
fn refused(error: V12Error) -> PtvError {
    match error {
        V12Error::Credentials(403) => PtvError::NoRight,
        error => error.into(),
    }
}

fn guid_of(answer: &Value, way: &Way) -> Result<String, PtvError> {
    let told = answer.get("contentId").or_else(|| answer.get("id")).and_then(Value::as_str).or_else(|| answer.as_str());
    let known = match way {
        Way::Guid(guid) => Some(guid.as_str()),
        Way::Source => None,
    };
    let guid = told.or(known).ok_or_else(|| PtvError::Unreadable("the answer names no id".into()))?;
    Ok(guid.to_lowercase())
}

/// What stands there and we do not know goes back as it came; what would be lost refuses the write.
fn merge(there: &Value, request: &mut Value, put: &Put<'_>) -> Result<(), PtvError> {
    let hours = ServiceHours::parse(there.get("serviceHours").unwrap_or(&Value::Null));
    if !hours.beyond().is_empty() {
        return Err(PtvError::WouldLose(hours.beyond().join(", ")));
    }
    let versions = |value: &Value| -> BTreeSet<String> {
        let all = value.get("languageVersions").and_then(Value::as_object).into_iter().flatten();
        all.map(|(code, _)| code.clone()).collect()
    };
    let sent_before: BTreeSet<String> = put.spoken.iter().map(|lang| lang.code().to_owned()).collect();
    let foreign: Vec<String> = (&(&versions(there) - &versions(request)) - &sent_before).into_iter().collect();
    if !foreign.is_empty() {
        return Err(PtvError::WouldLose(format!("the language versions {}", foreign.join(", "))));
    }
    fill(there, request, &READ_ONLY);
    let codes = versions(request);
    for code in codes {
        let path = format!("/languageVersions/{code}");
        if let (Some(there), Some(ours)) = (there.pointer(&path).cloned(), request.pointer_mut(&path)) {
            fill(&there, ours, &[]);
        }
    }
    Ok(())
}

/// Members that only the other side has.
fn fill(there: &Value, ours: &mut Value, but: &[&str]) {
    let Some(ours) = ours.as_object_mut() else { return };
    for (member, value) in there.as_object().into_iter().flatten() {
        if !ours.contains_key(member) && !but.contains(&member.as_str()) {
            ours.insert(member.clone(), value.clone());
        }
    }
}

/// The languages of a twin that were sent before: a person's intent when one is left out now.
pub(in crate::ptv) fn spoken(languages: &str) -> Vec<Lang> {
    languages.split(',').filter_map(Lang::from_code).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[test]
    fn v12_w_08_members_that_we_do_not_know_go_back_as_they_came() {
        let there = json!({"contentId": "x", "name": "old", "colour": {"fi": "sininen"}, "serviceHours": {}});
        let mut ours = json!({"name": "new"});
        fill(&there, &mut ours, &super::READ_ONLY);
        assert_eq!(ours, json!({"name": "new", "colour": {"fi": "sininen"}}));
    }
}
