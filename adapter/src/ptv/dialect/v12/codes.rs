//! Code lists of v12 (ptv-v12.md §4.8): code ↔ address, validity, names, and the municipalities of an area.

use std::collections::BTreeMap;

use serde_json::Value;

use super::V12Error;
use super::client::Client;
use super::hours::texts;
use super::pages;
use super::query::LARGEST_PAGE;
use crate::ptv::seen::lines::Texts;

/// The most codes that are asked for at once.
const GROUP: usize = 20;

/// One code of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// None of an ontology term.
    pub code: Option<String>,
    /// Only where the list has addresses.
    pub uri: Option<String>,
    pub valid: bool,
    /// Without the languages that it has no name in.
    pub names: Texts,
    /// Of regions and wellbeing services counties.
    pub municipalities: Vec<String>,
}

impl Code {
    fn of(item: &Value) -> Code {
        let text = |member: &str| item.get(member).and_then(Value::as_str).map(str::to_owned);
        let members = item.get("municipalities").and_then(Value::as_array).into_iter().flatten();
        Code {
            code: text("code"),
            uri: text("uri"),
            valid: item.get("isValid").and_then(Value::as_bool).unwrap_or(true),
            names: texts(item.get("name")),
            municipalities: members.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

/// A list with its ways from code to address and back.
#[derive(Clone, Debug, Default)]
pub struct CodeList {
    pub codes: Vec<Code>,
    by_code: BTreeMap<String, usize>,
    by_uri: BTreeMap<String, usize>,
}

impl CodeList {
    fn of(items: &[Value]) -> CodeList {
        let mut list = CodeList::default();
        for code in items.iter().map(Code::of) {
            let at = list.codes.len();
            list.by_code.extend(code.code.clone().map(|code| (code, at)));
            list.by_uri.extend(code.uri.clone().map(|uri| (uri, at)));
            list.codes.push(code);
        }
        list
    }

    /// Of a code or an address.
    pub fn find(&self, one: &str) -> Option<&Code> {
        let at = self.by_code.get(one).or_else(|| self.by_uri.get(one))?;
        self.codes.get(*at)
    }

    /// Do a code and an address (or two of either) mean the same? None when one of them is not in the list.
    pub fn same(&self, one: &str, other: &str) -> Option<bool> {
        Some(std::ptr::eq(self.find(one)?, self.find(other)?))
    }
}

/// A whole list, by its path (`service-classes`, `region-codes` …). Keep it for days.
pub async fn list(client: &Client, name: &str) -> Result<CodeList, V12Error> {
    let run = pages::all(client, name, &[], LARGEST_PAGE).await?;
    Ok(CodeList::of(&run.items))
}

/// Some codes of a list, asked for in groups.
pub async fn some(client: &Client, name: &str, codes: &[String]) -> Result<CodeList, V12Error> {
    let mut items = Vec::new();
    for group in codes.chunks(GROUP) {
        let query: Vec<_> = group.iter().map(|code| ("codes".to_owned(), code.clone())).collect();
        items.extend(pages::all(client, name, &query, LARGEST_PAGE).await?.items);
    }
    Ok(CodeList::of(&items))
}

/// Valid ontology terms by a part of their name. What comes back are KOKO addresses; no number of another ontology is
/// ever rewritten into one.
pub async fn terms(client: &Client, name: &str) -> Result<Vec<Code>, V12Error> {
    let query = [("name".to_owned(), name.to_owned()), ("isValid".to_owned(), "true".to_owned())];
    let run = pages::all(client, "ontology-terms", &query, LARGEST_PAGE).await?;
    Ok(run.items.iter().map(Code::of).collect())
}
