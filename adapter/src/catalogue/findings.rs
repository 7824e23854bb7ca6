//! What the catalogue says of a record beside its form: in Finnish, Swedish and English, with the act that helps.

use crate::model::{EntityKey, Finding, Kind, Master};

pub(super) fn duplicate() -> Finding {
    Finding::error(
        "koodi",
        "duplicate-code",
        [
            "Sama laji ja koodi on erässä jo aiemmin. Jätä vain yksi.".into(),
            "Samma slag och kod finns redan tidigare i satsen. Lämna bara en.".into(),
            "The same kind and code stands earlier in the batch. Leave one only.".into(),
        ],
    )
}

pub(super) fn other_master(master: &Master) -> Finding {
    Finding::error(
        "koodi",
        "other-master",
        [
            format!("Kohdetta ylläpitää järjestelmä {master}. Muuta tietoa siellä."),
            format!("Posten underhålls av systemet {master}. Ändra uppgiften där."),
            format!("System {master} is the master of this record. Change it there."),
        ],
    )
}

/// What was to be created is there already.
pub(super) fn taken() -> Finding {
    Finding::error(
        "koodi",
        "code-taken",
        [
            "Koodi on jo käytössä. Päivitä kohdetta update-kutsulla tai jätä koodi pois, niin saat seuraavan vapaan."
                .into(),
            "Koden används redan. Uppdatera posten med update, eller lämna bort koden så får du nästa lediga.".into(),
            "The code is taken. Change the record by an update, or leave the code out to get the next free one.".into(),
        ],
    )
}

/// What was to be changed is not there.
pub(super) fn unknown() -> Finding {
    Finding::error(
        "koodi",
        "unknown-code",
        [
            "Koodilla ei ole kohdetta. Luo se ensin put-kutsulla.".into(),
            "Det finns ingen post med koden. Skapa den först med put.".into(),
            "No record has this code. Create it first by a put.".into(),
        ],
    )
}

/// A reference to what is not there, or was withdrawn.
pub(super) fn dangling(field: String, key: &EntityKey) -> Finding {
    let (fi, sv, en) = words(key.kind);
    let code = &key.code;
    Finding::warning(
        field,
        "dangling-reference",
        [
            format!("Koodilla {code} ei ole voimassa olevaa kohdetta ({fi}). Tallenna se tai poista viittaus."),
            format!("Det finns ingen gällande post ({sv}) med koden {code}. Spara den eller ta bort hänvisningen."),
            format!("There is no {en} with code {code}, or it was withdrawn. Save it, or take the reference away."),
        ],
    )
}

/// The kind in Finnish, Swedish and English, as it stands in a sentence.
fn words(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Organisation => ("organisaatio", "organisation", "organisation"),
        Kind::Class => ("palveluluokka", "tjänsteklass", "service class"),
        Kind::Channel => ("palvelukanava", "servicekanal", "channel"),
        Kind::ServicePoint => ("palvelupiste", "serviceställe", "service point"),
        Kind::Service => ("palvelu", "tjänst", "service"),
        Kind::Offer => ("palvelutarjous", "tjänsteutbud", "offer"),
        Kind::Errand => ("asiointi", "ärende", "errand"),
        Kind::Actor => ("toimija", "aktör", "actor"),
        Kind::Collection => ("palvelukokonaisuus", "tjänstehelhet", "service collection"),
    }
}
