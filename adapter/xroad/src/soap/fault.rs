//! SOAP 1.1 faults: ours as they are written, and those of others as they are read (PR-MESS 2.5).
//! Whose a received fault is, [`super::classify`] decides from its code.

use super::classify::XRoadError;
use super::error::{FaultCode, SoapError};
use crate::xml::{Element, escape};

/// Namespace of the detail in our faults.
pub const NS_FAULT: &str = "urn:silta:fault:v1";

/// A fault of ours. The text is for the caller and must hold nothing personal and nothing of the input but names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    suffix: Option<String>,
    text: String,
    actor: Option<String>,
    error_id: String,
    error_code: Option<String>,
}

impl Fault {
    /// `error_id` is what our own log knows this error by.
    pub fn new(code: FaultCode, text: impl Into<String>, error_id: impl Into<String>) -> Self {
        Self { code, suffix: None, text: text.into(), actor: None, error_id: error_id.into(), error_code: None }
    }

    /// The fault that answers a refused message.
    pub fn refusing(error: &SoapError, error_id: impl Into<String>) -> Self {
        Self::new(error.fault_code(), error.to_string(), error_id)
    }

    /// A dotted suffix of our own, for example `Busy` for `Server.Busy`. `None` if consumers would take the code for
    /// one of X-Road's: any suffix on a code other than Server, or one that begins as the proxies' do.
    #[must_use]
    pub fn with_suffix(mut self, suffix: &str) -> Option<Self> {
        let fits = !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        let full = format!("{}.{suffix}", self.code.name());
        if self.code != FaultCode::Server || !fits || XRoadError::parse(&full).is_some() {
            return None;
        }
        self.suffix = Some(suffix.to_owned());
        Some(self)
    }

    /// A URI that names who failed.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// The stable error code of our contracts.
    #[must_use]
    pub fn with_error_code(mut self, code: impl Into<String>) -> Self {
        self.error_code = Some(code.into());
        self
    }

    pub const fn code(&self) -> FaultCode {
        self.code
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn error_id(&self) -> &str {
        &self.error_id
    }

    /// The whole message. It goes out with status 500 and [`super::CONTENT_TYPE`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::with_capacity(512 + self.text.len());
        out.push_str(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
             <faultcode>soap:",
        );
        out.push_str(self.code.name());
        if let Some(suffix) = &self.suffix {
            out.push('.');
            out.push_str(suffix);
        }
        out.push_str("</faultcode><faultstring>");
        escape::text(&mut out, &self.text);
        out.push_str("</faultstring>");
        if let Some(actor) = &self.actor {
            out.push_str("<faultactor>");
            escape::text(&mut out, actor);
            out.push_str("</faultactor>");
        }
        out.push_str("<detail><e:error xmlns:e=\"");
        out.push_str(NS_FAULT);
        out.push_str("\"><e:id>");
        escape::text(&mut out, &self.error_id);
        out.push_str("</e:id>");
        if let Some(code) = &self.error_code {
            out.push_str("<e:code>");
            escape::text(&mut out, code);
            out.push_str("</e:code>");
        }
        out.push_str("</e:error></detail></soap:Fault></soap:Body></soap:Envelope>");
        out.into_bytes()
    }
}

/// A fault that somebody else sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The code without its XML prefix.
    pub code: String,
    pub text: String,
    pub actor: Option<String>,
    pub detail: Option<Element>,
}

impl Received {
    /// Reads a `soap:Fault` element. Children may come in any order and, as some stacks write them, qualified.
    pub fn read(fault: &Element) -> Result<Self, SoapError> {
        let child = |name: &str| fault.children.iter().find(|child| &*child.name == name);
        let code = child("faultcode").filter(|c| c.children.is_empty()).ok_or(SoapError::MalformedFault)?;
        let code = code.text.trim();
        let code = code.split_once(':').map_or(code, |(_, local)| local);
        if code.is_empty() {
            return Err(SoapError::MalformedFault);
        }
        let text = |name: &str| child(name).map(|c| c.text.trim().to_owned());
        Ok(Self {
            code: code.to_owned(),
            text: text("faultstring").unwrap_or_default(),
            actor: text("faultactor").filter(|actor| !actor.is_empty()),
            detail: child("detail").cloned(),
        })
    }

    /// The X-Road error that this fault is, or `None` if it is the provider's own.
    pub fn x_road(&self) -> Option<XRoadError> {
        XRoadError::parse(&self.code)
    }

    /// The id in `detail/faultDetail` by which the security server's log knows the error.
    pub fn fault_detail(&self) -> Option<&str> {
        let detail = self.detail.as_ref()?;
        detail.children.iter().find(|child| &*child.name == "faultDetail").map(|child| child.text.trim())
    }

    /// The id that a provider such as ours put into its detail.
    pub fn error_id(&self) -> Option<&str> {
        Some(self.detail.as_ref()?.child(NS_FAULT, "error")?.child(NS_FAULT, "id")?.text.as_str())
    }
}
