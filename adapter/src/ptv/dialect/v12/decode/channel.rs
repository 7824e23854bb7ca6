//! The five kinds of channel of v12 (ptv-v12.md §4.3, §7.4).

use serde_json::Value;

use super::parts::{Phones, addresses, area, deliveries, emails, links, phones, put_text, serviced_in};
use super::{Decoder, Draft, items, word};
use crate::model::Lang;
use crate::ptv::seen::lines::plain;
use crate::ptv::seen::{Path, SeenKind, Values};

pub(super) fn kind(word: &str) -> Option<SeenKind> {
    Some(match word {
        "EService" => SeenKind::EChannel,
        "WebPage" => SeenKind::WebPage,
        "TelephoneService" => SeenKind::Phone,
        "PrintableForm" => SeenKind::PrintableForm,
        "ServiceLocation" => SeenKind::ServiceLocation,
        _ => return None,
    })
}

macro_rules! members {
    ($($more:literal),*) => {
        &[
            "contentId", "organizationContentId", "serviceChannelType", "allowedConnectionType", "serviceLanguages",
            "area", "publishedAt", "migratedAt", "languageVersions", $($more),*
        ]
    };
}

pub(super) fn members(kind: SeenKind) -> &'static [&'static str] {
    match kind {
        SeenKind::EChannel => members!("electronicSignature", "electronicIdentification", "serviceHours"),
        SeenKind::Phone => members!("serviceHours"),
        SeenKind::PrintableForm => members!("deliveryAddresses"),
        SeenKind::ServiceLocation => members!("location", "contactAddresses", "serviceHours"),
        _ => members!(),
    }
}

/// What a language version of a kind has besides name, summary and description.
fn version(kind: SeenKind) -> &'static [&'static str] {
    match kind {
        SeenKind::EChannel => &[
            "name",
            "summary",
            "description",
            "accessibilityClassificationLevel",
            "webAddress",
            "attachmentLinks",
            "supportEmails",
            "supportPhoneNumbers",
        ],
        SeenKind::WebPage => &[
            "name",
            "summary",
            "description",
            "accessibilityClassificationLevel",
            "webAddress",
            "supportEmails",
            "supportPhoneNumbers",
        ],
        SeenKind::Phone => &["name", "summary", "description", "webAddress", "supportEmails", "phoneNumbers"],
        SeenKind::PrintableForm => &[
            "name",
            "summary",
            "description",
            "attachmentLinks",
            "supportEmails",
            "supportPhoneNumbers",
            "formIdentifier",
            "formFiles",
        ],
        _ => &[
            "name",
            "summary",
            "description",
            "alternativeName",
            "isAlternativeNamePrimary",
            "contactEmails",
            "contactFaxNumbers",
            "contactPhoneNumbers",
            "contactWebPages",
        ],
    }
}

pub(super) fn fill(decoder: &mut Decoder<'_>, kind: SeenKind, object: &Value, draft: &mut Draft) {
    let values = &mut draft.values;
    let shared = word(object, "allowedConnectionType") == Some("AllOrganizations");
    values.put(Path::Shared, None, shared.to_string());
    serviced_in(values, object);
    area(values, object);
    values.tell(Path::Summary);
    values.tell(Path::Description);
    match kind {
        SeenKind::EChannel => {
            let identified = word(object, "electronicIdentification") == Some("Required");
            values.put(Path::Authentication, None, identified.to_string());
            let signature = object.get("electronicSignature").filter(|it| word(it, "type") == Some("Required"));
            let count = signature.map(|it| it.get("numberOfRequiredSignatures").and_then(Value::as_u64).unwrap_or(1));
            values.put(Path::Signatures, None, count.unwrap_or_default().to_string());
        }
        SeenKind::PrintableForm => deliveries(values, decoder, object),
        SeenKind::ServiceLocation => {
            addresses(values, object, "location", "Location");
            addresses(values, object, "contactAddresses", "Postal");
            values.tell(Path::AlternativeName);
        }
        _ => {}
    }
    draft.hours(decoder, object);
    draft.each_language(decoder, object, version(kind), |values, decoder, lang, version| {
        values.put(Path::Name, Some(lang), plain(word(version, "name").unwrap_or_default()));
        put_text(values, Path::Summary, lang, version, "summary");
        put_text(values, Path::Description, lang, version, "description");
        of_kind(decoder, kind, values, lang, version);
    });
    // The name of a channel's address is v12's own.
    for (code, version) in object.get("languageVersions").and_then(Value::as_object).into_iter().flatten() {
        if let Some(name) = version.get("webAddress").and_then(|it| word(it, "name")) {
            draft.beyond.insert(format!("languageVersions.{code}.webAddress.name"), name.into());
        }
    }
}

fn of_kind(decoder: &mut Decoder<'_>, kind: SeenKind, values: &mut Values, lang: Lang, version: &Value) {
    if matches!(kind, SeenKind::EChannel | SeenKind::WebPage) {
        let level = word(version, "accessibilityClassificationLevel").unwrap_or_default();
        values.put(Path::Accessibility, Some(lang), level);
    }
    if matches!(kind, SeenKind::EChannel | SeenKind::WebPage | SeenKind::Phone) {
        let url = version.get("webAddress").and_then(|it| word(it, "url")).unwrap_or_default();
        values.put(Path::Url, Some(lang), url);
    }
    if matches!(kind, SeenKind::EChannel | SeenKind::PrintableForm) {
        links(values, Path::Attachments, lang, version, "attachmentLinks");
    }
    if matches!(kind, SeenKind::EChannel | SeenKind::WebPage | SeenKind::PrintableForm) {
        emails(values, Path::SupportEmails, lang, version, "supportEmails");
        phones(values, decoder, (Path::SupportPhones, Phones::Plain), lang, version, "supportPhoneNumbers");
    }
    match kind {
        SeenKind::Phone => {
            phones(values, decoder, (Path::Phones, Phones::Typed), lang, version, "phoneNumbers");
        }
        SeenKind::PrintableForm => {
            let identifier = word(version, "formIdentifier").unwrap_or_default();
            values.put(Path::FormIdentifier, Some(lang), plain(identifier));
            for file in items(version, "formFiles") {
                let part = |member: &str| word(file, member).unwrap_or_default();
                values.put(Path::Files, Some(lang), format!("{} {}", part("type"), part("url")));
            }
        }
        SeenKind::ServiceLocation => {
            let name = word(version, "alternativeName").unwrap_or_default();
            values.put(Path::AlternativeName, Some(lang), plain(name));
            let primary = version.get("isAlternativeNamePrimary").and_then(Value::as_bool).unwrap_or_default();
            values.put(Path::DisplayName, Some(lang), if primary { "AlternativeName" } else { "Name" });
            emails(values, Path::Emails, lang, version, "contactEmails");
            links(values, Path::WebPages, lang, version, "contactWebPages");
            phones(values, decoder, (Path::Phones, Phones::Plain), lang, version, "contactPhoneNumbers");
            phones(values, decoder, (Path::Faxes, Phones::Fax), lang, version, "contactFaxNumbers");
        }
        _ => {}
    }
}
