//! Upload by a system and download of an end user's file (fact sheet §1.5, §1.11). Content is neither opened nor checked.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::door::{Caller, essence};
use super::refusal::Refusal;
use crate::viestit::message::File;
use crate::viestit::state::{Shared, Upload};

/// The twelve media types of v2.
const TYPES: [&str; 12] = [
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "image/jpeg",
    "image/png",
    "text/plain",
];

/// `POST /v2/attachments`
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let form = Multipart::from_request(request, &shared).await;
    let form = form.map_err(|_| Refusal::bad_request("Request must be multipart/form-data"))?;
    let (name, media_type, content) = only_file(form).await?;
    if !TYPES.contains(&media_type.as_str()) {
        return Err(Refusal::because(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type"));
    }
    let id = Uuid::new_v4();
    let file = File { id, name, media_type, content };
    let at = shared.now();
    shared.lock().uploads.insert(id, Upload { system, file, at, used: false });
    Ok((StatusCode::CREATED, Json(json!({ "attachmentId": id }))))
}

/// Name, media type and content of the one part, which must be called `file` and have a file name.
async fn only_file(mut form: Multipart) -> Result<(String, String, Bytes), Refusal> {
    let unreadable = || Refusal::bad_request("Multipart request cannot be read");
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        if field.name() != Some("file") || found.is_some() {
            return Err(Refusal::bad_request("Request must have exactly one part, named file"));
        }
        let name = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
        let name = name.ok_or_else(|| Refusal::bad_request("Part file must have a file name"))?;
        let media_type = field.content_type().map(essence).unwrap_or_default();
        let content = field.bytes().await.map_err(|_| unreadable())?;
        found = Some((name, media_type, content));
    }
    found.ok_or_else(|| Refusal::bad_request("Request must have exactly one part, named file"))
}

/// `GET /v1/attachments/{id}`
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id: Uuid = id.parse().map_err(|_| Refusal::bad_request("Attachment id is not valid"))?;
    let now = shared.now();
    let state = shared.lock();
    let mut files = state.fetchable(system, now).flat_map(|message| &message.files);
    let file = files.find(|file| file.id == id).ok_or_else(Refusal::not_found)?;
    Ok(([(header::CONTENT_TYPE, file.media_type.clone())], file.content.clone()).into_response())
}
