//! Why PTV did not do what it should, whichever version was spoken: whose fault it is, and whether it may be retried
//! (ptv-in-api.md §1.4, §6).

use crate::model::Finding;

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PtvError {
    /// 400: the keys of PTV's fields with its texts. The body is at fault.
    #[error("PTV refused the content of: {}", keys(.0))]
    Refused(Vec<(String, Vec<String>)>),
    /// The same by the record's own fields.
    #[error("PTV refused {}", blamed(.0))]
    Blamed(Vec<Finding>),
    /// The source id is taken, perhaps by an archived entity: PUT by source id instead.
    #[error("PTV knows this source id already")]
    SourceIdTaken,
    /// The organisation has another one of this name, which may have been made in PTV's own pages.
    #[error("another one of the organisation has this name in PTV; change the name, or take that one over")]
    NameTaken,
    /// The latest version is Modified: somebody is editing it in PTV's own pages.
    #[error("somebody is editing this in PTV; it can be written again when the edit is published or discarded")]
    BeingEdited,
    #[error("PTV does not have it")]
    NotFound,
    /// A GUID that was adopted is not there, or not ours. It is never created anew: that would make a second one.
    #[error("PTV does not have what was adopted, or the API user has no right to it; adopt the right GUID")]
    AdoptedMissing,
    /// A draft can not be archived through the API (§3.0.3).
    #[error(
        "it is a draft in PTV, which its API can not archive: publish it there and then `silta ptv sync`, or delete it there"
    )]
    Draft,
    /// Taken with 200, and so many of the channels are not connected.
    #[error("PTV took the connections and has left out {0} of them")]
    NotConnected(usize),
    /// PTV knew it and does not any more, though it never deletes: its environment was wiped.
    #[error("PTV has lost it")]
    Lost,
    #[error("it is locked by somebody in PTV's own pages; it is tried again by itself until they close it there")]
    Locked,
    #[error("the API user has no right to it in PTV; give it the right there, then `silta ptv sync`")]
    NoRight,
    /// The login was refused; trying again would only hammer.
    #[error("PTV refused the login of the API user")]
    LoginRefused,
    /// The gateway of version 12 does not take the key.
    #[error("the gateway of PTV refused the API key ({0})")]
    KeyRefused(u16),
    /// PTV holds something that the version that is written cannot say.
    #[error("PTV holds {0}, which would be lost by writing; look at it there, or set tenants.ptv.v12.hours to keep")]
    WouldLose(String),
    /// The version that is written has no request for such a thing.
    #[error("version 12 of PTV has published no way to write this; it stays there as it is")]
    NoRequest,
    #[error("the API user may not write to PTV (403); it needs the role that DVV gives API users")]
    Forbidden,
    #[error("PTV has too many requests at once (429)")]
    Busy,
    #[error("PTV failed with status {0}")]
    Broken(u16),
    /// Sent or not, nobody knows: the next step is always a PUT by source id.
    #[error("PTV could not be reached: {0}")]
    Unreachable(String),
    #[error("PTV's answer could not be read: {0}")]
    Unreadable(String),
}

impl PtvError {
    /// The remote itself is in trouble, whatever was sent.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            PtvError::Busy
                | PtvError::Broken(_)
                | PtvError::Unreachable(_)
                | PtvError::LoginRefused
                | PtvError::KeyRefused(_)
                | PtvError::Forbidden
        )
    }

    /// May the same succeed later without anybody changing the entity? A name may be on its way to be given up.
    pub fn may_retry(&self) -> bool {
        let passing =
            matches!(self, PtvError::Locked | PtvError::BeingEdited | PtvError::Unreadable(_) | PtvError::NameTaken);
        passing || matches!(self, PtvError::NotConnected(_)) || self.is_outage()
    }

    /// How often the same is tried. PTV answers 500 to some bodies that will never do, so 500 has an end too; an
    /// outage has none, because it is no entity's fault (§1.4).
    pub fn tries(&self) -> u32 {
        match self {
            PtvError::NameTaken | PtvError::NotConnected(_) => 4,
            PtvError::Broken(500) | PtvError::Unreadable(_) => 8,
            _ => u32::MAX,
        }
    }
}

fn keys(errors: &[(String, Vec<String>)]) -> String {
    errors.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")
}

fn blamed(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.field.as_str()).collect::<Vec<_>>().join(", ")
}
