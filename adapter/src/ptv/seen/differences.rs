//! What two sources tell differently.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Values;

/// One path that differs. Only the lines that differ are in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `name.fi`, `hours`, `addresses.coordinates`, `connection {guid}.hours`.
    pub path: String,
    pub ours: Vec<String>,
    pub ptv: Vec<String>,
}

/// What differs in the paths that both tell, in the order of paths and languages.
pub fn differences(ours: &Values, theirs: &Values) -> Vec<Difference> {
    let mut found = Vec::new();
    let nothing = BTreeSet::new();
    for (path, ours_by) in &ours.told {
        let Some(theirs_by) = theirs.told.get(path) else { continue };
        let langs: BTreeSet<_> = ours_by.keys().chain(theirs_by.keys()).collect();
        for lang in langs {
            let one = ours_by.get(lang).unwrap_or(&nothing);
            let other = theirs_by.get(lang).unwrap_or(&nothing);
            if one != other {
                let word = path.word();
                found.push(Difference {
                    path: lang.map_or_else(|| word.to_owned(), |lang| format!("{word}.{lang}")),
                    ours: one.difference(other).cloned().collect(),
                    ptv: other.difference(one).cloned().collect(),
                });
            }
        }
    }
    for ((path, line), ours_of) in &ours.details {
        let Some(theirs_of) = theirs.details.get(&(*path, line.clone())) else { continue };
        for (name, one) in ours_of {
            if let Some(other) = theirs_of.get(name).filter(|other| *other != one) {
                found.push(Difference {
                    path: format!("{}.{name}", path.word()),
                    ours: vec![one.clone()],
                    ptv: vec![other.clone()],
                });
            }
        }
    }
    found
}

/// What differs between two sets of connections, by the other end's GUID. One that only one side has differs as a whole.
pub fn connection_differences(ours: &BTreeMap<String, Values>, theirs: &BTreeMap<String, Values>) -> Vec<Difference> {
    let mut found = Vec::new();
    let whole = |guid: &str, ours: &[&str], ptv: &[&str]| Difference {
        path: format!("connection {guid}"),
        ours: ours.iter().map(|&it| it.to_owned()).collect(),
        ptv: ptv.iter().map(|&it| it.to_owned()).collect(),
    };
    for guid in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        match (ours.get(guid), theirs.get(guid)) {
            (Some(one), Some(other)) => {
                found.extend(differences(one, other).into_iter().map(|difference| Difference {
                    path: format!("connection {guid}.{}", difference.path),
                    ..difference
                }));
            }
            (Some(_), None) => found.push(whole(guid, &["connected"], &[])),
            (None, _) => found.push(whole(guid, &[], &["connected"])),
        }
    }
    found
}
