//! The request of an organisation (ptv-v12.md §6.2, §7.2).

use serde_json::{Value, json};

use super::parts::{pages, phones};
use super::{Renderer, in_language, items, typed, word};
use crate::model::Lang;

impl Renderer<'_> {
    pub(super) fn organisation(&mut self) -> Value {
        let versions = self.versions("organizationNames", Self::organisation_version);
        let body = self.body;
        let municipality = word(body, "organizationType") == Some("Municipality");
        let area = if municipality {
            let codes: Vec<&str> = word(body, "municipality").into_iter().collect();
            json!({ "areaType": "LimitedArea", "municipalities": codes })
        } else {
            self.organisation_area()
        };
        let own = word(body, "businessCode");
        // v12 demands it of sub-organisations too.
        let inherited = self.choices.business_id.as_deref().filter(|_| own.is_none());
        if let Some(id) = inherited {
            self.filled("ytunnus", None, id);
        }
        let invoicing: Vec<Value> = items(body, "electronicInvoicings")
            .iter()
            .map(|item| {
                json!({
                    "address": word(item, "electronicInvoicingAddress"), "intermediatorCode": word(item, "operatorCode"),
                    "additionalInformation": {},
                })
            })
            .collect();
        json!({
            "parentOrganizationContentId": word(body, "parentOrganizationId"),
            "organizationType": word(body, "organizationType"),
            "businessId": own.or(inherited),
            "oid": word(body, "oid"),
            "area": area,
            "eInvoiceAddresses": invoicing,
            "location": self.visiting("Visiting", false),
            "contactAddresses": self.postal(),
            "languageVersions": versions,
        })
    }

    /// One kind of area, in fields of its own (§3.1 of version 11).
    fn organisation_area(&mut self) -> Value {
        let Some(kind) = word(self.body, "subAreaType") else { return self.area() };
        let codes = self.body.get("areas").cloned().unwrap_or_default();
        self.limited_area(&[json!({ "type": kind, "areaCodes": codes })])
    }

    fn organisation_version(&mut self, lang: Lang) -> Value {
        let body = self.body;
        let primary = in_language(body, "displayNameType", lang).any(|it| word(it, "type") == Some("AlternativeName"));
        let emails: Vec<Value> = in_language(body, "emails", lang)
            .map(|it| json!({ "email": word(it, "value"), "additionalInformation": word(it, "description") }))
            .collect();
        json!({
            "name": typed(body, "organizationNames", lang, "Name"),
            "alternativeName": typed(body, "organizationNames", lang, "AlternativeName"),
            "isAlternativeNamePrimary": primary,
            "summary": typed(body, "organizationDescriptions", lang, "Summary"),
            "description": typed(body, "organizationDescriptions", lang, "Description"),
            "contactEmails": emails,
            "contactWebPages": pages(body, "webPages", lang),
            "contactPhoneNumbers": phones(body, "phoneNumbers", lang, false),
        })
    }
}
