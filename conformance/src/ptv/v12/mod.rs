//! The face of the coming PTV v12 over the same content, written from the fact sheet `ptv-v12.md` alone.
//!
//! What v11 holds is seen here after the transfer's lag, on the simulator's clock. Reads follow §2–5; writes are §6.4's
//! guesses, off until a switch turns them on, and never flow back to v11. What the sheet leaves open is a switch.

mod codes;
mod control;
mod lists;
mod problem;
mod query;
mod show;
#[cfg(test)]
mod tests;
mod view;
mod write;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

pub use control::SeenCall;

use self::problem::Problem;
use self::query::Query;
use self::view::{Family, Moment};
use super::errors::{Payload, Reply};
use super::formats;
use super::handlers::Request;
use super::{PtvConfig, State, World};

/// What the sheet does not settle, and what is broken on purpose.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // Each is a switch of its own.
pub struct V12Switches {
    /// How long the transfer from v11 takes (§8).
    pub lag: SignedDuration,
    /// Single objects and code lists are read without a key (§2).
    pub single_reads_open: bool,
    /// A query parameter that the operation does not have is ignored instead of refused (§3.3).
    pub unknown_parameters_ignored: bool,
    /// A missing `page` or `pageSize` takes its default (§3.3).
    pub page_defaults: bool,
    /// Pages have the member names of v11 (what a wrong client expects).
    pub pages_of_v11: bool,
    /// What the general description holds is mixed into the service, as v11 does it (§4.2).
    pub descriptions_mixed: bool,
    /// Numbers of `+358` are shown as `DomesticPhone` (§7.5).
    pub domestic_358: bool,
    /// Ids are not those of v11 (§5.1).
    pub other_ids: bool,
    /// `/health/*` says that it is well.
    pub healthy: bool,
    /// The writes of §6.4 are there at all.
    pub writes: bool,
    /// A request may carry service hours; else they go by a call of their own.
    pub hours_inline: bool,
    /// A POST with an external id that is in use answers the object instead of 409.
    pub repeated_post_answers_the_same: bool,
    /// Writes answer the id alone instead of the read model.
    pub writes_answer_ids: bool,
}

impl Default for V12Switches {
    fn default() -> Self {
        Self {
            lag: SignedDuration::from_mins(90),
            single_reads_open: false,
            unknown_parameters_ignored: false,
            page_defaults: false,
            pages_of_v11: false,
            descriptions_mixed: false,
            domestic_358: false,
            other_ids: false,
            healthy: true,
            writes: false,
            hours_inline: false,
            repeated_post_answers_the_same: false,
            writes_answer_ids: false,
        }
    }
}

/// What v12 holds beside the content of v11.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) switches: V12Switches,
    pub(crate) keys: BTreeSet<String>,
    /// What a person of the coming user interface has set, by content id (or `service/channel`).
    pub(crate) edits: BTreeMap<String, Vec<control::Edit>>,
    /// The next so many second pages are answered as if an item had come in before the first.
    pub(crate) moving: u32,
    pub(crate) seen: VecDeque<SeenCall>,
    /// What was written through v12, by content id.
    pub(crate) objects: BTreeMap<String, write::Written>,
    pub(crate) links: write::Links,
}

impl Base {
    pub(crate) fn new(config: &PtvConfig) -> Self {
        Self {
            switches: V12Switches::default(),
            keys: config.api_keys.iter().cloned().collect(),
            edits: BTreeMap::new(),
            moving: 0,
            seen: VecDeque::new(),
            objects: BTreeMap::new(),
            links: BTreeMap::new(),
        }
    }
}

/// Everything that an answer is made from.
pub(super) struct Desk<'a> {
    pub(super) config: &'a PtvConfig,
    pub(super) state: &'a State,
    /// The moment of v11 that v12 shows.
    pub(super) moment: Timestamp,
}

impl Desk<'_> {
    pub(super) fn switches(&self) -> &V12Switches {
        &self.state.v12.switches
    }
}

/// Answers a call below `/api/v12`.
pub(crate) fn decide(world: &World, state: &mut State, request: &Request, route: &[&str], now: Timestamp) -> Reply {
    control::note(state, request);
    if let ["health", "liveness" | "readiness"] = route {
        let healthy = state.v12.switches.healthy;
        let (status, word) = if healthy { (200, "healthy") } else { (503, "unhealthy") };
        return Reply { status, body: Payload::Json(json!(word)) };
    }
    if !admitted(state, request, route) {
        return Reply::text(401, "<html><head><title>401 Authorization Required</title></head><body></body></html>");
    }
    if let Ok(limit) = now.to_zoned(TimeZone::UTC).checked_sub(18.months()) {
        state.store.expire(limit.timestamp(), now);
    }
    if request.method != "GET" {
        let answer = write::write(&world.config, state, request, route, now);
        return match answer {
            Ok((204, _)) => Reply { status: 204, body: Payload::Empty },
            Ok((status, value)) => Reply { status, body: Payload::Json(value) },
            Err(problem) => problem.reply(&request.path, state.requests),
        };
    }
    let moment = now.checked_sub(state.v12.switches.lag).unwrap_or(Timestamp::MIN);
    let moved = std::mem::take(&mut state.v12.moving);
    let desk = Desk { config: &world.config, state, moment };
    let mut moving = Moving { left: moved };
    let answer = get(&desk, request, route, &mut moving);
    state.v12.moving = moving.left;
    answer.map_or_else(|problem| problem.reply(&request.path, state.requests), Reply::ok)
}

/// How many second pages are still to move.
pub(super) struct Moving {
    pub(super) left: u32,
}

/// The key is demanded everywhere, or not of single reads and code lists.
fn admitted(state: &State, request: &Request, route: &[&str]) -> bool {
    let key = request.headers.get("x-api-key");
    let listed = matches!(route, [_, "search" | "archived", ..] | [_, "hierarchy", _]);
    let open = state.v12.switches.single_reads_open && request.method == "GET" && !listed;
    open || key.is_some_and(|key| state.v12.keys.contains(key))
}

fn get(desk: &Desk<'_>, request: &Request, route: &[&str], moving: &mut Moving) -> Result<Value, Problem> {
    let parts: Vec<&str> = route.to_vec();
    match parts.as_slice() {
        ["organization", "hierarchy", cid] => {
            Query::read(request, query::NONE, desk.switches())?;
            hierarchy(desk, cid)
        }
        ["connection", "search"] => lists::connections(desk, request, moving),
        ["connection", "archived"] => lists::archived_connections(desk, request, moving),
        ["connection", service, channel] => {
            Query::read(request, query::NONE, desk.switches())?;
            connection(desk, service, channel)
        }
        [family, rest] if Family::parse(family).is_some() => {
            let family = Family::parse(family).ok_or_else(|| Problem::plain(404, "There is no such operation."))?;
            match *rest {
                "search" => lists::search(desk, request, family, moving),
                "archived" => lists::archived(desk, request, family, moving),
                cid => {
                    Query::read(request, query::NONE, desk.switches())?;
                    single(desk, family, cid)
                }
            }
        }
        [list] => codes::list(desk, request, list, moving),
        _ => Err(Problem::plain(404, "There is no such operation.")),
    }
}

/// A content id in a path.
fn uuid(name: &str, text: &str) -> Result<String, Problem> {
    if formats::guid(text) { Ok(text.to_lowercase()) } else { Err(Problem::parameter(name, "must be a UUID")) }
}

fn single(desk: &Desk<'_>, family: Family, cid: &str) -> Result<Value, Problem> {
    let cid = uuid("contentId", cid)?;
    match view::find(desk, family, &cid) {
        Moment::Published(object) => Ok(object.show(desk, true)),
        Moment::NotPublished => Err(Problem::absent("NotPublished")),
        Moment::Unknown => Err(Problem::absent("Unknown")),
    }
}

fn connection(desk: &Desk<'_>, service: &str, channel: &str) -> Result<Value, Problem> {
    let pair = (uuid("serviceContentId", service)?, uuid("channelContentId", channel)?);
    let known = desk.state.store.links_as_of(desk.moment).find(|(at, _, _)| **at == pair);
    let visible = view::connections(desk).into_iter().find(|seen| seen.pair == pair);
    match (visible, known) {
        (Some(seen), _) => Ok(seen.show(desk)),
        (None, Some(_)) => Err(Problem::absent("NotPublished")),
        (None, None) => Err(Problem::absent("Unknown")),
    }
}

/// The tree around a node, as edges. It starts from the root of the node's tree: §4.1 leaves that open.
fn hierarchy(desk: &Desk<'_>, cid: &str) -> Result<Value, Problem> {
    let cid = uuid("contentId", cid)?;
    if !matches!(view::find(desk, Family::Organization, &cid), Moment::Published(_)) {
        return Err(Problem::plain(404, "The organisation was not found."));
    }
    let parents: BTreeMap<String, String> = view::published(desk, Family::Organization)
        .iter()
        .filter_map(|object| Some((object.cid.clone(), object.parent()?)))
        .collect();
    let root = view::root(&parents, &cid);
    let mut edges: Vec<Value> = parents
        .iter()
        .filter(|(child, _)| view::root(&parents, child) == root)
        .map(|(child, parent)| json!({ "childContentId": child, "parentContentId": parent }))
        .collect();
    // No order is promised, so none is kept.
    edges.reverse();
    Ok(json!({ "edges": edges }))
}
