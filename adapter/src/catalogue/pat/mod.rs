//! PAT's JSON to entities: the one reader behind every door that takes content in (pat.md §2, §4, §9.3).
//!
//! It collects *every* problem of a record with the field's own name, and accepts nothing that it does not know:
//! an unknown member is a finding, so that nothing is lost silently. It judges the shape only; what PTV would
//! refuse is a finding of `ptv`, never a refusal here.

mod actor;
mod blocks;
mod channel;
mod errand;
mod fields;
mod organisation;
mod place;
mod service;

pub use fields::Fields;

use serde_json::Value;

use crate::model::entity::Source;
use crate::model::{Code, Content, Entity, EntityKey, Finding, Kind, Level, State};

/// What became of one record.
#[derive(Debug)]
pub struct Reading {
    /// Kind and code, as far as they could be read; for the verdict.
    pub kind: Option<Kind>,
    pub code: Option<Code>,
    /// The entity, unless an error was found.
    pub entity: Option<Entity>,
    /// Where the source keeps it, as far as that could be read.
    pub source: Option<Source>,
    pub findings: Vec<Finding>,
}

/// Reads one record of the push format as it comes in. Never fails: what is wrong is in the findings.
pub fn read(record: &Value) -> Reading {
    read_by(record, true)
}

/// Reads a record that was taken in before. What is demanded of new codes since then does not count.
pub fn read_stored(record: &Value) -> Reading {
    read_by(record, false)
}

fn read_by(record: &Value, comes_in: bool) -> Reading {
    let mut findings = Vec::new();
    let Some(mut fields) = Fields::root(record, &mut findings) else {
        return Reading { kind: None, code: None, entity: None, source: None, findings };
    };
    let kind = fields.required_word("laji", &Kind::ALL.map(|kind| (kind.laji(), kind)));
    let code = fields.required_code("koodi");
    let state = read_state(&mut fields);
    // A record that was taken in before the rule may still be withdrawn.
    if comes_in
        && state != Some(State::Deleted)
        && let Some(code) = &code
        && !is_path_segment(kind, code.as_str())
    {
        fields.report(
            "koodi",
            "invalid-code",
            [
                "Koodi ei kelpaa osoitteen osaksi: siinä ei saa olla merkkejä / \\ % ; eikä se saa olla pelkkiä pisteitä tai sana search. Vaihda koodi.",
                "Koden duger inte som del av en adress: den får inte ha tecknen / \\ % ; eller vara enbart punkter eller ordet search. Byt kod.",
                "The code cannot be part of an address: it must not have / \\ % ; nor be dots alone or the word search. Choose another.",
            ],
        );
    }
    let changed = fields.date("muutospvm");
    let ptv_id = fields.text("ptv_id", 200);
    let source = read_source(&mut fields);
    let owner = actor::content_owner(&mut fields, "yhteyshenkilo");
    let deputy = actor::content_owner(&mut fields, "varahenkilo");
    let content = kind.map(|kind| read_content(kind, &mut fields));
    fields.finish();
    // An offer of nothing, or nowhere, is kept and shown to nobody (pat.md §4.4).
    let groundless = matches!(&content, Some(Content::Offer(offer)) if offer.is_groundless());
    let state = state.map(|state| if groundless && state == State::Active { State::Draft } else { state });
    let sound = findings.iter().all(|finding| finding.level < Level::Error);
    let entity = match (kind, code.clone(), state, content) {
        (Some(kind), Some(code), Some(state), Some(content)) if sound => Some(Entity {
            key: EntityKey { kind, code },
            state,
            changed,
            ptv_id,
            owner: owner.map(Box::new),
            deputy: deputy.map(Box::new),
            source: source.clone(),
            content,
        }),
        _ => None,
    };
    Reading { kind, code, entity, source, findings }
}

/// Whether REST can reach a record by its code. Paths that could be read in two ways are refused there (xroad.md §3.1), so
/// a code that needs one would be visible in lists and by SOAP, and not to be had by REST. Kinds that have no path of
/// their own keep their codes.
fn is_path_segment(kind: Option<Kind>, code: &str) -> bool {
    let reachable = !code.contains(['/', '\\', '%', ';']) && !matches!(code, "." | "..");
    match kind {
        Some(Kind::Service) => reachable && code != "search",
        Some(Kind::ServicePoint | Kind::Channel | Kind::Organisation) => reachable,
        Some(Kind::Offer | Kind::Class | Kind::Errand | Kind::Actor | Kind::Collection) | None => true,
    }
}

fn read_content(kind: Kind, fields: &mut Fields<'_>) -> Content {
    match kind {
        Kind::Organisation => Content::Organisation(Box::new(organisation::read(fields))),
        Kind::Class => Content::Class(Box::new(service::read_class(fields))),
        Kind::Channel => Content::Channel(Box::new(channel::read(fields))),
        Kind::ServicePoint => Content::ServicePoint(Box::new(place::read(fields))),
        Kind::Service => Content::Service(Box::new(service::read_service(fields))),
        Kind::Offer => Content::Offer(Box::new(service::read_offer(fields))),
        Kind::Errand => Content::Errand(Box::new(errand::read(fields))),
        Kind::Actor => Content::Actor(Box::new(actor::read(fields))),
        Kind::Collection => Content::Collection(Box::new(service::read_collection(fields))),
    }
}

/// `lahde`: where the source keeps the record. What else a source writes there stays in the stored record only.
fn read_source(fields: &mut Fields<'_>) -> Option<Source> {
    let mut source = None;
    fields.open_object("lahde", |lahde| {
        source = Some(Source {
            system: lahde.text("jarjestelma", 200),
            id: lahde.text("id", 500),
            version: lahde.counter("versio"),
        });
    });
    source
}

/// `tila` is `{"koodi": "1"}`; a record without one is active (its presence in the source says so).
fn read_state(fields: &mut Fields<'_>) -> Option<State> {
    let mut state = Some(State::Active);
    fields.object("tila", |tila| {
        tila.ignore("nimi");
        state = tila.required_word(
            "koodi",
            &[State::Active, State::Draft, State::Hidden, State::Archived, State::Deleted]
                .map(|state| (state.tila(), state)),
        );
    });
    state
}

#[cfg(test)]
mod tests;
