//! PTV's code lists and general descriptions against the reference data (ptv-in-api.md §2.5).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Affected, ListChange, NAMED, Sent};
use crate::ptv::dialect::PtvError;
use crate::ptv::dialect::v11::Client;
use crate::ptv::reference::Reference;

/// No list of PTV's has so many pages of a thousand.
const MOST_PAGES: u64 = 100;

/// What PTV has now.
#[derive(Debug, Default)]
pub(super) struct Lists {
    municipalities: BTreeSet<String>,
    regions: BTreeSet<String>,
    postal_codes: BTreeSet<String>,
    languages: BTreeSet<String>,
    dial_codes: BTreeSet<String>,
    descriptions: BTreeSet<String>,
}

pub(super) async fn read(client: &Client) -> Result<Lists, PtvError> {
    let countries = client.open("CodeList/GetCountryCodes").await?;
    let dial_codes = items(&countries)?.iter().filter_map(|country| country.get("prefixNumbers")?.as_array());
    Ok(Lists {
        municipalities: codes(&client.open("CodeList/GetMunicipalityCodes").await?, "code")?,
        regions: codes(&client.open("CodeList/GetAreaCodes/type/Province").await?, "code")?,
        languages: codes(&client.open("CodeList/GetLanguageCodes").await?, "code")?,
        dial_codes: dial_codes.flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        postal_codes: pages(client, "CodeList/GetPostalCodes", "code").await?,
        descriptions: pages(client, "GeneralDescription", "id").await?,
    })
}

async fn pages(client: &Client, path: &str, member: &str) -> Result<BTreeSet<String>, PtvError> {
    let mut found = BTreeSet::new();
    for number in 1..=MOST_PAGES {
        let page = client.open(&format!("{path}?page={number}")).await?;
        if let Some(list) = page.get("itemList").filter(|list| !list.is_null()) {
            found.append(&mut codes(list, member)?);
        }
        let last = page.get("pageCount").and_then(Value::as_u64);
        if last.ok_or_else(|| unexpected(path))? <= number {
            return Ok(found);
        }
    }
    Err(unexpected(path))
}

fn codes(list: &Value, member: &str) -> Result<BTreeSet<String>, PtvError> {
    Ok(items(list)?.iter().filter_map(|item| item.get(member)?.as_str()).map(str::to_lowercase).collect())
}

fn items(list: &Value) -> Result<&Vec<Value>, PtvError> {
    list.as_array().ok_or_else(|| unexpected("a code list"))
}

fn unexpected(what: &str) -> PtvError {
    PtvError::Unreadable(format!("{what} is not a list"))
}

pub(super) fn compare(there: &Lists, reference: &Reference, sent: &[Sent]) -> Vec<ListChange> {
    // The reference follows PTV: what a record still builds on counts, too.
    let built_on = sent.iter().filter_map(|it| it.body.get("generalDescriptionId")?.as_str()).map(str::to_lowercase);
    let descriptions: BTreeSet<String> = reference.general_descriptions.keys().cloned().chain(built_on).collect();
    [
        (
            "kunnat",
            &reference.municipalities,
            &there.municipalities,
            &["municipality", "areaCodes"][..],
            "Municipality",
        ),
        ("maakunnat", &reference.regions, &there.regions, &["areaCodes"], "Region"),
        ("postinumerot", &reference.postal_codes, &there.postal_codes, &["postalCode"], ""),
        ("kielet", &reference.languages, &there.languages, &["languages"], ""),
        ("suuntanumerot", &reference.dial_codes, &there.dial_codes, &["prefixNumber"], ""),
        ("pohjakuvaukset", &descriptions, &there.descriptions, &["generalDescriptionId"], ""),
    ]
    .into_iter()
    .filter_map(|(list, here, there, members, area)| {
        let added: Vec<&String> = there.difference(here).collect();
        let removed: BTreeSet<&String> = here.difference(there).collect();
        if added.is_empty() && removed.is_empty() {
            return None;
        }
        let gone = |text: &str| removed.iter().any(|code| code.eq_ignore_ascii_case(text));
        let using = sent.iter().filter(|it| !removed.is_empty() && uses(&it.body, members, area, &gone));
        Some(ListChange {
            list,
            added_count: added.len(),
            added: added.into_iter().take(NAMED).cloned().collect(),
            removed_count: removed.len(),
            removed: removed.iter().take(NAMED).map(|code| (*code).clone()).collect(),
            affected: Affected::of(using.map(|it| &it.key)),
        })
    })
    .collect()
}

/// Whether a body has one of the codes in one of the members; in `areaCodes` only where they are of this type of area.
fn uses(sent: &Value, members: &[&str], area: &str, gone: &dyn Fn(&str) -> bool) -> bool {
    match sent {
        Value::Object(object) => object.iter().any(|(name, value)| {
            let of_area = name != "areaCodes" || object.get("type").and_then(Value::as_str) == Some(area);
            let here = members.contains(&name.as_str()) && of_area;
            let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            (here && texts.iter().filter_map(Value::as_str).any(gone)) || uses(value, members, area, gone)
        }),
        Value::Array(items) => items.iter().any(|item| uses(item, members, area, gone)),
        _ => false,
    }
}
