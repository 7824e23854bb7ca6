//! What the service demands of a request body (fact sheet §1.2, §1.4, §1.6-1.8). Pure: no state, no time, no HTTP.

mod check;
mod countries;
mod first;
mod parts;
mod password;

use serde_json::{Map, Value};

use super::config::Switches;
use super::message::SendCall;
use check::{Check, Object};

pub(super) use check::Problem;
pub use parts::{
    Address, BodyFormat, CustomNotification, ElectronicPart, LocalText, Notifications, PaperPart, PrintAccount,
    ReplyAllowedBy, SenderDetails, ServiceType, UnreadReminder, Visibility,
};
pub(super) use password::is_strong;

/// A sending call whose body obeys the schema.
pub(super) struct Order {
    pub(super) call: SendCall,
    pub(super) external_id: String,
    pub(super) service_id: String,
    pub(super) recipient_id: Option<String>,
    pub(super) electronic: Option<ElectronicPart>,
    pub(super) paper: Option<PaperPart>,
}

/// Reads the body of a sending call. Members that the schema does not know are ignored.
pub(super) fn order(call: SendCall, body: &Map<String, Value>, switches: &Switches) -> Result<Order, Vec<Problem>> {
    let mut check = Check::new(switches);
    let root = Object::root(body);
    let external_id = check.text(&root, "externalId", 1, 256);
    let sender = check.object(&root, "sender");
    let service_id = sender.and_then(|sender| check.text(&sender, "serviceId", 1, 64));
    let recipient_id = match call {
        SendCall::PaperWithoutId | SendCall::FirstPaperWithoutId => Some(None),
        _ => {
            let recipient = check.object(&root, "recipient");
            recipient.and_then(|recipient| check.text(&recipient, "id", 9, 11)).map(Some)
        }
    };
    let electronic = match call {
        SendCall::PaperWithoutId | SendCall::FirstPaperWithoutId => Some(None),
        SendCall::Electronic | SendCall::Multichannel => parts::electronic(&mut check, &root).map(Some),
        SendCall::FirstElectronic => first::electronic(&mut check, &root, false).map(Some),
        SendCall::FirstMultichannel => first::electronic(&mut check, &root, true).map(Some),
    };
    let paper = match call {
        SendCall::Electronic | SendCall::FirstElectronic => Some(None),
        SendCall::FirstPaperWithoutId => first::paper(&mut check, &root).map(Some),
        SendCall::FirstMultichannel => {
            let part = check.object(&root, "paperMail");
            part.and_then(|part| first::paper(&mut check, &part)).map(Some)
        }
        SendCall::Multichannel | SendCall::PaperWithoutId => parts::paper(&mut check, &root).map(Some),
    };
    let order = (|| {
        Some(Order {
            call,
            external_id: external_id?,
            service_id: service_id?,
            recipient_id: recipient_id?,
            electronic: electronic?,
            paper: paper?,
        })
    })();
    check.finish(order)
}

/// Reads the ids of a mailbox check: 1 to 10,000 of 9 to 11 units each.
pub(super) fn end_users(body: &Map<String, Value>, switches: &Switches) -> Result<Vec<String>, Vec<Problem>> {
    let mut check = Check::new(switches);
    let root = Object::root(body);
    let ids = check.list(&root, "endUsers", (1, 10_000), |check, user| check.text(user, "id", 9, 11));
    check.finish(ids)
}

/// Reads the metadata of an upload of version 1: whom the file is for.
pub(super) fn recipient_of_upload(body: &Map<String, Value>, switches: &Switches) -> Result<String, Vec<Problem>> {
    let mut check = Check::new(switches);
    let recipient = check.text(&Object::root(body), "recipientId", 9, 11);
    check.finish(recipient)
}

/// Reads required texts by name; for log-in and password change, where no length is given.
pub(super) fn texts<const N: usize>(
    body: &Map<String, Value>,
    names: [&str; N],
    switches: &Switches,
) -> Result<[String; N], Vec<Problem>> {
    // These bodies hold passwords and tokens: never repeated in an error, whatever the switch says.
    let mut check = Check::new(&Switches { echo_input: false, ..switches.clone() });
    let root = Object::root(body);
    let texts: Vec<_> = names.iter().map(|name| check.text(&root, name, 1, usize::MAX)).collect();
    let texts: Option<Vec<String>> = texts.into_iter().collect();
    check.finish(texts.and_then(|texts| texts.try_into().ok()))
}
