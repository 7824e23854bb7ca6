//! Statements as SQLite gets them: some in one text, with a place for each argument.

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::commit::{Expect, Statement};
use super::tables::guard;
use super::value::Value;

/// So many statements are one text at most, and so many bytes unless one alone has more: SQLite keeps what it prepared.
pub(super) const TOGETHER: usize = 32;
const TEXT: usize = 16 << 10;

/// Some statements as one.
pub(super) struct Text<'a> {
    pub(super) sql: SqlStr,
    pub(super) args: Vec<&'a Value>,
    /// For each statement of the text, in order: is it a guard of the one before it?
    pub(super) guards: Vec<bool>,
}

impl<'a> Text<'a> {
    /// Of as many of the first statements as go into one text; the others are left.
    pub(super) fn of(statements: &mut &'a [&'a Statement]) -> Result<Self, sqlx::Error> {
        let (some, others) = statements.split_at(of_one_text(statements));
        *statements = others;
        let (mut text, mut all) = (String::new(), Vec::new());
        let mut guards = Vec::with_capacity(2 * some.len());
        for statement in some {
            let (sql, args) = counted(statement.sql.into_sql_str(), &statement.args)?;
            text.push_str(sql.as_str());
            text.push(';');
            all.extend(args);
            guards.push(false);
            if let Expect::Rows(rows) = statement.expect {
                text.push_str(&guard(rows));
                guards.push(true);
            }
        }
        // Made of constants and numbers.
        Ok(Self { sql: AssertSqlSafe(text).into_sql_str(), args: all, guards })
    }
}

/// How many of the first statements go into one text.
fn of_one_text(statements: &[&Statement]) -> usize {
    let mut length = 0;
    let some = statements.iter().take(TOGETHER).take_while(|statement| {
        length += statement.sql.len();
        length <= TEXT
    });
    some.count().max(1)
}

/// A text with `?` for each `$1`, `$2` …, and the arguments in the order in which the text has them. To SQLite `$1` is a
/// name; sqlx looks each up in the list of all, so that a long list of rows took time by the square of its length.
pub(super) fn counted(sql: SqlStr, args: &[Value]) -> Result<(SqlStr, Vec<&Value>), sqlx::Error> {
    let Some((head, tail)) = sql.as_str().split_once('$') else { return Ok((sql, Vec::new())) };
    let mut text = String::with_capacity(sql.as_str().len());
    text.push_str(head);
    let mut ordered = Vec::with_capacity(args.len());
    for part in tail.split('$') {
        let digits = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        let value = number.parse().ok().and_then(|number: usize| args.get(number.checked_sub(1)?));
        ordered.push(value.ok_or_else(|| sqlx::Error::Protocol(format!("no argument ${number}")))?);
        text.push('?');
        text.push_str(rest);
    }
    // Only its parameters differ.
    Ok((AssertSqlSafe(text).into_sql_str(), ordered))
}
