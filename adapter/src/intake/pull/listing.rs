//! Reading a bundle: page by page by the nodes' numbers, each page in every language, and what it says of the nodes.
//!
//! Pages by offset shift when a node is saved, published or deleted while they are read. So the next page is asked for by
//! the last number of the one before: what was there from the beginning to the end is read once, whatever happens to the rest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::{Client, Failure, Question};
use super::document::Document;
use super::draw::{Drawn, Pen, Shown, changed};
use super::{PullError, Puller};
use crate::config::mapping::{Bundle, Mapping};

/// More nodes than this are not read at once: their records wait in memory for the end.
pub const MOST_NODES: usize = 50_000;

/// What was read of a bundle.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) drawn: Vec<Drawn>,
    /// The ids of all nodes that are published, drawn or not.
    pub(super) there: BTreeSet<String>,
    /// Those that are not (any more).
    pub(super) hidden: BTreeSet<String>,
    /// Those that changed while they were read: nothing is concluded of them before the next time.
    pub(super) unsettled: BTreeSet<String>,
    /// The newest change, in the site's seconds.
    pub(super) newest: Option<i64>,
    /// The site's clock at the first answer.
    pub(super) began: Option<i64>,
}

/// How a bundle is read.
pub(super) struct Lister<'a> {
    pub(super) client: &'a Client,
    pub(super) mapping: &'a Mapping,
    pub(super) pen: &'a Pen<'a>,
    /// Only what changed at this second or later; everything without.
    pub(super) since: Option<i64>,
    pub(super) page: usize,
    /// Whoever reads keeps its lease, page by page.
    pub(super) holder: Option<&'a Puller>,
}

impl Lister<'_> {
    /// At most `room` nodes, of the `most` of all bundles.
    pub(super) async fn bundle(&self, bundle: &Bundle, room: usize, most: usize) -> Result<Listed, PullError> {
        let include = bundle.includes().into_iter().collect::<Vec<_>>().join(",");
        let prefix = self.mapping.languages.first().map(|(_, prefix)| prefix.as_str()).unwrap_or_default();
        let base = Question {
            bundle: &bundle.name,
            prefix,
            since: self.since,
            limit: self.page,
            include: &include,
            ..Question::default()
        };
        let mut listed = Listed::default();
        let (mut after, mut offset) = (None, 0);
        loop {
            if let Some(holder) = self.holder {
                holder.lease().await?;
            }
            let question = Question { after, offset, ..base.clone() };
            let page = self.client.page(&question).await?;
            listed.began = listed.began.or(page.date.map(jiff::Timestamp::as_second));
            for (of, id) in &page.omitted {
                if *of == bundle.name {
                    listed.hidden.insert(id.clone());
                }
            }
            let last = in_order(&page.data, after).ok_or_else(|| Failure::Unsorted { bundle: bundle.name.clone() })?;
            if let Some(last) = last {
                let range = Question { after, up_to: Some(last), ..base.clone() };
                let others = self.others(&range).await?;
                self.take(bundle, &page, &others, &mut listed);
                (after, offset) = (Some(last), 0);
            } else {
                // Nothing of this page may be seen, and there is more: only the place leads on.
                offset += self.page;
            }
            if listed.there.len() > room || offset > most {
                return Err(Failure::TooMany(most).into());
            }
            if !page.more {
                return Ok(listed);
            }
        }
    }

    /// The same nodes in the other languages.
    async fn others(&self, range: &Question<'_>) -> Result<Vec<Vec<Document>>, Failure> {
        let mut languages = Vec::new();
        for (_, prefix) in self.mapping.languages.iter().skip(1) {
            let mut pages: Vec<Document> = Vec::new();
            loop {
                let question = Question { prefix, offset: pages.len() * self.page, ..range.clone() };
                let page = self.client.page(&question).await?;
                let more = page.more && pages.len() < MOST_NODES;
                pages.push(page);
                if !more {
                    break;
                }
            }
            languages.push(pages);
        }
        Ok(languages)
    }

    fn take(&self, bundle: &Bundle, page: &Document, others: &[Vec<Document>], listed: &mut Listed) {
        let mut by_id: Vec<BTreeMap<&str, (&Document, &Value)>> = Vec::new();
        for pages in others {
            let all = pages.iter().flat_map(|page| page.data.iter().map(move |node| (id(node), (page, node))));
            by_id.push(all.collect());
        }
        let omitted = |language: usize, id: &str| {
            let pages = others.get(language).map_or(&[][..], Vec::as_slice);
            pages.iter().any(|page| page.omitted.contains(&(bundle.name.clone(), id.to_owned())))
        };
        let mut languages = self.mapping.languages.iter();
        let main_language = languages.next().map(|(lang, _)| *lang);
        for node in &page.data {
            let uuid = id(node);
            let newest = attribute(node, "changed").and_then(changed);
            listed.newest = listed.newest.max(newest);
            if attribute(node, "status") == Some(&Value::Bool(false)) {
                listed.hidden.insert(uuid.to_owned());
                continue;
            }
            listed.there.insert(uuid.to_owned());
            let mut versions = Vec::new();
            versions.extend(main_language.filter(|lang| is_version(node, lang.code())).map(|lang| (lang, page, node)));
            let mut settled = true;
            for (index, (lang, _)) in self.mapping.languages.iter().skip(1).enumerate() {
                match by_id.get(index).and_then(|nodes| nodes.get(uuid)) {
                    Some((document, version)) => {
                        listed.newest = listed.newest.max(attribute(version, "changed").and_then(changed));
                        if is_version(version, lang.code()) {
                            versions.push((*lang, *document, *version));
                        }
                    }
                    None if omitted(index, uuid) => {}
                    None => settled = false,
                }
            }
            if settled {
                let shown = Shown { uuid, main: (page, node), versions };
                listed.drawn.push(self.pen.draw(bundle, &shown));
            } else {
                listed.unsettled.insert(uuid.to_owned());
            }
        }
    }
}

/// Whether what a language shows is its own version, and published: else it is what Drupal falls back to.
fn is_version(node: &Value, code: &str) -> bool {
    attribute(node, "langcode").and_then(Value::as_str) == Some(code)
        && attribute(node, "status") != Some(&Value::Bool(false))
}

/// The last number of a page, or none of an empty one; nothing at all when numbers are missing or do not grow.
#[expect(clippy::option_option, reason = "no order is another thing than nothing to order")]
fn in_order(data: &[Value], after: Option<u64>) -> Option<Option<u64>> {
    let mut last = after;
    for node in data {
        let number = attribute(node, "drupal_internal__nid").and_then(Value::as_u64)?;
        if last.is_some_and(|last| number <= last) {
            return None;
        }
        last = Some(number);
    }
    Some(if data.is_empty() { None } else { last })
}

fn id(node: &Value) -> &str {
    node.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn attribute<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    node.get("attributes")?.get(name)
}
