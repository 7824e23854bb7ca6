//! Who calls: users, logins, tokens and what a group may do (ptv-in-api §1.3).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::errors::Refusal;

/// The Palveluhallinta group of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserGroup {
    /// `API_USER`: writes its own organisation's content.
    ApiUser,
    /// `API_ASTI_USER`: ASTI connections only.
    ApiAstiUser,
    /// `PTV_ADMINISTRATOR`: everything.
    Administrator,
    /// `PTV_MAIN_USER`: no writing through the interface.
    MainUser,
    /// `PTV_USER`: no writing through the interface.
    User,
}

impl UserGroup {
    pub(crate) fn is_eeva(self) -> bool {
        self == Self::Administrator
    }

    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::ApiUser | Self::Administrator)
    }

    pub(crate) fn writes_asti(self) -> bool {
        matches!(self, Self::ApiAstiUser | Self::Administrator)
    }

    pub(crate) fn reads_restricted(self) -> bool {
        self != Self::User
    }

    fn role(self) -> &'static str {
        match self {
            Self::Administrator => "Eeva",
            Self::User => "Shirley",
            _ => "Pete",
        }
    }
}

/// A user that can log in.
#[derive(Clone, Debug)]
pub struct PtvUser {
    pub username: String,
    pub password: String,
    /// The token's e-mail claim: the relation id of source ids.
    pub email: String,
    pub group: UserGroup,
    /// The active PTV organisation; without one every write is refused.
    pub organization: Option<String>,
}

impl PtvUser {
    /// An API user with the right to write.
    pub fn api(username: &str, password: &str, organization: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            email: username.to_owned(),
            group: UserGroup::ApiUser,
            organization: Some(organization.to_lowercase()),
        }
    }
}

/// Issued tokens.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: HashMap<String, (PtvUser, Timestamp)>,
    serial: u64,
    /// Successful logins so far.
    pub(crate) logins: u64,
}

/// What the Authorization header turned out to be.
pub(crate) enum Bearer {
    Absent,
    Garbage,
    Expired,
    User(PtvUser),
}

impl Tokens {
    pub(crate) fn issue(&mut self, user: &PtvUser, now: Timestamp, lifetime: SignedDuration) -> (String, Timestamp) {
        self.serial += 1;
        let expires = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "email": user.email, "role": user.group.role(), "jti": self.serial.to_string(),
            "activeOrganizationId": user.organization, "iat": now.as_second(), "exp": expires.as_second(),
        });
        let signature = URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes());
        let token = format!("{}.{}.{signature}", part(json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
        self.issued.insert(token.clone(), (user.clone(), expires));
        (token, expires)
    }

    pub(crate) fn forget_all(&mut self) {
        for (_, expires) in self.issued.values_mut() {
            *expires = Timestamp::MIN;
        }
    }

    pub(crate) fn read(&self, token: Option<&str>, now: Timestamp) -> Bearer {
        let Some(token) = token else { return Bearer::Absent };
        match self.issued.get(token) {
            Some((user, expires)) if *expires > now => Bearer::User(user.clone()),
            Some(_) => Bearer::Expired,
            None => Bearer::Garbage,
        }
    }
}

/// What a call needs of its caller.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Open,
    Restricted,
    Write,
    WriteAsti,
    Eeva,
}

/// Lets the caller in, or says why not. `Ok(None)` is an anonymous reader.
pub(crate) fn admit(bearer: Bearer, access: Access, garbage_crashes: bool) -> Result<Option<PtvUser>, Refusal> {
    let user = match bearer {
        Bearer::User(user) => user,
        Bearer::Garbage if access == Access::Open && garbage_crashes => {
            return Err(Refusal::Crash("IDX12741: the token is not well formed".to_owned()));
        }
        _ if access == Access::Open => return Ok(None),
        _ => return Err(Refusal::Unauthorized),
    };
    let allowed = match access {
        Access::Open => true,
        Access::Restricted => user.group.reads_restricted(),
        Access::Write => user.group.writes(),
        Access::WriteAsti => user.group.writes_asti(),
        Access::Eeva => user.group.is_eeva(),
    };
    let placed = user.organization.is_some() || user.group.is_eeva() || access == Access::Open;
    if allowed && placed { Ok(Some(user)) } else { Err(Refusal::Forbidden) }
}
