//! The `X-Road-*` headers of a REST request as a provider sees them. Security servers forward what consumers send, so
//! a header that may be there once and is there twice is refused, and names that only answers carry are anomalies.

use std::fmt;
use std::str::FromStr;

use crate::id::{ClientId, IdError, MAX_LENGTH, RepresentedParty, ServerId};

/// The X-Road headers of one request.
#[derive(Clone, PartialEq, Eq)]
pub struct RestHeader {
    /// Authentic only because exactly one is there and the connection is the security server's.
    pub client: ClientId,
    /// The message id. Unique by convention only.
    pub id: Option<String>,
    /// Unique per exchange, made by the consumer's security server.
    pub request_id: Option<String>,
    /// Personal data, a claim of the consumer.
    pub user_id: Option<String>,
    pub issue: Option<String>,
    pub represented_party: Option<RepresentedParty>,
    pub security_server: Option<ServerId>,
    /// For the log: what should not have been there and was ignored.
    pub anomalies: Vec<Anomaly>,
}

/// A header that means nothing in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anomaly {
    /// `X-Road-Service`: the consumer made it; the service is known from the URL only.
    ForgedService,
    /// `X-Road-Error`: only a security server's answer carries it.
    ForgedError,
    /// Any other `X-Road-*` that requests do not carry.
    OtherXRoad,
    /// A cookie that the security server keeps and replays, perhaps of another consumer.
    Cookie,
}

/// Why a request's headers are refused. The caller's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("X-Road-Client is missing")]
    NoClient,
    #[error("{0} is given more than once")]
    Repeated(&'static str),
    #[error("{0} is not a valid header value")]
    Value(&'static str),
    #[error("{0} {1}")]
    Identifier(&'static str, IdError),
}

impl RestHeader {
    /// Reads the header fields of a request, in order; names in any case.
    pub fn read<'h>(fields: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Result<Self, HeaderError> {
        let mut client = None;
        let mut id = None;
        let mut request_id = None;
        let mut user_id = None;
        let mut issue = None;
        let mut represented_party = None;
        let mut security_server = None;
        let mut anomalies = Vec::new();
        for (name, value) in fields {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("X-Road-Client") {
                identifier(&mut client, "X-Road-Client", value)?;
            } else if is("X-Road-Id") {
                text(&mut id, "X-Road-Id", value)?;
            } else if is("X-Road-Request-Id") {
                text(&mut request_id, "X-Road-Request-Id", value)?;
            } else if is("X-Road-UserId") {
                text(&mut user_id, "X-Road-UserId", value)?;
            } else if is("X-Road-Issue") {
                text(&mut issue, "X-Road-Issue", value)?;
            } else if is("X-Road-Represented-Party") {
                identifier(&mut represented_party, "X-Road-Represented-Party", value)?;
            } else if is("X-Road-Security-Server") {
                identifier(&mut security_server, "X-Road-Security-Server", value)?;
            } else {
                let found = if is("X-Road-Service") {
                    Anomaly::ForgedService
                } else if is("X-Road-Error") {
                    Anomaly::ForgedError
                } else if is("Cookie") {
                    Anomaly::Cookie
                } else if name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("X-Road-")) {
                    Anomaly::OtherXRoad
                } else {
                    continue;
                };
                if !anomalies.contains(&found) {
                    anomalies.push(found);
                }
            }
        }
        let client = client.ok_or(HeaderError::NoClient)?;
        Ok(Self { client, id, request_id, user_id, issue, represented_party, security_server, anomalies })
    }
}

/// A value of at most 255 characters, without controls.
fn value<'h>(name: &'static str, bytes: &'h [u8]) -> Result<&'h str, HeaderError> {
    let text = std::str::from_utf8(bytes).map_err(|_| HeaderError::Value(name))?;
    if text.chars().any(char::is_control) { Err(HeaderError::Value(name)) } else { Ok(text) }
}

fn text(slot: &mut Option<String>, name: &'static str, bytes: &[u8]) -> Result<(), HeaderError> {
    if slot.is_some() {
        return Err(HeaderError::Repeated(name));
    }
    let text = value(name, bytes)?;
    if text.chars().count() > MAX_LENGTH {
        return Err(HeaderError::Identifier(name, IdError::TooLong));
    }
    *slot = Some(text.to_owned());
    Ok(())
}

fn identifier<T: FromStr<Err = IdError>>(
    slot: &mut Option<T>,
    name: &'static str,
    bytes: &[u8],
) -> Result<(), HeaderError> {
    if slot.is_some() {
        return Err(HeaderError::Repeated(name));
    }
    *slot = Some(value(name, bytes)?.parse().map_err(|error| HeaderError::Identifier(name, error))?);
    Ok(())
}

/// Shows no user and no issue.
impl fmt::Debug for RestHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestHeader")
            .field("client", &self.client)
            .field("id", &self.id)
            .field("request_id", &self.request_id)
            .field("anomalies", &self.anomalies)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<RestHeader, HeaderError> {
        RestHeader::read(fields.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    const CLIENT: (&str, &str) = ("X-Road-Client", "FI-TEST/MUN/7654321-0/My%20Portal");

    #[test]
    fn xroad_id_16_re_02_the_headers_are_read_in_any_case() {
        let header = read(&[
            ("x-road-client", CLIENT.1),
            ("X-ROAD-ID", "q1"),
            ("x-road-request-id", "r1"),
            ("X-Road-Represented-Party", "COM/123"),
            ("X-Road-Security-Server", "FI/GOV/1/ss1"),
            ("Accept", "*/*"),
        ]);
        let header = header.expect("read");
        assert_eq!(header.client.subsystem(), Some("My Portal"));
        assert_eq!((header.id.as_deref(), header.request_id.as_deref()), (Some("q1"), Some("r1")));
        assert_eq!(header.represented_party.expect("party").class(), Some("COM"));
        assert_eq!(header.anomalies, []);
    }

    #[test]
    fn xroad_id_17_re_03_re_04_exactly_one_valid_client() {
        assert_eq!(read(&[]), Err(HeaderError::NoClient));
        assert_eq!(read(&[CLIENT, CLIENT]), Err(HeaderError::Repeated("X-Road-Client")));
        assert_eq!(read(&[CLIENT, ("x-road-client", "FI/MUN/1/b")]), Err(HeaderError::Repeated("X-Road-Client")));
        for (value, error) in [
            ("FI/MUN", IdError::Parts),
            ("FI/MUN/1/a/b", IdError::Parts),
            ("FI/MUN/%zz", IdError::Encoding),
            ("FI/MUN/1, FI/MUN/2", IdError::Parts),
            ("", IdError::Parts),
        ] {
            assert_eq!(
                read(&[("X-Road-Client", value)]),
                Err(HeaderError::Identifier("X-Road-Client", error)),
                "{value}"
            );
        }
        let bytes: [(&str, &[u8]); 1] = [("X-Road-Client", b"FI/MUN/\xff")];
        assert_eq!(RestHeader::read(bytes), Err(HeaderError::Value("X-Road-Client")));
    }

    #[test]
    fn xroad_re_05_re_20_forged_headers_are_noted_and_ignored() {
        let header = read(&[CLIENT, ("X-Road-Service", "FI/GOV/other/x"), ("x-road-foo", "1"), ("Cookie", "a=b")]);
        let header = header.expect("read");
        assert_eq!(header.anomalies, [Anomaly::ForgedService, Anomaly::OtherXRoad, Anomaly::Cookie]);
    }

    #[test]
    fn xroad_re_21_user_and_issue_are_optional_single_and_short() {
        assert_eq!(read(&[CLIENT]).expect("read").user_id, None);
        for name in ["X-Road-UserId", "X-Road-Issue", "X-Road-Id", "X-Road-Request-Id"] {
            assert_eq!(read(&[CLIENT, (name, "a"), (name, "a")]), Err(HeaderError::Repeated(name)));
            let long = "a".repeat(300);
            assert_eq!(read(&[CLIENT, (name, &long)]), Err(HeaderError::Identifier(name, IdError::TooLong)));
            assert_eq!(read(&[CLIENT, (name, "a\u{7f}")]), Err(HeaderError::Value(name)));
        }
        let header = read(&[CLIENT, ("X-Road-UserId", "FI131052-9074")]).expect("read");
        assert!(!format!("{header:?}").contains("9074"));
    }
}
