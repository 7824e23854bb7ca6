//! Verification: reads every record of every writer in order and recomputes chain and leaves.
//!
//! It finds a changed record, a changed link or leaf, a missing range, a record in a wrong place, and, with the anchor, a
//! cut tail or a chain that was written anew. It goes on after a problem, from the chain value that is stored, so that
//! one changed record is one problem. Memory is one page, whatever the length of the log.

use std::collections::HashMap;

use super::anchor::{Anchor, AnchorError, Statement};
use crate::model::evidence::{self, Evidence, GENESIS, Hash};
use crate::store::evidence::{StoredRecord, letter_of, page, writers};
use crate::store::{Store, StoreError};

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// Records in which everything was right.
    pub verified: u64,
    pub writers: Vec<WriterReport>,
    pub problems: u64,
    pub first_problem: Option<Problem>,
    /// Head statements of the anchor that were compared.
    pub anchored: u64,
}

impl Report {
    /// Is the log whole?
    pub fn is_clean(&self) -> bool {
        self.problems == 0
    }
}

/// How far one writer's chain goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriterReport {
    pub writer: String,
    pub records: u64,
    pub head: u64,
    pub chain: Hash,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("writer {writer}, record {sequence}: {trouble}")]
pub struct Problem {
    pub writer: String,
    pub sequence: u64,
    pub trouble: Trouble,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the record or its link was changed")]
    Chain,
    #[error("the tenant's leaf was changed")]
    Leaf,
    #[error("the bytes are not a record of a known format")]
    Format,
    #[error("the record belongs to another writer, sequence, tenant or letter")]
    Place,
    #[error("records are missing from here on, up to record {until}")]
    Missing { until: u64 },
    #[error("the anchor states another chain for this record")]
    Anchor,
    #[error("the anchor states a head that is not in the log: its end was cut off")]
    CutTail,
}

/// Verification could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}

/// Verifies the whole log against itself and against the store's anchor.
pub async fn verify(store: &Store) -> Result<Report, VerifyError> {
    let statements = Anchor::read(&Anchor::path_of(store))?;
    let mut report = Report {
        records: 0,
        verified: 0,
        writers: Vec::new(),
        problems: 0,
        first_problem: None,
        anchored: statements.len() as u64,
    };
    let mut anchors = by_writer(statements);
    for (writer, _) in writers(store).await? {
        let anchors = anchors.remove(&writer).unwrap_or_default();
        Walk::new(&writer, anchors, &mut report).run(store).await?;
    }
    let mut gone: Vec<_> = anchors.into_iter().collect();
    gone.sort_by(|one, other| one.0.cmp(&other.0));
    for (writer, statements) in gone {
        if let Some(last) = statements.last() {
            report.problem(&writer, last.sequence, Trouble::CutTail);
        }
    }
    Ok(report)
}

impl Report {
    fn problem(&mut self, writer: &str, sequence: u64, trouble: Trouble) {
        self.problems += 1;
        if self.first_problem.is_none() {
            self.first_problem = Some(Problem { writer: writer.to_owned(), sequence, trouble });
        }
    }
}

/// One writer's records from the first to the last.
struct Walk<'a> {
    writer: &'a str,
    sequence: u64,
    chain: Hash,
    records: u64,
    /// Ascending by sequence.
    anchors: std::iter::Peekable<std::vec::IntoIter<Statement>>,
    report: &'a mut Report,
}

impl<'a> Walk<'a> {
    fn new(writer: &'a str, anchors: Vec<Statement>, report: &'a mut Report) -> Self {
        Self { writer, sequence: 0, chain: GENESIS, records: 0, anchors: anchors.into_iter().peekable(), report }
    }

    async fn run(mut self, store: &Store) -> Result<(), VerifyError> {
        // A tenant without keys has no salt: its records cannot be right.
        let mut salts: HashMap<String, Option<Hash>> = HashMap::new();
        loop {
            let records = page(store, self.writer, self.sequence, PAGE).await?;
            let last = records.len() < PAGE as usize;
            for record in &records {
                if !salts.contains_key(&record.tenant) {
                    let salt = store.known_salt(&record.tenant).await?;
                    salts.insert(record.tenant.clone(), salt);
                }
                let salt = salts.get(&record.tenant).and_then(Option::as_ref);
                self.record(record, salt);
            }
            if last {
                break;
            }
        }
        for statement in self.anchors {
            self.report.problem(self.writer, statement.sequence, Trouble::CutTail);
        }
        self.report.writers.push(WriterReport {
            writer: self.writer.to_owned(),
            records: self.records,
            head: self.sequence,
            chain: self.chain,
        });
        Ok(())
    }

    fn record(&mut self, stored: &StoredRecord, salt: Option<&Hash>) {
        self.report.records += 1;
        self.records += 1;
        let next = self.sequence + 1;
        let mut right = true;
        if stored.sequence != next {
            let until = stored.sequence.saturating_sub(1);
            self.trouble(&mut right, next, Trouble::Missing { until });
        } else if evidence::chain(&self.chain, &stored.record).as_slice() != stored.chain {
            self.trouble(&mut right, stored.sequence, Trouble::Chain);
        }
        if salt.is_none_or(|salt| evidence::leaf(salt, &stored.record).as_slice() != stored.leaf) {
            self.trouble(&mut right, stored.sequence, Trouble::Leaf);
        }
        match Evidence::decode(&stored.record) {
            Err(_) => self.trouble(&mut right, stored.sequence, Trouble::Format),
            Ok(inside) => {
                let placed = inside.writer == self.writer
                    && inside.sequence == stored.sequence
                    && inside.draft.tenant == stored.tenant
                    && stored.letter.as_deref().is_none_or(|letter| letter_of(&inside.draft) == Some(letter));
                if !placed {
                    self.trouble(&mut right, stored.sequence, Trouble::Place);
                }
            }
        }
        // From here on the stored link counts, so that one change is not reported for every later record.
        self.chain = Hash::try_from(stored.chain.as_slice()).unwrap_or(GENESIS);
        self.sequence = stored.sequence;
        while let Some(statement) = self.anchors.next_if(|statement| statement.sequence <= self.sequence) {
            if statement.sequence == self.sequence && statement.chain != self.chain {
                self.trouble(&mut right, statement.sequence, Trouble::Anchor);
            }
        }
        if right {
            self.report.verified += 1;
        }
    }

    fn trouble(&mut self, right: &mut bool, sequence: u64, trouble: Trouble) {
        *right = false;
        self.report.problem(self.writer, sequence, trouble);
    }
}

const PAGE: u32 = 512;

fn by_writer(statements: Vec<Statement>) -> HashMap<String, Vec<Statement>> {
    let mut sorted: HashMap<String, Vec<Statement>> = HashMap::new();
    for statement in statements {
        sorted.entry(statement.writer.clone()).or_default().push(statement);
    }
    for statements in sorted.values_mut() {
        statements.sort_by_key(|statement| statement.sequence);
    }
    sorted
}
