//! One row of the table, written so that the table reads as a table.

use crate::ptv::profile::Profile;

/// When a field must be in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Always,
    /// In every language of the record.
    EachLanguage,
    /// Under a condition, in PTV's words.
    When(&'static str),
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Max {
    None,
    Length(usize),
    ByProfile(fn(Profile) -> usize),
    Items(usize),
}

/// A property of a body, or a block of them; paths are relative to the block that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) ptv: &'static str,
    /// The `type` of the list's items that the row speaks of.
    pub(super) sort: &'static str,
    pub(super) pat: &'static str,
    pub(super) need: Need,
    pub(super) max: Max,
    pub(super) v12: &'static str,
    pub(super) inner: &'static [Row],
}

pub(super) const fn row(ptv: &'static str, pat: &'static str) -> Row {
    Row { ptv, sort: "", pat, need: Need::Never, max: Max::None, v12: "", inner: &[] }
}

pub(super) const fn block(ptv: &'static str, pat: &'static str, inner: &'static [Row]) -> Row {
    Row { inner, ..row(ptv, pat) }
}

impl Row {
    pub(super) const fn sort(self, sort: &'static str) -> Row {
        Row { sort, ..self }
    }

    pub(super) const fn need(self, need: Need) -> Row {
        Row { need, ..self }
    }

    /// In UTF-16 units.
    pub(super) const fn max(self, max: usize) -> Row {
        Row { max: Max::Length(max), ..self }
    }

    pub(super) const fn by(self, max: fn(Profile) -> usize) -> Row {
        Row { max: Max::ByProfile(max), ..self }
    }

    pub(super) const fn items(self, max: usize) -> Row {
        Row { max: Max::Items(max), ..self }
    }

    /// The member of version 12 that takes it (ptv-v12.md §7); `–` where there is none.
    pub(super) const fn v12(self, member: &'static str) -> Row {
        Row { v12: member, ..self }
    }
}
