//! The shared blocks of PAT records (pat.md §4.10–4.14).

use super::fields::Fields;
use crate::model::blocks::{
    Address, Area, AreaCodes, AreaKind, ChargeType, Email, Hours, HoursKind, Keyword, Law, Phone, PhoneKind, Point,
    Price, Term, WebPage,
};
use crate::model::{Lang, Localised};

/// URLs and short labels.
const MAX_LINE_CHARS: usize = 2_000;

pub(super) fn hours(fields: &mut Fields<'_>, name: &'static str) -> Vec<Hours> {
    let mut rows = Vec::new();
    fields.list(name, |row| {
        let kind = row.required_word("aukiolotyyppi", &HoursKind::ALL.map(|kind| (kind.word(), kind)));
        let days = weekdays(row);
        let opens = row.time("avaamisaika");
        let closes = row.time("sulkemisaika");
        let valid_from = row.date("voimassaoloAlkamishetki");
        let valid_to = row.date("voimassaoloPaattymishetki");
        let text = row.localised("kuvaus_kieliversiot");
        let by_appointment = row.flag("ajanvaraus").unwrap_or(false);
        if opens.is_some() != closes.is_some() {
            row.missing(if opens.is_some() { "sulkemisaika" } else { "avaamisaika" });
        }
        if let Some(kind) = kind {
            rows.push(Hours { kind, days, opens, closes, valid_from, valid_to, text, by_appointment });
        }
    });
    rows
}

/// `viikonpaiva`: "3" or "1-5".
fn weekdays(row: &mut Fields<'_>) -> Option<(u8, u8)> {
    let text = row.text("viikonpaiva", 10)?;
    let (first, last) = text.split_once('-').unwrap_or((&text, &text));
    let day = |text: &str| text.trim().parse::<u8>().ok().filter(|day| (1..=7).contains(day));
    let days = day(first).zip(day(last)).filter(|(first, last)| first <= last);
    if days.is_none() {
        row.report(
            "viikonpaiva",
            "invalid-field",
            [
                "Viikonpäivä on numero 1–7 (1 = maanantai) tai väli, esimerkiksi 1-5.",
                "Veckodagen är ett tal 1–7 (1 = måndag) eller ett intervall, till exempel 1-5.",
                "A weekday is a number 1–7 (1 = Monday) or a range such as 1-5.",
            ],
        );
    }
    days
}

pub(super) fn phones(fields: &mut Fields<'_>, name: &'static str) -> Vec<Phone> {
    let mut phones = Vec::new();
    fields.list(name, |row| {
        let country = row.text("maakoodi", 8).map(|code| code.trim_start_matches('+').to_owned());
        let number = row.required_text("numero", 60);
        let mut kind = PhoneKind::Phone;
        row.object("numerotyyppi", |it| {
            let label = it.suffixed(&[(Lang::Fi, "teksti_fi"), (Lang::Sv, "teksti_sv"), (Lang::En, "teksti_en")]);
            kind = phone_kind(label.any());
        });
        let description = row.localised("kuvaus_kieliversiot");
        let charge = charge(row, "maksullisuus");
        let charge_text = row.localised("maksun_kuvaus_kieliversiot");
        let national = row.flag("valtakunnallinen_palvelunumero").unwrap_or(false);
        phones.push(Phone { country, number, kind, description, charge, charge_text, national });
    });
    phones
}

/// Type names are free text on the wire (pat.md §4.14).
fn phone_kind(label: &str) -> PhoneKind {
    let label = label.to_lowercase();
    if label.contains("fax") || label.contains("faksi") {
        PhoneKind::Fax
    } else if label.contains("tekstiviesti") || label.contains("sms") {
        PhoneKind::Sms
    } else {
        PhoneKind::Phone
    }
}

pub(super) fn charge(fields: &mut Fields<'_>, name: &'static str) -> Option<ChargeType> {
    fields.word(name, &[ChargeType::Chargeable, ChargeType::FreeOfCharge, ChargeType::Other].map(|it| (it.word(), it)))
}

pub(super) fn prices(fields: &mut Fields<'_>, name: &'static str) -> Vec<Price> {
    let mut prices = Vec::new();
    fields.list(name, |row| {
        prices.push(Price {
            kind: row.text("hinnoittelutyyppi", 200).unwrap_or_default(),
            text: row.localised("kuvaus_kieliversiot"),
            amount: row.localised("hinta_kieliversiot"),
        });
    });
    prices
}

pub(super) fn area(fields: &mut Fields<'_>, name: &'static str) -> Option<Area> {
    let mut area = None;
    fields.object(name, |it| {
        let kind =
            it.required_word("tyyppi", &[("Nationwide", 0), ("NationwideExceptAlandIslands", 1), ("LimitedType", 2)]);
        let mut limited = Vec::new();
        it.list("alueet", |row| {
            let kind = row.required_word("tyyppi", &AreaKind::ALL.map(|kind| (kind.word(), kind)));
            let codes = row.texts("koodit", 20);
            if kind == Some(AreaKind::HospitalDistrict) {
                row.warn(
                    "tyyppi",
                    "legacy-area",
                    [
                        "Sairaanhoitopiirit lakkasivat vuonna 2023. Käytä hyvinvointialueita (WellbeingServiceCounties).",
                        "Sjukvårdsdistrikten upphörde år 2023. Använd välfärdsområden (WellbeingServiceCounties).",
                        "Hospital districts ended in 2023. Use the wellbeing services counties (WellbeingServiceCounties).",
                    ],
                );
            }
            if let Some(kind) = kind {
                limited.push(AreaCodes { kind, codes });
            }
        });
        area = match kind {
            Some(0) => Some(Area::Nationwide),
            Some(1) => Some(Area::NationwideExceptAlandIslands),
            Some(_) => Some(Area::Limited(limited)),
            None => None,
        };
    });
    area
}

pub(super) fn laws(fields: &mut Fields<'_>, name: &'static str) -> Vec<Law> {
    let mut laws = Vec::new();
    fields.list(name, |row| {
        laws.push(Law { name: row.localised("nimet_kieliversiot"), url: row.localised("linkit_kieliversiot") });
    });
    laws
}

pub(super) fn web_pages(fields: &mut Fields<'_>, name: &'static str) -> Vec<WebPage> {
    let mut pages = Vec::new();
    fields.list(name, |row| {
        pages.push(WebPage { url: row.localised("osoite_kieliversiot"), name: row.localised("nimi_kieliversiot") });
    });
    pages
}

/// `[{koodi, nimi_kieliversiot}]`; one of the two is enough.
pub(super) fn terms(fields: &mut Fields<'_>, name: &'static str) -> Vec<Term> {
    let mut terms = Vec::new();
    fields.list(name, |row| {
        let term = Term { code: row.text("koodi", 100), name: row.localised("nimi_kieliversiot") };
        if term == Term::default() {
            row.missing("koodi");
        }
        terms.push(term);
    });
    terms
}

/// An address in an object of its own.
pub(super) fn one_address(fields: &mut Fields<'_>, name: &'static str) -> Option<Address> {
    let mut address = None;
    fields.object(name, |it| address = Some(self::address(it)));
    address
}

/// `[{osoite, kuvaus_kieliversiot}]`
pub(super) fn emails(fields: &mut Fields<'_>, name: &'static str) -> Vec<Email> {
    let mut emails = Vec::new();
    fields.list(name, |row| {
        let address = row.required_text("osoite", 200);
        emails.push(Email { address, description: row.localised("kuvaus_kieliversiot") });
    });
    emails
}

/// `avainsanat_kieliversiot`: a list of words per language.
pub(super) fn keywords(fields: &mut Fields<'_>, name: &'static str) -> Vec<Keyword> {
    let mut keywords = Vec::new();
    fields.object(name, |it| {
        for (lang, member) in LANGUAGE_MEMBERS {
            keywords.extend(it.texts(member, MAX_LINE_CHARS).into_iter().map(|word| (lang, word)));
        }
    });
    keywords
}

pub(super) const LANGUAGE_MEMBERS: [(Lang, &str); 6] =
    [(Lang::Fi, "fi"), (Lang::Sv, "sv"), (Lang::En, "en"), (Lang::Se, "se"), (Lang::Smn, "smn"), (Lang::Sms, "sms")];

pub(super) fn address(row: &mut Fields<'_>) -> Address {
    let street = row.suffixed(&[(Lang::Fi, "katuosoite_fi"), (Lang::Sv, "katuosoite_sv"), (Lang::En, "katuosoite_en")]);
    let post_office = row.suffixed(&[
        (Lang::Fi, "postitoimipaikka_fi"),
        (Lang::Sv, "postitoimipaikka_sv"),
        (Lang::En, "postitoimipaikka_en"),
    ]);
    let post_box =
        row.suffixed(&[(Lang::Fi, "postilokero_fi"), (Lang::Sv, "postilokero_sv"), (Lang::En, "postilokero_en")]);
    let postal_code = row.text("postinumero", 20);
    let mut municipality = None;
    let mut municipality_name = Localised::default();
    row.object("kunta", |it| {
        municipality = it.text("koodi", 10);
        municipality_name = it.suffixed(&[(Lang::Fi, "nimi_fi"), (Lang::Sv, "nimi_sv"), (Lang::En, "nimi_en")]);
    });
    Address { street, post_box, postal_code, post_office, municipality, municipality_name }
}

/// `leveysaste` is latitude, `pituusaste` longitude, decimal degrees as text (pat.md §2).
pub(super) fn point(place: &mut Fields<'_>) -> Option<Point> {
    let latitude = place.text("leveysaste", 40);
    let longitude = place.text("pituusaste", 40);
    for (name, value, limit) in [("leveysaste", &latitude, 90.0), ("pituusaste", &longitude, 180.0)] {
        let sound = value.as_ref().is_none_or(|text| text.trim().parse::<f64>().is_ok_and(|it| it.abs() <= limit));
        if !sound {
            place.report(
                name,
                "invalid-field",
                [
                    "Koordinaatti on WGS84-asteina desimaalilukuna, esimerkiksi 60.4379.",
                    "Koordinaten anges i WGS84-grader som decimaltal, till exempel 60.4379.",
                    "A coordinate is a decimal number of WGS84 degrees, such as 60.4379.",
                ],
            );
            return None;
        }
    }
    latitude.zip(longitude).map(|(latitude, longitude)| Point { latitude, longitude })
}

pub(super) fn languages(fields: &mut Fields<'_>) -> Vec<String> {
    fields.texts("kielet", 10)
}
