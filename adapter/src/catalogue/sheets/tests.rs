//! Templates written and read back, and the files that people make of them.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};

use super::{KINDS, MAX_ROWS, SheetError, Table, read};
use crate::catalogue::pat;
use crate::model::{Kind, Lang};

fn rules() -> Value {
    json!({"lajit": {"palvelu": {
        "required": ["koodi", "nimi_kieliversiot.fi"],
        "ptv": {"tiivistelma_kieliversiot": {"min": 5, "max": 150}, "palveluluokat": {"maxItems": 4}}}}})
}

fn table(kind: Kind, lang: Lang) -> Table {
    Table::of(kind, lang, &rules()).expect("a template")
}

/// A record of each kind that a template has, with all that its columns can hold.
fn full(kind: Kind) -> Value {
    let texts =
        |text: &str| json!({"fi": text, "sv": format!("{text} på svenska"), "en": format!("{text} in English")});
    let hours = json!([
        {"aukiolotyyppi": "normaali", "viikonpaiva": "1", "avaamisaika": "08:00:00", "sulkemisaika": "12:00:00"},
        {"aukiolotyyppi": "normaali", "viikonpaiva": "1", "avaamisaika": "13:00:00", "sulkemisaika": "24:00:00"},
        {"aukiolotyyppi": "normaali", "viikonpaiva": "6", "avaamisaika": "10:15:00", "sulkemisaika": "14:00:00"}]);
    let area = json!({"tyyppi": "LimitedType", "alueet": [{"tyyppi": "Municipality", "koodit": ["049", "853"]}]});
    let phones = json!([{"maakoodi": "358", "numero": "401234567", "kuvaus_kieliversiot": {"fi": "vaihde"}}, {"numero": "116117"}]);
    let mut record = match kind {
        Kind::Service => json!({
            "tiivistelma_kieliversiot": texts("Lyhyesti"), "kuvaus_kieliversiot": texts("Pitkästi;\nkahdella rivillä \"lainattuna\""),
            "toimintaohje_kieliversiot": texts("Näin"), "palvelunsaannin_ehdot_kieliversiot": texts("Ehdot"),
            "ptv_tyyppi": "PermitOrObligation", "lakisaateinen": true, "maksullisuus": "FreeOfCharge",
            "maksun_lisatieto_kieliversiot": texts("Maksuton"), "palveluluokat": [{"koodi": "1_10"}, {"koodi": "1_11"}],
            "asiasanat": ["http://www.yso.fi/onto/koko/p1", "http://www.yso.fi/onto/koko/p2"],
            "avainsanat_kieliversiot": {"fi": ["uinti", "uimahalli"], "sv": ["simning"]},
            "kohderyhmat": ["http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1.2"],
            "elamantilanteet": ["http://uri.suomi.fi/codelist/ptv/ptvelti/code/KE4.2"], "pohjakuvaus_id": "00000000-0000-4000-8000-000000000001",
            "kielet": ["fi", "sv"], "saatavuusalue": area, "vastuuorganisaatio": {"koodi": "1"},
            "verkkosivut": [{"osoite_kieliversiot": {"fi": "https://example.fi", "sv": "https://example.fi/sv"}}],
        }),
        Kind::Channel => json!({
            "kanavalaji": "sahkoinen", "tunnistautuminen": false, "osoite_kieliversiot": {"fi": "https://example.fi"},
            "tiivistelma_kieliversiot": texts("Lyhyesti"), "kuvaus_kieliversiot": texts("Pitkästi"), "organisaatio": {"koodi": "1"},
            "kielet": ["fi"], "saatavuusalue": {"tyyppi": "Nationwide"}, "yhteiskayttoinen": true, "tukipuhelimet": phones,
            "tukisahkopostit": ["tuki@example.fi", "apu@example.fi"], "aukioloajat": hours,
        }),
        Kind::ServicePoint => json!({
            "tiivistelma_kieliversiot": texts("Lyhyesti"), "kuvaus_kieliversiot": texts("Pitkästi"), "organisaatio": {"koodi": "1"},
            "puhelinnumerot": phones, "sahkopostit": ["kirjasto@example.fi"], "kielet": ["fi", "sv"],
            "lisatiedot": [{"lisatietotyyppi": {"koodi": "6"}, "kuvaus_kieliversiot": {"fi": "https://example.fi"}}],
            "fyysinenPaikka": {"leveysaste": "60.4379", "pituusaste": "22.2741", "aukioloajat": hours, "osoitteet": [{
                "katuosoite_fi": "Testitie 2", "katuosoite_sv": "Testvägen 2", "postinumero": "00100",
                "postitoimipaikka_fi": "Helsinki", "postitoimipaikka_sv": "Helsingfors", "kunta": {"koodi": "091"}}]},
        }),
        Kind::Organisation => json!({
            "tyyppi": "Municipality", "kuntakoodi": "049", "ytunnus": "1234567-1", "ylaorganisaatio": {"koodi": "2"},
            "vaihtoehtoinen_nimi_kieliversiot": texts("Toinen"), "tiivistelma_kieliversiot": texts("Lyhyesti"),
            "kuvaus_kieliversiot": texts("Pitkästi"), "puhelimet": phones, "sahkopostit": [{"osoite": "kirjaamo@example.fi"}],
            "verkkosivut": [{"osoite_kieliversiot": {"fi": "https://example.fi"}}],
            "osoitteet": [{"osoitelaji": "kayntiosoite", "katuosoite_fi": "Testitie 2", "postinumero": "02100", "postitoimipaikka_fi": "Espoo"}],
        }),
        _ => json!({
            "kuvaus_kieliversiot": texts("Pitkästi"), "palvelut": [{"koodi": "1"}, {"koodi": "2"}], "palvelupiste": {"koodi": "7"},
            "palvelukanavat": [{"koodi": "3"}], "palvelunsaanninEhdot_kieliversiot": texts("Ehdot"),
            "hinnat": [{"hinta_kieliversiot": {"fi": "8 euroa"}}], "aukioloajat": hours,
            "yhteystiedot": {"puhelinnumerot": phones, "sahkopostit": [{"osoite": "tarjous@example.fi"}]},
        }),
    };
    let members = record.as_object_mut().expect("an object");
    members.insert("laji".into(), json!(kind.laji()));
    members.insert("koodi".into(), json!("0740"));
    members.insert("tila".into(), json!({"koodi": "2"}));
    members.insert("nimi_kieliversiot".into(), texts("=Nimi"));
    record
}

#[test]
fn a_template_with_records_comes_back_as_equal_entities_in_both_forms_and_languages() {
    for kind in KINDS {
        let record = full(kind);
        let entity = pat::read(&record).entity.unwrap_or_else(|| panic!("{kind}: {:?}", pat::read(&record).findings));
        for lang in [Lang::Fi, Lang::Sv] {
            let mut table = table(kind, lang);
            assert!(table.add(&record), "{kind}: the columns hold all of it");
            for bytes in [table.csv().expect("CSV"), table.xlsx().expect("a workbook")] {
                let reading = read("malli", &bytes).expect("readable");
                assert_eq!(reading.rows.problems, [], "{kind} {lang}");
                assert_eq!(reading.records.len(), 1, "the second row is help");
                let back = pat::read(&reading.records[0]);
                assert_eq!(back.entity.as_ref(), Some(&entity), "{kind} {lang}: {:?}", back.findings);
            }
        }
    }
}

#[test]
fn every_column_takes_part_in_a_round_trip() {
    for kind in KINDS {
        let mut table = table(kind, Lang::Fi);
        assert!(table.add(&full(kind)));
        let form = json!({"laji": "palvelukanava", "koodi": "8", "kanavalaji": "tulostettava_lomake", "nimi_kieliversiot": {"fi": "Lomake"},
            "lomaketunniste_kieliversiot": {"fi": "L1"}, "tiedostot": [{"tyyppi": "PDF", "osoite_kieliversiot": {"fi": "https://example.fi/l.pdf"}}]});
        let phone = json!({"laji": "palvelukanava", "koodi": "9", "kanavalaji": "puhelin", "nimi_kieliversiot": {"fi": "Puhelin"}, "numerot": [{"numero": "116117"}]});
        let all = if kind == Kind::Channel { vec![form, phone] } else { Vec::new() };
        assert!(all.iter().all(|record| table.add(record)));
        let blank: Vec<&str> = (0..table.headings.len())
            .filter(|at| table.rows.iter().all(|row| row[*at].is_empty()))
            .map(|at| table.headings[at].as_str())
            .filter(|heading| !["ruotsiksi", "englanniksi", "tai", "viikko"].iter().any(|end| heading.ends_with(end)))
            .collect();
        assert!(blank.is_empty(), "{kind}: {blank:?}");
    }
}

#[test]
fn a_record_that_holds_more_than_the_columns_is_not_written() {
    let mut record = full(Kind::ServicePoint);
    record["esteettomyys"] = json!([{"koodi": "1"}]);
    let mut table = table(Kind::ServicePoint, Lang::Fi);
    assert!(!table.add(&record) && table.is_empty());
    // What is no content of a record, such as its source's revision, is not asked of a sheet.
    let mut record = full(Kind::ServicePoint);
    record["lahde"] = json!({"jarjestelma": "cms", "versio": 4});
    assert!(table.add(&record));
}

#[test]
fn formulas_are_texts_and_stay_so() {
    let mut table = table(Kind::Service, Lang::Fi);
    for (code, name) in [("1", "=1+1"), ("2", "+358 nro"), ("3", "-alku"), ("4", "@maininta"), ("5", "'lainaus'")] {
        assert!(table.add(&json!({"laji": "palvelu", "koodi": code, "nimi_kieliversiot": {"fi": name}})), "{name}");
    }
    let csv = String::from_utf8(table.csv().expect("CSV")).expect("UTF-8");
    assert!(
        csv.starts_with('\u{feff}') && csv.contains("\r\n1;;'=1+1;") && csv.contains("\r\n4;;'@maininta;"),
        "{csv}"
    );
    for bytes in [csv.into_bytes(), table.xlsx().expect("a workbook")] {
        let names: Vec<Value> = read("malli", &bytes)
            .expect("readable")
            .records
            .iter()
            .map(|it| it["nimi_kieliversiot"]["fi"].clone())
            .collect();
        assert_eq!(names, ["=1+1", "+358 nro", "-alku", "@maininta", "'lainaus'"]);
    }
}

#[test]
fn the_help_tells_what_is_required_how_long_and_which_words() {
    let table = table(Kind::Service, Lang::Fi);
    let help = |heading: &str| {
        let at = table.headings.iter().position(|it| it == heading).expect("a heading");
        table.help[at].as_str()
    };
    assert!(help("Nimi suomeksi").contains("Pakollinen."));
    assert!(help("Tiivistelmä ruotsiksi").contains("5–150 merkkiä PTV:ssä."));
    assert!(help("Palveluluokat").contains("Enintään 4."));
    assert!(help("Maksullisuus").contains("maksullinen / maksuton / muu maksu"));
    assert!(help("Palvelun koodi").starts_with("Ohje:") && help("Palvelun koodi").contains("Pakollinen."));
}

/// The ways in which spreadsheets save CSV.
#[test]
fn delimiters_and_encodings_are_told_apart() {
    let lines = |delimiter: &str| {
        [
            ["Palvelun koodi", "Nimi suomeksi", "Avainsanat suomeksi"].join(delimiter),
            ["740", "Päiväkoti", "\"lapset; hoito\""].join(delimiter),
            format!("{delimiter}{delimiter}"),
            String::new(),
        ]
        .join("\r\n")
    };
    let utf8 = |text: &str| text.as_bytes().to_vec();
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let utf16 =
        |text: &str| [&[0xff, 0xfe][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat();
    for (what, bytes) in [
        ("semicolons", utf8(&lines(";"))),
        ("commas", utf8(&lines(","))),
        ("tabs in UTF-16", utf16(&lines("\t"))),
        ("with a mark", utf8(&format!("\u{feff}{}", lines(";")))),
        ("Windows-1252", latin(&lines(";"))),
        ("Excel's hint", utf8(&format!("sep=;\r\n{}", lines(";")))),
    ] {
        let reading = read("palvelut", &bytes).expect(what);
        assert_eq!((reading.records.len(), &reading.rows.problems[..]), (1, &[][..]), "{what}");
        assert_eq!(reading.records[0]["nimi_kieliversiot"]["fi"], "Päiväkoti", "{what}");
        assert_eq!(reading.records[0]["avainsanat_kieliversiot"]["fi"], json!(["lapset", "hoito"]), "{what}");
    }
}

#[test]
fn what_cannot_be_read_is_named_by_sheet_row_column_and_heading() {
    let csv = "Palvelupisteen koodi;Nimi suomeksi;Maanantai;Tila\n7;Kirjasto;klo 8;julkaistu\n8;Halli;8-16;auki\n9;Talo;8-16;luonnos\n";
    let reading = read("palvelupisteet", csv.as_bytes()).expect("readable");
    assert_eq!(reading.records.len(), 1);
    let told: Vec<_> = reading
        .rows
        .problems
        .iter()
        .map(|it| (it.sheet.as_str(), it.row, it.column.as_str(), it.heading.as_str()))
        .collect();
    assert_eq!(told, [("palvelupisteet", 2, "C", "Maanantai"), ("palvelupisteet", 3, "D", "Tila")]);
    assert!(reading.rows.problems[1].fi.contains("julkaistu, luonnos"), "{:?}", reading.rows.problems[1]);
    assert_eq!(reading.rows.place(0, "nimi_kieliversiot.fi").as_deref(), Some("palvelupisteet!B4 (Nimi suomeksi)"));
    assert_eq!(
        reading.rows.place(0, "fyysinenPaikka.aukioloajat[0].avaamisaika").as_deref(),
        Some("palvelupisteet!C4 (Maanantai)")
    );
    assert_eq!(reading.rows.place(0, "").as_deref(), Some("palvelupisteet!4"));
    // A column that nobody knows would be lost, so that nothing is read.
    let csv = "Palvelun koodi;Nimi suomesta;Avain\n7;Kirjasto;x\n";
    let reading = read("palvelut", csv.as_bytes()).expect("a template");
    assert_eq!((reading.records.len(), reading.rows.problems.len()), (0, 2));
    assert!(reading.rows.problems[0].en.contains("Did you mean Nimi suomeksi?"), "{:?}", reading.rows.problems);
    assert!(matches!(read("x", b"a;b\n1;2\n"), Err(SheetError::NoTemplate)));
    assert!(matches!(read("x", b"PK\x03\x04 no workbook"), Err(SheetError::NotXlsx(_))));
}

/// A workbook of the parts that a spreadsheet writes, with the sheet's cells given.
fn workbook(cells: &str, shared: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, content: &[u8]| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(content).expect("written");
    };
    part("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Palvelut &amp; muut" sheetId="1" r:id="rId1"/></sheets></workbook>"#);
    part("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="x" Target="worksheets/sheet1.xml"/></Relationships>"#);
    part("xl/sharedStrings.xml", shared);
    part("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>"#).as_bytes());
    zip.finish().expect("a workbook").into_inner()
}

const SHARED: &[u8] = br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Palvelun koodi</t></si><si><r><t>Nimi </t></r><r><t xml:space="preserve">suomeksi</t></r></si><si><t>Lakis&#228;&#228;teinen</t></si><si><t>Uinti &amp; sauna_x000A_toinen rivi</t><rPh sb="0" eb="1"><t>vihje</t></rPh></si></sst>"#;
const HEADINGS: &str =
    r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>"#;

#[test]
fn cells_of_every_sort_are_read_and_formulas_never_worked_out() {
    let cells = format!(
        r#"{HEADINGS}
        <row r="2"><c r="A2"><v>740</v></c><c r="B2" t="s"><v>3</v></c><c r="C2" t="b"><v>1</v></c></row>
        <row r="4"><c r="A4" t="inlineStr"><is><t>a1</t></is></c><c r="B4" t="str"><f>A1&amp;"x"</f><v>Laskettu</v></c></row>
        <row r="5"><c r="A5"><v>5</v></c><c r="B5"><f>HYPERLINK("x")</f></c></row>
        <row r="6"><c r="A6"><v>6</v></c><c r="B6" t="e"><v>#REF!</v></c></row>
        <row r="900000"><c r="A900000" s="1"/><c r="XFD900000" s="1"/></row>"#
    );
    let reading = read("x", &workbook(&cells, SHARED)).expect("readable");
    let of = |record: &Value| {
        (record["koodi"].clone(), record["nimi_kieliversiot"]["fi"].clone(), record["lakisaateinen"].clone())
    };
    assert_eq!(
        reading.records.iter().map(of).collect::<Vec<_>>(),
        [
            (json!("740"), json!("Uinti & sauna\ntoinen rivi"), json!(true)),
            (json!("a1"), json!("Laskettu"), Value::Null),
        ]
    );
    let told: Vec<_> = reading.rows.problems.iter().map(|it| (it.sheet.as_str(), it.row, it.column.as_str())).collect();
    assert_eq!(told, [("Palvelut & muut", 5, "B"), ("Palvelut & muut", 6, "B")]);
}

#[test]
fn a_workbook_that_unpacks_beyond_its_limits_is_refused() {
    // 300 MiB of blanks in a few hundred kilobytes.
    let mut blanks = SHARED.to_vec();
    blanks.resize(300 << 20, b' ');
    let bomb = workbook(HEADINGS, &blanks);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert!(matches!(read("x", &bomb), Err(SheetError::Unpacks)));
    drop(blanks);
    let far = format!(r#"{HEADINGS}<row r="2"><c r="XFD2"><v>1</v></c></row>"#);
    assert!(matches!(read("x", &workbook(&far, SHARED)), Err(SheetError::TooMany)));
    let row = |number: usize| format!(r#"<row r="{number}"><c r="A{number}"><v>1</v></c></row>"#);
    let many: String = (2..MAX_ROWS + 2).map(row).collect();
    assert!(matches!(read("x", &workbook(&format!("{HEADINGS}{many}"), SHARED)), Err(SheetError::TooMany)));
    let mut csv = String::from("Palvelun koodi;Nimi suomeksi\n");
    csv.extend((0..MAX_ROWS).map(|number| format!("{number};x\n")));
    assert!(matches!(read("x", csv.as_bytes()), Err(SheetError::TooMany)));
}
