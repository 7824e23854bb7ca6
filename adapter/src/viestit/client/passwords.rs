//! The passwords of one system account (viestit.md §1.2): the file's is the first one; one that a change has brought is kept
//! in the store, sealed with the installation's own key.
//!
//! During a change two are kept, the one in use and the pending one, so that a crash in between costs nothing: whichever
//! Viestit takes is the right one. A file whose password is another than before is the operator's act and wins.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::store::passwords::{self, Kept};
use crate::store::{Commit, Store, StoreError, TenantKeys};
use crate::world::{World, WorldError};

/// Longer than the 32 that are asked for.
const LENGTH: usize = 40;
/// Four classes; no backslash, which some JSON writers escape wrongly, and no quotation marks.
const CLASSES: [&[u8]; 4] =
    [b"abcdefghijkmnopqrstuvwxyz", b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"23456789", b"!#$%()*+,-./:;=?@[]^_{|}~"];

/// What the installation's own records are kept under.
const OWN: &str = "";

/// Where an account's passwords are kept.
pub(super) struct Passwords {
    pub(super) store: Store,
    world: World,
    account: String,
    given: SecretString,
}

/// What may work, in the order of trying.
pub(super) struct Known {
    pub(super) current: SecretString,
    pub(super) pending: Option<SecretString>,
    kept: Option<Kept>,
}

impl Known {
    /// When the current one came into use, as far as we know.
    pub(super) fn changed_at(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.kept.as_ref()?.changed_at).ok()
    }
}

/// Why passwords cannot be read or kept. Ours.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Commit(#[from] crate::store::CommitError),
    #[error(transparent)]
    World(#[from] WorldError),
}

impl Passwords {
    pub(super) fn new(store: Store, world: World, account: String, given: SecretString) -> Passwords {
        Passwords { store, world, account, given }
    }

    pub(super) async fn load(&self) -> Result<Known, PasswordError> {
        let keys = self.store.tenant_keys(OWN).await?;
        let kept = passwords::get(&self.store, &self.account).await?;
        let Some(kept) = kept.filter(|kept| kept.given == self.digest(&keys)) else {
            return Ok(Known { current: self.given.clone(), pending: None, kept: None });
        };
        let current = kept.password.as_deref().map(|sealed| self.open(&keys, sealed)).transpose()?;
        let pending = kept.pending.as_deref().map(|sealed| self.open(&keys, sealed)).transpose()?;
        Ok(Known { current: current.unwrap_or_else(|| self.given.clone()), pending, kept: Some(kept) })
    }

    /// Keeps a new password beside the one in use, before anybody is asked to take it.
    pub(super) async fn begin(&self, known: Known, new: SecretString) -> Result<Known, PasswordError> {
        let changed_at = known.kept.as_ref().map_or_else(|| self.world.now_micros(), |kept| kept.changed_at);
        self.put(known.current, Some(new), changed_at).await
    }

    /// The password that works is the one in use; there is no other.
    pub(super) async fn settle(&self, known: Known, works: SecretString) -> Result<Known, PasswordError> {
        let same = known.current.expose_secret() == works.expose_secret();
        let kept = known.kept.as_ref().filter(|_| same);
        let changed_at = kept.map_or_else(|| self.world.now_micros(), |kept| kept.changed_at);
        self.put(works, None, changed_at).await
    }

    /// Whether there is something to settle when the current one has worked.
    pub(super) fn is_open(known: &Known) -> bool {
        known.pending.is_some() || known.kept.is_none()
    }

    async fn put(
        &self,
        current: SecretString,
        pending: Option<SecretString>,
        changed_at: i64,
    ) -> Result<Known, PasswordError> {
        let keys = self.store.tenant_keys(OWN).await?;
        let sealed =
            |password: &SecretString| keys.seal(&self.world, password.expose_secret().as_bytes(), &self.context());
        let kept = Kept {
            given: self.digest(&keys),
            password: Some(sealed(&current)?),
            pending: pending.as_ref().map(sealed).transpose()?,
            changed_at,
        };
        self.store.commit(Commit::new().with([passwords::put(&self.account, &kept)])).await?;
        Ok(Known { current, pending, kept: Some(kept) })
    }

    fn open(&self, keys: &TenantKeys, sealed: &[u8]) -> Result<SecretString, StoreError> {
        let plain = keys.open(sealed, &self.context())?;
        let text = String::from_utf8(plain);
        text.map(SecretString::from).map_err(|_| StoreError::Unreadable { place: "viestit_password", column: 0 })
    }

    fn digest(&self, keys: &TenantKeys) -> Vec<u8> {
        keys.digest("viestit password", self.given.expose_secret().as_bytes()).to_vec()
    }

    fn context(&self) -> String {
        format!("viestit_password/{}", self.account)
    }
}

/// A new password: 40 characters of four classes, each class at least once.
pub(super) fn generate(world: &World) -> Result<SecretString, WorldError> {
    let mut chars = Vec::with_capacity(LENGTH);
    for class in CLASSES {
        chars.push(pick(world, class)?);
    }
    let all: Vec<u8> = CLASSES.concat();
    while chars.len() < LENGTH {
        chars.push(pick(world, &all)?);
    }
    // Where the sure ones stand must tell nothing.
    for last in (1..chars.len()).rev() {
        let other = below(world, last + 1)?;
        chars.swap(last, other);
    }
    Ok(SecretString::from(chars.into_iter().map(char::from).collect::<String>()))
}

fn pick(world: &World, from: &[u8]) -> Result<u8, WorldError> {
    let place = below(world, from.len())?;
    Ok(from.get(place).copied().unwrap_or(b'x'))
}

/// An even choice of 0 to `most - 1`; `most` is at most 256.
fn below(world: &World, most: usize) -> Result<usize, WorldError> {
    let fair = 256 - 256 % most.max(1);
    loop {
        let [byte] = world.random::<1>()?;
        let byte = usize::from(byte);
        if byte < fair {
            return Ok(byte % most.max(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use secrecy::ExposeSecret as _;

    use super::generate;
    use crate::world::World;

    #[test]
    fn viestit_pwd_07_generated_passwords_have_four_classes_and_no_backslash() {
        let (world, _) = World::seeded(3, Timestamp::UNIX_EPOCH);
        let mut all = std::collections::BTreeSet::new();
        let mut firsts = std::collections::BTreeSet::new();
        for _ in 0..2_000 {
            let password = generate(&world).expect("randomness").expose_secret().to_owned();
            assert!(password.chars().count() >= 32, "{}", password.len());
            assert!(password.chars().any(|char| char.is_ascii_lowercase()));
            assert!(password.chars().any(|char| char.is_ascii_uppercase()));
            assert!(password.chars().any(|char| char.is_ascii_digit()));
            assert!(password.chars().any(|char| char.is_ascii_punctuation()));
            assert!(password.chars().all(|char| char.is_ascii_graphic() && !"\\\"'`".contains(char)));
            firsts.extend(password.chars().next());
            assert!(all.insert(password), "none comes twice");
        }
        assert!(firsts.len() > 70, "any character may stand first: {}", firsts.len());
    }
}
