//! The one function that answers a call, whichever door it came through, and the table of paths (ptv-in-api §2).

mod codes;
mod connection;
mod connection_post;
mod lists;
mod login;
mod reads;
mod tasks;
mod write;

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::auth::{Access, PtvUser, admit};
use super::control::FaultAction;
use super::errors::{Payload, Refusal, Reply};
use super::read::Reader;
use super::store::Kind;
use super::{PtvConfig, State, World, v12};

/// A body as it arrived.
pub(crate) enum Body {
    Absent,
    Malformed,
    Json(Value),
    Form(Vec<(String, String)>),
}

impl Body {
    pub(crate) fn from_value(value: Option<&Value>) -> Self {
        value.map_or(Self::Absent, |value| Self::Json(value.clone()))
    }

    pub(crate) fn from_bytes(bytes: &[u8], form: bool) -> Self {
        if form {
            return Self::Form(pairs(&String::from_utf8_lossy(bytes)));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Absent;
        }
        serde_json::from_slice(bytes).map_or(Self::Malformed, Self::Json)
    }
}

/// One call.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) token: Option<String>,
    /// Lower-case names; only the doors of v12 fill them.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Body,
}

impl Request {
    /// `target` is path and query; `token` is what follows `Bearer`.
    pub(crate) fn new(method: &str, target: &str, token: Option<&str>, body: Body) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            query: pairs(query),
            token: token.map(str::to_owned),
            headers: BTreeMap::new(),
            body,
        }
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn segments(&self) -> Vec<String> {
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

/// Everything a handler works with while it holds the state.
pub(crate) struct Desk<'a> {
    pub(crate) config: &'a PtvConfig,
    pub(crate) state: &'a mut State,
    pub(crate) user: Option<PtvUser>,
    pub(crate) now: Timestamp,
    pub(crate) today: Date,
}

impl Desk<'_> {
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            store: &self.state.store,
            reference: &self.config.reference,
            user: self.user.as_ref().map(|user| user.email.as_str()),
            live: self.config.profile.is_live(),
        }
    }

    /// The writing user; the access check has let it in.
    pub(crate) fn writer(&self) -> Result<PtvUser, Refusal> {
        self.user.clone().ok_or(Refusal::Unauthorized)
    }

    pub(crate) fn tree(&self, user: &PtvUser) -> HashSet<String> {
        user.organization.as_deref().map(|root| self.state.store.tree(root)).unwrap_or_default()
    }
}

/// The in-process door: faults of the answering kind, then the decision.
pub(crate) fn respond(world: &World, request: &Request) -> Reply {
    match take_fault(world, &request.method, &request.path, false) {
        Some(FaultAction::Status(status, text)) => Reply::text(status, text),
        _ => decide(world, request),
    }
}

/// Takes a fault that fits the call. Without a socket only answers are taken, the rest is left for the HTTP door.
pub(crate) fn take_fault(world: &World, method: &str, path: &str, socket: bool) -> Option<FaultAction> {
    let mut state = world.state();
    let at = state.faults.iter().position(|fault| {
        fault.times > 0
            && path.contains(&fault.path_contains)
            && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && (socket || matches!(fault.action, FaultAction::Status(..)))
    })?;
    let fault = state.faults.get_mut(at)?;
    fault.times -= 1;
    let action = fault.action.clone();
    if fault.times == 0 {
        state.faults.remove(at);
    }
    Some(action)
}

/// Answers a call.
pub(crate) fn decide(world: &World, request: &Request) -> Reply {
    let now = world.now();
    let mut state = world.state();
    state.requests += 1;
    let trace = state.requests;
    let profile = world.config.profile;
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let route = match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["api", "auth", "api-login"]) => {
            return login::api_login(&world.config, &mut state, now, &request.body);
        }
        ("POST", ["connect", "token"]) => return login::connect_token(&world.config, &mut state, now, &request.body),
        (_, ["api", "v12", rest @ ..]) => return v12::decide(world, &mut state, request, rest, now),
        (_, ["api", "v11", rest @ ..]) => rest,
        (_, ["api", ..]) => {
            return Reply::text(404, "This version is not supported any more. See /swagger/ui/index.html.");
        }
        _ => return Reply::text(404, "Not found."),
    };
    let Some(access) = access(&request.method, route) else { return Reply::text(404, "Not found.") };
    let bearer = state.tokens.read(request.token.as_deref(), now);
    let user = match admit(bearer, access, profile.is_live()) {
        Ok(user) => user,
        Err(refusal) => return Reply::of(refusal, profile, trace),
    };
    let writes = matches!(request.method.as_str(), "POST" | "PUT");
    let zoned = now.to_zoned(TimeZone::UTC);
    let today = zoned.date();
    // PTV's nightly expiry job; here it runs when somebody looks.
    if let Ok(limit) = zoned.checked_sub(18.months()) {
        state.store.expire(limit.timestamp(), now);
    }
    let mut desk = Desk { config: &world.config, state: &mut state, user, now, today };
    let reply = dispatch(&mut desk, request, route).unwrap_or_else(|refusal| Reply::of(refusal, profile, trace));
    if writes {
        let kind = match route {
            ["ServiceChannel", kind, ..] | [kind, ..] => kind,
            [] => "",
        };
        let key = (kind.to_owned(), request.method.clone(), reply.status);
        *state.writes.0.entry(key).or_default() += 1;
    }
    reply
}

/// What a path needs, or nothing when there is no such operation.
fn access(method: &str, route: &[&str]) -> Option<Access> {
    Some(match (method, route) {
        ("POST" | "PUT", ["GeneralDescription", ..]) => Access::Eeva,
        ("PUT", ["Connection", "ASTI", ..]) => Access::WriteAsti,
        ("POST" | "PUT", ["Organization" | "Service" | "ServiceChannel" | "ServiceCollection" | "Connection", ..]) => {
            Access::Write
        }
        ("GET", ["Service" | "ServiceChannel", "active", ..] | ["Organization", "saha", ..]) => Access::Restricted,
        ("GET", ["Common", operation, ..]) if *operation != "EntitiesByOrganization" => Access::Restricted,
        ("GET", [_, ..]) => Access::Open,
        _ => return None,
    })
}

fn dispatch(desk: &mut Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    match (request.method.as_str(), route) {
        ("POST", ["Connection"]) => connection_post::post(desk, &request.body, false),
        ("POST", ["Connection", "Source"]) => connection_post::post(desk, &request.body, true),
        ("PUT", ["Connection", "serviceId", id]) => connection::put_by_id(desk, id, &request.body),
        ("PUT", ["Connection", "serviceSourceId", id]) => connection::put_by_source(desk, id, &request.body),
        ("POST", [..]) => match kind_of(route) {
            Some((kind, [])) => write::write(desk, kind, &write::Target::New, &request.body),
            _ => Ok(missing()),
        },
        ("PUT", [..]) => match kind_of(route) {
            Some((kind, [id])) => write::write(desk, kind, &write::Target::Id(id), &request.body),
            Some((kind, ["sourceId", id])) => write::write(desk, kind, &write::Target::Source(id), &request.body),
            _ => Ok(missing()),
        },
        _ => reads::get(desk, request, route),
    }
}

fn missing() -> Reply {
    Reply { status: 404, body: Payload::Empty }
}

/// The kind that a path speaks of, and what follows it.
fn kind_of<'a, 'b>(route: &'a [&'b str]) -> Option<(Kind, &'a [&'b str])> {
    match route {
        ["Organization", rest @ ..] => Some((Kind::Organization, rest)),
        ["Service", rest @ ..] => Some((Kind::Service, rest)),
        ["ServiceCollection", rest @ ..] => Some((Kind::ServiceCollection, rest)),
        ["ServiceChannel", kind, rest @ ..] => {
            Kind::CHANNELS.into_iter().find(|k| k.name().eq_ignore_ascii_case(kind)).map(|kind| (kind, rest))
        }
        _ => None,
    }
}
