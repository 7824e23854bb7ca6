//! Equal names: PTV refuses a second entity of the same name in one organisation (ptv-in-api.md §3.0.5).

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::{Context, Extent, map, path_of};
use crate::model::{Code, Content, Entity, EntityKey, Kind, Stored};
use crate::ptv::rules;

/// A name as PTV compares it: within one path and one organisation, without case.
type Name<'a> = (&'static str, Option<&'a Code>, String);

/// Services (and channels of one kind) that carry a name which an earlier sound one has taken.
///
/// PTV compares names over the organisation without case, any language against any language; so only what would
/// be sent takes a name. What that is takes a body to know, so bodies are made only of those that share a name.
pub fn duplicates(context: &Context<'_>) -> BTreeMap<EntityKey, EntityKey> {
    let none = BTreeMap::new();
    let context = Context { duplicates: &none, ..*context };
    let kinds = [Kind::Service, Kind::Channel, Kind::ServicePoint];
    let all: Vec<&Stored> =
        kinds.into_iter().flat_map(|kind| context.view.active_after(kind, None)).map(AsRef::as_ref).collect();
    let named: Vec<Vec<Name<'_>>> = all.par_iter().map(|stored| names(&stored.entity, |_| true)).collect();
    let mut bearers: HashMap<&Name<'_>, usize> = HashMap::new();
    for name in named.iter().flatten() {
        *bearers.entry(name).or_default() += 1;
    }

    let mut found = BTreeMap::new();
    let mut taken: HashMap<Name<'_>, &EntityKey> = HashMap::new();
    let shared = |of: &Vec<Name<'_>>| of.iter().any(|name| bearers.get(name).is_some_and(|bearers| *bearers > 1));
    for (stored, _) in all.iter().zip(&named).filter(|(_, of)| shared(of)) {
        let entity = &stored.entity;
        let Some(mapped) = map(entity, &context, Extent::Sound).filter(|mapped| !mapped.withheld) else { continue };
        let sent = names(entity, |lang| mapped.languages.contains(&lang));
        if let Some(other) = sent.iter().find_map(|name| taken.get(name)) {
            found.insert(entity.key.clone(), (*other).clone());
        } else {
            taken.extend(sent.into_iter().map(|name| (name, &entity.key)));
        }
    }
    found
}

/// The names of an entity in some languages, each once.
fn names(entity: &Entity, of: impl Fn(crate::model::Lang) -> bool) -> Vec<Name<'_>> {
    let (path, owner) = (path_of(entity).unwrap_or_default(), owner_of(entity));
    let texts = entity.name().iter().filter(|(lang, _)| of(*lang));
    let mut names: Vec<Name<'_>> = texts.map(|(_, name)| (path, owner, rules::name_key(name))).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn owner_of(entity: &Entity) -> Option<&Code> {
    match &entity.content {
        Content::Service(it) => it.responsible.as_ref(),
        Content::Channel(it) => it.organisation.as_ref(),
        Content::ServicePoint(it) => it.organisation.as_ref(),
        _ => None,
    }
}
