//! `GET …/rules`: what a form of the CMS can check while somebody types. Required fields are asked of the reader itself
//! and words come from the model, so that they cannot differ from what a batch is judged by; a test holds the rest
//! against the reader. PTV's lengths are those of the tenant's rule profile.

use serde_json::{Map, Value, json};

use crate::catalogue::{ITEMS_PER_BATCH, pat};
use crate::model::actor::{ActorKind, Role};
use crate::model::blocks::{AreaKind, ChargeType, HoursKind};
use crate::model::channel::AccessibilityLevel;
use crate::model::errand::{ErrandChannelKind, ErrandKind};
use crate::model::organisation::OrganisationKind;
use crate::model::service::{Funding, Provision, ServiceKind};
use crate::model::{Code, Kind, Lang, State};
use crate::ptv::profile::{self, Profile};

/// The words of `kanavalaji`.
const CHANNEL_SORTS: [&str; 4] = ["sahkoinen", "puhelin", "verkkosivu", "tulostettava_lomake"];
/// What the intake itself takes, whatever PTV says.
const TEXT_CHARS: usize = 20_000;
const LIST_ITEMS: usize = 1_000;

/// The rules as JSON. Lengths of `ptv` count UTF-16 units, those of `intake` characters.
pub fn of(profile: Profile) -> Value {
    let mut kinds = Map::new();
    for kind in Kind::ALL {
        let mut rules = json!({
            "required": required(&json!({"laji": kind.laji()})),
            "words": words(kind),
            "ptv": lengths(kind, profile),
        });
        if kind == Kind::Channel
            && let Some(members) = rules.as_object_mut()
        {
            let sorts = CHANNEL_SORTS.iter().map(|sort| {
                let asked = json!({"laji": kind.laji(), "kanavalaji": sort});
                ((*sort).to_owned(), json!({ "required": required(&asked) }))
            });
            members.insert("kanavalajit".into(), Value::Object(sorts.collect()));
        }
        kinds.insert(kind.laji().to_owned(), rules);
    }
    json!({
        "version": 1,
        "ptvProfile": profile.word(),
        "languages": Lang::ALL.map(Lang::code),
        "intake": {
            "recordsPerBatch": ITEMS_PER_BATCH,
            "textChars": TEXT_CHARS,
            "codeChars": Code::MAX_CHARS,
            "listItems": LIST_ITEMS,
        },
        "lajit": kinds,
    })
}

/// The reader's own answer to a record that has nothing but its kind.
fn required(record: &Value) -> Vec<String> {
    let findings = pat::read(record).findings;
    findings.into_iter().filter(|finding| finding.rule == "required").map(|finding| finding.field).collect()
}

/// Closed lists, by the field's path; `[]` stands for each item of a list.
fn words(kind: Kind) -> Value {
    let tila = [State::Active, State::Draft, State::Hidden, State::Archived, State::Deleted].map(State::tila);
    let hours = HoursKind::ALL.map(HoursKind::word);
    let charges = [ChargeType::Chargeable, ChargeType::FreeOfCharge, ChargeType::Other].map(ChargeType::word);
    let funding = [Funding::PubliclyFunded, Funding::MarketFunded].map(Funding::word);
    let areas = ["Nationwide", "NationwideExceptAlandIslands", "LimitedType"];
    let area_kinds = AreaKind::ALL.map(AreaKind::word);
    let mut words = match kind {
        Kind::Organisation => json!({
            "tyyppi": OrganisationKind::ALL.map(OrganisationKind::word),
            "alue.tyyppi": areas,
            "alue.alueet[].tyyppi": area_kinds,
            "osoitteet[].osoitelaji": ["kayntiosoite", "postiosoite"],
            "puhelimet[].maksullisuus": charges,
        }),
        Kind::Class | Kind::Collection => json!({}),
        Kind::Channel => json!({
            "kanavalaji": CHANNEL_SORTS,
            "saatavuusalue.tyyppi": areas,
            "saatavuusalue.alueet[].tyyppi": area_kinds,
            "aukioloajat[].aukiolotyyppi": hours,
            "tukipuhelimet[].maksullisuus": charges,
        }),
        Kind::ServicePoint => json!({
            "saatavuusalue.tyyppi": areas,
            "saatavuusalue.alueet[].tyyppi": area_kinds,
            "puhelinnumerot[].maksullisuus": charges,
            "fyysinenPaikka.aukioloajat[].aukiolotyyppi": hours,
        }),
        Kind::Service => json!({
            "ptv_tyyppi": ServiceKind::ALL.map(ServiceKind::word),
            "rahoitus": funding,
            "maksullisuus": charges,
            "saatavuusalue.tyyppi": areas,
            "saatavuusalue.alueet[].tyyppi": area_kinds,
            "tuottajat[].toteutustapa": Provision::ALL.map(Provision::word),
            "toimijat[].rooli": Role::ALL.map(Role::word),
            "toimijat[].toteutustapa": Provision::ALL.map(Provision::word),
        }),
        Kind::Offer => json!({ "aukioloajat[].aukiolotyyppi": hours }),
        Kind::Errand => json!({
            "asiointilaji": ErrandKind::ALL.map(ErrandKind::word),
            "kanavat[].kanavalaji": ErrandChannelKind::ALL.map(ErrandChannelKind::word),
        }),
        Kind::Actor => json!({
            "toimijalaji": ActorKind::ALL.map(ActorKind::word),
            "roolit[].rooli": Role::ALL.map(Role::word),
            "roolit[].toteutustapa": Provision::ALL.map(Provision::word),
        }),
    };
    if let Some(members) = words.as_object_mut() {
        members.insert("tila.koodi".into(), json!(tila));
        if kind == Kind::Channel {
            // By the kind of channel: e-channels and web pages have it, printable forms have files.
            let levels = AccessibilityLevel::ALL.map(AccessibilityLevel::word);
            members.insert("saavutettavuus_kieliversiot.fi.taso".into(), json!(levels));
            members.insert("tiedostot[].tyyppi".into(), json!(["PDF", "DOC", "Excel", "rtf", "odt"]));
        }
    }
    words
}

/// Lengths that PTV checks, for the fields of a form that grow long.
fn lengths(kind: Kind, profile: Profile) -> Value {
    let name = match kind {
        Kind::Channel => profile.channel_name(),
        _ => profile::NAME,
    };
    let text = |max: usize| json!({ "min": profile::MIN_TEXT, "max": max });
    let named = json!({ "max": name });
    match kind {
        // These have no twin in PTV whose lengths would count.
        Kind::Class | Kind::Errand | Kind::Actor | Kind::Collection => json!({}),
        Kind::Offer => json!({
            "kuvaus_kieliversiot": { "max": profile::SHORT_TEXT },
            "aukioloajat[].kuvaus_kieliversiot": { "max": profile::HOURS_TEXT },
        }),
        Kind::Service => json!({
            "nimi_kieliversiot": named,
            "tiivistelma_kieliversiot": text(profile::SUMMARY),
            "kuvaus_kieliversiot": text(profile.long_text()),
            "toimintaohje_kieliversiot": text(profile.long_text()),
            "palvelunsaannin_ehdot_kieliversiot": text(profile.long_text()),
            "avainsanat_kieliversiot": { "max": profile::KEYWORD },
            "palveluluokat": { "maxItems": profile::MAX_CLASSES },
            "asiasanat": { "maxItems": profile::MAX_TERMS },
        }),
        Kind::Organisation | Kind::Channel | Kind::ServicePoint => json!({
            "nimi_kieliversiot": named,
            "tiivistelma_kieliversiot": text(profile::SUMMARY),
            "kuvaus_kieliversiot": text(profile.long_text()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of the kind (and, for channels, of the sort that has the field) with `value` at `path`.
    fn record(kind: Kind, sort: &str, path: &str, value: &Value) -> Value {
        let mut record = path.rsplit('.').fold(value.clone(), |inner, segment| match segment.strip_suffix("[]") {
            Some(name) => json!({ name: [inner] }),
            None => json!({ segment: inner }),
        });
        let members = record.as_object_mut().expect("an object");
        members.insert("laji".into(), json!(kind.laji()));
        if kind == Kind::Channel {
            members.entry("kanavalaji").or_insert(json!(sort));
        }
        record
    }

    fn finding_at(record: &Value, path: &str, rule: &str) -> Option<String> {
        let path = path.replace("[]", "[0]");
        let found = pat::read(record).findings.into_iter().find(|it| it.field.starts_with(&path) && it.rule == rule);
        found.map(|finding| finding.en)
    }

    fn sort_of(path: &str) -> &'static str {
        match path.split(['.', '[']).next().unwrap_or_default() {
            "tiedostot" => "tulostettava_lomake",
            _ => "verkkosivu",
        }
    }

    #[test]
    fn words_are_the_readers_words() {
        let mut compared = 0;
        for kind in Kind::ALL {
            for (path, listed) in words(kind).as_object().expect("an object") {
                let listed: Vec<&str> = listed.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
                let text = finding_at(&record(kind, sort_of(path), path, &json!("?")), path, "unknown-word");
                let text = text.unwrap_or_else(|| panic!("{kind} {path}: the reader does not judge it"));
                let allowed = text.split("Allowed: ").nth(1).expect("a list").trim_end_matches('.');
                assert_eq!(listed.join(", "), allowed, "{kind} {path}");
                compared += 1;
            }
        }
        assert!(compared > 20, "{compared}");
    }

    #[test]
    fn every_field_of_the_rules_is_a_field_of_the_reader() {
        for profile in [Profile::Source34, Profile::Live2026] {
            for kind in Kind::ALL {
                for path in lengths(kind, profile).as_object().expect("an object").keys() {
                    let unknown = finding_at(&record(kind, sort_of(path), path, &json!(null)), path, "unknown-field");
                    assert_eq!(unknown, None, "{kind} {path}");
                }
            }
        }
    }

    #[test]
    fn the_intakes_own_limits_are_the_readers() {
        let named = |text: String| json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": text}});
        assert!(pat::read(&named("x".repeat(TEXT_CHARS))).entity.is_some());
        assert!(finding_at(&named("x".repeat(TEXT_CHARS + 1)), "nimi_kieliversiot.fi", "too-long").is_some());
        let listed = |items: usize| json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "x"}, "asiasanat": vec!["a"; items]});
        assert!(pat::read(&listed(LIST_ITEMS)).entity.is_some());
        assert!(finding_at(&listed(LIST_ITEMS + 1), "asiasanat", "too-many").is_some());
    }

    #[test]
    fn tells_what_each_kind_requires() {
        let rules = of(Profile::Live2026);
        assert_eq!(rules["lajit"]["palvelu"]["required"], json!(["koodi", "nimi_kieliversiot.fi"]));
        let sort = |sort: &str| rules["lajit"]["palvelukanava"]["kanavalajit"][sort]["required"].clone();
        assert_eq!(sort("puhelin"), json!(["koodi", "nimi_kieliversiot.fi", "numerot"]));
        assert_eq!(rules["lajit"]["palvelu"]["ptv"]["kuvaus_kieliversiot"], json!({"min": 5, "max": 5000}));
    }

    /// A text that is as long as the rules told allow goes to PTV, one that is longer does not: one switch of the
    /// configuration changes the form's rule and the validator together.
    #[test]
    fn seed_b2_the_profile_changes_form_rules_and_validator_together() {
        use std::collections::BTreeMap;

        use crate::model::{EntityKey, Lang, View};
        use crate::ptv::map::{Context, Extent, Scope, map};
        use crate::ptv::reference::Reference;

        let lists = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/samples/reference");
        let reference = Reference::from_dir(std::path::Path::new(lists)).expect("lists");
        let (view, none) = (View::default(), BTreeMap::new());
        let guid = |_: &EntityKey| Some("guid".to_owned());
        let mut told = Vec::new();
        for profile in [Profile::Source34, Profile::Live2026] {
            let context = Context {
                tenant: "turku",
                municipality: "853",
                organisation: "org",
                organisation_languages: &[Lang::Fi],
                profile,
                reference: &reference,
                view: &view,
                guid: &guid,
                duplicates: &none,
                scope: Scope::All,
                instruction_required: false,
            };
            let max = of(profile)["lajit"]["palvelu"]["ptv"]["kuvaus_kieliversiot"]["max"].as_u64().expect("a length");
            let max = usize::try_from(max).expect("small");
            let too_long = |length: usize| {
                let record = json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Uimahalli"},
                    "kuvaus_kieliversiot": {"fi": "x".repeat(length)}});
                let entity = pat::read(&record).entity.expect("sound");
                let findings = map(&entity, &context, Extent::Sound).expect("services have twins").findings;
                findings.into_iter().any(|it| it.field == "kuvaus_kieliversiot.fi" && it.en.contains("at most"))
            };
            assert!(!too_long(max) && too_long(max + 1), "{profile:?}: {max}");
            told.push(max);
        }
        assert_ne!(told.first(), told.last(), "the profiles differ");
    }
}
