//! v11's answers to outcomes: what a status and its text mean for the next step (ptv-in-api.md §1.4, §6).

use serde_json::Value;

use crate::ptv::dialect::PtvError;

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
