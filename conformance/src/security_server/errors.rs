//! Errors that a security server makes itself: codes in both spellings, SOAP fault and REST bodies (xroad.md §2.6, §3.3,
//! §6.4).

use std::fmt;

use uuid::Uuid;

use crate::xml::escape;

/// Which spelling of error codes a security server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Release {
    /// Up to 7.7: `Server.ServerProxy.ServiceFailed.HttpError`.
    #[default]
    UpTo7_7,
    /// From 7.8: `server.serverproxy.service_failed.http_error`.
    From7_8,
}

/// The last word of an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // the names are X-Road's own; xroad.md §2.3, §3.3 and §6.4 say when each occurs
pub enum Suffix {
    AccessDenied,
    BadRequest,
    DuplicateHeaderField,
    HttpError,
    InconsistentHeaders,
    InconsistentResponse,
    InternalError,
    InvalidBody,
    InvalidClientIdentifier,
    InvalidContentType,
    InvalidHttpMethod,
    InvalidMessage,
    InvalidProtocolVersion,
    InvalidRequest,
    InvalidSoap,
    InvalidSoapAction,
    InvalidXml,
    IoError,
    LoggingFailed,
    MimeParsingFailed,
    MissingBody,
    MissingHeader,
    MissingHeaderField,
    MissingSoap,
    NetworkError,
    ServiceDisabled,
    ServiceMalformedUrl,
    ServiceType,
    SslAuthenticationFailed,
    UnknownHost,
    UnknownMember,
    UnknownService,
}

impl Suffix {
    /// The word in the spelling of a release.
    pub fn spelled(self, release: Release) -> String {
        let old = match self {
            Self::IoError => "IOError".to_owned(),
            other => format!("{other:?}"),
        };
        match release {
            Release::UpTo7_7 => old,
            Release::From7_8 => snake(&old),
        }
    }
}

/// Where an error arose, which decides how its code begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `Client`: the consumer's HTTP request itself.
    Client,
    /// `Server.ClientProxy`: the consumer's security server.
    ClientProxy,
    /// `Server.ClientProxy.ServiceFailed`: the response as the consumer's security server sees it.
    ClientProxyServiceFailed,
    /// `Server.ServerProxy`: the provider's security server.
    ServerProxy,
    /// `Server.ServerProxy.ServiceFailed`: the adapter, as the provider's security server sees it.
    ServiceFailed,
}

impl Origin {
    fn spelled(self, release: Release) -> &'static str {
        match (self, release) {
            (Self::Client, Release::UpTo7_7) => "Client",
            (Self::Client, Release::From7_8) => "client",
            (Self::ClientProxy, Release::UpTo7_7) => "Server.ClientProxy",
            (Self::ClientProxy, Release::From7_8) => "server.clientproxy",
            (Self::ClientProxyServiceFailed, Release::UpTo7_7) => "Server.ClientProxy.ServiceFailed",
            (Self::ClientProxyServiceFailed, Release::From7_8) => "server.clientproxy.service_failed",
            (Self::ServerProxy, Release::UpTo7_7) => "Server.ServerProxy",
            (Self::ServerProxy, Release::From7_8) => "server.serverproxy",
            (Self::ServiceFailed, Release::UpTo7_7) => "Server.ServerProxy.ServiceFailed",
            (Self::ServiceFailed, Release::From7_8) => "server.serverproxy.service_failed",
        }
    }
}

/// A defect found in a message, before it is known which side found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The last word of the code.
    pub suffix: Suffix,
    /// What is wrong, without message content.
    pub text: String,
}

impl Rejection {
    /// A rejection.
    pub fn new(suffix: Suffix, text: impl Into<String>) -> Self {
        Self { suffix, text: text.into() }
    }

    /// Makes it an error of one side, in that side's spelling.
    pub fn at(self, origin: Origin, release: Release) -> XRoadError {
        let code = format!("{}.{}", origin.spelled(release), self.suffix.spelled(release));
        XRoadError { code, suffix: Some(self.suffix), text: self.text, detail: Uuid::new_v4().to_string() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.suffix, self.text)
    }
}

/// An error as a consumer sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct XRoadError {
    /// Full code, already spelled.
    pub code: String,
    /// Its last word; `None` when the code was not made here (a fault sent as a request).
    pub suffix: Option<Suffix>,
    /// Text.
    pub text: String,
    /// The id under which a real security server would have logged it.
    pub detail: String,
}

impl XRoadError {
    /// The SOAP 1.1 fault of it (answered with HTTP 200, xroad.md §0.1 item 4).
    pub fn to_soap(&self) -> String {
        format!(
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?>"#,
                r#"<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">"#,
                "<SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>{}</faultcode><faultstring>{}</faultstring>",
                r#"<faultactor></faultactor><detail><faultDetail xmlns="">{}</faultDetail></detail>"#,
                "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
            ),
            escape(&self.code),
            escape(&self.text),
            escape(&self.detail)
        )
    }

    /// The JSON body of it.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "type": self.code, "message": self.text, "detail": self.detail }).to_string()
    }

    /// The XML body of it, for consumers whose `Accept` asks for XML.
    pub fn to_xml(&self) -> String {
        format!(
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
                "<error><type>{}</type><message>{}</message><detail>{}</detail></error>"
            ),
            escape(&self.code),
            escape(&self.text),
            escape(&self.detail)
        )
    }
}

/// `InvalidSoap` to `invalid_soap`, `IOError` to `io_error`.
fn snake(camel: &str) -> String {
    let characters: Vec<char> = camel.chars().collect();
    let mut spelled = String::with_capacity(camel.len() + 4);
    for (at, c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|index| characters.get(index));
        let after_lower = before.is_some_and(char::is_ascii_lowercase);
        let before_lower = characters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && before.is_some() && (after_lower || before_lower) {
            spelled.push('_');
        }
        spelled.push(c.to_ascii_lowercase());
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::{Origin, Rejection, Release, Suffix};

    #[test]
    fn both_spellings() {
        let cases = [
            (
                Origin::ServiceFailed,
                Suffix::HttpError,
                "Server.ServerProxy.ServiceFailed.HttpError",
                "server.serverproxy.service_failed.http_error",
            ),
            (
                Origin::ServiceFailed,
                Suffix::IoError,
                "Server.ServerProxy.ServiceFailed.IOError",
                "server.serverproxy.service_failed.io_error",
            ),
            (
                Origin::ServerProxy,
                Suffix::ServiceType,
                "Server.ServerProxy.ServiceType",
                "server.serverproxy.service_type",
            ),
            (
                Origin::ClientProxy,
                Suffix::SslAuthenticationFailed,
                "Server.ClientProxy.SslAuthenticationFailed",
                "server.clientproxy.ssl_authentication_failed",
            ),
            (Origin::Client, Suffix::InvalidHttpMethod, "Client.InvalidHttpMethod", "client.invalid_http_method"),
            (
                Origin::ClientProxyServiceFailed,
                Suffix::InvalidXml,
                "Server.ClientProxy.ServiceFailed.InvalidXml",
                "server.clientproxy.service_failed.invalid_xml",
            ),
        ];
        for (origin, suffix, old, new) in cases {
            let spelled = |release| Rejection::new(suffix, "x").at(origin, release).code;
            assert_eq!(spelled(Release::UpTo7_7), old);
            assert_eq!(spelled(Release::From7_8), new);
        }
    }

    #[test]
    fn bodies_are_escaped() {
        let error =
            Rejection::new(Suffix::InvalidSoap, "a<b & \"c\" ]]>\u{1}").at(Origin::ServerProxy, Release::UpTo7_7);
        for text in [error.to_soap(), error.to_xml()] {
            let document = roxmltree::Document::parse(&text).unwrap();
            assert!(document.descendants().any(|n| n.text() == Some("a<b & \"c\" ]]>")), "{text}");
        }
        let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(json["type"], "Server.ServerProxy.InvalidSoap");
    }
}
