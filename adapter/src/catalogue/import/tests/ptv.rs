//! PTV's own content: the oldest dumps, and the shapes of versions 7 to 11.

use std::path::Path;

use serde_json::{Value, json};

use super::super::testing::shared;
use super::super::{Format, read_documents, read_path};
use crate::catalogue::pat;
use crate::model::{ChannelDetail, Code, Entity, Kind, Lang};

fn entities(records: &[Value]) -> Vec<Entity> {
    let read = |record: &Value| {
        let reading = pat::read(record);
        reading.entity.unwrap_or_else(|| panic!("{:?} in {record}", reading.findings))
    };
    records.iter().map(read).collect()
}

#[test]
fn the_oldest_content_is_read_whole_or_refused_by_name() {
    let Some(folder) = shared("pat/ptv-fake") else { return };
    let import = read_path(&folder).expect("readable");
    assert_eq!(import.format, Format::EarlyPtv);
    let readings: Vec<_> = import.records.iter().map(pat::read).collect();
    let count = |kind: Kind| readings.iter().filter(|it| it.entity.is_some() && it.kind == Some(kind)).count();
    let refused: Vec<_> = readings.iter().filter(|it| it.entity.is_none()).collect();
    println!(
        "{} records: {} organisations, {} services, {} places, {} channels, {} offers; {} refused; {} fields named, {} records unknown",
        readings.len(),
        count(Kind::Organisation),
        count(Kind::Service),
        count(Kind::ServicePoint),
        count(Kind::Channel),
        count(Kind::Offer),
        refused.len(),
        import.report.fields.len(),
        import.report.unknown.len(),
    );
    for reading in &refused {
        let first = reading.findings.first().map(ToString::to_string);
        println!("{:?} {:?} {first:?}", reading.kind, reading.code);
        assert!(reading.findings.iter().all(|it| it.rule != "unknown-field"), "{:?}", reading.findings);
    }
    assert_eq!(count(Kind::Service), 165);
    assert!(
        count(Kind::Organisation) >= 290
            && count(Kind::ServicePoint) >= 80
            && count(Kind::Channel) >= 120
            && count(Kind::Offer) > 200
    );
}

const SERVICE: &str = "10000000-0000-4000-8000-000000000001";
const PLACE: &str = "20000000-0000-4000-8000-000000000002";
const ECHANNEL: &str = "30000000-0000-4000-8000-000000000003";
const CITY: &str = "40000000-0000-4000-8000-000000000004";

/// The same content in the words of version 7 and of version 11.
fn documents(eleven: bool) -> Vec<Value> {
    let word = |old: &'static str, new: &'static str| if eleven { new } else { old };
    let text = |kind: &str, text: &str| json!({"language": "fi", "type": kind, "value": text});
    let service = json!({
        "id": SERVICE, "type": word("PermissionAndObligation", "PermitOrObligation"), "fundingType": "PubliclyFunded",
        (word("statutoryServiceGeneralDescriptionId", "generalDescriptionId")): "50000000-0000-4000-8000-000000000005",
        "serviceNames": [text("Name", "Rakennuslupa"), {"language": "sv", "type": "Name", "value": "Bygglov"}, text(word("AlternateName", "AlternativeName"), "Lupa")],
        "serviceChargeType": word("Charged", "Chargeable"), "areaType": word("WholeCountry", "Nationwide"), "areas": [],
        "serviceDescriptions": [text(word("ShortDescription", "Summary"), "Lyhyesti"), text("Description", "Pitkästi"), text(word("ServiceUserInstruction", "UserInstruction"), "Näin")],
        "languages": ["fi", "sv"], "keywords": [{"language": "fi", "value": "talo"}], "requirements": [{"language": "fi", "value": "Tontti"}],
        "serviceClasses": [{"name": [{"language": "fi", "value": "Rakentaminen"}], "code": "P1.2", "uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P1.2"}],
        "ontologyTerms": [{"uri": "http://www.yso.fi/onto/koko/p1"}],
        "targetGroups": [{"uri": "http://urn.fi/URN:NBN:fi:au:ptvl:v2001", "newUri": "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"}],
        "organizations": [
            {"roleType": "Responsible", "organization": {"id": CITY, "name": "Kaupunki"}},
            {"roleType": "Producer", "provisionType": word("SelfProduced", "SelfProducedServices"), "organization": {"id": CITY, "name": "Kaupunki"}}],
        "serviceChannels": [
            {"serviceChannel": {"id": PLACE, "name": "Virasto"}, "description": [text("Description", "Kerros 2")],
             "serviceHours": [{"serviceHourType": word("Standard", "DaysOfTheWeek"), "openingHour": [{"dayFrom": "Monday", "from": "09:00:00", "to": "15:00:00"}]}],
             "contactDetails": {"emails": [{"language": "fi", "value": "lupa@example.fi"}]}},
            {"serviceChannel": {"id": "60000000-0000-4000-8000-000000000006", "name": "Muun kanava"}}],
        "publishingStatus": "Published", "modified": "2026-03-01T10:00:00Z",
    });
    let place = json!({
        "id": PLACE, "serviceChannelType": "ServiceLocation", "organizationId": CITY,
        "serviceChannelNames": [text("Name", "Virasto")], "serviceChannelDescriptions": [text(word("ShortDescription", "Summary"), "Virasto")],
        "phoneNumbers": [
            {"type": "Phone", "prefixNumber": "+358", "number": "401234567", "language": "fi", "additionalInformation": "Neuvonta", "serviceChargeType": word("Free", "FreeOfCharge")},
            {"type": "Phone", "prefixNumber": "+358", "number": "401234567", "language": "sv", "additionalInformation": "Rådgivning", "serviceChargeType": word("Free", "FreeOfCharge")},
            {"type": "Fax", "prefixNumber": "+358", "number": "97654321", "language": "fi"}],
        "emails": [{"language": "fi", "value": "virasto@example.fi"}, {"language": "sv", "value": "virasto@example.fi"}],
        "languages": ["fi"], "webPages": [{"language": "fi", "url": "https://example.fi", "value": "Sivut"}],
        "addresses": [
            {"type": "Location", "subType": "Single", "streetAddress": {
                "street": [{"language": "fi", "value": "Tietotie"}, {"language": "sv", "value": "Datavägen"}], "streetNumber": "6", "postalCode": "02150",
                "postOffice": [{"language": "fi", "value": "Espoo"}], "municipality": {"code": "049", "name": [{"language": "fi", "value": "Espoo"}]},
                "latitude": "6673912", "longitude": "379019", "coordinateState": "Ok"}},
            {"type": "Postal", "subType": "PostOfficeBox", "postOfficeBoxAddress": {"postOfficeBox": [{"language": "fi", "value": "PL 1"}], "postalCode": "02070"}}],
        "serviceHours": [
            {"serviceHourType": word("Standard", "DaysOfTheWeek"), "openingHour": [{"dayFrom": "Monday", "from": "08:00:00", "to": "16:00:00"}, {"dayFrom": "Tuesday", "from": "08:00:00", "to": "16:00:00"}]},
            {"serviceHourType": word("Exception", "Exceptional"), "isClosed": true, "validFrom": "2026-12-24T00:00:00Z", "additionalInformation": [{"language": "fi", "value": "Aattona kiinni"}]}],
        "services": [{"service": {"id": SERVICE, "name": "Rakennuslupa"}}], "publishingStatus": "Published",
    });
    let echannel = json!({
        "id": ECHANNEL, "serviceChannelType": "EChannel", "organizationId": CITY,
        "serviceChannelNames": [{"language": "fi", "value": "Lupapiste"}],
        "serviceChannelDescriptions": [text(word("ShortDescription", "Summary"), "Hakemus")],
        (word("urls", "webPages")): [{"language": "fi", (word("value", "url")): "https://lupa.example.fi"}],
        "requiresAuthentication": true, "requiresSignature": true, "signatureQuantity": "2", "languages": ["fi"],
        "accessibilityClassification": [{"language": "fi", "accessibilityClassificationLevel": "Unknown"}],
        "services": [{"service": {"id": SERVICE, "name": "Rakennuslupa"}, "serviceChargeType": word("Free", "FreeOfCharge")}],
        "publishingStatus": "Published",
    });
    let organisation = json!({
        "id": CITY, "organizationType": "Municipality", "businessCode": "1234567-1", "municipality": {"code": "049", "name": []},
        "organizationNames": [text("Name", "Espoon kaupunki"), text(word("AlternateName", "AlternativeName"), "Espoo")],
        "displayNameType": [{"language": "fi", "type": word("AlternateName", "AlternativeName")}],
        "organizationDescriptions": [text(word("ShortDescription", "Summary"), "Kaupunki")],
        "emails": [{"language": "fi", "value": "kirjaamo@example.fi", "description": "Kirjaamo"}],
        "electronicInvoicings": [{"operatorCode": "003", "electronicInvoicingAddress": "0037"}],
        "addresses": [{"type": "Visiting", "subType": "Street", "streetAddress": {"street": [{"language": "fi", "value": "Kaupungintie"}], "streetNumber": "1", "postalCode": "02100"}}],
        "publishingStatus": "Published",
    });
    vec![json!({"pageNumber": 1, "itemList": [service]}), json!([place, echannel]), organisation]
}

#[test]
fn the_words_of_old_versions_are_those_of_the_newest_and_every_part_is_taken() {
    let import = read_documents(Path::new("ptv"), documents(true)).expect("PTV");
    assert_eq!(import.format, Format::Ptv);
    let before = read_documents(Path::new("ptv"), documents(false)).expect("PTV");
    let (all, old) = (entities(&import.records), entities(&before.records));
    assert_eq!(all, old, "version 7 and version 11 tell the same");
    let find =
        |kind: Kind, code: &str| all.iter().find(|it| it.key.kind == kind && it.key.code.as_str() == code).expect(code);
    let service = find(Kind::Service, SERVICE);
    assert_eq!(service.ptv_id.as_deref(), Some(SERVICE));
    let it = service.service().expect("a service");
    assert_eq!((it.name.get(Lang::Sv), it.summary.get(Lang::Fi)), (Some("Bygglov"), Some("Lyhyesti")));
    assert_eq!(it.alternative_names, [(Lang::Fi, "Lupa".to_owned())]);
    assert_eq!(it.target_groups, ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"], "the newer address");
    assert_eq!((it.responsible.as_ref().map(Code::as_str), it.producers.len()), (Some(CITY), 1));
    assert_eq!(it.classes.iter().map(Code::as_str).collect::<Vec<_>>(), ["P1.2"]);
    assert_eq!(find(Kind::Class, "P1.2").name().get(Lang::Fi), Some("Rakentaminen"));
    let place = find(Kind::ServicePoint, PLACE).service_point().expect("a place");
    assert_eq!(place.addresses[0].street.get(Lang::Sv), Some("Datavägen 6"));
    assert_eq!(place.addresses[0].municipality.as_deref(), Some("049"));
    let point = place.point.as_ref().expect("a point");
    assert!(point.latitude.starts_with("60.1840") && point.longitude.starts_with("24.8186"), "{point:?}");
    assert_eq!(place.phones.len(), 2, "one number in two languages, and a fax");
    assert_eq!((place.phones[0].description.get(Lang::Sv), place.emails.len()), (Some("Rådgivning"), 1));
    assert_eq!((place.hours.len(), place.hours[1].days), (3, Some((2, 2))));
    assert_eq!(place.postal_address.as_ref().and_then(|it| it.post_box.get(Lang::Fi)), Some("PL 1"));
    assert_eq!(place.web_pages.len(), 1);
    let echannel = find(Kind::Channel, ECHANNEL).channel().expect("a channel");
    assert!(
        matches!(&echannel.detail, ChannelDetail::EChannel { authentication: true, signatures: Some(2), url, .. } if url.get(Lang::Fi) == Some("https://lupa.example.fi"))
    );
    let offer = find(Kind::Offer, &format!("{SERVICE}.{PLACE}")).offer().expect("an offer");
    assert_eq!((offer.description.get(Lang::Fi), offer.hours.len(), offer.emails.len()), (Some("Kerros 2"), 1, 1));
    assert_eq!(offer.service_point.as_ref().map(Code::as_str), Some(PLACE));
    let online = find(Kind::Offer, &format!("{SERVICE}.{ECHANNEL}")).offer().expect("an offer");
    assert_eq!((online.channels.len(), online.prices.len()), (1, 1), "told by the channel alone");
    let city = find(Kind::Organisation, CITY).organisation().expect("an organisation");
    assert_eq!((city.municipality.as_deref(), city.display_name.get(Lang::Fi)), (Some("049"), Some("Espoo")));
    assert_eq!((city.invoicing.len(), city.emails.len()), (1, 1));
    let unknown: Vec<_> = import.report.unknown.iter().map(|it| (it.laji, it.koodi.as_str())).collect();
    assert_eq!(unknown, [("palvelukanava", "60000000-0000-4000-8000-000000000006")]);
    for field in &import.report.fields {
        println!("{} {}", field.path, field.values);
    }
    let named: Vec<&str> = import.report.fields.iter().map(|it| it.path.as_str()).collect();
    assert!(
        !named.iter().any(|path| path.starts_with("serviceNames") || path.starts_with("serviceDescriptions")),
        "{named:?}"
    );
}
