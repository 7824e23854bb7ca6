//! Writes as values. A [`Commit`] is everything that must become true at once: rows and evidence.
//!
//! This file says what a commit is; `committer.rs` makes it durable. Nothing else writes the database.

use std::sync::Arc;

use super::value::{Row, Value};
use crate::model::evidence::EvidenceDraft;

/// One SQL statement with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(super) sql: &'static str,
    pub(super) args: Vec<Value>,
    pub(super) expect: Expect,
}

impl Statement {
    /// A statement that may touch any number of rows. Only the store's own table files make statements, so that every
    /// SQL text stands in the list that the tests prepare.
    pub(super) fn new(sql: &'static str, args: Vec<Value>) -> Self {
        Self { sql, args, expect: Expect::Any }
    }

    pub(super) const fn bare(sql: &'static str) -> Self {
        Self { sql, args: Vec::new(), expect: Expect::Any }
    }

    /// Of a statement that writes: the same, failing with [`super::CommitError::Conflict`] unless exactly `rows` rows are touched.
    #[must_use]
    pub fn expecting(mut self, rows: u64) -> Self {
        self.expect = Expect::Rows(rows);
        self
    }
}

/// How many rows a statement must touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Any,
    Rows(u64),
}

/// Statements and evidence that become durable together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    pub statements: Vec<Statement>,
    pub evidence: Vec<EvidenceDraft>,
}

impl Commit {
    pub fn new() -> Self {
        Self::default()
    }

    /// A commit of evidence alone: the cheap kind, written many at a time.
    pub fn of_evidence(draft: EvidenceDraft) -> Self {
        Self { statements: Vec::new(), evidence: vec![draft] }
    }

    /// Adds statements.
    #[must_use]
    pub fn with(mut self, statements: impl IntoIterator<Item = Statement>) -> Self {
        self.statements.extend(statements);
        self
    }

    /// Does it consist of the same statements, with whatever arguments?
    pub(super) fn is_like(&self, other: &Commit) -> bool {
        let (one, two) = (&self.statements, &other.statements);
        one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.sql == two.sql && one.expect == two.expect)
    }

    /// Adds one record of evidence.
    #[must_use]
    pub fn and(mut self, draft: EvidenceDraft) -> Self {
        self.evidence.push(draft);
        self
    }
}

/// What a durable commit gave back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// For each statement, in order, the rows of its `RETURNING` (none if it has none).
    pub rows: Vec<Vec<Row>>,
    /// For each record of evidence, in order, its place in the log.
    pub evidence: Vec<Position>,
}

impl Committed {
    /// The rows that the statement at `index` returned.
    pub fn take(&mut self, index: usize) -> Vec<Row> {
        self.rows.get_mut(index).map(std::mem::take).unwrap_or_default()
    }
}

/// The place of a record in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub writer: Arc<str>,
    pub sequence: u64,
}
