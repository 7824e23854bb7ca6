//! Whole lists out of pages (ptv-v12.md §3.4): nothing twice, nothing silently missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer::V12Error;
use super::client::Client;
use super::query::LARGEST_PAGE;

/// More pages than this are no catalogue of ours.
const MOST_PAGES: u64 = 10_000;

/// What a reading of all pages gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    pub items: Vec<Value>,
    /// Content moved between the pages of the first reading, so that there was a second one.
    pub moved: bool,
    /// It moved in the last reading too: something may be missing.
    pub unsettled: bool,
}

struct Page {
    total_items: u64,
    total_pages: u64,
    items: Vec<Value>,
}

/// Reads all pages of a list, once more when content moved meanwhile.
pub(super) async fn all(
    client: &Client,
    path: &str,
    query: &[(String, String)],
    page_size: u32,
) -> Result<Run, V12Error> {
    let page_size = page_size.min(LARGEST_PAGE);
    let (items, moved) = once(client, path, query, page_size).await?;
    if !moved {
        return Ok(Run { items, moved: false, unsettled: false });
    }
    let (items, unsettled) = once(client, path, query, page_size).await?;
    Ok(Run { items, moved: true, unsettled })
}

async fn once(
    client: &Client,
    path: &str,
    query: &[(String, String)],
    page_size: u32,
) -> Result<(Vec<Value>, bool), V12Error> {
    let mut items = Vec::new();
    let mut known = BTreeSet::new();
    let mut repeated = false;
    let mut number = 1;
    loop {
        let mut asked = vec![("page".to_owned(), number.to_string()), ("pageSize".to_owned(), page_size.to_string())];
        asked.extend(query.iter().cloned());
        let page = page(&client.get(path, &asked).await?)?;
        for item in page.items {
            if known.insert(identity(&item)) {
                items.push(item);
            } else {
                repeated = true;
            }
        }
        if number >= page.total_pages {
            let count = u64::try_from(known.len()).unwrap_or(u64::MAX);
            return Ok((items, repeated || count != page.total_items));
        }
        number += 1;
        if number > MOST_PAGES {
            return Err(V12Error::Protocol(format!("more than {MOST_PAGES} pages")));
        }
    }
}

/// A page object, or a protocol error: an answer without its totals must not look like an empty list.
fn page(answer: &Value) -> Result<Page, V12Error> {
    let number = |member: &str| {
        let found = answer.get(member).and_then(Value::as_u64);
        found.ok_or_else(|| V12Error::Protocol(format!("a page has no {member}")))
    };
    let items = answer.get("items").and_then(Value::as_array);
    Ok(Page {
        total_items: number("totalItems")?,
        total_pages: number("totalPages")?,
        items: items.ok_or_else(|| V12Error::Protocol("a page has no items".into()))?.clone(),
    })
}

/// What tells one item of a list from another.
fn identity(item: &Value) -> String {
    let text = |member: &str| item.get(member).and_then(Value::as_str);
    if let (Some(service), Some(channel)) = (text("serviceContentId"), text("channelContentId")) {
        return format!("{service}/{channel}").to_lowercase();
    }
    let id = text("contentId").or_else(|| text("uri")).or_else(|| text("code"));
    id.map_or_else(|| item.to_string(), str::to_lowercase)
}
