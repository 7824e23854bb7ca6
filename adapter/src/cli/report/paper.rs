//! The technical test report as Markdown, in Finnish, Swedish or English.

use std::fmt::Write as _;

use super::PaperLang;
use crate::ptv::report::{Report, What};
use crate::telemetry::safe;

/// Troubles that are listed; all are counted.
const LISTED: usize = 50;

/// What DVV wants to have seen, in words.
pub(super) fn what(what: What, lang: PaperLang) -> &'static str {
    lang.of(match what {
        What::OrganisationAdded => {
            ["alaorganisaation lisääminen", "tillägg av underorganisation", "adding a sub-organisation"]
        }
        What::OrganisationChanged => {
            ["organisaation muokkaaminen", "ändring av organisation", "editing an organisation"]
        }
        What::ChannelAdded => ["asiointikanavan lisääminen", "tillägg av servicekanal", "adding a channel"],
        What::ChannelChanged => ["asiointikanavan muokkaaminen", "ändring av servicekanal", "editing a channel"],
        What::ServiceAdded => ["palvelun lisääminen", "tillägg av tjänst", "adding a service"],
        What::ServiceChanged => ["palvelun muokkaaminen", "ändring av tjänst", "editing a service"],
        What::ConnectionsAdded => ["liitosten lisääminen", "tillägg av kopplingar", "adding connections"],
        What::ConnectionsChanged => ["liitosten muokkaaminen", "ändring av kopplingar", "editing connections"],
        What::ConnectionData => ["liitosten lisätiedot", "tilläggsuppgifter i kopplingar", "extra data of connections"],
        What::Archived => [
            "lähteestä poistetun arkistointi",
            "arkivering av det som tagits bort ur källan",
            "archiving what the source has removed",
        ],
    })
}

/// A kind of twins, in words.
pub(super) fn kind(word: &str, lang: PaperLang) -> &str {
    lang.of(match word {
        "organisation" => ["Organisaatiot", "Organisationer", "Organisations"],
        "service" => ["Palvelut", "Tjänster", "Services"],
        "channel" => ["Asiointikanavat", "Servicekanaler", "Channels"],
        "servicePoint" => ["Palvelupaikat", "Serviceställen", "Service locations"],
        "connections" => ["Liitokset", "Kopplingar", "Connections"],
        "collection" => ["Palvelukokonaisuudet", "Tjänstehelheter", "Service collections"],
        other => [other, other, other],
    })
}

pub(super) fn technical(report: &Report, lang: PaperLang) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write_all(&mut text, report, lang);
    text
}

fn write_all(text: &mut String, report: &Report, lang: PaperLang) -> std::fmt::Result {
    let none = lang.of(["–", "–", "–"]);
    let title = lang.of([
        "PTV-integraation tekninen testausraportti",
        "Teknisk testrapport för integrationen med SDL",
        "Technical test report of the integration with PTV",
    ]);
    writeln!(text, "# {title}\n")?;
    for (name, value) in [
        (
            ["Organisaatio (tunnus Siltassa)", "Organisation (kod i Silta)", "Organisation (code in Silta)"],
            &report.tenant,
        ),
        (
            ["Organisaation tunniste PTV:ssä", "Organisationens id i SDL", "Id of the organisation in PTV"],
            &report.organisation,
        ),
        (["Ympäristö", "Miljö", "Environment"], &report.environment),
        (["Rajapinnan versio", "Gränssnittets version", "Version of the interface"], &report.interface),
        (["Sääntöprofiili", "Regelprofil", "Rule profile"], &report.profile),
        (["Siltan versio", "Siltas version", "Version of Silta"], &report.silta),
        (["Raportti laadittu", "Rapporten skapad", "Report made"], &report.made_at),
    ] {
        writeln!(text, "* {}: {}", lang.of(name), cell(value))?;
    }
    let (from, to) = (report.from.as_deref().unwrap_or(none), report.to.as_deref().unwrap_or(none));
    writeln!(text, "* {}: {from} – {to}\n", lang.of(["Testiajo (UTC)", "Testkörning (UTC)", "Test run (UTC)"]))?;

    let heading = lang.of(["Mitä testiajo osoittaa", "Vad testkörningen visar", "What the run shows"]);
    writeln!(text, "## {heading}\n")?;
    let note = lang.of([
        "Jokainen kerta on kirjoitus, jonka PTV on hyväksynyt; ne on luettu Siltan viestilokista.",
        "Varje gång är en skrivning som SDL har godkänt; de har lästs ur Siltas meddelandelogg.",
        "Each count is a write that PTV has accepted, read from Silta's message log.",
    ]);
    writeln!(text, "{note}\n")?;
    let heads = lang.of([
        "| Toiminto | Kertoja | Esimerkki | Tunniste PTV:ssä | Aika (UTC) |",
        "| Åtgärd | Gånger | Exempel | Id i SDL | Tid (UTC) |",
        "| Act | Count | Example | Id in PTV | Time (UTC) |",
    ]);
    writeln!(text, "{heads}\n|---|---|---|---|---|")?;
    let unseen = lang.of(["ei osoitettu", "inte visat", "not shown"]);
    for check in &report.checks {
        let name = what(check.what, lang);
        match &check.example {
            Some(it) => {
                let guid = it.guid.as_deref().unwrap_or(none);
                let example = format!("{} ({} {})", cell(&it.name), it.kind, cell(&it.code));
                writeln!(text, "| {name} | {} | {example} | {guid} | {} |", check.count, it.at)?;
            }
            None => writeln!(text, "| {name} | **0 ({unseen})** | {none} | {none} | {none} |")?,
        }
    }

    let heading = lang.of(["Sisältö PTV:ssä", "Innehållet i SDL", "Content in PTV"]);
    let heads = lang.of([
        "| Laji | Julkaistu | Arkistoitu | Luotu | Muutettu | Arkistoitu testiajossa |",
        "| Slag | Publicerade | Arkiverade | Skapade | Ändrade | Arkiverade i körningen |",
        "| Kind | Published | Archived | Created | Changed | Archived in the run |",
    ]);
    writeln!(text, "\n## {heading}\n\n{heads}\n|---|---|---|---|---|---|")?;
    for of in &report.kinds {
        let did = |act: &str| of.acts.get(act).copied().unwrap_or_default();
        let (created, updated, archived) = (did("created"), did("updated"), did("archived"));
        let name = kind(&of.kind, lang);
        writeln!(text, "| {name} | {} | {} | {created} | {updated} | {archived} |", of.published, of.archived)?;
    }

    let heading = lang.of(["Mitä PTV ei ole ottanut vastaan", "Vad SDL inte har tagit emot", "What PTV has not taken"]);
    writeln!(text, "\n## {heading}\n")?;
    if report.troubles.is_empty() {
        writeln!(text, "{}", lang.of(["Ei mitään.", "Ingenting.", "Nothing."]))?;
    }
    let own = ["fi", "sv", "en"].get(lang as usize).copied().unwrap_or("en");
    for trouble in report.troubles.iter().take(LISTED) {
        writeln!(text, "* {} {}: {}", trouble.kind, cell(&trouble.code), cell(&trouble.reason))?;
        for said in trouble.findings.iter().filter_map(|finding| finding.get(own)?.as_str()) {
            writeln!(text, "    * {}", cell(said))?;
        }
    }
    if report.troubles.len() > LISTED {
        let more = lang.of(["Lisäksi muita", "Dessutom andra", "And others"]);
        writeln!(text, "* {more}: {}", report.troubles.len() - LISTED)?;
    }

    let heading = lang.of(["Liitteet", "Bilagor", "Annexes"]);
    writeln!(text, "\n## {heading}\n")?;
    for line in [
        [
            "`fields.csv`: tietomallin kuvaus: mistä kentästä syntyy mikäkin PTV:n tieto, versiot 11 ja 12",
            "`fields.csv`: beskrivning av datamodellen: vilket fält som blir vilken uppgift i SDL, versionerna 11 och 12",
            "`fields.csv`: the mapping of the data model: which field becomes which property of PTV, versions 11 and 12",
        ],
        [
            "`content.xlsx`: sisältö organisaation PTV-pääkäyttäjän tarkastettavaksi",
            "`content.xlsx`: innehållet för granskning av organisationens huvudanvändare i SDL",
            "`content.xlsx`: the content, for review by the organisation's main user of PTV",
        ],
        [
            "`report.json`: tämä raportti koneellisesti luettavana",
            "`report.json`: denna rapport i maskinläsbar form",
            "`report.json`: this report, for programs",
        ],
    ] {
        writeln!(text, "* {}", lang.of(line))?;
    }
    Ok(())
}

/// A value within a line or a cell of a table.
fn cell(value: &str) -> String {
    safe(value).to_string().replace('|', "\\|")
}
