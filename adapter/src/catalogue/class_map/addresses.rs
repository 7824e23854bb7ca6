//! The addresses of PTV's service classes through its lists: PTVL (`urn.fi`), the list between (`ptvserclass`), the present one
//! (`ptvserclass2`). Old addresses are led to the present ones by the lists themselves (pat.md §4.2, §5).
//!
//! The codes of the list between are those of the last PTVL and not the present ones: its P7.13 is P7.12 now. The first PTVL of
//! 2016 numbered otherwise again; there only an equal name tells which class is meant.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::limits::name_key;

/// Where the lists are looked for in a reference folder.
const PRESENT: [&str; 2] = ["ptv/codelists/service-classes.json", "pat/vocab/ptv/ServiceClasses.json"];
const LAST_PTVL: &str = "pat/vocab/ptvl-historic/ptv-1.7-ServiceClasses.json";
const FIRST_PTVL: &str = "pat/vocab/ptvl-historic/finto-rest-2016-ServiceClasses.json";
const BETWEEN: &str = "http://uri.suomi.fi/codelist/ptv/ptvserclass/code/";
const NOW: &str = "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/";

/// Old address → present address. `file` gives the content of a file of the reference folder, or nothing; what is no list is
/// passed over.
pub fn read(file: &dyn Fn(&str) -> Option<Vec<u8>>) -> BTreeMap<String, String> {
    let list = |name: &str| -> Vec<Value> {
        let bytes = file(name).unwrap_or_default();
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        serde_json::from_slice(text).unwrap_or_default()
    };
    let text = |item: &Value, path: &str| item.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let present = PRESENT.iter().map(|name| list(name)).find(|list| !list.is_empty()).unwrap_or_default();
    let mut newer = BTreeMap::new();
    let mut named: BTreeMap<String, Option<String>> = BTreeMap::new();
    for class in &present {
        let Some(address) = text(class, "/Id").filter(|it| it.starts_with(NOW)) else { continue };
        newer.extend(text(class, "/OldUri").map(|old| (old, address.clone())));
        let name = text(class, "/Label/Fi").map(|it| name_key(&it)).unwrap_or_default();
        // A name that two classes have leads to neither.
        named.entry(name).and_modify(|it| *it = None).or_insert(Some(address));
    }
    let by_name = |name: Option<String>| named.get(&name_key(&name?))?.clone();
    // The present list still holds one class of the list between.
    for class in &present {
        let old = text(class, "/Id").filter(|it| !it.starts_with(NOW));
        newer.extend(old.zip(by_name(text(class, "/Label/Fi"))));
    }
    let mut names_of_last: BTreeMap<String, String> = BTreeMap::new();
    for class in list(LAST_PTVL) {
        let (Some(id), Some(code)) = (text(&class, "/id"), text(&class, "/notation")) else { continue };
        let Some(address) = newer.get(&id).cloned().or_else(|| by_name(text(&class, "/label/fi"))) else { continue };
        newer.insert(format!("{BETWEEN}{code}"), address.clone());
        newer.insert(id, address.clone());
        names_of_last.extend(text(&class, "/label/fi").map(|name| (name_key(&name), address)));
    }
    for class in list(FIRST_PTVL) {
        let Some(id) = text(&class, "/uri") else { continue };
        let labels = class.get("prefLabel").cloned().unwrap_or_default();
        let labels = labels.as_array().cloned().unwrap_or_else(|| vec![labels]);
        let finnish = labels.iter().find(|it| it.get("lang").and_then(Value::as_str) == Some("fi"));
        let name = finnish.and_then(|it| text(it, "/value"));
        let of_last = name.as_deref().and_then(|name| names_of_last.get(&name_key(name)).cloned());
        newer.extend(by_name(name).or(of_last).map(|address| (id, address)));
    }
    newer
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    #[test]
    fn pat_check_6_codes_of_older_lists_lead_to_the_classes_that_they_meant() {
        let specs = std::env::var_os("SILTA_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from)
            .join("specs");
        if !specs.join(super::LAST_PTVL).exists() {
            println!("skipped: {} is absent", specs.display());
            return;
        }
        let newer = super::read(&|name| std::fs::read(specs.join(name)).ok());
        for (old, now) in [
            ("http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P7.13", Some("P7.12")),
            ("http://urn.fi/URN:NBN:fi:au:ptvl:v1089", Some("P7.12")),
            ("http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P23.6", Some("P23.7")),
            ("http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P23.4", Some("P23.5")),
            ("http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P1.1", Some("P1.1")),
            // Enforcement moved to another main class: the present P7.12 would make it immaterial rights.
            ("http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P7.12", Some("P15.5")),
            ("http://urn.fi/URN:NBN:fi:au:ptvl:v1088", Some("P15.5")),
            ("http://urn.fi/URN:NBN:fi:au:ptvl:v9999", None),
            // The numbers of 2016 were others again: P1.2 was rental housing.
            ("http://urn.fi/URN:NBN:fi:au:ptvl:P1.2", Some("P1.1")),
            ("http://urn.fi/URN:NBN:fi:au:ptvl:P4.11", Some("P4.10")),
        ] {
            let expected = now.map(|code| format!("{}{code}", super::NOW));
            assert_eq!(newer.get(old), expected.as_ref(), "{old}");
        }
        let of = |begin: &str| newer.keys().filter(|old| old.starts_with(begin)).count();
        println!("{} of PTVL's, {} of the list between", of("http://urn.fi/"), of(super::BETWEEN));
        assert_eq!(of("http://urn.fi/URN:NBN:fi:au:ptvl:v"), 221);
        assert_eq!(of(super::BETWEEN), 214);
    }
}
