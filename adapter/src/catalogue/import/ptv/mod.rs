//! PTV's own content as its OUT interface gives it (versions 7 to 11), for the first load: organisations, services, the
//! five kinds of channels, collections, and connections, which become offers.
//!
//! Every record keeps PTV's GUID as its code and as `ptv_id`, so that it can be matched and its twin adopted. Lists of
//! pages (`itemList`) and bodies as they are written are taken too. The oldest content, before the interface had languages,
//! is read by [`early`].

mod blocks;
mod channel;
pub(super) mod early;
mod offers;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::blocks::{Members, address, area, concepts, flag, list, pages, phones, text, texts, worded, words};
use self::channel::channel;
use self::offers::Offers;
use super::census::{Census, Report, Rules, Unknown, in_words, turned};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Organisation,
    Service,
    Channel,
    Collection,
}

impl Sort {
    pub(super) fn of(item: &Value) -> Option<Sort> {
        let has = |member: &str| item.get(member).is_some_and(Value::is_array);
        if has("organizationNames") {
            Some(Sort::Organisation)
        } else if has("serviceChannelNames") {
            Some(Sort::Channel)
        } else if has("serviceNames") {
            Some(Sort::Service)
        } else if has("serviceCollectionNames") {
            Some(Sort::Collection)
        } else {
            None
        }
    }
}

/// The items of a document: a list, a page, or one entity.
pub(super) fn items(document: &Value) -> Vec<&Value> {
    match document {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => match members.get("itemList") {
            Some(Value::Array(items)) => items.iter().collect(),
            _ => vec![document],
        },
        _ => Vec::new(),
    }
}

/// What is not in a record's content because it is another record's, PTV's own, or said in another way.
const RULES: Rules = Rules {
    of: "PTV",
    // Texts are found word by word: a street is joined with its number, a code stands in an address.
    read: &[("*", in_words), ("turned", turned)],
    kept: &[],
    plain,
};

fn plain(path: &str) -> String {
    const TURNED: [&str; 14] = [
        "type",
        "language",
        "roleType",
        "serviceHourType",
        "dayFrom",
        "isClosed",
        "isAlwaysOpen",
        "isReservation",
        "latitude",
        "longitude",
        "validFrom",
        "validTo",
        "publishingStatus",
        "modified",
    ];
    let last = path.rsplit('.').next().unwrap_or(path);
    let flags = [
        "requiresAuthentication",
        "requiresSignature",
        "isFinnishServiceNumber",
        "serviceVouchersInUse",
        "isVisibleForAll",
    ];
    let words =
        ["serviceChargeType", "provisionType", "areaType", "fundingType", "organizationType", "serviceChannelType"];
    let turned =
        TURNED.contains(&last) || flags.contains(&last) || words.contains(&last) || last == "from" || last == "to";
    if turned { "turned" } else { "*" }.to_owned()
}

pub(super) fn read(documents: &[Value]) -> (Vec<Value>, Report) {
    let mut census = Census::default();
    let mut offers = Offers::default();
    let mut classes: BTreeMap<String, Value> = BTreeMap::new();
    let mut records = Vec::new();
    let items = || documents.iter().flat_map(items);
    let sorted = || items().filter_map(|item| Some((Sort::of(item)?, item, item.as_object()?)));
    for (sort, _, members) in sorted() {
        offers.learn(sort, members);
    }
    for (sort, item, members) in sorted() {
        let record = match sort {
            Sort::Organisation => organisation(members),
            Sort::Service => service(members, &mut classes),
            Sort::Channel => channel(members),
            Sort::Collection => collection(members, &offers),
        };
        let made = offers.of(sort, members);
        let mut told: Vec<&Value> = vec![&record];
        told.extend(&made);
        let named: Vec<Value> =
            list(members, &["serviceClasses"]).filter_map(|class| classes.get(&class_code(class)?).cloned()).collect();
        told.extend(&named);
        census.count(&RULES, item, &told);
        records.push(record);
    }
    let (made, unknown) = offers.finish();
    let classes = classes.into_values();
    (classes.chain(records).chain(made).collect(), Report { fields: census.fields(), unknown })
}

/// What every record has: code, GUID, source, state, day.
fn head(laji: &str, members: &Members) -> Members {
    let mut record = Members::new();
    let id = text(members, "id");
    record.insert("laji".into(), laji.into());
    record.insert("koodi".into(), json!(id));
    record.insert("ptv_id".into(), json!(id));
    record.insert("lahde".into(), json!({"jarjestelma": "ptv", "id": id}));
    let tila = match text(members, "publishingStatus") {
        None | Some("Published") => "1",
        Some("Draft" | "Modified") => "2",
        Some("OldPublished") => "3",
        Some(_) => "4",
    };
    record.insert("tila".into(), json!({ "koodi": tila }));
    record.insert("muutospvm".into(), json!(text(members, "modified").and_then(|time| time.get(..10))));
    record
}

fn put(record: &mut Members, fields: impl IntoIterator<Item = (&'static str, Value)>) {
    for (field, value) in fields {
        let nothing = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        if !nothing {
            record.insert(field.into(), value);
        }
    }
}

fn reference(id: Option<&str>) -> Value {
    id.map_or(Value::Null, |id| json!({ "koodi": id }))
}

fn organisation(members: &Members) -> Value {
    let mut record = head("organisaatio", members);
    let names = &["organizationNames"];
    let descriptions = &["organizationDescriptions"];
    let municipality = match members.get("municipality") {
        Some(Value::Object(of)) => text(of, "code"),
        _ => text(members, "municipality"),
    };
    let is_municipality = worded(members, "organizationType") == Some("Municipality");
    let mut shown = Members::new();
    for display in list(members, &["displayNameType"]).filter(|it| worded(it, "type") == Some("AlternativeName")) {
        let lang = text(display, "language").unwrap_or_default();
        let name = texts(members, names, Some("AlternativeName")).get(lang).cloned();
        shown.extend(name.map(|name| (lang.to_owned(), name)));
    }
    let emails = list(members, &["emails", "emailAddresses"]).filter_map(|email| {
        let lang = text(email, "language").unwrap_or("fi");
        let description: Members =
            text(email, "description").map(|text| (lang.to_owned(), text.into())).into_iter().collect();
        Some(json!({"osoite": text(email, "value")?, "kuvaus_kieliversiot": description}))
    });
    let mut unique: Vec<Value> = Vec::new();
    emails.for_each(|email| {
        if !unique.contains(&email) {
            unique.push(email);
        }
    });
    let mut addresses = Vec::new();
    for (kind, word) in [("Visiting", "kayntiosoite"), ("Postal", "postiosoite")] {
        let found = list(members, &["addresses"]).find(|it| text(it, "type") == Some(kind)).and_then(address);
        if let Some(Value::Object(mut address)) = found.map(|it| it.address) {
            address.insert("osoitelaji".into(), word.into());
            addresses.push(Value::Object(address));
        }
    }
    let invoicing = list(members, &["electronicInvoicings"]).filter_map(|it| {
        Some(json!({"operator": text(it, "operatorCode")?, "osoite": text(it, "electronicInvoicingAddress")?}))
    });
    put(
        &mut record,
        [
            ("nimi_kieliversiot", texts(members, names, Some("Name"))),
            ("vaihtoehtoinen_nimi_kieliversiot", texts(members, names, Some("AlternativeName"))),
            ("nayttonimi_kieliversiot", Value::Object(shown)),
            ("tyyppi", json!(worded(members, "organizationType"))),
            ("kuntakoodi", json!(municipality)),
            ("ytunnus", json!(text(members, "businessCode"))),
            ("oid", json!(text(members, "oid"))),
            (
                "ylaorganisaatio",
                reference(text(members, "parentOrganizationId").or_else(|| text(members, "parentOrganization"))),
            ),
            ("tiivistelma_kieliversiot", texts(members, descriptions, Some("Summary"))),
            ("kuvaus_kieliversiot", texts(members, descriptions, Some("Description"))),
            ("alue", area(members).filter(|_| !is_municipality).unwrap_or_default()),
            ("sahkopostit", Value::Array(unique)),
            ("puhelimet", Value::Array(phones(members, &["phoneNumbers"], false))),
            ("verkkosivut", pages(members, &["webPages"])),
            ("osoitteet", Value::Array(addresses)),
            ("verkkolaskuosoitteet", invoicing.collect()),
        ],
    );
    Value::Object(record)
}

fn service(members: &Members, classes: &mut BTreeMap<String, Value>) -> Value {
    let mut record = head("palvelu", members);
    let (names, descriptions) = (&["serviceNames"], &["serviceDescriptions"]);
    let described = |of: &str| texts(members, descriptions, Some(of));
    let mut class_codes: Vec<Value> = Vec::new();
    for class in list(members, &["serviceClasses"]) {
        let Some(code) = class_code(class) else { continue };
        class_codes.push(json!({ "koodi": code }));
        let uri = text(class, "newUri").or_else(|| text(class, "uri"));
        classes.entry(code.clone()).or_insert_with(|| {
            let name = texts(class, &["name"], None);
            json!({
                "laji": "palveluluokka", "koodi": code, "ptv_luokka_uri": uri,
                "nimi_kieliversiot": if name.get("fi").is_some() { name } else { json!({ "fi": code }) },
            })
        });
    }
    // As they are written, classes are addresses; their last part is the code.
    for uri in members.get("serviceClasses").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let code = uri.rsplit('/').next().unwrap_or(uri).to_owned();
        class_codes.push(json!({ "koodi": code }));
        classes.entry(code.clone()).or_insert_with(
            || json!({"laji": "palveluluokka", "koodi": code, "ptv_luokka_uri": uri, "nimi_kieliversiot": {"fi": code}}),
        );
    }
    let laws = list(members, &["legislation"]).map(|law| {
        let links = pages_by_language(law);
        json!({"nimet_kieliversiot": texts(law, &["names"], None), "linkit_kieliversiot": links})
    });
    let parties: Vec<Party<'_>> = list(members, &["organizations", "serviceOrganizations"]).map(Party::of).collect();
    let role = |role: &'static str| parties.iter().filter(move |party| party.role == Some(role)).filter_map(|it| it.id);
    let main = text(members, "mainResponsibleOrganization").or_else(|| role("Responsible").next());
    let others = role("OtherResponsible").chain(role("Responsible")).filter(|id| Some(*id) != main);
    let written = members.get("otherResponsibleOrganizations").and_then(Value::as_array).into_iter().flatten();
    let others: Vec<Value> = others.chain(written.filter_map(Value::as_str)).map(|id| json!({ "koodi": id })).collect();
    let links: Vec<Value> = list(members, &["serviceVouchers"])
        .map(|voucher| {
            let lang = text(voucher, "language").unwrap_or("fi");
            let one = |name: &str| text(voucher, name).map(|text| (lang.to_owned(), text.into()));
            let (url, name): (Members, Members) =
                (one("url").into_iter().collect(), one("value").into_iter().collect());
            json!({ "osoite_kieliversiot": url, "nimi_kieliversiot": name })
        })
        .collect();
    let in_use = flag(members, "serviceVouchersInUse").unwrap_or(false);
    let voucher = if in_use || !links.is_empty() { json!({"kaytossa": in_use, "linkit": links}) } else { Value::Null };
    let general =
        text(members, "generalDescriptionId").or_else(|| text(members, "statutoryServiceGeneralDescriptionId"));
    put(
        &mut record,
        [
            ("nimi_kieliversiot", texts(members, names, Some("Name"))),
            ("vaihtoehtoinen_nimi_kieliversiot", words(members, names, Some("AlternativeName"))),
            ("tiivistelma_kieliversiot", described("Summary")),
            ("kuvaus_kieliversiot", described("Description")),
            ("toimintaohje_kieliversiot", described("UserInstruction")),
            ("kasittelyaika_kieliversiot", described("ProcessingTime")),
            ("maaraaika_kieliversiot", described("DeadLine")),
            ("voimassaolo_kieliversiot", described("ValidityTime")),
            ("maksun_lisatieto_kieliversiot", described("ChargeTypeAdditionalInfo")),
            ("palvelunsaannin_ehdot_kieliversiot", texts(members, &["requirements"], None)),
            ("ptv_tyyppi", json!(worded(members, "type"))),
            ("rahoitus", json!(worded(members, "fundingType"))),
            ("maksullisuus", json!(worded(members, "serviceChargeType"))),
            ("pohjakuvaus_id", json!(general)),
            ("kielet", members.get("languages").cloned().unwrap_or_default()),
            ("saatavuusalue", area(members).unwrap_or_default()),
            ("palveluluokat", Value::Array(class_codes)),
            ("asiasanat", concepts(members, "ontologyTerms")),
            ("kohderyhmat", concepts(members, "targetGroups")),
            ("elamantilanteet", concepts(members, "lifeEvents")),
            ("toimialat", concepts(members, "industrialClasses")),
            ("avainsanat_kieliversiot", words(members, &["keywords"], None)),
            ("lait", laws.collect()),
            ("vastuuorganisaatio", reference(main)),
            ("muut_vastuuorganisaatiot", Value::Array(others)),
            ("tuottajat", producers(members, &parties)),
            ("palveluseteli", voucher),
        ],
    );
    Value::Object(record)
}

fn pages_by_language(members: &Members) -> Value {
    let page = |page: &Members| Some((text(page, "language")?.to_owned(), text(page, "url")?.into()));
    Value::Object(list(members, &["webPages"]).filter_map(page).collect())
}

/// `P1.1`: its code, or the last part of its address.
fn class_code(class: &Members) -> Option<String> {
    let uri = || text(class, "newUri").or_else(|| text(class, "uri"))?.rsplit('/').next();
    // The code of an old address is another one than that of the new (pat.md §5).
    let new = text(class, "newUri").and_then(|uri| uri.rsplit('/').next());
    new.or_else(|| text(class, "code")).or_else(uri).map(str::to_owned)
}

/// An organisation's part in a service.
struct Party<'a> {
    role: Option<&'a str>,
    id: Option<&'a str>,
    provision: Option<&'a str>,
    text: Value,
}

impl<'a> Party<'a> {
    fn of(members: &'a Members) -> Party<'a> {
        let organisation = members.get("organization").and_then(Value::as_object);
        Party {
            role: text(members, "roleType"),
            id: organisation.and_then(|it| text(it, "id")).or_else(|| text(members, "organizationId")),
            provision: worded(members, "provisionType"),
            text: texts(members, &["additionalInformation"], None),
        }
    }
}

/// As they are read, a producer is a party; as they are written, a row of its own.
fn producers(members: &Members, parties: &[Party<'_>]) -> Value {
    let mut rows: Vec<Value> = Vec::new();
    for party in parties.iter().filter(|party| party.role == Some("Producer")) {
        let codes: Vec<Value> = party.id.map(|id| json!({ "koodi": id })).into_iter().collect();
        let kind = party.provision.unwrap_or("Other");
        let same = rows.iter_mut().find(|row| {
            row.get("toteutustapa").is_some_and(|it| it == kind)
                && row.get("lisatieto_kieliversiot") == Some(&party.text)
        });
        match same.and_then(|row| row.get_mut("toimijat")?.as_array_mut()) {
            Some(known) => known.extend(codes),
            None => rows.push(json!({"toteutustapa": kind, "toimijat": codes, "lisatieto_kieliversiot": party.text})),
        }
    }
    for row in list(members, &["serviceProducers"]) {
        let codes = row.get("organizations").and_then(Value::as_array).into_iter().flatten();
        let codes: Vec<Value> = codes.filter_map(Value::as_str).map(|id| json!({ "koodi": id })).collect();
        let text = texts(row, &["additionalInformation"], None);
        rows.push(
            json!({"toteutustapa": worded(row, "provisionType"), "toimijat": codes, "lisatieto_kieliversiot": text}),
        );
    }
    Value::Array(rows)
}

fn collection(members: &Members, offers: &Offers) -> Value {
    let mut record = head("palvelukokonaisuus", members);
    let descriptions = &["serviceCollectionDescriptions"];
    let ids = |names: &[&str]| -> Vec<String> {
        let items = names.iter().find_map(|name| members.get(*name)?.as_array()).into_iter().flatten();
        let id = |item: &Value| item.as_str().or_else(|| item.get("id")?.as_str()).map(str::to_owned);
        items.filter_map(id).collect()
    };
    let (places, channels): (Vec<String>, Vec<String>) =
        ids(&["serviceChannels"]).into_iter().partition(|id| offers.is_place(id) == Some(true));
    let references = |ids: Vec<String>| -> Value { ids.into_iter().map(|id| json!({ "koodi": id })).collect() };
    put(
        &mut record,
        [
            ("nimi_kieliversiot", texts(members, &["serviceCollectionNames"], None)),
            ("tiivistelma_kieliversiot", texts(members, descriptions, Some("Summary"))),
            ("kuvaus_kieliversiot", texts(members, descriptions, Some("Description"))),
            (
                "organisaatio",
                reference(text(members, "organizationId").or_else(|| text(members, "mainResponsibleOrganization"))),
            ),
            ("palvelut", references(ids(&["services"]))),
            ("kanavat", references(channels)),
            ("palvelupisteet", references(places)),
        ],
    );
    Value::Object(record)
}
