//! What tests do to the simulated PTV from outside: people at work in its user interface, and a network that fails.

use std::time::Duration;

use super::PtvSimulator;
use super::handlers::swagger::ContractChange;
use super::store::{Connection, Status, Version};
use serde_json::json;

/// A disturbance of calls whose path contains a text.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Only this method, or any.
    pub method: Option<String>,
    /// A part of the path.
    pub path_contains: String,
    /// How many calls it hits before it is used up.
    pub times: u32,
    pub action: FaultAction,
}

/// What a fault does.
#[derive(Clone, Debug)]
pub enum FaultAction {
    /// Answer this status and text; nothing is done. Both doors.
    Status(u16, String),
    /// Wait before the call is done. HTTP door only.
    Delay(Duration),
    /// Answer this, headers and all; nothing is done. HTTP door only.
    Answer { status: u16, headers: Vec<(String, String)>, body: String },
    /// Break the connection before the call is done. HTTP door only.
    CutBefore,
    /// Do the call, then break the connection instead of answering. HTTP door only.
    CutAfter,
}

impl PtvSimulator {
    /// A person opens the entity for editing: writes answer 404 with a "locked" text until unlocked.
    pub fn lock(&self, id: &str) {
        self.world.state().store.locked.insert(id.to_lowercase());
    }

    /// The person closes the editor.
    pub fn unlock(&self, id: &str) {
        self.world.state().store.locked.remove(&id.to_lowercase());
    }

    /// A person saves a Modified version on top of the published one. False when there is no such published entity.
    pub fn make_modified(&self, id: &str) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id.to_lowercase()) else { return false };
        if entity.latest.status != Status::Published {
            return false;
        }
        let version = Version { status: Status::Modified, modified: now, ..entity.latest.clone() };
        entity.push(version);
        true
    }

    /// A person publishes the latest version. False when there is no Draft or Modified one.
    pub fn publish(&self, id: &str) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id.to_lowercase()) else { return false };
        if !matches!(entity.latest.status, Status::Draft | Status::Modified) {
            return false;
        }
        let version = Version { status: Status::Published, modified: now, ..entity.latest.clone() };
        entity.push(version);
        true
    }

    /// A person takes a published entity out of publication: it is a draft again. False when it is not published.
    pub fn withdraw(&self, id: &str) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id.to_lowercase()) else { return false };
        if entity.latest.status != Status::Published {
            return false;
        }
        let version = Version { status: Status::Draft, modified: now, ..entity.latest.clone() };
        entity.push(version);
        true
    }

    /// A person edits and publishes one top-level field of the stored content. False when the id is unknown.
    pub fn edit(&self, id: &str, field: &str, value: serde_json::Value) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id.to_lowercase()) else { return false };
        let mut version = Version { status: Status::Published, modified: now, ..entity.latest.clone() };
        if let Some(content) = version.content.as_object_mut() {
            content.insert(field.to_owned(), value);
        }
        entity.push(version);
        true
    }

    /// A person begins an edit of one top-level field and saves it without publishing. False when the entity is not
    /// published.
    pub fn save_draft_edit(&self, id: &str, field: &str, value: serde_json::Value) -> bool {
        if !self.make_modified(id) {
            return false;
        }
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id.to_lowercase()) else { return false };
        if let Some(content) = entity.latest.content.as_object_mut() {
            content.insert(field.to_owned(), value);
        }
        true
    }

    /// A person discards the Modified version; the published one below it stands, as old as it was. False when there is
    /// none.
    pub fn discard(&self, id: &str) -> bool {
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id.to_lowercase()) else { return false };
        let Some(below) = entity.below.clone().filter(|_| entity.latest.status == Status::Modified) else {
            return false;
        };
        entity.push(below);
        true
    }

    /// A person archives the entity, which ends its connections. False when it is not there or archived already.
    pub fn archive(&self, id: &str) -> bool {
        let now = self.world.now();
        let id = id.to_lowercase();
        let mut state = self.world.state();
        let Some(entity) = state.store.entities.get_mut(&id).filter(|entity| !entity.archived()) else { return false };
        let version = Version { status: Status::Deleted, modified: now, ..entity.latest.clone() };
        entity.push(version);
        state.store.unlink(now, |service, channel, _| service != id && channel != id);
        true
    }

    /// A person restores an archived entity and publishes it. False when it is not archived.
    pub fn restore(&self, id: &str) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        let entity = state.store.entities.get_mut(&id.to_lowercase()).filter(|entity| entity.archived());
        let Some(entity) = entity else { return false };
        let version = Version { status: Status::Published, modified: now, ..entity.latest.clone() };
        entity.push(version);
        true
    }

    /// A person connects a service and a channel with some content, or changes what is said there.
    pub fn connect(&self, service: &str, channel: &str, content: serde_json::Value) {
        let modified = self.world.now();
        let key = (service.to_lowercase(), channel.to_lowercase());
        self.world.state().store.link(key, Connection { content, asti: false, modified });
    }

    /// A person takes a connection away. Neither end gets a new time. False when there is none.
    pub fn disconnect(&self, service: &str, channel: &str) -> bool {
        let key = (service.to_lowercase(), channel.to_lowercase());
        let now = self.world.now();
        let mut state = self.world.state();
        let was = state.store.connections.contains_key(&key);
        state.store.unlink(now, |service, channel, _| service != key.0 || channel != key.1);
        was
    }

    /// The ASTI register connects a service and a channel; ordinary writes leave that connection alone.
    pub fn connect_asti(&self, service: &str, channel: &str) {
        let modified = self.world.now();
        let connection = Connection { content: json!({}), asti: true, modified };
        let key = (service.to_lowercase(), channel.to_lowercase());
        self.world.state().store.link(key, connection);
    }

    /// DVV archives a general description.
    pub fn archive_general_description(&self, id: &str) {
        self.world.state().store.archived_descriptions.insert(id.to_lowercase());
    }

    /// DVV writes a general description: these members anew, and the others as they were; one that is not there is new.
    pub fn publish_general_description(&self, id: &str, members: &serde_json::Map<String, serde_json::Value>) {
        let (now, id) = (self.world.now(), id.to_lowercase());
        let mut state = self.world.state();
        state.store.archived_descriptions.remove(&id);
        let known = state.store.description(&self.world.config.reference, &id).map(|(value, _)| value.clone());
        let mut value = known.unwrap_or_else(|| json!({ "id": id, "publishingStatus": "Published" }));
        if let Some(all) = value.as_object_mut() {
            all.extend(members.clone());
        }
        state.store.written_descriptions.insert(id, (value, now));
    }

    /// DVV changes the deployed description without a word.
    pub fn change_contract(&self, change: ContractChange) {
        self.world.state().contract.push(change);
    }

    /// Every token issued so far stops working.
    pub fn expire_tokens(&self) {
        self.world.state().tokens.forget_all();
    }

    /// Adds a disturbance; the first that fits a call is used.
    pub fn inject(&self, fault: Fault) {
        self.world.state().faults.push(fault);
    }

    /// Ends all disturbances.
    pub fn clear_faults(&self) {
        self.world.state().faults.clear();
    }

    /// Forgets every service, channel, collection, connection and source id, as a test environment wipe does.
    pub fn wipe(&self) {
        let now = self.world.now();
        let mut state = self.world.state();
        state.store = super::store::Store::default();
        super::seed::organizations(&mut state.store, &self.world.config.organizations, now);
    }
}
