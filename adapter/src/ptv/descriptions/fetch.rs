//! The calls: which general descriptions there are, which have changed, and what they say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::convert;
use crate::ptv::dialect::PtvError;
use crate::ptv::dialect::v11::Client;

/// Ids in one call (ptv-in-api.md §1.7).
const AT_ONCE: usize = 100;
/// Pages of a thousand; PTV has fewer than five hundred descriptions.
const MOST_PAGES: u64 = 20;

/// The ids of all that are published, in lower case; after a time, of those that have changed.
pub(super) async fn ids(client: &Client, after: Option<Timestamp>) -> Result<BTreeSet<String>, PtvError> {
    let date = after.map(|after| after.to_zoned(TimeZone::UTC).strftime("&date=%Y-%m-%dT%H:%M:%S").to_string());
    let date = date.unwrap_or_default();
    let mut ids = BTreeSet::new();
    for number in 1..=MOST_PAGES {
        let page = client.open(&format!("GeneralDescription?page={number}{date}")).await?;
        let count = page.get("pageCount").and_then(Value::as_u64).ok_or_else(unlike)?;
        match page.get("itemList") {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    let id = item.get("id").and_then(Value::as_str).ok_or_else(unlike)?;
                    ids.insert(id.parse::<uuid::Uuid>().map_err(|_| unlike())?.to_string());
                }
            }
            Some(_) => return Err(unlike()),
        }
        if count <= number {
            return Ok(ids);
        }
    }
    Err(PtvError::Unreadable("the list of general descriptions has no end".into()))
}

/// What these say, in the form of PTV's export, and the newest change among them. Whatever is none of them is left out.
pub(super) async fn items(
    client: &Client,
    wanted: &BTreeSet<String>,
) -> Result<(BTreeMap<String, Value>, Option<Timestamp>), PtvError> {
    let (mut read, mut newest) = (BTreeMap::new(), None);
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    for some in wanted.chunks(AT_ONCE) {
        let answer = client.open(&format!("GeneralDescription/list?guids={}", some.join(","))).await?;
        for item in answer.as_array().ok_or_else(unlike)? {
            let Some((id, description)) = convert::exported(item) else { continue };
            if some.contains(&id.as_str()) {
                newest = newest.max(modified(item));
                read.insert(id, description);
            }
        }
    }
    Ok((read, newest))
}

/// PTV's times have a zone or are in UTC.
fn modified(item: &Value) -> Option<Timestamp> {
    let text = item.get("modified")?.as_str()?;
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

fn unlike() -> PtvError {
    PtvError::Unreadable("the answer is no list of general descriptions".into())
}
