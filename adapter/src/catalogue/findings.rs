//! What the catalogue says of a record beside its form: in Finnish, Swedish and English, with the act that helps.

use crate::model::{Code, EntityKey, Finding, Kind, Master};

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

/// A withdrawn record comes back as a published one only.
pub(super) fn no_such_step() -> Finding {
    Finding::error(
        "tila.koodi",
        "state-step",
        [
            "Kohde on poistettu. Se palautetaan julkaisemalla se uudelleen (tila 1).".into(),
            "Posten är borttagen. Den återställs genom att publiceras på nytt (tila 1).".into(),
            "The record was withdrawn. Publish it again (tila 1) to bring it back.".into(),
        ],
    )
}

pub(super) fn back_to_draft() -> Finding {
    Finding::warning(
        "tila.koodi",
        "back-to-draft",
        [
            "Julkaistu kohde muuttui luonnokseksi. Se ei näy muille, mutta PTV pitää julkaistun version, kunnes kohde julkaistaan tai poistetaan."
                .into(),
            "En publicerad post blev ett utkast. Den visas inte för andra, men SDL behåller den publicerade versionen tills posten publiceras eller tas bort."
                .into(),
            "A published record became a draft. Others no longer see it, but PTV keeps the published version until it is published or withdrawn."
                .into(),
        ],
    )
}

/// An older revision that comes late.
pub(super) fn older_revision(known: u64, sent: u64) -> Finding {
    Finding::error(
        "lahde.versio",
        "older-revision",
        [
            format!("Lähteen versio {sent} on vanhempi kuin tallennettu versio {known}. Lähetä uusin versio."),
            format!("Källans version {sent} är äldre än den sparade versionen {known}. Skicka den nyaste versionen."),
            format!("The source's version {sent} is older than the stored version {known}. Send the newest."),
        ],
    )
}

pub(super) fn same_version(version: u64) -> Finding {
    Finding::warning(
        "lahde.versio",
        "same-version",
        [
            format!(
                "Versio {version} on jo tallennettu eri sisällöllä. Sisältö korvattiin; kasvata versiota joka muutoksessa."
            ),
            format!(
                "Version {version} är redan sparad med annat innehåll. Innehållet ersattes; höj versionen vid varje ändring."
            ),
            format!(
                "Version {version} was stored with other content, which is now replaced. Raise the version with every change."
            ),
        ],
    )
}

/// One code for two records of the source: refused while the first one stands.
pub(super) fn code_reused(withdrawn: bool) -> Finding {
    if withdrawn {
        return Finding::warning(
            "lahde.id",
            "code-reused",
            [
                "Koodi kuului aiemmin toiselle, jo poistetulle kohteelle. Sen historia jatkuu tällä kohteella.".into(),
                "Koden tillhörde tidigare en annan post som har tagits bort. Dess historik fortsätter med den här posten.".into(),
                "The code was that of another record, now withdrawn. Its history goes on with this one.".into(),
            ],
        );
    }
    Finding::error(
        "lahde.id",
        "code-reused",
        [
            "Koodi on lähteen toisella kohteella. Anna tälle oma koodi tai poista ensin se toinen (tila 9).".into(),
            "Koden används av en annan post i källan. Ge den här en egen kod eller ta först bort den andra (tila 9)."
                .into(),
            "Another record of the source has this code. Give this one its own, or withdraw the other first (tila 9)."
                .into(),
        ],
    )
}

pub(super) fn other_source() -> Finding {
    Finding::warning(
        "lahde.jarjestelma",
        "source-changed",
        [
            "Kohde tuli aiemmin toisesta järjestelmästä. Tarkista, että kyse on samasta kohteesta.".into(),
            "Posten kom tidigare från ett annat system. Kontrollera att det är samma post.".into(),
            "The record came from another system before. Check that it is the same one.".into(),
        ],
    )
}

/// The same record of the source under a second code.
pub(super) fn moved(other: &Code) -> Finding {
    Finding::warning(
        "koodi",
        "source-moved",
        [
            format!("Sama lähteen kohde on tallennettu myös koodilla {other}. Poista toinen niistä (tila 9)."),
            format!("Samma post i källan är sparad också med koden {other}. Ta bort den ena (tila 9)."),
            format!("The same record of the source stands under code {other} too. Withdraw one of them (tila 9)."),
        ],
    )
}

pub(super) fn cycle(kind: Kind) -> Finding {
    let field = match kind {
        Kind::Organisation => "ylaorganisaatio.koodi",
        Kind::Service => "ylapalvelu.koodi",
        _ => "ylatason_koodi",
    };
    Finding::error(
        field,
        "parent-cycle",
        [
            "Kohde olisi itsensä yläpuolella. Valitse toinen ylätaso.".into(),
            "Posten skulle stå ovanför sig själv. Välj en annan överordnad.".into(),
            "The record would stand above itself. Choose another parent.".into(),
        ],
    )
}

pub(super) fn too_deep(levels: usize, most: usize) -> Finding {
    Finding::error(
        "ylaorganisaatio.koodi",
        "too-deep",
        [
            format!("Organisaatioita olisi {levels} tasoa; PTV ottaa enintään {most}. Siirrä organisaatio ylemmäs."),
            format!("Organisationerna skulle ha {levels} nivåer; SDL tar högst {most}. Flytta organisationen uppåt."),
            format!("There would be {levels} levels of organisations; PTV takes {most}. Move it further up."),
        ],
    )
}

/// A withdrawal that would leave offers without ground.
pub(super) fn orphans(kind: Kind, offers: &[&Code]) -> Finding {
    let (fi, sv, en) = match kind {
        Kind::ServicePoint => ("Palvelupisteellä", "Servicestället", "The service point"),
        Kind::Service => ("Palvelulla", "Tjänsten", "The service"),
        _ => ("Palvelukanavalla", "Servicekanalen", "The channel"),
    };
    let codes = some_of(offers);
    Finding::error(
        "tila.koodi",
        "orphans-offers",
        [
            format!(
                "{fi} on voimassa olevia palvelutarjouksia ({codes}). Poista tai siirrä ne ensin, tai samassa erässä."
            ),
            format!("{sv} har gällande tjänsteutbud ({codes}). Ta bort eller flytta dem först, eller i samma sats."),
            format!("{en} has active offers ({codes}). Withdraw or move them first, or in the same batch."),
        ],
    )
}

/// Offers that fell with a withdrawal.
pub(super) fn fallen(offers: &[&Code]) -> Finding {
    let codes = some_of(offers);
    Finding::warning(
        "tila.koodi",
        "offers-withdrawn",
        [
            format!("Myös palvelutarjoukset {codes} poistettiin näkyvistä (tila 3). Päivitä ne lähteeseen."),
            format!("Också tjänsteutbuden {codes} doldes (tila 3). Uppdatera dem i källan."),
            format!("The offers {codes} were taken out of sight as well (tila 3). Bring the source up to date."),
        ],
    )
}

/// So many are named.
const NAMED: usize = 10;

fn some_of(codes: &[&Code]) -> String {
    let named: Vec<&str> = codes.iter().take(NAMED).map(|code| code.as_str()).collect();
    let more = if codes.len() > NAMED { " …" } else { "" };
    format!("{}{more}", named.join(", "))
}
