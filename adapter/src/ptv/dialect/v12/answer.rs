//! Answers of v12 to outcomes (ptv-v12.md §3.5): parsed by shape, not by media type, since the gateway answers too.

use std::time::Duration;

use serde_json::Value;

use crate::ptv::dialect::PtvError;

/// Why a call to v12 did not give what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum V12Error {
    /// 401 or 403: the key is missing, wrong or withdrawn. Trying again would only hammer.
    #[error("the gateway of PTV v12 refused the API key ({0})")]
    Credentials(u16),
    /// 404 with reason `Unknown`: no object has ever had this id here.
    #[error("PTV v12 does not know the id")]
    Absent,
    /// 404 with reason `NotPublished`: known, but without published content.
    #[error("PTV v12 holds no published content for the id")]
    NotPublished,
    /// 404 without a reason: nothing may be concluded from it.
    #[error("PTV v12 answered 404 without a reason")]
    UnclearAbsence,
    /// 400: parameter or member, and what is wrong with it. Ours; repeating does not help.
    #[error("PTV v12 refused the request: {}", refusals(.errors))]
    Refused { errors: Vec<(Option<String>, String)>, request_id: Option<String> },
    /// 409: the external id belongs to an object already.
    #[error("PTV v12 knows this external id already")]
    Taken,
    /// 429; the service may say how long to wait.
    #[error("PTV v12 has too many requests (429)")]
    Busy(Option<Duration>),
    #[error("PTV v12 failed with status {status}{}", trace(.request_id.as_deref()))]
    Broken { status: u16, request_id: Option<String>, after: Option<Duration> },
    #[error("PTV v12 could not be reached: {0}")]
    Unreachable(String),
    /// The answer is not what the contract says: the remote has changed or is not PTV.
    #[error("PTV v12 answered something else than its contract says: {0}")]
    Protocol(String),
    /// Refused here, before anything was sent.
    #[error("not sent: {0}")]
    Local(String),
}

impl V12Error {
    /// May the same call succeed a little later?
    pub fn may_retry(&self) -> bool {
        matches!(self, V12Error::Busy(_) | V12Error::Broken { .. } | V12Error::Unreachable(_))
    }

    /// How long the service asked to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            V12Error::Busy(after) | V12Error::Broken { after, .. } => *after,
            _ => None,
        }
    }
}

impl From<V12Error> for PtvError {
    fn from(error: V12Error) -> PtvError {
        match error {
            V12Error::Credentials(status) => PtvError::KeyRefused(status),
            V12Error::Absent | V12Error::NotPublished => PtvError::NotFound,
            V12Error::UnclearAbsence => PtvError::Broken(404),
            V12Error::Refused { errors, .. } => PtvError::Refused(
                errors.into_iter().map(|(path, text)| (path.unwrap_or_default(), vec![text])).collect(),
            ),
            V12Error::Taken => PtvError::SourceIdTaken,
            V12Error::Busy(_) => PtvError::Busy,
            V12Error::Broken { status, .. } => PtvError::Broken(status),
            V12Error::Unreachable(why) => PtvError::Unreachable(why),
            V12Error::Protocol(why) | V12Error::Local(why) => PtvError::Unreadable(why),
        }
    }
}

fn refusals(errors: &[(Option<String>, String)]) -> String {
    let each = errors.iter().map(|(path, message)| format!("{} {message}", path.as_deref().unwrap_or("request")));
    each.collect::<Vec<_>>().join("; ")
}

fn trace(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

/// Reads an answer. `Ok` for 200, 201 and 204.
pub(super) fn read(status: u16, body: &[u8], retry_after: Option<&str>) -> Result<Value, V12Error> {
    let after = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    // The gateway's own refusals come as HTML, text or nothing: no problem object is looked for in them.
    match status {
        401 | 403 => return Err(V12Error::Credentials(status)),
        429 => return Err(V12Error::Busy(after)),
        _ => {}
    }
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |member: &str| json.get(member).and_then(Value::as_str).map(str::to_owned);
    match status {
        204 => Ok(Value::Null),
        // The id of ours is taken: an answer may have been lost.
        409 => Err(V12Error::Taken),
        200 | 201 if json.is_null() => Err(V12Error::Protocol("the body is not JSON".into())),
        200 | 201 => Ok(json),
        400 => {
            let errors = json.get("errors").and_then(Value::as_array).into_iter().flatten();
            let errors = errors.map(|error| {
                let of = |member: &str| error.get(member).and_then(Value::as_str).map(str::to_owned);
                (of("path"), of("message").unwrap_or_default())
            });
            Err(V12Error::Refused { errors: errors.collect(), request_id: text("requestId") })
        }
        404 => Err(match text("reason").as_deref() {
            Some("Unknown") => V12Error::Absent,
            Some("NotPublished") => V12Error::NotPublished,
            _ => V12Error::UnclearAbsence,
        }),
        _ => Err(V12Error::Broken { status, request_id: text("requestId"), after }),
    }
}
