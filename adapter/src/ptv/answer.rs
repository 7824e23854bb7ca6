//! PTV's answers to outcomes: what a status and its text mean for the next step (ptv-in-api.md §1.4, §6).

use serde_json::Value;

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
    #[error(
        "PTV took the connections and has left {0} of them out; what it says it has is compared with what was sent"
    )]
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

/// Reads an answer. `Ok` only for 200, as PTV answers every success.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Value, PtvError> {
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match status {
        200 if json.is_null() => Err(PtvError::Unreadable("the answer is not JSON".into())),
        200 => Ok(json),
        400 => Err(refusal(&json)),
        403 => Err(PtvError::Forbidden),
        404 => Err(absence(&json)),
        429 => Err(PtvError::Busy),
        // The published source answers a taken source id with 500 and a text that tells to update.
        500 if taken(message(&json)) => Err(PtvError::SourceIdTaken),
        _ => Err(PtvError::Broken(status)),
    }
}

fn refusal(json: &Value) -> PtvError {
    let errors: Vec<(String, Vec<String>)> = json
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, texts)| {
            let texts = texts.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            (key.clone(), texts)
        })
        .collect();
    let says = |key: &str, text: &str| {
        errors
            .iter()
            .any(|(k, texts)| k.eq_ignore_ascii_case(key) && texts.iter().any(|it| it.to_lowercase().contains(text)))
    };
    if says("PublishingStatus", "modified") {
        PtvError::BeingEdited
    } else if says("ServiceNames", "already exist") || says("ServiceChannelNames", "already exist") {
        PtvError::NameTaken
    } else if errors.iter().any(|(key, texts)| {
        key.eq_ignore_ascii_case("SourceId") && texts.iter().any(|text| text.to_lowercase().contains("exist"))
    }) || taken(message(json))
    {
        PtvError::SourceIdTaken
    } else {
        PtvError::Refused(errors)
    }
}

/// 404 stands for absent, locked and «no right» alike; only the text tells (§1.4). A 404 without such a text comes from
/// something before PTV and must never lead to a POST.
fn absence(json: &Value) -> PtvError {
    let message = message(json).to_lowercase();
    if message.contains("locked") {
        PtvError::Locked
    } else if message.contains("no right") || message.contains("permission") {
        PtvError::NoRight
    } else if message.contains("not found") || message.contains("not exist") {
        PtvError::NotFound
    } else if message.contains("modified") {
        // A connection set whose service somebody is editing (§3.6).
        PtvError::BeingEdited
    } else {
        PtvError::Broken(404)
    }
}

fn taken(message: &str) -> bool {
    let message = message.to_lowercase();
    (message.contains("source id") || message.contains("sourceid") || message.contains("external"))
        && message.contains("exist")
}

fn message(json: &Value) -> &str {
    json.get("errorMessage").and_then(Value::as_str).unwrap_or_default()
}

fn keys(errors: &[(String, Vec<String>)]) -> String {
    errors.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")
}

fn blamed(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.field.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{PtvError, read};

    #[test]
    fn each_answer_has_one_meaning() {
        for (status, body, expected) in [
            (
                400,
                r#"{"ServiceNames": ["too long"]}"#,
                PtvError::Refused(vec![("ServiceNames".into(), vec!["too long".into()])]),
            ),
            (400, r#"{"PublishingStatus": ["not when status Modified"]}"#, PtvError::BeingEdited),
            (400, r#"{"SourceId": ["'t.s.1' already exists"]}"#, PtvError::SourceIdTaken),
            (
                500,
                r#"{"errorMessage": "Source id t.s.1 exists already, use the update operation"}"#,
                PtvError::SourceIdTaken,
            ),
            (500, r#"{"errorMessage": "An unexpected error occurred. Trace id: 1"}"#, PtvError::Broken(500)),
            (404, r#"{"errorMessage": "Service is locked by another user"}"#, PtvError::Locked),
            (404, r#"{"errorMessage": "User has no rights to update"}"#, PtvError::NoRight),
            (404, r#"{"errorMessage": "Service not found"}"#, PtvError::NotFound),
            (404, "<html>no such page</html>", PtvError::Broken(404)),
            (400, r#"{"ServiceNames": ["The name already exists within organization."]}"#, PtvError::NameTaken),
            (429, "too many", PtvError::Busy),
            (502, "<html>", PtvError::Broken(502)),
        ] {
            assert_eq!(read(status, body.as_bytes()), Err(expected), "{status} {body}");
        }
        assert!(read(200, br#"{"id": "x"}"#).is_ok());
        assert!(read(200, b"<html>").is_err());
    }
}
