//! The anchor: an append-only file of head statements beside the store.
//!
//! A chain shows changed and missing records but not a missing end. The anchor says how far a writer had come: whoever
//! cuts the tail of the database must also cut this file. It is one text line per statement, so that it can be copied to
//! another machine by the simplest means. It proves nothing against somebody who holds both.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::model::evidence::Hash;
use crate::store::{Head, Store};

/// The file and the last head it states.
#[derive(Debug)]
pub struct Anchor {
    path: PathBuf,
    file: File,
    last: Option<Head>,
}

/// The anchor could not be read or written. Ours; retrying may help when the disk is full.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error("anchor {path}: {source}")]
    File { path: String, source: std::io::Error },
    /// A line is not a statement: the file has been touched.
    #[error("anchor {path}: line {line} is not a head statement")]
    Line { path: String, line: usize },
}

/// One line: at that time a writer's head was this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Microseconds since 1970.
    pub at: i64,
    pub writer: String,
    pub sequence: u64,
    pub chain: Hash,
}

impl Anchor {
    /// Where the anchor of a store lies: `log/anchor` in its data directory.
    pub fn path_of(store: &Store) -> PathBuf {
        store.data().join("log").join("anchor")
    }

    /// Opens the store's anchor for appending.
    pub fn open(store: &Store) -> Result<Self, AnchorError> {
        let path = Self::path_of(store);
        let failed = |source| file_error(&path, source);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        mend(&path).map_err(failed)?;
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(Self { path, file, last: None })
    }

    /// States the store's head if it has moved, synced to disk. Call it now and then, and after the store has closed.
    /// Says whether a line was written.
    pub fn note(&mut self, store: &Store) -> Result<bool, AnchorError> {
        let Some(head) = store.head().filter(|head| self.last.as_ref() != Some(head)) else {
            return Ok(false);
        };
        let line = format!(
            "head1 {} {} {} {}\n",
            store.world().now_micros(),
            head.writer,
            head.sequence,
            hex::encode(head.chain)
        );
        self.file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|source| file_error(&self.path, source))?;
        self.last = Some(head);
        Ok(true)
    }

    /// Every statement of an anchor file, oldest first; none when there is no file.
    pub fn read(path: &Path) -> Result<Vec<Statement>, AnchorError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(file_error(path, source)),
        };
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        whole
            .lines()
            .enumerate()
            .map(|(index, line)| {
                parse(line).ok_or_else(|| AnchorError::Line { path: path.display().to_string(), line: index + 1 })
            })
            .collect()
    }
}

/// Notes the store's head every `every` until `stop`, and once more then. Stop it after the store has closed, so that the
/// last statement is the last record. A failure ends it: a log without an anchor must be noticed.
pub async fn keep_anchor(store: Store, every: Duration, stop: CancellationToken) -> Result<(), AnchorError> {
    let mut anchor = Anchor::open(&store)?;
    loop {
        let stopping = stop.run_until_cancelled(tokio::time::sleep(every)).await.is_none();
        let at = store.clone();
        // Syncing may take long; it must not hold up a worker thread of the runtime.
        let noted = tokio::task::spawn_blocking(move || anchor.note(&at).map(|_| anchor)).await;
        anchor = noted.map_err(|error| file_error(&Anchor::path_of(&store), std::io::Error::other(error)))??;
        if stopping {
            return Ok(());
        }
    }
}

/// A last line without its end is what a crash leaves: it is cut off before anything is appended.
fn mend(path: &Path) -> std::io::Result<()> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if bytes.last().is_none_or(|last| *last == b'\n') {
        return Ok(());
    }
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(whole as u64)?;
    file.sync_all()
}

fn parse(line: &str) -> Option<Statement> {
    let mut words = line.split(' ');
    if words.next() != Some("head1") {
        return None;
    }
    let at = words.next()?.parse().ok()?;
    let writer = words.next()?.to_owned();
    let sequence = words.next()?.parse().ok()?;
    let mut chain = [0; 32];
    hex::decode_to_slice(words.next()?, &mut chain).ok()?;
    words.next().is_none().then_some(Statement { at, writer, sequence, chain })
}

fn file_error(path: &Path, source: std::io::Error) -> AnchorError {
    AnchorError::File { path: path.display().to_string(), source }
}
