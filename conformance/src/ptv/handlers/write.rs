//! POST and PUT of entities, in PTV's order of checks (ptv-in-api §1.5): path, body, existence, lock, rights,
//! first stage, second stage, source id, save.

use serde_json::Value;

use super::{Body, Desk};
use crate::ptv::apply;
use crate::ptv::auth::PtvUser;
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::formats;
use crate::ptv::json::{given, text, texts};
use crate::ptv::schema::entities::fields;
use crate::ptv::schema::{self, Call, Field};
use crate::ptv::store::{Connection, Entity, Kind, Status, Version};
use crate::ptv::validate::{self, Subject};

/// Which entity is written.
pub(crate) enum Target<'a> {
    New,
    Id(&'a str),
    Source(&'a str),
}

pub(crate) fn write(desk: &mut Desk<'_>, kind: Kind, target: &Target<'_>, body: &Body) -> Result<Reply, Refusal> {
    let user = desk.writer()?;
    path_parameter(desk, target)?;
    let mut body = bound(fields(kind), body)?;
    if matches!(target, Target::New)
        && kind == Kind::Organization
        && !user.group.is_eeva()
        && !given(&body, "parentOrganizationId")
    {
        return Err(Problems::one("Organization", "Only an administrator creates main organisations."));
    }
    let tree = desk.tree(&user);
    let current = existing(desk, kind, target, &user)?.cloned();
    if let Some(entity) = &current {
        let owns = user.group.is_eeva() || entity.owner().is_some_and(|owner| tree.contains(owner));
        if kind == Kind::Organization {
            if !user.group.is_eeva() && !tree.contains(&entity.id) {
                return Err(Refusal::Crash("The user has no rights to update this organisation.".to_owned()));
            }
        } else {
            if desk.state.store.locked.contains(&entity.id) {
                return Err(Refusal::NotFound(format!("Entity with id '{}' is locked by another user.", entity.id)));
            }
            if !owns {
                return Err(Refusal::NotFound("User has no rights to update this entity.".to_owned()));
            }
        }
    }
    if let (Target::Source(source), Some(map)) = (target, body.as_object_mut()) {
        map.insert("sourceId".to_owned(), Value::String((*source).to_owned()));
    }

    let mut problems = Problems::default();
    let call = Call {
        profile: desk.config.profile,
        post: current.is_none(),
        today: desk.today,
        content_languages: &desk.config.reference.content_languages,
    };
    schema::check(fields(kind), &body, "", call, &mut problems);
    problems.finish()?;

    let mut problems = Problems::default();
    let subject = Subject {
        config: desk.config,
        reference: &desk.config.reference,
        store: &desk.state.store,
        user: &user,
        tree: &tree,
        kind,
        body: &body,
        current: current.as_ref(),
        today: desk.today,
    };
    let languages = validate::run(&subject, &mut problems);
    problems.finish()?;

    if kind == Kind::ServiceCollection {
        let known = |id: &&str| Kind::CHANNELS.into_iter().any(|channel| desk.state.store.find(channel, id).is_some());
        if !texts(&body, "serviceChannels").iter().all(known) {
            return Err(Refusal::Crash("23503: insert or update violates a foreign key constraint".to_owned()));
        }
    }
    source_id_free(desk, kind, &user, &body, current.as_ref())?;
    let id = match current {
        None => create(desk, kind, &user, &body, languages),
        Some(entity) => update(desk, kind, &user, &entity, &body, languages)?,
    };
    shown(desk, &id)
}

fn path_parameter(desk: &Desk<'_>, target: &Target<'_>) -> Result<(), Refusal> {
    match target {
        Target::New => Ok(()),
        Target::Id(id) => guid_parameter(desk, "id", id),
        Target::Source(id) if formats::source_id(id) => Ok(()),
        Target::Source(_) => Err(Problems::one("sourceId", "The format is not valid.")),
    }
}

/// A GUID in the path. The all-zero one makes the live service fall over (§10).
pub(crate) fn guid_parameter(desk: &Desk<'_>, name: &str, id: &str) -> Result<(), Refusal> {
    if !formats::guid(id) {
        return Err(Problems::one(name, "The value is not a valid GUID."));
    }
    if desk.config.profile.is_live() && id.bytes().all(|b| b == b'0' || b == b'-') {
        return Err(Refusal::Crash("Sequence contains no elements".to_owned()));
    }
    Ok(())
}

/// The body with known properties only, or the refusal of a body that cannot be read.
pub(crate) fn bound(fields: &[Field], body: &Body) -> Result<Value, Refusal> {
    let nothing = || Problems::one("RequestIsNull", "The request body is empty or not valid.");
    match body {
        Body::Json(value) if !value.is_null() => schema::bind(fields, value, "").map_err(|path| {
            let mut problems = Problems::default();
            if !path.is_empty() {
                problems.add(path, "The value could not be converted.");
            }
            problems.add("RequestIsNull", "The request body is empty or not valid.");
            Refusal::Keys(problems)
        }),
        _ => Err(nothing()),
    }
}

fn existing<'d>(
    desk: &'d Desk<'_>,
    kind: Kind,
    target: &Target<'_>,
    user: &PtvUser,
) -> Result<Option<&'d Entity>, Refusal> {
    let store = &desk.state.store;
    let (found, name, value) = match target {
        Target::New => return Ok(None),
        Target::Id(id) => (store.find(kind, id), "id", id),
        Target::Source(id) => (store.by_source(&user.email, kind, id), "source id", id),
    };
    let kind = kind.object_type();
    found.map(Some).ok_or_else(|| Refusal::NotFound(format!("{kind} with {name} '{value}' not found.")))
}

/// A source id belongs to one entity of its type and user (§1.6).
fn source_id_free(
    desk: &Desk<'_>,
    kind: Kind,
    user: &PtvUser,
    body: &Value,
    current: Option<&Entity>,
) -> Result<(), Refusal> {
    let Some(source) = text(body, "sourceId").filter(|source| !source.is_empty()) else { return Ok(()) };
    let Some(holder) = desk.state.store.by_source(&user.email, kind, source) else { return Ok(()) };
    match current {
        Some(entity) if entity.id == holder.id || text(body, "publishingStatus") == Some("Deleted") => Ok(()),
        None if desk.config.profile.is_live() => {
            Err(Problems::one("SourceId", format!("The source id {source} already exists.")))
        }
        None => {
            Err(Refusal::Crash(format!("External source id {source} already exists! Please use the update operation.")))
        }
        Some(_) => Err(Refusal::Crash(format!("External source id {source} already exists for another entity."))),
    }
}

fn create(
    desk: &mut Desk<'_>,
    kind: Kind,
    user: &PtvUser,
    body: &Value,
    languages: std::collections::BTreeSet<String>,
) -> String {
    let content = apply::merge(desk.config, &desk.state.store, kind, None, body, &languages);
    let publishing = text(body, "publishingStatus") == Some("Published");
    let status = if publishing { Status::Published } else { Status::Draft };
    let id = uuid::Uuid::new_v4().to_string();
    let created = desk.state.store.next();
    let version = Version { status, content, languages, modified: desk.now };
    desk.state.store.entities.insert(id.clone(), Entity::new(id.clone(), kind, created, version));
    if let Some(source) = text(body, "sourceId").filter(|source| !source.is_empty()) {
        desk.state.store.set_source_id(&user.email, kind, &id, source);
    }
    let other_ends = if kind == Kind::Service { texts(body, "serviceChannels") } else { texts(body, "services") };
    if kind == Kind::Service || kind.is_channel() {
        for other in other_ends.into_iter().map(str::to_lowercase) {
            let pair = if kind == Kind::Service { (id.clone(), other) } else { (other, id.clone()) };
            if desk.state.store.share_language(&pair.0, &pair.1) {
                let connection = Connection { content: serde_json::json!({}), asti: false, modified: desk.now };
                desk.state.store.link(pair, connection);
            }
        }
    }
    id
}

fn update(
    desk: &mut Desk<'_>,
    kind: Kind,
    user: &PtvUser,
    current: &Entity,
    body: &Value,
    languages: std::collections::BTreeSet<String>,
) -> Result<String, Refusal> {
    let id = current.id.clone();
    let mut status = text(body, "publishingStatus").and_then(Status::parse).unwrap_or(Status::Published);
    if status == Status::Deleted {
        archive(desk, current)?;
        return Ok(id);
    }
    if given(body, "validFrom") {
        status = if current.latest.status == Status::Draft { Status::Draft } else { Status::Modified };
    }
    let content = apply::merge(desk.config, &desk.state.store, kind, Some(&current.latest.content), body, &languages);
    let version = Version { status, content, languages, modified: desk.now };
    if let Some(entity) = desk.state.store.entities.get_mut(&id) {
        // The kind in the path is not compared with the stored one (§2.3).
        entity.kind = kind;
        entity.push(version);
    }
    if let Some(source) = text(body, "sourceId").filter(|source| !source.is_empty()) {
        desk.state.store.set_source_id(&user.email, kind, &id, source);
    }
    Ok(id)
}

/// Archives all versions; everything else in the body is ignored (§3.0.9).
fn archive(desk: &mut Desk<'_>, current: &Entity) -> Result<(), Refusal> {
    if current.archived() {
        return Ok(());
    }
    if current.kind == Kind::Organization {
        let attached =
            desk.state.store.entities.values().any(|other| !other.archived() && other.owner() == Some(&current.id));
        let users = desk.config.users.iter().any(|user| user.organization.as_deref() == Some(&current.id));
        if attached || users {
            return Err(Refusal::Crash("The organisation has users, services or channels attached.".to_owned()));
        }
    }
    let modified = desk.now;
    if let Some(entity) = desk.state.store.entities.get_mut(&current.id) {
        let version = Version { status: Status::Deleted, modified, ..entity.latest.clone() };
        entity.push(version);
    }
    desk.state.store.unlink(modified, |service, channel, _| service != current.id && channel != current.id);
    Ok(())
}

/// The read model of the version just written, whatever its status.
pub(crate) fn shown(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    let entity = desk.state.store.entities.get(id).ok_or_else(|| Refusal::NotFound(format!("'{id}' not found.")))?;
    Ok(Reply::ok(desk.reader().show(entity, &entity.latest)))
}
