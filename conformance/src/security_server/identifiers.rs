//! X-Road identifiers in their XML and REST forms (xroad.md §1). Values are compared as they are: case counts, nothing is
//! trimmed. Illegal characters are let through, as on the message path of a security server (§1.4).

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays literal in an encoded part: RFC 3986 unreserved and `'()+,=`, as a security server writes it (§1.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'=');

/// A member or a subsystem.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    /// Instance, as in `FI-TEST`.
    pub instance: String,
    /// Member class, as in `MUN`.
    pub member_class: String,
    /// Member code.
    pub member_code: String,
    /// Subsystem code; `None` for a member.
    pub subsystem: Option<String>,
}

/// A service of a subsystem (or, in SOAP, of a member).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    /// Who provides it.
    pub provider: ClientId,
    /// Service code.
    pub code: String,
    /// Version. Absent and empty differ. Always absent in REST.
    pub version: Option<String>,
}

impl ClientId {
    /// A subsystem.
    pub fn subsystem(instance: &str, member_class: &str, member_code: &str, subsystem: &str) -> Self {
        Self { subsystem: Some(subsystem.to_owned()), ..Self::member(instance, member_class, member_code) }
    }

    /// A member.
    pub fn member(instance: &str, member_class: &str, member_code: &str) -> Self {
        Self {
            instance: instance.to_owned(),
            member_class: member_class.to_owned(),
            member_code: member_code.to_owned(),
            subsystem: None,
        }
    }

    /// Reads an `X-Road-Client` value: 3 or 4 percent-encoded parts, none of them blank.
    pub fn from_header(value: &str) -> Option<Self> {
        let parts = value.split('/').map(decode_segment).collect::<Option<Vec<_>>>()?;
        if parts.iter().any(|part| part.trim().is_empty()) {
            return None;
        }
        match parts.as_slice() {
            [instance, class, code] => Some(Self::member(instance, class, code)),
            [instance, class, code, subsystem] => Some(Self::subsystem(instance, class, code, subsystem)),
            _ => None,
        }
    }

    /// The percent-encoded form for headers and paths.
    pub fn encoded(&self) -> String {
        self.parts().map(encode_segment).collect::<Vec<_>>().join("/")
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        [self.instance.as_str(), &self.member_class, &self.member_code].into_iter().chain(self.subsystem.as_deref())
    }
}

impl ServiceId {
    /// A service of a provider.
    pub fn new(provider: ClientId, code: &str, version: Option<&str>) -> Self {
        Self { provider, code: code.to_owned(), version: version.map(str::to_owned) }
    }

    /// The percent-encoded form for headers and paths (version left out: REST has none).
    pub fn encoded(&self) -> String {
        format!("{}/{}", self.provider.encoded(), encode_segment(&self.code))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encoded())
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encoded())?;
        match &self.version {
            Some(version) => write!(f, "/{}", encode_segment(version)),
            None => Ok(()),
        }
    }
}

/// Encodes one part of an identifier.
pub fn encode_segment(part: &str) -> String {
    utf8_percent_encode(part, SEGMENT).to_string()
}

/// Decodes one segment: RFC 3986 *pchar* only, complete escapes, UTF-8. `None` otherwise.
pub fn decode_segment(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let legal = match byte {
            b'%' => {
                bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())
                    && bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())
            }
            other => other.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&other),
        };
        if !legal {
            return None;
        }
    }
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::{ClientId, ServiceId, decode_segment};

    #[test]
    fn header_values() {
        let portal = ClientId::subsystem("FI-TEST", "MUN", "7654321-0", "My Portal");
        assert_eq!(ClientId::from_header("FI-TEST/MUN/7654321-0/My%20Portal"), Some(portal.clone()));
        assert_eq!(portal.to_string(), "FI-TEST/MUN/7654321-0/My%20Portal");
        let member = ClientId::member("FI-TEST", "MUN", "1");
        assert_eq!(ClientId::from_header("FI-TEST/MUN/1"), Some(member));
        for bad in ["", "FI/MUN", "FI/MUN/1/2/3", "FI/MUN/%zz/x", "FI/MUN//x", "FI/MUN/ /x", "FI/MUN/%20/x"] {
            assert_eq!(ClientId::from_header(bad), None, "{bad}");
        }
    }

    #[test]
    fn segments() {
        assert_eq!(decode_segment("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(decode_segment("%C3%A4").as_deref(), Some("\u{e4}"));
        for bad in ["\u{e4}", "%", "%4", "a b", "\"", "%FF"] {
            assert_eq!(decode_segment(bad), None, "{bad}");
        }
        let odd = ServiceId::new(ClientId::member("FI", "GOV", "1"), "what?'()+,-.=", Some("v1"));
        assert_eq!(odd.encoded(), "FI/GOV/1/what%3F'()+,-.=");
        assert_eq!(odd.to_string(), "FI/GOV/1/what%3F'()+,-.=/v1");
    }
}
