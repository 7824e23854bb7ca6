//! Whether a PDF may be printed and enveloped (viestit.md §1.9): A4 on every page, fonts embedded, not encrypted, and the
//! recipient's address where the envelope has its window.
//!
//! It reads what a file says of itself and draws nothing. Text that is drawn as shapes or lies in a picture cannot be
//! seen; then the sender is warned instead of refused. Hostile files are bounded: what streams unpack to, pages, depth
//! and operators all have an end.

mod page;
mod zone;

use lopdf::{Document, LoadOptions};

use self::zone::Seen;
use super::AddressZone;
use crate::model::Finding;

/// viestit.md §1.5.
const MAX_BYTES: usize = 10 * 1000 * 1000;
const MAX_PAGES: usize = 500;
/// What all object streams of a file may unpack to. Those of an ordinary letter take a tenth of a megabyte.
const MAX_UNPACKED: usize = 8 * 1024 * 1024;
/// Values that stand in the file outside of its streams, counted by what separates them, at most.
const MAX_TOKENS: usize = 2_000_000;

/// What the window must show.
pub(super) struct Window<'a> {
    pub(super) zone: AddressZone,
    pub(super) zip_code: &'a str,
}

/// Everything that is wrong with the file, and what is doubtful. `window` is none when an address page is made. Fields
/// stand behind `path`. Takes up to some hundred milliseconds of processor time.
pub(super) fn findings(content: &[u8], window: Option<&Window<'_>>, path: &str) -> Vec<Finding> {
    let field = format!("{path}.content");
    let error = |texts: [&str; 3]| Finding::error(field.clone(), "not-printable", texts.map(str::to_owned));
    if content.len() > MAX_BYTES {
        return vec![error([
            "Tulostettava tiedosto on liian suuri: enintään 10 Mt.",
            "Filen som skrivs ut är för stor: högst 10 MB.",
            "The printed file is too large: at most 10 MB.",
        ])];
    }
    let encrypted = || {
        error([
            "PDF-tiedosto on salattu. Poista salaus ja rajoitukset.",
            "PDF-filen är krypterad. Ta bort krypteringen och begränsningarna.",
            "The PDF is encrypted. Remove its encryption and restrictions.",
        ])
    };
    if tokens(content) > MAX_TOKENS {
        return vec![unreadable(path)];
    }
    let options =
        LoadOptions { max_decompressed_size: Some(MAX_UNPACKED / streams(content)), ..LoadOptions::default() };
    let document = match Document::load_mem_with_options(content, options) {
        Ok(document) => document,
        Err(
            lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword | lopdf::Error::UnsupportedSecurityHandler(_),
        ) => return vec![encrypted()],
        // What cannot be decrypted reads like anything broken.
        Err(_) if find(content, b"/Encrypt").is_some() => return vec![encrypted()],
        Err(_) => return vec![unreadable(path)],
    };
    if document.trailer.has(b"Encrypt") || document.was_encrypted() {
        return vec![encrypted()];
    }
    let pages: Vec<_> = document.page_iter().take(MAX_PAGES + 1).collect();
    let Some(first) = pages.first() else { return vec![unreadable(path)] };
    if pages.len() > MAX_PAGES {
        return vec![error([
            "Tulostettavassa tiedostossa on liikaa sivuja: enintään 500.",
            "Filen som skrivs ut har för många sidor: högst 500.",
            "The printed file has too many pages: at most 500.",
        ])];
    }
    let mut findings = Vec::new();
    let other_size: Vec<String> = (1..)
        .zip(&pages)
        .filter(|(_, page)| !page::is_a4(&document, **page))
        .map(|(number, _)| i32::to_string(&number))
        .take(10)
        .collect();
    if !other_size.is_empty() {
        let pages = other_size.join(", ");
        let texts = [
            format!("Jokaisen sivun on oltava A4. Muun kokoisia ovat sivut {pages}."),
            format!("Varje sida ska vara A4. Sidorna {pages} har en annan storlek."),
            format!("Every page must be A4. Pages of another size: {pages}."),
        ];
        findings.push(Finding::error(field.clone(), "not-printable", texts));
    }
    if !page::fonts_embedded(&document, &pages) {
        findings.push(error([
            "Kaikkia kirjasimia ei ole upotettu tiedostoon. Tallenna se niin, että kirjasimet upotetaan (PDF/A).",
            "Alla teckensnitt är inte inbäddade i filen. Spara den med inbäddade teckensnitt (PDF/A).",
            "Not all fonts are embedded. Save the file with its fonts embedded (PDF/A).",
        ]));
    }
    if let Some(window) = window {
        let seen = zone::look(&document, *first, window);
        let warning = |texts: [&str; 3]| Finding::warning(field.clone(), "address-zone", texts.map(str::to_owned));
        match seen {
            Seen::Address => {}
            Seen::Nothing => findings.push(error([
                "Ensimmäisen sivun osoitekentässä ei ole tekstiä. Siirrä osoite kirjekuoren ikkunan kohdalle tai pyydä osoitesivu.",
                "Adressfältet på första sidan är tomt. Flytta adressen till kuvertets fönster eller begär en adressida.",
                "The address zone of page 1 has no text. Move the address to the envelope's window or ask for an address page.",
            ])),
            Seen::OtherText => findings.push(warning([
                "Osoitekentässä on tekstiä, mutta vastaanottajan postinumeroa ei näy. Tarkista osoite.",
                "Adressfältet har text, men mottagarens postnummer syns inte. Kontrollera adressen.",
                "The address zone has text, but not the recipient's postal code. Check the address.",
            ])),
            Seen::CannotTell => findings.push(warning([
                "Ensimmäisen sivun osoitetta ei voi tarkistaa: sivulla ei ole luettavaa tekstiä. Tarkista paikka itse.",
                "Adressen på första sidan kan inte kontrolleras: sidan har ingen läsbar text. Kontrollera platsen själv.",
                "The address on page 1 cannot be checked: the page has no text that can be read. Check its place yourself.",
            ])),
        }
    }
    findings
}

/// What is wrong with a file that cannot be looked into.
pub(super) fn unreadable(path: &str) -> Finding {
    let texts = [
        "PDF-tiedostoa ei voi lukea. Tallenna se uudelleen, mieluiten PDF/A-muodossa.",
        "PDF-filen kan inte läsas. Spara den på nytt, helst i formatet PDF/A.",
        "The PDF cannot be read. Save it again, as PDF/A if you can.",
    ];
    Finding::error(format!("{path}.content"), "not-printable", texts.map(str::to_owned))
}

/// How many streams may be object streams, at least 1: their names stand in the clear, or with escapes in them, of which
/// the bytes of pictures hold a few by chance.
fn streams(content: &[u8]) -> usize {
    let named = content.windows(6).filter(|window| window == b"ObjStm" || window == b"/XRef ").count();
    let escaped = |window: &&[u8]| matches!(window, [b'/', .., b'#', b'4' | b'5' | b'6' | b'7', _]);
    named
        + content.windows(4).filter(|window| matches!(window, [b'/', b'#', ..])).count()
        + content.windows(5).filter(escaped).count()
        + 1
}

/// Names, numbers and brackets outside of streams, roughly: what parsed values take memory by.
fn tokens(content: &[u8]) -> usize {
    let (mut count, mut rest) = (0, content);
    while !rest.is_empty() {
        let end = find(rest, b"stream").unwrap_or(rest.len());
        let (clear, behind) = rest.split_at(end);
        count += clear.iter().filter(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'/' | b'[' | b'<' | b'(')).count();
        rest = behind.get(find(behind, b"endstream").map_or(behind.len(), |at| at + 9)..).unwrap_or_default();
    }
    count
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests;
