//! The files of a request on their way in: hashed as they come, a little of them in memory, the rest in unnamed
//! temporary files of the data directory, which are gone with the request whatever happens.
//!
//! Pieces go to the page cache of a local file, so they are written in place and not handed to another thread.

use std::fs::File;
use std::io::{self, IoSliceMut, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{Context, SHA512};
use bytes::{Bytes, BytesMut};
use rustix::io::ReadWriteFlags;
use silta_client::common::{ErrorCode, Refusal};
use tokio::task::spawn_blocking;

use crate::model::evidence::PartDigest;
use crate::telemetry::Metrics;

/// Makes spools; one for a door.
pub(super) struct Spooling {
    folder: PathBuf,
    /// `spool_memory`.
    memory: usize,
    room: Arc<Room>,
    metrics: Metrics,
}

/// What the temporary files of all requests take of the disk together.
struct Room {
    /// `spool`.
    most: u64,
    taken: AtomicU64,
}

/// One file's part of the room, given back when the file is gone.
struct Place {
    room: Arc<Room>,
    bytes: u64,
}

/// The files of one request, one after the other.
pub(super) struct Spool {
    /// None: only digests are wanted.
    kept: Option<Kept>,
    open: Option<Arriving>,
    files: Vec<SpooledFile>,
}

struct Kept {
    folder: PathBuf,
    memory_left: usize,
    room: Arc<Room>,
    metrics: Metrics,
}

struct Arriving {
    name: Option<String>,
    size: u64,
    digest: Context,
    memory: Vec<u8>,
    file: Option<Stored>,
}

/// A file that has arrived. Its bytes are gone with it.
pub struct SpooledFile {
    /// Its Content-ID, or its name in a form.
    pub(super) name: Option<String>,
    pub(super) digest: PartDigest,
    pub(super) content: Content,
}

pub(super) enum Content {
    Memory(Bytes),
    File(Arc<Stored>),
}

/// A temporary file without a name, and its part of the room.
pub(super) struct Stored {
    file: File,
    place: Place,
}

impl Spooling {
    /// Temporary files in `folder`, of at most `most` bytes together; beside them each request has `memory` bytes.
    pub(super) fn new(folder: PathBuf, memory: usize, most: u64, metrics: Metrics) -> Spooling {
        Spooling { folder, memory, room: Arc::new(Room { most, taken: AtomicU64::new(0) }), metrics }
    }

    /// A spool that keeps what it gets.
    pub(super) fn keeping(&self) -> Spool {
        let (folder, room, metrics) = (self.folder.clone(), Arc::clone(&self.room), self.metrics.clone());
        let kept = Kept { folder, memory_left: self.memory, room, metrics };
        Spool { kept: Some(kept), open: None, files: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> u64 {
        self.room.taken.load(Ordering::Acquire)
    }
}

impl Place {
    /// Takes that much more, if the room has it.
    fn grow(&mut self, more: usize) -> bool {
        let more = more as u64;
        let fits = |taken: u64| taken.checked_add(more).filter(|sum| *sum <= self.room.most);
        if self.room.taken.try_update(Ordering::AcqRel, Ordering::Acquire, fits).is_err() {
            return false;
        }
        self.bytes += more;
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

impl Kept {
    fn file(&self) -> Result<Stored, Refusal> {
        let file = tempfile::tempfile_in(&self.folder).map_err(|error| not_kept(&error))?;
        Ok(Stored { file, place: Place { room: Arc::clone(&self.room), bytes: 0 } })
    }

    fn write(&self, to: &mut Stored, bytes: &[u8]) -> Result<(), Refusal> {
        if !to.place.grow(bytes.len()) {
            self.metrics.limit_hit("spool");
            let text = "the files of other requests take all the room there is; try again";
            return Err(Refusal::new(ErrorCode::Overloaded, text));
        }
        to.file.write_all(bytes).map_err(|error| not_kept(&error))
    }
}

impl Spool {
    /// Keeps digests only: the files of a request that is refused.
    pub(super) fn digesting() -> Spool {
        Spool { kept: None, open: None, files: Vec::new() }
    }

    /// The next file begins.
    pub(super) fn begin(&mut self, name: Option<String>) {
        self.end();
        let digest = Context::new(&SHA512);
        self.open = Some(Arriving { name, size: 0, digest, memory: Vec::new(), file: None });
    }

    /// More of the file that was begun last.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.size += bytes.len() as u64;
        open.digest.update(bytes);
        let Some(kept) = &self.kept else { return Ok(()) };
        if let Some(file) = &mut open.file {
            return kept.write(file, bytes);
        }
        if open.memory.len() + bytes.len() <= kept.memory_left {
            open.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let file = open.file.insert(kept.file()?);
        kept.write(file, &std::mem::take(&mut open.memory))?;
        kept.write(file, bytes)
    }

    /// The file that was begun last is complete.
    pub(super) fn end(&mut self) {
        let Some(Arriving { name, size, digest, memory, file }) = self.open.take() else { return };
        if let Some(kept) = &mut self.kept {
            kept.memory_left = kept.memory_left.saturating_sub(memory.len());
        }
        let content = match file {
            Some(stored) => Content::File(Arc::new(stored)),
            None => Content::Memory(Bytes::from(memory)),
        };
        let digest = PartDigest { size, digest: digest.finish().as_ref().to_vec() };
        self.files.push(SpooledFile { name, digest, content });
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name.as_deref() == Some(name))
    }

    pub(super) fn into_files(mut self) -> Vec<SpooledFile> {
        self.end();
        self.files
    }
}

impl SpooledFile {
    /// Its Content-ID, or its name in a form.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.digest.size
    }

    /// Reading it takes as much memory as it is long.
    pub(super) fn is_large(&self) -> bool {
        matches!(self.content, Content::File(_))
    }

    pub(super) async fn load(&self) -> io::Result<Bytes> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            // A disk may keep us waiting; the other exchanges of this thread shall not.
            Content::File(stored) => {
                let length = usize::try_from(self.digest.size).map_err(io::Error::other)?;
                let stored = Arc::clone(stored);
                spawn_blocking(move || stored.read(0, length)).await?
            }
        }
    }
}

impl Stored {
    /// `length` bytes from a place on; fewer are an error.
    pub(super) fn read(&self, from: u64, length: usize) -> io::Result<Bytes> {
        let mut bytes = BytesMut::zeroed(length);
        self.file.read_exact_at(&mut bytes, from)?;
        Ok(bytes.freeze())
    }

    /// The same without waiting for a disk; none when not all of it is in memory.
    pub(super) fn read_cached(&self, from: u64, length: usize) -> Option<Bytes> {
        let mut bytes = BytesMut::zeroed(length);
        let into = &mut [IoSliceMut::new(&mut bytes)];
        let read = rustix::io::preadv2(&self.file, into, from, ReadWriteFlags::NOWAIT).ok()?;
        (read == length).then(|| bytes.freeze())
    }
}

/// The spool could not be written or read: ours.
pub(super) fn not_kept(error: &io::Error) -> Refusal {
    tracing::error!("a file of a request could not be kept in the data directory: {}", error.kind());
    Refusal::new(ErrorCode::Unavailable, "the files of the request could not be kept; try again")
}

pub(super) fn digests(files: &[SpooledFile]) -> Vec<PartDigest> {
    files.iter().map(|file| file.digest.clone()).collect()
}

#[cfg(test)]
mod tests {
    use silta_client::common::ErrorCode;

    use super::{Content, Spool, Spooling, digests};
    use crate::exchange::evidence::sha512;
    use crate::telemetry::Metrics;

    const IN_MEMORY: usize = 256 * 1024;

    fn spooling(folder: &tempfile::TempDir, most: u64) -> Spooling {
        Spooling::new(folder.path().to_owned(), IN_MEMORY, most, Metrics::new())
    }

    #[tokio::test]
    async fn files_come_back_as_they_came_and_leave_no_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let contents =
            [vec![1; 10], Vec::new(), vec![2; IN_MEMORY - 9], vec![3; IN_MEMORY / 2], vec![4; 3 * IN_MEMORY]];
        let spooling = spooling(&folder, 1 << 30);
        let mut spool = spooling.keeping();
        for (number, content) in contents.iter().enumerate() {
            spool.begin(Some(number.to_string()));
            for piece in content.chunks(50_000) {
                spool.put(piece).expect("kept");
            }
            spool.end();
        }
        assert!(spool.has("4") && !spool.has("5"));
        let files = spool.into_files();
        // The memory of a request is shared: the third file is one byte too long for what the first has left.
        assert_eq!(
            files.iter().map(super::SpooledFile::is_large).collect::<Vec<_>>(),
            [false, false, true, false, true]
        );
        for (file, content) in files.iter().zip(&contents) {
            assert!(file.load().await.expect("there") == *content);
            if let Content::File(stored) = &file.content {
                assert_eq!(stored.read_cached(1, 1_000).expect("just written"), content[1..1_001]);
                // What does not stand there is left to the reading that may fail.
                assert!(stored.read_cached(content.len() as u64 - 1, 2).is_none());
            }
            assert_eq!((file.digest.size, &file.digest.digest), (content.len() as u64, &sha512(content)));
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        assert_eq!(spooling.taken(), (IN_MEMORY - 9 + 3 * IN_MEMORY) as u64);
        drop(files);
        assert_eq!(spooling.taken(), 0);
    }

    #[test]
    fn the_files_of_all_requests_share_a_bounded_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let spooling = spooling(&folder, 3 * IN_MEMORY as u64);
        let of = |size: usize| {
            let mut spool = spooling.keeping();
            spool.begin(None);
            spool.put(&vec![1; size]).map(|()| spool.into_files())
        };
        let (first, small) = (of(2 * IN_MEMORY).expect("kept"), of(IN_MEMORY).expect("in memory"));
        let refused = of(IN_MEMORY + 1).err().expect("no room");
        assert_eq!(refused.code, ErrorCode::Overloaded);
        assert_eq!(spooling.metrics.limit_hits("spool"), 1);
        // What a refused one had taken is given back, and what a finished one had.
        assert_eq!(spooling.taken(), 2 * IN_MEMORY as u64);
        drop((first, small));
        assert!(of(3 * IN_MEMORY).is_ok());
        assert_eq!(spooling.taken(), 0);
    }

    #[test]
    fn the_files_of_a_refused_request_are_only_hashed() {
        let mut spool = Spool::digesting();
        spool.begin(None);
        spool.put(&[7; 1_000]).expect("hashed");
        let files = spool.into_files();
        assert_eq!(digests(&files).first().map(|it| it.digest.clone()), Some(sha512(&[7; 1_000])));
        assert!(!files.iter().any(super::SpooledFile::is_large));
    }
}
