//! Asiointi and its ways (pat.md §4.9). The wire is our reconstruction: no format of Turku's was found.

use super::blocks;
use super::fields::Fields;
use crate::model::Errand;
use crate::model::errand::{ErrandChannel, ErrandChannelKind, ErrandFlags, ErrandKind};

pub(super) fn read(fields: &mut Fields<'_>) -> Errand {
    let kind = fields.required_word("asiointilaji", &ErrandKind::ALL.map(|kind| (kind.word(), kind)));
    let errand = Errand {
        kind: kind.unwrap_or(ErrandKind::Other),
        name: fields.required_name(),
        alternative_names: blocks::keywords(fields, "vaihtoehtoinen_nimi_kieliversiot"),
        description: fields.localised("kuvaus_kieliversiot"),
        user_instruction: fields.localised("toimintaohje_kieliversiot"),
        processing_time: fields.localised("kasittelyaika_kieliversiot"),
        validity: fields.localised("voimassaolo_kieliversiot"),
        costs: fields.localised("hinta_kieliversiot"),
        information: fields.localised("lisatieto_kieliversiot"),
        services: fields.references("palvelut"),
        responsible: fields.reference("vastuutaho"),
        target_groups: fields.texts("kohderyhmat", 500),
        life_events: fields.texts("elamantilanteet", 500),
        languages: blocks::languages(fields),
        web_pages: blocks::web_pages(fields, "verkkosivut"),
        channels: read_channels(fields),
        group: fields.text("ryhma", 100),
    };
    // The real registers have errands without one of these; they are kept, and the editor is told.
    for (name, absent) in [
        ("palvelut", errand.services.is_empty()),
        ("vastuutaho", errand.responsible.is_none()),
        ("kanavat", errand.channels.is_empty()),
    ] {
        if absent {
            fields.incomplete(name);
        }
    }
    errand
}

fn read_channels(fields: &mut Fields<'_>) -> Vec<ErrandChannel> {
    let mut channels = Vec::new();
    fields.list("kanavat", |row| {
        let kind = row.required_word("kanavalaji", &ErrandChannelKind::ALL.map(|kind| (kind.word(), kind)));
        let channel = row.reference("palvelukanava");
        let service_point = row.reference("palvelupiste");
        let mut flag = |name| row.flag(name).unwrap_or(false);
        let flags = ErrandFlags {
            requires_authentication: flag("tunnistautuminen"),
            electronic_processing: flag("sahkoinen_kasittely"),
            electronic_decision: flag("sahkoinen_paatos"),
            payment_enabled: flag("maksaminen"),
            saved_to_customer_folder: flag("tallennus_asiakaskansioon"),
            for_personal_customers: flag("henkiloasiakkaille"),
            for_corporate_customers: flag("yritysasiakkaille"),
        };
        let read = ErrandChannel {
            kind: kind.unwrap_or(ErrandChannelKind::WebPage),
            channel,
            service_point,
            name: row.localised("nimi_kieliversiot"),
            description: row.localised("kuvaus_kieliversiot"),
            requirements: row.localised("ehdot_kieliversiot"),
            user_instruction: row.localised("toimintaohje_kieliversiot"),
            availability: row.localised("saatavuus_kieliversiot"),
            languages: blocks::languages(row),
            web_pages: blocks::web_pages(row, "verkkosivut"),
            phones: blocks::phones(row, "puhelinnumerot"),
            emails: blocks::emails(row, "sahkopostit"),
            address: blocks::one_address(row, "osoite"),
            flags,
        };
        channels.push(read);
    });
    channels
}
