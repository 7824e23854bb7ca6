//! Pages of v12 (ptv-v12 §3.4): searches and archived feeds.

use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{self, Query};
use super::view::{self, Family, Object};
use super::{Desk, Moving};
use crate::ptv::handlers::Request;
use crate::ptv::json::{items, text, texts};

/// One page of something that renders itself.
pub(super) fn page<T>(
    desk: &Desk<'_>,
    query: &Query,
    all: &[T],
    moving: &mut Moving,
    show: impl Fn(&T) -> Value,
) -> Value {
    let (page, size) = (query.page, query.size);
    let mut skip = (page - 1).saturating_mul(size);
    let mut total = all.len();
    if page > 1 && moving.left > 0 {
        // As if an item had come in at the front: the last one of the page before comes again.
        moving.left -= 1;
        skip = skip.saturating_sub(1);
        total += 1;
    }
    let shown: Vec<Value> = all.iter().skip(skip).take(size).map(show).collect();
    let pages = total.div_ceil(size);
    if desk.switches().pages_of_v11 {
        return json!({ "pageNumber": page, "pageSize": size, "pageCount": pages, "itemList": shown });
    }
    json!({ "page": page, "pageSize": size, "totalItems": total, "totalPages": pages, "items": shown })
}

pub(super) fn search(
    desk: &Desk<'_>,
    request: &Request,
    family: Family,
    moving: &mut Moving,
) -> Result<Value, Problem> {
    let schema = match family {
        Family::Organization => query::ORGANIZATIONS,
        Family::Service => query::SERVICES,
        Family::Channel => query::CHANNELS,
        Family::Collection => query::COLLECTIONS,
        Family::Description => query::DESCRIPTIONS,
    };
    let query = Query::read(request, schema, desk.switches())?;
    let since = query.moment("publishedAtOrAfter");
    let collection = query.one("serviceCollectionContentId").map(|id| members(desk, &id.to_lowercase()));
    // Cheap filters first; only when another one is asked for is everything rendered.
    let rendered = query_filters(&query, schema);
    let found: Vec<Object<'_>> = view::published(desk, family)
        .into_iter()
        .filter(|object| since.is_none_or(|since| object.published_at.is_some_and(|at| at >= since)))
        .filter(|object| {
            let owners = query.all("organizationContentIds");
            owners.is_empty()
                || object.owner().is_some_and(|owner| owners.iter().any(|wanted| wanted.eq_ignore_ascii_case(owner)))
        })
        .filter(|object| collection.as_ref().is_none_or(|members| members.contains(&object.cid)))
        .filter(|object| !rendered || fits(&query, &object.show(desk, false)))
        .collect();
    Ok(page(desk, &query, &found, moving, |object| object.show(desk, false)))
}

fn query_filters(query: &Query, schema: &[(&'static str, query::Form)]) -> bool {
    let cheap = ["page", "pageSize", "publishedAtOrAfter", "organizationContentIds", "serviceCollectionContentId"];
    schema.iter().any(|(name, _)| !cheap.contains(name) && !query.all(name).is_empty())
}

/// The filters that look at the read model.
fn fits(query: &Query, shown: &Value) -> bool {
    let area = shown.get("area").cloned().unwrap_or(Value::Null);
    let languages: Vec<&str> = shown
        .get("languageVersions")
        .and_then(Value::as_object)
        .map(|versions| versions.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let areas = ["municipalities", "regions", "wellbeingServicesCounties"];
    let lists = ["serviceClasses", "targetGroups", "industrialClasses", "ontologyTerms", "generalDescriptionTypes"];
    let singles = [
        ("serviceTypes", "serviceType"),
        ("channelTypes", "serviceChannelType"),
        ("businessIds", "businessId"),
        ("organizationTypes", "organizationType"),
    ];
    areas.iter().all(|name| query.fits(name, &texts(&area, name)))
        && lists.iter().all(|name| query.fits(name, &texts(shown, name)))
        && singles.iter().all(|(name, field)| query.among(name, text(shown, field)))
        && query.among("areaType", text(&area, "areaType"))
        && query.fits("languageVersions", &languages)
}

fn members(desk: &Desk<'_>, collection: &str) -> Vec<String> {
    match view::find(desk, Family::Collection, collection) {
        view::Moment::Published(object) => {
            let shown = object.show(desk, true);
            items(&shown, "items").iter().filter_map(|item| text(item, "contentId")).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn archived(
    desk: &Desk<'_>,
    request: &Request,
    family: Family,
    moving: &mut Moving,
) -> Result<Value, Problem> {
    let query = Query::read(request, query::ARCHIVED, desk.switches())?;
    let since = query.moment("archivedAtOrAfter").unwrap_or_default();
    let found = view::archived(desk, family, since);
    Ok(page(desk, &query, &found, moving, |cid| json!({ "contentId": cid })))
}

pub(super) fn connections(desk: &Desk<'_>, request: &Request, moving: &mut Moving) -> Result<Value, Problem> {
    let query = Query::read(request, query::CONNECTIONS, desk.switches())?;
    let since = query.moment("publishedAtOrAfter");
    let among = |name: &str, id: &str| {
        let wanted = query.all(name);
        wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(id))
    };
    let found: Vec<_> = view::connections(desk)
        .into_iter()
        .filter(|seen| since.is_none_or(|since| seen.published_at >= since))
        .filter(|seen| among("serviceContentIds", &seen.pair.0) && among("channelContentIds", &seen.pair.1))
        .collect();
    Ok(page(desk, &query, &found, moving, |seen| seen.show(desk)))
}

/// A connection has no content id, yet the feed has one for each (§5.4): ids that nothing else knows.
pub(super) fn archived_connections(desk: &Desk<'_>, request: &Request, moving: &mut Moving) -> Result<Value, Problem> {
    let query = Query::read(request, query::ARCHIVED, desk.switches())?;
    let since = query.moment("archivedAtOrAfter").unwrap_or_default();
    let found: Vec<String> = (0..view::removed_connections(desk, since))
        .map(|number| format!("cccccccc-0000-4000-8000-{number:012}"))
        .collect();
    Ok(page(desk, &query, &found, moving, |cid| json!({ "contentId": cid })))
}
