use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use serde_json::json;

use super::{KINDS, PaperLang, empty_folder, files};
use crate::ptv::report::{Check, Connected, Example, OfKind, Report, Row, What};

fn report() -> Report {
    let example = Example {
        kind: "service".into(),
        code: "740".into(),
        name: "Kirjasto | pääkirjasto".into(),
        guid: Some("0a000000-0000-4000-8000-000000000740".into()),
        at: "2026-11-25T08:00:00Z".into(),
    };
    let checks = What::ALL.map(|what| match what {
        What::ServiceAdded => Check { what, count: 3, example: Some(example.clone()) },
        _ => Check { what, count: 0, example: None },
    });
    let trouble = json!({
        "kind": "channel", "code": "7", "state": "parked", "reason": "content refused", "attempts": 1,
        "findings": [{"fi": "Nimi on liian pitkä.", "sv": "Namnet är för långt.", "en": "The name is too long."}],
    });
    Report {
        tenant: "turku".into(),
        organisation: "11111111-2222-4333-8444-555555555555".into(),
        environment: "https://ptv.example".into(),
        interface: "v11".into(),
        profile: "live-2026".into(),
        silta: "0.1.0".into(),
        made_at: "2026-11-25T09:00:00Z".into(),
        from: Some("2026-11-25T08:00:00Z".into()),
        to: Some("2026-11-25T08:30:00Z".into()),
        checks: checks.into(),
        kinds: vec![OfKind {
            kind: "service".into(),
            published: 2,
            archived: 1,
            acts: BTreeMap::from([("created".to_owned(), 3)]),
        }],
        troubles: vec![serde_json::from_value(trouble).expect("a trouble")],
    }
}

fn sheets() -> Vec<(&'static str, Vec<Row>)> {
    let texts = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    let row = |code: &str| Row {
        code: code.into(),
        name: "Kirjasto".into(),
        guid: Some("0a000000-0000-4000-8000-000000000740".into()),
        source_id: format!("turku.service.{code}"),
        status: "Published".into(),
        languages: "fi,sv".into(),
        at: "2026-11-25T08:00:00Z".into(),
        texts: texts(&[("Name.fi", "Kirjasto"), ("Name.sv", "Bibliotek"), ("Summary.fi", "Lainaa kirjoja.")]),
        connected: Vec::new(),
    };
    let connected = Connected {
        guid: "0b000000-0000-4000-8000-000000000001".into(),
        name: Some("Pääkirjasto".into()),
        texts: texts(&[("Description.fi", "Kysy palvelupisteestä.")]),
    };
    KINDS
        .into_iter()
        .map(|kind| match kind {
            "service" => (kind, vec![row("740")]),
            "connections" => {
                (kind, vec![Row { texts: BTreeMap::new(), connected: vec![connected.clone()], ..row("740") }])
            }
            _ => (kind, Vec::new()),
        })
        .collect()
}

fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("a workbook");
    let mut text = String::new();
    archive.by_name(name).expect("a part").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn the_papers_say_what_the_run_has_shown_in_three_languages() {
    for (lang, expected) in [
        (
            PaperLang::Fi,
            [
                "# PTV-integraation tekninen testausraportti",
                "| palvelun lisääminen | 3 | Kirjasto \\| pääkirjasto (service 740) | 0a000000-0000-4000-8000-000000000740 |",
                "| asiointikanavan muokkaaminen | **0 (ei osoitettu)** |",
                "| Palvelut | 2 | 1 | 3 | 0 | 0 |",
                "    * Nimi on liian pitkä.",
            ],
        ),
        (
            PaperLang::Sv,
            [
                "# Teknisk testrapport för integrationen med SDL",
                "| tillägg av tjänst | 3 |",
                "| ändring av servicekanal | **0 (inte visat)** |",
                "| Tjänster | 2 | 1 | 3 | 0 | 0 |",
                "    * Namnet är för långt.",
            ],
        ),
        (
            PaperLang::En,
            [
                "# Technical test report of the integration with PTV",
                "| adding a service | 3 |",
                "| editing a channel | **0 (not shown)** |",
                "| Services | 2 | 1 | 3 | 0 | 0 |",
                "    * The name is too long.",
            ],
        ),
    ] {
        let [(name, paper), (_, sheet), (_, workbook), (_, json)] = files(&report(), &sheets(), lang).expect("papers");
        let paper = String::from_utf8(paper).expect("text");
        assert_eq!(name, "technical-report.md");
        for line in expected {
            assert!(paper.contains(line), "{line}\n{paper}");
        }
        let sheet = String::from_utf8(sheet).expect("text");
        assert!(
            sheet.starts_with("record,field,ptv object,ptv v11 property,required,longest,most items,ptv v12 member\n")
        );
        assert!(sheet.lines().count() > 100, "{}", sheet.lines().count());
        let read: Report = serde_json::from_slice(&json).expect("the report");
        assert_eq!(read, report());
        let names = part(&workbook, "xl/workbook.xml");
        let expected = lang.of(["Palvelupaikat", "Serviceställen", "Service locations"]);
        assert!(names.contains(expected) && names.matches("<sheet ").count() == 6, "{names}");
        let texts = part(&workbook, "xl/sharedStrings.xml");
        for text in
            ["Kirjasto", "Bibliotek", "Lainaa kirjoja.", "Pääkirjasto", "Kysy palvelupisteestä.", "turku.service.740"]
        {
            assert!(texts.contains(text), "{text}\n{texts}");
        }
        let heading = lang.of(["Tarkastettu", "Granskat", "Reviewed"]);
        assert!(texts.contains(heading) && texts.contains(lang.of(["Nimi (sv)", "Namn (sv)", "Name (sv)"])));
        let again = files(&report(), &sheets(), lang).expect("papers");
        assert_eq!(again[2].1, workbook, "the same content is the same file");
    }
}

#[test]
fn papers_go_into_a_folder_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = folder.path().join("deep/new");
    assert!(empty_folder(&new).is_ok() && new.is_dir());
    std::fs::write(new.join("other.txt"), "mine").expect("written");
    assert!(empty_folder(&new).is_err());
}
