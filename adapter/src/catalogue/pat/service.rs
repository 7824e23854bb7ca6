//! Palvelu, palveluluokka, palvelutarjous and palvelukokonaisuus (pat.md §4.1, 4.2, 4.4, 4.17).

use super::blocks;
use super::fields::Fields;
use crate::model::service::{Funding, Producer, Provision, ServiceKind, Voucher};
use crate::model::{Class, Collection, Offer, Service};

pub(super) fn read_service(fields: &mut Fields<'_>) -> Service {
    let mut voucher = None;
    fields.object("palveluseteli", |it| {
        let in_use = it.flag("kaytossa").unwrap_or(false);
        voucher = Some(Voucher { in_use, links: blocks::web_pages(it, "linkit") });
    });
    let mut types = Vec::new();
    fields.list("palvelutyypit", |row| {
        let name = row.localised("nimi_kieliversiot");
        types.extend(row.required_code("koodi").map(|code| (code, name)));
    });
    // Offers name their services themselves.
    fields.references("palvelutarjoukset");
    Service {
        name: fields.required_name(),
        alternative_names: blocks::keywords(fields, "vaihtoehtoinen_nimi_kieliversiot"),
        summary: fields.localised("tiivistelma_kieliversiot"),
        description: fields.localised("kuvaus_kieliversiot"),
        user_instruction: fields.localised("toimintaohje_kieliversiot"),
        requirements: fields.localised("palvelunsaannin_ehdot_kieliversiot"),
        processing_time: fields.localised("kasittelyaika_kieliversiot"),
        deadline: fields.localised("maaraaika_kieliversiot"),
        validity: fields.localised("voimassaolo_kieliversiot"),
        charge: blocks::charge(fields, "maksullisuus"),
        charge_text: fields.localised("maksun_lisatieto_kieliversiot"),
        kind: fields.word("ptv_tyyppi", &ServiceKind::ALL.map(|kind| (kind.word(), kind))),
        statutory: fields.flag("lakisaateinen").unwrap_or(false),
        funding: fields
            .word("rahoitus", &[Funding::PubliclyFunded, Funding::MarketFunded].map(|it| (it.word(), it)))
            .unwrap_or(Funding::PubliclyFunded),
        classes: fields.references("palveluluokat"),
        terms: fields.texts("asiasanat", 500),
        keywords: blocks::keywords(fields, "avainsanat_kieliversiot"),
        target_groups: fields.texts("kohderyhmat", 500),
        life_events: fields.texts("elamantilanteet", 500),
        industries: fields.texts("toimialat", 500),
        laws: blocks::laws(fields, "lait"),
        general_description: fields.text("pohjakuvaus_id", 100),
        languages: blocks::languages(fields),
        area: blocks::area(fields, "saatavuusalue"),
        responsible: fields.reference("vastuuorganisaatio"),
        other_responsible: fields.references("muut_vastuuorganisaatiot"),
        producers: read_producers(fields),
        participations: super::actor::participations(fields),
        voucher,
        parent: fields.reference("ylapalvelu"),
        types,
        page: fields.localised("sivu_kieliversiot"),
        web_pages: blocks::web_pages(fields, "verkkosivut"),
        information: fields.localised("lisatieto_kieliversiot"),
        availability: fields.localised("saatavuus_kieliversiot"),
        group: fields.text("ryhma", 100),
    }
}

fn read_producers(fields: &mut Fields<'_>) -> Vec<Producer> {
    let mut producers = Vec::new();
    fields.list("tuottajat", |row| {
        let kind = row.required_word("toteutustapa", &Provision::ALL.map(|kind| (kind.word(), kind)));
        let organisations = row.references("toimijat");
        let text = row.localised("lisatieto_kieliversiot");
        if organisations.is_empty() && text.is_empty() {
            row.missing("toimijat");
        }
        producers.extend(kind.map(|kind| Producer { kind, organisations, text }));
    });
    producers
}

pub(super) fn read_class(fields: &mut Fields<'_>) -> Class {
    // Membership stands on the service as well; the list on the class is the same relation from the other side.
    fields.references("palvelut");
    Class {
        name: fields.required_name(),
        parent: fields.text("ylatason_koodi", 100).and_then(|code| code.parse().ok()),
        ptv_uri: fields.text("ptv_luokka_uri", 500),
    }
}

pub(super) fn read_offer(fields: &mut Fields<'_>) -> Offer {
    let mut offer = Offer {
        name: fields.required_name(),
        description: fields.localised("kuvaus_kieliversiot"),
        terms: fields.localised("palvelunsaanninEhdot_kieliversiot"),
        services: fields.references("palvelut"),
        service_point: fields.reference("palvelupiste"),
        channels: fields.references("palvelukanavat"),
        hours: blocks::hours(fields, "aukioloajat"),
        prices: blocks::prices(fields, "hinnat"),
        phones: Vec::new(),
        emails: Vec::new(),
        web_pages: Vec::new(),
        addresses: Vec::new(),
        target_groups: fields.texts("kohderyhmat", 500),
        municipalities: municipalities(fields),
        actor: fields.code("toimija_id"),
    };
    fields.object("yhteystiedot", |it| {
        offer.phones = blocks::phones(it, "puhelinnumerot");
        offer.emails = blocks::emails(it, "sahkopostit");
        offer.web_pages = blocks::web_pages(it, "verkkosivut");
        it.list("osoitteet", |row| offer.addresses.push(blocks::address(row)));
    });
    for (name, absent) in [
        ("palvelut", offer.services.is_empty()),
        ("palvelupiste", offer.service_point.is_none() && offer.channels.is_empty()),
    ] {
        if absent {
            fields.warn(
                name,
                "incomplete",
                [
                    "Tieto puuttuu. Tarjous tallennetaan luonnoksena, eikä sitä näytetä eikä lähetetä: täydennä kenttä.",
                    "Uppgiften saknas. Utbudet sparas som utkast och varken visas eller skickas: fyll i fältet.",
                    "Absent. The offer is kept as a draft, neither shown nor sent: fill it in.",
                ],
            );
        }
    }
    offer
}

/// Three digits each; a number without its zeros is completed.
fn municipalities(fields: &mut Fields<'_>) -> Vec<String> {
    let given = fields.texts("kuntasaatavuudet", 10);
    let (sound, wrong): (Vec<_>, Vec<_>) = given
        .into_iter()
        .map(|code| format!("{:0>3}", code.trim()))
        .partition(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
    if !wrong.is_empty() {
        fields.report(
            "kuntasaatavuudet",
            "invalid-field",
            [
                "Kuntakoodissa on kolme numeroa, esimerkiksi 853.",
                "En kommunkod har tre siffror, till exempel 853.",
                "A municipality code has three digits, such as 853.",
            ],
        );
    }
    sound
}

pub(super) fn read_collection(fields: &mut Fields<'_>) -> Collection {
    let collection = Collection {
        name: fields.required_name(),
        summary: fields.localised("tiivistelma_kieliversiot"),
        description: fields.localised("kuvaus_kieliversiot"),
        organisation: fields.reference("organisaatio"),
        services: fields.references("palvelut"),
        channels: fields.references("kanavat"),
        service_points: fields.references("palvelupisteet"),
    };
    if collection.services.is_empty() {
        fields.incomplete("palvelut");
    }
    collection
}
