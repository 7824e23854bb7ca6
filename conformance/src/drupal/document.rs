//! Documents: resource objects as one language and one viewer get them, what they include, and what was omitted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::{Refusal, version};
use super::query::Query;
use super::site::{Entity, Site, Translation, Viewer};

/// In what light entities are shown.
pub(super) struct Light<'a> {
    pub(super) site: &'a Site,
    pub(super) viewer: &'a Viewer,
    pub(super) languages: &'a [(String, String)],
    pub(super) language: &'a str,
    pub(super) relationships: &'a BTreeMap<String, Vec<(String, bool)>>,
    /// `http://host/sv/jsonapi`
    pub(super) root: &'a str,
    /// The whole address of the request.
    pub(super) url: &'a str,
}

impl Light<'_> {
    /// A page of a collection.
    pub(super) fn collection(&self, kind: &str, query: &Query) -> Result<Value, Refusal> {
        let found = query.select(self.site, kind)?;
        let page: Vec<&Entity> = found.iter().skip(query.offset).take(query.limit).copied().collect();
        let mut omitted = Vec::new();
        let mut shown = Vec::new();
        for entity in page {
            if self.may_see(entity) {
                shown.push(entity);
            } else {
                omitted.push(entity);
            }
        }
        let included = self.included(kind, &shown, query, &mut omitted)?;
        let mut links = Map::from_iter([("self".to_owned(), json!({"href": self.url}))]);
        let at = |offset: usize| json!({"href": self.page_url(offset, query.limit)});
        if query.offset > 0 {
            links.insert("first".into(), at(0));
            links.insert("prev".into(), at(query.offset.saturating_sub(query.limit)));
        }
        // Whether there are more is known of the query, not of what may be seen of it.
        if found.len() > query.offset + query.limit {
            links.insert("next".into(), at(query.offset + query.limit));
        }
        let data: Vec<Value> = shown.iter().map(|entity| self.resource(entity, query)).collect();
        Ok(self.document(data.into(), included, &omitted, links))
    }

    /// One resource.
    pub(super) fn individual(&self, entity: &Entity, query: &Query) -> Result<Value, Refusal> {
        if !self.may_see(entity) {
            return Err(Refusal::new(403, "The current user is not allowed to GET the selected resource."));
        }
        let mut omitted = Vec::new();
        let included = self.included(&entity.kind, &[entity], query, &mut omitted)?;
        let links = Map::from_iter([("self".to_owned(), json!({"href": self.url}))]);
        Ok(self.document(self.resource(entity, query), included, &omitted, links))
    }

    fn document(&self, data: Value, included: Vec<Value>, omitted: &[&Entity], links: Map<String, Value>) -> Value {
        let mut document = Map::from_iter([("jsonapi".to_owned(), version()), ("data".to_owned(), data)]);
        if !omitted.is_empty() {
            let help = "https://www.drupal.org/docs/8/modules/json-api/filtering#filters-access-control";
            let mut hidden = Map::from_iter([("help".to_owned(), json!({"href": help}))]);
            for entity in omitted {
                let detail = "The current user is not allowed to GET the selected resource.";
                let link = json!({"href": self.href(entity), "meta": {"rel": "item", "detail": detail}});
                hidden.insert(format!("item--{}", short(entity.uuid)), link);
            }
            let detail = "Some resources have been omitted because of insufficient authorization.";
            document.insert("meta".into(), json!({"omitted": {"detail": detail, "links": hidden}}));
        }
        document.insert("links".into(), links.into());
        if !included.is_empty() {
            document.insert("included".into(), included.into());
        }
        document.into()
    }

    /// What the includes name, each once, and none that stands in `data`.
    fn included<'a>(
        &'a self,
        kind: &str,
        primary: &[&'a Entity],
        query: &Query,
        omitted: &mut Vec<&'a Entity>,
    ) -> Result<Vec<Value>, Refusal> {
        let mut found: BTreeMap<Uuid, &Entity> = BTreeMap::new();
        for path in &query.includes {
            let mut at: Vec<&Entity> = primary.to_vec();
            for (depth, field) in path.iter().enumerate() {
                let kinds: BTreeSet<&str> = match at.first() {
                    Some(_) => at.iter().map(|entity| entity.kind.as_str()).collect(),
                    None if depth == 0 => [kind].into(),
                    None => BTreeSet::new(),
                };
                let known: BTreeSet<&str> = kinds.iter().flat_map(|kind| self.relationships_of(kind)).collect();
                if !kinds.is_empty() && !known.contains(field.as_str()) {
                    let known = known.into_iter().collect::<Vec<_>>().join(", ");
                    let text = format!("`{field}` is not a valid relationship field name. Possible values: {known}.");
                    return Err(Refusal::of("include", text));
                }
                let targets = at.iter().filter_map(|entity| entity.relations.get(field)).flat_map(|(_, all)| all);
                let targets: Vec<&Entity> = targets.filter_map(|uuid| self.site.entities.get(uuid)).collect();
                at = Vec::new();
                for target in targets {
                    if self.may_see(target) {
                        found.insert(target.uuid, target);
                        at.push(target);
                    } else if !omitted.iter().any(|known| known.uuid == target.uuid) {
                        omitted.push(target);
                    }
                }
            }
        }
        let others = found.values().filter(|entity| !primary.iter().any(|it| it.uuid == entity.uuid));
        Ok(others.map(|entity| self.resource(entity, query)).collect())
    }

    /// Declared ones, and those that a test has filled without declaring them.
    fn relationships_of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b str> {
        let declared = self.relationships.get(kind).into_iter().flatten().map(|(field, _)| field.as_str());
        declared.chain(self.site.of_kind(kind).flat_map(|entity| entity.relations.keys().map(String::as_str)))
    }

    fn may_see(&self, entity: &Entity) -> bool {
        entity.shown(self.language, self.languages).is_some_and(|(_, translation)| self.viewer.may_see(translation))
    }

    fn resource(&self, entity: &Entity, query: &Query) -> Value {
        let Some((language, translation)) = entity.shown(self.language, self.languages) else { return Value::Null };
        let wanted = query.fields.get(&entity.kind);
        let keep = |name: &str| wanted.is_none_or(|names| names.contains(name));
        let attributes: Map<String, Value> =
            attributes(entity, language, translation).into_iter().filter(|(name, _)| keep(name)).collect();
        let mut relationships = Map::new();
        for (field, many) in self.relationships.get(&entity.kind).into_iter().flatten().filter(|(field, _)| keep(field))
        {
            let data = if *many { json!([]) } else { Value::Null };
            relationships.insert(field.clone(), json!({ "data": data }));
        }
        for (field, (many, targets)) in entity.relations.iter().filter(|(field, _)| keep(field)) {
            let mut data: Vec<Value> = targets.iter().map(|target| self.identifier(*target)).collect();
            let data = if *many { Value::from(data) } else { data.pop().unwrap_or(Value::Null) };
            let related = format!("{}/{field}", self.href(entity));
            relationships.insert(field.clone(), json!({"data": data, "links": {"related": {"href": related}}}));
        }
        json!({
            "type": entity.kind,
            "id": entity.uuid,
            "links": {"self": {"href": self.href(entity)}},
            "attributes": attributes,
            "relationships": relationships,
        })
    }

    /// What is no longer there is called *missing* (core's own word).
    fn identifier(&self, target: Uuid) -> Value {
        match self.site.entities.get(&target) {
            Some(entity) => json!({
                "type": entity.kind, "id": entity.uuid, "meta": {"drupal_internal__target_id": entity.number},
            }),
            None => json!({
                "type": "unknown", "id": "missing",
                "meta": {"links": {"help": {
                    "href": "https://www.drupal.org/docs/8/modules/json-api/core-concepts#missing",
                    "meta": {"about": "Usage and meaning of the 'missing' resource identifier."},
                }}},
            }),
        }
    }

    fn href(&self, entity: &Entity) -> String {
        let (kind, bundle) = entity.parts();
        format!("{}/{kind}/{bundle}/{}", self.root, entity.uuid)
    }

    /// The request's own address with another page.
    fn page_url(&self, offset: usize, limit: usize) -> String {
        let (path, query) = self.url.split_once('?').unwrap_or((self.url, ""));
        let is_page = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default().replace("%5B", "[").replace("%5D", "]");
            name.starts_with("page[") || name.is_empty()
        };
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_page(pair)).collect();
        let page = format!("page%5Boffset%5D={offset}&page%5Blimit%5D={limit}");
        let parts: Vec<&str> = kept.into_iter().chain([page.as_str()]).collect();
        format!("{path}?{}", parts.join("&"))
    }
}

fn attributes(entity: &Entity, language: &str, translation: &Translation) -> Map<String, Value> {
    let (number, revision) = entity.number_fields();
    let mut all = Map::from_iter([
        (number.to_owned(), entity.number.into()),
        (revision.to_owned(), entity.revision.into()),
        ("langcode".to_owned(), language.into()),
        ("status".to_owned(), translation.published.into()),
        ("changed".to_owned(), time(translation.changed)),
        ("default_langcode".to_owned(), (language == entity.language).into()),
    ]);
    if entity.parts().0 == "node" {
        all.insert("created".into(), time(entity.created));
        all.insert("revision_timestamp".into(), time(translation.changed));
        all.insert("promote".into(), false.into());
        all.insert("sticky".into(), false.into());
        all.insert("path".into(), json!({"alias": null, "pid": null, "langcode": language}));
        all.insert("content_translation_outdated".into(), false.into());
    }
    all.extend(entity.shared.clone());
    all.extend(translation.fields.clone());
    all
}

/// RFC 3339 with an offset in figures, as PHP's `DATE_RFC3339` has it.
fn time(seconds: i64) -> Value {
    let time = Timestamp::from_second(seconds).unwrap_or_default();
    format!("{}+00:00", time.to_string().trim_end_matches('Z')).into()
}

/// The short name of a link to something omitted.
fn short(uuid: Uuid) -> String {
    uuid.simple().to_string().chars().take(7).collect()
}
