//! v11 into the neutral form: its read models, and the bodies that we send it (ptv-in-api.md §3, §5).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::decode::{addresses, areas, flag, guid, hours, items, lang, link, phone, producer, word};
use super::lines::{plain, text};
use super::{Path, Seen, SeenKind, SeenStatus, Values};
use crate::model::Lang;
use crate::ptv::reference::{GeneralDescription, Reference};

/// A read model: what a GET gives and what a write answers. None when it is none of an entity.
pub fn read(model: &Value, reference: &Reference) -> Option<Seen> {
    let kind = match word(model, "serviceChannelType") {
        Some("EChannel") => SeenKind::EChannel,
        Some("Phone") => SeenKind::Phone,
        Some("WebPage") => SeenKind::WebPage,
        Some("PrintableForm") => SeenKind::PrintableForm,
        Some("ServiceLocation") => SeenKind::ServiceLocation,
        Some(_) => return None,
        None => kind_of_names(model)?,
    };
    Some(seen(kind, Side::Read, model, reference))
}

/// A body that we sent. Its connections are in another body: [`sent_connections`].
pub fn sent(body: &Value, reference: &Reference) -> Option<Seen> {
    let has = |member: &str| body.get(member).is_some();
    let kind = match kind_of_names(body) {
        Some(kind) => kind,
        None if !has("serviceChannelNames") => return None,
        // A body does not name its kind; each kind has a list that it always carries.
        None if has("channelUrls") => SeenKind::PrintableForm,
        None if has("addresses") => SeenKind::ServiceLocation,
        None if has("requiresAuthentication") => SeenKind::EChannel,
        None if has("phoneNumbers") => SeenKind::Phone,
        None => SeenKind::WebPage,
    };
    Some(seen(kind, Side::Sent, body, reference))
}

/// The body of a service's connection set.
pub fn sent_connections(body: &Value) -> BTreeMap<String, Values> {
    let relations = items(body.get("channelRelations").unwrap_or(&Value::Null)).iter();
    relations
        .filter_map(|relation| Some((guid(word(relation, "serviceChannelId")?), connection(Side::Sent, relation))))
        .collect()
}

fn kind_of_names(value: &Value) -> Option<SeenKind> {
    [
        ("organizationNames", SeenKind::Organisation),
        ("serviceNames", SeenKind::Service),
        ("serviceCollectionNames", SeenKind::Collection),
    ]
    .into_iter()
    .find(|(member, _)| value.get(*member).is_some())
    .map(|(_, kind)| kind)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Read,
    Sent,
}

fn seen(kind: SeenKind, side: Side, body: &Value, reference: &Reference) -> Seen {
    let mut decode = Decode { side, body, values: Values::default() };
    match kind {
        SeenKind::Organisation => decode.organisation(),
        SeenKind::Service => decode.service(reference),
        SeenKind::Collection => decode.collection(),
        channel => decode.channel(channel),
    }
    let values = decode.values;
    let owner = values.lines(Path::Owner, None).next().map(str::to_owned);
    let names = values.told.get(&Path::Name).into_iter().flat_map(BTreeMap::keys);
    Seen {
        kind,
        guid: word(body, "id").map(guid),
        source_id: word(body, "sourceId").map(str::to_owned),
        owner,
        languages: names.copied().flatten().collect::<BTreeSet<Lang>>(),
        status: match word(body, "publishingStatus") {
            Some("Draft") => SeenStatus::Draft,
            Some("Modified") => SeenStatus::Modified,
            Some("Deleted" | "OldPublished" | "Removed") => SeenStatus::Archived,
            _ => SeenStatus::Published,
        },
        modified: word(body, "modified").and_then(moment),
        connections: (side == Side::Read).then(|| read_connections(body)).flatten(),
        values,
    }
}

/// UTC, written with or without a zone.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// Of a service by its channels, of a channel by its services.
fn read_connections(model: &Value) -> Option<BTreeMap<String, Values>> {
    let (list, other) =
        [("serviceChannels", "serviceChannel"), ("services", "service")].into_iter().find(|(list, other)| {
            model.get(list).is_some() && (*other == "serviceChannel" || model.get("serviceChannelType").is_some())
        })?;
    let ours = items(model.get(list)?).iter().filter(|relation| !flag(relation, "isASTIConnection"));
    Some(
        ours.filter_map(|relation| {
            let id = relation.get(other)?.get("id")?.as_str()?;
            Some((guid(id), connection(Side::Read, relation)))
        })
        .collect(),
    )
}

fn connection(side: Side, relation: &Value) -> Values {
    let mut decode = Decode { side, body: relation, values: Values::default() };
    decode.charge("deleteServiceChargeType");
    decode.typed(
        "description",
        "deleteAllDescriptions",
        &[("Description", Path::Description), ("ChargeTypeAdditionalInfo", Path::ChargeText)],
        text,
    );
    decode.hours();
    let Some(details) = relation.get("contactDetails").filter(|details| details.is_object()) else {
        if side == Side::Read {
            for path in [Path::Emails, Path::Phones, Path::Faxes, Path::WebPages, Path::Addresses] {
                decode.values.tell(path);
            }
        }
        return decode.values;
    };
    let mut contact = Decode { side, body: details, values: decode.values };
    contact.each_language("emails", "deleteAllEmails", Path::Emails, email);
    contact.phones("deleteAllPhones");
    contact.each_language("webPages", "deleteAllWebPages", Path::WebPages, link);
    contact.addresses("addresses", "deleteAllAddresses", Path::Addresses);
    contact.values
}

fn email(item: &Value) -> String {
    let address = word(item, "value").unwrap_or_default();
    match word(item, "description") {
        Some(about) => format!("{address} ({})", text(about)),
        None => address.to_owned(),
    }
}

/// What a general description classifies its services with.
fn brought_by(general: &GeneralDescription, path: Path) -> &[String] {
    match path {
        Path::ServiceClasses => &general.service_classes,
        Path::OntologyTerms => &general.terms,
        Path::TargetGroups => &general.target_groups,
        Path::LifeEvents => &general.life_events,
        Path::IndustrialClasses => &general.industrial_classes,
        _ => &[],
    }
}

struct Decode<'a> {
    side: Side,
    body: &'a Value,
    values: Values,
}

impl<'a> Decode<'a> {
    /// A list that the source tells. A body tells it when it has items, or asks to empty it (§3.0.9).
    fn list(&self, member: &str, delete: &str) -> Option<&'a [Value]> {
        let list = items(self.body.get(member).unwrap_or(&Value::Null));
        let told = !list.is_empty() || self.side == Side::Read || flag(self.body, delete);
        told.then_some(list)
    }

    fn scalar(&mut self, member: &str, path: Path) {
        match word(self.body, member) {
            Some(value) => self.values.put(path, None, plain(value)),
            None if self.side == Side::Read => self.values.tell(path),
            None => {}
        }
    }

    /// `[{language, type, value}]`: PTV replaces the list whole, so every type is told with it.
    fn typed(&mut self, member: &str, delete: &str, types: &[(&str, Path)], normal: fn(&str) -> String) {
        let Some(list) = self.list(member, delete) else { return };
        for (_, path) in types {
            self.values.tell(*path);
        }
        for item in list {
            let kind = word(item, "type").unwrap_or("Name");
            let path = types.iter().find(|(known, _)| *known == kind).map(|(_, path)| *path);
            if let (Some(path), Some(lang), Some(value)) = (path, lang(item), word(item, "value")) {
                self.values.put(path, Some(lang), normal(value));
            }
        }
    }

    /// A list whose items have a language each.
    fn each_language(&mut self, member: &str, delete: &str, path: Path, line: impl Fn(&Value) -> String) {
        let Some(list) = self.list(member, delete) else { return };
        self.values.tell(path);
        for item in list {
            if let Some(lang) = lang(item) {
                self.values.put(path, Some(lang), line(item));
            }
        }
    }

    fn value_of_each(&mut self, member: &str, delete: &str, path: Path, normal: fn(&str) -> String) {
        self.each_language(member, delete, path, |item| normal(word(item, "value").unwrap_or_default()));
    }

    /// Phones and faxes: apart in a body, told apart by their type in a read (§5).
    fn phones(&mut self, delete: &str) {
        let is_fax = |item: &Value| word(item, "type") == Some("Fax");
        if let Some(list) = self.list("phoneNumbers", delete) {
            self.values.tell(Path::Phones);
            for item in list.iter().filter(|item| !is_fax(item)) {
                self.values.put(Path::Phones, lang(item), phone(item, false, true));
            }
        }
        if let Some(list) = self.list("faxNumbers", "deleteAllFaxNumbers") {
            self.values.tell(Path::Faxes);
            let among = items(self.body.get("phoneNumbers").unwrap_or(&Value::Null)).iter().filter(|item| is_fax(item));
            for item in list.iter().chain(among) {
                self.values.put(Path::Faxes, lang(item), phone(item, false, false));
            }
        }
    }

    fn hours(&mut self) {
        if let Some(list) = self.list("serviceHours", "deleteAllServiceHours") {
            hours(&mut self.values, list);
        }
    }

    fn addresses(&mut self, member: &str, delete: &str, path: Path) {
        if let Some(list) = self.list(member, delete) {
            addresses(&mut self.values, path, list);
        }
    }

    fn charge(&mut self, delete: &str) {
        if flag(self.body, delete) {
            self.values.tell(Path::ChargeType);
        }
        self.scalar("serviceChargeType", Path::ChargeType);
    }

    fn areas(&mut self) {
        if let Some(area_type) = word(self.body, "areaType") {
            areas(&mut self.values, area_type, items(self.body.get("areas").unwrap_or(&Value::Null)));
        }
    }

    fn languages(&mut self) {
        for code in self.list("languages", "").into_iter().flatten().filter_map(Value::as_str) {
            self.values.put(Path::Languages, None, code);
        }
    }

    fn guids(&mut self, member: &str, delete: &str, path: Path) {
        let Some(list) = self.list(member, delete) else { return };
        self.values.tell(path);
        for id in list {
            let id = id.as_str().or_else(|| word(id, "id"));
            self.values.put(path, None, id.map(guid).unwrap_or_default());
        }
    }

    fn organisation(&mut self) {
        self.typed("organizationNames", "", &[("Name", Path::Name), ("AlternativeName", Path::AlternativeName)], plain);
        self.each_language("displayNameType", "", Path::DisplayName, |it| {
            word(it, "type").unwrap_or_default().to_owned()
        });
        let texts = [("Summary", Path::Summary), ("Description", Path::Description)];
        self.typed("organizationDescriptions", "", &texts, text);
        self.scalar("organizationType", Path::OrganisationType);
        self.scalar("businessCode", Path::BusinessId);
        self.scalar("oid", Path::Oid);
        let municipality = self.body.get("municipality").filter(|it| !it.is_null());
        if let Some(code) = municipality.and_then(|it| it.as_str().or_else(|| word(it, "code"))) {
            self.values.put(Path::Municipality, None, format!("{code:0>3}"));
        }
        match word(self.body, "parentOrganizationId") {
            Some(parent) => self.values.put(Path::Owner, None, guid(parent)),
            None if self.side == Side::Read => self.values.tell(Path::Owner),
            None => {}
        }
        match (word(self.body, "subAreaType"), word(self.body, "areaType")) {
            // A body has one kind of area in fields of its own.
            (Some(kind), Some(area_type)) => {
                let codes = self.body.get("areas").cloned().unwrap_or_default();
                let part = serde_json::json!({ "type": kind, "areaCodes": codes });
                areas(&mut self.values, area_type, &[part]);
            }
            _ => self.areas(),
        }
        self.each_language("emails", "deleteAllEmails", Path::Emails, email);
        self.phones("deleteAllPhones");
        self.values.forget(Path::Faxes);
        self.each_language("webPages", "deleteAllWebPages", Path::WebPages, link);
        self.addresses("addresses", "deleteAllAddresses", Path::Addresses);
        if let Some(list) = self.list("electronicInvoicings", "deleteAllElectronicInvoicings") {
            self.values.tell(Path::Invoicing);
            for item in list {
                let part = |member: &str| word(item, member).unwrap_or_default();
                let line = format!("{} {}", part("operatorCode"), part("electronicInvoicingAddress"));
                self.values.put(Path::Invoicing, None, line);
            }
        }
    }

    fn collection(&mut self) {
        self.value_of_each("serviceCollectionNames", "", Path::Name, plain);
        let texts = [("Summary", Path::Summary), ("Description", Path::Description)];
        self.typed("serviceCollectionDescriptions", "", &texts, text);
        self.scalar("organizationId", Path::Owner);
        if let Some(id) = self.body.get("organization").and_then(|it| word(it, "id")) {
            self.values.put(Path::Owner, None, guid(id));
        }
        self.guids("services", "deleteAllServices", Path::Services);
        self.guids("serviceChannels", "deleteAllChannels", Path::Channels);
    }

    fn service(&mut self, reference: &Reference) {
        let described = word(self.body, "generalDescriptionId").map(str::to_lowercase);
        match &described {
            Some(id) => self.values.put(Path::GeneralDescription, None, id.as_str()),
            None if self.side == Side::Read || flag(self.body, "deleteGeneralDescriptionId") => {
                self.values.tell(Path::GeneralDescription);
            }
            None => {}
        }
        let general = described.as_ref().and_then(|id| reference.general_descriptions.get(id));
        self.typed("serviceNames", "", &[("Name", Path::Name), ("AlternativeName", Path::AlternativeName)], plain);
        self.typed(
            "serviceDescriptions",
            "",
            &[
                ("Summary", Path::Summary),
                ("Description", Path::Description),
                ("UserInstruction", Path::UserInstruction),
                ("ProcessingTime", Path::ProcessingTime),
                ("DeadLine", Path::Deadline),
                ("ValidityTime", Path::ValidityTime),
                ("ChargeTypeAdditionalInfo", Path::ChargeText),
            ],
            text,
        );
        // Both give way to the general description's (§3.2.1).
        if described.is_none() {
            self.scalar("type", Path::ServiceType);
        }
        if general.is_none_or(|general| general.charge.is_none()) {
            self.charge("deleteServiceChargeType");
        }
        self.scalar("fundingType", Path::Funding);
        self.areas();
        self.languages();
        self.classification(reference, general);
        self.value_of_each("keywords", "deleteAllKeywords", Path::Keywords, plain);
        self.value_of_each("requirements", "", Path::Requirements, text);
        self.laws();
        if self.side == Side::Read || flag(self.body, "serviceVouchersInUse") {
            let in_use = flag(self.body, "serviceVouchersInUse");
            self.values.put(Path::VouchersInUse, None, in_use.to_string());
        }
        self.each_language("serviceVouchers", "", Path::Vouchers, link);
        self.organisations();
    }

    fn classification(&mut self, reference: &Reference, general: Option<&GeneralDescription>) {
        for (member, delete, path) in [
            ("serviceClasses", "", Path::ServiceClasses),
            ("ontologyTerms", "", Path::OntologyTerms),
            ("targetGroups", "", Path::TargetGroups),
            ("lifeEvents", "deleteAllLifeEvents", Path::LifeEvents),
            ("industrialClasses", "deleteAllIndustrialClasses", Path::IndustrialClasses),
        ] {
            let Some(list) = self.list(member, delete) else { continue };
            self.values.tell(path);
            let given = |item: &'a Value| item.as_str().or_else(|| word(item, "newUri").or_else(|| word(item, "uri")));
            let coded = |uri: &str| match path {
                Path::OntologyTerms | Path::IndustrialClasses => uri.to_owned(),
                _ => uri.rsplit('/').next().unwrap_or(uri).to_owned(),
            };
            let brought: BTreeSet<String> = general
                .into_iter()
                .flat_map(|general| brought_by(general, path))
                .map(|uri| coded(reference.newest(uri)))
                .collect();
            let mut own: BTreeSet<String> =
                list.iter().filter_map(given).map(|uri| coded(reference.newest(uri))).collect();
            own.retain(|one| !brought.contains(one));
            if path == Path::TargetGroups {
                // PTV adds the group above by itself.
                let all = own.clone();
                let above = |one: &str| all.iter().chain(&brought).any(|it| it.starts_with(&format!("{one}.")));
                own.retain(|one| !above(one));
            }
            for one in own {
                self.values.put(path, None, one);
            }
        }
    }

    fn laws(&mut self) {
        let Some(list) = self.list("legislation", "deleteAllLaws") else { return };
        self.values.tell(Path::Laws);
        for law in list {
            let names = items(law.get("names").unwrap_or(&Value::Null));
            for page in items(law.get("webPages").unwrap_or(&Value::Null)) {
                let Some(lang) = lang(page) else { continue };
                let name = names.iter().find(|name| word(name, "language") == Some(lang.code()));
                let name = name.and_then(|name| word(name, "value")).map(plain).unwrap_or_default();
                let url = word(page, "url").unwrap_or_default().to_owned();
                let line = super::lines::Link { url, name, about: String::new() }.to_string();
                self.values.put(Path::Laws, Some(lang), line);
            }
        }
    }

    /// One list with roles in a read, three members in a body (§5).
    fn organisations(&mut self) {
        if self.side == Side::Sent {
            if let Some(main) = word(self.body, "mainResponsibleOrganization") {
                self.values.put(Path::Owner, None, guid(main));
            }
            self.guids("otherResponsibleOrganizations", "", Path::OtherResponsible);
            for item in self.list("serviceProducers", "").into_iter().flatten() {
                let kind = word(item, "provisionType").unwrap_or_default();
                let about = item.get("additionalInformation");
                let organisations = items(item.get("organizations").unwrap_or(&Value::Null));
                for id in organisations.iter().filter_map(Value::as_str) {
                    self.values.put(Path::Producers, None, producer(kind, Some(id), about));
                }
                if organisations.is_empty() {
                    self.values.put(Path::Producers, None, producer(kind, None, about));
                }
            }
            return;
        }
        for path in [Path::Owner, Path::OtherResponsible, Path::Producers] {
            self.values.tell(path);
        }
        for item in items(self.body.get("organizations").unwrap_or(&Value::Null)) {
            let id = item.get("organization").and_then(|it| word(it, "id")).or_else(|| word(item, "organizationId"));
            let id_line = id.map(guid).unwrap_or_default();
            match word(item, "roleType") {
                Some("Responsible") => self.values.put(Path::Owner, None, id_line),
                Some("OtherResponsible") => self.values.put(Path::OtherResponsible, None, id_line),
                Some("Producer") => {
                    let kind = word(item, "provisionType").unwrap_or_default();
                    self.values.put(Path::Producers, None, producer(kind, id, item.get("additionalInformation")));
                }
                _ => {}
            }
        }
    }

    fn channel(&mut self, kind: SeenKind) {
        let names = [("Name", Path::Name), ("AlternativeName", Path::AlternativeName)];
        self.typed("serviceChannelNames", "", &names, plain);
        let texts = [("Summary", Path::Summary), ("Description", Path::Description)];
        self.typed("serviceChannelDescriptions", "", &texts, text);
        if kind != SeenKind::ServiceLocation {
            self.values.forget(Path::AlternativeName);
        }
        if let Some(owner) = word(self.body, "organizationId") {
            self.values.put(Path::Owner, None, guid(owner));
        }
        self.areas();
        self.languages();
        // No read shows it (§5).
        if self.side == Side::Sent {
            let shared = flag(self.body, "isVisibleForAll");
            self.values.put(Path::Shared, None, shared.to_string());
        }
        match kind {
            SeenKind::ServiceLocation => {
                self.each_language("displayNameType", "", Path::DisplayName, |it| {
                    word(it, "type").unwrap_or_default().to_owned()
                });
                self.value_of_each("emails", "deleteAllEmails", Path::Emails, plain);
                self.phones("deleteAllPhoneNumbers");
                self.each_language("webPages", "deleteAllWebPages", Path::WebPages, link);
                self.addresses("addresses", "", Path::Addresses);
            }
            SeenKind::PrintableForm => {
                self.value_of_each("formIdentifier", "deleteAllFormIdentifiers", Path::FormIdentifier, plain);
                self.addresses("deliveryAddresses", "deleteAllDeliveryAddresses", Path::DeliveryAddresses);
                self.each_language("channelUrls", "", Path::Files, |item| {
                    let kind = word(item, "type").unwrap_or_default().to_lowercase();
                    format!("{kind} {}", word(item, "value").unwrap_or_default())
                });
            }
            SeenKind::Phone => {
                for item in self.list("phoneNumbers", "").into_iter().flatten() {
                    self.values.put(Path::Phones, lang(item), phone(item, true, true));
                }
                self.url();
            }
            _ => {
                self.url();
                self.accessibility();
            }
        }
        if kind == SeenKind::EChannel {
            self.values.put(Path::Authentication, None, flag(self.body, "requiresAuthentication").to_string());
            let count = self.body.get("signatureQuantity").filter(|_| flag(self.body, "requiresSignature"));
            let count = count.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
            self.values.put(Path::Signatures, None, count.unwrap_or_else(|| "0".to_owned()));
        }
        if matches!(kind, SeenKind::EChannel | SeenKind::PrintableForm) {
            self.each_language("attachments", "deleteAllAttachments", Path::Attachments, link);
        }
        if !matches!(kind, SeenKind::ServiceLocation | SeenKind::Phone) {
            self.value_of_each("supportEmails", "deleteAllSupportEmails", Path::SupportEmails, plain);
            if let Some(list) = self.list("supportPhones", "deleteAllSupportPhones") {
                self.values.tell(Path::SupportPhones);
                for item in list {
                    self.values.put(Path::SupportPhones, lang(item), phone(item, false, true));
                }
            }
        }
        if matches!(kind, SeenKind::EChannel | SeenKind::Phone | SeenKind::ServiceLocation) {
            self.hours();
        }
    }

    /// `webPage` with a value in a body, `webPages` with an address in a read (§5). An empty list in a body clears it.
    fn url(&mut self) {
        let member = if self.side == Side::Read { "webPages" } else { "webPage" };
        if self.side == Side::Read || self.body.get(member).is_some() {
            self.values.tell(Path::Url);
        }
        for item in items(self.body.get(member).unwrap_or(&Value::Null)) {
            let url = word(item, "url").or_else(|| word(item, "value")).unwrap_or_default();
            if let Some(lang) = lang(item) {
                self.values.put(Path::Url, Some(lang), url);
            }
        }
    }

    fn accessibility(&mut self) {
        let Some(list) = self.list("accessibilityClassification", "") else { return };
        self.values.tell(Path::Accessibility);
        self.values.tell(Path::AccessibilityStatement);
        for item in list {
            let Some(lang) = lang(item) else { continue };
            let part = |member: &str| word(item, member).unwrap_or_default();
            self.values.put(Path::Accessibility, Some(lang), part("accessibilityClassificationLevel"));
            let statement =
                [part("wcagLevel"), part("accessibilityStatementWebPage"), part("accessibilityStatementWebPageName")];
            let statement: Vec<&str> = statement.into_iter().filter(|part| !part.is_empty()).collect();
            self.values.put(Path::AccessibilityStatement, Some(lang), statement.join(" "));
        }
    }
}
