//! What may be asked of v12's searches, refused here where v12 would refuse it (ptv-v12.md §3.3).

use jiff::{SignedDuration, Timestamp};

use super::answer::V12Error;

/// The most values of one array parameter.
const GROUP: usize = 20;
/// The most items of one page.
pub const LARGEST_PAGE: u32 = 100;

/// The collections of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Organisation,
    Service,
    Channel,
    Connection,
    Collection,
    GeneralDescription,
}

impl Family {
    /// Its path segment.
    pub fn segment(self) -> &'static str {
        match self {
            Family::Organisation => "organization",
            Family::Service => "service",
            Family::Channel => "service-channel",
            Family::Connection => "connection",
            Family::Collection => "service-collection",
            Family::GeneralDescription => "general-description",
        }
    }
}

/// One search. Lists longer than v12 takes are split into several.
#[derive(Clone, Debug)]
pub struct Search {
    pub family: Family,
    pub page_size: u32,
    pub since: Option<Timestamp>,
    /// Owners: GUIDs of organisations. Not for organisations and connections.
    pub owners: Vec<String>,
    /// Of connections: GUIDs of services.
    pub services: Vec<String>,
    /// Three digits each; an object in any of them is meant, not one in all of them.
    pub municipalities: Vec<String>,
    /// Codes.
    pub service_classes: Vec<String>,
    /// Addresses.
    pub ontology_terms: Vec<String>,
}

impl Search {
    pub fn of(family: Family) -> Search {
        Search {
            family,
            page_size: LARGEST_PAGE,
            since: None,
            owners: Vec::new(),
            services: Vec::new(),
            municipalities: Vec::new(),
            service_classes: Vec::new(),
            ontology_terms: Vec::new(),
        }
    }

    /// The queries, without page, one for each group of values.
    pub(super) fn queries(&self) -> Result<Vec<Vec<(String, String)>>, V12Error> {
        self.check()?;
        let mut common = Vec::new();
        if let Some(since) = self.since {
            common.push(("publishedAtOrAfter".to_owned(), since.to_string()));
        }
        for (name, values) in [
            ("municipalities", &self.municipalities),
            ("serviceClasses", &self.service_classes),
            ("ontologyTerms", &self.ontology_terms),
        ] {
            common.extend(values.iter().map(|value| (name.to_owned(), value.clone())));
            // The default means all of them.
            if values.len() > 1 {
                common.push((format!("{name}Match"), "any".to_owned()));
            }
        }
        let (name, values) = match self.family {
            Family::Connection => ("serviceContentIds", &self.services),
            _ => ("organizationContentIds", &self.owners),
        };
        if values.is_empty() {
            return Ok(vec![common]);
        }
        let mut distinct = values.clone();
        distinct.sort();
        distinct.dedup();
        let grouped = distinct.chunks(GROUP).map(|group| {
            let own = group.iter().map(|value| (name.to_owned(), value.clone()));
            common.iter().cloned().chain(own).collect()
        });
        Ok(grouped.collect())
    }

    fn check(&self) -> Result<(), V12Error> {
        let refuse = |what: String| Err(V12Error::Local(what));
        if !(1..=LARGEST_PAGE).contains(&self.page_size) {
            return refuse(format!("pages of v12 have at most {LARGEST_PAGE} items, not {}", self.page_size));
        }
        for code in &self.municipalities {
            if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_digit()) {
                return refuse(format!("municipality {code:?}: three digits expected"));
            }
        }
        if let Some(uri) = self.service_classes.iter().find(|it| it.contains("://")) {
            return refuse(format!("service class {uri:?}: code expected"));
        }
        if let Some(code) = self.ontology_terms.iter().find(|it| !it.contains("://")) {
            return refuse(format!("ontology term {code:?}: URI expected"));
        }
        let lists = [&self.municipalities, &self.service_classes, &self.ontology_terms];
        if lists.iter().any(|list| list.len() > GROUP) {
            return refuse(format!("a filter takes at most {GROUP} values"));
        }
        Ok(())
    }
}

/// From when an incremental run reads: the start of the last good one, less an overlap that is long while content is
/// still transferred from v11 (§5.4).
pub fn since(last_start: Timestamp, transferring: bool) -> Timestamp {
    let overlap = if transferring { SignedDuration::from_hours(3) } else { SignedDuration::from_mins(10) };
    last_start.checked_sub(overlap).unwrap_or(Timestamp::MIN)
}
