//! The table against the bodies that `map` makes of records that have everything, and against PTV's published models.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Body, Field, blame, csv, fields};
use crate::catalogue::pat;
use crate::model::{EntityKey, Kind, Lang, Master, Stored, View};
use crate::ptv::map::{Context, Extent, Scope, connections, map};
use crate::ptv::profile::Profile;
use crate::ptv::reference::Reference;

fn hours() -> Value {
    json!([
        {"aukiolotyyppi": "normaali", "viikonpaiva": "1-5", "avaamisaika": "08:00", "sulkemisaika": "16:00",
         "kuvaus_kieliversiot": {"fi": "Kesällä suljettu."},
         "voimassaoloAlkamishetki": "2027-01-01", "voimassaoloPaattymishetki": "2027-12-31"},
        {"aukiolotyyppi": "normaali", "viikonpaiva": "6", "avaamisaika": "20:00", "sulkemisaika": "02:00"},
        {"aukiolotyyppi": "erityinen", "viikonpaiva": "1-7", "avaamisaika": "00:00", "sulkemisaika": "00:00"},
        {"aukiolotyyppi": "erityinen", "ajanvaraus": true, "kuvaus_kieliversiot": {"fi": "Varaa aika."}},
        {"aukiolotyyppi": "poikkeus suljettu", "voimassaoloAlkamishetki": "2027-12-06"},
    ])
}

fn phones() -> Value {
    json!([
        {"maakoodi": "358", "numero": "401234567", "kuvaus_kieliversiot": {"fi": "Neuvonta arkisin."},
         "maksullisuus": "Other", "maksun_kuvaus_kieliversiot": {"fi": "Paikallispuhelumaksu."}},
        {"numero": "0200 1", "valtakunnallinen_palvelunumero": true},
        {"maakoodi": "358", "numero": "401234568", "numerotyyppi": {"teksti_fi": "Faksi"}},
    ])
}

fn address() -> Value {
    json!({"katuosoite_fi": "Puutarhakatu 1", "katuosoite_sv": "Trädgårdsgatan 1", "postinumero": "20100", "kunta": {"koodi": "853"}})
}

fn pages() -> Value {
    json!([{"osoite_kieliversiot": {"fi": "https://www.kunta.example"}, "nimi_kieliversiot": {"fi": "Kunnan sivut"}}])
}

/// A record with what every kind has, and this.
fn record(laji: &str, koodi: &str, more: &Value) -> Value {
    let mut record = json!({
        "laji": laji, "koodi": koodi,
        "nimi_kieliversiot": {"fi": format!("Nimi {koodi}"), "sv": format!("Namn {koodi}")},
        "tiivistelma_kieliversiot": {"fi": "Mistä on kyse.", "sv": "Vad det gäller."},
        "kuvaus_kieliversiot": {"fi": "Pitempi kuvaus.", "sv": "En längre text."},
        "saatavuusalue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["853"]}]},
        "kielet": ["fi", "sv"], "yhteiskayttoinen": true,
        "aukioloajat": hours(), "tukipuhelimet": phones(), "tukisahkopostit": ["tuki@kunta.example"],
        "osoite_kieliversiot": {"fi": "https://www.kunta.example/fi", "sv": "https://www.kunta.example/sv"},
        "liitteet": [{"nimi_kieliversiot": {"fi": "Ohje"}, "kuvaus_kieliversiot": {"fi": "Ohje hakijalle."},
            "osoite_kieliversiot": {"fi": "https://www.kunta.example/ohje.pdf"}}],
        "saavutettavuus_kieliversiot": {"fi": {"taso": "PartiallyCompliant", "wcag_taso": "LevelA",
            "seloste_nimi": "Seloste", "seloste_osoite": "https://www.kunta.example/seloste"}},
        "verkkosivut": pages(),
    });
    let reader = |record: &Value| pat::read(record).findings.into_iter().find(|it| it.rule == "unknown-field");
    if let (Some(members), Some(more)) = (record.as_object_mut(), more.as_object()) {
        members.extend(more.clone());
    }
    // What a kind does not have is left out again.
    while let Some(finding) = reader(&record) {
        record.as_object_mut().expect("an object").remove(&finding.field).expect("a member of ours");
    }
    record
}

fn records() -> Vec<Value> {
    let class = record(
        "palveluluokka",
        "c1",
        &json!({"ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P1.1"}),
    );
    let channel = |koodi: &str, kanavalaji: &str, more: &Value| {
        let mut members = more.clone();
        members.as_object_mut().expect("an object").insert("kanavalaji".into(), kanavalaji.into());
        record("palvelukanava", koodi, &members)
    };
    let form = |koodi: &str, address: &Value| {
        channel(
            koodi,
            "tulostettava_lomake",
            &json!({
                "lomaketunniste_kieliversiot": {"fi": "L1"}, "toimitusosoite": address,
                "tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": {"fi": "https://www.kunta.example/l.pdf", "sv": "https://www.kunta.example/b.pdf"}}],
            }),
        )
    };
    let receiver = json!({"vastaanottaja_kieliversiot": {"fi": "Kirjaamo"}});
    let with = |more: Value| {
        let mut both = receiver.clone();
        both.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        both
    };
    let organisation = json!({
        "tyyppi": "Municipality", "kuntakoodi": "853", "ytunnus": "1234567-1", "oid": "1.2.3.4.5.6.7",
        "ylaorganisaatio": {"koodi": "top"}, "vaihtoehtoinen_nimi_kieliversiot": {"fi": "Lyhyt"},
        "nayttonimi_kieliversiot": {"fi": "Lyhyt"},
        "sahkopostit": [{"osoite": "kirjaamo@kunta.example", "kuvaus_kieliversiot": {"fi": "Kirjaamo"}}], "puhelimet": phones(),
        "osoitteet": [{"osoitelaji": "kayntiosoite", "katuosoite_fi": "Puutarhakatu 1", "postinumero": "20100", "kunta": {"koodi": "853"}},
            {"osoitelaji": "postiosoite", "postilokero_fi": "PL 1", "postilokero_sv": "PB 1", "postinumero": "20100"}],
        "verkkolaskuosoitteet": [{"operator": "003721", "osoite": "003712345671"}],
    });
    let limited = json!({"tyyppi": "Organization", "ylaorganisaatio": {"koodi": "top"},
        "alue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["853"]}]}});
    vec![
        class,
        record("organisaatio", "top", &json!({"tyyppi": "Municipality", "kuntakoodi": "853"})),
        record("organisaatio", "o1", &organisation),
        record("organisaatio", "o2", &limited),
        record(
            "palvelu",
            "s1",
            &json!({
                "vaihtoehtoinen_nimi_kieliversiot": {"fi": ["Toinen nimi"]}, "toimintaohje_kieliversiot": {"fi": "Toimi näin.", "sv": "Gör så här."},
                "kasittelyaika_kieliversiot": {"fi": "Kaksi viikkoa."}, "maaraaika_kieliversiot": {"fi": "Hae ajoissa."},
                "voimassaolo_kieliversiot": {"fi": "Viisi vuotta."}, "maksun_lisatieto_kieliversiot": {"fi": "Hinnasto verkossa."},
                "maksullisuus": "Chargeable", "ptv_tyyppi": "Service", "palveluluokat": [{"koodi": "c1"}],
                "asiasanat": ["http://www.yso.fi/onto/koko/p1"],
                "kohderyhmat": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1", "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR2.1"],
                "elamantilanteet": ["http://uri.suomi.fi/codelist/ptv/ptvelti/code/KE1"],
                "toimialat": ["http://uri.suomi.fi/codelist/jhs/toimiala_1_20080101/code/01"],
                "avainsanat_kieliversiot": {"fi": ["sana"]}, "palvelunsaannin_ehdot_kieliversiot": {"fi": "Kaikille avoin."},
                "lait": [{"nimet_kieliversiot": {"fi": "Kuntalaki"}, "linkit_kieliversiot": {"fi": "https://www.finlex.example/410"}}],
                "vastuuorganisaatio": {"koodi": "o1"}, "muut_vastuuorganisaatiot": [{"koodi": "o2"}],
                "tuottajat": [{"toteutustapa": "SelfProducedServices", "toimijat": [{"koodi": "o1"}]},
                    {"toteutustapa": "Other", "lisatieto_kieliversiot": {"fi": "Yritys alueelta."}}],
                "palveluseteli": {"kaytossa": true, "linkit": pages()},
            }),
        ),
        record("palvelu", "s2", &json!({"pohjakuvaus_id": "11111111-2222-4333-8444-555555555555"})),
        channel(
            "k1",
            "sahkoinen",
            &json!({"tunnistautuminen": true, "allekirjoitus": true, "allekirjoitusten_maara": 2, "organisaatio": {"koodi": "o1"}}),
        ),
        channel("k2", "puhelin", &json!({"numerot": phones()})),
        channel("k3", "verkkosivu", &json!({})),
        form("k4", &with(address())),
        form("k5", &with(json!({"postilokero_fi": "PL 1", "postilokero_sv": "PB 1", "postinumero": "20100"}))),
        form("k6", &with(json!({"ohje_kieliversiot": {"fi": "Palauta tiskille."}}))),
        record(
            "palvelupiste",
            "p1",
            &json!({
                "fyysinenPaikka": {"osoitteet": [address()], "leveysaste": "60.45", "pituusaste": "22.27", "aukioloajat": hours()},
                "postiosoite": {"postilokero_fi": "PL 1", "postilokero_sv": "PB 1", "postinumero": "20100"},
                "puhelinnumerot": phones(), "sahkoposti": "piste@kunta.example",
                "lisatiedot": [{"lisatietotyyppi": {"koodi": "3"}, "nimi": "Sivut", "kuvaus_kieliversiot": {"fi": "https://www.kunta.example/piste"}}],
            }),
        ),
        record(
            "palvelutarjous",
            "t1",
            &json!({
                "palvelut": [{"koodi": "s1"}], "palvelupiste": {"koodi": "p1"},
                "hinnat": [{"hinnoittelutyyppi": "maksullinen", "hinta_kieliversiot": {"fi": "10 euroa"}}],
                "yhteystiedot": {"puhelinnumerot": phones(), "sahkopostit": [{"osoite": "t@kunta.example"}], "verkkosivut": pages()},
            }),
        ),
        record(
            "palvelukokonaisuus",
            "kk1",
            &json!({
                "organisaatio": {"koodi": "o1"}, "palvelut": [{"koodi": "s1"}], "kanavat": [{"koodi": "k1"}],
                "palvelupisteet": [{"koodi": "p1"}],
            }),
        ),
    ]
}

fn reference() -> Reference {
    let concept = |list: &str, code: &str| {
        json!([{"Id": format!("http://uri.suomi.fi/codelist/ptv/{list}/code/{code}")}]).to_string()
    };
    let files = [
        ("municipalities.json", json!([{"municipalityCode": "853"}]).to_string()),
        ("all-languages.json", json!([{"code": "fi"}, {"code": "sv"}]).to_string()),
        ("countries-and-dial-codes.json", json!([{"dialCodes": ["+358"]}]).to_string()),
        ("finnish-service-numbers.json", json!({"value": [{"Number": "0200"}]}).to_string()),
        (
            "service-classes.json",
            json!([{"Id": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P1.1", "BroaderUris": ["x"]}])
                .to_string(),
        ),
        (
            "target-groups.json",
            json!([
                {"Id": "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"},
                {"Id": "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR2.1"},
            ])
            .to_string(),
        ),
        ("life-events.json", concept("ptvelti", "KE1")),
        (
            "industrial-classes.csv",
            "code,uri\n01,http://uri.suomi.fi/codelist/jhs/toimiala_1_20080101/code/01\n".into(),
        ),
        ("postal-codes.csv", "code,type\n20100,1\n".into()),
        ("ontology-terms-partial.csv", "uri,scheme\nhttp://www.yso.fi/onto/koko/p1,X\n".into()),
        ("general-descriptions.json", json!([{"id": "11111111-2222-4333-8444-555555555555", "names": []}]).to_string()),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    Reference::from_files(&files).expect("sound lists")
}

/// The bodies of all the records.
fn bodies() -> Vec<(Body, Value)> {
    let (reference, none) = (reference(), BTreeMap::new());
    let stored = records()
        .iter()
        .zip(1..)
        .map(|(record, sequence)| {
            let reading = pat::read(record);
            let entity = reading.entity.unwrap_or_else(|| panic!("{record} {:?}", reading.findings));
            let changed_at = jiff::Timestamp::UNIX_EPOCH;
            Arc::new(Stored { entity, revision: 1, sequence, master: Master("cms".into()), changed_at })
        })
        .collect::<Vec<_>>();
    let view = View::default().with(stored.iter().cloned(), 1);
    let guid = |key: &EntityKey| Some(format!("guid-{}", key.code));
    let context = Context {
        tenant: "turku",
        municipality: "853",
        organisation: "org",
        organisation_languages: &[Lang::Fi, Lang::Sv],
        profile: Profile::Live2026,
        reference: &reference,
        view: &view,
        guid: &guid,
        duplicates: &none,
        scope: Scope::All,
        instruction_required: false,
    };
    let mut bodies = Vec::new();
    for stored in &stored {
        let entity = &stored.entity;
        if let Some(of) = Body::of(entity) {
            let mapped = map(entity, &context, Extent::Everything).expect("has a twin");
            bodies.push((of, mapped.body.unwrap_or_else(|| panic!("{}: {:?}", entity.key, mapped.waits_for))));
        }
        if entity.key.kind == Kind::Service {
            bodies.push((Body::Connections, connections(entity, &[Lang::Fi, Lang::Sv], &context).body));
        }
    }
    bodies
}

/// The paths of the leaves, with the item's type where it has one. Flags that only empty are no fields.
fn leaves(path: &str, value: &Value, sort: &str, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(members) => {
            let sort = members.get("type").and_then(Value::as_str).unwrap_or(sort);
            for (name, value) in members.iter().filter(|(name, _)| !name.starts_with("delete")) {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(&inner, value, sort, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(path, item, sort, found)),
        _ => {
            found.insert((path.to_owned(), sort.to_owned()));
        }
    }
}

/// A list of localised texts is one field: what its items consist of is PTV's way to write it.
fn is_at(field: &Field, path: &str, sort: &str) -> bool {
    let inside = path.strip_prefix(&*field.ptv);
    let here = inside.is_some_and(|rest| matches!(rest, "" | ".language" | ".type" | ".value"));
    here && (field.sort.is_empty() || field.sort == sort)
}

#[test]
fn seed_b37_the_sheet_has_just_the_properties_that_bodies_have() {
    let mut written: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for (of, body) in bodies() {
        leaves("", &body, "", written.entry(of.word()).or_default());
    }
    let mut wrong = Vec::new();
    for body in Body::ALL {
        let (fields, leaves) = (fields(body), &written[body.word()]);
        for (path, sort) in leaves.iter().filter(|(path, sort)| !fields.iter().any(|it| is_at(it, path, sort))) {
            wrong.push(format!("{} writes {path} [{sort}], which is not in the sheet", body.word()));
        }
        for field in fields.iter().filter(|it| !leaves.iter().any(|(path, sort)| is_at(it, path, sort))) {
            wrong.push(format!("{} never writes {} [{}]", body.word(), field.ptv, field.sort));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lengths of the published source, where its models name them.
#[test]
fn lengths_are_those_of_the_published_models() {
    let specs = std::env::var("SILTA_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/specs").into());
    let file = std::path::Path::new(&specs).join("ptv/models/v11-openapi-reconstructed.json");
    let Ok(text) = std::fs::read(&file) else {
        println!("skipped: {} is not there", file.display());
        return;
    };
    let models: Value = serde_json::from_slice(&text).expect("JSON");
    let resolve = |schema: &Value| -> Value {
        let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next());
        name.map_or_else(|| schema.clone(), |name| models["components"]["schemas"][name].clone())
    };
    let mut compared = 0;
    for body in Body::ALL {
        let path = match body {
            Body::Organisation | Body::Service | Body::Collection => format!("/{}", body.word()),
            Body::Connections => "/Connection/serviceId/{serviceId}".into(),
            _ => format!("/ServiceChannel/{}", body.word()),
        };
        let operations = models["paths"].as_object().expect("paths");
        let (_, item) = operations
            .iter()
            .find(|(known, _)| known.trim_start_matches("/api/v11") == path)
            .unwrap_or_else(|| panic!("{path}"));
        let operation = item.get("post").or_else(|| item.get("put")).expect("a write");
        let top = resolve(&operation["requestBody"]["content"]["application/json"]["schema"]);
        for field in fields(body) {
            let mut schema = top.clone();
            let mut rules = Value::Null;
            for name in field.ptv.split('.') {
                let property = resolve(&schema)["properties"][name].clone();
                assert!(!property.is_null(), "{} has no {}", body.word(), field.ptv);
                rules = property["x-ptv-rules"].clone();
                schema = resolve(if property["items"].is_null() { &property } else { &property["items"] });
                if schema["maxLength"].is_null() && !property["maxLength"].is_null() {
                    schema = property;
                }
            }
            let of_list = rules.as_array().into_iter().flatten().find_map(|rule| {
                let when = rule["whenType"].as_str();
                let fits = rule["rule"] == "ListPropertyMaxLength" && when.is_none_or(|when| when == field.sort);
                rule["max"].as_u64().filter(|_| fits)
            });
            let published = of_list.or_else(|| schema["maxLength"].as_u64());
            let ours = field.longest(Profile::Source34).map(|max| max as u64);
            if let (Some(published), Some(ours)) = (published, ours) {
                assert_eq!(published, ours, "{} {} [{}]", body.word(), field.ptv, field.sort);
                compared += 1;
            }
        }
    }
    assert!(compared > 25, "{compared}");
}

#[test]
fn every_field_of_the_sheet_is_one_that_the_reader_knows() {
    for field in Body::ALL.into_iter().flat_map(fields).filter(|field| !field.pat.is_empty()) {
        let first = field.pat.split('.').next().expect("a name");
        let mut record = json!({"laji": field.body.source().laji(), "koodi": "1", first: null});
        if field.body.source() == Kind::Channel {
            let sort = match field.body {
                Body::EChannel => "sahkoinen",
                Body::Phone => "puhelin",
                Body::WebPage => "verkkosivu",
                _ => "tulostettava_lomake",
            };
            record.as_object_mut().expect("an object").insert("kanavalaji".into(), sort.into());
        }
        // An address of an organisation, a place or an area is named below the record's own field.
        let unknown = pat::read(&record).findings.into_iter().any(|it| it.rule == "unknown-field" && it.field == first);
        assert!(!unknown, "{} has no {}", field.body.source().laji(), field.pat);
    }
}

#[test]
fn seed_b23_complaints_come_back_as_the_records_fields() {
    let of = |body: Body| bodies().into_iter().find(|(of, _)| *of == body).expect("there").1;
    for (body, key, field, lang) in [
        (Body::Service, "ServiceNames[0].Value", "nimi_kieliversiot.fi", Some(Lang::Fi)),
        (Body::Service, "ServiceNames", "nimi_kieliversiot", None),
        (Body::Service, "serviceNames[1].value", "nimi_kieliversiot.sv", Some(Lang::Sv)),
        (Body::Service, "ServiceDescriptions[1].Value", "tiivistelma_kieliversiot.sv", Some(Lang::Sv)),
        (Body::Service, "ServiceDescriptions[2].Value", "kuvaus_kieliversiot.fi", Some(Lang::Fi)),
        (Body::Service, "Areas[0].AreaCodes[0]", "saatavuusalue.alueet.koodit", None),
        (Body::Service, "TargetGroups[1]", "kohderyhmat", None),
        (Body::Service, "Legislation[0].WebPages[0].Url", "lait.linkit_kieliversiot.fi", Some(Lang::Fi)),
        (Body::Service, "Model", "kielet", None),
        (Body::Service, "SomethingNew", "SomethingNew", None),
        (Body::EChannel, "SupportPhones[0].PrefixNumber", "tukipuhelimet.maakoodi", Some(Lang::Fi)),
        (Body::EChannel, "ServiceHours[0].OpeningHour[0].From", "aukioloajat.avaamisaika", None),
        (Body::ServiceLocation, "Addresses[0].StreetAddress.PostalCode", "fyysinenPaikka.osoitteet.postinumero", None),
        (Body::Organisation, "Addresses[0].StreetAddress.Street", "osoitteet.katuosoite", None),
        (Body::Connections, "ChannelRelations.ServiceHours[2]", "aukioloajat.aukiolotyyppi", None),
        (
            Body::Connections,
            "ChannelRelations.ContactDetails.Phones.PrefixNumber",
            "yhteystiedot.puhelinnumerot.maakoodi",
            None,
        ),
    ] {
        let found = blame(body, &of(body), &[(key.to_owned(), vec!["Not so.".to_owned()])]);
        assert_eq!(found.len(), 1, "{key}");
        assert_eq!((found[0].field.as_str(), found[0].lang), (field, lang), "{key}");
        assert!(found[0].fi.contains("Not so.") && found[0].sv.contains("Not so.") && found[0].en.contains("Not so."));
    }
    // Several complaints of one place are one finding, and what PTV says is neither endless nor able to move a cursor.
    let long = vec!["x".repeat(1_000), "\u{1b}[2J".into()];
    let found = blame(
        Body::Service,
        &of(Body::Service),
        &[("ServiceNames[0].Value".into(), long.clone()), ("ServiceNames[0]".into(), long)],
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].en.chars().count() < 400 && !found[0].en.contains('\u{1b}'));
}

#[test]
fn the_sheet_is_a_table() {
    let lines: Vec<_> =
        Body::ALL.into_iter().flat_map(fields).map(|field| super::cells(&field, Profile::Source34)).collect();
    let sheet = csv(&lines).expect("written");
    let mut reader = ::csv::Reader::from_reader(sheet.as_bytes());
    assert_eq!(reader.headers().expect("headings").len(), super::HEADINGS.len());
    let lines: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("lines");
    assert!(lines.len() > 150, "{}", lines.len());
    let line = lines.iter().find(|line| &line[3] == "serviceDescriptions[Description]").expect("a line");
    assert_eq!((&line[0], &line[1], &line[5], &line[7]), ("palvelu", "kuvaus_kieliversiot", "2500", "description"));
    // Every property has its place in version 12 or a dash.
    assert!(lines.iter().all(|line| !line[7].is_empty()), "{:?}", lines.iter().find(|line| line[7].is_empty()));
}
