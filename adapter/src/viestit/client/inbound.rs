//! What end users have sent (viestit.md §1.11), as Viestit gives it.

use super::{Client, encoded};
use crate::viestit::client::Failure;
use crate::viestit::wire::UserMessage;

impl Client {
    /// A message from an end user; none when Viestit does not have it, or no longer.
    pub(in crate::viestit) async fn user_message(&self, id: i64) -> Result<Option<UserMessage>, Failure> {
        let url = self.url(&format!("/v2/messages/{id}"));
        let answer = self.call(|| Ok(self.http.get(&url))).await?;
        match answer.status {
            200 => answer.json().map(Some),
            404 if answer.is_json => Ok(None),
            _ => Err(answer.failure()),
        }
    }

    /// The bytes of a file; none when Viestit does not have it, or no longer.
    pub(in crate::viestit) async fn download(&self, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let url = self.url(&format!("/v1/attachments/{}", encoded(id)));
        let answer = self.call(|| Ok(self.http.get(&url))).await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 if answer.is_json => Ok(None),
            _ => Err(answer.failure()),
        }
    }
}
