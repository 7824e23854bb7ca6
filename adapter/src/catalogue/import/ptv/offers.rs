//! Connections of services and channels, to offers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::blocks::{Members, address, hours, list, pages, phones, text, texts, worded};
use super::channel::{PLACE, channel_kind, emails};
use super::{Sort, Unknown, put};

/// Connections, each told from both sides.
#[derive(Default)]
pub(super) struct Offers {
    /// Names of services, and of channels with whether they are places.
    services: BTreeMap<String, Value>,
    channels: BTreeMap<String, (Value, bool)>,
    made: BTreeMap<(String, String), Value>,
    unknown: BTreeMap<(&'static str, String), u64>,
}

impl Offers {
    pub(super) fn learn(&mut self, sort: Sort, members: &Members) {
        let Some(id) = text(members, "id") else { return };
        match sort {
            Sort::Service => drop(self.services.insert(id.to_owned(), texts(members, &["serviceNames"], Some("Name")))),
            Sort::Channel => {
                let name = texts(members, &["serviceChannelNames"], None);
                self.channels.insert(id.to_owned(), (name, channel_kind(members) == PLACE));
            }
            Sort::Organisation | Sort::Collection => {}
        }
    }

    pub(super) fn is_place(&self, channel: &str) -> Option<bool> {
        self.channels.get(channel).map(|(_, is_place)| *is_place)
    }

    /// The offers of an entity's connections. A channel that did not come may be a place or not: it is named. A service
    /// that did not come is another organisation's, and its connection is told there.
    pub(super) fn of(&mut self, sort: Sort, members: &Members) -> Vec<Value> {
        let Some(own) = text(members, "id").map(str::to_owned) else { return Vec::new() };
        let (other, names) = match sort {
            Sort::Service => ("serviceChannel", ["serviceChannels"]),
            Sort::Channel => ("service", ["services"]),
            Sort::Organisation | Sort::Collection => return Vec::new(),
        };
        let mut offers = Vec::new();
        for connection in list(members, &names) {
            let named = connection.get(other).and_then(Value::as_object);
            let Some(id) = named.and_then(|it| text(it, "id")).map(str::to_owned) else { continue };
            let (service, channel) = if sort == Sort::Service { (own.clone(), id) } else { (id, own.clone()) };
            let missing = if !self.services.contains_key(&service) {
                Some(("palvelu", service.clone()))
            } else if !self.channels.contains_key(&channel) {
                Some(("palvelukanava", channel.clone()))
            } else {
                None
            };
            if let Some(missing) = missing {
                *self.unknown.entry(missing).or_default() += 1;
                continue;
            }
            let offer = self.offer(&service, &channel, connection);
            offers.push(offer.clone());
            self.made.entry((service, channel)).or_insert(offer);
        }
        offers
    }

    fn offer(&self, service: &str, channel: &str, connection: &Members) -> Value {
        let of_service = self.services.get(service).cloned().unwrap_or_default();
        let (of_channel, is_place) = self.channels.get(channel).cloned().unwrap_or_default();
        let mut name = Members::new();
        for (lang, service) in of_service.as_object().into_iter().flatten() {
            let both = service.as_str().zip(of_channel.get(lang).and_then(Value::as_str));
            name.extend(both.map(|(service, channel)| (lang.clone(), format!("{service} – {channel}").into())));
        }
        if !name.contains_key("fi") {
            name.insert("fi".into(), format!("{service} – {channel}").into());
        }
        let described = |of: &str| texts(connection, &["description"], Some(of));
        let price = described("ChargeTypeAdditionalInfo");
        let charge = worded(connection, "serviceChargeType");
        let charged = charge.is_some() || price.as_object().is_some_and(|it| !it.is_empty());
        let prices: Vec<Value> = charged
            .then(|| json!({"hinnoittelutyyppi": charge_word(charge), "hinta_kieliversiot": price}))
            .into_iter()
            .collect();
        let details = connection.get("contactDetails").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut contact = Members::new();
        let mut numbers = phones(&details, &["phoneNumbers", "phones"], false);
        numbers.extend(phones(&details, &["faxNumbers"], true));
        let mails: Vec<Value> =
            emails(&details, &["emails"]).as_array().into_iter().flatten().map(|it| json!({ "osoite": it })).collect();
        let addresses = list(&details, &["addresses"]).filter_map(address).map(|it| it.address);
        put(
            &mut contact,
            [
                ("puhelinnumerot", Value::Array(numbers)),
                ("sahkopostit", Value::Array(mails)),
                ("verkkosivut", pages(&details, &["webPages"])),
                ("osoitteet", addresses.collect()),
            ],
        );
        let mut offer = Members::new();
        let at = json!({ "koodi": channel });
        put(
            &mut offer,
            [
                ("laji", "palvelutarjous".into()),
                ("koodi", format!("{service}.{channel}").into()),
                ("lahde", json!({ "jarjestelma": "ptv" })),
                ("nimi_kieliversiot", Value::Object(name)),
                ("kuvaus_kieliversiot", described("Description")),
                ("palvelut", json!([{ "koodi": service }])),
                (if is_place { "palvelupiste" } else { "palvelukanavat" }, if is_place { at } else { json!([at]) }),
                ("hinnat", Value::Array(prices)),
                ("aukioloajat", Value::Array(hours(connection))),
                ("yhteystiedot", Value::Object(contact)),
            ],
        );
        Value::Object(offer)
    }

    pub(super) fn finish(self) -> (Vec<Value>, Vec<Unknown>) {
        let reason = "it is not in what was read; its connections became no offers";
        let unknown = self.unknown.into_iter();
        let unknown = unknown.map(|((laji, koodi), references)| Unknown { laji, koodi, references, reason });
        (self.made.into_values().collect(), unknown.collect())
    }
}

/// Prices are words of people in PAT; a free one is known by its word.
fn charge_word(charge: Option<&str>) -> &'static str {
    match charge {
        Some("FreeOfCharge") => "maksuton",
        Some("Other") => "muu",
        _ => "maksullinen",
    }
}
