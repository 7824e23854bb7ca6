//! The request hash of X-Road, SHA-512 in base64 (fact sheet section 8.3).
//! For SOAP both sides can compute it; for REST only who knows the request as the consumer's server sent it.

use aws_lc_rs::digest::{Context, Digest, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The hash of a SOAP request: the bytes of the document as received, byte order mark included, attachments not.
pub fn soap(document: &[u8]) -> String {
    STANDARD.encode(digest(&SHA512, document))
}

/// Computes the hash of bytes that come in pieces, such as a body that is streamed.
#[derive(Clone)]
pub struct Hasher {
    context: Context,
    bytes: u64,
}

impl Hasher {
    pub fn new() -> Self {
        Self { context: Context::new(&SHA512), bytes: 0 }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes have come so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn finish(self) -> String {
        STANDARD.encode(self.context.finish())
    }

    fn digest(self) -> Digest {
        self.context.finish()
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

/// The hash of a REST request: its header part, and its body once that has at least one byte.
pub struct RestHash {
    head: Hasher,
    body: Hasher,
}

impl RestHash {
    /// `target` is the raw path from `/r1` on with the raw query.
    pub fn new(method: &str, target: &str) -> Self {
        let mut head = Hasher::new();
        for part in [method, "\r\n", target, "\r\n"] {
            head.update(part.as_bytes());
        }
        Self { head, body: Hasher::new() }
    }

    /// A transported header, in the order and spelling of the wire.
    pub fn header(&mut self, name: &str, value: &str) {
        for part in [name, ":", value, "\r\n"] {
            self.head.update(part.as_bytes());
        }
    }

    pub fn body(&mut self, bytes: &[u8]) {
        self.body.update(bytes);
    }

    pub fn finish(self) -> String {
        let head = self.head.digest();
        if self.body.bytes() == 0 {
            return STANDARD.encode(head);
        }
        let mut both = Context::new(&SHA512);
        both.update(head.as_ref());
        both.update(self.body.digest().as_ref());
        STANDARD.encode(both.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(body: &[u8]) -> String {
        let mut hash = RestHash::new("POST", "/r1/FI-TEST/GOV/1234567-8/Registry/persons/v1/items?x=1");
        hash.header("X-Road-Client", "FI-TEST/MUN/7654321-0/Portal");
        hash.header("Content-Type", "application/json");
        hash.header("x-road-request-id", "11111111-2222-3333-4444-555555555555");
        hash.header("x-road-id", "q1");
        hash.body(body);
        hash.finish()
    }

    #[test]
    fn rest_vectors() {
        assert_eq!(
            rest(b""),
            "QVd7pxswR7U5Utpe8VPciKjrl5PZlU4frvXLapA2ctN39lfbqwBVt31m2L9ygkdjTSwKSTNZKvVZag468vIJIA=="
        );
        assert_eq!(
            rest(b"{\"a\":1}"),
            "MS1y/30nxCaXqB6a7YIgE7e5atblXeA1o24Ekb+DvFDDlEQl4/kGCSBCA0Sa77R4vHkAUOsyp7Q7yWb04ekurQ=="
        );
    }

    #[test]
    fn a_hash_in_pieces_equals_the_hash_of_the_whole() {
        let mut pieces = Hasher::new();
        pieces.update(b"<a>");
        pieces.update(b"</a>");
        assert_eq!(pieces.bytes(), 7);
        assert_eq!(pieces.finish(), soap(b"<a></a>"));
    }
}
