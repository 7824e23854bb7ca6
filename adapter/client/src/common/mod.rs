//! What the families share: how a message becomes XML and is read back, closed word lists, the error codes.
//! X-Road's envelope is not made here (crate `xroad`), nor is HTTP spoken.

mod error;
mod words;
mod xml;

pub use error::{ErrorCode, Problem, Refusal};
pub use xml::{ReadError, WriteError, from_element, from_xml, to_xml, write_xml};

pub(crate) use error::error_from;
pub(crate) use words::words;

use serde::Serialize;
use yaserde::YaDeserialize;

/// The content of a SOAP body: a request wrapper, or an answer wrapper whose name ends in `Response`.
pub trait Message: Serialize + YaDeserialize {
    /// Local name of the wrapper.
    const WRAPPER: &'static str;
    /// Namespace of the wrapper and of everything in it.
    const NAMESPACE: &'static str;
}

/// A request wrapper, which knows what answers it.
pub trait Request: Message {
    type Answer: Answer;
}

/// An answer wrapper: exactly one of the result and an error.
pub trait Answer: Message {
    type Success;

    /// `None` when the wrapper holds neither, which the schema forbids.
    fn into_result(self) -> Option<Result<Self::Success, ReceivedError>>;
}

/// A refusal as it came over the wire. The code is text because newer codes may come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ReceivedError {
    pub code: String,
    pub message: String,
    pub field: Option<String>,
}

impl ReceivedError {
    /// The code as we know it; `None` for one that is newer than this client.
    pub fn known(&self) -> Option<ErrorCode> {
        ErrorCode::from_word(&self.code)
    }
}

/// Ties request and answer wrappers to their names and to one another.
macro_rules! messages {
    ($namespace:expr; $($request:ident = $name:literal => $answer:ident = $answer_name:literal { $result:ident: $success:ty },)*) => {$(
        impl crate::common::Message for $request {
            const WRAPPER: &'static str = $name;
            const NAMESPACE: &'static str = $namespace;
        }

        impl crate::common::Request for $request {
            type Answer = $answer;
        }

        impl crate::common::Message for $answer {
            const WRAPPER: &'static str = $answer_name;
            const NAMESPACE: &'static str = $namespace;
        }

        impl crate::common::Answer for $answer {
            type Success = $success;

            fn into_result(self) -> Option<Result<$success, crate::common::ReceivedError>> {
                match (self.$result, self.error) {
                    (Some(result), None) => Some(Ok(result)),
                    (None, Some(error)) => Some(Err(error.into())),
                    _ => None,
                }
            }
        }

        impl From<Result<$success, crate::common::Refusal>> for $answer {
            fn from(outcome: Result<$success, crate::common::Refusal>) -> Self {
                match outcome {
                    Ok(result) => Self { $result: Some(result), error: None },
                    Err(refusal) => Self { $result: None, error: Some(refusal.into()) },
                }
            }
        }
    )*};
}
pub(crate) use messages;
