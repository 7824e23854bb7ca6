//! The statements of commits, each commit in a savepoint of its own: one that fails is undone and the others stand.

use super::commit::{Committed, Statement};
use super::committer::Waiting;
use super::connection::{Connection, Stop};
use super::error::{CommitError, constraint, describe, may_retry};
use super::failure::Failure;
use super::text::TOGETHER;
use super::value::Row;

/// How many of the first commits are handed over as one: of those that consist of the same statements, a power of two, so
/// that few texts are prepared.
pub(super) fn alike(group: &[Waiting]) -> usize {
    const MOST: usize = 8;
    let Some((first, others)) = group.split_first() else { return 0 };
    let most = (TOGETHER / (first.commit.statements.len() + AROUND)).clamp(1, MOST);
    let same = others.iter().take(most - 1).take_while(|other| other.commit.is_like(&first.commit)).count();
    1 << (1 + same).ilog2()
}

static OPEN: Statement = Statement::bare("SAVEPOINT one");
static CLOSE: Statement = Statement::bare("RELEASE SAVEPOINT one");
/// The statements around a commit's own.
const AROUND: usize = 2;

/// Runs the statements of some commits, each inside a savepoint, and adds their results up to the first that fails: the
/// caller goes on with those after it. The error is the group's, the results are the commits' own.
pub(super) async fn isolated(
    connection: &mut Connection,
    some: &[Waiting],
    results: &mut Vec<Result<Committed, CommitError>>,
) -> Result<(), Failure> {
    let mut statements = Vec::new();
    for Waiting { commit, .. } in some {
        if !commit.statements.is_empty() {
            statements.push(&OPEN);
            statements.extend(&commit.statements);
            statements.push(&CLOSE);
        }
    }
    let (outcomes, stop) = connection.run_all(&statements).await;
    let mut outcomes = outcomes.into_iter().map(|outcome| outcome.rows);
    for Waiting { commit, .. } in some {
        if commit.statements.is_empty() {
            results.push(Ok(Committed::default()));
            continue;
        }
        let opened = outcomes.next().is_some();
        let rows: Vec<Vec<Row>> = outcomes.by_ref().take(commit.statements.len()).collect();
        if outcomes.next().is_some() {
            results.push(Ok(Committed { rows, evidence: Vec::new() }));
            continue;
        }
        let statement = rows.len();
        let is_own = opened && statement < commit.statements.len();
        let error = match stop {
            Some(Stop::Missed) => CommitError::Conflict { statement },
            // Without an answer of the database nobody knows how far it is: it may be at the next commit already.
            Some(Stop::Failed(error)) if is_own && error.as_database_error().is_some() && !may_retry(&error) => {
                match constraint(&error) {
                    Some(constraint) => CommitError::Constraint { statement, constraint },
                    None => CommitError::Statement { statement, text: describe(&error) },
                }
            }
            Some(Stop::Failed(error)) => return Err(Failure::during(error)),
            None => return Err(Failure::during(sqlx::Error::WorkerCrashed)),
        };
        connection.run("ROLLBACK TO SAVEPOINT one", &[]).await.map_err(Failure::during)?;
        connection.run("RELEASE SAVEPOINT one", &[]).await.map_err(Failure::during)?;
        results.push(Err(error));
        return Ok(());
    }
    Ok(())
}
