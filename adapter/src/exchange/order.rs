//! A letter order as either protocol brings it: the message and its files, ready to be accepted, twice if need be; and
//! with it whatever else may change something of letters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages::{Attachment, SendMessage};
use xroad::xml::Binary;

use super::spool::{SpooledFile, not_kept};
use super::{Door, Tenant};
use crate::model::letter::MAX_ATTACHMENTS;
use crate::operations::messages::{Answer, Ask, Judged, SendRequest, Upload};
use crate::store::Commit;

/// Inline base64 of an attachment in JSON, decoded.
const INLINE_BYTES: usize = 256 * 1024;

/// What a client asks of letters. It can be asked again: a commit that conflicts met another exchange about the same.
pub(super) enum Errand {
    Order(Box<Order>),
    /// The one attachment of it is kept for orders to come.
    Upload(Box<Order>),
    Ask {
        client: String,
        ask: Ask,
    },
}

impl Errand {
    pub(super) fn is_order(&self) -> bool {
        matches!(self, Errand::Order(_))
    }
}

pub(super) struct Order {
    client: String,
    message: SendMessage,
    /// Where the content of each attachment lies.
    sources: Vec<Source>,
    files: Vec<SpooledFile>,
}

enum Source {
    Inline(Bytes),
    /// Its place among the files.
    File(usize),
    /// A file that was sent before.
    Upload(String),
}

impl Order {
    /// A file alone, as the one attachment of no order.
    pub(super) fn of_file(content: Option<String>, part: Option<String>) -> SendMessage {
        let file = Attachment { content, part, ..Attachment::default() };
        SendMessage { attachments: vec![file], ..SendMessage::default() }
    }

    /// From SOAP: `contents` are those of the message's attachments, in order. A part that nothing refers to is ignored.
    pub(super) fn of_soap(
        client: &str,
        message: SendMessage,
        contents: Vec<Binary>,
        files: Vec<SpooledFile>,
    ) -> Result<Order, Refusal> {
        few_enough(&message)?;
        let uploads = message.attachments.iter().map(|attachment| attachment.upload.clone());
        let given = contents.into_iter().zip(uploads.collect::<Vec<_>>()).enumerate();
        let sources = given.map(|(index, (content, upload))| match content {
            _ if upload.is_some() => Ok(Source::Upload(upload.unwrap_or_default())),
            Binary::Inline(bytes) => Ok(Source::Inline(Bytes::from(bytes))),
            Binary::Attached(id) => named(&files, &id).ok_or_else(|| {
                Refusal::new(ErrorCode::Malformed, "no part of the message has the Content-ID that it refers to")
                    .at(format!("attachments[{index}].content"))
            }),
        });
        let sources = sources.collect::<Result<_, _>>()?;
        Ok(Order { client: client.to_owned(), message, sources, files })
    }

    /// From REST: each attachment has its content as base64, or names the part of the form that holds it.
    pub(super) fn of_rest(client: &str, mut message: SendMessage, files: Vec<SpooledFile>) -> Result<Order, Refusal> {
        few_enough(&message)?;
        let sources = message.attachments.iter_mut().enumerate().map(|(index, attachment)| {
            source(attachment, &files)
                .map_err(|(member, code, text)| Refusal::new(code, text).at(format!("attachments[{index}].{member}")))
        });
        let sources = sources.collect::<Result<_, _>>()?;
        Ok(Order { client: client.to_owned(), message, sources, files })
    }

    fn has_large_files(&self) -> bool {
        self.files.iter().any(SpooledFile::is_large)
    }

    /// Each file is read once, however many attachments name it.
    async fn uploads(&self) -> std::io::Result<Vec<Upload>> {
        let mut loaded: Vec<Option<Bytes>> = vec![None; self.files.len()];
        let mut uploads = Vec::with_capacity(self.sources.len());
        for (attachment, source) in self.message.attachments.iter().zip(&self.sources) {
            let content = match source {
                Source::Inline(bytes) => bytes.clone(),
                Source::Upload(_) => Bytes::new(),
                Source::File(index) => match (loaded.get_mut(*index), self.files.get(*index)) {
                    (Some(Some(bytes)), _) => bytes.clone(),
                    (Some(slot), Some(file)) => slot.insert(file.load().await?).clone(),
                    _ => return Err(std::io::ErrorKind::NotFound.into()),
                },
            };
            let (name, media_type) = (attachment.name.clone(), attachment.media_type.clone());
            let upload = match source {
                Source::Upload(id) => Some(id.clone()),
                _ => None,
            };
            uploads.push(Upload { name, media_type, content, upload });
        }
        Ok(uploads)
    }
}

fn few_enough(message: &SendMessage) -> Result<(), Refusal> {
    if message.attachments.len() <= MAX_ATTACHMENTS {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::TooMany, format!("at most {MAX_ATTACHMENTS}")).at("attachments"))
}

fn named(files: &[SpooledFile], name: &str) -> Option<Source> {
    files.iter().position(|file| file.name.as_deref() == Some(name)).map(Source::File)
}

/// Exactly one of `content`, `part` and `upload`. The error names the member.
fn source(
    attachment: &mut Attachment,
    files: &[SpooledFile],
) -> Result<Source, (&'static str, ErrorCode, &'static str)> {
    match (attachment.content.take(), &attachment.part, &attachment.upload) {
        (Some(text), None, None) => {
            let bytes = STANDARD.decode(text).map_err(|_| ("content", ErrorCode::InvalidField, "is not base64"))?;
            if bytes.len() > INLINE_BYTES {
                return Err(("content", ErrorCode::TooLarge, "has more than 256 KiB; send it as a part of a form"));
            }
            Ok(Source::Inline(Bytes::from(bytes)))
        }
        (None, Some(name), None) => {
            named(files, name).ok_or(("part", ErrorCode::InvalidField, "the form has no part of this name"))
        }
        (None, None, Some(id)) => Ok(Source::Upload(id.clone())),
        _ => Err(("content", ErrorCode::InvalidField, "give exactly one of content, part and upload")),
    }
}

impl Door {
    /// What would be said of an order. Nothing of it is kept, and nothing stands in the log.
    pub(super) async fn judge_order(&self, tenant: &Tenant, order: &Order) -> Result<Judged, Refusal> {
        let _turn = if order.has_large_files() { self.large_orders.acquire().await.ok() } else { None };
        let uploads = order.uploads().await.map_err(|error| not_kept(&error))?;
        let request = SendRequest { order: order.message.clone(), uploads };
        self.letters.judge(&tenant.code, &order.client, request).await
    }

    /// Answers an errand. What the answer says holds once the commit is made.
    pub(super) async fn answer_errand(&self, tenant: &Tenant, errand: &Errand) -> Result<(Answer, Commit), Refusal> {
        let accepted = match errand {
            Errand::Order(order) => {
                let _turn = if order.has_large_files() { self.large_orders.acquire().await.ok() } else { None };
                let uploads = order.uploads().await.map_err(|error| not_kept(&error))?;
                let request = SendRequest { order: order.message.clone(), uploads };
                self.letters.accept(&tenant.code, &order.client, request).await?
            }
            Errand::Upload(file) => {
                let _turn = if file.has_large_files() { self.large_orders.acquire().await.ok() } else { None };
                let mut uploads = file.uploads().await.map_err(|error| not_kept(&error))?;
                let content = uploads.pop().map(|upload| upload.content).unwrap_or_default();
                self.letters.upload(&tenant.code, &file.client, content).await?
            }
            Errand::Ask { client, ask } => self.letters.ask(&tenant.code, client, ask).await?,
        };
        let mut commit = Commit::new().with(accepted.statements);
        commit.evidence = accepted.evidence;
        Ok((accepted.answer, commit))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use silta_client::common::ErrorCode;
    use silta_client::messages::{Attachment, SendMessage};
    use xroad::xml::Binary;

    use super::Order;
    use crate::exchange::spool::{SpooledFile, Spooling};
    use crate::telemetry::Metrics;

    fn files(names: &[&str]) -> Vec<SpooledFile> {
        let mut spool = Spooling::new(std::env::temp_dir(), 1_000, 1_000, Metrics::new()).keeping();
        for name in names {
            spool.begin(Some((*name).to_owned()));
            spool.put(name.as_bytes()).expect("kept");
        }
        spool.into_files()
    }

    fn message(attachments: &[(Option<&str>, Option<&str>)]) -> SendMessage {
        let attachments = attachments.iter().map(|(content, part)| Attachment {
            name: "a.pdf".into(),
            media_type: "application/pdf".into(),
            content: content.map(str::to_owned),
            part: part.map(str::to_owned),
            upload: None,
        });
        SendMessage { attachments: attachments.collect(), ..SendMessage::default() }
    }

    #[tokio::test]
    async fn each_attachment_has_exactly_one_content() {
        let order = Order::of_rest(
            "FI/GOV/1/a",
            message(&[(Some("eA=="), None), (None, Some("two")), (None, Some("two"))]),
            files(&["one", "two"]),
        );
        let uploads = order.expect("an order").uploads().await.expect("read");
        let contents: Vec<&[u8]> = uploads.iter().map(|upload| &*upload.content).collect();
        assert_eq!(contents, [&b"x"[..], b"two", b"two"]);
        for (attachment, code, field) in [
            ((None, None), ErrorCode::InvalidField, "attachments[0].content"),
            ((Some("eA=="), Some("one")), ErrorCode::InvalidField, "attachments[0].content"),
            ((Some("?"), None), ErrorCode::InvalidField, "attachments[0].content"),
            ((None, Some("three")), ErrorCode::InvalidField, "attachments[0].part"),
        ] {
            let refusal = Order::of_rest("c", message(&[attachment]), files(&["one"])).err().expect("refused");
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{attachment:?}");
        }
        let many = Order::of_rest("c", message(&[(Some("eA=="), None); 51]), Vec::new()).err().expect("refused");
        assert_eq!((many.code, many.field.as_deref()), (ErrorCode::TooMany, Some("attachments")));
    }

    #[tokio::test]
    async fn xroad_at_11_a_reference_without_its_part_is_refused() {
        let contents = || vec![Binary::Inline(b"x".to_vec()), Binary::Attached("b".into())];
        let both = || message(&[(None, None), (None, None)]);
        let order = Order::of_soap("c", both(), contents(), files(&["a", "b"])).expect("an order");
        let uploads = order.uploads().await.expect("read");
        assert_eq!(
            uploads.iter().map(|upload| upload.content.clone()).collect::<Vec<_>>(),
            [Bytes::from_static(b"x"), Bytes::from_static(b"b"),]
        );
        let refusal = Order::of_soap("c", both(), contents(), files(&["a"])).err().expect("refused");
        assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::Malformed, Some("attachments[1].content")));
    }
}
