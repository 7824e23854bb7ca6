//! Palvelukanava to `EChannel`, `Phone`, `WebPage` and `PrintableForm` (ptv-in-api.md §3.3–3.4).

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::organisation::bad_email;
use super::phone::{self, Form};
use super::sheet::{Sheet, Versions, service_languages};
use super::{frame, hours, list_or_flag, plain, put_area, typed};
use crate::model::channel::{Accessibility, AccessibilityLevel, FormFile};
use crate::model::{Channel, ChannelDetail, Entity, Localised};

pub(super) fn body(entity: &Entity, channel: &Channel, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    let long_name = matches!(channel.detail, ChannelDetail::EChannel { .. } | ChannelDetail::Phone { .. });
    sheet.check_versions(&Versions {
        name: &channel.name,
        max_name: if long_name { sheet.context.profile.channel_name() } else { profile::NAME },
        summary: &channel.summary,
        description: &channel.description,
        description_required: true,
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
    body.insert("isVisibleForAll".into(), channel.shared.into());
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
            let urls: Localised =
                files.iter().flat_map(|file| file.url.iter()).map(|(lang, url)| (lang, url.to_owned())).collect();
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
            body.insert("requiresSignature".into(), signatures.is_some().into());
            if let Some(count) = signatures {
                body.insert("signatureQuantity".into(), count.to_string().into());
            }
            body.insert("accessibilityClassification".into(), render_accessibility(accessibility, sheet));
            put_hours(body, channel, sheet);
            put_support(body, channel, sheet);
        }
        ChannelDetail::Phone { numbers, url } => {
            let rows = phone::render(numbers, "puhelinnumerot", Form::Typed, sheet);
            if rows.is_empty() {
                sheet.withhold(
                    "puhelinnumerot",
                    "phone",
                    [
                        "Puhelinkanavalla ei ole numeroa, jonka PTV ottaisi. Korjaa numero.",
                        "Telefonkanalen har inget nummer som SFTI godtar. Rätta numret.",
                        "The phone channel has no number that PTV would take. Mend it.",
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
        ChannelDetail::PrintableForm { identifier, files } => {
            let identifier = sheet.optional("lomaketunniste_kieliversiot", identifier, 1, profile::NAME);
            let identifiers = identifier.iter().map(|(l, v)| json!({"language": l.code(), "value": v})).collect();
            list_or_flag(body, "formIdentifier", identifiers, "deleteAllFormIdentifiers");
            body.insert("channelUrls".into(), render_files(files, sheet));
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

/// One row per language. A level whose statement is not complete in a language is sent as Unknown there, the value
/// that claims nothing (§4.6).
fn render_accessibility(given: &Accessibility, sheet: &mut Sheet<'_, '_>) -> Value {
    let urls = sheet.urls("saavutettavuus.selosteen_osoite_kieliversiot", &given.statement_url);
    let wcag_fits = match given.level {
        AccessibilityLevel::FullyCompliant => matches!(given.wcag.as_deref(), Some("LevelAA" | "LevelAAA")),
        AccessibilityLevel::PartiallyCompliant => given.wcag.as_deref() == Some("LevelA"),
        AccessibilityLevel::NonCompliant | AccessibilityLevel::Unknown => given.wcag.is_none(),
    };
    sheet
        .languages()
        .into_iter()
        .map(|lang| {
            let statement = given.statement_name.get(lang).zip(urls.get(lang));
            match (given.level, statement) {
                (AccessibilityLevel::Unknown, _) | (_, None) => {
                    json!({"language": lang.code(), "accessibilityClassificationLevel": "Unknown"})
                }
                (_, Some(_)) if !wcag_fits => {
                    json!({"language": lang.code(), "accessibilityClassificationLevel": "Unknown"})
                }
                (level, Some((name, url))) => {
                    let mut row = json!({
                        "language": lang.code(),
                        "accessibilityClassificationLevel": level.word(),
                        "accessibilityStatementWebPageName": name,
                        "accessibilityStatementWebPage": url,
                    });
                    if let (Some(row), Some(wcag)) = (row.as_object_mut(), &given.wcag) {
                        row.insert("wcagLevel".into(), wcag.as_str().into());
                    }
                    row
                }
            }
        })
        .collect()
}

fn put_hours(body: &mut Map<String, Value>, channel: &Channel, sheet: &mut Sheet<'_, '_>) {
    let hours = hours::render(&channel.hours, "aukioloajat", sheet);
    list_or_flag(body, "serviceHours", hours, "deleteAllServiceHours");
}

fn put_support(body: &mut Map<String, Value>, channel: &Channel, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut emails = Vec::new();
    for (lang, email) in channel.support_emails.iter().filter(|(lang, _)| languages.contains(lang)) {
        if rules::is_email(email) {
            emails.push(json!({"language": lang.code(), "value": email}));
        } else {
            sheet.warn(bad_email("tukisahkoposti_kieliversiot"));
        }
    }
    list_or_flag(body, "supportEmails", emails, "deleteAllSupportEmails");
    let phones = phone::render(&channel.support_phones, "tukipuhelimet", Form::Plain, sheet);
    list_or_flag(body, "supportPhones", phones, "deleteAllSupportPhones");
}
