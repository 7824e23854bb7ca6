//! Keys: one master key in a file, one data key per tenant wrapped by it.
//!
//! A tenant's data key is never used itself: sealing, digests, blob names and the log's salt each have a key derived from
//! it (HKDF-SHA256), so that showing one (the salt, in an export) gives away nothing of the others. The master key wraps
//! and does nothing else. Losing the key file loses every letter: it is backed up with the store, and a store that has
//! keys refuses to start with a new file.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use secrecy::{ExposeSecret as _, SecretBox};

use super::error::StoreError;
use crate::model::evidence::Hash;
use crate::world::World;

/// The key of the key file.
pub(super) struct MasterKey {
    bytes: SecretBox<[u8; 32]>,
}

impl MasterKey {
    /// Reads the key file; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(StoreError::file(format!("key file {}", path.display()), error));
            }
        };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(StoreError::Keys(format!(
                "{} has mode {mode:03o}, others may read it; set it to 600 and consider the key known",
                path.display()
            )));
        }
        let text = fs::read_to_string(path)
            .map_err(|error| StoreError::file(format!("key file {}", path.display()), error))?;
        let mut bytes = Box::new([0; 32]);
        let hex = text.trim().strip_prefix(PREFIX).unwrap_or_default();
        hex::decode_to_slice(hex, bytes.as_mut_slice())
            .map_err(|_| StoreError::Keys(format!("{} is not a key file", path.display())))?;
        Ok(Some(Self { bytes: SecretBox::new(bytes) }))
    }

    /// Makes a new key file, readable by its owner alone and on disk before anything is wrapped with it.
    pub(super) fn create(path: &Path, world: &World) -> Result<Self, StoreError> {
        let failed = |error| StoreError::file(format!("key file {}", path.display()), error);
        let mut bytes = Box::new([0; 32]);
        world.fill(bytes.as_mut_slice())?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(format!("{PREFIX}{}\n", hex::encode(bytes.as_slice())).as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(Self { bytes: SecretBox::new(bytes) })
    }

    /// A new data key for a tenant, wrapped.
    pub(super) fn new_tenant_key(&self, tenant: &str, world: &World) -> Result<Vec<u8>, StoreError> {
        let key = world.random::<32>()?;
        seal(&self.wrapping()?, world, &key, &wrap_context(tenant))
    }

    /// The keys of a tenant from its wrapped data key.
    pub(super) fn unwrap(&self, tenant: &str, wrapped: &[u8]) -> Result<TenantKeys, StoreError> {
        let key = open(&self.wrapping()?, wrapped, &wrap_context(tenant))
            .map_err(|_| StoreError::Keys(format!("the key of tenant {tenant:?} was not wrapped by this key file")))?;
        TenantKeys::derive(&key)
    }

    fn wrapping(&self) -> Result<LessSafeKey, StoreError> {
        aes(self.bytes.expose_secret())
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey")
    }
}

/// What is done with one tenant's key.
pub struct TenantKeys {
    sealing: LessSafeKey,
    digests: hmac::Key,
    blob_names: hmac::Key,
    salt: Hash,
}

impl TenantKeys {
    /// Encrypts. `context` says what and where the data is (`letter_order/ID`); opening needs the same words.
    pub fn seal(&self, world: &World, plain: &[u8], context: &str) -> Result<Vec<u8>, StoreError> {
        seal(&self.sealing, world, plain, context.as_bytes())
    }

    /// Decrypts what [`Self::seal`] made.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>, StoreError> {
        open(&self.sealing, sealed, context.as_bytes())
    }

    /// A keyed digest that stands for an identifier of a person in logs and evidence. `purpose` keeps the digests of
    /// different things apart (`userId`, `recipient`).
    pub fn digest(&self, purpose: &str, value: &[u8]) -> Hash {
        mac(&self.digests, &[purpose.as_bytes(), &[0], value])
    }

    /// The salt of the tenant's leaves in the message log. May be shown to the tenant.
    pub fn salt(&self) -> &Hash {
        &self.salt
    }

    /// The name of a blob: a keyed digest of its content's SHA-256, so that equal content has one blob and a name tells
    /// nothing.
    pub(super) fn blob_name(&self, sha256: &Hash) -> Hash {
        mac(&self.blob_names, &[sha256])
    }

    fn derive(key: &[u8]) -> Result<Self, StoreError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"silta tenant key v1").extract(key);
        Ok(Self {
            sealing: aes(&expand(&root, "seal")?)?,
            digests: hmac::Key::new(hmac::HMAC_SHA256, &expand(&root, "digest")?),
            blob_names: hmac::Key::new(hmac::HMAC_SHA256, &expand(&root, "blob name")?),
            salt: expand(&root, "log salt")?,
        })
    }
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TenantKeys")
    }
}

/// The random key of one Send, under which its recipient and content are committed to the log. Whoever gets the key can
/// check the commitments; once it is erased they say nothing.
pub struct CommitmentKey {
    bytes: SecretBox<[u8; 32]>,
}

impl CommitmentKey {
    pub fn new(world: &World) -> Result<Self, StoreError> {
        let mut bytes = Box::new([0; 32]);
        world.fill(bytes.as_mut_slice())?;
        Ok(Self { bytes: SecretBox::new(bytes) })
    }

    /// From the bytes that [`Self::expose`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        Some(Self { bytes: SecretBox::new(Box::new(bytes)) })
    }

    /// The key itself: for sealing it into the store and for a receipt.
    pub fn expose(&self) -> &[u8; 32] {
        self.bytes.expose_secret()
    }

    /// HMAC-SHA256 of `value` (a recipient's identity code, the letter's canonical content), apart by `purpose`.
    pub fn commit(&self, purpose: &str, value: &[u8]) -> Hash {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.expose());
        mac(&key, &[purpose.as_bytes(), &[0], value])
    }
}

impl fmt::Debug for CommitmentKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CommitmentKey")
    }
}

/// Format byte, nonce, ciphertext, tag. Random nonces are safe for 2^32 messages under one key.
fn seal(key: &LessSafeKey, world: &World, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce = world.random::<NONCE_LEN>()?;
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.push(SEALED_V1);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let (_, cipher) = sealed.split_at_mut(1 + NONCE_LEN);
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), cipher)
        .map_err(|_| StoreError::Keys("sealing failed".to_owned()))?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

fn open(key: &LessSafeKey, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, StoreError> {
    let Some((&SEALED_V1, rest)) = sealed.split_first() else {
        return Err(StoreError::Sealed);
    };
    let (nonce, cipher) = rest.split_at_checked(NONCE_LEN).ok_or(StoreError::Sealed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StoreError::Sealed)?;
    let mut plain = cipher.to_vec();
    let length = key.open_in_place(nonce, Aad::from(context), &mut plain).map_err(|_| StoreError::Sealed)?.len();
    plain.truncate(length);
    Ok(plain)
}

fn aes(bytes: &[u8; 32]) -> Result<LessSafeKey, StoreError> {
    let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| StoreError::Keys("not an AES-256 key".to_owned()))?;
    Ok(LessSafeKey::new(key))
}

fn expand(root: &hkdf::Prk, purpose: &str) -> Result<[u8; 32], StoreError> {
    let mut key = [0; 32];
    root.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(|_| StoreError::Keys("key derivation failed".to_owned()))?;
    Ok(key)
}

fn mac(key: &hmac::Key, parts: &[&[u8]]) -> Hash {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.sign().as_ref());
    hash
}

fn wrap_context(tenant: &str) -> Vec<u8> {
    [b"silta wrapped tenant key v1\0", tenant.as_bytes()].concat()
}

const PREFIX: &str = "silta-master-key-1 ";
const SEALED_V1: u8 = 1;
