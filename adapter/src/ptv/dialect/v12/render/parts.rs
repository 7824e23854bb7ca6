//! Parts that requests share: areas, addresses, phones, pages, hours (ptv-v12.md §4.7, §7.5).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::hours::{Ends, Hour, HourKind, ServiceHours, Slot, Week};
use super::{Renderer, flag, in_language, items, text6, word};
use crate::model::Lang;
use crate::ptv::seen::lines::{Texts, days};

impl Renderer<'_> {
    /// Null where the record names no area.
    pub(super) fn area(&mut self) -> Value {
        match word(self.body, "areaType") {
            None => Value::Null,
            Some("Nationwide") => json!({ "areaType": "WholeCountry" }),
            Some("NationwideExceptAlandIslands") => json!({ "areaType": "WholeCountryExceptAland" }),
            Some(_) => self.limited_area(items(self.body, "areas")),
        }
    }

    /// Sub-regions and hospital districts have no form in v12: their municipalities stand in for them.
    pub(super) fn limited_area(&mut self, areas: &[Value]) -> Value {
        let (mut municipalities, mut regions, mut counties) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for area in areas {
            let codes = items(area, "areaCodes").iter().filter_map(Value::as_str);
            match word(area, "type").unwrap_or_default() {
                "Municipality" => municipalities.extend(codes.map(|code| format!("{code:0>3}"))),
                "Region" => regions.extend(codes.map(str::to_owned)),
                "WellbeingServiceCounties" => counties.extend(codes.map(str::to_owned)),
                kind => {
                    for code in codes {
                        let all = self.reference.area_municipalities.get(&(kind.to_owned(), code.to_owned()));
                        let all = all.cloned().unwrap_or_default();
                        self.no_form(code, &all);
                        municipalities.extend(all);
                    }
                }
            }
        }
        json!({
            "areaType": "LimitedArea", "municipalities": municipalities, "regions": regions,
            "wellbeingServicesCounties": counties,
        })
    }

    fn no_form(&mut self, code: &str, municipalities: &[String]) {
        let list = if municipalities.is_empty() { "–".to_owned() } else { municipalities.join(", ") };
        let texts = [
            format!("PTV:n versiossa 12 ei ole tällaista aluetta ({code}). Sen tilalle ehdotetaan kuntia: {list}."),
            format!("Version 12 av SDL har inget sådant område ({code}). I stället föreslås kommunerna: {list}."),
            format!(
                "Version 12 of PTV has no form for such an area ({code}). Its municipalities are proposed instead: {list}."
            ),
        ];
        self.note("saatavuusalue.alueet", None, "v12-no-form", texts);
    }

    pub(super) fn visiting(&mut self, purpose: &str, at_location: bool) -> Value {
        let (mut streets, mut others, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
        for item in items(self.body, "addresses").iter().filter(|item| word(item, "type") == Some(purpose)) {
            match word(item, "subType").unwrap_or_default() {
                "Single" | "Street" => {
                    let mut street = self.street(item.get("streetAddress").unwrap_or(&Value::Null));
                    if let (Some(map), true) = (street.as_object_mut(), at_location) {
                        map.insert("accessibilityRegisterServicePointId".to_owned(), Value::Null);
                    }
                    streets.push(street);
                }
                "Other" => {
                    let other = item.get("otherAddress").unwrap_or(&Value::Null);
                    others.push(json!({
                        "postalCode": word(other, "postalCode"), "coordinates": coordinate(other),
                        "additionalInformation": text6(other.get("additionalInformation")),
                    }));
                }
                _ => foreign.push(abroad(item)),
            }
        }
        json!({ "streetAddresses": streets, "otherAddresses": others, "foreignAddresses": foreign })
    }

    pub(super) fn postal(&mut self) -> Value {
        let (mut streets, mut boxes, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
        for item in items(self.body, "addresses").iter().filter(|item| word(item, "type") == Some("Postal")) {
            match word(item, "subType").unwrap_or_default() {
                "Street" | "Single" => streets.push(self.street(item.get("streetAddress").unwrap_or(&Value::Null))),
                "PostOfficeBox" => boxes.push(post_box(item.get("postOfficeBoxAddress").unwrap_or(&Value::Null))),
                _ => foreign.push(abroad(item)),
            }
        }
        json!({ "streetAddresses": streets, "postOfficeBoxAddresses": boxes, "foreignAddresses": foreign })
    }

    pub(super) fn deliveries(&mut self) -> Value {
        let mut all = Vec::new();
        for item in items(self.body, "deliveryAddresses") {
            let (kind, mut rendered) = match word(item, "subType").unwrap_or_default() {
                "Street" => ("StreetAddress", self.street(item.get("streetAddress").unwrap_or(&Value::Null))),
                "PostOfficeBox" => {
                    ("PostOfficeBox", post_box(item.get("postOfficeBoxAddress").unwrap_or(&Value::Null)))
                }
                _ => {
                    ("DeliveryInformation", json!({ "deliveryInformation": text6(item.get("deliveryAddressInText")) }))
                }
            };
            if let Some(map) = rendered.as_object_mut() {
                map.insert("deliveryAddressType".to_owned(), json!(kind));
                map.insert("recipient".to_owned(), text6(item.get("formReceiver")));
            }
            all.push(rendered);
        }
        Value::Array(all)
    }

    fn street(&mut self, street: &Value) -> Value {
        let number = word(street, "streetNumber");
        // v12 demands a number, v11 takes coordinates instead.
        let dash = number.is_none() && self.choices.dash_for_number;
        if dash {
            self.filled("katuosoite", None, "–");
        }
        json!({
            "addressSource": { "source": "UserEntered" },
            "streetName": text6(street.get("street")),
            "addressDetail": number.or(dash.then_some("–")),
            "postalCode": word(street, "postalCode"),
            "coordinates": coordinate(street),
            "additionalInformation": text6(street.get("additionalInformation")),
        })
    }

    /// The service hours of the body.
    pub(super) fn hours(&mut self, field: &str) -> Value {
        let mut hours = ServiceHours::default();
        for item in items(self.body, "serviceHours") {
            let about = texts(item.get("additionalInformation"));
            let date = |member: &str| word(item, member).and_then(|date| date.get(..10)).map(str::to_owned);
            let (from, to) = (date("validFrom"), date("validTo"));
            let hour = |kind: HourKind| Hour { kind, heading: Texts::new(), about: about.clone() };
            let spans = items(item, "openingHour");
            match word(item, "serviceHourType").unwrap_or_default() {
                "Exceptional" => {
                    let Some(from) = from else { continue };
                    let to = to.unwrap_or_else(|| from.clone());
                    let closed = flag(item, "isClosed") || spans.is_empty();
                    let slots = if closed {
                        vec![slot("00:00", "00:00", "Closed", None)]
                    } else {
                        spans.iter().map(|span| slot(&clock(span, "from"), &clock(span, "to"), "Open", None)).collect()
                    };
                    let week = covered(&from, &to).into_iter().map(|day| (day, slots.clone())).collect();
                    hours.hours.push(hour(HourKind::Exceptional { from, to, week }));
                }
                "OverMidnight" => {
                    for span in spans {
                        let of = |member: &str| word(span, member).unwrap_or_default().to_owned();
                        let ends = Ends {
                            from_day: of("dayFrom"),
                            to_day: of("dayTo"),
                            from_time: clock(span, "from"),
                            to_time: clock(span, "to"),
                        };
                        let status = "Open".to_owned();
                        hours.hours.push(hour(match (from.clone(), to.clone()) {
                            (Some(from), Some(to)) => HourKind::ContinuousDateRange { status, from, to, ends },
                            _ => HourKind::ContinuousWeekdays { status, ends },
                        }));
                    }
                }
                _ if flag(item, "isAlwaysOpen") => {
                    hours.hours.push(hour(HourKind::Always { status: "Open".to_owned() }));
                }
                _ if flag(item, "isReservation") => {
                    hours.hours.push(hour(HourKind::Always { status: "OpenOnReservation".to_owned() }));
                }
                _ => {
                    let mut week = Week::new();
                    for span in spans {
                        for day in days(word(span, "dayFrom").unwrap_or_default(), word(span, "dayTo")) {
                            let slot = slot(&clock(span, "from"), &clock(span, "to"), "Open", Some("Weekly"));
                            week.entry(day.to_lowercase()).or_default().push(slot);
                        }
                    }
                    hours.hours.push(hour(match (from, to) {
                        (Some(from), Some(to)) => HourKind::WeeklyDateRange { from, to, week },
                        (None, None) => HourKind::Weekly(week),
                        _ => {
                            self.half_open(field);
                            HourKind::Weekly(week)
                        }
                    }));
                }
            }
        }
        hours.render()
    }

    fn half_open(&mut self, field: &str) {
        self.lost(
            &format!("{field}.voimassaoloAlkamishetki"),
            None,
            [
                "PTV:n versiossa 12 aukioloajalla on joko alku ja loppu tai ei kumpaakaan; päivä jää pois. Lisää toinen päivä.",
                "I version 12 av SDL har en öppettid antingen både start och slut eller ingetdera; dagen faller bort. Lägg till den andra dagen.",
                "In version 12 of PTV opening hours have both a start and an end or neither; the day is lost. Add the other day.",
            ],
        );
    }
}

/// Phones of one language; with `four` the kinds of a telephone channel.
pub(super) fn phones(body: &Value, member: &str, lang: Lang, four: bool) -> Value {
    let all = in_language(body, member, lang);
    all.map(|item| {
        let prefix = word(item, "prefixNumber").filter(|_| !flag(item, "isFinnishServiceNumber"));
        let number = word(item, "number").unwrap_or_default();
        // The zero of the trunk is no part of a Finnish number after its country code.
        let number = if prefix == Some("+358") { number.trim_start_matches('0') } else { number };
        let mut phone = json!({
            "number": number,
            "chargeType": match word(item, "serviceChargeType") {
                Some("FreeOfCharge") => "Free",
                Some("Other") => "ExtraCharge",
                _ => "Charged",
            },
            "chargeDescription": word(item, "chargeDescription"),
            "additionalInformation": word(item, "additionalInformation"),
        });
        let special = word(item, "type").filter(|kind| four && matches!(*kind, "Sms" | "Fax"));
        let (kind, dial) = match (special, prefix) {
            (Some(kind), prefix) => (kind, Some(prefix.unwrap_or("+358"))),
            (None, Some(prefix)) => ("InternationalPhone", Some(prefix)),
            (None, None) => ("DomesticPhone", None),
        };
        if let Some(map) = phone.as_object_mut() {
            map.insert("type".to_owned(), json!(kind));
            map.extend(dial.map(|dial| ("dialCode".to_owned(), json!(dial))));
        }
        phone
    })
    .collect()
}

pub(super) fn faxes(body: &Value, lang: Lang) -> Value {
    let all = in_language(body, "faxNumbers", lang);
    all.map(|item| {
        let dial = word(item, "prefixNumber").unwrap_or("+358");
        let number = word(item, "number").unwrap_or_default();
        json!({ "type": "Fax", "dialCode": dial, "number": number.trim_start_matches('0') })
    })
    .collect()
}

pub(super) fn pages(body: &Value, member: &str, lang: Lang) -> Value {
    let all = in_language(body, member, lang);
    all.map(|item| json!({ "name": word(item, "value").or(word(item, "url")), "url": word(item, "url") })).collect()
}

fn texts(list: Option<&Value>) -> Texts {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|item| Some((Lang::from_code(word(item, "language")?)?, word(item, "value")?.to_owned()))).collect()
}

fn clock(span: &Value, member: &str) -> String {
    let time = word(span, member).unwrap_or_default();
    time.get(..5).unwrap_or(time).to_owned()
}

fn slot(start: &str, end: &str, status: &str, repetition: Option<&str>) -> Slot {
    Slot {
        start: start.to_owned(),
        end: end.to_owned(),
        status: status.to_owned(),
        repetition: repetition.map(str::to_owned),
        about: Texts::new(),
    }
}

/// The weekdays that a range of dates has, in small letters.
fn covered(from: &str, to: &str) -> Vec<String> {
    let (Ok(first), Ok(last)) = (from.parse::<jiff::civil::Date>(), to.parse::<jiff::civil::Date>()) else {
        return Vec::new();
    };
    let all = first.series(jiff::Span::new().days(1)).take(7).take_while(|day| *day <= last);
    all.map(|day| format!("{:?}", day.weekday()).to_lowercase()).collect()
}

fn coordinate(place: &Value) -> Value {
    let number = |member: &str| {
        let value = place.get(member)?;
        value.as_f64().or_else(|| value.as_str()?.trim().parse::<f64>().ok())
    };
    match number("longitude").zip(number("latitude")) {
        Some((easting, northing)) => {
            json!({ "system": "EPSG:3067", "source": "User", "easting": easting, "northing": northing })
        }
        None => Value::Null,
    }
}

fn abroad(item: &Value) -> Value {
    let texts = item.get("foreignAddress").or_else(|| item.get("locationAbroad"));
    json!({ "address": text6(texts), "countryCode": word(item, "country") })
}

fn post_box(branch: &Value) -> Value {
    json!({
        "postalCode": word(branch, "postalCode"), "postOfficeBox": text6(branch.get("postOfficeBox")),
        "additionalInformation": text6(branch.get("additionalInformation")),
    })
}
