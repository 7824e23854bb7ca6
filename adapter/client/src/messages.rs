//! Contract types of the family `messages`, v1: `wsdl/messages/v1/`. JSON and XML have the same names and nesting;
//! members stand in the order of the schema. Lengths and patterns are checked where an order is accepted, not here.

mod mailboxes;
mod operations;
mod order;
mod receipt;
mod replies;
mod state;
mod words;

use crate::common::messages;

pub use mailboxes::*;
pub use operations::*;
pub use order::*;
pub use receipt::*;
pub use replies::*;
pub use state::*;
pub use words::*;

/// Namespace of every element of the family.
pub const NAMESPACE: &str = "urn:silta:messages:v1";

messages! {
    NAMESPACE;
    SendMessage = "sendMessage" => SendMessageResponse = "sendMessageResponse" { order: AcceptedOrder },
    GetMessageStatus = "getMessageStatus" => GetMessageStatusResponse = "getMessageStatusResponse" { status: MessageStatus },
    ListMessageEvents = "listMessageEvents" => ListMessageEventsResponse = "listMessageEventsResponse" { page: MessageEventPage },
    GetReceipt = "getReceipt" => GetReceiptResponse = "getReceiptResponse" { receipt: Receipt },
    CancelMessage = "cancelMessage" => CancelMessageResponse = "cancelMessageResponse" { cancellation: Cancellation },
    GetBulletinStatus = "getBulletinStatus" => GetBulletinStatusResponse = "getBulletinStatusResponse" { bulletin: BulletinStatus },
    CancelBulletin = "cancelBulletin" => CancelBulletinResponse = "cancelBulletinResponse" { cancellation: BulletinCancellation },
    UploadFile = "uploadFile" => UploadFileResponse = "uploadFileResponse" { file: UploadedFile },
    CheckMailboxes = "checkMailboxes" => CheckMailboxesResponse = "checkMailboxesResponse" { check: MailboxCheck },
    ListReplies = "listReplies" => ListRepliesResponse = "listRepliesResponse" { page: ReplyPage },
    GetReply = "getReply" => GetReplyResponse = "getReplyResponse" { reply: Reply },
    AcknowledgeReply = "acknowledgeReply" => AcknowledgeReplyResponse = "acknowledgeReplyResponse" { acknowledgement: Acknowledgement },
}
crate::common::error_from!(Error, findings);
