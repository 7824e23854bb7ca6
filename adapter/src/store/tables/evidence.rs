//! `evidence`: the records of the message log with their chain and leaves. Only the committer adds to it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::sql;
use crate::model::evidence::{EvidenceDraft, Hash};
use crate::store::committer::Head;
use crate::store::{Row, Store, StoreError, Value, args};

sql! {
    HEAD = "SELECT sequence, chain FROM evidence WHERE writer = $1 ORDER BY sequence DESC LIMIT 1";
    WRITERS = "SELECT writer, MAX(sequence) FROM evidence GROUP BY writer ORDER BY writer";
    PAGE = "SELECT writer, sequence, tenant, record, chain, leaf, subject FROM evidence
            WHERE writer = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
    OF_EXCHANGE = "SELECT writer, sequence, tenant, record, chain, leaf, subject FROM evidence
                   WHERE tenant = $1 AND exchange_id = $2 AND subject IS NULL ORDER BY at, writer, sequence LIMIT 100";
    OF_SUBJECT = "SELECT writer, sequence, tenant, record, chain, leaf, subject FROM evidence
                  WHERE tenant = $1 AND subject = $2 ORDER BY at DESC, writer, sequence DESC LIMIT 1000";
    LAST_EXCHANGE = "SELECT at FROM evidence WHERE tenant = $1 AND exchange_id IS NOT NULL AND subject IS NULL
                     ORDER BY exchange_id DESC LIMIT 1";
    COUNT = "SELECT COUNT(*) FROM evidence";
}

/// The start of the multi-row insert; the committer adds one group of [`COLUMNS`] placeholders per row.
pub(in crate::store) const INSERT: &str = "INSERT INTO evidence (writer, sequence, tenant, record, chain, leaf, at, exchange_id, request_id, subject) VALUES ";
pub(in crate::store) const COLUMNS: usize = 10;
/// More records than this take several inserts (both databases bound the number of arguments).
pub(in crate::store) const MOST_ROWS: usize = 64;

/// The multi-row `INSERT` texts, made once for each number of rows.
#[derive(Default)]
pub(in crate::store) struct InsertTexts {
    texts: Vec<Option<Arc<str>>>,
}

impl InsertTexts {
    pub(in crate::store) fn text(&mut self, rows: usize) -> Arc<str> {
        if self.texts.len() <= rows {
            self.texts.resize(rows + 1, None);
        }
        if let Some(Some(text)) = self.texts.get(rows) {
            return Arc::clone(text);
        }
        let text: Arc<str> = insert_text(rows).into();
        if let Some(place) = self.texts.get_mut(rows) {
            *place = Some(Arc::clone(&text));
        }
        text
    }
}

fn insert_text(rows: usize) -> String {
    let mut text = INSERT.to_owned();
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=COLUMNS {
            let comma = if column == 1 { "" } else { ", " };
            // Writing into a String cannot fail.
            let _ = write!(text, "{comma}${}", row * COLUMNS + column);
        }
        text.push(')');
    }
    text
}

/// Adds the arguments of one row.
pub(in crate::store) fn row(args: &mut Vec<Value>, head: &Head, draft: &EvidenceDraft, record: Vec<u8>, leaf: Hash) {
    args.push(Value::from(&*head.writer));
    args.push(Value::Int(sequence_cell(head.sequence)));
    args.push(Value::from(draft.tenant.as_str()));
    args.push(Value::Blob(record));
    args.push(Value::from(head.chain.as_slice()));
    args.push(Value::from(leaf.as_slice()));
    args.push(Value::from(draft.time_out));
    args.push(Value::from(draft.exchange_id.map(|id| id.to_string())));
    args.push(Value::from(draft.request_id.as_deref()));
    args.push(Value::from(letter_of(draft)));
}

/// The letter that a record is about; nothing else is looked for by its subject.
pub fn letter_of(draft: &EvidenceDraft) -> Option<&str> {
    draft.subject.as_deref().filter(|subject| subject.starts_with(LETTER))
}

/// How subjects of records about letters begin.
pub const LETTER: &str = "order/";

/// A record as it lies in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    pub writer: String,
    pub sequence: u64,
    pub tenant: String,
    pub record: Vec<u8>,
    pub chain: Vec<u8>,
    pub leaf: Vec<u8>,
    /// The letter that it is about, by which it is found; none in records from before receipts.
    pub letter: Option<String>,
}

impl StoredRecord {
    fn from_row(row: Row) -> Result<Self, StoreError> {
        let mut fields = row.fields("evidence");
        Ok(Self {
            writer: fields.text()?,
            sequence: fields.int()?.unsigned_abs(),
            tenant: fields.text()?,
            record: fields.blob()?,
            chain: fields.blob()?,
            leaf: fields.blob()?,
            letter: fields.optional_text()?,
        })
    }
}

/// When the tenant's newest exchange was recorded; ids of exchanges sort as they were made.
pub async fn last_exchange(store: &Store, tenant: &str) -> Result<Option<i64>, StoreError> {
    store.read_one(LAST_EXCHANGE, args![tenant]).await?.map(|row| row.fields("evidence").int()).transpose()
}

/// Every writer with the sequence of its last record.
pub async fn writers(store: &Store) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = store.read(WRITERS, Vec::new()).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("evidence");
            Ok((fields.text()?, fields.int()?.unsigned_abs()))
        })
        .collect()
}

/// At most `limit` records of a writer after a sequence, in order.
pub async fn page(store: &Store, writer: &str, after: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
    let rows = store.read(PAGE, args![writer, sequence_cell(after), limit]).await?;
    rows.into_iter().map(StoredRecord::from_row).collect()
}

/// The records of one exchange (the exchange, and *not delivered* if so) without those of its letters, at most 100.
pub async fn of_exchange(store: &Store, tenant: &str, exchange: uuid::Uuid) -> Result<Vec<StoredRecord>, StoreError> {
    let rows = store.read(OF_EXCHANGE, args![tenant, exchange]).await?;
    rows.into_iter().map(StoredRecord::from_row).collect()
}

/// The records about a letter, the newest first, at most 1 000. `subject` begins with [`LETTER`].
pub async fn of_subject(store: &Store, tenant: &str, subject: &str) -> Result<Vec<StoredRecord>, StoreError> {
    let rows = store.read(OF_SUBJECT, args![tenant, subject]).await?;
    rows.into_iter().map(StoredRecord::from_row).collect()
}

/// How many records there are.
pub async fn count(store: &Store) -> Result<u64, StoreError> {
    let rows = store.read(COUNT, Vec::new()).await?;
    match rows.into_iter().next() {
        Some(row) => Ok(row.fields("evidence").int()?.unsigned_abs()),
        None => Ok(0),
    }
}

fn sequence_cell(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
