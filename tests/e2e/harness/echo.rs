//! An operation that gives back the files that it gets, or fails as its request asks: attachments both ways.
//!
//! Only adapters of tests have it; no description names it.

use std::sync::Arc;

use silta::exchange::{AnswerFile, FileOperation, SpooledFile};
use silta::operations::registry::{Family, Operation, Shape};
use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages::NAMESPACE;
use xroad::xml::Element;

use super::{CONSUMER, envelope, header};

/// What a panic says, which nobody outside may read.
pub(crate) const SECRET: &str = "se-16 inner matter";

static ECHO: Operation = Operation { family: Family::Messages, name: "echoFiles", shape: Shape::Files };

pub(crate) fn operation() -> Arc<dyn FileOperation> {
    Arc::new(Echo)
}

/// The SOAP document; `then` is what shall happen: `echo`, `refuse`, `fail`, or anything else for a panic that quotes it.
pub(crate) fn request(then: &str) -> String {
    envelope(&header(CONSUMER, ECHO.name), &format!("<c:echoFiles xmlns:c=\"{NAMESPACE}\">{then}</c:echoFiles>"))
}

struct Echo;

impl FileOperation for Echo {
    fn operation(&self) -> &'static Operation {
        &ECHO
    }

    fn serve(&self, body: &Element, files: Vec<SpooledFile>) -> Result<Vec<AnswerFile>, Refusal> {
        match body.text.trim() {
            "echo" => {}
            "refuse" => return Err(Refusal::new(ErrorCode::NotFound, "as asked")),
            "fail" => return Err(Refusal::new(ErrorCode::Internal, "the service failed")),
            then => panic!("{SECRET}: {then}"),
        }
        let media_type = || "application/octet-stream".to_owned();
        Ok(files.into_iter().map(|content| AnswerFile { media_type: media_type(), content }).collect())
    }

    fn body(&self, references: &[String]) -> String {
        let mut files = references.join("</file><file>");
        if !references.is_empty() {
            files = format!("<file>{files}</file>");
        }
        format!("<echoFilesResponse xmlns=\"{NAMESPACE}\">{files}</echoFilesResponse>")
    }
}
