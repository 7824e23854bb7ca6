//! viestit.md §1.9, MUL-15: what a printed file must be, on files made for it.

use std::fmt::Write as _;

use super::*;
use crate::model::Level;

/// A PDF of one font and one content stream a page. Each part may be another than it should be.
struct Made {
    media_box: &'static str,
    /// What stands in the font's descriptor.
    font_file: &'static str,
    pages: Vec<String>,
    /// More of a page's dictionary.
    page: &'static str,
    trailer: &'static str,
}

const A4_BOX: &str = "[0 0 595.28 841.89]";
const EMBEDDED: &str = "/FontFile2 6 0 R";

fn made(pages: &[&str]) -> Made {
    let pages = pages.iter().map(|page| (*page).to_owned()).collect();
    Made { media_box: A4_BOX, font_file: EMBEDDED, pages, page: "", trailer: "" }
}

/// A text that begins so many millimetres from the upper left corner.
fn text(right: f32, down: f32, text: &str) -> String {
    let (x, y) = (right * 72.0 / 25.4, 841.89 - down * 72.0 / 25.4);
    format!("BT /F1 11 Tf {x} {y} Td ({text}) Tj ET\n")
}

impl Made {
    fn bytes(&self) -> Vec<u8> {
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            String::new(),
            "<< /Font << /F1 4 0 R >> >>".to_owned(),
            "<< /Type /Font /Subtype /TrueType /BaseFont /Own /Encoding /WinAnsiEncoding /FontDescriptor 5 0 R >>"
                .to_owned(),
            format!("<< /Type /FontDescriptor /FontName /Own {} >>", self.font_file),
            "<< /Length 4 >>\nstream\nfont\nendstream".to_owned(),
        ];
        let mut kids = Vec::new();
        for content in &self.pages {
            kids.push(format!("{} 0 R", objects.len() + 1));
            let content_at = objects.len() + 2;
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /Resources 3 0 R /Contents {content_at} 0 R {} >>",
                self.page
            ));
            objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
        }
        objects[1] =
            format!("<< /Type /Pages /Kids [{}] /Count {} /MediaBox {} >>", kids.join(" "), kids.len(), self.media_box);
        let mut file = "%PDF-1.7\n".to_owned();
        let mut offsets = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            offsets.push(file.len());
            writeln!(file, "{} 0 obj\n{object}\nendobj", index + 1).unwrap();
        }
        let xref = file.len();
        writeln!(file, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1).unwrap();
        for offset in offsets {
            writeln!(file, "{offset:010} 00000 n ").unwrap();
        }
        let size = objects.len() + 1;
        write!(file, "trailer\n<< /Size {size} /Root 1 0 R {} >>\nstartxref\n{xref}\n%%EOF\n", self.trailer).unwrap();
        file.into_bytes()
    }

    /// Level and English text of each finding, for a letter to 20100 in the window.
    fn told(&self) -> Vec<(Level, String)> {
        let window = Window { zone: AddressZone::default(), zip_code: "20100" };
        told(&self.bytes(), Some(&window))
    }
}

fn told(content: &[u8], window: Option<&Window<'_>>) -> Vec<(Level, String)> {
    findings(content, window, "attachments[0]").into_iter().map(|it| (it.level, it.en)).collect()
}

#[track_caller]
fn one(told: &[(Level, String)], level: Level, words: &str) {
    assert!(matches!(told, [(found, text)] if *found == level && text.contains(words)), "{words}: {told:?}");
}

#[test]
fn viestit_mul_15_a_file_that_can_be_printed_passes_without_a_word() {
    let address = text(20.0, 50.0, "Aino Esimerkki") + &text(20.0, 55.0, "20100 Turku");
    assert_eq!(made(&[&address, "", "BT /F1 11 Tf 72 72 Td (x) Tj ET"]).told(), []);
    // Lying pages, a box that does not begin at zero, and one that a page has itself.
    let lying = Made { media_box: "[0 0 841.89 595.28]", ..made(&[""]) };
    assert_eq!(told(&lying.bytes(), None), []);
    let shifted = Made { media_box: "[10 20 605.28 861.89]", ..made(&[""]) };
    assert_eq!(told(&shifted.bytes(), None), []);
    let own = Made { media_box: "[0 0 200 200]", page: "/MediaBox [0 0 595 842]", ..made(&[""]) };
    assert_eq!(told(&own.bytes(), None), []);
}

#[test]
fn viestit_mul_15_other_sizes_are_refused_by_page() {
    let letter = Made { media_box: "[0 0 612 792]", ..made(&["", ""]) };
    one(&told(&letter.bytes(), None), Level::Error, "Pages of another size: 1, 2.");
    let none = Made { media_box: "[0 0]", ..made(&[""]) };
    one(&told(&none.bytes(), None), Level::Error, "Every page must be A4");
    let scaled = Made { page: "/UserUnit 2", ..made(&[""]) };
    one(&told(&scaled.bytes(), None), Level::Error, "Every page must be A4");
}

#[test]
fn viestit_mul_15_fonts_must_be_in_the_file() {
    for missing in ["", "/FontFile2 99 0 R", "/FontFile2 5 0 R"] {
        let file = Made { font_file: missing, ..made(&[""]) };
        one(&told(&file.bytes(), None), Level::Error, "Not all fonts are embedded");
    }
}

#[test]
fn viestit_mul_15_what_is_no_pdf_or_encrypted_is_refused() {
    one(&told(b"%PDF-1.7", None), Level::Error, "cannot be read");
    one(&told(b"GIF89a", None), Level::Error, "cannot be read");
    let encryption = "/Encrypt << /Filter /Standard /V 1 /R 2 /O (abcdefghijklmnopqrstuvwxyzabcdef) /U \
        (abcdefghijklmnopqrstuvwxyzabcdef) /P -4 >> /ID [(0123456789abcdef) (0123456789abcdef)]";
    let file = Made { trailer: encryption, ..made(&[""]) };
    one(&told(&file.bytes(), None), Level::Error, "encrypted");
    let large = [made(&[""]).bytes(), vec![b' '; MAX_BYTES]].concat();
    one(&told(&large, None), Level::Error, "too large");
}

#[test]
fn viestit_mul_15_the_address_must_show_in_the_window() {
    let elsewhere = text(20.0, 200.0, "20100 Turku");
    one(&made(&[&elsewhere]).told(), Level::Error, "address zone of page 1 has no text");
    // Nobody asks for it when an address page is made.
    assert_eq!(told(&made(&[&elsewhere]).bytes(), None), []);
    let other = text(20.0, 50.0, "Bengt Exempel") + &text(20.0, 55.0, "00100 Helsinki");
    one(&made(&[&other]).told(), Level::Warning, "not the recipient's postal code");
    // Shapes and pictures cannot be read.
    one(&made(&["0 0 m 100 100 l S"]).told(), Level::Warning, "cannot be checked");
    // What is moved by a matrix, set by rows, or written in pieces is found.
    let moved = "q 1 0 0 1 56 700 cm BT /F1 11 Tf 12 TL (Aino) Tj T* [(20) 10 (100 Turku)] TJ ET Q";
    assert_eq!(made(&[moved]).told(), []);
    let matrix = "BT /F1 1 Tf 11 0 0 11 56 700 Tm (20100) Tj ET";
    assert_eq!(made(&[matrix]).told(), []);
}

#[test]
fn the_sample_letter_can_be_printed() {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/samples/letters/decision.pdf")).unwrap();
    assert_eq!(told(&file, None), []);
}

#[test]
fn a_file_that_unpacks_to_more_than_allowed_is_refused_at_once() {
    // An object stream of blanks: 30 kB that would be 30 MB.
    let blanks = vec![b' '; 30 * 1024 * 1024];
    let mut packed = deflated(&blanks);
    let head = format!(
        "%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {} >>\nstream\n",
        packed.len()
    );
    let mut file = head.into_bytes();
    file.append(&mut packed);
    file.extend_from_slice(b"\nendstream\nendobj\ntrailer\n<< /Root 2 0 R /Size 3 >>\nstartxref\n0\n%%EOF");
    let began = std::time::Instant::now();
    one(&told(&file, None), Level::Error, "cannot be read");
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    // Many such streams share one allowance.
    assert!(streams(&b"/ObjStm ".repeat(100)) > 100 && streams(b"/O#62jStm /#4fbjStm") > 2 && streams(b"") == 1);
}

#[test]
fn values_without_end_are_refused() {
    let file = [b"%PDF-1.7\n1 0 obj\n[".as_slice(), &b"0 ".repeat(MAX_TOKENS + 1), b"]\nendobj"].concat();
    one(&told(&file, None), Level::Error, "cannot be read");
    let nested =
        [b"%PDF-1.7\n1 0 obj\n".as_slice(), &b"[".repeat(100_000), b"\nendobj\ntrailer\n<< /Root 1 0 R >>"].concat();
    one(&told(&nested, None), Level::Error, "cannot be read");
}

/// As a PDF packs it.
fn deflated(content: &[u8]) -> Vec<u8> {
    let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), content.to_vec());
    stream.compress().unwrap();
    stream.content
}
