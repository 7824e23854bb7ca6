//! PTV's oldest content, from before its interface had languages and GUIDs (2016): one file for each sort of entity, all in
//! Finnish. It is read so that such dumps can be compared with a catalogue.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::census::{Census, Report, Rules, Unknown, in_words, turned};
use super::blocks::{Members, flag, list, text};
use crate::model::projection::from_tm35fin;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Sort {
    Organisation,
    Service,
    Place,
    Phone,
    EService,
    WebPage,
    Form,
}

impl Sort {
    pub(in super::super) fn of(item: &Value) -> Option<Sort> {
        let has = |member: &str| item.get(member).is_some();
        if !has("id") || !item.get("name").is_some_and(Value::is_string) {
            None
        } else if has("organizationType") {
            Some(Sort::Organisation)
        } else if has("serviceToOrganization") || has("serviceToServiceChannel") {
            Some(Sort::Service)
        } else if has("phoneServiceChannelType") {
            Some(Sort::Phone)
        } else if has("visitAddress") && has("organization") {
            Some(Sort::Place)
        } else if has("requiresAuthentication") && has("URL") {
            Some(Sort::EService)
        } else if has("URL") && has("organization") {
            Some(Sort::WebPage)
        } else if has("links") && has("organization") {
            Some(Sort::Form)
        } else {
            None
        }
    }

    /// How codes of a sort begin: the sorts share numbers.
    fn laji(self) -> &'static str {
        match self {
            Sort::Organisation => "organisaatio",
            Sort::Service => "palvelu",
            Sort::Place => "palvelupiste",
            Sort::Phone | Sort::EService | Sort::WebPage | Sort::Form => "palvelukanava",
        }
    }
}

const RULES: Rules = Rules {
    of: "PTV 2016",
    read: &[("*", in_words), ("turned", turned)],
    kept: &[],
    plain: |path| {
        const TURNED: [&str; 9] = [
            "organizationType",
            "charge",
            "requiresAuthentication",
            "serviceCharge",
            "latitude",
            "longitude",
            "dayOfWeek[]",
            "targetGroup[]",
            "serviceToOrganization.provisionType[]",
        ];
        let turned = TURNED.iter().any(|it| path == *it || path.ends_with(&format!(".{it}")));
        if turned { "turned" } else { "*" }.to_owned()
    },
};

pub(in super::super) fn read(documents: &[Value]) -> (Vec<Value>, Report) {
    let items = || documents.iter().flat_map(super::items).filter_map(|it| Some((Sort::of(it)?, it, it.as_object()?)));
    let mut parents: BTreeMap<String, String> = BTreeMap::new();
    let mut known: BTreeMap<String, Sort> = BTreeMap::new();
    for (sort, _, members) in items() {
        known.insert(id(members), sort);
        for child in ids(members, "subOrganization") {
            parents.insert(child, id(members));
        }
    }
    let mut census = Census::default();
    let mut records = Vec::new();
    let mut unknown: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    for (sort, item, members) in items() {
        let record = record(sort, members, &parents);
        let mut made = vec![record];
        if sort == Sort::Service {
            made.extend(offers(members, &known, &mut unknown));
        }
        census.count(&RULES, item, &made.iter().collect::<Vec<_>>());
        records.extend(made);
    }
    let reason = "it is not in what was read; no offer was made";
    let unknown = unknown.into_iter();
    let unknown = unknown.map(|((laji, koodi), references)| Unknown { laji, koodi, references, reason });
    (records, Report { fields: census.fields(), unknown: unknown.collect() })
}

fn record(sort: Sort, members: &Members, parents: &BTreeMap<String, String>) -> Value {
    let code = id(members);
    let fi = |name: &str| text(members, name).map(|text| json!({ "fi": text }));
    let mut record = Members::new();
    let mut put = |field: &str, value: Option<Value>| record.extend(value.map(|value| (field.to_owned(), value)));
    put("laji", Some(sort.laji().into()));
    put("koodi", Some(code.clone().into()));
    put("lahde", Some(json!({"jarjestelma": "ptv-2016", "id": code})));
    put("nimi_kieliversiot", fi("name"));
    put("tiivistelma_kieliversiot", fi("shortDescription"));
    put("kuvaus_kieliversiot", fi("description"));
    let languages = ids(members, "language");
    if sort != Sort::Organisation {
        put("kielet", Some(json!(languages)));
    }
    let owner = members.get("organization").map(|_| json!({ "koodi": number(members, "organization") }));
    match sort {
        Sort::Organisation => {
            let kind = text(members, "organizationType").map(str::to_lowercase);
            let kind = match kind.as_deref() {
                Some("valtio") => "State",
                Some("kunta") => "Municipality",
                Some("alueellinen yhteistoimintaorganisaatio") => "RegionalOrganization",
                Some("järjestö" | "järjestöt") => "Organization",
                Some("yritys" | "yritykset") => "Company",
                _ => "?",
            };
            put("tyyppi", Some(kind.into()));
            put("vaihtoehtoinen_nimi_kieliversiot", fi("alternateName"));
            put("ytunnus", text(members, "businessID").map(Value::from));
            put("kuntakoodi", text(members, "municipalityCode").map(Value::from));
            put("ylaorganisaatio", parents.get(&code).map(|parent| json!({ "koodi": parent })));
            put("sahkopostit", text(members, "email").map(|address| json!([{ "osoite": address }])));
            put(
                "puhelimet",
                text(members, "phone")
                    .map(|number| json!([phone(number, text(members, "phoneServiceChargeInformation"))])),
            );
            put(
                "verkkosivut",
                Some(list(members, &["webPages", "webpages"]).filter_map(|it| page(it, "webpageName")).collect()),
            );
            let mut addresses = Vec::new();
            for (name, word) in [("visitAddress", "kayntiosoite"), ("postalAddress", "postiosoite")] {
                if let Some(mut address) = list(members, &[name]).next().map(address) {
                    address.insert("osoitelaji".into(), word.into());
                    addresses.push(Value::Object(address));
                }
            }
            put("osoitteet", Some(Value::Array(addresses)));
        }
        Sort::Service => {
            put("toimintaohje_kieliversiot", fi("serviceUserInstructions"));
            put("palvelunsaannin_ehdot_kieliversiot", fi("requirements"));
            let others = ids(members, "alternateName");
            put("vaihtoehtoinen_nimi_kieliversiot", Some(json!({ "fi": others })));
            // Terms had no addresses yet: they are words.
            let mut words = ids(members, "keyword");
            words.extend(ids(members, "ontologyTerm"));
            put("avainsanat_kieliversiot", Some(json!({ "fi": words })));
            put("kohderyhmat", Some(target_groups(members)));
            let area = match text(members, "serviceCoverage") {
                Some("nationwide") => Some(json!({ "tyyppi": "Nationwide" })),
                _ => None,
            };
            put("saatavuusalue", area);
            let charge = match text(members, "serviceCharge") {
                Some("free") => Some("FreeOfCharge"),
                Some(_) => Some("Chargeable"),
                None => None,
            };
            put("maksullisuus", charge.map(Value::from));
            let said = ids(members, "serviceChargeDescription").join("\n");
            put("maksun_lisatieto_kieliversiot", Some(json!({ "fi": said })));
            let nobody = Members::new();
            let parties = members.get("serviceToOrganization").and_then(Value::as_object).unwrap_or(&nobody);
            let mut responsible = ids(parties, "responsibleOrganization").into_iter();
            put("vastuuorganisaatio", responsible.next().map(|code| json!({ "koodi": code })));
            put("muut_vastuuorganisaatiot", Some(responsible.map(|code| json!({ "koodi": code })).collect()));
            let producers: Vec<Value> =
                ids(parties, "producerOrganization").into_iter().map(|code| json!({ "koodi": code })).collect();
            let kind = match ids(parties, "provisionType").first().map(|it| it.to_lowercase()).as_deref() {
                Some("itse tuotetut palvelut") => "SelfProducedServices",
                Some("ostopalvelut") => "ProcuredServices",
                _ => "Other",
            };
            let row = (!producers.is_empty()).then(|| json!([{"toteutustapa": kind, "toimijat": producers}]));
            put("tuottajat", row);
        }
        Sort::Place => {
            put("organisaatio", owner);
            let phones = list(members, &["phone"]).filter_map(|it| {
                let mut made = phone(text(it, "phone")?, text(it, "phoneCallFee"));
                let description = text(it, "phoneNumberDescription");
                if let (Some(made), Some(text)) = (made.as_object_mut(), description) {
                    made.insert("kuvaus_kieliversiot".into(), json!({ "fi": text }));
                }
                Some(made)
            });
            let fax =
                text(members, "fax").map(|number| json!({"numero": number, "numerotyyppi": {"teksti_fi": "Faksi"}}));
            put("puhelinnumerot", Some(phones.chain(fax).collect()));
            let emails: Vec<&str> = list(members, &["email"]).filter_map(|it| text(it, "address")).collect();
            put("sahkopostit", Some(json!(emails)));
            let notes = list(members, &["webPage"]).filter_map(|it| {
                let name = text(it, "name").map(|name| json!({ "fi": name }));
                let url = text(it, "url")?;
                Some(json!({"lisatietotyyppi": {"koodi": "6"}, "nimi_kieliversiot": name, "kuvaus_kieliversiot": {"fi": url}}))
            });
            put("lisatiedot", Some(notes.collect()));
            let metres = |name: &str| text(members, name).and_then(|it| it.replace(',', ".").parse::<f64>().ok());
            let point = metres("latitude").zip(metres("longitude")).and_then(|(north, east)| from_tm35fin(north, east));
            let addresses: Vec<Value> = list(members, &["visitAddress"]).map(|it| Value::Object(address(it))).collect();
            put(
                "fyysinenPaikka",
                Some(json!({
                    "leveysaste": point.map(|(latitude, _)| format!("{latitude:.7}")),
                    "pituusaste": point.map(|(_, longitude)| format!("{longitude:.7}")),
                    "osoitteet": addresses, "aukioloajat": hours(members),
                })),
            );
            put("postiosoite", list(members, &["postalAddress"]).next().map(|it| Value::Object(address(it))));
        }
        Sort::Phone | Sort::EService | Sort::WebPage | Sort::Form => {
            put("organisaatio", owner);
            let url = |name: &str| text(members, name).map(|url| json!({ "fi": url }));
            let kind = match sort {
                Sort::Phone => {
                    let number = text(members, "phone");
                    put(
                        "numerot",
                        number.map(|number| json!([phone(number, text(members, "phoneCallFeeAdditionalInformation"))])),
                    );
                    put("osoite_kieliversiot", url("webPage"));
                    "puhelin"
                }
                Sort::EService => {
                    put("tunnistautuminen", flag(members, "requiresAuthentication").map(Value::from));
                    put("osoite_kieliversiot", url("URL"));
                    "sahkoinen"
                }
                Sort::WebPage => {
                    put("osoite_kieliversiot", url("URL"));
                    "verkkosivu"
                }
                _ => {
                    let file = |it: &Members| {
                        Some(json!({"tyyppi": text(it, "fileType")?, "osoite_kieliversiot": {"fi": text(it, "URL")?}}))
                    };
                    put("tiedostot", Some(list(members, &["links"]).filter_map(file).collect()));
                    put("lomaketunniste_kieliversiot", fi("formIdentifier"));
                    put("toimitusosoite", delivery(members));
                    "tulostettava_lomake"
                }
            };
            put("kanavalaji", Some(kind.into()));
            if sort != Sort::Phone {
                let charge = text(members, "phoneServiceChargeInformation");
                put("tukipuhelimet", text(members, "phone").map(|number| json!([phone(number, charge)])));
            }
            put("tukisahkopostit", text(members, "email").map(|address| json!([address])));
            put("aukioloajat", Some(Value::Array(hours(members))));
            let attachments = list(members, &["attachments"]).map(|it| {
                let one = |name: &str| text(it, name).map(|text| json!({ "fi": text }));
                json!({"nimi_kieliversiot": one("name"), "kuvaus_kieliversiot": one("description"), "osoite_kieliversiot": one("URL")})
            });
            put("liitteet", Some(attachments.collect()));
        }
    }
    Value::Object(record)
}

/// Where a filled form goes.
fn delivery(members: &Members) -> Option<Value> {
    let street = text(members, "deliveryStreetAddress").map(|street| {
        [Some(street), text(members, "deliveryStreetAddressNumber")].into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let fi = |name: &str| text(members, name).map(|text| json!({ "fi": text }));
    let told = ["formReceiver", "deliveryPostalCode", "deliveryPostOfficeBox", "deliveryAddressDescription"];
    (street.is_some() || told.iter().any(|name| text(members, name).is_some())).then(|| {
        json!({
            "vastaanottaja_kieliversiot": fi("formReceiver"), "ohje_kieliversiot": fi("deliveryAddressDescription"),
            "katuosoite_fi": street, "postilokero_fi": text(members, "deliveryPostOfficeBox"),
            "postinumero": text(members, "deliveryPostalCode"), "postitoimipaikka_fi": text(members, "deliveryPostalDistrict"),
        })
    })
}

/// One offer for each channel that a service names.
fn offers(
    service: &Members,
    known: &BTreeMap<String, Sort>,
    unknown: &mut BTreeMap<(&'static str, String), u64>,
) -> Vec<Value> {
    let own = id(service);
    let name = text(service, "name").unwrap_or_default();
    let mut offers = Vec::new();
    let channels = service.get("serviceToServiceChannel").and_then(Value::as_object);
    for of in channels.into_iter().flat_map(Members::keys) {
        for code in channels.map(|channels| ids(channels, of)).unwrap_or_default() {
            let field = match known.get(&code) {
                Some(Sort::Place) => ("palvelupiste", json!({ "koodi": code })),
                Some(Sort::Phone | Sort::EService | Sort::WebPage | Sort::Form) => {
                    ("palvelukanavat", json!([{ "koodi": code }]))
                }
                _ => {
                    *unknown.entry(("palvelukanava", code)).or_default() += 1;
                    continue;
                }
            };
            let mut offer = Members::new();
            offer.insert("laji".into(), "palvelutarjous".into());
            offer.insert("koodi".into(), format!("{own}.{code}").into());
            offer.insert("nimi_kieliversiot".into(), json!({ "fi": name }));
            offer.insert("palvelut".into(), json!([{ "koodi": own }]));
            offer.insert(field.0.into(), field.1);
            offers.push(Value::Object(offer));
        }
    }
    offers
}

fn id(members: &Members) -> String {
    number(members, "id")
}

fn number(members: &Members, name: &str) -> String {
    members.get(name).map(super::super::census::text_of).unwrap_or_default()
}

/// The texts or numbers of a list.
fn ids(members: &Members, name: &str) -> Vec<String> {
    let items = members.get(name).and_then(Value::as_array).into_iter().flatten();
    items.map(super::super::census::text_of).filter(|text| !text.is_empty()).collect()
}

fn phone(number: &str, charge: Option<&str>) -> Value {
    let charge = charge.map(|charge| json!({ "fi": charge }));
    json!({"numero": number, "maksun_kuvaus_kieliversiot": charge})
}

fn page(members: &Members, name: &str) -> Option<Value> {
    let url = text(members, "url")?;
    let name = text(members, name).map(|name| json!({ "fi": name }));
    Some(json!({"osoite_kieliversiot": {"fi": url}, "nimi_kieliversiot": name}))
}

fn address(members: &Members) -> Members {
    let street = [text(members, "streetAddress"), text(members, "buildingNumber"), text(members, "apartmentIDLetter")];
    let street = street.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut address = Members::new();
    address.insert("katuosoite_fi".into(), street.into());
    address.insert("postilokero_fi".into(), json!(text(members, "postOfficeBox")));
    address.insert("postinumero".into(), json!(text(members, "postalCode")));
    address.insert("postitoimipaikka_fi".into(), json!(text(members, "postalDistrict")));
    // "491 Mikkeli", "Mikkeli 491" or a name alone.
    let municipality = text(members, "municipality").unwrap_or_default();
    let (codes, names): (Vec<&str>, Vec<&str>) =
        municipality.split_whitespace().partition(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    address.insert("kunta".into(), json!({"koodi": codes.first(), "nimi_fi": names.join(" ")}));
    address
}

fn hours(members: &Members) -> Vec<Value> {
    let mut rows = Vec::new();
    for item in list(members, &["openingTimes"]) {
        let span =
            [text(item, "validFrom"), text(item, "validThrough")].into_iter().flatten().collect::<Vec<_>>().join("–");
        let said = [text(item, "openingHoursException").unwrap_or_default(), &span].join(" ");
        let said = said.trim();
        let texts = (!said.is_empty()).then(|| json!({ "fi": said }));
        for day in ids(item, "dayOfWeek") {
            rows.push(json!({
                "aukiolotyyppi": "normaali", "viikonpaiva": day, "avaamisaika": text(item, "opens"),
                "sulkemisaika": text(item, "closes"), "kuvaus_kieliversiot": texts,
            }));
        }
    }
    rows
}

fn target_groups(members: &Members) -> Value {
    let codes = ids(members, "targetGroup").into_iter().filter_map(|word| {
        Some(match word.to_lowercase().as_str() {
            "kansalaiset" => "KR1",
            "lapset ja lapsiperheet" => "KR1.2",
            "yritykset" => "KR2",
            "viranomaiset" => "KR3",
            _ => return None,
        })
    });
    codes.map(|code| Value::from(format!("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/{code}"))).collect()
}
