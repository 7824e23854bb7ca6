//! Palvelukanava to `EChannel`, `Phone`, `WebPage` and `PrintableForm` (ptv-in-api.md §3.3–3.4).

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::organisation::bad_email;
use super::phone::{self, Form};
use super::sheet::{Sheet, Versions, service_languages};
use super::{address, frame, hours, list_or_flag, plain, put_area, typed};
use std::collections::BTreeMap;

use crate::model::channel::{Accessibility, AccessibilityLevel, Attachment, Delivery, FormFile};
use crate::model::{Channel, ChannelDetail, Entity, Lang, Localised};

pub(super) fn body(entity: &Entity, channel: &Channel, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    let long_name = matches!(channel.detail, ChannelDetail::EChannel { .. } | ChannelDetail::Phone { .. });
    sheet.check_versions(&Versions {
        name: &channel.name,
        max_name: if long_name { sheet.context.profile.channel_name() } else { profile::NAME },
        summary: &channel.summary,
        description: &channel.description,
        description_required: true,
        may_repeat_name: false,
    });
    sheet.check_organisation_languages(channel.organisation.as_ref());
    sheet.check_duplicate(&entity.key);
    demand_detail(channel, sheet);
    let languages = sheet.languages();
    let mut body = frame(entity, sheet.context);
    body.insert("serviceChannelNames".into(), plain(&channel.name.only(&languages)));
    let mut texts = typed("Summary", &channel.summary.only(&languages));
    texts.extend(typed("Description", &channel.description.only(&languages)));
    body.insert("serviceChannelDescriptions".into(), Value::Array(texts));
    body.insert("organizationId".into(), sheet.organisation(channel.organisation.as_ref()).into());
    body.insert("languages".into(), json!(service_languages(&channel.languages, sheet)));
    // Absent means false in PTV, so it is always said.
    body.insert("isVisibleForAll".into(), channel.shared.unwrap_or_default().into());
    put_area(&mut body, channel.area.as_ref(), sheet);
    put_detail(&mut body, channel, sheet);
    body
}

/// What every language of the kind must have, checked before the languages are settled.
fn demand_detail(channel: &Channel, sheet: &mut Sheet<'_, '_>) {
    match &channel.detail {
        ChannelDetail::EChannel { url, .. } | ChannelDetail::WebPage { url, .. } => {
            let sound = url.iter().filter(|(_, url)| rules::is_url(&rules::with_scheme(url)));
            let sound: Localised = sound.map(|(lang, url)| (lang, url.to_owned())).collect();
            sheet.demand("osoite_kieliversiot", &sound);
        }
        ChannelDetail::PrintableForm { files, .. } => {
            let urls = files.iter().flat_map(|file| file.url.iter());
            let sound = urls.filter(|(_, url)| rules::is_url(&rules::with_scheme(url)));
            let urls: Localised = sound.map(|(lang, url)| (lang, url.to_owned())).collect();
            sheet.demand("tiedostot.osoite_kieliversiot", &urls);
        }
        // A number serves every language of the channel.
        ChannelDetail::Phone { .. } => {}
    }
}

fn put_detail(body: &mut Map<String, Value>, channel: &Channel, sheet: &mut Sheet<'_, '_>) {
    match &channel.detail {
        ChannelDetail::EChannel { url, authentication, signatures, accessibility } => {
            body.insert("webPage".into(), plain(&sheet.urls("osoite_kieliversiot", url)));
            body.insert("requiresAuthentication".into(), (*authentication).into());
            // PTV counts signatures from one.
            let signatures = signatures.filter(|count| *count > 0);
            body.insert("requiresSignature".into(), signatures.is_some().into());
            if let Some(count) = signatures {
                body.insert("signatureQuantity".into(), count.to_string().into());
            }
            body.insert("accessibilityClassification".into(), render_accessibility(accessibility, sheet));
            put_attachments(body, &channel.attachments, sheet);
            put_hours(body, channel, sheet);
            put_support(body, channel, sheet);
        }
        ChannelDetail::Phone { numbers, url } => {
            let rows = phone::render(numbers, "numerot", Form::Typed, sheet);
            if rows.is_empty() {
                sheet.withhold(
                    "numerot",
                    "phone",
                    [
                        "Puhelinkanavalla ei ole numeroa, jonka PTV hyväksyisi. Korjaa numero.",
                        "Telefonkanalen har inget nummer som SDL godtar. Rätta numret.",
                        "The phone channel has no number that PTV accepts. Correct it.",
                    ],
                );
            }
            body.insert("phoneNumbers".into(), Value::Array(rows));
            // An explicit empty list clears here (§3.0.9).
            body.insert("webPage".into(), plain(&sheet.urls("osoite_kieliversiot", url)));
            put_hours(body, channel, sheet);
        }
        ChannelDetail::WebPage { url, accessibility } => {
            body.insert("webPage".into(), plain(&sheet.urls("osoite_kieliversiot", url)));
            body.insert("accessibilityClassification".into(), render_accessibility(accessibility, sheet));
            put_support(body, channel, sheet);
        }
        ChannelDetail::PrintableForm { identifier, files, delivery } => {
            let identifier = sheet.optional("lomaketunniste_kieliversiot", identifier, 1, profile::NAME);
            let identifiers = identifier.iter().map(|(l, v)| json!({"language": l.code(), "value": v})).collect();
            list_or_flag(body, "formIdentifier", identifiers, "deleteAllFormIdentifiers");
            body.insert("channelUrls".into(), render_files(files, sheet));
            put_attachments(body, &channel.attachments, sheet);
            let address = delivery.as_ref().and_then(|delivery| render_delivery(delivery, sheet));
            list_or_flag(body, "deliveryAddresses", address.into_iter().collect(), "deleteAllDeliveryAddresses");
            put_support(body, channel, sheet);
        }
    }
}

fn render_files(files: &[FormFile], sheet: &mut Sheet<'_, '_>) -> Value {
    let mut rendered = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let urls = sheet.urls(&format!("tiedostot[{index}].osoite_kieliversiot"), &file.url);
        rendered
            .extend(urls.iter().map(|(lang, url)| json!({"language": lang.code(), "type": file.kind, "value": url})));
    }
    Value::Array(rendered)
}

fn put_attachments(body: &mut Map<String, Value>, attachments: &[Attachment], sheet: &mut Sheet<'_, '_>) {
    let mut rendered = Vec::new();
    let max = sheet.context.profile.phone_text();
    for (index, attachment) in attachments.iter().enumerate() {
        let field = format!("liitteet[{index}]");
        let urls = sheet.urls(&format!("{field}.osoite_kieliversiot"), &attachment.url);
        let names = sheet.optional(&format!("{field}.nimi_kieliversiot"), &attachment.name, 1, profile::NAME);
        let about =
            sheet.optional(&format!("{field}.kuvaus_kieliversiot"), &attachment.description, profile::MIN_TEXT, max);
        for (lang, url) in urls.iter() {
            let mut row = json!({"language": lang.code(), "url": url});
            if let Some(row) = row.as_object_mut() {
                row.extend(names.get(lang).map(|name| ("name".to_owned(), name.into())));
                row.extend(about.get(lang).map(|text| ("description".to_owned(), text.into())));
            }
            rendered.push(row);
        }
    }
    list_or_flag(body, "attachments", rendered, "deleteAllAttachments");
}

fn render_delivery(delivery: &Delivery, sheet: &mut Sheet<'_, '_>) -> Option<Value> {
    let field = "toimitusosoite";
    let receiver = sheet.optional(&format!("{field}.vastaanottaja_kieliversiot"), &delivery.receiver, 1, profile::NAME);
    let instruction = sheet.optional(
        &format!("{field}.ohje_kieliversiot"),
        &delivery.instruction,
        profile::MIN_TEXT,
        profile::HOURS_TEXT,
    );
    let mut row = if !delivery.address.post_box.is_empty() {
        let post_box = address::post_box(&delivery.address, field, sheet)?;
        json!({"subType": "PostOfficeBox", "postOfficeBoxAddress": post_box})
    } else if !delivery.address.street.is_empty() {
        let street = address::street(&delivery.address, None, field, sheet)?;
        json!({"subType": "Street", "streetAddress": street})
    } else if !instruction.is_empty() {
        json!({"subType": "NoAddress", "deliveryAddressInText": plain(&instruction)})
    } else {
        return None;
    };
    if let (Some(row), false) = (row.as_object_mut(), receiver.is_empty()) {
        row.insert("formReceiver".into(), plain(&receiver));
    }
    Some(row)
}

/// One row per language. A level whose statement is not complete in a language is sent as Unknown there, the value
/// that claims nothing (§4.6).
fn render_accessibility(given: &BTreeMap<Lang, Accessibility>, sheet: &mut Sheet<'_, '_>) -> Value {
    sheet.languages().into_iter().map(|lang| accessibility_row(lang, given.get(&lang))).collect()
}

fn accessibility_row(lang: Lang, given: Option<&Accessibility>) -> Value {
    let claims_nothing = json!({"language": lang.code(), "accessibilityClassificationLevel": "Unknown"});
    let Some(given) = given else { return claims_nothing };
    let wcag_fits = match given.level {
        AccessibilityLevel::FullyCompliant => matches!(given.wcag.as_deref(), Some("LevelAA" | "LevelAAA")),
        AccessibilityLevel::PartiallyCompliant => given.wcag.as_deref() == Some("LevelA"),
        AccessibilityLevel::NonCompliant => given.wcag.is_none(),
        AccessibilityLevel::Unknown => false,
    };
    let statement = given.statement_name.as_deref().zip(given.statement_url.as_deref());
    let sound = statement.filter(|(name, url)| rules::length(name) <= profile::NAME && rules::is_url(url));
    let Some((name, url)) = sound.filter(|_| wcag_fits) else { return claims_nothing };
    let mut row = json!({
        "language": lang.code(),
        "accessibilityClassificationLevel": given.level.word(),
        "accessibilityStatementWebPageName": name,
        "accessibilityStatementWebPage": url,
    });
    if let (Some(row), Some(wcag)) = (row.as_object_mut(), &given.wcag) {
        row.insert("wcagLevel".into(), wcag.as_str().into());
    }
    row
}

fn put_hours(body: &mut Map<String, Value>, channel: &Channel, sheet: &mut Sheet<'_, '_>) {
    let hours = hours::render(&channel.hours, "aukioloajat", sheet);
    list_or_flag(body, "serviceHours", hours, "deleteAllServiceHours");
}

fn put_support(body: &mut Map<String, Value>, channel: &Channel, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut emails = Vec::new();
    for email in &channel.support_emails {
        if rules::is_email(email) && rules::length(email) <= profile::NAME {
            emails.extend(languages.iter().map(|lang| json!({"language": lang.code(), "value": email})));
        } else {
            sheet.warn(bad_email("tukisahkopostit"));
        }
    }
    list_or_flag(body, "supportEmails", emails, "deleteAllSupportEmails");
    let phones = phone::render(&channel.support_phones, "tukipuhelimet", Form::Plain, sheet);
    list_or_flag(body, "supportPhones", phones, "deleteAllSupportPhones");
}
