//! What the site holds: entities with their translations, accounts, and the clock. Decides who may see what.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Where the site takes its time from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Attributes by field name.
pub type Fields = Map<String, Value>;

/// How a site is set up.
#[derive(Clone)]
pub struct DrupalConfig {
    /// Where it listens; loopback and a free port unless said otherwise.
    pub listen: SocketAddr,
    pub clock: Clock,
    /// Language and path prefix, by weight. The first is the site's default language, which also answers without prefix.
    pub languages: Vec<(String, String)>,
    pub accounts: Vec<Account>,
    pub anonymous: Anonymous,
    /// Resource types that there are beside those of entities: an empty collection is no 404.
    pub types: Vec<String>,
    /// The relationship fields of a resource type, and whether each holds many: they are there without a value too.
    pub relationships: BTreeMap<String, Vec<(String, bool)>>,
}

impl DrupalConfig {
    /// Adds relationship fields to a resource type; a name that ends in `[]` holds many.
    pub fn relate(&mut self, kind: &str, fields: &[&str]) {
        let known = self.relationships.entry(kind.to_owned()).or_default();
        known.extend(fields.iter().map(|field| (field.trim_end_matches("[]").to_owned(), field.ends_with("[]"))));
    }

    /// A site in Finnish, Swedish and English with one account that sees what is published.
    pub fn new(clock: Clock, user: &str, password: &str) -> Self {
        let language = |code: &str| (code.to_owned(), code.to_owned());
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            languages: ["fi", "sv", "en"].map(language).into(),
            accounts: vec![Account::new(user, password)],
            anonymous: Anonymous::Refused,
            types: ["node--service", "node--service_offer", "node--place", "node--organisation"].map(Into::into).into(),
            relationships: BTreeMap::new(),
        }
    }
}

/// Who logs in by basic authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub password: String,
    /// The permission to view any unpublished content.
    pub views_unpublished: bool,
    /// The permission to view published content at all.
    pub views_content: bool,
}

impl Account {
    pub fn new(name: &str, password: &str) -> Self {
        let (name, password) = (name.to_owned(), password.to_owned());
        Self { name, password, views_unpublished: false, views_content: true }
    }
}

/// What becomes of a request without credentials, or with wrong ones: core takes both for the anonymous user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymous {
    /// Sees what is published.
    Sees,
    /// Gets collections in which everything is omitted.
    SeesNothing,
    /// Is answered 401, as by a site that is closed by a module or its front.
    Refused,
}

/// One entity: a node, a taxonomy term or a paragraph.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    pub(super) uuid: Uuid,
    /// `node--service`
    pub(super) kind: String,
    /// nid, tid or id.
    pub(super) number: u64,
    /// The revision's number; every save makes one.
    pub(super) revision: u64,
    pub(super) language: String,
    /// Fields that have one value for all languages.
    pub(super) shared: Fields,
    pub(super) translations: BTreeMap<String, Translation>,
    /// By field: whether it holds many, and what.
    pub(super) relations: BTreeMap<String, (bool, Vec<Uuid>)>,
    pub(super) created: i64,
    /// Who saved it last.
    pub(super) editor: String,
}

#[derive(Debug, Clone)]
pub(super) struct Translation {
    pub(super) published: bool,
    /// Seconds since 1970: Drupal keeps no more.
    pub(super) changed: i64,
    pub(super) fields: Fields,
}

impl Entity {
    /// `node` and `service` of `node--service`.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.kind.split_once("--").unwrap_or((&self.kind, ""))
    }

    /// The names of the numbers of entity and revision in JSON:API.
    pub(super) fn number_fields(&self) -> (&'static str, &'static str) {
        match self.parts().0 {
            "node" => ("drupal_internal__nid", "drupal_internal__vid"),
            "taxonomy_term" => ("drupal_internal__tid", "drupal_internal__revision_id"),
            _ => ("drupal_internal__id", "drupal_internal__revision_id"),
        }
    }

    /// The translation that a language is shown: its own, else the first by weight. None only for an entity in a
    /// language that the site does not have.
    pub(super) fn shown<'a>(
        &'a self,
        language: &'a str,
        by_weight: &'a [(String, String)],
    ) -> Option<(&'a str, &'a Translation)> {
        let mut order = std::iter::once(language).chain(by_weight.iter().map(|(code, _)| code.as_str()));
        order.find_map(|code| Some((code, self.translations.get(code)?)))
    }

    /// A field of one translation, or one that all share.
    pub(super) fn field<'a>(&'a self, translation: &'a Translation, name: &str) -> Option<&'a Value> {
        translation.fields.get(name).or_else(|| self.shared.get(name))
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Viewer {
    pub(super) name: Option<String>,
    pub(super) sees_content: bool,
    pub(super) sees_unpublished: bool,
}

impl Viewer {
    pub(super) fn may_see(&self, translation: &Translation) -> bool {
        self.sees_content && (translation.published || self.sees_unpublished)
    }
}

/// Everything that the site holds.
#[derive(Debug, Default)]
pub(super) struct Site {
    pub(super) entities: BTreeMap<Uuid, Entity>,
    numbers: BTreeMap<String, u64>,
}

impl Site {
    /// The next number of an entity type's sequence (`node`, `node revision`).
    pub(super) fn next(&mut self, sequence: &str) -> u64 {
        let number = self.numbers.entry(sequence.to_owned()).or_insert(0);
        *number += 1;
        *number
    }

    /// A save: a new revision by somebody; the translation that was edited gets the time.
    pub(super) fn save(&mut self, uuid: Uuid, language: Option<&str>, editor: &str, now: i64) -> bool {
        let Some(kind) = self.entities.get(&uuid).map(|entity| entity.parts().0.to_owned()) else { return false };
        let revision = self.next(&format!("{kind} revision"));
        let Some(entity) = self.entities.get_mut(&uuid) else { return false };
        entity.revision = revision;
        editor.clone_into(&mut entity.editor);
        let language = language.unwrap_or(&entity.language).to_owned();
        if let Some(translation) = entity.translations.get_mut(&language) {
            translation.changed = now;
        }
        true
    }

    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Entity> {
        self.entities.values().filter(move |entity| entity.kind == kind)
    }
}
