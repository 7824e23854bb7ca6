//! The identifier values. Their parts are never blank and never longer than 255 characters; anything else goes.

use std::fmt;
use std::str::FromStr;

use super::encode::{percent_decode, percent_encode, write_safe};
use super::{IdError, MAX_LENGTH};

/// A member, or one of its subsystems: who calls, or who offers a service.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    instance: String,
    member_class: String,
    member_code: String,
    subsystem: Option<String>,
}

impl ClientId {
    pub fn new(
        instance: impl Into<String>,
        member_class: impl Into<String>,
        member_code: impl Into<String>,
        subsystem: Option<String>,
    ) -> Result<Self, IdError> {
        Ok(Self {
            instance: part(instance.into())?,
            member_class: part(member_class.into())?,
            member_code: part(member_code.into())?,
            subsystem: subsystem.map(part).transpose()?,
        })
    }

    pub fn instance(&self) -> &str {
        &self.instance
    }

    pub fn member_class(&self) -> &str {
        &self.member_class
    }

    pub fn member_code(&self) -> &str {
        &self.member_code
    }

    pub fn subsystem(&self) -> Option<&str> {
        self.subsystem.as_deref()
    }

    /// The member without its subsystem.
    #[must_use]
    pub fn member(&self) -> Self {
        Self { subsystem: None, ..self.clone() }
    }

    /// `instance/class/code[/subsystem]`, each part percent-encoded, as in `X-Road-Client`.
    pub fn to_rest(&self) -> String {
        join(self.parts())
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        [self.instance.as_str(), &self.member_class, &self.member_code].into_iter().chain(self.subsystem())
    }
}

/// Reads the form of `X-Road-Client`: 3 or 4 parts.
impl FromStr for ClientId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match split(text)?.as_mut_slice() {
            [instance, class, code] => Self::new(take(instance), take(class), take(code), None),
            [instance, class, code, subsystem] => {
                Self::new(take(instance), take(class), take(code), Some(take(subsystem)))
            }
            _ => Err(IdError::Parts),
        }
    }
}

/// One service of a provider.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    provider: ClientId,
    service_code: String,
    version: Option<String>,
}

impl ServiceId {
    /// `version` is SOAP's only. An empty version is not an absent one.
    pub fn new(provider: ClientId, service_code: impl Into<String>, version: Option<String>) -> Result<Self, IdError> {
        if version.as_ref().is_some_and(|version| too_long(version)) {
            return Err(IdError::TooLong);
        }
        Ok(Self { provider, service_code: part(service_code.into())?, version })
    }

    pub fn provider(&self) -> &ClientId {
        &self.provider
    }

    pub fn service_code(&self) -> &str {
        &self.service_code
    }

    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The path form without version, which REST does not have. A member-level service cannot be addressed so.
    pub fn to_rest(&self) -> String {
        join(self.provider.parts().chain([self.service_code.as_str()]))
    }
}

/// Reads the five segments of a REST path.
impl FromStr for ServiceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match split(text)?.as_mut_slice() {
            [instance, class, code, subsystem, service] => {
                let provider = ClientId::new(take(instance), take(class), take(code), Some(take(subsystem)))?;
                Self::new(provider, take(service), None)
            }
            _ => Err(IdError::Parts),
        }
    }
}

/// A security server.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId {
    owner: ClientId,
    server_code: String,
}

impl ServerId {
    /// `owner` is a member; a subsystem's code is left out.
    pub fn new(owner: &ClientId, server_code: impl Into<String>) -> Result<Self, IdError> {
        Ok(Self { owner: owner.member(), server_code: part(server_code.into())? })
    }

    pub fn owner(&self) -> &ClientId {
        &self.owner
    }

    pub fn server_code(&self) -> &str {
        &self.server_code
    }

    /// The form of `X-Road-Security-Server`.
    pub fn to_rest(&self) -> String {
        join(self.owner.parts().chain([self.server_code.as_str()]))
    }
}

/// Reads the form of `X-Road-Security-Server`: exactly 4 parts.
impl FromStr for ServerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match split(text)?.as_mut_slice() {
            [instance, class, code, server] => {
                Self::new(&ClientId::new(take(instance), take(class), take(code), None)?, take(server))
            }
            _ => Err(IdError::Parts),
        }
    }
}

/// For whom the client acts (PR-THIRDPARTY). A claim of the client, proven by nothing in the message.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepresentedParty {
    class: Option<String>,
    code: String,
}

impl RepresentedParty {
    pub fn new(class: Option<String>, code: impl Into<String>) -> Result<Self, IdError> {
        Ok(Self { class: class.map(part).transpose()?, code: part(code.into())? })
    }

    pub fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// The form of `X-Road-Represented-Party`.
    pub fn to_rest(&self) -> String {
        join(self.class().into_iter().chain([self.code()]))
    }
}

/// Reads the form of `X-Road-Represented-Party`: `code` or `class/code`.
impl FromStr for RepresentedParty {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match split(text)?.as_mut_slice() {
            [code] => Self::new(None, take(code)),
            [class, code] => Self::new(Some(take(class)), take(code)),
            _ => Err(IdError::Parts),
        }
    }
}

fn part(text: String) -> Result<String, IdError> {
    if text.trim().is_empty() {
        return Err(IdError::Blank);
    }
    if too_long(&text) { Err(IdError::TooLong) } else { Ok(text) }
}

pub(crate) fn too_long(text: &str) -> bool {
    text.len() > MAX_LENGTH && text.chars().count() > MAX_LENGTH
}

/// The decoded parts. Many slashes are cut short: six parts are as wrong as six thousand.
fn split(text: &str) -> Result<Vec<String>, IdError> {
    text.splitn(7, '/').map(percent_decode).collect()
}

fn take(part: &mut String) -> String {
    std::mem::take(part)
}

fn join<'p>(parts: impl Iterator<Item = &'p str>) -> String {
    let mut out = String::with_capacity(64);
    for part in parts {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(&percent_encode(part));
    }
    out
}

fn display<'p>(f: &mut fmt::Formatter<'_>, parts: impl Iterator<Item = &'p str>) -> fmt::Result {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            f.write_str("/")?;
        }
        write_safe(f, part)?;
    }
    Ok(())
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, self.parts())
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, self.provider.parts().chain([self.service_code()]).chain(self.version()))
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, self.owner.parts().chain([self.server_code()]))
    }
}

impl fmt::Display for RepresentedParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, self.class().into_iter().chain([self.code()]))
    }
}

/// `Debug` goes to logs as well, so it is the escaped form too.
macro_rules! debug_as_display {
    ($($type:ty),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}
debug_as_display!(ClientId, ServiceId, ServerId, RepresentedParty);
