//! A node in its languages to a PAT record, by the mapping. What cannot be had is a finding with the site's own field name;
//! whether the record is sound, the catalogue decides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::document::{Document, Ground, Node, is_formatted};
use super::findings;
use crate::catalogue::html::reduce;
use crate::config::mapping::{Bundle, Form, Mapping, Path, Spec, Take};
use crate::intake::compat::put;
use crate::model::{Finding, Lang, Level};

/// A node as the languages of the mapping show it.
pub(super) struct Shown<'a> {
    pub(super) uuid: &'a str,
    /// As the first language shows it: its own version or what Drupal falls back to.
    pub(super) main: (&'a Document, &'a Value),
    /// The languages that it has a published version in.
    pub(super) versions: Vec<(Lang, &'a Document, &'a Value)>,
}

/// What the mapping makes of a node.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) bundle: String,
    pub(super) uuid: String,
    pub(super) record: Value,
    /// What the drawing itself has to say; an error keeps the record out.
    pub(super) findings: Vec<Finding>,
    /// PAT's field and the site's.
    pub(super) fields: BTreeMap<String, String>,
}

impl Drawn {
    pub(super) fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.level < Level::Error)
    }

    /// The site's name of a field of the record, or the field itself when the mapping does not fill it.
    pub(super) fn field_of(&self, field: &str) -> String {
        let mut at = field;
        loop {
            if let Some(found) = self.fields.get(at) {
                return found.clone();
            }
            match at.rfind(['.', '[']) {
                Some(end) => at = at.get(..end).unwrap_or_default(),
                None => return field.to_owned(),
            }
        }
    }
}

/// The code of a record that came from a node before, by the node's id.
pub(super) type Known<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// What is the same for all nodes of a reading.
pub(super) struct Pen<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) master: &'a str,
    pub(super) known: Known<'a>,
}

/// One resource, or one value, in the languages it has.
#[derive(Clone)]
struct Scope<'a> {
    main: Option<Ground<'a>>,
    /// The language that is being filled in.
    lang: Option<Lang>,
    versions: Vec<(Lang, Ground<'a>)>,
}

impl<'a> Scope<'a> {
    fn only(ground: Ground<'a>, lang: Lang) -> Scope<'a> {
        Scope { main: Some(ground), lang: Some(lang), versions: vec![(lang, ground)] }
    }
}

impl Pen<'_> {
    pub(super) fn draw(&self, bundle: &Bundle, shown: &Shown<'_>) -> Drawn {
        let ground = |(document, resource)| Ground::Resource(document, resource);
        let versions = shown.versions.iter().map(|(lang, document, it)| (*lang, Ground::Resource(document, it)));
        let scope = Scope { main: Some(ground(shown.main)), lang: None, versions: versions.collect() };
        let mut drawing = Drawing { pen: self, findings: Vec::new(), fields: BTreeMap::new() };
        let mut record = Map::new();
        record.insert("laji".into(), bundle.kind.laji().into());
        drawing.fields.insert("koodi".into(), bundle.code.field());
        match scope.main.and_then(|main| scalar(main, &bundle.code)) {
            Some(code) => drop(record.insert("koodi".into(), code.into())),
            None => drawing.findings.push(findings::no_code(bundle.code.field())),
        }
        let all = || std::iter::once(shown.main.1).chain(shown.versions.iter().map(|(_, _, it)| *it));
        let attribute = |it: &Value, name: &str| it.get("attributes").and_then(|all| all.get(name)).cloned();
        let changed = all().filter_map(|it| changed(&attribute(it, "changed")?)).max();
        let changed = changed.and_then(|seconds| Timestamp::from_second(seconds).ok());
        if let Some(changed) = changed {
            let date = changed.to_zoned(jiff::tz::TimeZone::UTC).date();
            record.insert("muutospvm".into(), date.to_string().into());
        }
        let version = all().filter_map(|it| attribute(it, "drupal_internal__vid")?.as_u64()).max();
        let mut source = json!({"jarjestelma": self.master, "id": source_id(&bundle.name, shown.uuid)});
        if let (Some(version), Some(members)) = (version, source.as_object_mut()) {
            members.insert("versio".into(), version.into());
        }
        record.insert("lahde".into(), source);
        drawing.members(&bundle.fields, &scope, "", &mut record);
        let Drawing { findings, fields, .. } = drawing;
        Drawn { bundle: bundle.name.clone(), uuid: shown.uuid.to_owned(), record: record.into(), findings, fields }
    }
}

/// How a record says which node it came from.
pub(super) fn source_id(bundle: &str, uuid: &str) -> String {
    format!("node/{bundle}/{uuid}")
}

/// Bundle and id of a node, from what [`source_id`] has made.
pub(super) fn node_of(source_id: &str) -> Option<(&str, &str)> {
    source_id.strip_prefix("node/")?.split_once('/')
}

/// Seconds of a time as JSON:API shows it; some sites show seconds.
pub(super) fn changed(value: &Value) -> Option<i64> {
    match value {
        Value::Number(seconds) => seconds.as_i64(),
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_second),
        _ => None,
    }
}

struct Drawing<'p> {
    pen: &'p Pen<'p>,
    findings: Vec<Finding>,
    fields: BTreeMap<String, String>,
}

impl Drawing<'_> {
    fn members(&mut self, members: &[(String, Spec)], scope: &Scope<'_>, at: &str, into: &mut Map<String, Value>) {
        for (name, spec) in members {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            if let Some((before, after)) = name.split_once('*') {
                for (lang, ground) in &scope.versions {
                    let name = format!("{before}{}{after}", lang.code());
                    let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    if let Some(value) = self.value(spec, &Scope::only(*ground, *lang), &path) {
                        put(into, &name, value);
                    }
                }
            } else if is_localised(name, spec) {
                let mut versions = Map::new();
                for (lang, ground) in &scope.versions {
                    if let Some(value) = self.value(spec, &Scope::only(*ground, *lang), &path) {
                        versions.insert(lang.code().to_owned(), value);
                    }
                }
                self.note(spec, &path);
                if !versions.is_empty() {
                    put(into, name, versions.into());
                }
            } else {
                self.note(spec, &path);
                if let Some(value) = self.value(spec, scope, &path) {
                    put(into, name, value);
                }
            }
        }
    }

    /// Where the field comes from, whether or not the node has it: what is missing is told by the site's name, too.
    fn note(&mut self, spec: &Spec, at: &str) {
        let from = match spec {
            Spec::Take(take) => take.from.field(),
            Spec::Each { each, .. } => each.field(),
            Spec::Reference { from, .. } => from.field(),
            _ => return,
        };
        if !from.is_empty() {
            self.fields.entry(at.to_owned()).or_insert(from);
        }
    }

    fn value(&mut self, spec: &Spec, scope: &Scope<'_>, at: &str) -> Option<Value> {
        match spec {
            Spec::Constant(value) => Some(value.clone()),
            Spec::Take(take) => self.take(take, scope, at),
            Spec::Object(members) => {
                let mut object = Map::new();
                self.members(members, scope, at, &mut object);
                // Constants alone say nothing of this node.
                let fixed = members.iter().filter(|(_, spec)| is_constant(spec)).count();
                let is_there = fixed == members.len() || object_has_more(&object, members);
                (is_there && !object.is_empty()).then(|| object.into())
            }
            Spec::List(specs) => {
                let mut items = Vec::new();
                for spec in specs {
                    items.extend(self.value(spec, scope, &format!("{at}[{}]", items.len())));
                }
                (!items.is_empty()).then(|| items.into())
            }
            Spec::Each { each, item } => {
                let mut items = Vec::new();
                for scope in split(scope, each) {
                    let at = format!("{at}[{}]", items.len());
                    self.fields.insert(at.clone(), each.field());
                    items.extend(self.value(item, &scope, &at));
                }
                (!items.is_empty()).then(|| items.into())
            }
            Spec::Reference { from, code, many } => {
                let main = scope.main?;
                let mut codes = Vec::new();
                for node in main.follow(from, scope.lang) {
                    codes.extend(self.code(main, node, code.as_ref(), &from.field()));
                }
                let mut references = codes.into_iter().map(|code| json!({"koodi": code}));
                if *many {
                    let all: Vec<Value> = references.collect();
                    (!all.is_empty()).then(|| all.into())
                } else {
                    references.next()
                }
            }
        }
    }

    fn take(&mut self, take: &Take, scope: &Scope<'_>, at: &str) -> Option<Value> {
        if !take.from.field().is_empty() {
            self.fields.insert(at.to_owned(), take.from.field());
        }
        let found = scope.main.and_then(|main| main.follow(&take.from, scope.lang).into_iter().next());
        let Some(Node::Value(value)) = found else { return take.default.clone() };
        let field = self.fields.get(at).cloned().unwrap_or_else(|| take.from.field());
        let value = match (take.form, value) {
            (Form::Hhmm, value) => time(value, |figures| (figures / 100, figures % 100)),
            (Form::Seconds, value) => time(value, |seconds| (seconds / 3_600, seconds % 3_600 / 60)),
            (_, value) if is_formatted(value) => {
                let text = value.get("processed").or_else(|| value.get("value")).and_then(Value::as_str);
                Some(reduce(text.unwrap_or_default()).into())
            }
            (Form::Html, Value::String(text)) => Some(reduce(text).into()),
            (_, Value::Object(_)) => None,
            (_, value) => Some(value.clone()),
        };
        let Some(value) = value else {
            self.findings.push(findings::no_value(field));
            return take.default.clone();
        };
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return take.default.clone();
        }
        let Some(values) = &take.values else { return Some(value) };
        let mapped = values.get(&word(&value)).cloned().or_else(|| take.default.clone());
        if mapped.is_none() {
            self.findings.push(findings::unknown_value(field, values.keys()));
        }
        mapped
    }

    /// The code of another record: from the record itself when the site shows it, else as it is known here, else the
    /// number of the node.
    fn code(&mut self, main: Ground<'_>, node: Node<'_>, path: Option<&Path>, field: &str) -> Option<String> {
        let Node::Target { identifier, resource } = node else {
            self.findings.push(findings::no_value(field.to_owned()));
            return None;
        };
        let id = identifier.get("id").and_then(Value::as_str).unwrap_or_default();
        if id == "missing" || id == "virtual" {
            self.findings.push(findings::deleted_target(field.to_owned()));
            return None;
        }
        let kind = identifier.get("type").and_then(Value::as_str).unwrap_or_default();
        let bundle = kind.strip_prefix("node--").and_then(|name| self.pen.mapping.bundle(name));
        let Some(path) = path.or(bundle.map(|bundle| &bundle.code)) else {
            self.findings.push(findings::unmapped_target(field.to_owned()));
            return None;
        };
        let shown = resource.and_then(|_| main.at(node)).and_then(|target| scalar(target, path));
        let number = || {
            let is_number = path.field() == "drupal_internal__nid" && path.steps().len() == 1;
            let number = identifier.pointer("/meta/drupal_internal__target_id").filter(|_| is_number)?;
            Some(word(number))
        };
        let code = shown.or_else(|| (self.pen.known)(id)).or_else(number);
        if code.is_none() {
            self.findings.push(findings::hidden_target(field.to_owned()));
        }
        code
    }
}

/// One scope for each item that a path leads to: targets are matched by their ids in all languages, values by place.
fn split<'a>(scope: &Scope<'a>, path: &Path) -> Vec<Scope<'a>> {
    let main: Vec<Ground<'a>> = scope
        .main
        .iter()
        .flat_map(|main| main.follow(path, scope.lang).into_iter().filter_map(|node| main.at(node)))
        .collect();
    let versions: Vec<(Lang, Vec<Ground<'a>>)> = scope
        .versions
        .iter()
        .map(|(lang, at)| (*lang, at.follow(path, Some(*lang)).into_iter().filter_map(|node| at.at(node)).collect()))
        .collect();
    let count = versions.iter().map(|(_, items)| items.len()).chain([main.len()]).max().unwrap_or_default();
    let item = |index: usize| {
        let own = main.get(index).copied();
        let of = |items: &[Ground<'a>]| match own {
            Some(Ground::Resource(_, it)) => items.iter().copied().find(|other| is_same(it, *other)),
            _ => items.get(index).copied(),
        };
        let versions: Vec<(Lang, Ground<'a>)> =
            versions.iter().filter_map(|(lang, items)| Some((*lang, of(items)?))).collect();
        let main = own.or_else(|| versions.first().map(|(_, ground)| *ground));
        Scope { main, lang: scope.lang, versions }
    };
    (0..count).map(item).collect()
}

fn is_same(one: &Value, other: Ground<'_>) -> bool {
    matches!(other, Ground::Resource(_, other) if one.get("id") == other.get("id"))
}

/// A name that PAT has in languages. A constant that is written in languages stays as it is.
fn is_localised(name: &str, spec: &Spec) -> bool {
    let written_out = matches!(spec, Spec::Constant(Value::Object(_)));
    name.ends_with("_kieliversiot") && !written_out
}

fn is_constant(spec: &Spec) -> bool {
    match spec {
        Spec::Constant(_) => true,
        Spec::Object(members) => members.iter().all(|(_, spec)| is_constant(spec)),
        Spec::List(items) => items.iter().all(is_constant),
        _ => false,
    }
}

/// Whether anything of an object comes from the node.
fn object_has_more(object: &Map<String, Value>, members: &[(String, Spec)]) -> bool {
    let fixed = |name: &str| members.iter().any(|(member, spec)| first(member) == name && is_constant(spec));
    object.keys().any(|name| !fixed(name))
}

fn first(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn scalar(ground: Ground<'_>, path: &Path) -> Option<String> {
    ground.follow(path, None).into_iter().find_map(|node| match node {
        Node::Value(value @ (Value::String(_) | Value::Number(_))) => Some(word(value)).filter(|it| !it.is_empty()),
        _ => None,
    })
}

/// A value as the site's word.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// `HH:MM` of a number, or of a text of figures.
fn time(value: &Value, split: impl Fn(u64) -> (u64, u64)) -> Option<Value> {
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let (hours, minutes) = split(number);
    (hours <= 24 && minutes < 60).then(|| format!("{hours:02}:{minutes:02}").into())
}
