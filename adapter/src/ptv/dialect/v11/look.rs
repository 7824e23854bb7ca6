//! What is asked of v11 to know what PTV holds (ptv-in-api.md §2), in the neutral form.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::client::Client;
use crate::ptv::dialect::{PtvError, Shelf};
use crate::ptv::reference::Reference;
use crate::ptv::seen::{self, Seen};

/// The most ids of one `list?guids=` (§1.7).
const AT_ONCE: usize = 100;
/// Pages of one list; PTV's largest has a few hundred.
const MOST_PAGES: u32 = 2_000;
/// Pages of archived entities that are looked through for why something is gone.
const MOST_ARCHIVED: usize = 100;
/// Organisations deep and wide enough for anybody's tree.
const MOST_ORGANISATIONS: usize = 20_000;

fn path(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Organisation => "Organization",
        Shelf::Service => "Service",
        Shelf::Channel => "ServiceChannel",
        Shelf::Collection => "ServiceCollection",
    }
}

pub(in crate::ptv) struct Look<'a> {
    pub(in crate::ptv) client: &'a Client,
    pub(in crate::ptv) reference: &'a Reference,
}

impl Look<'_> {
    /// The organisation and all below it, in lower case.
    pub(in crate::ptv) async fn tree(&self, root: &str) -> Result<BTreeSet<String>, PtvError> {
        let answer = self.client.get(&format!("Organization/Hierarchy/{root}")).await?;
        let mut tree = BTreeSet::new();
        let mut open = vec![&answer];
        while let Some(node) = open.pop() {
            if let Some(id) = node.get("id").and_then(Value::as_str)
                && tree.len() < MOST_ORGANISATIONS
                && tree.insert(id.to_lowercase())
            {
                open.extend(node.get("subOrganizations").and_then(Value::as_array).into_iter().flatten());
            }
        }
        if tree.contains(&root.to_lowercase()) {
            Ok(tree)
        } else {
            Err(PtvError::Unreadable("the tree of organisations does not hold the tenant's own".into()))
        }
    }

    /// Every published service and channel of an organisation, with the time of its change; only those that changed, or
    /// whose connections did, after a time.
    pub(in crate::ptv) async fn published(
        &self,
        organisation: &str,
        after: Option<Timestamp>,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, PtvError> {
        let path = format!("Common/EntitiesByOrganization/{organisation}");
        Ok(changes_of(&self.pages(&path, after).await?))
    }

    /// Every published collection of an organisation, with the time of its change.
    pub(in crate::ptv) async fn collections(
        &self,
        organisation: &str,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, PtvError> {
        let path = format!("{}/organization?organizationId={organisation}", path(Shelf::Collection));
        Ok(changes_of(&self.pages(&path, None).await?))
    }

    /// Whatever has a newest version, published or not, that is newer than a time.
    pub(in crate::ptv) async fn active(&self, shelf: Shelf, after: Timestamp) -> Result<BTreeSet<String>, PtvError> {
        let items = self.pages(&format!("{}/active", path(shelf)), Some(after)).await?;
        Ok(items.iter().filter_map(|item| Some(item.get("id")?.as_str()?.to_lowercase())).collect())
    }

    /// The published versions of these, as far as there are any, by GUID.
    pub(in crate::ptv) async fn read(
        &self,
        shelf: Shelf,
        guids: &[String],
    ) -> Result<BTreeMap<String, Seen>, PtvError> {
        let mut read = BTreeMap::new();
        for some in guids.chunks(AT_ONCE) {
            let answer = self.client.get(&format!("{}/list?guids={}", path(shelf), some.join(","))).await?;
            let models = answer.as_array().ok_or_else(|| PtvError::Unreadable("a list was expected".into()))?;
            let all = models.iter().filter_map(|model| seen::read(model, self.reference));
            read.extend(all.filter_map(|seen| Some((seen.guid.clone()?, seen))));
        }
        Ok(read)
    }

    /// The newest version of one, published or not; none when it is archived or was never there.
    pub(in crate::ptv) async fn newest(&self, shelf: Shelf, guid: &str) -> Result<Option<Seen>, PtvError> {
        let path = match shelf {
            // These have no such read.
            Shelf::Organisation | Shelf::Collection => format!("{}/{guid}", path(shelf)),
            _ => format!("{}/active/{guid}", path(shelf)),
        };
        match self.client.get(&path).await {
            Ok(model) => match seen::read(&model, self.reference) {
                Some(seen) => Ok(Some(seen)),
                None => Err(PtvError::Unreadable("the answer is no entity".into())),
            },
            Err(PtvError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Which of these an organisation has archived. At most 10 000 archived ones are looked through.
    pub(in crate::ptv) async fn archived(
        &self,
        organisation: &str,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, PtvError> {
        let mut found = BTreeSet::new();
        for shelf in [Shelf::Service, Shelf::Channel] {
            for page in 0..MOST_ARCHIVED {
                let skip = page * AT_ONCE;
                let query = format!("OrganizationId={organisation}&Skip={skip}&Take={AT_ONCE}");
                let answer = self.client.get(&format!("{}/archived/list?{query}", path(shelf))).await?;
                let items = answer.as_array().map(Vec::as_slice).unwrap_or_default();
                let ids = items.iter().filter_map(|item| Some(item.get("id")?.as_str()?.to_lowercase()));
                found.extend(ids.filter(|id| wanted.contains(id)));
                if items.len() < AT_ONCE {
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn pages(&self, path: &str, after: Option<Timestamp>) -> Result<Vec<Value>, PtvError> {
        let date = after.map(|after| after.to_zoned(TimeZone::UTC).strftime("&date=%Y-%m-%dT%H:%M:%S").to_string());
        let date = date.unwrap_or_default();
        let mut items = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        for page in 1..=MOST_PAGES {
            let mut answer = self.client.get(&format!("{path}{joint}page={page}{date}")).await?;
            let list = answer.get_mut("itemList").map(Value::take).unwrap_or_default();
            let Value::Array(list) = list else { break };
            items.extend(list);
            let count = answer.get("pageCount").and_then(Value::as_u64).unwrap_or_default();
            if u64::from(page) >= count {
                break;
            }
        }
        Ok(items)
    }
}

/// Ids with the time of their change.
fn changes_of(items: &[Value]) -> BTreeMap<String, Option<Timestamp>> {
    let changed = |item: &Value| {
        let text = item.get("modified")?.as_str()?;
        let zoned = text.parse::<Timestamp>().ok();
        zoned.or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    };
    items.iter().filter_map(|item| Some((item.get("id")?.as_str()?.to_lowercase(), changed(item)))).collect()
}
