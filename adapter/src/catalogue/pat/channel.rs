//! Palvelukanava (pat.md §4.5).

use super::blocks;
use super::fields::Fields;
use crate::model::channel::{Accessibility, AccessibilityLevel, FormFile};
use crate::model::{Channel, ChannelDetail, Localised};

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
        shared: fields.flag("yhteiskayttoinen").unwrap_or(false),
        hours: blocks::hours(fields, "aukioloajat"),
        support_phones: blocks::phones(fields, "tukipuhelimet"),
        support_emails: fields.localised("tukisahkoposti_kieliversiot"),
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
            let numbers = blocks::phones(fields, "puhelinnumerot");
            if numbers.is_empty() {
                fields.missing("puhelinnumerot");
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
            ChannelDetail::PrintableForm { identifier, files }
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

fn accessibility(fields: &mut Fields<'_>) -> Accessibility {
    let mut accessibility = Accessibility {
        level: AccessibilityLevel::Unknown,
        wcag: None,
        statement_name: Localised::default(),
        statement_url: Localised::default(),
    };
    fields.object("saavutettavuus", |it| {
        let level = it.required_word("taso", &AccessibilityLevel::ALL.map(|level| (level.word(), level)));
        accessibility.level = level.unwrap_or(AccessibilityLevel::Unknown);
        accessibility.wcag =
            it.word("wcag", &["LevelA", "LevelAA", "LevelAAA"].map(|word| (word, word))).map(str::to_owned);
        accessibility.statement_name = it.localised("selosteen_nimi_kieliversiot");
        accessibility.statement_url = it.localised("selosteen_osoite_kieliversiot");
    });
    accessibility
}
