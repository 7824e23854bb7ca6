//! The offers of a service to its connection set (ptv-in-api.md §3.6, pat.md §4.4).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::organisation::bad_email;
use super::phone::{self, Form};
use super::sheet::Sheet;
use super::{Context, Extent, address, hours, list_or_flag, typed};
use crate::model::blocks::Price;
use crate::model::{Code, Entity, EntityKey, Finding, Kind, Lang, Localised, Offer};

/// What `PUT Connection/serviceId/{id}` takes for one service.
#[derive(Debug)]
pub struct Connections {
    /// The whole set; `deleteAllChannelRelations` when there is none.
    pub body: Value,
    pub count: usize,
    pub findings: Vec<Finding>,
    /// Channels of active offers that are not in PTV (withheld, or not yet there): their connections follow later.
    pub waits_for: Vec<EntityKey>,
}

/// `languages` are those in which the service itself was sent.
pub fn connections(service: &Entity, languages: &[Lang], context: &Context<'_>) -> Connections {
    let mut sheet = Sheet::new(context, Extent::Sound);
    sheet.adopt_languages(languages);
    let mut relations: BTreeMap<String, Value> = BTreeMap::new();
    let mut waits_for = Vec::new();
    for stored in context.view.offers_of_service(&service.key.code) {
        let Some(offer) = stored.entity.offer() else { continue };
        for key in channels_of(offer) {
            if context.view.find(&key).is_none_or(|channel| !channel.entity.is_active()) {
                continue;
            }
            let Some(guid) = (context.guid)(&key) else {
                waits_for.push(key);
                continue;
            };
            // PTV has one connection for a pair; the first offer of the pair describes it.
            if relations.contains_key(&guid) {
                sheet.warn(shared_pair(&stored.entity.key.code, &key.code));
                continue;
            }
            let relation = relation(offer, &guid, key.kind == Kind::ServicePoint, &mut sheet);
            relations.insert(guid, relation);
        }
    }
    let count = relations.len();
    let body = if count == 0 {
        json!({"deleteAllChannelRelations": true, "channelRelations": []})
    } else {
        Value::Object(Map::from_iter([("channelRelations".to_owned(), relations.into_values().collect())]))
    };
    let findings = sheet.close(Map::new()).findings;
    Connections { body, count, findings, waits_for }
}

/// What an offer connects its services with: its place first, then its channels.
pub fn channels_of(offer: &Offer) -> Vec<EntityKey> {
    let key = |kind: Kind, code: &Code| EntityKey { kind, code: code.clone() };
    let point = offer.service_point.iter().map(|code| key(Kind::ServicePoint, code));
    point.chain(offer.channels.iter().map(|code| key(Kind::Channel, code))).collect()
}

fn relation(offer: &Offer, guid: &str, at_a_place: bool, sheet: &mut Sheet<'_, '_>) -> Value {
    let mut relation = Map::new();
    relation.insert("serviceChannelId".into(), guid.into());
    let about = with_terms(offer, sheet);
    let description = sheet.optional("kuvaus_kieliversiot", &about, profile::MIN_TEXT, profile::SHORT_TEXT);
    let mut texts = typed("Description", &description);
    match charge(&offer.prices) {
        Some((word, text)) => {
            relation.insert("serviceChargeType".into(), word.into());
            let text = sheet.optional("hinnat.hinta_kieliversiot", &text, profile::MIN_TEXT, profile::SHORT_TEXT);
            texts.extend(typed("ChargeTypeAdditionalInfo", &text));
        }
        None => {
            relation.insert("deleteServiceChargeType".into(), true.into());
        }
    }
    list_or_flag(&mut relation, "description", texts, "deleteAllDescriptions");
    // Hours go with places only, when connections are named by GUID.
    if at_a_place {
        let hours = hours::render(&offer.hours, "aukioloajat", sheet);
        list_or_flag(&mut relation, "serviceHours", hours, "deleteAllServiceHours");
        relation.insert("contactDetails".into(), contacts(offer, sheet));
    }
    Value::Object(relation)
}

/// PTV's connection has no field for the terms of access: they follow the description where both fit, else a warning
/// says that they are not sent (pat.md §4.4).
fn with_terms(offer: &Offer, sheet: &mut Sheet<'_, '_>) -> Localised {
    let mut text = offer.description.clone();
    let field = "palvelunsaanninEhdot_kieliversiot";
    for (lang, terms) in offer.terms.iter() {
        let joined = text.get(lang).map_or_else(|| terms.to_owned(), |about| format!("{about}\n\n{terms}"));
        match rules::too_long(field, lang, &joined, profile::SHORT_TEXT, "too-long") {
            Some(finding) => sheet.warn(finding),
            None => text.set(lang, joined),
        }
    }
    text
}

/// Contact data of the offer, which stand before those of the place (§3.6).
fn contacts(offer: &Offer, sheet: &mut Sheet<'_, '_>) -> Value {
    let languages = sheet.languages();
    let mut details = Map::new();
    let mut emails = Vec::new();
    for email in &offer.emails {
        if rules::is_email(&email.address) {
            emails.extend(languages.iter().map(|lang| json!({"language": lang.code(), "value": email.address})));
        } else {
            sheet.warn(bad_email("yhteystiedot.sahkopostit"));
        }
    }
    list_or_flag(&mut details, "emails", emails, "deleteAllEmails");
    let phones = phone::render(&offer.phones, "yhteystiedot.puhelinnumerot", Form::Plain, sheet);
    list_or_flag(&mut details, "phoneNumbers", phones, "deleteAllPhones");
    let faxes = phone::render(&offer.phones, "yhteystiedot.puhelinnumerot", Form::Fax, sheet);
    list_or_flag(&mut details, "faxNumbers", faxes, "deleteAllFaxNumbers");
    let pages = address::web_pages(&offer.web_pages, "yhteystiedot.verkkosivut", sheet);
    list_or_flag(&mut details, "webPages", pages, "deleteAllWebPages");
    Value::Object(details)
}

/// Free when every price says so, else chargeable (pat.md §4.13). No price says nothing.
fn charge(prices: &[Price]) -> Option<(&'static str, Localised)> {
    if prices.is_empty() {
        return None;
    }
    let free = |text: &str| {
        matches!(text.trim().to_lowercase().as_str(), "maksuton" | "avgiftsfri" | "free" | "free of charge")
    };
    let all_free = prices.iter().all(|price| {
        price.kind.trim().eq_ignore_ascii_case("maksuton") || price.amount.iter().all(|(_, text)| free(text))
    });
    if all_free {
        return Some(("FreeOfCharge", Localised::default()));
    }
    let mut texts: BTreeMap<Lang, Vec<String>> = BTreeMap::new();
    for price in prices {
        for (lang, amount) in price.amount.iter() {
            let about = price.text.get(lang).map(|text| format!("{text}: ")).unwrap_or_default();
            texts.entry(lang).or_default().push(format!("{about}{amount}"));
        }
    }
    Some(("Chargeable", texts.into_iter().map(|(lang, lines)| (lang, lines.join("\n"))).collect()))
}

fn shared_pair(offer: &Code, channel: &Code) -> Finding {
    Finding::warning(
        "palvelukanavat",
        "shared-pair",
        [
            format!(
                "Palvelulla ja kanavalla {channel} on jo toinen tarjous; PTV hyväksyy vain yhden. Yhdistä tarjous {offer} siihen."
            ),
            format!(
                "Tjänsten och kanalen {channel} har redan ett erbjudande; SDL godtar bara ett. Slå ihop erbjudandet {offer} med det."
            ),
            format!(
                "The service and channel {channel} already have another offer; PTV accepts only one. Merge offer {offer} into it."
            ),
        ],
    )
}
