//! Organisations that exist before the first call. Not checked: the caller's word is taken.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::store::{Entity, Kind, Status, Store, Version};

/// An organisation to start with.
#[derive(Clone, Debug)]
pub struct PtvOrganization {
    /// PTV's organisation id (GUID).
    pub id: String,
    /// Name per language; the languages are the organisation's language versions.
    pub names: Vec<(String, String)>,
    /// `Municipality`, `Organization`, `RegionalOrganization`, `State` or `Company`.
    pub organization_type: String,
    /// Three digits, for a municipality.
    pub municipality: Option<String>,
    pub business_code: Option<String>,
    pub parent: Option<String>,
    /// `LimitedType` with these `(area type, codes)`, otherwise nationwide.
    pub areas: Option<(String, Vec<String>)>,
    pub published: bool,
}

impl PtvOrganization {
    /// A published municipality.
    pub fn municipality(id: &str, code: &str, names: &[(&str, &str)]) -> Self {
        Self {
            id: id.to_lowercase(),
            names: names.iter().map(|(language, name)| ((*language).to_owned(), (*name).to_owned())).collect(),
            organization_type: "Municipality".to_owned(),
            municipality: Some(code.to_owned()),
            business_code: None,
            parent: None,
            areas: None,
            published: true,
        }
    }

    /// A published sub-organisation that serves one municipality.
    pub fn below(id: &str, parent: &str, municipality: &str, names: &[(&str, &str)]) -> Self {
        Self {
            organization_type: "Organization".to_owned(),
            municipality: None,
            parent: Some(parent.to_lowercase()),
            areas: Some(("Municipality".to_owned(), vec![municipality.to_owned()])),
            ..Self::municipality(id, municipality, names)
        }
    }

    fn content(&self) -> Value {
        let names: Vec<Value> = self
            .names
            .iter()
            .map(|(language, name)| json!({ "language": language, "type": "Name", "value": name }))
            .collect();
        let display: Vec<Value> =
            self.names.iter().map(|(language, _)| json!({ "language": language, "type": "Name" })).collect();
        let mut content = json!({
            "organizationType": self.organization_type, "organizationNames": names, "displayNameType": display,
            "areaType": if self.areas.is_some() { "LimitedType" } else { "Nationwide" },
        });
        if let Some(map) = content.as_object_mut() {
            for (field, value) in [
                ("municipality", &self.municipality),
                ("businessCode", &self.business_code),
                ("parentOrganizationId", &self.parent),
            ] {
                if let Some(value) = value {
                    map.insert(field.to_owned(), json!(value));
                }
            }
            if let Some((kind, codes)) = &self.areas {
                map.insert("subAreaType".to_owned(), json!(kind));
                map.insert("areas".to_owned(), json!(codes));
            }
        }
        content
    }
}

pub(crate) fn organizations(store: &mut Store, seeds: &[PtvOrganization], now: Timestamp) {
    for seed in seeds {
        let version = Version {
            status: if seed.published { Status::Published } else { Status::Draft },
            content: seed.content(),
            languages: seed.names.iter().map(|(language, _)| language.clone()).collect(),
            modified: now,
        };
        let created = store.next();
        let id = seed.id.to_lowercase();
        store.entities.insert(id.clone(), Entity::new(id, Kind::Organization, created, version));
    }
}
