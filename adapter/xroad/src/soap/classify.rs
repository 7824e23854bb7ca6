//! Whose error it is, and whether the request may have reached the provider (fact sheet sections 6.3 and 6.4).
//! The same codes come as SOAP fault codes and in the REST header `X-Road-Error`, in the spelling of security servers
//! up to 7.7 (`Server.ServerProxy.ServiceFailed.HttpError`) and from 7.8 on (`server.serverproxy.service_failed.http_error`).

/// An error that a security server made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XRoadError {
    /// As received.
    pub code: String,
    pub side: Side,
    /// The part behind the side, lower-cased and without underscores and `servicefailed.`: `httperror`.
    pub cause: String,
    /// Whether it is about the provider's own leg of a SOAP call.
    pub service_failed: bool,
}

/// Which security server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The request was refused as it was.
    Client,
    /// The consumer's server.
    ClientProxy,
    /// The provider's server.
    ServerProxy,
}

/// What is known about the request's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The code proves that the provider has not got it: it may be sent again.
    NotDelivered,
    /// It may have been delivered and even done. Only an idempotent request may be sent again.
    Unknown,
}

impl XRoadError {
    /// `None` when the code is no X-Road code, so that the error is the provider's own.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim();
        let normal: String = code.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
        let (side, rest) = if let Some(rest) = normal.strip_prefix("client.") {
            (Side::Client, rest)
        } else {
            let rest = normal.strip_prefix("server.")?;
            let proxy = |name| rest.strip_prefix(name).filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()));
            match (proxy("clientproxy"), proxy("serverproxy")) {
                (Some(rest), _) => (Side::ClientProxy, rest),
                (_, Some(rest)) => (Side::ServerProxy, rest),
                _ => return None,
            }
        };
        let rest = rest.trim_start_matches('.');
        let (service_failed, cause) = match rest.strip_prefix("servicefailed") {
            Some(cause) => (true, cause.trim_start_matches('.')),
            None => (false, rest),
        };
        // The one code whose words changed places in 7.8.
        let cause = if cause == "outdatedglobalconf" { "globalconfoutdated" } else { cause };
        Some(Self { code: code.to_owned(), side, cause: cause.to_owned(), service_failed })
    }

    /// What the code proves. `ServiceFailed`, IO errors and everything unknown prove nothing.
    pub fn delivery(&self) -> Delivery {
        const NOT_DELIVERED: [&str; 16] = [
            "accessdenied",
            "unknownservice",
            "unknownmember",
            "servicedisabled",
            "servicetype",
            "invalidsecurityserver",
            "maintenancemode",
            "servicemissingurl",
            "servicemalformedurl",
            "networkerror",
            "unknownhost",
            "sslauthenticationfailed",
            "globalconfoutdated",
            "badrequest",
            "invalidsoapaction",
            "invalidclientidentifier",
        ];
        let refused_as_it_was = self.side == Side::Client;
        if !self.service_failed && (refused_as_it_was || NOT_DELIVERED.contains(&self.cause.as_str())) {
            Delivery::NotDelivered
        } else {
            Delivery::Unknown
        }
    }
}
