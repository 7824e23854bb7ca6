//! Request hashes (xroad.md §8.3), computed independently of the adapter.

use aws_lc_rs::digest::{self, SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The URI that `algorithmId` of a `requestHash` carries.
pub const SHA512_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

/// Base64 of the SHA-512 over the SOAP part exactly as the consumer sent it.
pub fn soap(part: &[u8]) -> String {
    STANDARD.encode(digest::digest(&SHA512, part))
}

/// Base64 of the hash of a REST request: the header text and, if at least one byte of body came, the digest of the body.
///
/// `target` is the raw path and query from `/r1` on; `headers` are those transported, in order.
pub fn rest<'a>(
    method: &str,
    target: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    body_digest: Option<&[u8]>,
) -> String {
    let mut head = digest::Context::new(&SHA512);
    head.update(method.as_bytes());
    head.update(b"\r\n");
    head.update(target.as_bytes());
    head.update(b"\r\n");
    for (name, value) in headers {
        head.update(name.as_bytes());
        head.update(b":");
        head.update(value);
        head.update(b"\r\n");
    }
    let head = head.finish();
    match body_digest {
        None => STANDARD.encode(head),
        Some(body) => {
            let mut both = digest::Context::new(&SHA512);
            both.update(head.as_ref());
            both.update(body);
            STANDARD.encode(both.finish())
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA512, digest};

    use super::rest;

    /// The vectors of xroad.md §8.3; the SOAP one is in the tests over the specification's files.
    #[test]
    fn rest_vectors() {
        let headers: [(&str, &[u8]); 4] = [
            ("X-Road-Client", b"FI-TEST/MUN/7654321-0/Portal"),
            ("Content-Type", b"application/json"),
            ("x-road-request-id", b"11111111-2222-3333-4444-555555555555"),
            ("x-road-id", b"q1"),
        ];
        let target = "/r1/FI-TEST/GOV/1234567-8/Registry/persons/v1/items?x=1";
        assert_eq!(
            rest("POST", target, headers, None),
            "QVd7pxswR7U5Utpe8VPciKjrl5PZlU4frvXLapA2ctN39lfbqwBVt31m2L9ygkdjTSwKSTNZKvVZag468vIJIA=="
        );
        let body = digest(&SHA512, br#"{"a":1}"#);
        assert_eq!(
            rest("POST", target, headers, Some(body.as_ref())),
            "MS1y/30nxCaXqB6a7YIgE7e5atblXeA1o24Ekb+DvFDDlEQl4/kGCSBCA0Sa77R4vHkAUOsyp7Q7yWb04ekurQ=="
        );
    }
}
