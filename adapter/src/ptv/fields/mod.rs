//! The field sheet: which field of PTV's bodies is made of which field of a PAT record, what PTV asks of it by each
//! rule profile, and where version 12 has it (pat.md §4, ptv-in-api.md §3–4, ptv-v12.md §7).
//!
//! One table for people (`silta ptv fields`), and for telling what PTV complains of by the record's own field names.
//! A test holds it against the bodies that `map` makes, so that it cannot fall behind.

mod blame;
mod row;
mod table;

use std::fmt::Write as _;

pub use self::row::Need;
use self::row::{Max, Row};
use super::profile::Profile;
use crate::model::{Content, Entity, Kind};

pub(super) use self::blame::blame;

/// A kind of body that PTV takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    Organisation,
    Service,
    EChannel,
    Phone,
    WebPage,
    PrintableForm,
    ServiceLocation,
    /// The whole connection set of a service; its rows are made of offers.
    Connections,
    Collection,
}

impl Body {
    pub const ALL: [Body; 9] = [
        Body::Organisation,
        Body::Service,
        Body::EChannel,
        Body::Phone,
        Body::WebPage,
        Body::PrintableForm,
        Body::ServiceLocation,
        Body::Connections,
        Body::Collection,
    ];

    /// The body that an entity goes out in; none for kinds without a twin of their own.
    pub(super) fn of(entity: &Entity) -> Option<Body> {
        match &entity.content {
            Content::Organisation(_) => Some(Body::Organisation),
            Content::Service(_) => Some(Body::Service),
            Content::ServicePoint(_) => Some(Body::ServiceLocation),
            Content::Channel(channel) => Some(match channel.detail.word() {
                "eChannel" => Body::EChannel,
                "phone" => Body::Phone,
                "webPage" => Body::WebPage,
                _ => Body::PrintableForm,
            }),
            Content::Collection(_) => Some(Body::Collection),
            Content::Class(_) | Content::Offer(_) | Content::Errand(_) | Content::Actor(_) => None,
        }
    }

    /// PTV's word for what is described (ptv-in-api.md §2).
    pub fn word(self) -> &'static str {
        match self {
            Body::Organisation => "Organization",
            Body::Service => "Service",
            Body::EChannel => "EChannel",
            Body::Phone => "Phone",
            Body::WebPage => "WebPage",
            Body::PrintableForm => "PrintableForm",
            Body::ServiceLocation => "ServiceLocation",
            Body::Connections => "Connection",
            Body::Collection => "ServiceCollection",
        }
    }

    /// The kind of record that its fields come from.
    pub fn source(self) -> Kind {
        match self {
            Body::Organisation => Kind::Organisation,
            Body::Service => Kind::Service,
            Body::EChannel | Body::Phone | Body::WebPage | Body::PrintableForm => Kind::Channel,
            Body::ServiceLocation => Kind::ServicePoint,
            Body::Connections => Kind::Offer,
            Body::Collection => Kind::Collection,
        }
    }
}

/// One property that Silta writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub body: Body,
    /// Its path in the body, lists passed through: `legislation.webPages.url`.
    pub ptv: String,
    /// The `type` of the items that it is about; empty for all.
    pub sort: &'static str,
    /// Its path in the record (PAT).
    pub pat: String,
    pub need: Need,
    max: MaxOf,
    /// The member of version 12; `–` where that has none.
    pub v12: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct MaxOf(Max);

impl PartialEq for MaxOf {
    fn eq(&self, other: &Self) -> bool {
        let both = |max: Max| [Profile::Source34, Profile::Live2026].map(|profile| length(max, profile));
        both(self.0) == both(other.0)
    }
}

impl Eq for MaxOf {}

fn length(max: Max, profile: Profile) -> Option<usize> {
    match max {
        Max::Length(max) => Some(max),
        Max::ByProfile(max) => Some(max(profile)),
        Max::None | Max::Items(_) => None,
    }
}

impl Field {
    /// The longest text that PTV takes, in UTF-16 units.
    pub fn longest(&self, profile: Profile) -> Option<usize> {
        length(self.max.0, profile)
    }

    /// The most items that PTV takes.
    pub fn most_items(&self) -> Option<usize> {
        if let Max::Items(max) = self.max.0 { Some(max) } else { None }
    }
}

/// The properties of a body, in the table's order.
pub fn fields(body: Body) -> Vec<Field> {
    let mut fields = Vec::new();
    spread(body, "", "", table::rows(body), &mut fields);
    fields
}

fn spread(body: Body, ptv: &str, pat: &str, rows: &[Row], fields: &mut Vec<Field>) {
    for row in rows {
        let (ptv, pat) = (joined(ptv, row.ptv), joined(pat, row.pat));
        if row.inner.is_empty() {
            let Row { sort, need, max, v12, .. } = *row;
            fields.push(Field { body, ptv, sort, pat, need, max: MaxOf(max), v12 });
        } else {
            spread(body, &ptv, &pat, row.inner, fields);
        }
    }
}

fn joined(outer: &str, inner: &str) -> String {
    if outer.is_empty() || inner.is_empty() { format!("{outer}{inner}") } else { format!("{outer}.{inner}") }
}

/// Lines of the sheet as CSV (RFC 4180), with a line of headings.
pub fn csv(lines: &[[String; 8]]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADINGS)?;
    for line in lines {
        writer.write_record(line)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// What the columns of the sheet are.
pub const HEADINGS: [&str; 8] =
    ["record", "field", "ptv object", "ptv v11 property", "required", "longest", "most items", "ptv v12 member"];

/// A line of the sheet.
pub fn cells(field: &Field, profile: Profile) -> [String; 8] {
    let number = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut property = field.ptv.clone();
    if !field.sort.is_empty() {
        let _ = write!(property, "[{}]", field.sort);
    }
    let need = match field.need {
        Need::Always => "always".to_owned(),
        Need::EachLanguage => "in every language".to_owned(),
        Need::When(condition) => format!("when {condition}"),
        Need::Never => String::new(),
    };
    [
        field.body.source().laji().to_owned(),
        field.pat.clone(),
        field.body.word().to_owned(),
        property,
        need,
        number(field.longest(profile)),
        number(field.most_items()),
        field.v12.to_owned(),
    ]
}

#[cfg(test)]
mod tests;
