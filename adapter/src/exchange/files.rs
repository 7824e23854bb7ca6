//! An operation that takes files and gives files, beside the registry.
//!
//! No contract has one yet: this is where tests and benches put an echo, to show that attachments stream both ways.
//! A process that serves has none, so that nothing can be called that no description names.

use silta_client::common::Refusal;
use xroad::xml::Element;

use super::spool::SpooledFile;
use crate::operations::registry::Operation;

/// Files in, files out.
pub trait FileOperation: Send + Sync {
    /// Of the shape `Files`; its name must not be in the registry.
    fn operation(&self) -> &'static Operation;

    /// The files of the answer. A refusal that is no fault is answered in the wrapper.
    fn serve(&self, body: &Element, files: Vec<SpooledFile>) -> Result<Vec<AnswerFile>, Refusal>;

    /// The body element of the answer. `references` are content for elements, one for each file in order: an
    /// `xop:Include` in MTOM, a `cid:` address in SwA.
    fn body(&self, references: &[String]) -> String;
}

/// A file of an answer.
pub struct AnswerFile {
    /// For its Content-Type.
    pub media_type: String,
    pub content: SpooledFile,
}
