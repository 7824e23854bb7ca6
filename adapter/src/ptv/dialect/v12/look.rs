//! What is asked of v12 to know what PTV holds, in the questions of [`super::super::Reader`].
//!
//! v12 shows published content only: nobody's drafts, and no version that somebody is editing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::decode::{Decoded, Oddities};
use super::{Client, Family, Got, Reader, Search};
use crate::ptv::dialect::{PtvError, Shelf};
use crate::ptv::reference::Reference;
use crate::ptv::seen::Seen;

/// One reading; what it has found once it does not ask for again.
pub(in crate::ptv) struct Look<'a> {
    reader: Reader<'a>,
    found: Mutex<BTreeMap<String, Decoded>>,
    oddities: Mutex<Oddities>,
}

fn family(shelf: Shelf) -> Family {
    match shelf {
        Shelf::Organisation => Family::Organisation,
        Shelf::Service => Family::Service,
        Shelf::Channel => Family::Channel,
        Shelf::Collection => Family::Collection,
    }
}

impl<'a> Look<'a> {
    pub(in crate::ptv) fn new(client: &'a Client, reference: &'a Reference) -> Look<'a> {
        Look { reader: Reader { client, reference }, found: Mutex::default(), oddities: Mutex::default() }
    }

    pub(in crate::ptv) async fn tree(&self, root: &str) -> Result<BTreeSet<String>, PtvError> {
        let unclear = || PtvError::Unreadable("the tree of organisations does not hold the tenant's own".into());
        let tree = self.reader.hierarchy(root).await?.ok_or_else(unclear)?;
        let mut all: BTreeSet<String> = tree.parents.keys().filter(|id| tree.holds(root, id)).cloned().collect();
        all.insert(root.to_lowercase());
        Ok(all)
    }

    pub(in crate::ptv) async fn published(
        &self,
        organisation: &str,
        after: Option<Timestamp>,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, PtvError> {
        let mut all = BTreeMap::new();
        for family in [Family::Service, Family::Channel] {
            let search = Search { owners: vec![organisation.to_owned()], since: after, ..Search::of(family) };
            let found = self.reader.search(&search).await?;
            if found.unsettled {
                return Err(PtvError::Unreadable("content moved while it was read".into()));
            }
            all.extend(found.objects.iter().map(|(guid, decoded)| (guid.clone(), decoded.seen.modified)));
            self.note(&found.oddities);
            self.found.lock().unwrap_or_else(PoisonError::into_inner).extend(found.objects);
        }
        Ok(all)
    }

    /// A list has collections without their members, so each is read again when it is asked for. It has no times either.
    pub(in crate::ptv) async fn collections(
        &self,
        organisation: &str,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, PtvError> {
        let search = Search { owners: vec![organisation.to_owned()], ..Search::of(Family::Collection) };
        let found = self.reader.search(&search).await?;
        self.note(&found.oddities);
        Ok(found.objects.into_iter().map(|(guid, decoded)| (guid, decoded.seen.modified)).collect())
    }

    pub(in crate::ptv) async fn read(
        &self,
        shelf: Shelf,
        guids: &[String],
    ) -> Result<BTreeMap<String, Seen>, PtvError> {
        let decoded = self.decoded(shelf, guids).await?;
        Ok(decoded.into_iter().map(|(guid, decoded)| (guid, decoded.seen)).collect())
    }

    /// The same with what the neutral form cannot say.
    pub(in crate::ptv) async fn decoded(
        &self,
        shelf: Shelf,
        guids: &[String],
    ) -> Result<BTreeMap<String, Decoded>, PtvError> {
        let mut all = BTreeMap::new();
        for guid in guids {
            let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(guid).cloned();
            if let Some(decoded) = known {
                all.insert(guid.clone(), decoded);
            } else if let Some(decoded) = self.get(shelf, guid).await? {
                all.insert(guid.clone(), decoded);
            }
        }
        if shelf == Shelf::Service {
            let services: Vec<String> = all.keys().cloned().collect();
            let mut oddities = Oddities::default();
            let connections = self.reader.connections(&services, &mut oddities).await?;
            self.note(&oddities);
            for (service, channels) in connections {
                if let Some(decoded) = all.get_mut(&service) {
                    let values = channels.into_iter().map(|(channel, decoded)| (channel, decoded.seen.values));
                    decoded.seen.connections = Some(values.collect());
                }
            }
        }
        Ok(all)
    }

    pub(in crate::ptv) async fn newest(&self, shelf: Shelf, guid: &str) -> Result<Option<Seen>, PtvError> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).remove(guid);
        Ok(self.read(shelf, &[guid.to_owned()]).await?.remove(guid))
    }

    /// Those that v12 knows and does not show. The feed of archivings names everybody's; few are asked for here.
    pub(in crate::ptv) async fn archived(&self, wanted: &BTreeSet<String>) -> Result<BTreeSet<String>, PtvError> {
        let mut archived = BTreeSet::new();
        for guid in wanted {
            for family in [Family::Service, Family::Channel] {
                if matches!(self.reader.get(family, guid, &mut Oddities::default()).await?, Got::NotPublished) {
                    archived.insert(guid.clone());
                    break;
                }
            }
        }
        Ok(archived)
    }

    /// How v12 stands to one id.
    pub(in crate::ptv) async fn standing(&self, shelf: Shelf, guid: &str) -> Result<Got, PtvError> {
        Ok(self.reader.get(family(shelf), guid, &mut Oddities::default()).await?)
    }

    /// What was odd so far.
    pub(in crate::ptv) fn oddities(&self) -> Oddities {
        self.oddities.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// None for what v12 does not show. A 404 without a reason says nothing.
    async fn get(&self, shelf: Shelf, guid: &str) -> Result<Option<Decoded>, PtvError> {
        let mut oddities = Oddities::default();
        let got = self.reader.get(family(shelf), guid, &mut oddities).await?;
        self.note(&oddities);
        match got {
            Got::Found(decoded) => Ok(Some(*decoded)),
            Got::Absent | Got::NotPublished => Ok(None),
            Got::Unclear => Err(PtvError::Broken(404)),
        }
    }

    fn note(&self, more: &Oddities) {
        let mut all = self.oddities.lock().unwrap_or_else(PoisonError::into_inner);
        for (member, count) in &more.members {
            *all.members.entry(member.clone()).or_default() += count;
        }
        for (kind, count) in &more.phones {
            *all.phones.entry(kind.clone()).or_default() += count;
        }
        all.unknown.extend(more.unknown.iter().cloned());
        all.codes.extend(more.codes.iter().cloned());
        all.inherited.extend(more.inherited.iter().cloned());
    }
}
