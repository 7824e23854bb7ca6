//! Values and rows that both databases understand: whole numbers, texts, bytes, and the absence of each.
//!
//! There is no boolean, date or decimal here on purpose: the two databases differ in them. A flag is 0 or 1, a time is
//! microseconds, everything else is text or bytes.

use super::error::StoreError;

/// One argument or one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    /// Nothing, where such a value could stand (PostgreSQL wants to know the type).
    Null(Kind),
}

/// The type of an absent value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    Text,
    Blob,
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<jiff::Timestamp> for Value {
    fn from(value: jiff::Timestamp) -> Self {
        Self::Int(value.as_microsecond())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<uuid::Uuid> for Value {
    fn from(value: uuid::Uuid) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null(Kind::Int), Self::Int)
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::Null(Kind::Text), Self::Text)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        value.map_or(Self::Null(Kind::Text), Self::from)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        value.map_or(Self::Null(Kind::Blob), Self::Blob)
    }
}

/// The arguments of a statement: `args![tenant, revision, body]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Value::from($value)),*] };
}
pub(crate) use args;

/// One row, its cells in the order of the `SELECT` or `RETURNING` list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    cells: Vec<Value>,
}

impl Row {
    pub(super) fn new(cells: Vec<Value>) -> Self {
        Self { cells }
    }

    /// The cell at `column`, counted from 0.
    pub fn cell(&self, column: usize) -> Option<&Value> {
        self.cells.get(column)
    }

    /// Takes the row apart from left to right; `place` names it in an error.
    pub fn fields(self, place: &'static str) -> Fields {
        Fields { cells: self.cells.into_iter(), place, column: 0 }
    }
}

/// The cells of a row, taken in order.
#[derive(Debug)]
pub struct Fields {
    cells: std::vec::IntoIter<Value>,
    place: &'static str,
    column: usize,
}

impl Fields {
    pub fn int(&mut self) -> Result<i64, StoreError> {
        match self.next() {
            Some(Value::Int(value)) => Ok(value),
            _ => Err(self.unreadable()),
        }
    }

    pub fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    pub fn text(&mut self) -> Result<String, StoreError> {
        match self.next() {
            Some(Value::Text(value)) => Ok(value),
            _ => Err(self.unreadable()),
        }
    }

    pub fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.next() {
            Some(Value::Blob(value)) => Ok(value),
            _ => Err(self.unreadable()),
        }
    }

    pub fn optional_int(&mut self) -> Result<Option<i64>, StoreError> {
        match self.next() {
            Some(Value::Int(value)) => Ok(Some(value)),
            Some(Value::Null(_)) => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    pub fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.next() {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null(_)) => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    pub fn optional_blob(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.next() {
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(Value::Null(_)) => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    fn next(&mut self) -> Option<Value> {
        self.column += 1;
        self.cells.next()
    }

    fn unreadable(&self) -> StoreError {
        StoreError::Unreadable { place: self.place, column: self.column }
    }
}
