//! The dialect of PTV v12: a gateway with a key, pages, objects by language, connections as objects of their own
//! (ptv-v12.md). Reads are complete as far as the sheet knows them; what is written is in `write` and provisional.

mod answer;
mod client;
pub mod codes;
pub mod decode;
pub mod hierarchy;
pub mod hours;
mod look;
mod pages;
mod query;
pub mod render;
pub mod rules;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

pub use self::answer::V12Error;
pub use self::client::{Client, Sleep};
use self::decode::{Decoded, Decoder, Oddities};
use self::hierarchy::Tree;
pub(in crate::ptv) use self::look::Look;
pub use self::pages::Run;
pub use self::query::{Family, LARGEST_PAGE, Search, since};
pub(in crate::ptv) use self::write::{Pen, spoken};
use crate::ptv::reference::Reference;
use crate::ptv::seen::Values;

/// What v12 leaves to whoever writes. Each is the tenant's, never a constant (ptv-v12.md §6.4, §10.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Each is a choice of its own.
pub struct Choices {
    /// The gateway takes writes.
    pub writes: bool,
    /// Service hours and the data of connections go in the request; else by calls of their own.
    pub inline: bool,
    /// A street without a number gets a dash.
    pub dash_for_number: bool,
    /// Of organisations that have none of their own.
    pub business_id: Option<String>,
    /// A write through v11 is refused where v12 shows hours that v11 cannot say; else the hours stay as they are.
    pub refuse_for_hours: bool,
}

/// What v12 says of one id.
#[derive(Clone, Debug)]
pub enum Got {
    Found(Box<Decoded>),
    /// Never seen: while content is transferred from v11, the fresh ones too.
    Absent,
    /// Known, without published content. Not the same as absent: nothing may be created for it.
    NotPublished,
    /// A 404 that does not say why. Nothing may be deleted or created for it.
    Unclear,
}

/// Objects of a search, decoded, by GUID.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub objects: BTreeMap<String, Decoded>,
    /// Content moved while its pages were read, and they were read again.
    pub moved: bool,
    /// It was still moving: something may be missing.
    pub unsettled: bool,
    pub oddities: Oddities,
}

/// The connections of services, by service and channel.
pub type Connections = BTreeMap<String, BTreeMap<String, Decoded>>;

/// Reads v12 into the neutral form.
#[derive(Clone)]
pub struct Reader<'a> {
    pub client: &'a Client,
    pub reference: &'a Reference,
}

impl Reader<'_> {
    /// One object. For a collection this is the only read that has its members.
    pub async fn get(&self, family: Family, guid: &str, oddities: &mut Oddities) -> Result<Got, V12Error> {
        match self.client.get(&format!("{}/{guid}", family.segment()), &[]).await {
            Ok(object) => {
                let decoded = self.decode(family, &object, oddities);
                let unknown = || V12Error::Protocol("an object of a kind that is not known".into());
                decoded.map(|it| Got::Found(Box::new(it))).ok_or_else(unknown)
            }
            Err(V12Error::Absent) => Ok(Got::Absent),
            Err(V12Error::NotPublished) => Ok(Got::NotPublished),
            Err(V12Error::UnclearAbsence) => Ok(Got::Unclear),
            Err(error) => Err(error),
        }
    }

    /// Everything that a search finds, its groups of values merged.
    pub async fn search(&self, search: &Search) -> Result<Found, V12Error> {
        let mut found = Found::default();
        for query in search.queries()? {
            let path = format!("{}/search", search.family.segment());
            let run = pages::all(self.client, &path, &query, search.page_size).await?;
            found.moved |= run.moved;
            found.unsettled |= run.unsettled;
            for object in &run.items {
                let decoded = self.decode(search.family, object, &mut found.oddities);
                if let Some((guid, decoded)) = decoded.and_then(|it| Some((it.seen.guid.clone()?, it))) {
                    found.objects.insert(guid, decoded);
                }
            }
        }
        Ok(found)
    }

    /// The connections of these services. A service that has none has an empty set, not none.
    pub async fn connections(&self, services: &[String], oddities: &mut Oddities) -> Result<Connections, V12Error> {
        let mut all: Connections = services.iter().map(|id| (id.to_lowercase(), BTreeMap::new())).collect();
        if services.is_empty() {
            return Ok(all);
        }
        let search = Search { services: services.to_vec(), ..Search::of(Family::Connection) };
        for query in search.queries()? {
            let run = pages::all(self.client, "connection/search", &query, search.page_size).await?;
            let mut decoder = Decoder { reference: self.reference, oddities: &mut *oddities };
            for (service, channel, decoded) in run.items.iter().filter_map(|item| decoder.connection(item)) {
                all.entry(service).or_default().insert(channel, decoded);
            }
        }
        Ok(all)
    }

    /// Ids that were archived since a moment: of the known ones only, since the feed names everybody's. The feed of
    /// connections has ids that nothing else knows (§5.4) and is not read at all: [`missing`] finds what is gone.
    pub async fn archived(
        &self,
        family: Family,
        since: Timestamp,
        known: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, V12Error> {
        if family == Family::Connection {
            return Err(V12Error::Local("archived connections cannot be told apart; read the services' own".into()));
        }
        let query = [("archivedAtOrAfter".to_owned(), since.to_string())];
        let path = format!("{}/archived", family.segment());
        let run = pages::all(self.client, &path, &query, LARGEST_PAGE).await?;
        let ids = run.items.iter().filter_map(|item| item.get("contentId")?.as_str()).map(str::to_lowercase);
        Ok(ids.filter(|id| known.contains(id)).collect())
    }

    /// The tree of an organisation; none when v12 does not tell.
    pub async fn hierarchy(&self, organisation: &str) -> Result<Option<Tree>, V12Error> {
        match self.client.get(&format!("organization/hierarchy/{organisation}"), &[]).await {
            Ok(answer) => Ok(Some(Tree::of(&answer))),
            Err(V12Error::UnclearAbsence | V12Error::Absent | V12Error::NotPublished) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn decode(&self, family: Family, object: &Value, oddities: &mut Oddities) -> Option<Decoded> {
        let mut decoder = Decoder { reference: self.reference, oddities };
        match family {
            Family::Organisation => decoder.organisation(object),
            Family::Service => decoder.service(object),
            Family::Channel => decoder.channel(object),
            Family::Collection => decoder.collection(object),
            Family::Connection => decoder.connection(object).map(|(_, _, decoded)| decoded),
            Family::GeneralDescription => decoder.general_description(object),
        }
    }
}

/// Objects whose content differs from what was known of them. A new `publishedAt` alone is no change, nor is none.
pub fn changed<'f>(known: &BTreeMap<String, Values>, found: &'f Found) -> Vec<&'f str> {
    let objects = found.objects.iter();
    let changed = objects.filter(|(guid, decoded)| known.get(*guid) != Some(&decoded.seen.values));
    changed.map(|(guid, _)| guid.as_str()).collect()
}

/// Pairs that were known and are gone.
pub fn missing(known: &BTreeSet<(String, String)>, read: &Connections) -> BTreeSet<(String, String)> {
    let gone = |(service, channel): &&(String, String)| {
        // Of a service that was not read nothing is known.
        read.get(service).is_some_and(|channels| !channels.contains_key(channel))
    };
    known.iter().filter(gone).cloned().collect()
}
