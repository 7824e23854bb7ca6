//! The files of a request on their way in: hashed as they come, a little of them in memory, the rest in unnamed
//! temporary files of the data directory, which are gone with the request whatever happens.
//!
//! Pieces go to the page cache of a local file, so they are written in place and not handed to another thread.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA512};
use bytes::Bytes;

use crate::model::evidence::PartDigest;

/// What the files of one request take of memory together while they arrive.
const IN_MEMORY: usize = 256 * 1024;

/// The files of one request, one after the other.
pub(super) struct Spool {
    /// None: only digests are wanted.
    folder: Option<PathBuf>,
    memory_left: usize,
    open: Option<Arriving>,
    files: Vec<SpooledFile>,
}

struct Arriving {
    name: Option<String>,
    size: u64,
    digest: Context,
    memory: Vec<u8>,
    file: Option<File>,
}

/// A file that has arrived.
pub(super) struct SpooledFile {
    /// Its Content-ID, or its name in a form.
    pub(super) name: Option<String>,
    pub(super) digest: PartDigest,
    content: Content,
}

enum Content {
    Memory(Bytes),
    File(File),
}

impl Spool {
    pub(super) fn keeping(folder: &Path) -> Spool {
        Spool { folder: Some(folder.to_owned()), memory_left: IN_MEMORY, open: None, files: Vec::new() }
    }

    /// Keeps digests only: the files of a request that is refused.
    pub(super) fn digesting() -> Spool {
        Spool { folder: None, memory_left: 0, open: None, files: Vec::new() }
    }

    /// The next file begins.
    pub(super) fn begin(&mut self, name: Option<String>) {
        self.end();
        let digest = Context::new(&SHA512);
        self.open = Some(Arriving { name, size: 0, digest, memory: Vec::new(), file: None });
    }

    /// More of the file that was begun last.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.size += bytes.len() as u64;
        open.digest.update(bytes);
        let Some(folder) = &self.folder else { return Ok(()) };
        if let Some(file) = &mut open.file {
            return file.write_all(bytes);
        }
        if open.memory.len() + bytes.len() <= self.memory_left {
            open.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let mut file = tempfile::tempfile_in(folder)?;
        file.write_all(&std::mem::take(&mut open.memory))?;
        file.write_all(bytes)?;
        open.file = Some(file);
        Ok(())
    }

    /// The file that was begun last is complete.
    pub(super) fn end(&mut self) {
        let Some(Arriving { name, size, digest, memory, file }) = self.open.take() else { return };
        self.memory_left = self.memory_left.saturating_sub(memory.len());
        let content = file.map_or_else(|| Content::Memory(Bytes::from(memory)), Content::File);
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
    /// Reading it takes as much memory as it is long.
    pub(super) fn is_large(&self) -> bool {
        matches!(self.content, Content::File(_))
    }

    pub(super) fn load(&self) -> io::Result<Bytes> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::File(file) => {
                let mut whole = vec![0; usize::try_from(self.digest.size).map_err(io::Error::other)?];
                file.read_exact_at(&mut whole, 0)?;
                Ok(Bytes::from(whole))
            }
        }
    }
}

pub(super) fn digests(files: &[SpooledFile]) -> Vec<PartDigest> {
    files.iter().map(|file| file.digest.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{IN_MEMORY, Spool, digests};
    use crate::exchange::evidence::sha512;

    #[test]
    fn files_come_back_as_they_came_and_leave_no_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let contents =
            [vec![1; 10], Vec::new(), vec![2; IN_MEMORY - 9], vec![3; IN_MEMORY / 2], vec![4; 3 * IN_MEMORY]];
        let mut spool = Spool::keeping(folder.path());
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
            assert!(file.load().expect("there") == *content);
            assert_eq!((file.digest.size, &file.digest.digest), (content.len() as u64, &sha512(content)));
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
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
