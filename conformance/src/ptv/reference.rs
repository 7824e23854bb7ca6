//! The code lists that PTV checks against, read from files the caller gives (ptv-in-api §8; shapes as in `codelists/`).
//! Knows no rule; a file that is missing leaves its list empty, so that a small set of files works too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde_json::{Value, json};

use super::json::{items, text, texts};

/// Code lists of one simulator.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub(crate) municipalities: BTreeMap<String, Value>,
    /// Area codes by wire type (`Region`, `BusinessSubRegion`, `HospitalDistrict`, `WellbeingServiceCounties`).
    pub(crate) areas: BTreeMap<String, BTreeMap<String, Value>>,
    /// Postal code → municipality code.
    pub(crate) postal_codes: BTreeMap<String, PostalCode>,
    pub(crate) languages: Vec<Value>,
    pub(crate) content_languages: HashSet<String>,
    pub(crate) countries: BTreeMap<String, Value>,
    pub(crate) dial_codes: HashSet<String>,
    pub(crate) service_classes: Concepts,
    pub(crate) target_groups: Concepts,
    pub(crate) life_events: Concepts,
    pub(crate) industrial_classes: Concepts,
    pub(crate) ontology_terms: Concepts,
    pub(crate) general_descriptions: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
pub(crate) struct PostalCode {
    pub(crate) municipality: String,
    pub(crate) names: Value,
}

/// One classification: concepts by (new) URI, with the way from old URIs to new ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Concepts {
    by_uri: HashMap<String, Concept>,
    renamed: HashMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Concept {
    pub(crate) uri: String,
    pub(crate) old_uri: Option<String>,
    pub(crate) code: String,
    pub(crate) parent: Option<String>,
    pub(crate) names: Value,
}

impl Concepts {
    /// The concept of an old or new URI.
    pub(crate) fn find(&self, uri: &str) -> Option<&Concept> {
        let renewed = uri.replace("/ptvserclass/", "/ptvserclass2/");
        let named = self.by_uri.get(uri).or_else(|| self.by_uri.get(&renewed));
        named.or_else(|| self.renamed.get(uri).and_then(|new| self.by_uri.get(new)))
    }

    /// The new URI, or the given one when the concept is unknown.
    pub(crate) fn normal(&self, uri: &str) -> String {
        self.find(uri).map_or_else(|| uri.to_owned(), |concept| concept.uri.clone())
    }

    /// All of them, by URI.
    pub(crate) fn all(&self) -> Vec<&Concept> {
        let mut all: Vec<&Concept> = self.by_uri.values().collect();
        all.sort_by(|one, other| one.uri.cmp(&other.uri));
        all
    }

    fn add(&mut self, concept: Concept) {
        if let Some(old) = &concept.old_uri {
            self.renamed.insert(old.clone(), concept.uri.clone());
        }
        self.by_uri.insert(concept.uri.clone(), concept);
    }
}

/// A code list could not be read. The caller's files are at fault; repeating does not help.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The folder holds no code list at all.
    #[error("no PTV code lists below {0}")]
    Missing(String),
    /// A file could not be read.
    #[error("reading {file}: {source}")]
    Io { file: String, source: std::io::Error },
    /// A file is not what its name says.
    #[error("{file}: {reason}")]
    Format { file: String, reason: String },
}

const FILES: [&str; 15] = [
    "municipalities.json",
    "areas-region.json",
    "areas-business-subregion.json",
    "areas-hospital-district.json",
    "areas-wellbeing-services-county.json",
    "postal-codes.csv",
    "all-languages.json",
    "data-languages.json",
    "countries-and-dial-codes.json",
    "service-classes.json",
    "target-groups.json",
    "life-events.json",
    "industrial-classes.csv",
    "ontology-terms-partial.csv",
    "general-descriptions.json",
];

impl Reference {
    /// Reads `DIR/ptv/codelists/*`, `DIR/codelists/*` or `DIR/*`, whichever is there first.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, ReferenceError> {
        let dir = dir.as_ref();
        let base = ["ptv/codelists", "codelists", ""]
            .iter()
            .map(|below| dir.join(below))
            .find(|candidate| FILES.iter().any(|file| candidate.join(file).is_file()))
            .ok_or_else(|| ReferenceError::Missing(dir.display().to_string()))?;
        let mut contents = Vec::new();
        for file in FILES {
            match std::fs::read(base.join(file)) {
                Ok(bytes) => contents.push((file, bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(ReferenceError::Io { file: file.to_owned(), source }),
            }
        }
        let borrowed: Vec<(&str, &[u8])> = contents.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        Self::from_files(&borrowed)
    }

    /// Reads code lists from memory; names may carry folders, only the last part counts. Unknown names are ignored.
    pub fn from_files(files: &[(&str, &[u8])]) -> Result<Self, ReferenceError> {
        let mut reference = Self::default();
        // The general descriptions refer to the classes, so they come last.
        let mut ordered: Vec<&(&str, &[u8])> = files.iter().collect();
        ordered.sort_by_key(|(name, _)| name.ends_with("general-descriptions.json"));
        for (path, bytes) in ordered {
            let name = path.rsplit('/').next().unwrap_or(path);
            if FILES.contains(&name) {
                reference
                    .read(name, bytes)
                    .map_err(|reason| ReferenceError::Format { file: (*path).to_owned(), reason })?;
            }
        }
        Ok(reference)
    }

    /// How many entries each list has, for a start-up line or a report.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([
            ("municipalities", self.municipalities.len()),
            ("postalCodes", self.postal_codes.len()),
            ("languages", self.languages.len()),
            ("countries", self.countries.len()),
            ("serviceClasses", self.service_classes.by_uri.len()),
            ("targetGroups", self.target_groups.by_uri.len()),
            ("lifeEvents", self.life_events.by_uri.len()),
            ("industrialClasses", self.industrial_classes.by_uri.len()),
            ("ontologyTerms", self.ontology_terms.by_uri.len()),
            ("generalDescriptions", self.general_descriptions.len()),
        ])
    }

    pub(crate) fn area_exists(&self, kind: &str, code: &str) -> bool {
        match kind {
            "Municipality" => self.municipalities.contains_key(code),
            _ => self.areas.get(kind).is_some_and(|codes| codes.contains_key(code)),
        }
    }

    pub(crate) fn knows_language(&self, code: &str) -> bool {
        self.languages.iter().any(|language| text(language, "code") == Some(code))
    }

    fn read(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        if Path::new(name).extension().is_some_and(|extension| extension == "csv") {
            return self.read_csv(name, bytes);
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let parsed: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let rows = parsed.as_array().ok_or("a list was expected")?;
        match name {
            "municipalities.json" => {
                for row in rows {
                    if let Some(code) = text(row, "municipalityCode") {
                        self.municipalities.insert(code.to_owned(), lower_names(row, "names", "name", "language"));
                    }
                }
            }
            "areas-region.json" => self.read_areas("Region", rows),
            "areas-business-subregion.json" => self.read_areas("BusinessSubRegion", rows),
            "areas-hospital-district.json" => self.read_areas("HospitalDistrict", rows),
            "areas-wellbeing-services-county.json" => self.read_areas("WellbeingServiceCounties", rows),
            "all-languages.json" => self.languages.clone_from(rows),
            "data-languages.json" => {
                self.content_languages = rows.iter().filter_map(|row| text(row, "code")).map(str::to_owned).collect();
            }
            "countries-and-dial-codes.json" => {
                for row in rows {
                    let code = text(row, "code").unwrap_or_default().to_owned();
                    let dial = texts(row, "dialCodes");
                    self.dial_codes.extend(dial.iter().map(|&d| d.to_owned()));
                    let item = json!({
                        "code": code, "names": lower_names(row, "names", "name", "language"), "prefixNumbers": dial,
                    });
                    self.countries.insert(code, item);
                }
            }
            "service-classes.json" => read_concepts(&mut self.service_classes, rows),
            "target-groups.json" => read_concepts(&mut self.target_groups, rows),
            "life-events.json" => read_concepts(&mut self.life_events, rows),
            "general-descriptions.json" => {
                for row in rows {
                    let described = self.general_description(row);
                    if let Some(id) = text(&described, "id") {
                        self.general_descriptions.insert(id.to_owned(), described);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_areas(&mut self, kind: &str, rows: &[Value]) {
        let codes = self.areas.entry(kind.to_owned()).or_default();
        for row in rows {
            if let Some(code) = text(row, "Code") {
                let value = json!({
                    "names": lower_names(row, "Names", "Name", "Language"), "municipalities": row.get("Municipalities"),
                });
                codes.insert(code.to_owned(), value);
            }
        }
    }

    fn read_csv(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let mut reader = csv::Reader::from_reader(bytes);
        let headers = reader.headers().map_err(|error| error.to_string())?.clone();
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let column = |wanted: &str| {
                headers
                    .iter()
                    .position(|header| header.trim_start_matches('\u{feff}') == wanted)
                    .and_then(|at| record.get(at))
            };
            let names = |prefix: &str| -> Value {
                ["fi", "sv", "en"]
                    .iter()
                    .filter_map(|code| {
                        let value = column(&format!("{prefix}_{code}")).filter(|v| !v.is_empty())?;
                        Some(json!({ "language": code, "value": value }))
                    })
                    .collect()
            };
            let full = |field: &str| column(field).filter(|v| !v.is_empty()).map(str::to_owned);
            match name {
                "postal-codes.csv" => {
                    let code = full("code").ok_or("a postal code is missing")?;
                    let municipality = full("municipalityCode").unwrap_or_default();
                    self.postal_codes.insert(code, PostalCode { municipality, names: names("name") });
                }
                "industrial-classes.csv" => self.industrial_classes.add(Concept {
                    uri: full("uri").ok_or("an industrial class has no URI")?,
                    old_uri: full("oldUri"),
                    code: full("notation").unwrap_or_default(),
                    parent: full("broader"),
                    names: names("label"),
                }),
                _ => {
                    let uri = full("uri").ok_or("an ontology term has no URI")?;
                    let code = uri.rsplit('/').next().unwrap_or_default().to_owned();
                    let concept = Concept { uri, old_uri: None, code, parent: full("broader"), names: names("label") };
                    self.ontology_terms.add(concept);
                }
            }
        }
        Ok(())
    }

    /// A general description of the file's old vocabulary in the words of v11.
    fn general_description(&self, row: &Value) -> Value {
        let localized = |field: &str| -> Vec<(String, String)> {
            items(row, field)
                .iter()
                .filter_map(|item| {
                    let value = plain(text(item, "Label")?);
                    (!value.trim().is_empty()).then(|| (text(item, "Lang").unwrap_or("fi").to_owned(), value))
                })
                .collect()
        };
        let typed = |pairs: Vec<(String, String)>, kind: &str| -> Vec<Value> {
            pairs
                .into_iter()
                .map(|(language, value)| json!({ "language": language, "type": kind, "value": value }))
                .collect()
        };
        let uris = |field: &str, concepts: &Concepts| -> Vec<String> {
            items(row, field).iter().filter_map(|item| text(item, "Key")).map(|uri| concepts.normal(uri)).collect()
        };
        let mut descriptions = Vec::new();
        for (field, kind) in [
            ("ShortDescription", "Summary"),
            ("Description", "Description"),
            ("BackgroundDescription", "BackgroundDescription"),
            ("UserInstructions", "UserInstruction"),
            ("ChargeTypeAdditionalInfo", "ChargeTypeAdditionalInfo"),
            ("DeadLineAdditionalInfo", "DeadLine"),
            ("ProcessingTimeAdditionalInfo", "ProcessingTime"),
            ("ValidityTimeAdditionalInfo", "ValidityTime"),
        ] {
            descriptions.extend(typed(localized(field), kind));
        }
        let requirements: Vec<Value> = localized("ServiceRestrictions")
            .into_iter()
            .map(|(language, value)| json!({ "language": language, "value": value }))
            .collect();
        json!({
            "id": text(row, "Id").unwrap_or_default().to_lowercase(),
            "names": typed(localized("Name"), "Name"),
            "descriptions": descriptions,
            "serviceClasses": uris("ServiceClass", &self.service_classes),
            "ontologyTerms": uris("OntologyTerm", &self.ontology_terms),
            "targetGroups": uris("TargetGroup", &self.target_groups),
            "lifeEvents": uris("LifeEvent", &self.life_events),
            "industrialClasses": uris("IndustrialClass", &self.industrial_classes),
            "requirements": requirements,
            "legislation": laws(row),
            "type": text(row, "ServiceType").and_then(service_type),
            "serviceChargeType": text(row, "ChargeType").and_then(charge_type),
            "publishingStatus": "Published",
        })
    }
}

/// Laws with their names and pages by language.
fn laws(row: &Value) -> Vec<Value> {
    let labels = |law: &Value, field: &str, name: &str| -> Vec<Value> {
        let pair = |item: &Value| Some(json!({ "language": text(item, "Lang")?, name: text(item, "Label")? }));
        items(law, field).iter().filter_map(pair).collect()
    };
    let shown = |law| json!({ "names": labels(law, "Names", "value"), "webPages": labels(law, "Links", "url") });
    items(row, "Laws").iter().map(shown).collect()
}

fn service_type(old: &str) -> Option<&str> {
    match old {
        "PermissionAndObligation" | "PermitOrObligation" => Some("PermitOrObligation"),
        "Service" | "ProfessionalQualification" | "ProfessionalQualifications" => {
            Some(if old == "Service" { old } else { "ProfessionalQualification" })
        }
        _ => None,
    }
}

fn charge_type(old: &str) -> Option<&'static str> {
    match old {
        "Charged" | "Chargeable" => Some("Chargeable"),
        "Free" | "FreeOfCharge" => Some("FreeOfCharge"),
        "Other" => Some("Other"),
        _ => None,
    }
}

/// The plain text of the editor's block format; any other text as it is.
fn plain(label: &str) -> String {
    match serde_json::from_str::<Value>(label) {
        Ok(document) if document.get("blocks").is_some() => {
            let blocks: Vec<&str> = items(&document, "blocks")
                .iter()
                .filter_map(|block| text(block, "text"))
                .filter(|t| !t.is_empty())
                .collect();
            blocks.join("\n")
        }
        _ => label.to_owned(),
    }
}

fn lower_names(row: &Value, list: &str, name: &str, language: &str) -> Value {
    items(row, list).iter().map(|item| json!({ "language": item.get(language), "value": item.get(name) })).collect()
}

/// A row without a URI is skipped: the published service classes hold one such leftover (an old P7.12, now P15.5).
fn read_concepts(concepts: &mut Concepts, rows: &[Value]) {
    for row in rows {
        let Some(uri) = text(row, "Id") else { continue };
        let names = ["Fi", "Sv", "En"]
            .iter()
            .filter_map(|language| {
                let value = row.get("Label")?.get(language)?.as_str()?;
                Some(json!({ "language": language.to_lowercase(), "value": value }))
            })
            .collect();
        concepts.add(Concept {
            uri: uri.to_owned(),
            old_uri: text(row, "OldUri").map(str::to_owned),
            code: text(row, "Notation").unwrap_or_default().to_owned(),
            parent: texts(row, "BroaderUris").first().map(|&parent| parent.to_owned()),
            names,
        });
    }
}
