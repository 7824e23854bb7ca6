//! What the templates have: the columns of each kind of record, with their headings, and what a cell of them is.
//!
//! A small municipality's whole catalogue fits; what PAT has beyond these columns needs a CMS or Silta's JSON.

use super::cells::Shape;
use crate::model::Kind;

/// A column: where its value stands in the record, and what it is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// `nimi_kieliversiot.fi`, `fyysinenPaikka.osoitteet[0].postinumero`.
    pub(super) path: &'static str,
    pub(super) fi: &'static str,
    pub(super) sv: &'static str,
    pub(super) shape: Shape,
    /// What to write, in Finnish and Swedish.
    pub(super) help: [&'static str; 2],
}

/// The kinds that have a template.
pub const KINDS: [Kind; 5] = [Kind::Service, Kind::Channel, Kind::ServicePoint, Kind::Organisation, Kind::Offer];

/// The name of a kind's sheet, in Finnish and Swedish.
pub(super) fn sheet_name(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Service => ["Palvelut", "Tjänster"],
        Kind::Channel => ["Palvelukanavat", "Servicekanaler"],
        Kind::ServicePoint => ["Palvelupisteet", "Serviceställen"],
        Kind::Organisation => ["Organisaatiot", "Organisationer"],
        _ => ["Palvelutarjoukset", "Tjänsteutbud"],
    }
}

/// A closed list: the record's word, and what people call it in Finnish and Swedish.
pub(super) type Words = &'static [(&'static str, &'static str, &'static str)];

const STATES: Words = &[
    ("1", "julkaistu", "publicerad"),
    ("2", "luonnos", "utkast"),
    ("3", "piilotettu", "dold"),
    ("4", "arkistoitu", "arkiverad"),
    ("9", "poistettu", "borttagen"),
];
const CHARGES: Words = &[
    ("Chargeable", "maksullinen", "avgiftsbelagd"),
    ("FreeOfCharge", "maksuton", "avgiftsfri"),
    ("Other", "muu maksu", "annan avgift"),
];
const SERVICE_KINDS: Words = &[
    ("Service", "palvelu", "tjänst"),
    ("PermitOrObligation", "lupa tai muu velvoite", "tillstånd eller annan skyldighet"),
    ("ProfessionalQualification", "ammattipätevyys", "yrkeskvalifikation"),
];
const CHANNEL_SORTS: Words = &[
    ("sahkoinen", "sähköinen asiointi", "e-tjänst"),
    ("puhelin", "puhelin", "telefon"),
    ("verkkosivu", "verkkosivu", "webbsida"),
    ("tulostettava_lomake", "tulostettava lomake", "utskrivbar blankett"),
];
const ORGANISATIONS: Words = &[
    ("State", "valtio", "stat"),
    ("Municipality", "kunta", "kommun"),
    ("RegionalOrganization", "alueellinen yhteistoimintaorganisaatio", "regional samarbetsorganisation"),
    ("Organization", "järjestö", "organisation"),
    ("Company", "yritys", "företag"),
];
const FILES: Words = &[
    ("PDF", "PDF", "PDF"),
    ("DOC", "DOC", "DOC"),
    ("Excel", "Excel", "Excel"),
    ("rtf", "rtf", "rtf"),
    ("odt", "odt", "odt"),
];

const NONE: [&str; 2] = ["", ""];
const LIST: [&str; 2] =
    ["Useita: erota puolipisteellä tai rivinvaihdolla.", "Flera: skilj åt med semikolon eller radbyte."];
const ONE_CODE: [&str; 2] = ["Toisen kohteen koodi.", "Koden för en annan post."];
const CODES: [&str; 2] = ["Kohteiden koodit, erota puolipisteellä.", "Posternas koder, skilj åt med semikolon."];
const PHONES: [&str; 2] = [
    "Esimerkiksi +358 401234567 (vaihde). Useita: erota puolipisteellä.",
    "Till exempel +358 401234567 (växel). Flera: skilj åt med semikolon.",
];
const LANGUAGES: [&str; 2] = ["Kielten koodit, esimerkiksi fi; sv; en.", "Språkens koder, till exempel fi; sv; en."];
const DAY: [&str; 2] = [
    "Esimerkiksi 8.00-16.00. Kaksi jaksoa: erota puolipisteellä. Tyhjä: suljettu.",
    "Till exempel 8.00-16.00. Två perioder: skilj åt med semikolon. Tomt: stängt.",
];
const ADDRESS: [&str; 2] = ["Verkko-osoite, alkaa https://.", "Webbadress, börjar med https://."];
const AREA: [&str; 2] = [
    "Kuntien kolminumeroiset koodit (esimerkiksi 853; 680) tai koko maa.",
    "Kommunernas tresiffriga koder (till exempel 853; 680) eller hela landet.",
];
const DEGREES: [&str; 2] =
    ["WGS84-asteina desimaalilukuna, esimerkiksi 60.4379.", "WGS84-grader som decimaltal, till exempel 60.4379."];
const GROUPS: [&str; 2] = ["PTV:n koodit, esimerkiksi KR1.2; KR1.3.", "SDL:s koder, till exempel KR1.2; KR1.3."];
const EVENTS: [&str; 2] = ["PTV:n koodit, esimerkiksi KE4.2.", "SDL:s koder, till exempel KE4.2."];
const TERMS: [&str; 2] =
    ["KOKO-ontologian osoitteet, erota puolipisteellä.", "Adresser i KOKO-ontologin, skilj åt med semikolon."];
const CODE: [&str; 2] = [
    "Ohje: oma tunnus, joka ei koskaan muutu ja joka on lajissaan ainoa.",
    "Anvisning: egen kod som aldrig ändras och som är den enda i sitt slag.",
];

/// How the help of the first column begins: by this a template's second row is told from a record.
pub(super) const HELP_BEGINS: [&str; 2] = ["Ohje:", "Anvisning:"];

const TARGET_GROUPS: Shape = Shape::Listed("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/");
const LIFE_EVENTS: Shape = Shape::Listed("http://uri.suomi.fi/codelist/ptv/ptvelti/code/");

const fn column(
    path: &'static str,
    fi: &'static str,
    sv: &'static str,
    shape: Shape,
    help: [&'static str; 2],
) -> Column {
    Column { path, fi, sv, shape, help }
}

/// A text in the three languages.
macro_rules! texts {
    ($path:literal, $fi:literal, $sv:literal) => {
        texts!($path, $fi, $sv, NONE)
    };
    ($path:literal, $fi:literal, $sv:literal, $help:expr) => {
        [
            column(concat!($path, ".fi"), concat!($fi, " suomeksi"), concat!($sv, " på finska"), Shape::Text, $help),
            column(concat!($path, ".sv"), concat!($fi, " ruotsiksi"), concat!($sv, " på svenska"), Shape::Text, $help),
            column(
                concat!($path, ".en"),
                concat!($fi, " englanniksi"),
                concat!($sv, " på engelska"),
                Shape::Text,
                $help,
            ),
        ]
    };
}

/// Seven columns of opening hours.
macro_rules! days {
    ($path:literal) => {
        [
            column($path, "Maanantai", "Måndag", Shape::Day(1), DAY),
            column($path, "Tiistai", "Tisdag", Shape::Day(2), DAY),
            column($path, "Keskiviikko", "Onsdag", Shape::Day(3), DAY),
            column($path, "Torstai", "Torsdag", Shape::Day(4), DAY),
            column($path, "Perjantai", "Fredag", Shape::Day(5), DAY),
            column($path, "Lauantai", "Lördag", Shape::Day(6), DAY),
            column($path, "Sunnuntai", "Söndag", Shape::Day(7), DAY),
        ]
    };
}

/// The columns of a kind, the first its code.
pub(super) fn of(kind: Kind) -> Vec<Column> {
    match kind {
        Kind::Service => service(),
        Kind::Channel => channel(),
        Kind::ServicePoint => place(),
        Kind::Organisation => organisation(),
        Kind::Offer => offer(),
        Kind::Class | Kind::Errand | Kind::Actor | Kind::Collection => Vec::new(),
    }
}

fn service() -> Vec<Column> {
    let mut columns = vec![
        column("koodi", "Palvelun koodi", "Tjänstens kod", Shape::Text, CODE),
        column("tila.koodi", "Tila", "Status", Shape::Word(STATES), NONE),
    ];
    columns.extend(texts!("nimi_kieliversiot", "Nimi", "Namn"));
    columns.extend(texts!("tiivistelma_kieliversiot", "Tiivistelmä", "Sammanfattning"));
    columns.extend(texts!("kuvaus_kieliversiot", "Kuvaus", "Beskrivning"));
    columns.extend(texts!("toimintaohje_kieliversiot", "Toimintaohje", "Så här gör du"));
    columns.extend(texts!("palvelunsaannin_ehdot_kieliversiot", "Ehdot", "Villkor"));
    columns.extend([
        column("ptv_tyyppi", "Palvelun tyyppi", "Typ av tjänst", Shape::Word(SERVICE_KINDS), NONE),
        column("lakisaateinen", "Lakisääteinen", "Lagstadgad", Shape::Flag, NONE),
        column("maksullisuus", "Maksullisuus", "Avgift", Shape::Word(CHARGES), NONE),
    ]);
    columns.extend(texts!("maksun_lisatieto_kieliversiot", "Maksun lisätieto", "Mer om avgiften"));
    columns.extend([
        column("palveluluokat", "Palveluluokat", "Serviceklasser", Shape::References, CODES),
        column("asiasanat", "Asiasanat", "Ämnesord", Shape::Texts, TERMS),
        column("avainsanat_kieliversiot.fi", "Avainsanat suomeksi", "Nyckelord på finska", Shape::Texts, LIST),
        column("avainsanat_kieliversiot.sv", "Avainsanat ruotsiksi", "Nyckelord på svenska", Shape::Texts, LIST),
        column("kohderyhmat", "Kohderyhmät", "Målgrupper", TARGET_GROUPS, GROUPS),
        column("elamantilanteet", "Elämäntilanteet", "Livshändelser", LIFE_EVENTS, EVENTS),
        column("pohjakuvaus_id", "Pohjakuvauksen tunniste", "Grundbeskrivningens id", Shape::Text, NONE),
        column("kielet", "Palvelukielet", "Servicespråk", Shape::Texts, LANGUAGES),
        column("saatavuusalue", "Saatavuusalue", "Område", Shape::Area, AREA),
        column("vastuuorganisaatio", "Vastuuorganisaatio", "Ansvarig organisation", Shape::Reference, ONE_CODE),
    ]);
    columns.extend(texts!("verkkosivut[0].osoite_kieliversiot", "Verkkosivu", "Webbsida", ADDRESS));
    columns
}

fn channel() -> Vec<Column> {
    let mut columns = vec![
        column("koodi", "Palvelukanavan koodi", "Servicekanalens kod", Shape::Text, CODE),
        column("kanavalaji", "Kanavan laji", "Typ av kanal", Shape::Word(CHANNEL_SORTS), NONE),
        column("tila.koodi", "Tila", "Status", Shape::Word(STATES), NONE),
    ];
    columns.extend(texts!("nimi_kieliversiot", "Nimi", "Namn"));
    columns.extend(texts!("tiivistelma_kieliversiot", "Tiivistelmä", "Sammanfattning"));
    columns.extend(texts!("kuvaus_kieliversiot", "Kuvaus", "Beskrivning"));
    columns.extend([
        column("organisaatio", "Organisaatio", "Organisation", Shape::Reference, ONE_CODE),
        column("kielet", "Palvelukielet", "Servicespråk", Shape::Texts, LANGUAGES),
        column("saatavuusalue", "Saatavuusalue", "Område", Shape::Area, AREA),
        column("yhteiskayttoinen", "Yhteiskäyttöinen", "Gemensam", Shape::Flag, NONE),
    ]);
    columns.extend(texts!("osoite_kieliversiot", "Osoite", "Adress", ADDRESS));
    columns.extend([
        column(
            "tunnistautuminen",
            "Vaatii tunnistautumisen",
            "Kräver identifiering",
            Shape::Flag,
            ["Pakollinen sähköisessä asioinnissa.", "Obligatorisk för e-tjänster."],
        ),
        column("numerot", "Puhelinnumerot", "Telefonnummer", Shape::Phones, PHONES),
        column("lomaketunniste_kieliversiot.fi", "Lomakkeen tunniste", "Blankettens id", Shape::Text, NONE),
        column("tiedostot[0].tyyppi", "Tiedoston tyyppi", "Filtyp", Shape::Word(FILES), NONE),
    ]);
    columns.extend(texts!("tiedostot[0].osoite_kieliversiot", "Tiedoston osoite", "Filens adress", ADDRESS));
    columns.extend([
        column("tukipuhelimet", "Tukipuhelimet", "Stödtelefoner", Shape::Phones, PHONES),
        column("tukisahkopostit", "Tukisähköpostit", "Stödadresser", Shape::Texts, LIST),
    ]);
    columns.extend(days!("aukioloajat"));
    columns
}

fn place() -> Vec<Column> {
    let mut columns = vec![
        column("koodi", "Palvelupisteen koodi", "Serviceställets kod", Shape::Text, CODE),
        column("tila.koodi", "Tila", "Status", Shape::Word(STATES), NONE),
    ];
    columns.extend(texts!("nimi_kieliversiot", "Nimi", "Namn"));
    columns.extend(texts!("tiivistelma_kieliversiot", "Tiivistelmä", "Sammanfattning"));
    columns.extend(texts!("kuvaus_kieliversiot", "Kuvaus", "Beskrivning"));
    columns.extend([
        column("organisaatio", "Organisaatio", "Organisation", Shape::Reference, ONE_CODE),
        column(
            "fyysinenPaikka.osoitteet[0].katuosoite_fi",
            "Katuosoite suomeksi",
            "Gatuadress på finska",
            Shape::Text,
            NONE,
        ),
        column(
            "fyysinenPaikka.osoitteet[0].katuosoite_sv",
            "Katuosoite ruotsiksi",
            "Gatuadress på svenska",
            Shape::Text,
            NONE,
        ),
        column("fyysinenPaikka.osoitteet[0].postinumero", "Postinumero", "Postnummer", Shape::Digits(5), NONE),
        column(
            "fyysinenPaikka.osoitteet[0].postitoimipaikka_fi",
            "Postitoimipaikka suomeksi",
            "Postanstalt på finska",
            Shape::Text,
            NONE,
        ),
        column(
            "fyysinenPaikka.osoitteet[0].postitoimipaikka_sv",
            "Postitoimipaikka ruotsiksi",
            "Postanstalt på svenska",
            Shape::Text,
            NONE,
        ),
        column("fyysinenPaikka.osoitteet[0].kunta.koodi", "Kuntakoodi", "Kommunkod", Shape::Digits(3), NONE),
        column("fyysinenPaikka.leveysaste", "Leveysaste", "Latitud", Shape::Decimal, DEGREES),
        column("fyysinenPaikka.pituusaste", "Pituusaste", "Longitud", Shape::Decimal, DEGREES),
        column("puhelinnumerot", "Puhelinnumerot", "Telefonnummer", Shape::Phones, PHONES),
        column("sahkopostit", "Sähköpostit", "E-postadresser", Shape::Texts, LIST),
    ]);
    columns.extend(texts!("lisatiedot[0].kuvaus_kieliversiot", "Verkkosivu", "Webbsida", ADDRESS));
    columns.push(column("kielet", "Palvelukielet", "Servicespråk", Shape::Texts, LANGUAGES));
    columns.extend(days!("fyysinenPaikka.aukioloajat"));
    columns
}

fn organisation() -> Vec<Column> {
    let mut columns = vec![
        column("koodi", "Organisaation koodi", "Organisationens kod", Shape::Text, CODE),
        column("tila.koodi", "Tila", "Status", Shape::Word(STATES), NONE),
        column("tyyppi", "Tyyppi", "Typ", Shape::Word(ORGANISATIONS), NONE),
    ];
    columns.extend(texts!("nimi_kieliversiot", "Nimi", "Namn"));
    columns.extend(texts!("vaihtoehtoinen_nimi_kieliversiot", "Toinen nimi", "Alternativt namn"));
    columns.extend([
        column("kuntakoodi", "Kuntakoodi", "Kommunkod", Shape::Digits(3), NONE),
        column("ytunnus", "Y-tunnus", "FO-nummer", Shape::Text, NONE),
        column("ylaorganisaatio", "Yläorganisaatio", "Överordnad organisation", Shape::Reference, ONE_CODE),
    ]);
    columns.extend(texts!("tiivistelma_kieliversiot", "Tiivistelmä", "Sammanfattning"));
    columns.extend(texts!("kuvaus_kieliversiot", "Kuvaus", "Beskrivning"));
    columns.extend([
        column("puhelimet", "Puhelinnumerot", "Telefonnummer", Shape::Phones, PHONES),
        column("sahkopostit", "Sähköpostit", "E-postadresser", Shape::Addresses, LIST),
    ]);
    columns.extend(texts!("verkkosivut[0].osoite_kieliversiot", "Verkkosivu", "Webbsida", ADDRESS));
    columns.extend([
        column("osoitteet[0].katuosoite_fi", "Katuosoite suomeksi", "Gatuadress på finska", Shape::Text, NONE),
        column("osoitteet[0].katuosoite_sv", "Katuosoite ruotsiksi", "Gatuadress på svenska", Shape::Text, NONE),
        column("osoitteet[0].postinumero", "Postinumero", "Postnummer", Shape::Digits(5), NONE),
        column(
            "osoitteet[0].postitoimipaikka_fi",
            "Postitoimipaikka suomeksi",
            "Postanstalt på finska",
            Shape::Text,
            NONE,
        ),
        column(
            "osoitteet[0].postitoimipaikka_sv",
            "Postitoimipaikka ruotsiksi",
            "Postanstalt på svenska",
            Shape::Text,
            NONE,
        ),
    ]);
    columns
}

fn offer() -> Vec<Column> {
    let mut columns = vec![
        column("koodi", "Palvelutarjouksen koodi", "Utbudets kod", Shape::Text, CODE),
        column("tila.koodi", "Tila", "Status", Shape::Word(STATES), NONE),
    ];
    columns.extend(texts!("nimi_kieliversiot", "Nimi", "Namn"));
    columns.extend(texts!("kuvaus_kieliversiot", "Kuvaus", "Beskrivning"));
    columns.extend([
        column("palvelut", "Palvelut", "Tjänster", Shape::References, CODES),
        column("palvelupiste", "Palvelupiste", "Serviceställe", Shape::Reference, ONE_CODE),
        column("palvelukanavat", "Palvelukanavat", "Servicekanaler", Shape::References, CODES),
    ]);
    columns.extend(texts!("palvelunsaanninEhdot_kieliversiot", "Ehdot", "Villkor"));
    columns.extend(texts!("hinnat[0].hinta_kieliversiot", "Hinta", "Pris"));
    columns.extend([
        column("yhteystiedot.puhelinnumerot", "Puhelinnumerot", "Telefonnummer", Shape::Phones, PHONES),
        column("yhteystiedot.sahkopostit", "Sähköpostit", "E-postadresser", Shape::Addresses, LIST),
    ]);
    columns.extend(days!("aukioloajat"));
    columns
}

/// What a record has beside its cells once one of them is there: the rest of a block that the columns show in part.
pub(super) const COMPLETED: [(Kind, &str, &str, &str); 2] = [
    // A place's web page is extra information of the type of links.
    (Kind::ServicePoint, "lisatiedot[0].kuvaus_kieliversiot", "lisatiedot[0].lisatietotyyppi.koodi", "6"),
    (Kind::Organisation, "osoitteet[0]", "osoitteet[0].osoitelaji", "kayntiosoite"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::State;
    use crate::model::blocks::ChargeType;
    use crate::model::organisation::OrganisationKind;
    use crate::model::service::ServiceKind;

    #[test]
    fn headings_are_the_only_ones_of_their_kind_and_the_first_tells_the_kind() {
        let mut firsts = BTreeSet::new();
        for kind in KINDS {
            let columns = of(kind);
            for heading in [|it: &Column| it.fi, |it: &Column| it.sv] {
                let all: BTreeSet<&str> = columns.iter().map(heading).collect();
                assert_eq!(all.len(), columns.len(), "{kind}");
                firsts.extend(columns.first().map(heading));
            }
            let help = columns[0].help;
            assert!(help.iter().zip(HELP_BEGINS).all(|(help, begins)| help.starts_with(begins)), "{kind}");
        }
        assert_eq!(firsts.len(), 2 * KINDS.len());
    }

    #[test]
    fn the_words_of_the_lists_are_the_models() {
        let words = |list: Words| list.iter().map(|(word, ..)| *word).collect::<Vec<_>>();
        assert_eq!(
            words(STATES),
            [State::Active, State::Draft, State::Hidden, State::Archived, State::Deleted].map(State::tila)
        );
        assert_eq!(
            words(CHARGES),
            [ChargeType::Chargeable, ChargeType::FreeOfCharge, ChargeType::Other].map(ChargeType::word)
        );
        assert_eq!(words(SERVICE_KINDS), ServiceKind::ALL.map(ServiceKind::word));
        assert_eq!(words(ORGANISATIONS), OrganisationKind::ALL.map(OrganisationKind::word));
    }
}
