//! Palvelu to `Service` (ptv-in-api.md §3.2).

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::sheet::{Sheet, Versions, service_languages};
use super::{Extent, frame, list_or_flag, organisation, plain, put_area, typed};
use crate::model::blocks::ChargeType;
use crate::model::service::{Producer, Provision, ServiceKind};
use crate::model::{Code, Entity, Finding, Kind, Localised, Service, actor};

/// What the findings of a missing user instruction are called.
const INSTRUCTION: &str = "user-instruction";

pub(super) fn body(entity: &Entity, service: &Service, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    let described = service
        .general_description
        .as_deref()
        .map(|id| (id, sheet.context.reference.general_descriptions.get(&id.to_lowercase())));
    sheet.check_versions(&Versions {
        name: &service.name,
        max_name: profile::NAME,
        summary: &service.summary,
        description: &service.description,
        description_required: described.is_none_or(|(_, it)| it.is_none_or(|it| it.described_in.is_empty())),
        may_repeat_name: false,
    });
    sheet.check_organisation_languages(service.responsible.as_ref());
    sheet.check_duplicate(&entity.key);
    if sheet.context.instruction_required {
        demand_instruction(service, sheet);
    }

    let mut body = frame(entity, sheet.context);
    put_names(&mut body, service, sheet);
    put_descriptions(&mut body, service, sheet);
    match described {
        Some((id, found)) => {
            if found.is_none() {
                sheet.withhold(
                    "pohjakuvaus_id",
                    "general-description",
                    [
                        "Pohjakuvausta ei ole PTV:ssä. Valitse voimassa oleva pohjakuvaus tai luokittele palvelu itse.",
                        "Grundbeskrivningen finns inte i SDL. Välj en giltig eller klassificera tjänsten själv.",
                        "PTV has no such general description. Choose a valid one, or classify the service yourself.",
                    ],
                );
            }
            body.insert("generalDescriptionId".into(), id.into());
        }
        None => put_classification(&mut body, service, sheet),
    }
    if service.charge == Some(ChargeType::Other) {
        sheet.warn(other_charge());
    }
    match service.charge.filter(|charge| *charge != ChargeType::Other || sheet.extent == Extent::Everything) {
        Some(charge) => {
            body.insert("serviceChargeType".into(), charge.word().into());
        }
        None => {
            body.insert("deleteServiceChargeType".into(), true.into());
        }
    }
    body.insert("fundingType".into(), service.funding.word().into());
    check_width(service, sheet);
    put_area(&mut body, service.area.as_ref(), sheet);
    body.insert("languages".into(), json!(service_languages(&service.languages, sheet)));
    put_texts(&mut body, service, sheet);
    put_organisations(&entity.key.code, &mut body, service, sheet);
    put_vouchers(&mut body, service, sheet);
    body
}

/// PTV knows the third kind of charge for phones and connections only (§3.2).
fn other_charge() -> Finding {
    Finding::warning(
        "maksullisuus",
        "charge",
        [
            "PTV:ssä palvelu on maksullinen tai maksuton; muuta arvoa ei lähetetä. Valitse toinen.".into(),
            "I SDL är en tjänst avgiftsbelagd eller avgiftsfri; ett annat värde skickas inte. Välj det ena.".into(),
            "In PTV a service is chargeable or free of charge; another value is not sent. Choose one.".into(),
        ],
    )
}

/// A service may not serve a wider area than the organisation that answers for it (§4.4). A municipality's own area is
/// the whole country in PTV.
fn check_width(service: &Service, sheet: &mut Sheet<'_, '_>) {
    let owner = service.responsible.as_ref().and_then(|code| sheet.context.view.active(Kind::Organisation, code));
    let owner = owner.and_then(|stored| stored.entity.organisation());
    let limit = owner.filter(|it| it.parent.is_some()).map_or(0, organisation::area_rank);
    let own = service.area.as_ref().map_or(2, organisation::rank);
    if own < limit {
        sheet.withhold(
            "saatavuusalue.tyyppi",
            "area",
            [
                "Palvelun alue on laajempi kuin vastuuorganisaation alue. Rajaa palvelun aluetta tai laajenna organisaation.",
                "Tjänstens område är större än den ansvariga organisationens. Begränsa det ena eller utvidga det andra.",
                "The service's area is wider than that of the organisation that answers for it. Narrow the one or widen the other.",
            ],
        );
    }
}

/// «In use» can only be switched on in PTV (§3.0.9), so false is not sent; a voucher without an address is not stored.
fn put_vouchers(body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let Some(voucher) = service.voucher.as_ref().filter(|voucher| voucher.in_use) else { return };
    body.insert("serviceVouchersInUse".into(), true.into());
    let mut links = Vec::new();
    for link in &voucher.links {
        let urls = sheet.urls("palveluseteli.linkit.osoite_kieliversiot", &link.url);
        let names = sheet.optional("palveluseteli.linkit.nimi_kieliversiot", &link.name, 1, profile::NAME);
        for (lang, url) in urls.iter() {
            links.push(json!({"language": lang.code(), "value": names.get(lang).unwrap_or(url), "url": url}));
        }
    }
    if !links.is_empty() {
        body.insert("serviceVouchers".into(), Value::Array(links));
    }
}

fn put_names(body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut names = typed("Name", &service.name.only(&languages));
    // PTV takes one alternative name per language.
    let mut first = Localised::default();
    for (lang, name) in service.alternative_names.iter().rev() {
        first.set(*lang, name.as_str());
    }
    let alternative = sheet.optional("vaihtoehtoinen_nimi_kieliversiot", &first, 1, profile::NAME);
    names.extend(typed("AlternativeName", &alternative));
    body.insert("serviceNames".into(), Value::Array(names));
}

/// The switch that makes DVV's rule of content a rule of ours: a language without a sound instruction is left out.
fn demand_instruction(service: &Service, sheet: &mut Sheet<'_, '_>) {
    let field = "toimintaohje_kieliversiot";
    let long = sheet.context.profile.long_text();
    for lang in sheet.languages() {
        match service.user_instruction.get(lang) {
            None => sheet.leave_out(rules::missing(field, lang, INSTRUCTION)),
            Some(text) => {
                let wrong = rules::too_long(field, lang, text, long, INSTRUCTION);
                let wrong = wrong.or_else(|| rules::too_short(field, lang, text, INSTRUCTION));
                if let Some(finding) = wrong {
                    sheet.leave_out(finding);
                }
            }
        }
    }
}

fn put_descriptions(body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut texts = typed("Summary", &service.summary.only(&languages));
    texts.extend(typed("Description", &service.description.only(&languages)));
    let long = sheet.context.profile.long_text();
    let instruction = sheet.optional("toimintaohje_kieliversiot", &service.user_instruction, profile::MIN_TEXT, long);
    for lang in &languages {
        if instruction.get(*lang).is_none() && service.user_instruction.get(*lang).is_none() {
            sheet.warn(rules::missing("toimintaohje_kieliversiot", *lang, INSTRUCTION));
        }
    }
    texts.extend(typed("UserInstruction", &instruction));
    for (kind, field, text) in [
        ("ProcessingTime", "kasittelyaika_kieliversiot", &service.processing_time),
        ("DeadLine", "maaraaika_kieliversiot", &service.deadline),
        ("ValidityTime", "voimassaolo_kieliversiot", &service.validity),
        ("ChargeTypeAdditionalInfo", "maksun_lisatieto_kieliversiot", &service.charge_text),
    ] {
        texts.extend(typed(kind, &sheet.optional(field, text, profile::MIN_TEXT, profile::SHORT_TEXT)));
    }
    body.insert("serviceDescriptions".into(), Value::Array(texts));
}

/// A service without a general description classifies itself; one with one sends nothing of its own, because PTV
/// drops what the general description has and reads it back unmarked (§3.2.1).
fn put_classification(body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let reference = sheet.context.reference;
    body.insert("type".into(), service.kind.unwrap_or(ServiceKind::Service).word().into());
    body.insert("deleteGeneralDescriptionId".into(), true.into());

    let classes: Vec<String> = service
        .classes
        .iter()
        .filter_map(|code| sheet.context.view.ptv_class(code))
        .map(|uri| reference.newest(uri).to_owned())
        .collect();
    let known = classes.iter().all(|uri| reference.service_classes.contains_key(uri));
    let subclass = classes.iter().any(|uri| reference.service_classes.get(uri) == Some(&false));
    if classes.is_empty() || classes.len() > profile::MAX_CLASSES || !known || !subclass {
        sheet.withhold(
            "palveluluokat",
            "Q06",
            [
                "PTV tarvitsee 1–4 tunnettua palveluluokkaa, joista vähintään yksi on alaluokka. Tarkista luokat.",
                "SDL kräver 1–4 kända serviceklasser, varav minst en är en underklass. Kontrollera klasserna.",
                "PTV needs 1–4 known service classes, at least one of them a subclass. Check the classes.",
            ],
        );
    }
    body.insert("serviceClasses".into(), json!(classes));

    let terms_known = service.terms.iter().all(|term| reference.terms.contains(term));
    if service.terms.is_empty() || service.terms.len() > profile::MAX_TERMS || !terms_known {
        sheet.withhold(
            "asiasanat",
            "Q07",
            [
                "PTV tarvitsee 1–10 KOKO-ontologian asiasanaa. Tarkista asiasanat.",
                "SDL kräver 1–10 ämnesord ur KOKO-ontologin. Kontrollera ämnesorden.",
                "PTV needs 1–10 terms of the KOKO ontology. Check the terms.",
            ],
        );
    }
    body.insert("ontologyTerms".into(), json!(service.terms));
    put_audience(body, service, sheet);
}

fn put_audience(body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let reference = sheet.context.reference;
    let groups: Vec<&str> = service.target_groups.iter().map(|uri| reference.newest(uri)).collect();
    let notation = |uri: &str| uri.rsplit('/').next().unwrap_or_default().to_owned();
    let codes: Vec<String> = groups.iter().map(|uri| notation(uri)).collect();
    let bare_business = codes.iter().any(|code| code == "KR2") && !codes.iter().any(|code| code.starts_with("KR2."));
    if groups.is_empty() || groups.iter().any(|uri| !reference.target_groups.contains(*uri)) || bare_business {
        sheet.withhold(
            "kohderyhmat",
            "Q08",
            [
                "PTV tarvitsee vähintään yhden tunnetun kohderyhmän; yrityksille (KR2) myös alaryhmän. Tarkista.",
                "SDL kräver minst en känd målgrupp; för företag (KR2) också en undergrupp. Kontrollera.",
                "PTV needs at least one known target group, and for businesses (KR2) a subgroup. Check them.",
            ],
        );
    }
    body.insert("targetGroups".into(), json!(groups));
    let citizens = codes.iter().any(|code| code.starts_with("KR1"));
    let businesses = codes.iter().any(|code| code.starts_with("KR2"));
    let newest = |uris: &[String]| uris.iter().map(|uri| reference.newest(uri).to_owned()).collect::<Vec<_>>();
    for (field, name, flag, uris, fits, known) in [
        (
            "elamantilanteet",
            "lifeEvents",
            "deleteAllLifeEvents",
            newest(&service.life_events),
            citizens,
            &reference.life_events,
        ),
        (
            "toimialat",
            "industrialClasses",
            "deleteAllIndustrialClasses",
            newest(&service.industries),
            businesses,
            &reference.industrial_classes,
        ),
    ] {
        let sound = fits && uris.iter().all(|uri| known.contains(uri));
        if !uris.is_empty() && !sound {
            sheet.warn(Finding::warning(
                field,
                "Q08",
                [
                    "Arvoja ei lähetetä: kohderyhmä puuttuu tai osoite on tuntematon. Tarkista.".into(),
                    "Värdena skickas inte: målgruppen saknas eller adressen är okänd. Kontrollera.".into(),
                    "Not sent: the target group is absent or an address unknown. Check them.".into(),
                ],
            ));
        }
        let kept = if sound || sheet.extent == Extent::Everything { uris } else { Vec::new() };
        list_or_flag(body, name, kept.into_iter().map(Value::String).collect(), flag);
    }
}

fn put_texts(body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let everything = sheet.extent == Extent::Everything;
    let mut keywords = Vec::new();
    for (lang, word) in &service.keywords {
        let wrong = rules::too_long("avainsanat_kieliversiot", *lang, word, profile::KEYWORD, "too-long");
        if (wrong.is_none() && languages.contains(lang)) || everything {
            keywords.push(json!({"language": lang.code(), "value": word}));
        }
        if let Some(finding) = wrong {
            sheet.warn(finding);
        }
    }
    list_or_flag(body, "keywords", keywords, "deleteAllKeywords");

    // Requirements can not be emptied in PTV, only replaced (§3.0.9).
    let long = sheet.context.profile.long_text();
    let requirements =
        sheet.optional("palvelunsaannin_ehdot_kieliversiot", &service.requirements, profile::MIN_TEXT, long);
    if !requirements.is_empty() {
        body.insert("requirements".into(), plain(&requirements));
    }

    let mut laws = Vec::new();
    for law in &service.laws {
        let names = sheet.optional("lait.nimet_kieliversiot", &law.name, 1, profile::SHORT_TEXT);
        let urls = sheet.urls("lait.linkit_kieliversiot", &law.url);
        let pages: Vec<Value> = urls
            .iter()
            .map(|(lang, url)| {
                // The link's name has 100 characters, the law's own 500.
                let short = [names.get(lang), Some(url)].into_iter().flatten();
                let name = short.into_iter().find(|name| rules::length(name) <= profile::NAME);
                let mut page = json!({"language": lang.code(), "url": url});
                if let (Some(page), Some(name)) = (page.as_object_mut(), name) {
                    page.insert("value".into(), name.into());
                }
                page
            })
            .collect();
        if !pages.is_empty() && !names.is_empty() {
            laws.push(json!({"names": plain(&names), "webPages": pages}));
        }
    }
    list_or_flag(body, "legislation", laws, "deleteAllLaws");
}

fn put_organisations(code: &Code, body: &mut Map<String, Value>, service: &Service, sheet: &mut Sheet<'_, '_>) {
    let main = sheet.organisation(service.responsible.as_ref());
    let others: Vec<String> = actor::other_responsible(service, sheet.context.view)
        .iter()
        .map(|code| sheet.organisation(Some(code)))
        .filter(|guid| *guid != main)
        .collect();
    if !others.is_empty() {
        body.insert("otherResponsibleOrganizations".into(), json!(others));
    }
    let named = actor::producers(code, service, sheet.context.view);
    let mut producers: Vec<Value> = named.iter().filter_map(|producer| render_producer(producer, sheet)).collect();
    if producers.is_empty() {
        producers.push(json!({"provisionType": Provision::SelfProducedServices.word(), "organizations": [main]}));
    }
    body.insert("serviceProducers".into(), Value::Array(producers));
    body.insert("mainResponsibleOrganization".into(), main.into());
}

fn render_producer(producer: &Producer, sheet: &mut Sheet<'_, '_>) -> Option<Value> {
    let organisations: Vec<String> = producer.organisations.iter().map(|code| sheet.organisation(Some(code))).collect();
    let text =
        sheet.optional("tuottajat.lisatieto_kieliversiot", &producer.text, profile::MIN_TEXT, profile::PRODUCER_TEXT);
    let mut rendered = Map::new();
    rendered.insert("provisionType".into(), producer.kind.word().into());
    if !organisations.is_empty() {
        rendered.insert("organizations".into(), json!(organisations));
    } else if producer.kind == Provision::SelfProducedServices || text.is_empty() {
        // Self-produced needs an organisation, the others one or a text (§3.2).
        return None;
    }
    if !text.is_empty() {
        rendered.insert("additionalInformation".into(), plain(&text));
    }
    Some(Value::Object(rendered))
}
