//! Writes of v12 as far as anybody guesses them (ptv-v12 §6.4), each guess behind a switch. They never flow back to v11.

mod judge;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::view::{self, Family, Moment};
use super::{Base, Desk};
use crate::ptv::auth::{Bearer, PtvUser};
use crate::ptv::handlers::{Body, Request};
use crate::ptv::json::text;
use crate::ptv::{PtvConfig, State};

/// An object that was written through v12.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(super) family: Family,
    /// As it is shown, without its id and time stamps.
    pub(super) shown: Value,
    pub(super) at: Timestamp,
    pub(super) archived: bool,
    external_id: Option<String>,
}

/// Connections that were written through v12; `None` took one away.
pub(crate) type Links = BTreeMap<(String, String), Option<(Value, Timestamp)>>;

const HOURS: &str = "service-hours";

/// Carries a write out. The answer's status is 201 for what is new.
pub(super) fn write(
    config: &PtvConfig,
    state: &mut State,
    request: &Request,
    route: &[&str],
    now: Timestamp,
) -> Result<(u16, Value), Problem> {
    if !state.v12.switches.writes {
        return Err(Problem::plain(404, "There is no such operation."));
    }
    let Bearer::User(user) = state.tokens.read(request.token.as_deref(), now) else {
        return Err(Problem::plain(401, "The token is missing or has expired."));
    };
    let moment = now.checked_sub(state.v12.switches.lag).unwrap_or(Timestamp::MIN);
    let mut clerk = Clerk { config, state, user, now, moment };
    match (request.method.as_str(), route) {
        ("POST", [family]) => {
            let family = Family::parse(family).ok_or_else(missing)?;
            clerk.post(family, &body(request)?)
        }
        ("PUT", ["connection", service, channel]) => clerk.link(service, channel, &body(request)?),
        ("PUT", ["connection", service, channel, HOURS]) => clerk.link_hours(service, channel, &body(request)?),
        ("DELETE", ["connection", service, channel]) => clerk.unlink(service, channel),
        ("PUT", [family, cid]) => {
            let family = Family::parse(family).ok_or_else(missing)?;
            clerk.put(family, cid, &body(request)?)
        }
        ("PUT", [family, cid, HOURS]) => {
            let family = Family::parse(family).ok_or_else(missing)?;
            clerk.hours(family, cid, &body(request)?)
        }
        ("DELETE", [family, cid]) => {
            let family = Family::parse(family).ok_or_else(missing)?;
            clerk.archive(family, cid)
        }
        _ => Err(missing()),
    }
}

fn missing() -> Problem {
    Problem::plain(404, "There is no such operation.")
}

fn body(request: &Request) -> Result<Value, Problem> {
    match &request.body {
        Body::Json(value) => Ok(value.clone()),
        _ => Err(Problem::of(vec![("/".to_owned(), "the body must be JSON".to_owned())])),
    }
}

struct Clerk<'a> {
    config: &'a PtvConfig,
    state: &'a mut State,
    user: PtvUser,
    now: Timestamp,
    moment: Timestamp,
}

impl Clerk<'_> {
    fn desk(&self) -> Desk<'_> {
        Desk { config: self.config, state: self.state, moment: self.moment }
    }

    fn post(&mut self, family: Family, body: &Value) -> Result<(u16, Value), Problem> {
        judge::whole(family, body, self.state.v12.switches.hours_inline)?;
        self.owned(family, body)?;
        let external = text(body, "externalId").map(str::to_owned);
        if let Some(external) = &external {
            let mut all = self.state.v12.objects.iter();
            let known = all.find(|(_, it)| it.external_id.as_ref() == Some(external)).map(|(cid, _)| cid.clone());
            match known {
                Some(cid) if self.state.v12.switches.repeated_post_answers_the_same => {
                    return Ok((200, self.answer(family, &cid)));
                }
                Some(_) => return Err(Problem::plain(409, "The external id is in use.")),
                None => {}
            }
        }
        let cid = uuid::Uuid::new_v4().to_string();
        self.keep(family, &cid, body, external);
        Ok((201, self.answer(family, &cid)))
    }

    fn put(&mut self, family: Family, cid: &str, body: &Value) -> Result<(u16, Value), Problem> {
        let cid = super::uuid("contentId", cid)?;
        let there = self.shown(family, &cid)?;
        self.owned(family, &there)?;
        judge::whole(family, body, self.state.v12.switches.hours_inline)?;
        self.owned(family, body)?;
        let external = self.state.v12.objects.get(&cid).and_then(|it| it.external_id.clone());
        let mut body = body.clone();
        // Hours that go by another call stay.
        if let (Some(map), Some(hours)) = (body.as_object_mut(), there.get("serviceHours"))
            && !map.contains_key("serviceHours")
        {
            map.insert("serviceHours".to_owned(), hours.clone());
        }
        self.keep(family, &cid, &body, external);
        Ok((200, self.answer(family, &cid)))
    }

    fn hours(&mut self, family: Family, cid: &str, hours: &Value) -> Result<(u16, Value), Problem> {
        let cid = super::uuid("contentId", cid)?;
        let mut there = self.shown(family, &cid)?;
        self.owned(family, &there)?;
        judge::hours(hours)?;
        if let Some(map) = there.as_object_mut() {
            map.insert("serviceHours".to_owned(), hours.clone());
        }
        let external = self.state.v12.objects.get(&cid).and_then(|it| it.external_id.clone());
        self.keep(family, &cid, &there, external);
        Ok((200, self.answer(family, &cid)))
    }

    fn archive(&mut self, family: Family, cid: &str) -> Result<(u16, Value), Problem> {
        let cid = super::uuid("contentId", cid)?;
        let there = self.shown(family, &cid)?;
        self.owned(family, &there)?;
        self.keep(family, &cid, &there, None);
        if let Some(written) = self.state.v12.objects.get_mut(&cid) {
            written.archived = true;
        }
        Ok((204, Value::Null))
    }

    fn link(&mut self, service: &str, channel: &str, body: &Value) -> Result<(u16, Value), Problem> {
        let pair = self.pair(service, channel)?;
        let named = |member: &str, id: &str| text(body, member).is_some_and(|it| it.eq_ignore_ascii_case(id));
        if !named("serviceContentId", &pair.0) || !named("channelContentId", &pair.1) {
            return Err(Problem::of(vec![("/serviceContentId".to_owned(), "must be the ids of the path".to_owned())]));
        }
        let mut shown = self.linked(&pair).unwrap_or_else(|| nothing_said(&pair));
        if let (Some(map), Some(hours)) = (shown.as_object_mut(), body.get("serviceHours")) {
            map.insert("serviceHours".to_owned(), hours.clone());
        }
        self.state.v12.links.insert(pair, Some((shown.clone(), self.now)));
        Ok((200, shown))
    }

    fn link_hours(&mut self, service: &str, channel: &str, hours: &Value) -> Result<(u16, Value), Problem> {
        let pair = self.pair(service, channel)?;
        judge::hours(hours)?;
        let mut shown = self.linked(&pair).ok_or_else(|| Problem::absent("Unknown"))?;
        if let Some(map) = shown.as_object_mut() {
            map.insert("serviceHours".to_owned(), hours.clone());
        }
        self.state.v12.links.insert(pair, Some((shown.clone(), self.now)));
        Ok((200, shown))
    }

    fn unlink(&mut self, service: &str, channel: &str) -> Result<(u16, Value), Problem> {
        let pair = self.pair(service, channel)?;
        self.linked(&pair).ok_or_else(|| Problem::absent("Unknown"))?;
        self.state.v12.links.insert(pair, None);
        Ok((204, Value::Null))
    }

    /// Both ends must be there, and the service must be the caller's.
    fn pair(&self, service: &str, channel: &str) -> Result<(String, String), Problem> {
        let pair = (super::uuid("serviceContentId", service)?, super::uuid("channelContentId", channel)?);
        let there = self.shown(Family::Service, &pair.0)?;
        self.shown(Family::Channel, &pair.1)?;
        self.owned(Family::Service, &there)?;
        Ok(pair)
    }

    fn linked(&self, pair: &(String, String)) -> Option<Value> {
        let desk = self.desk();
        let seen = view::connections(&desk).into_iter().find(|seen| seen.pair == *pair)?;
        let mut shown = seen.show(&desk);
        if let Some(map) = shown.as_object_mut() {
            map.remove("publishedAt");
        }
        Some(shown)
    }

    fn shown(&self, family: Family, cid: &str) -> Result<Value, Problem> {
        let desk = self.desk();
        match view::find(&desk, family, cid) {
            Moment::Published(object) => Ok(object.show(&desk, true)),
            Moment::NotPublished => Err(Problem::absent("NotPublished")),
            Moment::Unknown => Err(Problem::absent("Unknown")),
        }
    }

    /// 403 for what belongs to somebody else's organisation.
    fn owned(&self, family: Family, value: &Value) -> Result<(), Problem> {
        let member =
            if family == Family::Organization { "parentOrganizationContentId" } else { "organizationContentId" };
        let Some(root) = self.user.organization.as_deref() else { return Err(foreign()) };
        let Some(owner) = text(value, member) else {
            return if family == Family::Organization { Ok(()) } else { Err(foreign()) };
        };
        let tree = self.state.store.tree(root);
        let written = self.state.v12.objects.contains_key(&owner.to_lowercase());
        if written || tree.iter().any(|id| id.eq_ignore_ascii_case(owner)) { Ok(()) } else { Err(foreign()) }
    }

    fn keep(&mut self, family: Family, cid: &str, body: &Value, external_id: Option<String>) {
        let mut shown = body.clone();
        if let Some(map) = shown.as_object_mut() {
            for member in ["externalId", "contentId", "publishedAt", "migratedAt"] {
                map.remove(member);
            }
            let hours = family == Family::Channel
                && matches!(
                    map.get("serviceChannelType").and_then(Value::as_str),
                    Some("EService" | "TelephoneService" | "ServiceLocation")
                );
            if hours {
                let none = || json!({ "hours": [], "holidayServiceHours": null });
                map.entry("serviceHours").or_insert_with(none);
            }
        }
        coordinates_as_read(&mut shown);
        let written = Written { family, shown, at: self.now, archived: false, external_id };
        self.state.v12.objects.insert(cid.to_owned(), written);
    }

    fn answer(&self, family: Family, cid: &str) -> Value {
        if self.state.v12.switches.writes_answer_ids {
            return json!({ "contentId": cid });
        }
        self.shown(family, cid).unwrap_or(Value::Null)
    }
}

fn foreign() -> Problem {
    Problem::plain(403, "The organisation is not the user's.")
}

/// A write has one coordinate, a read a list of them (§6.2).
fn coordinates_as_read(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (member, inner) in map.iter_mut() {
                if member == "coordinates" && !inner.is_array() {
                    *inner = if inner.is_null() { json!([]) } else { json!([inner.take()]) };
                } else {
                    coordinates_as_read(inner);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(coordinates_as_read),
        _ => {}
    }
}

fn nothing_said(pair: &(String, String)) -> Value {
    json!({
        "serviceContentId": pair.0, "channelContentId": pair.1, "chargeType": null,
        "serviceHours": { "hours": [], "holidayServiceHours": null },
        "contactAddresses": { "streetAddresses": [], "postOfficeBoxAddresses": [], "foreignAddresses": [] },
        "languageVersions": Map::new(),
    })
}

impl Base {
    /// What v12 itself holds of an id.
    pub(super) fn written(&self, cid: &str) -> Option<&Written> {
        self.objects.get(cid)
    }
}
