//! One connection to either database: the only place that knows both drivers.
//!
//! It binds [`Value`]s, reads [`Row`]s and says how many rows a statement touched. It knows no table.
//!
//! SQLite works in a thread of its own, and to ask it costs more than most of what it is asked for: two changes of thread.
//! So the statements of some commits are handed to it as one text.

use futures_util::StreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgPool, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{
    AssertSqlSafe, Connection as _, Decode, Either, Executor as _, Row as _, SqlSafeStr, SqlStr, SqliteConnection,
    TypeInfo as _, ValueRef as _,
};

use super::commit::{Expect, Statement};
use super::value::{Kind, Row, Value};

/// What a statement did.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Rows inserted, changed or deleted.
    pub(super) touched: u64,
    /// Rows of `SELECT` or `RETURNING`.
    pub(super) rows: Vec<Row>,
}

/// A connection that may write.
pub(super) enum Connection {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PoolConnection<Postgres>>),
}

/// Why no further statement was run.
pub(super) enum Stop {
    Failed(sqlx::Error),
    /// It touched another number of rows than it must.
    Missed,
}

/// So many statements are one text at most, and so many bytes unless one alone has more: SQLite keeps what it prepared.
pub(super) const TOGETHER: usize = 32;
const TEXT: usize = 16 << 10;

impl Connection {
    pub(super) async fn run(&mut self, sql: impl SqlSafeStr, args: &[Value]) -> Result<Outcome, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlite(connection.as_mut(), sql, args).await,
            Self::Postgres(connection) => postgres(connection.as_mut(), sql, args).await,
        }
    }

    /// Runs statements in order up to the first that fails or misses. Gives what each before it did, and why it stopped.
    pub(super) async fn run_all(&mut self, statements: &[&Statement]) -> (Vec<Outcome>, Option<Stop>) {
        let mut done = Vec::with_capacity(statements.len());
        let result = match self {
            Self::Sqlite(connection) => sqlite_all(connection.as_mut(), statements, &mut done).await,
            Self::Postgres(connection) => postgres_all(connection.as_mut(), statements, &mut done).await,
        };
        (done, result.err())
    }

    /// Starts a transaction that may write. SQLite takes the write lock at once (a later upgrade could fail).
    pub(super) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        let sql = match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        };
        self.run(sql, &[]).await.map(drop)
    }

    /// Throws the connection away instead of giving it back to a pool: its state is not known.
    pub(super) fn discard(self) {
        match self {
            Self::Sqlite(connection) => drop(connection),
            Self::Postgres(connection) => drop(connection.detach()),
        }
    }

    /// Closes it, or gives it back to its pool.
    pub(super) async fn close(self) {
        match self {
            // What it did stands; that its end failed helps nobody.
            Self::Sqlite(connection) => drop(connection.close().await),
            Self::Postgres(connection) => drop(connection),
        }
    }

    /// Is the connection still of use?
    pub(super) async fn is_alive(&mut self) -> bool {
        match self {
            Self::Sqlite(connection) => connection.ping().await.is_ok(),
            Self::Postgres(connection) => connection.ping().await.is_ok(),
        }
    }
}

/// Runs a statement that only reads, on a connection of the pool.
pub(super) async fn read_sqlite(pool: &SqlitePool, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    Ok(sqlite(&mut connection, sql, args).await?.rows)
}

/// Runs a statement that only reads, on a connection of the pool.
pub(super) async fn read_postgres(pool: &PgPool, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    Ok(postgres(&mut connection, sql, args).await?.rows)
}

async fn sqlite(
    connection: &mut SqliteConnection,
    sql: impl SqlSafeStr,
    args: &[Value],
) -> Result<Outcome, sqlx::Error> {
    let (sql, args) = counted(sql.into_sql_str(), args)?;
    let mut outcome = None;
    together(connection, sql, &args, |done| outcome = Some(done)).await?;
    // Without an answer its thread is gone.
    outcome.ok_or(sqlx::Error::WorkerCrashed)
}

/// Fails when the statement before it touched another number of rows: `abs` refuses the one number that has no opposite
/// (SQLite, Built-In Scalar SQL Functions). So nothing after that statement is run.
fn guard(rows: u64) -> String {
    format!("SELECT abs(CASE changes() WHEN {rows} THEN 0 ELSE -9223372036854775808 END);")
}

/// `SQLITE_ERROR`, which is what a guard fails with.
const REFUSED: &str = "1";

async fn sqlite_all(
    connection: &mut SqliteConnection,
    statements: &[&Statement],
    done: &mut Vec<Outcome>,
) -> Result<(), Stop> {
    let mut rest = statements;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(of_one_text(rest));
        rest = others;
        let (mut text, mut all) = (String::new(), Vec::new());
        let mut guards = Vec::with_capacity(2 * some.len());
        for statement in some {
            let (sql, args) = counted(statement.sql.into_sql_str(), &statement.args).map_err(Stop::Failed)?;
            text.push_str(sql.as_str());
            text.push(';');
            all.extend(args);
            guards.push(false);
            if let Expect::Rows(rows) = statement.expect {
                text.push_str(&guard(rows));
                guards.push(true);
            }
        }
        let mut ended = 0;
        // Made of constants and numbers.
        let result = together(connection, AssertSqlSafe(text).into_sql_str(), &all, |outcome| {
            if guards.get(ended) == Some(&false) {
                done.push(outcome);
            }
            ended += 1;
        });
        let result = result.await;
        let is_guard = guards.get(ended) == Some(&true);
        match result {
            Ok(()) if ended == guards.len() => {}
            Ok(()) => return Err(Stop::Failed(sqlx::Error::WorkerCrashed)),
            Err(error) => {
                if is_guard {
                    done.pop();
                }
                let refused = error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(REFUSED));
                return Err(if is_guard && refused { Stop::Missed } else { Stop::Failed(error) });
            }
        }
    }
    Ok(())
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

/// Runs a text of one or more statements, telling of each what it did.
async fn together(
    connection: &mut SqliteConnection,
    sql: SqlStr,
    args: &[&Value],
    mut done: impl FnMut(Outcome),
) -> Result<(), sqlx::Error> {
    let mut bound = SqliteArguments::default();
    bind(&mut bound, args.iter().copied())?;
    let mut rows = Vec::new();
    let mut stream = connection.fetch_many(sqlx::query_with::<Sqlite, _>(sql, bound));
    while let Some(step) = stream.next().await {
        match step? {
            Either::Left(end) => done(Outcome { touched: end.rows_affected(), rows: std::mem::take(&mut rows) }),
            Either::Right(row) => rows.push(row_of_sqlite(&row)?),
        }
    }
    Ok(())
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

async fn postgres_all(
    connection: &mut sqlx::PgConnection,
    statements: &[&Statement],
    done: &mut Vec<Outcome>,
) -> Result<(), Stop> {
    for statement in statements {
        let outcome = postgres(connection, statement.sql, &statement.args).await.map_err(Stop::Failed)?;
        if let Expect::Rows(rows) = statement.expect
            && outcome.touched != rows
        {
            return Err(Stop::Missed);
        }
        done.push(outcome);
    }
    Ok(())
}

async fn postgres(
    connection: &mut sqlx::PgConnection,
    sql: impl SqlSafeStr,
    args: &[Value],
) -> Result<Outcome, sqlx::Error> {
    let mut bound = PgArguments::default();
    bind(&mut bound, args.iter())?;
    let mut outcome = Outcome::default();
    let mut stream = connection.fetch_many(sqlx::query_with::<Postgres, _>(sql, bound));
    while let Some(step) = stream.next().await {
        match step? {
            Either::Left(done) => outcome.touched += done.rows_affected(),
            Either::Right(row) => outcome.rows.push(row_of_postgres(&row)?),
        }
    }
    Ok(outcome)
}

fn bind<'a, A>(bound: &mut A, args: impl ExactSizeIterator<Item = &'a Value>) -> Result<(), sqlx::Error>
where
    A: sqlx::Arguments,
    for<'v> i64: sqlx::Encode<'v, A::Database> + sqlx::Type<A::Database>,
    for<'v> &'v str: sqlx::Encode<'v, A::Database> + sqlx::Type<A::Database>,
    for<'v> &'v [u8]: sqlx::Encode<'v, A::Database> + sqlx::Type<A::Database>,
    for<'v> Option<i64>: sqlx::Encode<'v, A::Database> + sqlx::Type<A::Database>,
    for<'v> Option<&'v str>: sqlx::Encode<'v, A::Database> + sqlx::Type<A::Database>,
    for<'v> Option<&'v [u8]>: sqlx::Encode<'v, A::Database> + sqlx::Type<A::Database>,
{
    bound.reserve(args.len(), args.len() * 16);
    for value in args {
        match value {
            Value::Int(value) => bound.add(*value),
            Value::Text(value) => bound.add(value.as_str()),
            Value::Blob(value) => bound.add(value.as_slice()),
            Value::Null(Kind::Int) => bound.add(None::<i64>),
            Value::Null(Kind::Text) => bound.add(None::<&str>),
            Value::Null(Kind::Blob) => bound.add(None::<&[u8]>),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(())
}

fn row_of_sqlite(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    let mut cells = Vec::with_capacity(row.len());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column)?;
        if raw.is_null() {
            cells.push(Value::Null(Kind::Text));
            continue;
        }
        let kind = kind_of(raw.type_info().name());
        cells.push(match kind {
            Some(Kind::Int) => Value::Int(<i64 as Decode<Sqlite>>::decode(raw).map_err(sqlx::Error::Decode)?),
            Some(Kind::Text) => Value::Text(<String as Decode<Sqlite>>::decode(raw).map_err(sqlx::Error::Decode)?),
            Some(Kind::Blob) => Value::Blob(<Vec<u8> as Decode<Sqlite>>::decode(raw).map_err(sqlx::Error::Decode)?),
            None => {
                return Err(foreign_type(row.columns().get(column).map(sqlx::Column::name)));
            }
        });
    }
    Ok(Row::new(cells))
}

fn row_of_postgres(row: &PgRow) -> Result<Row, sqlx::Error> {
    let mut cells = Vec::with_capacity(row.len());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column)?;
        let kind = kind_of(raw.type_info().name());
        cells.push(match (kind, raw.is_null()) {
            (Some(kind), true) => Value::Null(kind),
            (Some(Kind::Int), false) => {
                Value::Int(<i64 as Decode<Postgres>>::decode(raw).map_err(sqlx::Error::Decode)?)
            }
            (Some(Kind::Text), false) => {
                Value::Text(<String as Decode<Postgres>>::decode(raw).map_err(sqlx::Error::Decode)?)
            }
            (Some(Kind::Blob), false) => {
                Value::Blob(<Vec<u8> as Decode<Postgres>>::decode(raw).map_err(sqlx::Error::Decode)?)
            }
            (None, _) => {
                return Err(foreign_type(row.columns().get(column).map(sqlx::Column::name)));
            }
        });
    }
    Ok(Row::new(cells))
}

fn kind_of(name: &str) -> Option<Kind> {
    match name {
        "INTEGER" | "INT8" => Some(Kind::Int),
        "TEXT" | "VARCHAR" | "NAME" => Some(Kind::Text),
        "BLOB" | "BYTEA" => Some(Kind::Blob),
        _ => None,
    }
}

fn foreign_type(column: Option<&str>) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {} has a type that the store does not use", column.unwrap_or("?")).into())
}
