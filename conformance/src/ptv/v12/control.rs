//! What tests do to the simulated v12 from outside: keys, switches, edits in the coming user interface.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Desk, V12Switches};
use crate::ptv::handlers::Request;
use crate::ptv::{PtvSimulator, State};

/// So many calls are remembered.
const MOST_SEEN: usize = 5000;

/// A call that reached v12.
#[derive(Clone, Debug)]
pub struct SeenCall {
    pub method: String,
    /// Below the host, without the query.
    pub path: String,
    /// In the order of the query, decoded.
    pub query: Vec<(String, String)>,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
}

/// A member of a read model that is set to something else.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// JSON pointer.
    pointer: String,
    value: Option<Value>,
    /// When it was published; none for what is no publication.
    at: Option<Timestamp>,
}

pub(super) fn note(state: &mut State, request: &Request) {
    if state.v12.seen.len() == MOST_SEEN {
        state.v12.seen.pop_front();
    }
    state.v12.seen.push_back(SeenCall {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
    });
}

/// Puts the edits of an object into its read model.
pub(super) fn apply(desk: &Desk<'_>, cid: &str, shown: &mut Value) {
    for edit in desk.state.v12.edits.get(cid).into_iter().flatten() {
        let Some((above, member)) = edit.pointer.rsplit_once('/') else { continue };
        match (shown.pointer_mut(above), &edit.value) {
            (Some(Value::Object(map)), Some(value)) => {
                map.insert(member.to_owned(), value.clone());
            }
            (Some(Value::Object(map)), None) => {
                map.remove(member);
            }
            (Some(Value::Array(list)), Some(value)) => {
                if let Some(slot) = member.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
                    *slot = value.clone();
                } else {
                    list.push(value.clone());
                }
            }
            _ => {}
        }
    }
}

pub(super) fn edited_at(desk: &Desk<'_>, cid: &str) -> Option<Timestamp> {
    desk.state.v12.edits.get(cid)?.iter().filter_map(|edit| edit.at).max()
}

impl PtvSimulator {
    /// Changes the switches of v12.
    pub fn v12_switch(&self, change: impl FnOnce(&mut V12Switches)) {
        change(&mut self.world.state().v12.switches);
    }

    /// The gateway knows this key from now on.
    pub fn v12_allow_key(&self, key: &str) {
        self.world.state().v12.keys.insert(key.to_owned());
    }

    /// The gateway knows this key no more.
    pub fn v12_revoke_key(&self, key: &str) {
        self.world.state().v12.keys.remove(key);
    }

    /// Sets a member of what v12 shows of an object (`service/channel` for a connection), as a person in the coming
    /// user interface or the transfer would; a list takes it at its end when the place is `-`. With `published` it
    /// counts as published now. v11 does not get to know of it.
    pub fn v12_edit(&self, cid: &str, pointer: &str, value: Value, published: bool) {
        let at = published.then(|| self.world.now());
        let edit = Edit { pointer: pointer.to_owned(), value: Some(value), at };
        self.world.state().v12.edits.entry(cid.to_lowercase()).or_default().push(edit);
    }

    /// Leaves a member out of what v12 shows.
    pub fn v12_leave_out(&self, cid: &str, pointer: &str) {
        let edit = Edit { pointer: pointer.to_owned(), value: None, at: None };
        self.world.state().v12.edits.entry(cid.to_lowercase()).or_default().push(edit);
    }

    /// The next so many second pages come as if an item had been added before the first.
    pub fn v12_move_pages(&self, times: u32) {
        self.world.state().v12.moving = times;
    }

    /// The calls that reached v12, the oldest first.
    pub fn v12_calls(&self) -> Vec<SeenCall> {
        self.world.state().v12.seen.iter().cloned().collect()
    }

    /// The in-process door of v12, without a socket.
    pub fn handle_v12(&self, method: &str, path: &str, key: Option<&str>, body: Option<&Value>) -> (u16, Value) {
        self.write_v12(method, path, key, None, body)
    }

    /// The same with a token, as writes need it.
    pub fn write_v12(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        use crate::ptv::errors::Payload;
        use crate::ptv::handlers::{self, Body};
        let mut request = Request::new(method, &format!("/api/v12/{path}"), token, Body::from_value(body));
        if let Some(key) = key {
            request.headers.insert("x-api-key".to_owned(), key.to_owned());
        }
        let reply = handlers::respond(&self.world, &request);
        let value = match reply.body {
            Payload::Json(value) => value,
            Payload::Text(text) => Value::String(text),
            Payload::Empty => Value::Null,
        };
        (reply.status, value)
    }
}
