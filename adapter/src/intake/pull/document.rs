//! JSON:API documents as Drupal gives them: what is in them, and how a path leads through it. Nothing of PAT is known here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::config::mapping::{Path, Step};
use crate::model::Lang;

/// One page of a collection in one language.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) data: Vec<Value>,
    /// By type and id.
    included: BTreeMap<(String, String), Value>,
    /// Bundle and id of the nodes that the account may not see.
    pub(super) omitted: BTreeSet<(String, String)>,
    /// Whether there is a page after it.
    pub(super) more: bool,
    /// The site's clock when it answered.
    pub(super) date: Option<Timestamp>,
}

/// Why an answer is no page: what is missing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("it is no JSON, or ends too soon")]
    NotJson,
    #[error("it has no list \"data\"")]
    NoData,
    #[error("a resource in it has another type, no id or no attributes")]
    NoResource,
}

impl Document {
    /// Reads a page of a bundle's nodes. What is not as it must be makes all of it unreadable.
    pub(super) fn read(body: &[u8], bundle: &str) -> Result<Document, Malformed> {
        let mut document: Value = serde_json::from_slice(body).map_err(|_| Malformed::NotJson)?;
        let Some(Value::Array(data)) = document.get_mut("data").map(Value::take) else { return Err(Malformed::NoData) };
        if document.get("errors").is_some() {
            return Err(Malformed::NoData);
        }
        let kind = format!("node--{bundle}");
        let sound = |it: &Value| {
            it.get("type").and_then(Value::as_str) == Some(&kind)
                && text(it, "id").is_some_and(|id| !id.is_empty())
                && it.get("attributes").is_some_and(Value::is_object)
        };
        if !data.iter().all(sound) {
            return Err(Malformed::NoResource);
        }
        let mut read = Document { data, ..Document::default() };
        if let Some(Value::Array(included)) = document.get_mut("included").map(Value::take) {
            let keyed = included.into_iter().filter_map(|it| Some(((text(&it, "type")?, text(&it, "id")?), it)));
            read.included = keyed.collect();
        }
        let next = document.pointer("/links/next");
        read.more = next.is_some_and(|next| next.is_string() || next.get("href").is_some_and(Value::is_string));
        let omitted = document.pointer("/meta/omitted/links").and_then(Value::as_object);
        for link in omitted.into_iter().flatten().map(|(_, link)| link) {
            let href = link.get("href").and_then(Value::as_str).unwrap_or_default();
            let path = href.split(['?', '#']).next().unwrap_or_default();
            if let [id, bundle, "node", ..] = path.rsplit('/').collect::<Vec<_>>().as_slice() {
                read.omitted.insert(((*bundle).to_owned(), (*id).to_owned()));
            }
        }
        Ok(read)
    }

    pub(super) fn included(&self, kind: &str, id: &str) -> Option<&Value> {
        self.included.get(&(kind.to_owned(), id.to_owned()))
    }
}

fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member).and_then(Value::as_str).map(str::to_owned)
}

/// What a path begins at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ground<'a> {
    Resource(&'a Document, &'a Value),
    Value(&'a Value),
}

/// Where a path leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    Value(&'a Value),
    /// A resource by its identifier, and the resource itself when it was included.
    Target {
        identifier: &'a Value,
        resource: Option<&'a Value>,
    },
}

impl<'a> Ground<'a> {
    /// Everything that a path leads to. Lists are their items; `null` is nothing. With a language, what Drupal shows of a
    /// target in another one is nothing either.
    pub(super) fn follow(self, path: &Path, lang: Option<Lang>) -> Vec<Node<'a>> {
        let (document, start) = match self {
            Ground::Resource(document, it) => (Some(document), Node::Target { identifier: it, resource: Some(it) }),
            Ground::Value(value) => (None, Node::Value(value)),
        };
        let mut at = vec![start];
        for step in path.steps() {
            at = at.into_iter().flat_map(|node| into(node, step, document)).filter(|node| is_of(*node, lang)).collect();
        }
        let items = at.into_iter().flat_map(|node| match node {
            Node::Value(Value::Array(items)) => items.iter().map(Node::Value).collect(),
            node => vec![node],
        });
        items.filter(|node| !matches!(node, Node::Value(Value::Null))).collect()
    }

    /// The ground that a node of it gives.
    pub(super) fn at(self, node: Node<'a>) -> Option<Ground<'a>> {
        match (node, self) {
            (Node::Value(value), _) => Some(Ground::Value(value)),
            (Node::Target { resource, .. }, Ground::Resource(document, _)) => {
                Some(Ground::Resource(document, resource?))
            }
            (Node::Target { .. }, Ground::Value(_)) => None,
        }
    }
}

/// Whether a target is shown in a language, or has none.
fn is_of(node: Node<'_>, lang: Option<Lang>) -> bool {
    let (Node::Target { resource: Some(resource), .. }, Some(lang)) = (node, lang) else { return true };
    let code = resource.pointer("/attributes/langcode").and_then(Value::as_str);
    code.is_none_or(|code| code == lang.code() || ["und", "zxx", "mul"].contains(&code))
}

fn into<'a>(node: Node<'a>, step: &Step, document: Option<&'a Document>) -> Vec<Node<'a>> {
    let member = |name: &str, family: &str| match node {
        Node::Target { resource, .. } => resource?.get(family)?.get(name),
        Node::Value(_) => None,
    };
    match step {
        Step::Id => match node {
            Node::Target { identifier, .. } => identifier.get("id").map(Node::Value).into_iter().collect(),
            Node::Value(_) => Vec::new(),
        },
        Step::Attribute(name) => member(name, "attributes").map(Node::Value).into_iter().collect(),
        Step::Relationship(name) => {
            let data = member(name, "relationships").and_then(|it| it.get("data"));
            let targets = match data {
                Some(Value::Array(targets)) => targets.as_slice(),
                Some(one @ Value::Object(_)) => std::slice::from_ref(one),
                _ => &[],
            };
            let found = |identifier: &Value| {
                let (kind, id) = (identifier.get("type")?.as_str()?, identifier.get("id")?.as_str()?);
                // What is a page's own data is not included once more.
                let own = |document: &'a Document| document.data.iter().find(|it| is(it, kind, id));
                document.and_then(|document| document.included(kind, id).or_else(|| own(document)))
            };
            targets.iter().map(|target| Node::Target { identifier: target, resource: found(target) }).collect()
        }
        Step::Inside(name) => match node {
            Node::Value(Value::Array(items)) => match name.parse::<usize>() {
                Ok(index) => items.get(index).map(Node::Value).into_iter().collect(),
                Err(_) => items.iter().filter_map(|item| inside(item, name)).collect(),
            },
            Node::Value(value) => inside(value, name).into_iter().collect(),
            Node::Target { .. } => Vec::new(),
        },
    }
}

/// A member of a value. Formatted text is taken as a whole, whichever of its two texts is named.
fn inside<'a>(value: &'a Value, name: &str) -> Option<Node<'a>> {
    if is_formatted(value) && matches!(name, "value" | "processed") {
        return Some(Node::Value(value));
    }
    value.get(name).map(Node::Value)
}

/// `{value, format, processed}`
pub(super) fn is_formatted(value: &Value) -> bool {
    value.get("format").is_some() && (value.get("value").is_some() || value.get("processed").is_some())
}

fn is(resource: &Value, kind: &str, id: &str) -> bool {
    resource.get("type").and_then(Value::as_str) == Some(kind) && resource.get("id").and_then(Value::as_str) == Some(id)
}
