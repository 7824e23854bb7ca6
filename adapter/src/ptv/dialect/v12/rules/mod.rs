//! What v12's request schemas demand (ptv-v12.md §6.2), as findings with the PAT field's own name. Our copy: the simulator
//! has its own.
//!
//! Version 11 is what is written today, so nothing is withheld for these: they are warnings of what will not pass when
//! writing moves ([`tomorrow`]). A write of v12 itself is refused before it is sent ([`check`]).

mod shape;
mod value;

use serde_json::Value;

use self::value::{Bound, Judge, at_most, needed};
use super::render::{self, Form};
use super::{Choices, render::Rendered};
use crate::model::{Finding, Lang};
use crate::ptv::reference::Reference;

pub use self::value::rendered_length;

const SHORT: usize = 150;
const LONG: usize = 5000;

/// A warning about v12.
pub(super) fn coming(field: &str, lang: Option<Lang>, rule: &'static str, texts: [String; 3]) -> Finding {
    let field = match lang.filter(|_| field.ends_with("_kieliversiot")) {
        Some(lang) => format!("{field}.{lang}"),
        None => field.to_owned(),
    };
    let finding = Finding::warning(field, rule, texts);
    match lang {
        Some(lang) => finding.in_language(lang),
        None => finding,
    }
}

/// Whether a finding tells that v12 would refuse, or lose, something.
pub fn is_coming(finding: &Finding) -> bool {
    finding.rule.starts_with("v12-") && finding.rule != "v12-default"
}

/// What will not pass of a body that v11 takes today, what is lost, and what is filled in: warnings.
pub fn tomorrow(form: Form, body: &Value, reference: &Reference, choices: &Choices) -> Vec<Finding> {
    let Rendered { body, notes, .. } = render::entity(form, body, reference, choices);
    let mut all = notes;
    all.extend(check(form, &body));
    all.dedup();
    all
}

/// What v12 would refuse of a request. Empty when it may be sent.
pub fn check(form: Form, request: &Value) -> Vec<Finding> {
    let mut judge = Judge::default();
    shape::check(form, request, &mut judge);
    match form {
        Form::Organisation => organisation(request, &mut judge),
        Form::Service => service(request, &mut judge),
        channel => self::channel(channel, request, &mut judge),
    }
    judge.area(request.get("area").unwrap_or(&Value::Null));
    judge.findings
}

fn versions(request: &Value) -> impl Iterator<Item = (Option<Lang>, &Value)> {
    let all = request.get("languageVersions").and_then(Value::as_object).into_iter().flatten();
    all.map(|(code, version)| (Lang::from_code(code), version))
}

fn service(request: &Value, judge: &mut Judge) {
    for (member, field, max) in [
        ("ontologyTerms", "asiasanat", 10),
        ("serviceClasses", "palveluluokat", 4),
        ("targetGroups", "kohderyhmat", usize::MAX),
        ("lifeEvents", "elamantilanteet", usize::MAX),
        ("industrialClasses", "toimialat", usize::MAX),
    ] {
        judge.list(request, member, field, max);
    }
    for (member, field) in
        [("targetGroups", "kohderyhmat"), ("lifeEvents", "elamantilanteet"), ("serviceClasses", "palveluluokat")]
    {
        let coded = |it: &Value| it.as_str().is_some_and(|it| it.contains("://"));
        if value::items(request, member).iter().any(coded) {
            judge.wrong(field, None, "v12-code");
        }
    }
    if request.get("fundingType").is_none_or(Value::is_null) {
        judge.missing("rahoitus", None);
    }
    judge.served_in(request);
    let producers = request.get("producers").unwrap_or(&Value::Null);
    for (group, with_others) in
        [("selfProducedProducers", false), ("procuredProducers", true), ("otherProducers", true)]
    {
        let of = producers.get(group).filter(|it| it.is_object());
        if of.is_none_or(|of| of.get("organizations").is_none() || (with_others && of.get("other").is_none())) {
            judge.missing(&format!("tuottajat ({group})"), None);
        }
        for other in of.map(|of| value::items(of, "other")).unwrap_or_default() {
            judge.texts(other.get("name"), "tuottajat.lisatieto_kieliversiot", SHORT);
        }
    }
    for (lang, version) in versions(request) {
        judge.short(version, "name", "nimi_kieliversiot", lang, needed(100));
        judge.short(version, "alternativeName", "vaihtoehtoinen_nimi_kieliversiot", lang, at_most(100));
        judge.short(version, "summary", "tiivistelma_kieliversiot", lang, needed(SHORT));
        for (member, field) in [
            ("description", "kuvaus_kieliversiot"),
            ("userInstructions", "toimintaohje_kieliversiot"),
            ("conditions", "palvelunsaannin_ehdot_kieliversiot"),
        ] {
            judge.long(version, member, field, lang, at_most(LONG));
        }
        judge.long(version, "chargeTypeAdditionalInformation", "maksun_lisatieto_kieliversiot", lang, at_most(500));
        for (member, field) in [
            ("processingTimeAdditionalInformation", "kasittelyaika_kieliversiot"),
            ("deadlineAdditionalInformation", "maaraaika_kieliversiot"),
            ("validityTimeAdditionalInformation", "voimassaolo_kieliversiot"),
        ] {
            judge.long(version, member, field, lang, at_most(700));
        }
        for keyword in value::items(version, "freelyAssignedKeywords") {
            judge.words(keyword, "avainsanat_kieliversiot", lang, 100);
        }
        for link in value::items(version, "legislationLinks") {
            judge.short(link, "name", "lait.nimet_kieliversiot", lang, needed(500));
            judge.url(link, "url", "lait.linkit_kieliversiot", lang, true);
        }
        let voucher = version.get("voucher").unwrap_or(&Value::Null);
        judge.short(voucher, "additionalInformation", "palveluseteli", lang, at_most(500));
        for link in value::items(voucher, "urls") {
            judge.short(link, "name", "palveluseteli.linkit.nimi_kieliversiot", lang, needed(100));
            judge.url(link, "url", "palveluseteli.linkit.osoite_kieliversiot", lang, true);
            judge.short(link, "additionalInformation", "palveluseteli", lang, at_most(500));
        }
    }
}

fn channel(form: Form, request: &Value, judge: &mut Judge) {
    judge.served_in(request);
    let place = form == Form::ServiceLocation;
    let signature = request.pointer("/electronicSignature/numberOfRequiredSignatures").and_then(Value::as_u64);
    if signature.is_some_and(|count| !(1..=9).contains(&count)) {
        judge.wrong("allekirjoitukset", None, "v12-signatures");
    }
    if place {
        judge.addresses(request, "fyysinenPaikka.osoitteet");
    }
    for item in value::items(request, "deliveryAddresses") {
        judge.delivery(item);
    }
    for (lang, version) in versions(request) {
        judge.short(version, "name", "nimi_kieliversiot", lang, needed(300));
        judge.short(version, "alternativeName", "vaihtoehtoinen_nimi_kieliversiot", lang, at_most(300));
        judge.short(version, "summary", "tiivistelma_kieliversiot", lang, needed(SHORT));
        judge.long(version, "description", "kuvaus_kieliversiot", lang, needed(LONG));
        let named = matches!(form, Form::EService | Form::WebPage);
        if let Some(address) = version.get("webAddress") {
            judge.url(address, "url", "osoite_kieliversiot", lang, named);
            judge.short(address, "name", "osoite_kieliversiot", lang, Bound { max: 500, needed: named });
        }
        for link in value::items(version, "attachmentLinks") {
            judge.short(link, "name", "liitteet.nimi_kieliversiot", lang, needed(100));
            judge.url(link, "url", "liitteet.osoite_kieliversiot", lang, true);
            judge.short(link, "additionalInformation", "liitteet.kuvaus_kieliversiot", lang, at_most(500));
        }
        if form == Form::PrintableForm {
            judge.short(version, "formIdentifier", "lomaketunniste_kieliversiot", lang, at_most(100));
            let files = value::items(version, "formFiles");
            if files.is_empty() {
                judge.missing("tiedostot.osoite_kieliversiot", lang);
            }
            for file in files {
                judge.short(file, "name", "tiedostot.osoite_kieliversiot", lang, needed(100));
                judge.url(file, "url", "tiedostot.osoite_kieliversiot", lang, true);
            }
        }
        let phones = [("phoneNumbers", "numerot"), ("supportPhoneNumbers", "tukipuhelimet")];
        for (member, field) in phones.into_iter().chain([("contactPhoneNumbers", "puhelimet")]) {
            judge.phones(version, member, field, lang);
        }
        judge.emails(version, "supportEmails", "tukisahkopostit", lang);
        judge.emails(version, "contactEmails", "sahkoposti", lang);
        judge.pages(version, "contactWebPages", "verkkosivut", lang);
    }
}

fn organisation(request: &Value, judge: &mut Judge) {
    let id = request.get("businessId").and_then(Value::as_str).unwrap_or_default();
    if !is_business_id(id) {
        judge.missing("ytunnus", None);
    }
    let oid = request.get("oid").and_then(Value::as_str).unwrap_or("1");
    if oid.len() > 50 || !oid.split('.').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit())) {
        judge.wrong("oid", None, "v12-form");
    }
    for item in value::items(request, "eInvoiceAddresses") {
        judge.short(item, "address", "verkkolaskuosoitteet", None, needed(100));
        judge.short(item, "intermediatorCode", "verkkolaskuosoitteet", None, at_most(100));
    }
    judge.addresses(request, "osoitteet");
    for (lang, version) in versions(request) {
        judge.short(version, "name", "nimi_kieliversiot", lang, needed(100));
        judge.short(version, "alternativeName", "vaihtoehtoinen_nimi_kieliversiot", lang, at_most(100));
        judge.short(version, "summary", "tiivistelma_kieliversiot", lang, needed(SHORT));
        judge.long(version, "description", "kuvaus_kieliversiot", lang, at_most(2500));
        judge.phones(version, "contactPhoneNumbers", "puhelimet", lang);
        judge.emails(version, "contactEmails", "sahkopostit", lang);
        for email in value::items(version, "contactEmails") {
            judge.short(email, "additionalInformation", "sahkopostit.kuvaus_kieliversiot", lang, at_most(SHORT));
        }
        judge.pages(version, "contactWebPages", "verkkosivut", lang);
    }
}

fn is_business_id(id: &str) -> bool {
    id.split_once('-').is_some_and(|(number, check)| {
        number.len() == 7 && check.len() == 1 && (number.bytes().chain(check.bytes())).all(|b| b.is_ascii_digit())
    })
}
