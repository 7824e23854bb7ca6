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
    Connection as _, Decode, Either, Executor as _, Row as _, SqlSafeStr, SqlStr, SqliteConnection, TypeInfo as _,
    ValueRef as _,
};

use super::commit::{Expect, Statement};
use super::text::{Text, counted};
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

/// `SQLITE_ERROR`, which is what a guard fails with.
const REFUSED: &str = "1";

async fn sqlite_all(
    connection: &mut SqliteConnection,
    statements: &[&Statement],
    done: &mut Vec<Outcome>,
) -> Result<(), Stop> {
    let mut rest = statements;
    while !rest.is_empty() {
        let Text { sql, args, guards } = Text::of(&mut rest).map_err(Stop::Failed)?;
        let mut ended = 0;
        let result = together(connection, sql, &args, |outcome| {
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
