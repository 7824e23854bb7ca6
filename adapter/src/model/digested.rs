//! Bytes with their SHA-256, so that what names, commits and compares them takes it once.

use std::fmt;
use std::ops::Deref;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;

use super::evidence::Hash;

/// Content that knows its digest. Printing it shows the size only.
#[derive(Clone, PartialEq, Eq)]
pub struct Digested {
    content: Bytes,
    sha256: Hash,
}

impl Digested {
    /// Takes the digest, which for 10 MB takes some 7 ms.
    pub fn of(content: Bytes) -> Self {
        let sha256 = sha256(&content);
        Self { content, sha256 }
    }

    pub fn sha256(&self) -> &Hash {
        &self.sha256
    }
}

impl Deref for Digested {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.content
    }
}

impl fmt::Debug for Digested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digested").field("size", &self.content.len()).finish_non_exhaustive()
    }
}

/// The SHA-256 of bytes.
pub fn sha256(content: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, content).as_ref());
    hash
}
