//! The request of a service (ptv-v12.md §6.2, §7.3).

use serde_json::{Value, json};

use super::{Renderer, flag, in_language, items, plain, text6, typed, word};
use crate::model::Lang;
use crate::model::service::ServiceKind;

const SPECIAL: [(&str, &str, &str); 3] = [
    ("ProcessingTime", "processingTimeAdditionalInformation", "kasittelyaika_kieliversiot"),
    ("DeadLine", "deadlineAdditionalInformation", "maaraaika_kieliversiot"),
    ("ValidityTime", "validityTimeAdditionalInformation", "voimassaolo_kieliversiot"),
];

impl Renderer<'_> {
    pub(super) fn service(&mut self) -> Value {
        let kind = self.service_type();
        let versions = self.versions("serviceNames", |it, lang| it.service_version(kind, lang));
        let body = self.body;
        let charge = match word(body, "serviceChargeType") {
            Some("Chargeable") => json!("Charged"),
            Some("FreeOfCharge") => json!("Free"),
            Some(_) => {
                self.lost(
                    "maksullisuus",
                    None,
                    [
                        "PTV:n versiossa 12 palvelu on maksuton tai maksullinen; muuta ei ole. Tieto jää pois.",
                        "I version 12 av SDL är en tjänst avgiftsfri eller avgiftsbelagd; annat finns inte. Uppgiften faller bort.",
                        "In version 12 of PTV a service is free or charged; there is nothing else. It is left out.",
                    ],
                );
                Value::Null
            }
            None => Value::Null,
        };
        let codes = |member: &str| -> Value {
            let all = items(body, member).iter().filter_map(Value::as_str);
            all.map(|uri| uri.rsplit('/').next().unwrap_or(uri).to_owned()).collect()
        };
        let uris = |member: &str| -> Value { items(body, member).iter().filter_map(Value::as_str).collect() };
        json!({
            "organizationContentId": word(body, "mainResponsibleOrganization"),
            "generalDescriptionContentId": word(body, "generalDescriptionId"),
            "serviceType": kind,
            "targetGroups": codes("targetGroups"),
            "lifeEvents": codes("lifeEvents"),
            "serviceClasses": codes("serviceClasses"),
            "industrialClasses": uris("industrialClasses"),
            "ontologyTerms": uris("ontologyTerms"),
            "producers": producers(body),
            "otherResponsibleOrganizations": uris("otherResponsibleOrganizations"),
            "chargeType": charge,
            "fundingType": word(body, "fundingType"),
            "serviceLanguages": uris("languages"),
            "area": self.area(),
            "languageVersions": versions,
        })
    }

    /// A service with a general description has that one's type.
    fn service_type(&self) -> &'static str {
        let described = word(self.body, "generalDescriptionId").map(str::to_lowercase);
        let general = described.and_then(|id| self.reference.general_descriptions.get(&id));
        let kind = word(self.body, "type").or_else(|| general?.kind.map(ServiceKind::word));
        match kind {
            Some("PermitOrObligation") => "PermitOrOtherObligation",
            Some(kind) if kind.starts_with("ProfessionalQualification") => "ProfessionalQualification",
            _ => "Service",
        }
    }

    fn service_version(&mut self, kind: &str, lang: Lang) -> Value {
        let body = self.body;
        let described = |of: &str| typed(body, "serviceDescriptions", lang, of);
        let keywords: Vec<&str> =
            in_language(body, "keywords", lang).filter_map(|item| word(item, "value")).map(str::trim).collect();
        let mut version = json!({
            "name": typed(body, "serviceNames", lang, "Name"),
            "alternativeName": typed(body, "serviceNames", lang, "AlternativeName"),
            "summary": described("Summary"),
            "description": described("Description"),
            "userInstructions": described("UserInstruction"),
            "conditions": plain(body, "requirements", lang),
            "legislationLinks": self.laws(lang),
            "freelyAssignedKeywords": keywords,
            "voucher": voucher(body, lang),
            "chargeTypeAdditionalInformation": described("ChargeTypeAdditionalInfo"),
        });
        for (of_v11, member, field) in SPECIAL {
            let text = described(of_v11);
            if kind != "Service" {
                if let Some(version) = version.as_object_mut() {
                    version.insert(member.to_owned(), text);
                }
            } else if !text.is_null() {
                self.lost(
                    field,
                    Some(lang),
                    [
                        "PTV:n versiossa 12 tieto on vain luvilla ja ammattipätevyyksillä, joten se jää pois. Siirrä se kuvaukseen.",
                        "I version 12 av SDL finns uppgiften bara för tillstånd och yrkeskvalifikationer, så den faller bort. Flytta den till beskrivningen.",
                        "In version 12 of PTV only permits and qualifications have this, so it is lost. Move it into the description.",
                    ],
                );
            }
        }
        version
    }

    /// One link for each page of a law; a language without a page loses the law.
    fn laws(&mut self, lang: Lang) -> Vec<Value> {
        let mut links = Vec::new();
        for law in items(self.body, "legislation") {
            let name = plain(law, "names", lang);
            let mut pages = in_language(law, "webPages", lang).filter_map(|page| word(page, "url")).peekable();
            if pages.peek().is_none() && !name.is_null() {
                self.lost(
                    "lait.linkit_kieliversiot",
                    Some(lang),
                    [
                        "PTV:n versiossa 12 laki on linkki, ja tältä kieleltä linkki puuttuu. Lisää linkki.",
                        "I version 12 av SDL är en lag en länk, och länken saknas på detta språk. Lägg till länken.",
                        "In version 12 of PTV a law is a link, and this language has none. Add one.",
                    ],
                );
            }
            links.extend(pages.map(|url| json!({ "url": url, "name": name.as_str().unwrap_or(url) })));
        }
        links
    }
}

fn voucher(body: &Value, lang: Lang) -> Value {
    if !flag(body, "serviceVouchersInUse") {
        return json!({ "voucherType": "NotUsed" });
    }
    let urls: Vec<Value> = in_language(body, "serviceVouchers", lang)
        .filter_map(|item| {
            let url = word(item, "url")?;
            let about = word(item, "additionalInformation");
            Some(json!({ "name": word(item, "value").unwrap_or(url), "url": url, "additionalInformation": about }))
        })
        .collect();
    if urls.is_empty() {
        return json!({ "voucherType": "WithAdditionalInformation", "additionalInformation": null });
    }
    json!({ "voucherType": "WithUrl", "urls": urls })
}

/// All three groups always stand in a request.
fn producers(body: &Value) -> Value {
    let of = |kind: &str| {
        let all = || items(body, "serviceProducers").iter().filter(|it| word(it, "provisionType") == Some(kind));
        let organisations: Vec<&str> =
            all().flat_map(|it| items(it, "organizations")).filter_map(Value::as_str).collect();
        let named = all().filter(|it| items(it, "organizations").is_empty());
        let named: Vec<Value> = named.map(|it| json!({ "name": text6(it.get("additionalInformation")) })).collect();
        (organisations, named)
    };
    let (own, _) = of("SelfProducedServices");
    let (procured, procured_others) = of("ProcuredServices");
    let (other, others) = of("Other");
    json!({
        "selfProducedProducers": { "organizations": own },
        "procuredProducers": { "organizations": procured, "other": procured_others },
        "otherProducers": { "organizations": other, "other": others },
    })
}
