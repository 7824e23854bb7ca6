//! Bodies kept out of memory: small ones as bytes, larger ones in an unnamed temporary file, as a security server
//! spools what it forwards (xroad.md §2.5, §7).
//!
//! Reads and writes go to the page cache of a local temporary file, so they are made in place and not handed to another
//! thread.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA512};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

/// Bodies up to this many bytes stay in memory.
const IN_MEMORY: usize = 256 * 1024;
const PIECE: usize = 64 * 1024;

/// A body being received.
pub(super) struct Spooling {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
    digest: Context,
}

/// A complete body. Cheap to clone; can be read any number of times.
#[derive(Clone)]
pub struct Spool {
    content: Content,
    length: u64,
    digest: [u8; 64],
}

#[derive(Clone)]
enum Content {
    Memory(Bytes),
    File(Arc<File>),
}

impl Spooling {
    pub(super) fn new() -> Self {
        Self { memory: Vec::new(), file: None, length: 0, digest: Context::new(&SHA512) }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(bytes);
        }
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > IN_MEMORY {
            let mut file = tempfile::tempfile()?;
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(file);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Spool {
        let mut digest = [0; 64];
        digest.copy_from_slice(self.digest.finish().as_ref());
        let content = match self.file {
            Some(file) => Content::File(Arc::new(file)),
            None => Content::Memory(Bytes::from(self.memory)),
        };
        Spool { content, length: self.length, digest }
    }
}

impl io::Write for Spooling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Spool {
    /// A body from bytes at hand.
    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let mut spooling = Spooling::new();
        spooling.put(bytes)?;
        Ok(spooling.finish())
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there is not one byte.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// SHA-512 of the whole body.
    pub fn sha512(&self) -> &[u8; 64] {
        &self.digest
    }

    /// The body in pieces of at most 64 KiB (a body in memory in one).
    pub fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        match &self.content {
            Content::Memory(bytes) => stream::iter((!bytes.is_empty()).then(|| Ok(bytes.clone()))).left_stream(),
            Content::File(file) => stream::unfold((Arc::clone(file), 0), |(file, at)| async move {
                let mut piece = vec![0; PIECE];
                match file.read_at(&mut piece, at) {
                    Ok(0) => None,
                    Ok(read) => {
                        piece.truncate(read);
                        Some((Ok(Bytes::from(piece)), (file, at + read as u64)))
                    }
                    Err(error) => Some((Err(error), (file, u64::MAX))),
                }
            })
            .right_stream(),
        }
    }

    /// The whole body in memory; for bodies that tests look into.
    pub fn to_bytes(&self) -> io::Result<Bytes> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::File(file) => {
                let mut whole = vec![0; usize::try_from(self.length).map_err(io::Error::other)?];
                file.read_exact_at(&mut whole, 0)?;
                Ok(Bytes::from(whole))
            }
        }
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Spool({} bytes)", self.length)
    }
}
