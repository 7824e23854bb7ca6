//! Where the text of a page stands: only where each piece begins, which is enough to see an address in a window.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Encoding, Object, ObjectId};

use super::Window;
use super::page::{POINTS, inherited, numbers, rectangle, resolved};

const MAX_CONTENT: usize = 4 * 1024 * 1024;
const MAX_OPERATORS: usize = 400_000;
const MAX_FORMS: usize = 8;
const MAX_STATES: usize = 256;

/// What the window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Text with the recipient's postal code.
    Address,
    /// Text, but not that.
    OtherText,
    /// The page has text, and none of it there.
    Nothing,
    /// No text at all that can be read.
    CannotTell,
}

pub(super) fn look(document: &Document, page: ObjectId, window: &Window<'_>) -> Seen {
    let turned = inherited(document, page, b"Rotate").and_then(|it| it.as_i64().ok()).unwrap_or(0) % 360 != 0;
    let (Some([left, _, _, top]), false) = (rectangle(document, page), turned) else { return Seen::CannotTell };
    let Ok(content) = document.get_page_content_with_limit(page, MAX_CONTENT) else { return Seen::CannotTell };
    let resources = inherited(document, page, b"Resources").and_then(|it| it.as_dict().ok());
    let mut look =
        Look { document, window, left, top, operators: MAX_OPERATORS, texts: 0, there: Vec::new(), opaque: false };
    look.run(&content, resources, IDENTITY, 0);
    let shown: String = look.there.concat().chars().filter(|c| c.is_alphanumeric()).collect();
    let wanted: String = window.zip_code.chars().filter(|c| c.is_alphanumeric()).collect();
    if !wanted.is_empty() && shown.contains(&wanted) {
        Seen::Address
    } else if !look.there.is_empty() {
        Seen::OtherText
    } else if look.texts == 0 || look.opaque {
        Seen::CannotTell
    } else {
        Seen::Nothing
    }
}

/// `[a b c d e f]` of a transformation.
type Matrix = [f32; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `one`, then `other`.
#[allow(clippy::many_single_char_names, reason = "as the format names them")]
fn then(one: Matrix, other: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [p, q, r, s, t, u] = other;
    [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}

fn moved(x: f32, y: f32) -> Matrix {
    [1.0, 0.0, 0.0, 1.0, x, y]
}

struct Look<'d> {
    document: &'d Document,
    window: &'d Window<'d>,
    left: f32,
    top: f32,
    /// Operators that may still be read.
    operators: usize,
    /// Pieces of text on the page.
    texts: usize,
    /// What is written in the window.
    there: Vec<String>,
    /// Something could not be looked into.
    opaque: bool,
}

/// Where the next text begins.
#[derive(Clone, Copy)]
struct Pen {
    line: Matrix,
    leading: f32,
}

impl<'d> Look<'d> {
    fn run(&mut self, content: &[u8], resources: Option<&'d Dictionary>, start: Matrix, depth: usize) {
        let fonts = self.fonts(resources);
        let (mut at, mut kept) = (start, Vec::new());
        let mut pen = Pen { line: IDENTITY, leading: 0.0 };
        let mut font: Vec<u8> = Vec::new();
        for operation in Content::decode_iter(content) {
            let Some(left) = self.operators.checked_sub(1) else {
                self.opaque = true;
                return;
            };
            self.operators = left;
            // The rest of a page that breaks off cannot be looked into.
            let Ok(operation) = operation else {
                self.opaque = true;
                return;
            };
            let operands = &operation.operands;
            let number = |place: usize| operands.get(place).and_then(|it| it.as_float().ok()).unwrap_or(0.0);
            let matrix = || numbers::<6>(self.document, &Object::Array(operands.clone()));
            match operation.operator.as_str() {
                "q" if kept.len() < MAX_STATES => kept.push(at),
                "Q" => at = kept.pop().unwrap_or(at),
                "cm" => at = matrix().map_or(at, |by| then(by, at)),
                "BT" => pen.line = IDENTITY,
                "Tf" => font = operands.first().and_then(|it| it.as_name().ok()).unwrap_or_default().to_vec(),
                "TL" => pen.leading = number(0),
                "Tm" => pen.line = matrix().unwrap_or(pen.line),
                "Td" => pen.line = then(moved(number(0), number(1)), pen.line),
                "TD" => {
                    pen.leading = -number(1);
                    pen.line = then(moved(number(0), number(1)), pen.line);
                }
                "T*" => pen.line = then(moved(0.0, -pen.leading), pen.line),
                "Tj" | "TJ" => self.show(operands, fonts.get(&font), then(pen.line, at)),
                "'" | "\"" => {
                    pen.line = then(moved(0.0, -pen.leading), pen.line);
                    self.show(operands, fonts.get(&font), then(pen.line, at));
                }
                "Do" => {
                    let name = operands.first().and_then(|it| it.as_name().ok()).unwrap_or_default();
                    self.form(name, resources, at, depth);
                }
                _ => {}
            }
        }
    }

    fn fonts(&self, resources: Option<&'d Dictionary>) -> BTreeMap<Vec<u8>, Encoding<'d>> {
        let group = resources.and_then(|it| it.get(b"Font").ok());
        let group = group.and_then(|group| resolved(self.document, group)?.as_dict().ok());
        let entries = group.into_iter().flat_map(Dictionary::iter).take(MAX_STATES);
        entries
            .filter_map(|(name, font)| {
                let font = resolved(self.document, font)?.as_dict().ok()?;
                Some((name.clone(), font.get_font_encoding_with_limit(self.document, MAX_CONTENT).ok()?))
            })
            .collect()
    }

    fn show(&mut self, operands: &[Object], font: Option<&Encoding<'d>>, at: Matrix) {
        self.texts += 1;
        let [.., x, y] = at;
        let (right, down) = ((x - self.left) / POINTS, (self.top - y) / POINTS);
        let zone = &self.window.zone;
        if !(zone.left..=zone.right).contains(&right) || !(zone.top..=zone.bottom).contains(&down) {
            return;
        }
        let mut text = String::new();
        let pieces = operands.iter().flat_map(|operand| match operand {
            Object::Array(pieces) => pieces.as_slice(),
            other => std::slice::from_ref(other),
        });
        for piece in pieces.filter_map(|piece| piece.as_str().ok()) {
            if let Some(piece) = font.and_then(|font| Document::decode_text(font, piece).ok()) {
                text.push_str(&piece);
            }
        }
        self.there.push(text);
    }

    /// A form is a page in a page; a picture has no text.
    fn form(&mut self, name: &[u8], resources: Option<&'d Dictionary>, at: Matrix, depth: usize) {
        let group = resources.and_then(|it| it.get(b"XObject").ok());
        let group = group.and_then(|group| resolved(self.document, group)?.as_dict().ok());
        let found = group.and_then(|group| resolved(self.document, group.get(name).ok()?)?.as_stream().ok());
        let Some(form) =
            found.filter(|it| it.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|it| it == b"Form"))
        else {
            return;
        };
        if depth >= MAX_FORMS {
            self.opaque = true;
            return;
        }
        let Ok(content) = form.get_plain_content_with_limit(MAX_CONTENT) else {
            self.opaque = true;
            return;
        };
        let by = form.dict.get(b"Matrix").ok().and_then(|it| numbers::<6>(self.document, resolved(self.document, it)?));
        let own = form.dict.get(b"Resources").ok().and_then(|own| resolved(self.document, own)?.as_dict().ok());
        self.run(&content, own.or(resources), then(by.unwrap_or(IDENTITY), at), depth + 1);
    }
}
