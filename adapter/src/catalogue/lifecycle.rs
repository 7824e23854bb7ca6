//! Which states follow which, what a withdrawal leaves without ground, and how a record's source may change
//! (pat.md §6.1, §7). Answers with findings; decides nothing.

use super::findings;
use super::judge::Upcoming;
use crate::model::entity::Source;
use crate::model::{Entity, EntityKey, Finding, Kind, State, Stored, View};

/// What is to be said of a change of state. A withdrawn record keeps its code and comes back as a published one only;
/// PTV keeps what was published while its record is a draft here.
pub(super) fn step(from: State, to: State) -> Option<Finding> {
    match (from, to) {
        (State::Deleted, State::Draft | State::Hidden | State::Archived) => Some(findings::no_such_step()),
        (State::Active, State::Draft) => Some(findings::back_to_draft()),
        _ => None,
    }
}

/// What is to be said of where a record comes from, against where it came from before.
pub(super) fn source(known: &Entity, new: &Entity) -> Option<Finding> {
    let nowhere = Source::default();
    let (before, now) = (known.source.as_ref().unwrap_or(&nowhere), new.source.as_ref()?);
    if before.system.is_some() && now.system.is_some() && before.system != now.system {
        return Some(findings::other_source());
    }
    if before.id.is_some() && now.id.is_some() && before.id != now.id {
        return Some(findings::code_reused(known.state == State::Deleted));
    }
    match before.version.zip(now.version) {
        Some((before, now)) if now < before => Some(findings::older_revision(before, now)),
        // A withdrawal replaces no content.
        Some((before, now)) if now == before && new.state != State::Deleted => Some(findings::same_version(now)),
        _ => None,
    }
}

/// The fields of an offer that give it ground: its services, and where they are offered.
pub(super) const GROUNDS: [&str; 3] = ["palvelupiste", "palvelut", "palvelukanavat"];

/// The active offers that would have no ground when a record is no longer active: at a service point all that it has
/// (pat.md §7); of a service or a channel those that have no other left.
pub(super) fn orphans<'a>(key: &EntityKey, view: &'a View, upcoming: &Upcoming) -> Vec<&'a Stored> {
    let field = match key.kind {
        Kind::ServicePoint => "palvelupiste",
        Kind::Service => "palvelut",
        Kind::Channel => "palvelukanavat",
        _ => return Vec::new(),
    };
    let active = |kind: Kind, code| {
        let key = EntityKey { kind, code };
        upcoming.state(&key).or_else(|| view.find(&key).map(|stored| stored.entity.state)) == Some(State::Active)
    };
    let offers = view.active_after(Kind::Offer, None).filter(|stored| {
        let Some(offer) = stored.entity.offer() else { return false };
        if upcoming.brings(&stored.entity.key) {
            // The batch says itself what becomes of it.
            let stays = upcoming.state(&stored.entity.key) == Some(State::Active);
            return stays && upcoming.names(&stored.entity.key, field, &key.code);
        }
        match key.kind {
            Kind::ServicePoint => offer.service_point.as_ref() == Some(&key.code),
            Kind::Service => {
                let others = offer.services.iter().filter(|code| **code != key.code);
                offer.services.contains(&key.code) && !others.cloned().any(|code| active(Kind::Service, code))
            }
            _ => {
                let others = offer.channels.iter().filter(|code| **code != key.code);
                let elsewhere = others.cloned().any(|code| active(Kind::Channel, code))
                    || offer.service_point.clone().is_some_and(|code| active(Kind::ServicePoint, code));
                offer.channels.contains(&key.code) && !elsewhere
            }
        }
    });
    offers.map(|stored| &**stored).collect()
}
