//! Bodies and findings of small entities.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::profile::Profile;
use super::super::reference::Reference;
use super::{Context, Extent, Mapped, connections, duplicates, map};
use crate::catalogue::pat;
use crate::model::{EntityKey, Lang, Master, Stored, View};

fn reference() -> Reference {
    let class = |code: &str, broader: Value| json!({"Id": format!("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/{code}"), "BroaderUris": broader});
    let files = [
        ("municipalities.json", json!([{"municipalityCode": "853"}]).to_string()),
        ("all-languages.json", json!([{"code": "fi"}, {"code": "sv"}]).to_string()),
        ("countries-and-dial-codes.json", json!([{"dialCodes": ["+358"]}]).to_string()),
        ("finnish-service-numbers.json", json!({"value": [{"Number": "0200"}]}).to_string()),
        ("service-classes.json", json!([class("P1", Value::Null), class("P1.1", json!(["P1"]))]).to_string()),
        ("target-groups.json", json!([{"Id": "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"}]).to_string()),
        ("postal-codes.csv", "code,type\n20100,1\n".to_owned()),
        ("ontology-terms-partial.csv", "uri,scheme\nhttp://www.yso.fi/onto/koko/p1,X\n".to_owned()),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    Reference::from_files(&files).expect("sound lists")
}

fn view(records: &[Value]) -> View {
    let stored = records.iter().zip(1..).map(|(record, sequence)| {
        let reading = pat::read(record);
        assert!(reading.entity.is_some(), "{:?}", reading.findings);
        Arc::new(Stored {
            entity: reading.entity.expect("checked"),
            revision: 1,
            sequence,
            master: Master("cms".into()),
            changed_at: jiff::Timestamp::UNIX_EPOCH,
        })
    });
    View::default().with(stored, 1)
}

fn with<T>(records: &[Value], run: impl FnOnce(&Context<'_>) -> T) -> T {
    let (reference, view) = (reference(), view(records));
    let guid = |key: &EntityKey| Some(format!("guid-{}", key.code));
    let none = BTreeMap::new();
    let mut context = Context {
        tenant: "turku",
        municipality: "853",
        organisation: "org",
        organisation_languages: &[Lang::Fi, Lang::Sv],
        profile: Profile::Live2026,
        reference: &reference,
        view: &view,
        guid: &guid,
        duplicates: &none,
        scope: super::Scope::All,
        instruction_required: false,
    };
    let found = duplicates(&context);
    context.duplicates = &found;
    run(&context)
}

fn mapped(records: &[Value]) -> Mapped {
    with(records, |context| {
        let first = pat::read(records.first().expect("one")).entity.expect("sound");
        map(&first, context, Extent::Sound).expect("has a twin")
    })
}

fn service(code: &str) -> Value {
    json!({
        "laji": "palvelu", "koodi": code,
        "nimi_kieliversiot": {"fi": format!("Uimahalli {code}"), "sv": format!("Simhall {code}")},
        "tiivistelma_kieliversiot": {"fi": "Uimahallin palvelut.", "sv": "Simhallens tjänster."},
        "kuvaus_kieliversiot": {"fi": "Uimahalli on avoinna.", "sv": "Simhallen är öppen."},
        "toimintaohje_kieliversiot": {"fi": "Tule paikalle.", "sv": "Kom på plats."},
        "palveluluokat": [{"koodi": "1_1"}], "asiasanat": ["http://www.yso.fi/onto/koko/p1"],
        "kohderyhmat": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"]
    })
}

fn class() -> Value {
    json!({"laji": "palveluluokka", "koodi": "1_1", "nimi_kieliversiot": {"fi": "Luokka"},
           "ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P1.1"})
}

fn rules(mapped: &Mapped) -> Vec<String> {
    mapped.findings.iter().map(|finding| format!("{} {}", finding.field, finding.rule)).collect()
}

#[test]
fn a_sound_service_is_sent_whole() {
    let mapped = mapped(&[service("1"), class()]);
    assert_eq!(rules(&mapped), [""; 0]);
    let body = mapped.body.expect("sent");
    assert_eq!(body["sourceId"], "turku.service.1");
    assert_eq!(body["publishingStatus"], "Published");
    assert_eq!(body["serviceNames"].as_array().map(Vec::len), Some(2));
    assert_eq!(body["areas"], json!([{"type": "Municipality", "areaCodes": ["853"]}]));
    assert_eq!(body["serviceProducers"], json!([{"provisionType": "SelfProducedServices", "organizations": ["org"]}]));
    assert_eq!(body["deleteAllKeywords"], true);
}

#[test]
fn a_language_that_breaks_a_rule_is_left_out_with_a_finding() {
    let mut record = service("1");
    record["tiivistelma_kieliversiot"]["sv"] = "Simhall 1".into();
    let mapped = mapped(&[record, class()]);
    assert_eq!(rules(&mapped), ["tiivistelma_kieliversiot.sv Q02"]);
    assert_eq!(mapped.languages, [Lang::Fi]);
    assert!(!mapped.body.expect("sent").to_string().contains("Simhall"));
}

#[test]
fn a_service_without_valid_finnish_is_withheld() {
    let mut record = service("1");
    record["tiivistelma_kieliversiot"]["fi"] = "x".repeat(151).into();
    let mapped = mapped(&[record, class()]);
    assert!(mapped.withheld && mapped.body.is_none());
    assert_eq!(rules(&mapped), ["tiivistelma_kieliversiot.fi Q02"]);
}

#[test]
fn classification_is_needed_without_a_general_description() {
    let mut record = service("1");
    for member in ["palveluluokat", "asiasanat", "kohderyhmat"] {
        record[member] = json!([]);
    }
    let mapped = mapped(&[record]);
    assert!(mapped.withheld);
    assert_eq!(rules(&mapped), ["palveluluokat Q06", "asiasanat Q07", "kohderyhmat Q08"]);
}

#[test]
fn the_second_of_two_equal_names_is_withheld() {
    let mut twin = service("2");
    twin["nimi_kieliversiot"] = json!({"fi": " uimahalli  1", "sv": "Simhall 2"});
    assert!(mapped(&[service("1"), twin.clone(), class()]).body.is_some());
    let second = mapped(&[twin, service("1"), class()]);
    assert_eq!(rules(&second), ["nimi_kieliversiot Q21"]);
}

#[test]
fn a_place_carries_metres_and_merged_hours() {
    let place = json!({
        "laji": "palvelupiste", "koodi": "740", "nimi_kieliversiot": {"fi": "Impivaara"},
        "tiivistelma_kieliversiot": {"fi": "Uimahalli Impivaarassa."}, "kuvaus_kieliversiot": {"fi": "Suuri uimahalli."},
        "puhelinnumerot": [{"maakoodi": "358", "numero": "02 262 3000", "numerotyyppi": {"teksti_fi": "Puhelin"}}, {"numero": "eilen"}],
        "fyysinenPaikka": {
            "leveysaste": "60.4692", "pituusaste": "22.2727",
            "osoitteet": [{"katuosoite_fi": "Uimahallinpolku 4", "postinumero": "20100", "kunta": {"koodi": "853"}}],
            "aukioloajat": [
                {"aukiolotyyppi": "normaali", "viikonpaiva": "1-2", "avaamisaika": "06:30", "sulkemisaika": "21:00"},
                {"aukiolotyyppi": "normaali", "viikonpaiva": "6", "avaamisaika": "09:00", "sulkemisaika": "24:00"},
                {"aukiolotyyppi": "normaali", "viikonpaiva": "5", "avaamisaika": "22:00", "sulkemisaika": "02:00"},
                {"aukiolotyyppi": "poikkeus suljettu", "voimassaoloAlkamishetki": "2026-12-24", "voimassaoloPaattymishetki": "2026-12-24"}
            ]
        }
    });
    let mapped = mapped(&[place]);
    assert_eq!(rules(&mapped), ["nimi_kieliversiot.sv Q05", "puhelinnumerot[1].numero phone"]);
    let body = mapped.body.expect("sent");
    assert_eq!(body["phoneNumbers"][0]["prefixNumber"], "+358");
    assert_eq!(body["phoneNumbers"][0]["number"], "22623000");
    let address = &body["addresses"][0]["streetAddress"];
    assert_eq!((address["streetNumber"].as_str(), address["municipality"].as_str()), (Some("4"), Some("853")));
    assert!(address["latitude"].as_str().is_some_and(|metres| metres.starts_with("67")));
    let kinds: Vec<&str> = body["serviceHours"]
        .as_array()
        .expect("hours")
        .iter()
        .filter_map(|item| item["serviceHourType"].as_str())
        .collect();
    assert_eq!(kinds, ["DaysOfTheWeek", "OverMidnight", "Exceptional"]);
    assert_eq!(body["serviceHours"][0]["openingHour"].as_array().map(Vec::len), Some(3));
    assert_eq!(body["serviceHours"][1]["openingHour"][0]["dayTo"], "Saturday");
    assert!(body["serviceHours"][2].get("validTo").is_none());
}

#[test]
fn connections_come_from_active_offers() {
    let page = json!({"laji": "palvelukanava", "koodi": "9", "kanavalaji": "verkkosivu", "nimi_kieliversiot": {"fi": "Sivu"},
        "osoite_kieliversiot": {"fi": "https://www.turku.example/"}});
    let offer = json!({"laji": "palvelutarjous", "koodi": "5", "nimi_kieliversiot": {"fi": "Tarjous"},
        "kuvaus_kieliversiot": {"fi": "Varaa vuoro verkossa."}, "palvelut": [{"koodi": "1"}], "palvelukanavat": [{"koodi": "9"}],
        "hinnat": [{"hinnoittelutyyppi": "maksullinen", "hinta_kieliversiot": {"fi": "5 euroa"}}]});
    let records = [service("1"), class(), page, offer];
    let set = with(&records, |context| {
        let service = pat::read(&records[0]).entity.expect("sound");
        connections(&service, &[Lang::Fi], context)
    });
    assert_eq!(set.count, 1);
    let relation = &set.body["channelRelations"][0];
    assert_eq!(relation["serviceChannelId"], "guid-9");
    assert_eq!(relation["serviceChargeType"], "Chargeable");
    assert!(relation.get("serviceHours").is_none() && relation.get("deleteAllServiceHours").is_none());
}

/// A place with these phones and hours, as it is sent.
fn place(phones: &Value, hours: &Value, profile: Profile) -> Mapped {
    let record = json!({
        "laji": "palvelupiste", "koodi": "740", "nimi_kieliversiot": {"fi": "Impivaara", "sv": "Impivaara"},
        "tiivistelma_kieliversiot": {"fi": "Uimahalli Impivaarassa.", "sv": "Simhall i Impivaara."},
        "kuvaus_kieliversiot": {"fi": "Suuri uimahalli.", "sv": "En stor simhall."},
        "puhelinnumerot": phones,
        "fyysinenPaikka": {
            "osoitteet": [{"katuosoite_fi": "Uimahallinpolku 4", "katuosoite_sv": "Simhallsstigen 4", "postinumero": "20100", "kunta": {"koodi": "853"}}],
            "aukioloajat": hours
        }
    });
    with(std::slice::from_ref(&record), |context| {
        let context = Context { profile, ..*context };
        map(&pat::read(&record).entity.expect("sound"), &context, Extent::Sound).expect("has a twin")
    })
}

#[test]
fn ptv_m_08_a_language_that_ptv_does_not_know_is_left_out_and_told() {
    let mut record = service("1");
    record["kuvaus_kieliversiot"]["ru"] = json!("Бассейн открыт.");
    record["kielet"] = json!(["fi", "ru"]);
    let reading = pat::read(&record);
    let told: Vec<_> = reading.findings.iter().map(|it| (it.field.as_str(), it.level, it.rule)).collect();
    assert_eq!(told, [("kuvaus_kieliversiot.ru", crate::model::Level::Warning, "unknown-language")]);
    let records = [record, class()];
    let body = with(&records, |context| {
        let mut reference = reference();
        reference.languages.insert("ru".into());
        let context = Context { reference: &reference, ..*context };
        map(&reading.entity.expect("accepted"), &context, Extent::Sound).expect("has a twin").body.expect("sent")
    });
    assert_eq!(body["languages"], json!(["fi", "ru"]), "the service is given in Russian all the same");
    assert!(!body.to_string().contains("Бассейн"));
    // What is no language at all is a mistake of the sender.
    let mut wrong = service("1");
    wrong["kuvaus_kieliversiot"]["suomi"] = json!("Uimahalli on avoinna.");
    assert!(pat::read(&wrong).entity.is_none());
}

/// `pyproj`, WGS84 to EPSG:3067: 6 672 196 m north, 385 686 m east.
#[test]
fn ptv_m_17_degrees_become_metres() {
    let record = json!({
        "laji": "palvelupiste", "koodi": "1", "nimi_kieliversiot": {"fi": "Piste"},
        "tiivistelma_kieliversiot": {"fi": "Piste keskustassa."}, "kuvaus_kieliversiot": {"fi": "Piste kauppatorin laidalla."},
        "fyysinenPaikka": {"leveysaste": "60.17", "pituusaste": "24.94",
            "osoitteet": [{"katuosoite_fi": "Testikatu 4", "postinumero": "20100", "kunta": {"koodi": "853"}}]},
    });
    let body = mapped(&[record]).body.expect("sent");
    let address = &body["addresses"][0]["streetAddress"];
    for (member, near) in [("latitude", 6_672_000.0), ("longitude", 386_000.0)] {
        let text = address[member].as_str().expect("a text");
        assert!(text.chars().all(|c| c.is_ascii_digit() || c == '.'), "{member}: {text}");
        let metres: f64 = text.parse().expect("a number");
        assert!((metres - near).abs() < 1_000.0, "{member}: {text}");
    }
}

/// An e-channel with this address, as it is sent.
fn e_channel(url: &str) -> Mapped {
    mapped(&[json!({
        "laji": "palvelukanava", "koodi": "1", "kanavalaji": "sahkoinen", "tunnistautuminen": false,
        "nimi_kieliversiot": {"fi": "Ajanvaraus", "sv": "Tidsbokning"},
        "tiivistelma_kieliversiot": {"fi": "Varaa aika.", "sv": "Boka tid."},
        "kuvaus_kieliversiot": {"fi": "Varaa aika verkossa.", "sv": "Boka tid på nätet."},
        "osoite_kieliversiot": {"fi": url, "sv": "https://www.turku.example/sv"},
    })])
}

#[test]
fn ptv_m_24_a_bare_host_gets_a_scheme() {
    let body = e_channel("www.turku.example").body.expect("sent");
    assert_eq!(body["webPage"][0], json!({"language": "fi", "value": "https://www.turku.example"}));
}

#[test]
fn ptv_m_25_an_address_of_501_characters_is_never_sent() {
    let url = |length: usize| format!("https://www.turku.example/{}", "a".repeat(length - 26));
    assert_eq!(url(501).len(), 501);
    assert!(e_channel(&url(500)).body.is_some());
    let refused = e_channel(&url(501));
    assert!(refused.withheld && refused.body.is_none(), "the Finnish version has no address");
    assert!(rules(&refused).contains(&"osoite_kieliversiot.fi required".to_owned()), "{:?}", rules(&refused));
}

#[test]
fn ptv_m_34_without_data_accessibility_is_unknown_in_each_language() {
    let body = e_channel("https://www.turku.example").body.expect("sent");
    let unknown = |lang: &str| json!({"language": lang, "accessibilityClassificationLevel": "Unknown"});
    assert_eq!(body["accessibilityClassification"], json!([unknown("fi"), unknown("sv")]));
}

#[test]
fn ptv_m_13_to_16_phone_numbers() {
    for (number, expected) in [
        ("+358 9 310 1691", Some((Some("+358"), "93101691"))),
        ("09 310 1691", Some((Some("+358"), "93101691"))),
        ("116 117", Some((None, "116117"))),
        ("0600 12345", Some((None, "060012345"))),
        ("09-3101691 / 09-3101692", None),
    ] {
        let mapped = place(&json!([{"numero": number}]), &json!([]), Profile::Live2026);
        let body = mapped.body.as_ref().expect("sent");
        let row = &body["phoneNumbers"][0];
        let found = row["number"].as_str().map(|digits| (row["prefixNumber"].as_str(), digits));
        assert_eq!(found, expected, "{number}");
        assert_eq!(rules(&mapped).iter().any(|rule| rule.ends_with("phone")), expected.is_none(), "{number}");
        if expected.is_some_and(|(prefix, _)| prefix.is_none()) {
            assert_eq!(row["isFinnishServiceNumber"], true);
        }
    }
}

#[test]
fn ptv_m_18_to_23_opening_hours() {
    let hours = |row: Value, profile| {
        let mapped = place(&json!([]), &json!([row]), profile);
        (mapped.body.as_ref().expect("sent")["serviceHours"].clone(), rules(&mapped))
    };
    let weekly = |days: &str, from: &str, to: &str| json!({"aukiolotyyppi": "normaali", "viikonpaiva": days, "avaamisaika": from, "sulkemisaika": to});
    let (live, none) = hours(weekly("1", "08:20", "16:00"), Profile::Live2026);
    assert_eq!((live[0]["openingHour"][0]["from"].as_str(), none.len()), (Some("08:20"), 0));
    let (source, told) = hours(weekly("1", "08:20", "16:00"), Profile::Source34);
    assert!(source.is_null() && told.iter().any(|rule| rule.ends_with("Q14")), "never rounded: {told:?}");
    let (night, _) = hours(weekly("5", "22:00", "02:00"), Profile::Live2026);
    assert_eq!(
        (night[0]["serviceHourType"].as_str(), night[0]["openingHour"][0]["dayTo"].as_str()),
        (Some("OverMidnight"), Some("Saturday"))
    );
    let (always, _) = hours(weekly("1-7", "00:00", "24:00"), Profile::Live2026);
    assert_eq!(always[0]["isAlwaysOpen"], true);
    let closed = |from: &str, to: &str| json!({"aukiolotyyppi": "poikkeus suljettu", "voimassaoloAlkamishetki": from, "voimassaoloPaattymishetki": to});
    let (day, _) = hours(closed("2026-12-06", "2026-12-06"), Profile::Live2026);
    assert_eq!((&day[0]["isClosed"], &day[0]["validFrom"]), (&json!(true), &json!("2026-12-06T00:00:00")));
    assert!(day[0].get("validTo").is_none());
    let (days, _) = hours(closed("2026-12-24", "2026-12-26"), Profile::Live2026);
    assert_eq!(days[0]["validTo"], "2026-12-26T00:00:00");
}

/// What a case changes in a sound record.
type Change<'a> = &'a dyn Fn(&mut Value);

#[test]
fn ptv_m_26_to_33_what_would_be_refused_is_never_sent() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut record = service("1");
        change(&mut record);
        mapped(&[record, class()])
    };
    let cases: [(&str, Change<'_>); 5] = [
        ("nimi_kieliversiot.fi Q01", &|it| it["nimi_kieliversiot"]["fi"] = "x".repeat(101).into()),
        ("tiivistelma_kieliversiot.fi Q02", &|it| {
            it["tiivistelma_kieliversiot"] = json!({"sv": "Simhallens tjänster."});
        }),
        ("tiivistelma_kieliversiot.fi Q02", &|it| it["tiivistelma_kieliversiot"]["fi"] = "Uimahalli 1".into()),
        ("palveluluokat Q06", &|it| it["palveluluokat"] = json!([{"koodi": "x"}])),
        ("kohderyhmat Q08", &|it| {
            it["kohderyhmat"] = json!(["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR2"]);
        }),
    ];
    for (rule, change) in cases {
        let mapped = changed(change);
        assert!(mapped.withheld && mapped.body.is_none(), "{rule}");
        assert!(rules(&mapped).iter().any(|found| found == rule), "{rule}: {:?}", rules(&mapped));
    }
    let dropped = changed(&|it| it["toimialat"] = json!(["http://www.stat.fi/meta/luokitukset/toimiala/001-2008/1"]));
    assert!(rules(&dropped).contains(&"toimialat Q08".to_owned()));
    assert_eq!(dropped.body.expect("sent")["deleteAllIndustrialClasses"], true);
}

#[test]
fn ptv_m_59_a_municipality_has_three_digits() {
    let mut record = service("1");
    record["saatavuusalue"] =
        json!({"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["91"]}]});
    let mapped = with(&[record.clone(), class()], |context| {
        map(&pat::read(&record).entity.expect("sound"), context, Extent::Everything).expect("has a twin")
    });
    assert_eq!(mapped.body.expect("a body")["areas"][0]["areaCodes"], json!(["091"]));
}

/// A law's name may have 500 characters, the name of the link to it only 100.
#[test]
fn a_law_with_a_long_name_has_a_link_with_a_short_one() {
    for (name, url, shown) in [
        ("Kuntalaki".to_owned(), "https://www.finlex.example/410".to_owned(), Some("Kuntalaki")),
        ("Laki ".repeat(30), "https://www.finlex.example/410".to_owned(), Some("https://www.finlex.example/410")),
        ("Laki ".repeat(30), format!("https://www.finlex.example/{}", "4".repeat(100)), None),
    ] {
        let mut record = service("1");
        record["lait"] = json!([{"nimet_kieliversiot": {"fi": name}, "linkit_kieliversiot": {"fi": url}}]);
        let body = mapped(&[record, class()]).body.expect("sent");
        let law = &body["legislation"][0];
        assert_eq!((law["webPages"][0]["value"].as_str(), law["webPages"][0]["url"].as_str()), (shown, Some(&*url)));
        assert_eq!(law["names"][0]["value"].as_str().map(str::trim), Some(name.trim()));
    }
}

#[test]
fn a_voucher_is_sent_with_its_links() {
    let mut record = service("1");
    record["palveluseteli"] = json!({"kaytossa": true, "linkit": [
        {"osoite_kieliversiot": {"fi": "https://www.turku.example/seteli"}, "nimi_kieliversiot": {"fi": "Palveluseteli"}}]});
    let body = mapped(&[record, class()]).body.expect("sent");
    assert_eq!(body["serviceVouchersInUse"], true);
    assert_eq!(body["serviceVouchers"][0]["value"], "Palveluseteli");
}

/// The other half of the row: nothing of it is in what others read (`catalogue::tests::fields`).
#[test]
fn seed_b36_content_owners_are_not_in_the_body() {
    let owned = |mut record: Value| {
        record["yhteyshenkilo"] = json!({"nimi": "Sisältö Omistaja", "sahkoposti": "omistaja@turku.example"});
        record["varahenkilo"] = json!({"nimi": "Vara Henkilö"});
        record
    };
    let texts = json!({
        "tiivistelma_kieliversiot": {"fi": "Lyhyt kuvaus paikasta"}, "kuvaus_kieliversiot": {"fi": "Pidempi kuvaus paikasta"},
    });
    let kinds = [
        json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Uimahalli"}}),
        json!({"laji": "organisaatio", "koodi": "1", "nimi_kieliversiot": {"fi": "Virasto"}, "tyyppi": "Organization"}),
        json!({"laji": "palvelukanava", "koodi": "1", "nimi_kieliversiot": {"fi": "Sivu"}, "kanavalaji": "verkkosivu",
               "osoite_kieliversiot": {"fi": "https://www.example.fi"}}),
        json!({"laji": "palvelupiste", "koodi": "1", "nimi_kieliversiot": {"fi": "Halli"},
               "vastuuhenkilo_kieliversiot": {"fi": "Piste Vastaava"}, "laskutusosoite": {"katuosoite_fi": "Laskukatu 1"},
               "postiosoite": {"postilokero_fi": "PL 1", "postinumero": "20100"},
               "fyysinenPaikka": {"osoitteet": [{"katuosoite_fi": "Testitie 2", "postinumero": "20100"}]}}),
    ];
    for mut record in kinds {
        if let (Some(record), Some(texts)) = (record.as_object_mut(), texts.as_object()) {
            record.extend(texts.clone());
        }
        let records = [owned(record)];
        with(&records, |context| {
            let entity = pat::read(&records[0]).entity.expect("sound");
            // With everything that could be sent, the unsound included.
            let mapped = map(&entity, context, Extent::Everything).expect("a twin");
            let body = mapped.body.expect("a body").to_string();
            assert!(body.len() > 200, "{body}");
            for private in ["Omistaja", "omistaja@", "Vara Henkilö", "Vastaava", "Laskukatu"] {
                assert!(!body.contains(private), "{private}: {body}");
            }
            assert_eq!(body.contains("PL 1"), records[0]["laji"] == "palvelupiste");
        });
    }
}
