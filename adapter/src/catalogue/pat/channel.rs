//! Palvelukanava (pat.md §4.5).

use super::blocks;
use super::fields::Fields;
use std::collections::BTreeMap;

use crate::model::channel::{Accessibility, AccessibilityLevel, Attachment, Delivery, FormFile};
use crate::model::{Channel, ChannelDetail, Lang, Localised};

#[derive(Clone, Copy)]
enum Sort {
    EChannel,
    Phone,
    WebPage,
    PrintableForm,
}

pub(super) fn read(fields: &mut Fields<'_>) -> Channel {
    let sort = fields.required_word(
        "kanavalaji",
        &[
            ("sahkoinen", Sort::EChannel),
            ("puhelin", Sort::Phone),
            ("verkkosivu", Sort::WebPage),
            ("tulostettava_lomake", Sort::PrintableForm),
        ],
    );
    Channel {
        name: fields.required_name(),
        summary: fields.localised("tiivistelma_kieliversiot"),
        description: fields.localised("kuvaus_kieliversiot"),
        organisation: fields.reference("organisaatio"),
        languages: blocks::languages(fields),
        area: blocks::area(fields, "saatavuusalue"),
        shared: fields.flag("yhteiskayttoinen"),
        hours: blocks::hours(fields, "aukioloajat"),
        support_phones: blocks::phones(fields, "tukipuhelimet"),
        support_emails: fields.texts("tukisahkopostit", 200),
        services: fields.references("palvelut"),
        attachments: attachments(fields),
        detail: read_detail(sort.unwrap_or(Sort::WebPage), fields),
    }
}

fn read_detail(sort: Sort, fields: &mut Fields<'_>) -> ChannelDetail {
    match sort {
        Sort::EChannel => {
            let authentication = fields.flag("tunnistautuminen");
            if authentication.is_none() {
                fields.missing("tunnistautuminen");
            }
            let must_sign = fields.flag("allekirjoitus").unwrap_or(false);
            let count = fields.number("allekirjoitusten_maara");
            ChannelDetail::EChannel {
                url: required_url(fields),
                authentication: authentication.unwrap_or(true),
                signatures: must_sign.then(|| count.unwrap_or(1)),
                accessibility: accessibility(fields),
            }
        }
        Sort::Phone => {
            let numbers = blocks::phones(fields, "numerot");
            if numbers.is_empty() {
                fields.missing("numerot");
            }
            ChannelDetail::Phone { numbers, url: fields.localised("osoite_kieliversiot") }
        }
        Sort::WebPage => ChannelDetail::WebPage { url: required_url(fields), accessibility: accessibility(fields) },
        Sort::PrintableForm => {
            let identifier = fields.localised("lomaketunniste_kieliversiot");
            let mut files = Vec::new();
            fields.list("tiedostot", |row| {
                let kind = row.required_word("tyyppi", &["PDF", "DOC", "Excel", "rtf", "odt"].map(|word| (word, word)));
                let url = row.localised("osoite_kieliversiot");
                if url.is_empty() {
                    row.missing("osoite_kieliversiot");
                }
                files.extend(kind.map(|kind| FormFile { kind: kind.to_owned(), url }));
            });
            if files.is_empty() {
                fields.missing("tiedostot");
            }
            let mut delivery = None;
            fields.object("toimitusosoite", |it| {
                delivery = Some(Delivery {
                    receiver: it.localised("vastaanottaja_kieliversiot"),
                    instruction: it.localised("ohje_kieliversiot"),
                    address: blocks::address(it),
                });
            });
            ChannelDetail::PrintableForm { identifier, files, delivery }
        }
    }
}

fn required_url(fields: &mut Fields<'_>) -> Localised {
    let url = fields.localised("osoite_kieliversiot");
    if url.is_empty() {
        fields.missing("osoite_kieliversiot");
    }
    url
}

/// `saavutettavuus_kieliversiot`: one block per language.
fn accessibility(fields: &mut Fields<'_>) -> BTreeMap<Lang, Accessibility> {
    let mut versions = BTreeMap::new();
    fields.object("saavutettavuus_kieliversiot", |it| {
        for (lang, member) in blocks::LANGUAGE_MEMBERS {
            it.object(member, |row| {
                let level = row.required_word("taso", &AccessibilityLevel::ALL.map(|level| (level.word(), level)));
                let wcag = row.word("wcag_taso", &["LevelA", "LevelAA", "LevelAAA"].map(|word| (word, word)));
                let version = Accessibility {
                    level: level.unwrap_or(AccessibilityLevel::Unknown),
                    wcag: wcag.map(str::to_owned),
                    statement_name: row.text("seloste_nimi", 500),
                    statement_url: row.text("seloste_osoite", 2_000),
                };
                versions.insert(lang, version);
            });
        }
    });
    versions
}

fn attachments(fields: &mut Fields<'_>) -> Vec<Attachment> {
    let mut attachments = Vec::new();
    fields.list("liitteet", |row| {
        attachments.push(Attachment {
            name: row.localised("nimi_kieliversiot"),
            description: row.localised("kuvaus_kieliversiot"),
            url: row.localised("osoite_kieliversiot"),
        });
    });
    attachments
}
