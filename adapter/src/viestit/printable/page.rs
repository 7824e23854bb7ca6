//! Pages: their size, and the fonts that they name.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

/// Points of a millimetre.
pub(super) const POINTS: f32 = 72.0 / 25.4;
/// A4 in points, and how far a page may be off: a millimetre.
const A4: (f32, f32) = (595.276, 841.890);
const TOLERANCE: f32 = POINTS;
/// Of a page tree, and of forms in forms.
const MAX_DEPTH: usize = 32;
/// Forms and fonts that are looked at in one file.
const MAX_LOOKED_AT: usize = 20_000;

/// Upright or lying.
pub(super) fn is_a4(document: &Document, page: ObjectId) -> bool {
    let unit = inherited(document, page, b"UserUnit").and_then(|unit| unit.as_float().ok()).unwrap_or(1.0);
    let Some([left, bottom, right, top]) = rectangle(document, page) else { return false };
    let (width, height) = ((right - left).abs() * unit, (top - bottom).abs() * unit);
    let is = |one: f32, other: f32| (one - other).abs() <= TOLERANCE;
    (is(width, A4.0) && is(height, A4.1)) || (is(width, A4.1) && is(height, A4.0))
}

/// What is shown of a page: left, bottom, right, top.
pub(super) fn rectangle(document: &Document, page: ObjectId) -> Option<[f32; 4]> {
    let found = inherited(document, page, b"CropBox").or_else(|| inherited(document, page, b"MediaBox"))?;
    numbers(document, found)
}

/// Exactly `N` numbers.
pub(super) fn numbers<const N: usize>(document: &Document, object: &Object) -> Option<[f32; N]> {
    let list = object.as_array().ok()?;
    let values: Vec<f32> = list.iter().map(|it| resolved(document, it)?.as_float().ok()).collect::<Option<Vec<_>>>()?;
    values.try_into().ok()
}

/// An attribute of a page or of what it stands below.
pub(super) fn inherited<'d>(document: &'d Document, page: ObjectId, name: &[u8]) -> Option<&'d Object> {
    let mut node = document.get_dictionary(page).ok()?;
    for _ in 0..MAX_DEPTH {
        if let Ok(found) = node.get(name) {
            return resolved(document, found);
        }
        node = resolved(document, node.get(b"Parent").ok()?)?.as_dict().ok()?;
    }
    None
}

pub(super) fn resolved<'d>(document: &'d Document, object: &'d Object) -> Option<&'d Object> {
    document.dereference(object).ok().map(|(_, object)| object)
}

/// Whether each font that a page or a form on it names is in the file.
pub(super) fn fonts_embedded(document: &Document, pages: &[ObjectId]) -> bool {
    let mut search = Search { document, seen: HashSet::new(), left: MAX_LOOKED_AT };
    pages.iter().all(|page| {
        let resources = inherited(document, *page, b"Resources").and_then(|it| it.as_dict().ok());
        resources.is_none_or(|resources| search.resources(resources, 0))
    })
}

struct Search<'d> {
    document: &'d Document,
    /// Objects that need no second look.
    seen: HashSet<ObjectId>,
    left: usize,
}

impl<'d> Search<'d> {
    fn resources(&mut self, resources: &'d Dictionary, depth: usize) -> bool {
        let fonts = self.entries(resources, b"Font");
        if !fonts.into_iter().all(|font| font.as_dict().is_ok_and(|font| self.font(font))) {
            return false;
        }
        if depth >= MAX_DEPTH {
            return false;
        }
        let forms = self.entries(resources, b"XObject");
        forms.into_iter().all(|form| {
            let own = form.as_stream().ok().and_then(|form| form.dict.get(b"Resources").ok());
            let own = own.and_then(|own| resolved(self.document, own)?.as_dict().ok());
            own.is_none_or(|own| self.resources(own, depth + 1))
        })
    }

    /// The entries of a dictionary in the resources that have not been looked at.
    fn entries(&mut self, resources: &'d Dictionary, name: &[u8]) -> Vec<&'d Object> {
        let document = self.document;
        let group = resources.get(name).ok().and_then(|group| resolved(document, group)?.as_dict().ok());
        let mut found = Vec::new();
        for (_, entry) in group.into_iter().flat_map(Dictionary::iter) {
            let Some(left) = self.left.checked_sub(1) else { break };
            self.left = left;
            if entry.as_reference().is_ok_and(|id| !self.seen.insert(id)) {
                continue;
            }
            // What is not there cannot be drawn, and a font that is not there is not embedded.
            found.push(resolved(document, entry).unwrap_or(&Object::Null));
        }
        found
    }

    fn font(&self, font: &'d Dictionary) -> bool {
        let resolve = |dictionary: &'d Dictionary, name: &[u8]| {
            dictionary.get(name).ok().and_then(|found| resolved(self.document, found))
        };
        let kind = resolve(font, b"Subtype").and_then(|kind| kind.as_name().ok());
        let described = match kind {
            // Its glyphs stand in the font itself.
            Some(b"Type3") => return true,
            Some(b"Type0") => {
                let list = resolve(font, b"DescendantFonts").and_then(|list| list.as_array().ok());
                let first = list.and_then(|list| list.first()).and_then(|first| resolved(self.document, first));
                first.and_then(|first| first.as_dict().ok())
            }
            _ => Some(font),
        };
        let descriptor = described.and_then(|font| resolve(font, b"FontDescriptor")?.as_dict().ok());
        descriptor.is_some_and(|descriptor| {
            [&b"FontFile"[..], b"FontFile2", b"FontFile3"]
                .iter()
                .any(|name| resolve(descriptor, name).is_some_and(|file| file.as_stream().is_ok()))
        })
    }
}
