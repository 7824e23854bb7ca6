//! Units of the Service Map, which unit gives which service, and the accessibility facts of Turku's places.

use std::path::Path;

use serde_json::{Value, json};

use super::super::testing::shared;
use super::super::{Format, Import, read_documents, read_path};
use crate::catalogue::pat;
use crate::model::{Code, Entity, Kind, Lang, ServicePoint};

fn read(documents: Vec<Value>) -> Import {
    read_documents(Path::new("tpr"), documents).expect("a known format")
}

fn entity(record: &Value) -> Entity {
    let reading = pat::read(record);
    reading.entity.unwrap_or_else(|| panic!("{:?}", reading.findings))
}

fn of(import: &Import, kind: Kind) -> Vec<Entity> {
    import.records.iter().map(entity).filter(|entity| entity.key.kind == kind).collect()
}

fn point(entity: &Entity) -> &ServicePoint {
    entity.service_point().expect("a service point")
}

#[test]
fn units_become_service_points_with_place_phones_links_and_hours_as_text() {
    let Some(path) = shared("pat/tpr/units-fixture.json") else { return };
    let import = read_path(&path).expect("readable");
    assert_eq!(import.format, Format::Tpr);
    let points = of(&import, Kind::ServicePoint);
    assert_eq!(points.len(), 5);
    let library = point(&points[0]);
    assert_eq!((points[0].key.code.as_str(), library.registry_id.as_deref()), ("60321", Some("60321")));
    assert_eq!(library.name.get(Lang::Sv), Some("Otnäs bibliotek"));
    let place = library.point.as_ref().expect("a point");
    assert_eq!((place.latitude.as_str(), place.longitude.as_str()), ("60.184093", "24.818619"));
    assert_eq!(library.addresses[0].street.get(Lang::Sv), Some("Datavägen 6"));
    assert_eq!(library.addresses[0].postal_code.as_deref(), Some("02150"));
    let postal = library.postal_address.as_ref().expect("a postal address");
    assert_eq!((postal.post_box.get(Lang::Fi), postal.postal_code.as_deref()), (Some("PL 3619"), Some("02070")));
    assert_eq!(postal.post_office.get(Lang::Fi), Some("ESPOON KAUPUNKI"));
    assert_eq!(
        (library.phones[0].number.as_str(), library.phones[0].charge_text.get(Lang::Sv)),
        ("+358 40 507 8204", Some("lna/msa"))
    );
    assert_eq!(library.emails, ["kirjasto.otaniemi@espoo.fi"]);
    assert_eq!((library.hours.len(), library.hours[0].text.get(Lang::Fi)), (1, Some("avoinna joka päivä 06-22")));
    assert_eq!((library.hours[0].days, library.hours[0].opens), (None, None), "a text stays a text");
    // The own page, the register's accessibility page, hours elsewhere, two links.
    assert_eq!(library.web_pages.len(), 5);
    assert_eq!(library.accessibility.len(), 11);
    assert!(
        library.accessibility[0]
            .name
            .get(Lang::Fi)
            .expect("Finnish")
            .starts_with("Reitti pääsisäänkäynnille: 2 esteetöntä")
    );
    assert_eq!(points[0].changed.map(|day| day.to_string()).as_deref(), Some("2021-11-23"));
    let full = point(&points[3]);
    assert_eq!(full.phones.len(), 5, "its own, two of PHONE_OR_EMAIL, two of subgroups");
    assert_eq!(full.emails, ["subgroup@example.com", "subgroup2@example.com"]);
    let kinds: Vec<&str> = full.notes.iter().map(|note| note.kind.as_str()).collect();
    assert_eq!(kinds, ["HIGHLIGHT", "HIGHLIGHT", "PRICE", "PRICE", "OTHER_INFO", "OTHER_INFO"]);
    let text = serde_json::to_string(&import.records).expect("JSON");
    assert!(!text.contains("contact person"), "names of persons stay out");
    let named: Vec<&str> = import.report.fields.iter().filter(|it| !it.kept).map(|it| it.path.as_str()).collect();
    assert!(named.contains(&"connections[].contact_person"), "{named:?}");
    assert!(!named.contains(&"northing_etrs_tm35fin"), "the same point in metres");
}

#[test]
fn metres_that_are_another_point_are_named() {
    let unit = |northing: u32| {
        json!([{"id": 1, "name_fi": "Kirjasto", "latitude": 60.184_093, "longitude": 24.818_619,
                "northing_etrs_tm35fin": northing, "easting_etrs_tm35fin": 379_019}])
    };
    let named = |northing| read(vec![unit(northing)]).report.fields.iter().any(|it| it.path == "northing_etrs_tm35fin");
    let metres =
        json!([{"id": 1, "name_fi": "Kirjasto", "northing_etrs_tm35fin": 6_673_912, "easting_etrs_tm35fin": 379_019}]);
    let import = read(vec![metres]);
    let degrees = of(&import, Kind::ServicePoint);
    let degrees = point(&degrees[0]).point.clone().expect("metres alone tell the place");
    assert!(degrees.latitude.starts_with("60.1840") && degrees.longitude.starts_with("24.8186"), "{degrees:?}");
    assert!(import.report.fields.is_empty(), "{:?}", import.report.fields);
    assert!(!named(6_673_912) && !named(6_673_913) && named(6_673_950));
}

/// `{"unit id": {"unit_id", "services"}}`, with a service that is a shell and one that nobody has.
#[test]
fn units_and_services_are_joined_by_offers_and_what_is_missing_is_named() {
    let service =
        |id: u32, name: &str| json!({"id": id, "fi": {"title": name}, "sv": {"title": format!("{name} på svenska")}});
    let services = json!([service(1, "Perusopetus"), service(2, "Lainaus"), {"id": 3, "fi": [], "sv": [], "en": []}]);
    let units = json!([{"id": 10, "name_fi": "Koulu", "name_sv": "Skola", "street_address_fi": "Koulutie 1"}]);
    let given = json!({"10": {"unit_id": 10, "services": [1, 2, 3, 4]}, "11": {"unit_id": 11, "services": [1]}});
    let import = read(vec![services.clone(), units, given.clone()]);
    let offers: Vec<Entity> =
        import.records.iter().filter_map(|it| pat::read(it).entity).filter(|it| it.offer().is_some()).collect();
    assert_eq!(offers.iter().map(|it| it.key.code.as_str()).collect::<Vec<_>>(), ["10-1", "10-2"]);
    let offer = offers[0].offer().expect("an offer");
    assert_eq!(offer.name.get(Lang::Fi), Some("Perusopetus – Koulu"));
    assert_eq!(offer.name.get(Lang::Sv), Some("Perusopetus på svenska – Skola"));
    assert_eq!((offer.services[0].as_str(), offer.service_point.as_ref().map(Code::as_str)), ("1", Some("10")));
    assert!(offers[0].is_active());
    let named: Vec<_> = import.report.unknown.iter().map(|it| (it.laji, it.koodi.as_str(), it.references)).collect();
    assert_eq!(named, [("palvelu", "3", 1), ("palvelu", "4", 1), ("palvelupiste", "11", 1)]);
    // Without units, those of the tenant may be meant: the verdicts tell.
    let import = read(vec![services, given]);
    let offers = import.records.iter().filter(|it| it["laji"] == "palvelutarjous").count();
    assert_eq!((offers, import.report.unknown.len()), (3, 2));
    // Services alone name units, and nobody asked for them.
    let alone = read(vec![json!([{"id": 1, "fi": {"title": "Perusopetus", "unit_ids": [10]}, "sv": []}])]);
    assert_eq!((alone.records.len(), alone.report.unknown.len()), (1, 0));
}

#[test]
fn the_registers_own_relations_name_every_service_without_content() {
    let Some(folder) = shared("pat/tpr") else { return };
    let document = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join(file)).expect("read")).expect("JSON")
    };
    let given = document("unitservices.json");
    let mut pairs = 0;
    let mut used = std::collections::BTreeSet::new();
    for unit in given.as_object().expect("by unit").values() {
        for service in unit["services"].as_array().expect("a list") {
            pairs += 1;
            used.insert(service.as_u64().expect("a number"));
        }
    }
    let import = read(vec![document("services-2025-09-25.json"), given]);
    let offers = import.records.iter().filter(|it| it["laji"] == "palvelutarjous").count();
    let missing = &import.report.unknown;
    let references: u64 = missing.iter().map(|it| it.references).sum();
    println!(
        "{pairs} pairs of unit and service: {offers} offers, {references} references to {} services without content",
        missing.len()
    );
    assert!(missing.iter().all(|it| it.laji == "palvelu"));
    assert_eq!((used.len(), missing.len()), (706, 312));
    // The services' own lists name a few pairs more.
    assert!(offers as u64 + references >= pairs && offers >= 11_236);
}

#[test]
fn facts_of_the_accessibility_register_join_turkus_places_by_guid() {
    let Some(folder) = shared("pat/turku-pat-api") else { return };
    let import = read_path(&folder).expect("readable");
    assert_eq!(import.format, Format::TurkuPat);
    let sound: Vec<Entity> = import.records.iter().map(entity).collect();
    let facts = |code: &str| -> Vec<String> {
        let found = sound.iter().find(|it| it.key.kind == Kind::ServicePoint && it.key.code.as_str() == code);
        let terms = &point(found.expect("the place")).accessibility;
        terms.iter().filter_map(|term| term.code.clone()).collect()
    };
    assert_eq!(
        facts("740"),
        [
            "INTERIOR.DOORS.stand_out_clearly=true",
            "INTERIOR.has_directions_to_facilities=true",
            "INTERIOR.wheelchair_lift=false",
        ]
    );
    assert_eq!(facts("967").len(), 2);
    let nameless = import.report.unknown.iter().find(|it| it.koodi == "967").expect("named");
    assert_eq!((nameless.laji, nameless.references), ("palvelupiste", 1), "{:?}", import.report.unknown);
    assert_eq!(import.report.unknown.len(), 1);
}
