//! PTV's code lists and general descriptions, as far as the rules need them.
//!
//! Read from a folder laid out like `ptv/codelists/` of the reference data, or from our own minimum that is
//! embedded with the sample catalogue. Addresses are kept in the newest style; old ones are mapped on the way in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;

use crate::model::Lang;
use crate::model::blocks::ChargeType;
use crate::model::service::ServiceKind;

#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub municipalities: BTreeSet<String>,
    pub regions: BTreeSet<String>,
    pub business_sub_regions: BTreeSet<String>,
    pub hospital_districts: BTreeSet<String>,
    /// Type and code of an area that version 12 has no form for → its municipalities.
    pub area_municipalities: BTreeMap<(String, String), Vec<String>>,
    pub postal_codes: BTreeSet<String>,
    pub dial_codes: BTreeSet<String>,
    pub service_numbers: Vec<String>,
    pub languages: BTreeSet<String>,
    /// Address → is it a main class.
    pub service_classes: BTreeMap<String, bool>,
    pub terms: BTreeSet<String>,
    pub target_groups: BTreeSet<String>,
    pub life_events: BTreeSet<String>,
    pub industrial_classes: BTreeSet<String>,
    /// Old address → new address, over all the lists.
    pub newer: BTreeMap<String, String>,
    /// By id in lower case.
    pub general_descriptions: BTreeMap<String, GeneralDescription>,
}

/// A general description (pohjakuvaus, pat.md §4.16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralDescription {
    pub kind: Option<ServiceKind>,
    pub charge: Option<ChargeType>,
    pub names: BTreeMap<Lang, String>,
    /// Languages in which it has a Description; a service then needs none of its own.
    pub described_in: BTreeSet<Lang>,
    /// Addresses of its target groups.
    pub target_groups: Vec<String>,
    pub service_classes: Vec<String>,
    pub terms: Vec<String>,
    pub life_events: Vec<String>,
    pub industrial_classes: Vec<String>,
}

/// The reference data in use, which a newer list of general descriptions replaces while the process runs. Cheap to clone;
/// clones share what they hold.
#[derive(Clone, Debug)]
pub struct Live(Arc<ArcSwap<Reference>>);

impl Live {
    pub fn new(reference: Arc<Reference>) -> Live {
        Live(Arc::new(ArcSwap::new(reference)))
    }

    /// As it is now; whoever judges by it keeps it until the judgement is done.
    pub fn now(&self) -> Arc<Reference> {
        self.0.load_full()
    }

    /// Whether the two share what they hold.
    pub fn is(&self, other: &Live) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Puts a list in the place of the general descriptions, and says by id which of them are new, other or gone.
    pub fn describe(&self, list: &Value) -> BTreeSet<String> {
        let before = self.now();
        let mut after = Reference { general_descriptions: BTreeMap::new(), ..Reference::clone(&before) };
        for description in items(list) {
            after.general_description(description);
        }
        let (old, new) = (&before.general_descriptions, &after.general_descriptions);
        let changed = old.keys().chain(new.keys()).filter(|id| old.get(*id) != new.get(*id)).cloned().collect();
        self.0.store(Arc::new(after));
        changed
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    #[error("reference data: {file} cannot be read: {source}. Give a folder with ptv/codelists/{file}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("reference data: {file} is not what was expected: {reason}")]
    Malformed { file: String, reason: String },
}

impl Reference {
    /// `dir` holds `ptv/codelists/`.
    pub fn from_dir(dir: &Path) -> Result<Reference, ReferenceError> {
        let lists = dir.join("ptv").join("codelists");
        Reference::read(&|file: &str| match std::fs::read(lists.join(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ReferenceError::Unreadable { file: file.to_owned(), source }),
        })
    }

    /// Reads from (file name, content) pairs.
    pub fn from_files(files: &[(&str, &[u8])]) -> Result<Reference, ReferenceError> {
        Reference::read(&|file: &str| {
            Ok(files.iter().find(|(name, _)| name.ends_with(file)).map(|(_, content)| content.to_vec()))
        })
    }

    /// The newest address of a concept.
    pub fn newest<'a>(&'a self, address: &'a str) -> &'a str {
        self.newer.get(address).map_or(address, String::as_str)
    }

    fn read(file: FileReader<'_>) -> Result<Reference, ReferenceError> {
        let mut reference = Reference {
            municipalities: codes(&json(file, "municipalities.json")?, "municipalityCode"),
            regions: codes(&json(file, "areas-region.json")?, "Code"),
            business_sub_regions: codes(&json(file, "areas-business-subregion.json")?, "Code"),
            hospital_districts: codes(&json(file, "areas-hospital-district.json")?, "Code"),
            languages: codes(&json(file, "all-languages.json")?, "code"),
            postal_codes: column(file, "postal-codes.csv", "code")?,
            terms: column(file, "ontology-terms-partial.csv", "uri")?,
            industrial_classes: column(file, "industrial-classes.csv", "uri")?,
            ..Reference::default()
        };
        for (list, kind) in [
            ("areas-business-subregion.json", "BusinessSubRegion"),
            ("areas-hospital-district.json", "HospitalDistrict"),
        ] {
            for area in items(&json(file, list)?) {
                let Some(code) = area.get("Code").and_then(Value::as_str) else { continue };
                let all = area.get("Municipalities").map(items).into_iter().flatten();
                let all = all.filter_map(Value::as_str).map(|it| format!("{it:0>3}")).collect();
                reference.area_municipalities.insert((kind.to_owned(), code.to_owned()), all);
            }
        }
        for country in items(&json(file, "countries-and-dial-codes.json")?) {
            let codes = country.get("dialCodes").and_then(Value::as_array).into_iter().flatten();
            reference.dial_codes.extend(codes.filter_map(Value::as_str).map(str::to_owned));
        }
        let numbers = json(file, "finnish-service-numbers.json")?;
        for number in numbers.get("value").map(items).into_iter().flatten() {
            reference.service_numbers.extend(number.get("Number").and_then(Value::as_str).map(str::to_owned));
        }
        for class in items(&json(file, "service-classes.json")?) {
            let main = class.get("BroaderUris").and_then(Value::as_array).is_none_or(Vec::is_empty);
            if let Some(address) = reference.concept(class) {
                reference.service_classes.insert(address, main);
            }
        }
        for group in items(&json(file, "target-groups.json")?) {
            let address = reference.concept(group);
            reference.target_groups.extend(address);
        }
        for event in items(&json(file, "life-events.json")?) {
            let address = reference.concept(event);
            reference.life_events.extend(address);
        }
        for description in items(&json(file, "general-descriptions.json")?) {
            reference.general_description(description);
        }
        Ok(reference)
    }

    /// The address of a concept, with its old address remembered. The class list holds one bogus root without one.
    fn concept(&mut self, concept: &Value) -> Option<String> {
        let address = concept.get("Id").and_then(Value::as_str)?.to_owned();
        if let Some(old) = concept.get("OldUri").and_then(Value::as_str) {
            self.newer.insert(old.to_owned(), address.clone());
        }
        Some(address)
    }

    /// The list holds old enumerations and addresses (`Free`, `urn.fi`), which are converted here.
    fn general_description(&mut self, source: &Value) {
        let Some(id) = source.get("Id").and_then(Value::as_str) else { return };
        let labels = |member: &str| -> BTreeMap<Lang, String> {
            source.get(member).map(items).into_iter().flatten().filter_map(labelled).collect()
        };
        let word = |member: &str| source.get(member).and_then(Value::as_str).unwrap_or_default();
        let concepts = |member: &str| -> Vec<String> {
            let all = source.get(member).map(items).into_iter().flatten();
            let addresses = all.filter_map(|concept| concept.get("Key").and_then(Value::as_str));
            addresses.map(|address| self.newest(address).to_owned()).collect()
        };
        let description = GeneralDescription {
            kind: match word("ServiceType") {
                "Service" => Some(ServiceKind::Service),
                "PermissionAndObligation" | "PermitOrObligation" => Some(ServiceKind::PermitOrObligation),
                "ProfessionalQualification" | "ProfessionalQualifications" => {
                    Some(ServiceKind::ProfessionalQualification)
                }
                _ => None,
            },
            charge: match word("ChargeType") {
                "Free" | "FreeOfCharge" => Some(ChargeType::FreeOfCharge),
                "Charged" | "Chargeable" => Some(ChargeType::Chargeable),
                "Other" => Some(ChargeType::Other),
                _ => None,
            },
            names: labels("Name"),
            described_in: labels("Description").into_keys().collect(),
            target_groups: concepts("TargetGroup"),
            service_classes: concepts("ServiceClass"),
            terms: concepts("OntologyTerm"),
            life_events: concepts("LifeEvent"),
            industrial_classes: concepts("IndustrialClass"),
        };
        self.general_descriptions.insert(id.to_lowercase(), description);
    }
}

type FileReader<'a> = &'a dyn Fn(&str) -> Result<Option<Vec<u8>>, ReferenceError>;

/// A list that is absent is empty: every code of it is then unknown, and the findings say so.
fn json(file: FileReader<'_>, name: &str) -> Result<Value, ReferenceError> {
    match file(name)? {
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| ReferenceError::Malformed { file: name.to_owned(), reason: error.to_string() }),
        None => Ok(Value::Array(Vec::new())),
    }
}

fn column(file: FileReader<'_>, name: &str, column: &str) -> Result<BTreeSet<String>, ReferenceError> {
    let Some(bytes) = file(name)? else { return Ok(BTreeSet::new()) };
    let malformed = |reason: String| ReferenceError::Malformed { file: name.to_owned(), reason };
    let mut table = csv::Reader::from_reader(bytes.as_slice());
    let headers = table.headers().map_err(|error| malformed(error.to_string()))?;
    let index = headers
        .iter()
        .position(|header| header == column)
        .ok_or_else(|| malformed(format!("it has no column `{column}`")))?;
    table
        .records()
        .map(|row| match row {
            Ok(row) => Ok(row.get(index).unwrap_or_default().to_owned()),
            Err(error) => Err(malformed(error.to_string())),
        })
        .collect()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn codes(list: &Value, member: &str) -> BTreeSet<String> {
    items(list).filter_map(|item| item.get(member)?.as_str().map(str::to_owned)).collect()
}

fn labelled(item: &Value) -> Option<(Lang, String)> {
    let lang = Lang::from_code(item.get("Lang")?.as_str()?)?;
    Some((lang, item.get("Label")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Reference;

    #[test]
    fn reads_the_published_lists() {
        let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/specs"));
        if !shared.exists() {
            println!("skipped: {} is absent", shared.display());
            return;
        }
        let reference = Reference::from_dir(shared).expect("readable");
        assert_eq!(reference.general_descriptions.len(), 458);
        assert_eq!(reference.municipalities.len(), 311);
        assert_eq!(reference.target_groups.len(), 17);
        assert!(reference.postal_codes.contains("20100"));
        assert!(reference.dial_codes.contains("+358"));
        assert_eq!(reference.service_classes.values().filter(|main| **main).count(), 28);
        assert_eq!(
            reference.newest("http://urn.fi/URN:NBN:fi:au:ptvl:v2016"),
            "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR2.8"
        );
    }
}
