//! An organisation of v12 (ptv-v12.md §4.1, §7.2).

use serde_json::Value;

use super::parts::{Phones, addresses, area, emails, links, phones, put_text};
use super::{Decoder, Draft, items, word};
use crate::ptv::seen::Path;
use crate::ptv::seen::lines::plain;

pub(super) const MEMBERS: &[&str] = &[
    "contentId",
    "parentOrganizationContentId",
    "organizationType",
    "businessId",
    "oid",
    "area",
    "eInvoiceAddresses",
    "location",
    "contactAddresses",
    "publishedAt",
    "migratedAt",
    "languageVersions",
];

const VERSION: &[&str] = &[
    "name",
    "alternativeName",
    "isAlternativeNamePrimary",
    "summary",
    "description",
    "contactEmails",
    "contactWebPages",
    "contactPhoneNumbers",
];

pub(super) fn fill(decoder: &mut Decoder<'_>, object: &Value, draft: &mut Draft) {
    let values = &mut draft.values;
    let kind = word(object, "organizationType").unwrap_or_default();
    values.put(Path::OrganisationType, None, kind);
    values.put(Path::BusinessId, None, word(object, "businessId").unwrap_or_default());
    values.put(Path::Oid, None, word(object, "oid").unwrap_or_default());
    if kind == "Municipality" {
        let own = object.get("area").map(|area| items(area, "municipalities")).unwrap_or_default();
        values.put(Path::Municipality, None, own.first().and_then(Value::as_str).unwrap_or_default());
    } else {
        area(values, object);
    }
    values.tell(Path::Invoicing);
    for item in items(object, "eInvoiceAddresses") {
        let part = |member: &str| word(item, member).unwrap_or_default();
        values.put(Path::Invoicing, None, format!("{} {}", part("intermediatorCode"), part("address")));
    }
    addresses(values, object, "location", "Visiting");
    addresses(values, object, "contactAddresses", "Postal");
    for path in [Path::AlternativeName, Path::Summary, Path::Description, Path::DisplayName] {
        values.tell(path);
    }
    draft.each_language(decoder, object, VERSION, |values, decoder, lang, version| {
        values.put(Path::Name, Some(lang), plain(word(version, "name").unwrap_or_default()));
        values.put(Path::AlternativeName, Some(lang), plain(word(version, "alternativeName").unwrap_or_default()));
        let primary = version.get("isAlternativeNamePrimary").and_then(Value::as_bool).unwrap_or_default();
        values.put(Path::DisplayName, Some(lang), if primary { "AlternativeName" } else { "Name" });
        put_text(values, Path::Summary, lang, version, "summary");
        put_text(values, Path::Description, lang, version, "description");
        emails(values, Path::Emails, lang, version, "contactEmails");
        links(values, Path::WebPages, lang, version, "contactWebPages");
        phones(values, decoder, (Path::Phones, Phones::Plain), lang, version, "contactPhoneNumbers");
    });
}
