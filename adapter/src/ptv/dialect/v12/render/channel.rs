//! The requests of the five kinds of channel (ptv-v12.md §6.2, §7.4).

use serde_json::{Map, Value, json};

use super::parts::{faxes, pages, phones};
use super::{Form, Renderer, flag, in_language, items, plain, typed, word};
use crate::model::Lang;

impl Renderer<'_> {
    pub(super) fn channel(&mut self, form: Form) -> Value {
        let versions = self.versions("serviceChannelNames", |it, lang| it.channel_version(form, lang));
        let body = self.body;
        let shared = if flag(body, "isVisibleForAll") { "AllOrganizations" } else { "OwnOrganizations" };
        let languages: Vec<&str> = items(body, "languages").iter().filter_map(Value::as_str).collect();
        let mut request = json!({
            "organizationContentId": word(body, "organizationId"),
            "serviceChannelType": form.word(),
            "allowedConnectionType": shared,
            "serviceLanguages": languages,
            "area": self.area(),
            "languageVersions": versions,
        });
        let own = match form {
            Form::EService => {
                let count = word(body, "signatureQuantity").and_then(|count| count.parse::<u64>().ok());
                let signature = if flag(body, "requiresSignature") {
                    json!({ "type": "Required", "numberOfRequiredSignatures": count.unwrap_or(1) })
                } else {
                    json!({ "type": "NotRequired" })
                };
                let identified = if flag(body, "requiresAuthentication") { "Required" } else { "NotRequired" };
                vec![("electronicSignature", signature), ("electronicIdentification", json!(identified))]
            }
            Form::PrintableForm => vec![("deliveryAddresses", self.deliveries())],
            Form::ServiceLocation => {
                vec![("location", self.visiting("Location", true)), ("contactAddresses", self.postal())]
            }
            _ => Vec::new(),
        };
        if let Some(map) = request.as_object_mut() {
            map.extend(own.into_iter().map(|(member, value)| (member.to_owned(), value)));
        }
        request
    }

    fn channel_version(&mut self, form: Form, lang: Lang) -> Value {
        let body = self.body;
        let mut version = Map::new();
        let mut add = |member: &str, value: Value| {
            version.insert(member.to_owned(), value);
        };
        let name = typed(body, "serviceChannelNames", lang, "Name");
        add("name", name.clone());
        add("summary", typed(body, "serviceChannelDescriptions", lang, "Summary"));
        add("description", typed(body, "serviceChannelDescriptions", lang, "Description"));
        let name = name.as_str().unwrap_or_default().to_owned();
        if matches!(form, Form::EService | Form::WebPage) {
            add("accessibilityClassificationLevel", self.accessibility(lang));
        }
        if matches!(form, Form::EService | Form::WebPage) {
            let url = plain(body, "webPage", lang);
            // v11 has no name for a channel's address.
            self.filled("osoite_kieliversiot", Some(lang), &name);
            add("webAddress", json!({ "url": url, "name": name }));
        } else if form == Form::TelephoneService {
            add("webAddress", json!({ "url": plain(body, "webPage", lang), "name": null }));
        }
        if matches!(form, Form::EService | Form::PrintableForm) {
            add("attachmentLinks", self.attachments(lang, &name));
        }
        if matches!(form, Form::EService | Form::WebPage | Form::PrintableForm) {
            add("supportPhoneNumbers", phones(body, "supportPhones", lang, false));
        }
        if form != Form::ServiceLocation {
            add("supportEmails", emails(body, "supportEmails", lang));
        }
        match form {
            Form::TelephoneService => add("phoneNumbers", phones(body, "phoneNumbers", lang, true)),
            Form::PrintableForm => {
                add("formIdentifier", plain(body, "formIdentifier", lang));
                let files: Vec<Value> = in_language(body, "channelUrls", lang)
                    .map(|file| {
                        let kind = word(file, "type").unwrap_or_default().to_lowercase();
                        json!({ "name": name, "url": word(file, "value"), "type": kind })
                    })
                    .collect();
                self.filled("tiedostot.osoite_kieliversiot", Some(lang), &name);
                add("formFiles", json!(files));
            }
            Form::ServiceLocation => {
                let displayed = in_language(body, "displayNameType", lang);
                let primary = displayed.filter_map(|it| word(it, "type")).any(|it| it == "AlternativeName");
                add("alternativeName", typed(body, "serviceChannelNames", lang, "AlternativeName"));
                add("isAlternativeNamePrimary", json!(primary));
                add("contactEmails", emails(body, "emails", lang));
                add("contactFaxNumbers", faxes(body, lang));
                add("contactPhoneNumbers", phones(body, "phoneNumbers", lang, false));
                add("contactWebPages", pages(body, "webPages", lang));
            }
            _ => {}
        }
        Value::Object(version)
    }

    fn accessibility(&mut self, lang: Lang) -> Value {
        let own = in_language(self.body, "accessibilityClassification", lang).next();
        if own.is_some_and(|it| word(it, "accessibilityStatementWebPage").is_some()) {
            self.lost(
                "saavutettavuus",
                Some(lang),
                [
                    "PTV:n versiossa 12 ei ole WCAG-tasoa eikä selosteen linkkiä; vain luokitus säilyy.",
                    "Version 12 av SDL har varken WCAG-nivå eller länk till utlåtandet; bara klassificeringen blir kvar.",
                    "Version 12 of PTV has no WCAG level and no link to the statement; only the classification is kept.",
                ],
            );
        }
        json!(own.and_then(|it| word(it, "accessibilityClassificationLevel")).unwrap_or("Unknown"))
    }

    fn attachments(&mut self, lang: Lang, name: &str) -> Value {
        let mut links = Vec::new();
        for item in in_language(self.body, "attachments", lang) {
            let own = word(item, "name");
            if own.is_none() {
                self.filled("liitteet.nimi_kieliversiot", Some(lang), name);
            }
            let about = word(item, "description");
            links
                .push(json!({ "name": own.unwrap_or(name), "url": word(item, "url"), "additionalInformation": about }));
        }
        Value::Array(links)
    }
}

pub(super) fn emails(body: &Value, member: &str, lang: Lang) -> Value {
    in_language(body, member, lang).map(|item| json!({ "email": word(item, "value") })).collect()
}
