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
use crate::viestit::state::{Shared, Upload, UploadKind};

/// The twelve media types of v2.
pub(super) const TYPES: [&str; 12] = [
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
    let form = Form::read(&shared, request, &["file"]).await?;
    if !TYPES.contains(&form.media_type.as_str()) {
        return Err(unsupported());
    }
    let id = keep(&shared, system, UploadKind::Attachment, form);
    Ok((StatusCode::CREATED, Json(json!({ "attachmentId": id }))))
}

pub(super) fn unsupported() -> Refusal {
    Refusal::because(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
}

/// Remembers an upload; gives its id.
pub(super) fn keep(shared: &Shared, system: usize, kind: UploadKind, form: Form) -> Uuid {
    let id = Uuid::new_v4();
    let file = File { id, name: form.name, media_type: form.media_type, content: form.content };
    let at = shared.now();
    shared.lock().uploads.insert(id, Upload { system, kind, file, at, used: false });
    id
}

/// What an upload brings.
pub(super) struct Form {
    name: String,
    pub(super) media_type: String,
    content: Bytes,
    pub(super) metadata: Option<Bytes>,
}

impl Form {
    /// Reads the parts of these names, each once; `file` must have a file name.
    pub(super) async fn read(shared: &Arc<Shared>, request: Request, parts: &[&str]) -> Result<Self, Refusal> {
        let form = Multipart::from_request(request, shared).await;
        let mut form = form.map_err(|_| Refusal::bad_request("Request must be multipart/form-data"))?;
        let wrong = || Refusal::bad_request(&format!("Request must have exactly these parts: {}", parts.join(", ")));
        let unreadable = || Refusal::bad_request("Multipart request cannot be read");
        let mut file = None;
        let mut metadata = None;
        while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
            let part = field.name().filter(|name| parts.contains(name)).map(str::to_owned).ok_or_else(wrong)?;
            let name = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
            let media_type = field.content_type().map(essence).unwrap_or_default();
            let content = field.bytes().await.map_err(|_| unreadable())?;
            let again = if part == "file" {
                let name = name.ok_or_else(|| Refusal::bad_request("Part file must have a file name"))?;
                file.replace((name, media_type, content)).is_some()
            } else {
                metadata.replace(content).is_some()
            };
            if again {
                return Err(wrong());
            }
        }
        let (name, media_type, content) = file.ok_or_else(wrong)?;
        Ok(Self { name, media_type, content, metadata })
    }
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
