//! The compatibility paths: what older systems of a municipality call, below `/compat/{tenant}/`.
//!
//! `kuntapalvelut/api/v1/{resource}` is the read interface of Turku's store as its public clients parse it (pat.md §2);
//! a client of it changes its address and its key and nothing else. `cxf/…` are the paths of the integration platform that
//! the CMS writes through.

mod esb;
mod fields;
mod reply;
mod signature;
#[cfg(test)]
mod tests;
mod turku;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use serde_json::Value;

pub(super) use fields::put;
pub use fields::{FieldMap, FieldMapError};
pub use signature::Reader;

use self::turku::{Relations, Resource};
use super::Door;
use super::answer::{self, Problem};
use crate::model::{EntityKey, View};
use crate::store::{StoreError, entities, twins};

/// Bodies read from the store at a time.
const PAGE: u32 = 500;
/// Said of a resource whose format nobody has published (pat.md §4.4).
const RECONSTRUCTED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-silta-format"), HeaderValue::from_static("reconstructed"));

pub(super) fn routes(router: Router<Arc<Door>>) -> Router<Arc<Door>> {
    esb::routes(router.route("/compat/{tenant}/kuntapalvelut/api/v1/{resource}", get(read)))
}

async fn read(
    State(door): State<Arc<Door>>,
    Path((tenant, resource)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    door.compat_read(&tenant, &resource, &headers, &uri).await.unwrap_or_else(|problem| door.refuse(&problem))
}

impl Door {
    async fn compat_read(
        &self,
        tenant: &str,
        resource: &str,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Response, Problem> {
        let now = self.intake.world.now();
        signature::check(&self.intake.tenants.load(), tenant, headers, now)?;
        let resource = Resource::from_word(resource).ok_or(Problem::PATH)?;
        let since = changed_since(uri)?;
        let view = self.intake.catalogue.view(tenant).ok_or(Problem::PATH)?;
        let _place = self.places.try_acquire().map_err(|_| Problem::busy())?;
        let records = self.records(tenant, resource, since, &view).await.map_err(|error| {
            tracing::error!(tenant, "compat: {error}");
            Problem::unavailable()
        })?;
        let mut response = answer::json(200, &records);
        if resource == Resource::Offers {
            response.headers_mut().insert(RECONSTRUCTED.0, RECONSTRUCTED.1);
        }
        Ok(response)
    }

    /// Stored bodies are what was sent, in the interface's own names, so they go out as they came.
    async fn records(
        &self,
        tenant: &str,
        resource: Resource,
        since: Option<Date>,
        view: &View,
    ) -> Result<Vec<Value>, StoreError> {
        let store = &self.intake.store;
        let kind = resource.kind();
        let relations = Relations::of(view);
        let mut guids = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = twins::page(store, tenant, kind.word(), &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            guids.extend(page.into_iter().filter_map(|twin| Some((twin.code, twin.guid?))));
        }
        let mut records = Vec::new();
        after.clear();
        loop {
            let page = entities::page(store, tenant, kind.word(), &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            for stored in page {
                // What cannot be read is in no view, and what came after the view is in the next one.
                let Ok(code) = stored.code.parse() else { continue };
                let Some(known) = view.find(&EntityKey { kind, code }) else { continue };
                let guid = guids.get(&stored.code).map(String::as_str);
                if let Ok(body) = serde_json::from_slice(&stored.body) {
                    records.extend(turku::record(resource, known, body, guid, since, &relations));
                }
            }
        }
        Ok(records)
    }
}

/// `changedate=YYYY-MM-DD`. Clients put parameters of their own beside it, which the interface passes over.
fn changed_since(uri: &Uri) -> Result<Option<Date>, Problem> {
    let query = uri.query().unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "changedate");
    let date = given.map(|(_, value)| value.parse::<Date>());
    date.transpose().map_err(|_| Problem::invalid("A date such as 2026-01-31.").at("changedate"))
}
