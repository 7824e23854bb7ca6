//! Why a call did not do what it should: whose fault, may it be repeated, and may it have been done all the same.

use std::time::Duration;

/// A call that failed, with what the remote's support asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Failure {
    pub kind: FailureKind,
    /// None when there was no answer.
    pub status: Option<u16>,
    pub trace_id: Option<String>,
    /// The remote may have carried the call out.
    pub maybe_done: bool,
}

/// The two codes that the remote describes (viestit.md §1.14).
pub(in crate::viestit) const MAILBOX_NOT_IN_USE: &str = "MAILBOX_NOT_IN_USE";
pub(in crate::viestit) const ANSWERED_MESSAGE_GONE: &str = "MESSAGE_BEING_REPLIED_TO_NOT_FOUND";

/// viestit.md §1.14.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailureKind {
    /// 400 or another final answer, with the remote's code when it gave one. The content is at fault.
    #[error("Viestit refused the content ({})", .0.as_deref().unwrap_or("no error code"))]
    Refused(Option<String>),
    /// 413.
    #[error("Viestit found the request too large (413)")]
    TooLarge,
    /// 415.
    #[error("Viestit does not take the file's type (415)")]
    TypeRefused,
    /// Credentials are wrong; trying again could lock the account.
    #[error("Viestit refused the login of the system account")]
    LoginRefused,
    /// A token was refused just after it was given.
    #[error("Viestit refused a fresh token (401)")]
    TokenRefused,
    /// Wrong service, no right, or our address is not on the allow-list.
    #[error("Viestit does not let us in (403): check the service id and the allowed addresses")]
    Forbidden,
    #[error("Viestit has too many requests (429)")]
    Busy(Option<Duration>),
    #[error("Viestit failed (5xx)")]
    Broken(Option<Duration>),
    /// No connection, or it broke.
    #[error("Viestit could not be reached: {0}")]
    Unreachable(&'static str),
    /// Ours: the store does not give it.
    #[error("the account's password could not be read or kept in the store")]
    NoPassword,
    #[error("Viestit's answer could not be read")]
    Unreadable,
}

impl Failure {
    /// A failure before any byte was sent.
    pub(in crate::viestit) fn before(kind: FailureKind) -> Failure {
        Failure { kind, status: None, trace_id: None, maybe_done: false }
    }

    /// The cause without the address, whose query may hold ids.
    pub(super) fn broken(error: &reqwest::Error) -> Failure {
        let (what, maybe_done) = if error.is_connect() {
            ("no connection", false)
        } else if error.is_timeout() {
            ("no answer in time", true)
        } else if error.is_builder() {
            ("the request cannot be built", false)
        } else {
            ("the connection broke", true)
        };
        Failure { kind: FailureKind::Unreachable(what), status: None, trace_id: None, maybe_done }
    }

    /// The same failure of a call that was only a preparation.
    #[must_use]
    pub(in crate::viestit) fn in_vain(mut self) -> Failure {
        self.maybe_done = false;
        self
    }

    /// The account cannot go on until a person has done something.
    pub fn stops(&self) -> bool {
        matches!(self.kind, FailureKind::LoginRefused | FailureKind::TokenRefused)
    }

    /// The remote's last word about this content.
    pub fn is_final(&self) -> bool {
        matches!(self.kind, FailureKind::Refused(_) | FailureKind::TooLarge | FailureKind::TypeRefused)
    }

    /// How long the remote asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            FailureKind::Busy(wait) | FailureKind::Broken(wait) => wait,
            _ => None,
        }
    }

    /// The end user's message that was answered is not there any more.
    pub(in crate::viestit) fn is_answered_message_gone(&self) -> bool {
        matches!(&self.kind, FailureKind::Refused(Some(code)) if code == ANSWERED_MESSAGE_GONE)
    }

    /// The reason as a code: the remote's own when it gave one that we have no word for.
    pub fn code(&self) -> &str {
        match &self.kind {
            FailureKind::Refused(Some(code)) => match code.as_str() {
                MAILBOX_NOT_IN_USE => "mailbox-not-in-use",
                ANSWERED_MESSAGE_GONE => "answered-message-gone",
                code => code,
            },
            FailureKind::Refused(None) => "refused",
            FailureKind::TooLarge => "too-large",
            FailureKind::TypeRefused => "type-refused",
            FailureKind::LoginRefused => "login-refused",
            FailureKind::TokenRefused => "token-refused",
            FailureKind::Forbidden => "forbidden",
            FailureKind::Busy(_) => "busy",
            FailureKind::Broken(_) => "broken",
            FailureKind::Unreachable(_) => "unreachable",
            FailureKind::NoPassword => "no-password",
            FailureKind::Unreadable => "unreadable",
        }
    }
}

/// A code or id that cannot hold anything else: short, letters, digits, hyphen and underscore, and no identity code.
pub(super) fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain) && !crate::model::letter::PersonId::is_in(text)
}
