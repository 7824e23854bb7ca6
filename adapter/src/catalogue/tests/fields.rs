//! The fields of pat.md §4: what is served, in which form, and what stays in the tenant.

use std::fmt::Write as _;

use serde_json::json;
use silta_client::catalogue as contract;

use super::kinds::record;
use super::{batch, open};
use crate::catalogue::Outcome;
use crate::model::{Kind, View};
use crate::operations::catalogue::{Answer, Read, read};
use crate::operations::registry::{Family, OPERATIONS, Operation, Shape};

/// Every answer that others can get of a view, as text.
fn everything_told(view: &View) -> String {
    let mut told = String::new();
    // A search answers with services as the list of them does.
    let read_from_the_view = |it: &&Operation| it.family == Family::Catalogue && it.shape != Shape::Search;
    for operation in OPERATIONS.iter().filter(read_from_the_view) {
        let mut request = Read::default();
        let codes: Vec<Option<String>> = match operation.shape {
            Shape::Get(kind) => view.all(kind).map(|stored| Some(stored.entity.key.code.to_string())).collect(),
            _ => vec![None],
        };
        for code in codes {
            request.code = code;
            let answer = read(view, operation.shape, &request, &|_| None).expect("answered");
            let _ = write!(told, "{answer:?}");
        }
    }
    told
}

#[tokio::test]
async fn seed_b36_content_owner_and_deputy_are_kept_and_told_to_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let mut records = vec![record(
        "toimija",
        "5",
        json!({"toimijalaji": "henkilo", "roolit": [{"rooli": "varahenkilo"}], "nimi_kieliversiot": {"fi": "Vara Henkilö"}}),
    )];
    for mut owned in super::kinds::one_of_each().into_iter().filter(|record| record["koodi"] != "5") {
        owned["yhteyshenkilo"] = json!({"nimi": "Sisältö Omistaja", "sahkoposti": "omistaja@turku.example"});
        owned["varahenkilo"] = json!({"koodi": "5"});
        if owned["laji"] == "palvelupiste" {
            owned["vastuuhenkilo_kieliversiot"] = json!({"fi": "Piste Vastaava"});
            owned["laskutusosoite"] = json!({"katuosoite_fi": "Laskukatu 1"});
        }
        records.push(owned);
    }
    let verdicts = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    for verdict in &verdicts {
        assert_eq!((verdict.outcome, &verdict.findings[..]), (Outcome::Created, &[][..]), "{:?}", verdict.laji);
    }
    let view = catalogue.view("turku").expect("a view");
    for kind in [Kind::Service, Kind::Offer, Kind::Errand, Kind::Class, Kind::Collection] {
        let stored = view.all(kind).next().expect("a record");
        let owner = stored.entity.owner.as_ref().expect("kept");
        assert_eq!(owner.name.as_deref(), Some("Sisältö Omistaja"));
        assert_eq!(
            stored.entity.deputy.as_ref().and_then(|it| it.actor.as_ref()).map(ToString::to_string).as_deref(),
            Some("5")
        );
    }
    let told = everything_told(&view);
    assert!(told.contains("palvelupiste 740") && told.contains("asiointi 700"), "there is something to look through");
    for private in ["Omistaja", "omistaja@", "Vara Henkilö", "Piste Vastaava", "Laskukatu"] {
        assert!(!told.contains(private), "{private}");
    }
}

/// pat.md §4.6: WGS84 as it came, and metres.
#[tokio::test]
async fn seed_a8_places_are_told_in_both_coordinate_systems() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let vectors = [
        ("60.184093", "24.818619", "6673912", "379019"),
        ("60.33144", "25.060328", "6689899", "392904"),
        ("60.150066", "24.652107", "6670441", "369652"),
        ("60.22719", "25.012337", "6678371", "389905"),
    ];
    let records = vectors.iter().zip(1..).map(|((latitude, longitude, _, _), number)| {
        let place =
            json!({"leveysaste": latitude, "pituusaste": longitude, "osoitteet": [{"katuosoite_fi": "Testitie 2"}]});
        record("palvelupiste", &number.to_string(), json!({ "fyysinenPaikka": place }))
    });
    catalogue.accept("turku", batch("cms", records.collect())).await.expect("accepted");
    let view = catalogue.view("turku").expect("a view");
    let Answer::ServicePoints(page) =
        read(&view, Shape::List(Kind::ServicePoint), &Read::default(), &|_| None).expect("a page")
    else {
        panic!("no places")
    };
    for (point, (latitude, longitude, northing, easting)) in page.items.iter().zip(vectors) {
        let address = point.addresses.first().expect("an address");
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        assert_eq!([of(&address.latitude), of(&address.longitude)], [latitude, longitude]);
        assert_eq!([of(&address.northing), of(&address.easting)], [northing, easting]);
    }
    assert_eq!(page.items.len(), 4);
}

#[tokio::test]
async fn every_field_of_the_tables_has_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let fi = |text: &str| json!({ "fi": text });
    let point = json!({
        "sahkoposti": "yksi@turku.example", "sahkopostit": ["kaksi@turku.example", "yksi@turku.example"],
        "postiosoite": {"postilokero_fi": "PL 1", "postinumero": "20100"}, "kayntiosoite": {"katuosoite_fi": "Testitie 3"},
        "kaupunginosa": [{"koodi": "12", "nimi_kieliversiot": fi("Keskusta")}],
        "esteettomyys": [{"koodi": "3", "nimi_kieliversiot": fi("Induktiosilmukka")}],
        "toimipisterekisteri_id": "4711", "oid": "1.2.246.10.1",
        "lisatiedot": [
            {"lisatietotyyppi": {"koodi": "6"}, "nimi": "Varaa aika", "kuvaus_kieliversiot": fi("https://ajat.example.fi")},
            {"lisatietotyyppi": {"koodi": "3"}, "nimi": "www.example.fi"},
        ],
        "fyysinenPaikka": {
            "osoitteet": [{"katuosoite_fi": "Testitie 2"}],
            "lisatiedot": [{"lisatietotyyppi": {"koodi": "5"}, "nimi": "https://kuvat.example.fi/1.jpg"}],
        },
    });
    let offer = json!({
        "palvelut": [{"koodi": "11"}], "palvelupiste": {"koodi": "740"}, "toimija_id": "5", "kohderyhmat": ["KR-1"],
        "kuntasaatavuudet": ["853", "49"], "yhteystiedot": {"osoitteet": [{"katuosoite_fi": "Sivuovi 1"}]},
    });
    let form = json!({
        "kanavalaji": "tulostettava_lomake", "tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": fi("https://www.example.fi/a.pdf")}],
        "toimitusosoite": {"vastaanottaja_kieliversiot": fi("Kirjaamo"), "katuosoite_fi": "Testitie 2"},
        "liitteet": [{"nimi_kieliversiot": fi("Ohje"), "osoite_kieliversiot": fi("https://www.example.fi/b.pdf")}],
        "palvelut": [{"koodi": "11"}],
    });
    let service = json!({
        "palveluseteli": {"kaytossa": true, "linkit": [{"osoite_kieliversiot": fi("https://seteli.example.fi")}]},
        "palvelutyypit": [{"koodi": "2", "nimi_kieliversiot": fi("Neuvonta")}], "lisatieto_kieliversiot": fi("Lisää"),
        "saatavuus_kieliversiot": fi("Aina"),
        "saatavuusalue": {"tyyppi": "LimitedType", "alueet": [{"tyyppi": "HospitalDistrict", "koodit": ["3"]}]},
    });
    let organisation = json!({
        "tyyppi": "Organization", "vaihtoehtoinen_nimi_kieliversiot": fi("Lyhyt"), "nayttonimi_kieliversiot": fi("Lyhyt"),
        "verkkolaskuosoitteet": [{"operator": "003708599126", "osoite": "003712345671"}], "alue": {"tyyppi": "Nationwide"},
    });
    let actor = json!({"toimijalaji": "yhdistys", "roolit": [{"rooli": "tuottaja", "toteutustapa": "Other"}]});
    let records = vec![
        record("palvelupiste", "740", point),
        record("palvelutarjous", "90", offer),
        record("palvelukanava", "24", form),
        record("palvelu", "11", service),
        record("organisaatio", "1", organisation),
        record("toimija", "5", actor),
    ];
    let verdicts = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    let told: Vec<String> =
        verdicts.iter().flat_map(|it| &it.findings).map(|it| format!("{} {}", it.field, it.rule)).collect();
    assert_eq!(told, ["saatavuusalue.alueet[0].tyyppi legacy-area"]);

    let view = catalogue.view("turku").expect("a view");
    let get = |kind: Kind, code: &str| {
        let request = Read { code: Some(code.into()), ..Read::default() };
        read(&view, Shape::Get(kind), &request, &|_| None).expect("answered")
    };
    let Answer::ServicePoint(point) = get(Kind::ServicePoint, "740") else { panic!("no place") };
    let kinds: Vec<_> = point.addresses.iter().map(|address| address.kind).collect();
    assert_eq!(
        kinds,
        [contract::AddressKind::Location, contract::AddressKind::Visiting, contract::AddressKind::Postal]
    );
    assert_eq!(point.emails.len(), 2);
    assert_eq!((point.districts.len(), point.accessibility.len()), (1, 1));
    assert_eq!(point.pictures, ["https://kuvat.example.fi/1.jpg"]);
    let pages: Vec<_> = point
        .web_pages
        .iter()
        .map(|page| (page.url.fi.as_deref(), page.name.as_ref().and_then(|it| it.fi.as_deref())))
        .collect();
    assert_eq!(pages, [(Some("https://ajat.example.fi"), Some("Varaa aika")), (Some("www.example.fi"), None)]);
    assert_eq!((point.registry_id.as_deref(), point.oid.as_deref()), (Some("4711"), Some("1.2.246.10.1")));

    let Answer::Offers(page) = read(&view, Shape::List(Kind::Offer), &Read::default(), &|_| None).expect("a page")
    else {
        panic!("no offers")
    };
    assert_eq!(page.items[0].municipalities, ["853", "049"]);
    assert_eq!((page.items[0].target_groups.len(), page.items[0].addresses.len()), (1, 1));

    let Answer::Channel(form) = get(Kind::Channel, "24") else { panic!("no form") };
    let receiver = form.delivery.as_ref().and_then(|it| it.receiver.as_ref()).and_then(|it| it.fi.as_deref());
    assert_eq!((receiver, form.attachments.len(), &form.services[..]), (Some("Kirjaamo"), 1, &["11".to_owned()][..]));

    let Answer::Service(service) = get(Kind::Service, "11") else { panic!("no service") };
    assert!(service.voucher.is_some_and(|voucher| voucher.in_use && voucher.links.len() == 1));
    assert_eq!((service.types.len(), service.information.is_some(), service.availability.is_some()), (1, true, true));
    // The actor of its offer produces it.
    let producers: Vec<_> =
        service.producers.iter().map(|it| (it.kind, it.description.as_ref().and_then(|it| it.fi.as_deref()))).collect();
    assert_eq!(producers, [(contract::ProvisionKind::Other, Some("toimija 5"))]);

    let Answer::Organisation(organisation) = get(Kind::Organisation, "1") else { panic!("no organisation") };
    assert_eq!(organisation.display_name.and_then(|name| name.fi).as_deref(), Some("Lyhyt"));
    assert_eq!((organisation.invoicing.len(), organisation.area.is_some()), (1, true));
}
