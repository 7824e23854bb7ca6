//! Golden bodies: what the mapping makes of our own catalogue and of a few records with everything, kept as JSON files
//! beside the samples. `UPDATE_GOLDEN=1` writes them anew; a difference is then a matter of review.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::map::{Context, Extent, Scope, connections, map};
use super::super::profile::Profile;
use super::super::reference::Reference;
use super::{ORGANISATION, records, samples};
use crate::catalogue::pat;
use crate::model::{EntityKey, Kind, Lang, Master, Stored, View};

/// Records with what the catalogue has little of.
fn crafted() -> Vec<Value> {
    let phone = json!({"maakoodi": "358", "numero": "401234567", "kuvaus_kieliversiot": {"fi": "Neuvonta arkisin."},
        "maksullisuus": "Other", "maksun_kuvaus_kieliversiot": {"fi": "Paikallispuhelumaksu."}});
    let mut service = records().into_iter().find(|it| it["laji"] == "palvelu").expect("a service");
    for (member, value) in [
        ("koodi", json!("kaikki")),
        ("nimi_kieliversiot", json!({"fi": "Palvelu, jossa on kaikki", "sv": "En tjänst med allt"})),
        (
            "lait",
            json!([{"nimet_kieliversiot": {"fi": "Kuntalaki"}, "linkit_kieliversiot": {"fi": "www.finlex.example/410"}}]),
        ),
        (
            "palveluseteli",
            json!({"kaytossa": true, "linkit": [{"osoite_kieliversiot": {"fi": "https://www.kunta.example/seteli"},
            "nimi_kieliversiot": {"fi": "Palvelusetelit"}}]}),
        ),
        ("avainsanat_kieliversiot", json!({"fi": ["sana", "toinen sana"], "sv": ["ord"]})),
        ("tuottajat", json!([{"toteutustapa": "Other", "lisatieto_kieliversiot": {"fi": "Yritys alueelta."}}])),
    ] {
        service[member] = value;
    }
    let texts = |name: &str| {
        json!({
            "nimi_kieliversiot": {"fi": name, "sv": format!("{name} (sv)")},
            "tiivistelma_kieliversiot": {"fi": "Mistä on kyse.", "sv": "Vad det gäller."},
            "kuvaus_kieliversiot": {"fi": "Pitempi kuvaus.", "sv": "En längre text."},
        })
    };
    let with = |laji: &str, code: &str, more: Value| {
        let mut record = texts(&format!("Golden {code}"));
        let members = record.as_object_mut().expect("an object");
        members.insert("laji".into(), laji.into());
        members.insert("koodi".into(), code.into());
        members.extend(more.as_object().expect("an object").clone());
        record
    };
    let address = json!({"katuosoite_fi": "Puutarhakatu 1 B 4", "katuosoite_sv": "Trädgårdsgatan 1 B 4", "postinumero": "20100",
        "kunta": {"koodi": "853"}});
    vec![
        service,
        with(
            "palvelupiste",
            "aukiolot",
            json!({
                "fyysinenPaikka": {"osoitteet": [address], "leveysaste": "60.45", "pituusaste": "22.27", "aukioloajat": [
                    {"aukiolotyyppi": "normaali", "viikonpaiva": "1-5", "avaamisaika": "08:00", "sulkemisaika": "16:00"},
                    {"aukiolotyyppi": "normaali", "viikonpaiva": "5", "avaamisaika": "22:00", "sulkemisaika": "02:00"},
                    {"aukiolotyyppi": "erityinen", "viikonpaiva": "1-7", "avaamisaika": "00:00", "sulkemisaika": "00:00"},
                    {"aukiolotyyppi": "poikkeus suljettu", "voimassaoloAlkamishetki": "2027-12-24",
                        "voimassaoloPaattymishetki": "2027-12-26"},
                ]},
                "postiosoite": {"postilokero_fi": "PL 1", "postinumero": "20100"},
                "puhelinnumerot": [phone, {"numero": "116117"}, {"maakoodi": "358", "numero": "401234568", "numerotyyppi": {"teksti_fi": "Faksi"}}],
            }),
        ),
        with(
            "palvelukanava",
            "lomake",
            json!({"kanavalaji": "tulostettava_lomake", "lomaketunniste_kieliversiot": {"fi": "L1"},
                "tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": {"fi": "https://www.kunta.example/l.pdf",
                    "sv": "https://www.kunta.example/b.pdf"}}],
                "toimitusosoite": {"ohje_kieliversiot": {"fi": "Palauta tiskille."}, "vastaanottaja_kieliversiot": {"fi": "Kirjaamo"}}}),
        ),
        with(
            "palvelukokonaisuus",
            "kokonaisuus",
            json!({"palvelut": [{"koodi": "101"}, {"koodi": "kaikki"}], "kanavat": [{"koodi": "lomake"}],
                "palvelupisteet": [{"koodi": "aukiolot"}]}),
        ),
    ]
}

/// Bodies by kind and code.
fn bodies(records: &[Value], profile: Profile) -> BTreeMap<&'static str, Map<String, Value>> {
    let reference = Reference::from_dir(&samples().join("reference")).expect("lists");
    let stored: Vec<Arc<Stored>> = records
        .iter()
        .filter_map(|record| pat::read(record).entity)
        .zip(1..)
        .map(|(entity, sequence)| {
            let changed_at = jiff::Timestamp::UNIX_EPOCH;
            Arc::new(Stored { entity, revision: 1, sequence, master: Master("cms".into()), changed_at })
        })
        .collect();
    let view = View::default().with(stored.iter().cloned(), 1);
    let guid = |key: &EntityKey| Some(format!("guid-of-{}-{}", key.kind.word(), key.code));
    let none = BTreeMap::new();
    let context = Context {
        tenant: "turku",
        municipality: "853",
        organisation: ORGANISATION,
        organisation_languages: &[Lang::Fi, Lang::Sv, Lang::En],
        profile,
        reference: &reference,
        view: &view,
        guid: &guid,
        duplicates: &none,
        scope: Scope::All,
        instruction_required: false,
    };
    let mut found: BTreeMap<&'static str, Map<String, Value>> = BTreeMap::new();
    for stored in &stored {
        let (entity, code) = (&stored.entity, stored.entity.key.code.to_string());
        let Some(mapped) = map(entity, &context, Extent::Sound) else { continue };
        let findings: Vec<String> = mapped.findings.iter().map(|it| format!("{} {}", it.field, it.rule)).collect();
        let of_one = json!({"body": mapped.body, "findings": findings});
        found.entry(entity.key.kind.word()).or_default().insert(code.clone(), of_one);
        if entity.key.kind == Kind::Service {
            let set = connections(entity, &mapped.languages, &context);
            found.entry("connections").or_default().insert(code, set.body);
        }
    }
    found
}

#[test]
fn golden_bodies_are_those_of_the_files() {
    let folder: PathBuf = samples().join("golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let mut compared = 0;
    let mut all = records();
    let own = [Profile::Live2026].map(|profile| ("catalogue", profile, all.clone()));
    all.extend(crafted());
    let crafted_codes: Vec<String> =
        crafted().iter().map(|it| it["koodi"].as_str().expect("a code").to_owned()).collect();
    let crafted = [Profile::Live2026, Profile::Source34].map(|profile| ("crafted", profile, all.clone()));
    for (name, profile, records) in own.into_iter().chain(crafted) {
        for (kind, mut of_kind) in bodies(&records, profile) {
            if name == "crafted" {
                of_kind.retain(|code, _| crafted_codes.contains(code));
                if of_kind.is_empty() {
                    continue;
                }
            }
            let file = folder.join(format!("{name}-{}-{kind}.json", profile.word()));
            let text = serde_json::to_string_pretty(&of_kind).expect("JSON") + "\n";
            if update {
                std::fs::create_dir_all(&folder).expect("a folder");
                std::fs::write(&file, &text).expect("written");
            }
            let kept: Value = std::fs::read(&file)
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_else(|| panic!("{}: missing; UPDATE_GOLDEN=1 writes it", file.display()));
            let kept = kept.as_object().expect("an object");
            for code in of_kind.keys().chain(kept.keys()) {
                compared += 1;
                let (now, before) = (of_kind.get(code), kept.get(code));
                if now != before {
                    let changes =
                        super::super::changes::changes(before.unwrap_or(&Value::Null), now.unwrap_or(&Value::Null));
                    wrong.push(format!("{} {code}: {changes:?}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE_GOLDEN=1 writes them anew", wrong.join("\n"));
    assert!(compared > 200, "{compared}");
}
