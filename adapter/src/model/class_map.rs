//! How a tenant's own service classes stand for PTV's: by what their records say, and by maps that other tenants have published
//! (pat.md §4.2). Addresses of older lists become those of the present one by a table, never by editing the text.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::name_key;
use super::{Class, Code, Lang};

/// One line of a map: a class by its code and names, and PTV's class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapEntry {
    pub code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fi: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sv: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
    /// The address of PTV's class.
    pub address: String,
}

/// What adopted maps say of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted<'a> {
    /// The address.
    Class(&'a str),
    /// The map has this code for a class of another name: codes are each tenant's own, so that it says nothing.
    OtherName,
    /// Entries of this name name different classes.
    Unclear,
    Absent,
}

/// The maps of one tenant, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassMap {
    /// Address of an older list → address of the present one.
    newer: Arc<BTreeMap<String, String>>,
    adopted: Vec<MapEntry>,
}

impl ClassMap {
    pub fn new(newer: Arc<BTreeMap<String, String>>, adopted: Vec<MapEntry>) -> ClassMap {
        ClassMap { newer, adopted }
    }

    /// The present address of a class of PTV.
    pub fn newest<'a>(&'a self, address: &'a str) -> &'a str {
        self.newer.get(address).map_or(address, String::as_str)
    }

    /// PTV's class of a class: what its own record says, else what an adopted map says.
    pub fn ptv_class<'a>(&'a self, code: &Code, class: &'a Class) -> Option<&'a str> {
        if let Some(own) = &class.ptv_uri {
            return Some(self.newest(own));
        }
        match self.adopted(code, class) {
            Adopted::Class(address) => Some(address),
            Adopted::OtherName | Adopted::Unclear | Adopted::Absent => None,
        }
    }

    /// By code and Finnish name together, else by the name alone where all that have it agree. A class without a Finnish name
    /// is found by its Swedish one.
    pub fn adopted(&self, code: &Code, class: &Class) -> Adopted<'_> {
        let finnish = class.name.get(Lang::Fi);
        let Some(name) = finnish.or_else(|| class.name.get(Lang::Sv)).map(name_key) else { return Adopted::Absent };
        let named = |entry: &&MapEntry| name_key(if finnish.is_some() { &entry.fi } else { &entry.sv }) == name;
        let of_code = self.adopted.iter().find(|entry| entry.code == code.as_str() && named(entry));
        if let Some(entry) = of_code {
            return Adopted::Class(self.newest(&entry.address));
        }
        let mut addresses: Vec<&str> =
            self.adopted.iter().filter(named).map(|entry| self.newest(&entry.address)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        match addresses.as_slice() {
            [only] => Adopted::Class(only),
            [] if self.adopted.iter().any(|entry| entry.code == code.as_str()) => Adopted::OtherName,
            [] => Adopted::Absent,
            _ => Adopted::Unclear,
        }
    }

    /// The table of older addresses.
    pub fn newer(&self) -> &Arc<BTreeMap<String, String>> {
        &self.newer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Localised;

    fn class(name: &str, own: Option<&str>) -> Class {
        let name = Localised::from_iter([(Lang::Fi, name.to_owned())]);
        Class { name, parent: None, ptv_uri: own.map(str::to_owned) }
    }

    fn entry(code: &str, name: &str, address: &str) -> MapEntry {
        MapEntry { code: code.into(), fi: name.into(), address: address.into(), ..MapEntry::default() }
    }

    #[test]
    fn a_class_is_found_by_code_and_name_or_by_a_name_that_is_clear() {
        let newer = Arc::new(BTreeMap::from([("old".to_owned(), "new".to_owned())]));
        let entries =
            vec![entry("1_1", "Kirjastot", "old"), entry("1_2", "Uimahallit", "a"), entry("1_3", "uimahallit ", "b")];
        let map = ClassMap::new(newer, entries);
        let adopted = |code: &str, name: &str| map.adopted(&code.parse().expect("a code"), &class(name, None));
        assert_eq!(adopted("1_1", "kirjastot"), Adopted::Class("new"));
        assert_eq!(adopted("9_9", "Kirjastot"), Adopted::Class("new"));
        assert_eq!(adopted("1_3", "Uimahallit"), Adopted::Class("b"));
        assert_eq!(adopted("9_9", "Uimahallit"), Adopted::Unclear);
        assert_eq!(adopted("1_1", "Museot"), Adopted::OtherName);
        assert_eq!(adopted("9_9", "Museot"), Adopted::Absent);
        let code = "1_2".parse().expect("a code");
        let own = class("Uimahallit", Some("old"));
        assert_eq!(map.ptv_class(&code, &own), Some("new"), "the record's own word comes first");
    }
}
