//! Closed query schemas of v12 (ptv-v12 §3.3): which parameters an operation has, in which form.
//! Arrays are repeated parameters; a comma is part of a value and fails its form.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::V12Switches;
use super::problem::Problem;
use crate::ptv::formats;
use crate::ptv::handlers::Request;

/// The most values of one array.
const MOST_VALUES: usize = 20;
const MOST_PAGE: usize = 1_000_000;
const LARGEST_PAGE: usize = 100;

#[derive(Clone, Copy)]
pub(super) enum Form {
    Page,
    PageSize,
    Moment,
    /// The same, and it must be there.
    RequiredMoment,
    Uuid,
    Uuids,
    One(&'static [&'static str]),
    Many(&'static [&'static str]),
    /// Codes of so many digits.
    Digits(usize),
    Codes,
    Uris,
    BusinessIds,
    Text,
    Flag,
}

type Parameter = (&'static str, Form);

pub(super) const MATCHES: &[&str] = &["all", "any"];
pub(super) const CHANNEL_TYPES: &[&str] =
    &["EService", "TelephoneService", "PrintableForm", "ServiceLocation", "WebPage"];
const AREA_TYPES: &[&str] = &["WholeCountry", "WholeCountryExceptAland", "LimitedArea"];
const LANGUAGES: &[&str] = &["fi", "sv", "en", "se", "smn", "sms"];
const SERVICE_TYPES: &[&str] = &["Service", "ProfessionalQualification", "PermitOrOtherObligation"];
const ORGANIZATION_TYPES: &[&str] = &["State", "Municipality", "RegionalOrganization", "Organization", "Company"];
const DESCRIPTION_TYPES: &[&str] = &["Church", "EmploymentArea", "Municipality", "Other", "WellbeingServicesCounty"];
const ANY: Form = Form::One(MATCHES);
const PAGE: Parameter = ("page", Form::Page);
const SIZE: Parameter = ("pageSize", Form::PageSize);
const SINCE: Parameter = ("publishedAtOrAfter", Form::Moment);
const OWNERS: Parameter = ("organizationContentIds", Form::Uuids);

pub(super) const NONE: &[Parameter] = &[];
pub(super) const ARCHIVED: &[Parameter] = &[PAGE, SIZE, ("archivedAtOrAfter", Form::RequiredMoment)];
pub(super) const COLLECTIONS: &[Parameter] = &[PAGE, SIZE, SINCE, OWNERS];
pub(super) const CONNECTIONS: &[Parameter] =
    &[PAGE, SIZE, SINCE, ("serviceContentIds", Form::Uuids), ("channelContentIds", Form::Uuids)];
pub(super) const ORGANIZATIONS: &[Parameter] = &[
    PAGE,
    SIZE,
    SINCE,
    ("areaType", Form::One(AREA_TYPES)),
    ("municipalities", Form::Digits(3)),
    ("municipalitiesMatch", ANY),
    ("regions", Form::Digits(2)),
    ("regionsMatch", ANY),
    ("wellbeingServicesCounties", Form::Digits(2)),
    ("wellbeingServicesCountiesMatch", ANY),
    ("languageVersions", Form::Many(LANGUAGES)),
    ("languageVersionsMatch", ANY),
    ("businessIds", Form::BusinessIds),
    ("organizationTypes", Form::Many(ORGANIZATION_TYPES)),
];
pub(super) const CHANNELS: &[Parameter] = &[
    PAGE,
    SIZE,
    SINCE,
    OWNERS,
    ("areaType", Form::One(AREA_TYPES)),
    ("municipalities", Form::Digits(3)),
    ("municipalitiesMatch", ANY),
    ("regions", Form::Digits(2)),
    ("regionsMatch", ANY),
    ("wellbeingServicesCounties", Form::Digits(2)),
    ("wellbeingServicesCountiesMatch", ANY),
    ("languageVersions", Form::Many(LANGUAGES)),
    ("languageVersionsMatch", ANY),
    ("serviceCollectionContentId", Form::Uuid),
    ("channelTypes", Form::Many(CHANNEL_TYPES)),
];
pub(super) const SERVICES: &[Parameter] = &[
    PAGE,
    SIZE,
    SINCE,
    OWNERS,
    ("areaType", Form::One(AREA_TYPES)),
    ("municipalities", Form::Digits(3)),
    ("municipalitiesMatch", ANY),
    ("regions", Form::Digits(2)),
    ("regionsMatch", ANY),
    ("wellbeingServicesCounties", Form::Digits(2)),
    ("wellbeingServicesCountiesMatch", ANY),
    ("languageVersions", Form::Many(LANGUAGES)),
    ("languageVersionsMatch", ANY),
    ("serviceCollectionContentId", Form::Uuid),
    ("serviceTypes", Form::Many(SERVICE_TYPES)),
    ("serviceClasses", Form::Codes),
    ("serviceClassesMatch", ANY),
    ("targetGroups", Form::Codes),
    ("targetGroupsMatch", ANY),
    ("industrialClasses", Form::Uris),
    ("industrialClassesMatch", ANY),
    ("ontologyTerms", Form::Uris),
    ("ontologyTermsMatch", ANY),
];
pub(super) const DESCRIPTIONS: &[Parameter] = &[
    PAGE,
    SIZE,
    SINCE,
    OWNERS,
    ("generalDescriptionTypes", Form::Many(DESCRIPTION_TYPES)),
    ("generalDescriptionTypesMatch", ANY),
    ("serviceTypes", Form::Many(SERVICE_TYPES)),
    ("serviceClasses", Form::Codes),
    ("serviceClassesMatch", ANY),
    ("targetGroups", Form::Codes),
    ("targetGroupsMatch", ANY),
    ("industrialClasses", Form::Uris),
    ("industrialClassesMatch", ANY),
    ("ontologyTerms", Form::Uris),
    ("ontologyTermsMatch", ANY),
];
pub(super) const CODES: &[Parameter] =
    &[PAGE, SIZE, ("isValid", Form::Flag), ("codes", Form::Codes), ("name", Form::Text)];
pub(super) const CLASSES: &[Parameter] =
    &[PAGE, SIZE, ("isValid", Form::Flag), ("codes", Form::Codes), ("uris", Form::Uris), ("name", Form::Text)];
pub(super) const TERMS: &[Parameter] =
    &[PAGE, SIZE, ("isValid", Form::Flag), ("uris", Form::Uris), ("types", Form::Text), ("name", Form::Text)];

/// A query that fits its schema.
#[derive(Debug)]
pub(super) struct Query {
    values: BTreeMap<String, Vec<String>>,
    pub(super) page: usize,
    pub(super) size: usize,
}

impl Query {
    pub(super) fn read(request: &Request, schema: &[Parameter], switches: &V12Switches) -> Result<Self, Problem> {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut errors: Vec<(String, String)> = Vec::new();
        for (name, value) in &request.query {
            if schema.iter().any(|(known, _)| known == name) {
                values.entry(name.clone()).or_default().push(value.clone());
            } else if !switches.unknown_parameters_ignored {
                errors.push((name.clone(), "is not a parameter of this operation".to_owned()));
            }
        }
        let mut query = Self { values, page: 1, size: LARGEST_PAGE };
        for (name, form) in schema {
            if let Err(message) = query.judge(name, *form, switches) {
                errors.push(((*name).to_owned(), message));
            }
        }
        if errors.is_empty() { Ok(query) } else { Err(Problem::of(errors)) }
    }

    pub(super) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    pub(super) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.one(name).and_then(|text| text.parse().ok())
    }

    /// Does a list hold what is asked of it, by `…Match`? Nothing asked fits everything.
    pub(super) fn fits(&self, name: &str, held: &[&str]) -> bool {
        let wanted = self.all(name);
        let has = |wanted: &String| held.contains(&wanted.as_str());
        match self.one(&format!("{name}Match")) {
            _ if wanted.is_empty() => true,
            Some("any") => wanted.iter().any(has),
            _ => wanted.iter().all(has),
        }
    }

    /// Is the one value among those asked for?
    pub(super) fn among(&self, name: &str, held: Option<&str>) -> bool {
        let wanted = self.all(name);
        wanted.is_empty() || held.is_some_and(|held| wanted.iter().any(|wanted| wanted == held))
    }

    fn judge(&mut self, name: &str, form: Form, switches: &V12Switches) -> Result<(), String> {
        let given = self.values.get(name).cloned().unwrap_or_default();
        let single = matches!(
            form,
            Form::Page | Form::PageSize | Form::Moment | Form::RequiredMoment | Form::Uuid | Form::One(_) | Form::Flag
        );
        if single && given.len() > 1 {
            return Err("is given more than once".to_owned());
        }
        let Some(first) = given.first() else {
            let required = matches!(form, Form::RequiredMoment)
                || (matches!(form, Form::Page | Form::PageSize) && !switches.page_defaults);
            return if required { Err("is required".to_owned()) } else { Ok(()) };
        };
        let number = |most: usize| {
            let number = first.parse::<usize>().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| format!("must be a whole number between 1 and {most}"))
        };
        match form {
            Form::Page => self.page = number(MOST_PAGE)?,
            Form::PageSize => self.size = number(LARGEST_PAGE)?,
            _ => {}
        }
        if given.len() > MOST_VALUES {
            return Err(format!("has more than {MOST_VALUES} values"));
        }
        if given.iter().collect::<HashSet<_>>().len() < given.len() {
            return Err("has the same value twice".to_owned());
        }
        let sound = |value: &String| match form {
            Form::Page | Form::PageSize => true,
            Form::Moment | Form::RequiredMoment => value.parse::<Timestamp>().is_ok(),
            Form::Uuid | Form::Uuids => formats::guid(value),
            Form::One(words) | Form::Many(words) => words.contains(&value.as_str()),
            Form::Digits(count) => value.len() == count && value.bytes().all(|b| b.is_ascii_digit()),
            Form::Codes => code(value),
            Form::Uris => value.starts_with("http://") || value.starts_with("https://"),
            Form::BusinessIds => formats::business_code(value),
            Form::Text => !value.trim().is_empty(),
            Form::Flag => matches!(value.as_str(), "true" | "false"),
        };
        if given.iter().all(sound) { Ok(()) } else { Err("is not of the form that it must have".to_owned()) }
    }
}

/// Letters, digits, inner dots.
fn code(value: &str) -> bool {
    let inner = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    inner && !value.is_empty() && !value.starts_with('.') && !value.ends_with('.')
}
