//! Query parameters and pages shared by the reads (ptv-in-api §2.6).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Desk, Request};
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::formats;
use crate::ptv::json::{flag, text};
use crate::ptv::read::stamp;
use crate::ptv::store::{Entity, Kind, Status, Store};

/// Items on a page of id and name.
const PAGE: usize = 1000;
/// Items on a page of full data.
pub(crate) const FULL_PAGE: usize = 100;

/// The window of `date` and `dateBefore`, strict on both sides.
pub(crate) struct Window {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Window {
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        Ok(Self { after: moment(request, "date")?, before: moment(request, "dateBefore")? })
    }

    pub(crate) fn holds(&self, modified: Timestamp) -> bool {
        self.after.is_none_or(|after| modified > after) && self.before.is_none_or(|before| modified < before)
    }

    /// The entity's own change, or for published ones a change of a connection, lies in the window.
    pub(crate) fn selects(&self, store: &Store, entity: &Entity, modified: Timestamp) -> bool {
        let connected = || {
            store.connections.iter().any(|((service, channel), connection)| {
                (*service == entity.id || *channel == entity.id) && self.holds(connection.modified)
            })
        };
        self.holds(modified) || (entity.published().is_some() && connected())
    }
}

/// Exactly `yyyy-MM-ddTHH:mm:ss`, read as UTC.
fn moment(request: &Request, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = request.query(name) else { return Ok(None) };
    let shaped = value.len() == 19 && value.as_bytes().get(10) == Some(&b'T');
    let parsed = if shaped { value.parse::<DateTime>().ok() } else { None };
    parsed
        .and_then(|moment| moment.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| Some(zoned.timestamp()))
        .ok_or_else(|| Problems::one(name, "The format is yyyy-MM-ddTHH:mm:ss."))
}

/// One page of a list, or the page without items that page 0 gives.
pub(crate) fn page(request: &Request, items: Vec<Value>, size: usize) -> Result<Reply, Refusal> {
    let number = match request.query("page") {
        None => 1,
        Some(word) => word.parse::<i64>().map_err(|_| Problems::one("page", "A number was expected."))?,
    };
    let number = usize::try_from(number).map_err(|_| Problems::one("page", "The page must not be negative."))?;
    let count = items.len().div_ceil(size);
    if number == 0 {
        return Ok(Reply::ok(json!({ "pageNumber": 0, "pageSize": size, "pageCount": count })));
    }
    let list: Vec<Value> = items.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    let list = if list.is_empty() { Value::Null } else { json!(list) };
    Ok(Reply::ok(json!({ "pageNumber": number, "pageSize": size, "pageCount": count, "itemList": list })))
}

/// Which entities a `status` parameter asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Published,
    Archived,
    Withdrawn,
    Active,
}

impl Wanted {
    pub(crate) fn of(request: &Request, kind: Kind) -> Result<Self, Refusal> {
        match request.query("status") {
            None | Some("Published") => Ok(Self::Published),
            Some("Archived") => Ok(Self::Archived),
            Some("Withdrawn") => Ok(Self::Withdrawn),
            Some("Active") if kind != Kind::Organization => Ok(Self::Active),
            Some(_) => Err(Problems::one("status", "The status is not valid.")),
        }
    }

    fn fits(self, entity: &Entity) -> bool {
        match self {
            Self::Published => entity.published().is_some(),
            Self::Archived => entity.archived(),
            Self::Withdrawn => entity.latest.status == Status::Modified && entity.below.is_none(),
            Self::Active => !entity.archived(),
        }
    }
}

/// Entities of a kind (all channel kinds for any of them) in the order of creation.
pub(crate) fn entities<'d>(desk: &'d Desk<'_>, kind: Kind, fits: impl Fn(&Entity) -> bool) -> Vec<&'d Entity> {
    let mut found: Vec<&Entity> = desk
        .state
        .store
        .entities
        .values()
        .filter(|entity| entity.kind.object_type() == kind.object_type() && fits(entity))
        .collect();
    found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    found
}

/// A page of id and name.
pub(crate) fn id_and_name(desk: &Desk<'_>, request: &Request, kind: Kind, wanted: Wanted) -> Result<Reply, Refusal> {
    let window = Window::of(request)?;
    let organization = if kind.is_channel() { organization(desk, request, false)? } else { None };
    let visible = request.query("isVisibleForAll").map(|word| word.eq_ignore_ascii_case("true"));
    let found = entities(desk, kind, |entity| {
        let version = if wanted == Wanted::Published { entity.published() } else { Some(&entity.latest) };
        let owned = organization.as_deref().is_none_or(|id| entity.owner() == Some(id));
        let shared = visible.is_none_or(|wanted| flag(&entity.latest.content, "isVisibleForAll") == wanted);
        wanted.fits(entity)
            && owned
            && shared
            && version.is_some_and(|version| window.selects(&desk.state.store, entity, version.modified))
    });
    let items = found
        .into_iter()
        .map(|entity| {
            let mut item = json!({ "id": entity.id, "name": entity.name() });
            if let (Kind::Organization, Some(map)) = (kind, item.as_object_mut()) {
                map.insert("parentOrganizationId".to_owned(), json!(entity.owner()));
            }
            item
        })
        .collect();
    page(request, items, PAGE)
}

/// The organisation of exactly one of `organizationId`, `code`, `oid`. None is an error where one is needed.
pub(crate) fn organization(desk: &Desk<'_>, request: &Request, needed: bool) -> Result<Option<String>, Refusal> {
    let (id, code, oid) = (request.query("organizationId"), request.query("code"), request.query("oid"));
    match (id, code, oid) {
        (None, None, None) if needed => Err(Problems::one("organizationId", "One selector is required.")),
        (None, None, None) => Ok(None),
        (Some(id), None, None) if formats::guid(id) => Ok(Some(id.to_lowercase())),
        (Some(_), _, _) => Err(Problems::one("organizationId", "Exactly one valid selector is required.")),
        (None, Some(code), None) if formats::business_code(code) => Ok(Some(by_field(desk, "businessCode", code))),
        (None, Some(_), _) => Err(Problems::one("code", "The format is not valid.")),
        (None, None, Some(oid)) => Ok(Some(by_field(desk, "oid", oid))),
    }
}

/// The id of the organisation whose field has this value; an id of nobody when there is none.
fn by_field(desk: &Desk<'_>, field: &str, value: &str) -> String {
    let found = entities(desk, Kind::Organization, |entity| text(&entity.latest.content, field) == Some(value));
    found.first().map_or_else(String::new, |entity| entity.id.clone())
}

/// `archived/list` of services or channels.
pub(crate) fn archived(desk: &Desk<'_>, request: &Request, kind: Kind) -> Result<Reply, Refusal> {
    let number = |name: &str, most: usize, default: usize| match request.query(name) {
        None => Ok(default),
        Some(word) => {
            let parsed = word.parse::<usize>().ok().filter(|n| *n <= most);
            parsed.ok_or_else(|| Problems::one(name, format!("A number from 0 to {most} was expected.")))
        }
    };
    let take = number("Take", 100, 100)?;
    let skip = number("Skip", usize::MAX, 0)?;
    let organization = request.query("OrganizationId").map(str::to_lowercase);
    // A DateTimeOffset, with or without its zone.
    let bound = |name: &str| match request.query(name) {
        None => Ok(None),
        Some(word) => {
            let zoned = word.parse::<Timestamp>().ok();
            let parsed =
                zoned.or_else(|| Some(word.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()));
            parsed.map(Some).ok_or_else(|| Problems::one(name, "A date was expected."))
        }
    };
    let (first, last) = (bound("MinArchivingDate")?, bound("MaxArchivingDate")?);
    let found = entities(desk, kind, |entity| {
        entity.archived()
            && organization.as_deref().is_none_or(|id| entity.owner() == Some(id))
            && first.is_none_or(|first| entity.latest.modified >= first)
            && last.is_none_or(|last| entity.latest.modified <= last)
    });
    let items: Vec<Value> = found
        .into_iter()
        .skip(skip)
        .take(take)
        .map(|entity| {
            json!({
                "id": entity.id, "organizationId": entity.owner(), "type": entity.kind.name(),
                "archivingDate": stamp(entity.latest.modified),
                kind.names_field(): entity.latest.content.get(kind.names_field()),
            })
        })
        .collect();
    Ok(Reply::ok(json!(items)))
}
