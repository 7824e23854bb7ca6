//! The signature under a receipt: a JSON Web Signature (RFC 7515, ES256) that anyone checks offline.
//!
//! Each tenant has keys of its own, made when the first receipt is asked for and kept sealed in the store, so that every
//! process and every restored backup signs with the same. A key is known by its thumbprint (RFC 7638). The public part
//! stands in the signature's header; whose it is, a reader learns from the organisation, which publishes the thumbprint.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::Value;

use super::orders::Orders;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::receipt_keys::{self, Kept};
use crate::store::{Commit, CommitError, Store, StoreError, TenantKeys};

/// The `typ` of the header.
const TYPE: &str = "silta-receipt+jws";

/// A key that signs.
struct ReceiptKey {
    public: Jwk,
    private: EncodingKey,
}

/// Why something is not signed. Ours.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the receipt key could not be kept: {0}")]
    Commit(#[from] CommitError),
    #[error("the receipt key cannot sign: {0}")]
    Key(#[from] jsonwebtoken::errors::Error),
    #[error("no receipt key could be made")]
    NoKey,
}

/// Why a signed text is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    #[error("this is not a receipt's signature (a JSON Web Signature of type {TYPE} with its key in the header)")]
    Format,
    #[error("the signature does not belong to this text: one of them was changed")]
    Signature,
    #[error("the signature is good, but the statement has words that this version does not know; use a newer one")]
    Newer,
    #[error("the signature is good, but its key {0} is none of those that were given")]
    Stranger(String),
}

impl Orders {
    /// Signs a statement with the tenant's newest key.
    pub async fn sign(&self, tenant: &str, statement: &impl Serialize) -> Result<String, SigningError> {
        let key = keys_of(self.store(), tenant).await?.into_iter().next().ok_or(SigningError::NoKey)?;
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.to_owned());
        header.kid.clone_from(&key.public.common.key_id);
        header.jwk = Some(key.public);
        Ok(jsonwebtoken::encode(&header, statement, &key.private)?)
    }
}

/// The public parts of the keys that sign a tenant's receipts, the newest first (RFC 7517).
pub async fn public_keys(store: &Store, tenant: &str) -> Result<JwkSet, SigningError> {
    Ok(JwkSet { keys: keys_of(store, tenant).await?.into_iter().map(|key| key.public).collect() })
}

/// At least one.
async fn keys_of(store: &Store, tenant: &str) -> Result<Vec<ReceiptKey>, SigningError> {
    let (sealing, world) = (store.tenant_keys(tenant).await?, store.world());
    let mut kept = receipt_keys::all_of(store, tenant).await?;
    if kept.is_empty() {
        let (id, private) = new_key()?;
        let sealed = sealing.seal(world, &private, &key_context(&id))?;
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, world.now(), world.now());
        act.operation = Some("receipt-key".to_owned());
        act.subject = Some(format!("key/{id}"));
        act.actor = Some("system".to_owned());
        act.outcome = Some("made".to_owned());
        let key = receipt_keys::add_first(tenant, &Kept { id, sealed }, world.now_micros());
        match store.commit(Commit::new().with([key]).and(act)).await {
            // Another one was first: that key is the tenant's.
            Err(error) if !error.is_conflict() => return Err(error.into()),
            _ => {}
        }
        kept = receipt_keys::all_of(store, tenant).await?;
    }
    kept.iter().map(|kept| opened(&sealing, kept)).collect()
}

/// Checks a signed text and gives what it says with the id of its key. Without `keys` any key will do: then only the
/// id tells whose word it is.
pub fn check(signed: &str, keys: Option<&JwkSet>) -> Result<(Value, String), NotSigned> {
    let header = jsonwebtoken::decode_header(signed).map_err(|_| NotSigned::Format)?;
    let jwk = header.jwk.filter(|_| header.typ.as_deref() == Some(TYPE)).ok_or(NotSigned::Format)?;
    // What the header calls itself is no proof of which key it is.
    let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| NotSigned::Format)?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| NotSigned::Format)?;
    let mut rules = Validation::new(Algorithm::ES256);
    // A receipt has neither an end nor an audience.
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    let data = jsonwebtoken::decode::<Value>(signed, &key, &rules).map_err(|_| NotSigned::Signature)?;
    let known = |keys: &JwkSet| {
        keys.keys.iter().any(|key| key.thumbprint(ThumbprintHash::SHA256).is_ok_and(|known| known == id))
    };
    if keys.is_some_and(|keys| !known(keys)) {
        return Err(NotSigned::Stranger(id));
    }
    Ok((data.claims, id))
}

/// Thumbprint and private part (PKCS #8).
fn new_key() -> Result<(String, Vec<u8>), SigningError> {
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let private = pair.map_err(|_| SigningError::NoKey)?.as_ref().to_vec();
    let public = Jwk::from_encoding_key(&EncodingKey::from_ec_der(&private), Algorithm::ES256)?;
    Ok((public.thumbprint(ThumbprintHash::SHA256)?, private))
}

fn opened(sealing: &TenantKeys, kept: &Kept) -> Result<ReceiptKey, SigningError> {
    let private = EncodingKey::from_ec_der(&sealing.open(&kept.sealed, &key_context(&kept.id))?);
    let mut public = Jwk::from_encoding_key(&private, Algorithm::ES256)?;
    public.common.key_id = Some(kept.id.clone());
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(ReceiptKey { public, private })
}

fn key_context(id: &str) -> String {
    format!("receipt_key/{id}")
}
