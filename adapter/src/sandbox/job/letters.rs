//! Step e: letters, one order by SOAP with the file as an MTOM part and one by REST as a form, until they lie in the
//! recipients' mailboxes; then their state by both protocols.

use std::time::Instant;

use bytes::Bytes;
use conformance::viestit::StoredMessage;
use serde_json::Value;
use silta_client::messages::{AcceptedOrder, GetMessageStatus, Recipient, SendMessage};

use super::mirror::ASK_EVERY;
use super::read::encoded;
use super::{Job, many};
use crate::operations::registry::Family;
use crate::sandbox::caller::File;
use crate::sandbox::compare::difference;
use crate::sandbox::{SandboxError, samples};

const FILE: File =
    File { name: "paatos.pdf", media_type: "application/pdf", content: Bytes::from_static(samples::DECISION) };
/// Answers by the two protocols are compared again when a letter moved on between them.
const TRIES: usize = 5;

impl Job<'_> {
    pub(super) async fn letters(&mut self) -> Result<(), SandboxError> {
        self.account.heading("e  The agency sends letters through Suomi.fi Viestit: sendMessage with a PDF");
        let [first, second, ..] = samples::PERSONS;
        let by_soap = self.caller.send_soap(order("sandbox-soap-1", first), &FILE).await?;
        self.account.say(format_args!("By SOAP with an MTOM part: accepted as {}.", by_soap.id));
        let by_rest = self.caller.send_rest(order("sandbox-rest-1", second), &FILE).await?;
        self.account.say(format_args!("By REST with a multipart form: accepted as {}.", by_rest.id));
        let letters = &mut self.report.letters;
        letters.accepted = by_soap.sends.len() + by_rest.sends.len();
        letters.first_id = Some(by_soap.id.clone());

        for (sent, person) in [(&by_soap, first), (&by_rest, second)] {
            let delivered = self.delivered(sent, person).await?;
            self.report.letters.delivered += delivered;
        }
        self.account.say(format_args!(
            "Delivered: {}, each in its recipient's mailbox with the PDF, byte for byte. getMessageStatus says so by \
             both protocols.",
            many(self.report.letters.delivered, "letter")
        ));
        Ok(())
    }

    /// Waits until the simulator holds every letter of the order and the order's status says so; gives their number.
    /// Viestit may be down meanwhile: the account says so, the worker repeats.
    async fn delivered(&self, sent: &AcceptedOrder, person: &str) -> Result<usize, SandboxError> {
        let begun = Instant::now();
        let mut said = None;
        loop {
            let status = self.status(&sent.id).await?;
            let sends: Vec<&Value> = status.get("sends").and_then(Value::as_array).into_iter().flatten().collect();
            let text = |send: &Value, member: &str| send.get(member).and_then(Value::as_str).map(str::to_owned);
            let all = |states: &[&str]| {
                sends.iter().all(|send| text(send, "state").is_some_and(|state| states.contains(&state.as_str())))
            };
            let reason = sends.iter().find_map(|send| text(send, "reason"));
            if !sends.is_empty() && all(&["delivered", "read", "confirmed"]) {
                let messages = self.stage.viestit.control.messages();
                for send in &sends {
                    let id = text(send, "messageId").and_then(|id| id.parse::<i64>().ok());
                    check(messages.iter().find(|message| Some(message.message_id) == id), person)?;
                }
                return Ok(sends.len());
            }
            if sends.iter().any(|send| text(send, "state").is_some_and(|state| state == "failed" || state == "parked"))
            {
                let reason = reason.as_deref().unwrap_or("no reason given");
                return Err(SandboxError::Failed(format!("the letter of order {} did not go: {reason}", sent.id)));
            }
            if reason != said {
                if let Some(reason) = &reason {
                    self.account.say(format_args!(
                        "Viestit takes no letter just now ({reason}). It is tried again; the letter waits in the store."
                    ));
                }
                said.clone_from(&reason);
            }
            if begun.elapsed() > self.patience {
                return Err(SandboxError::Failed(format!(
                    "Viestit: the letter of order {} was not delivered within {} s. It is kept in the store and goes out \
                     when Viestit answers. Last error: {}",
                    sent.id,
                    self.patience.as_secs(),
                    reason.as_deref().unwrap_or("none")
                )));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// The order's state by SOAP and by REST, which must be the same.
    async fn status(&self, id: &str) -> Result<Value, SandboxError> {
        let path = format!("messages/{}", encoded(id));
        let mut place = String::new();
        for _ in 0..TRIES {
            let soap = self.caller.soap(&GetMessageStatus { id: id.to_owned() }).await?;
            let rest = self.caller.rest(Family::Messages.word(), &path).await?;
            match difference(&soap, &rest) {
                None => return Ok(soap),
                Some(differs) => place = differs,
            }
        }
        Err(SandboxError::Failed(format!("getMessageStatus: the answers by SOAP and by REST differ at {place}")))
    }
}

/// Is it the letter that was sent?
fn check(message: Option<&StoredMessage>, person: &str) -> Result<(), SandboxError> {
    let wrong = |what: &str| Err(SandboxError::Failed(format!("Viestit {what}")));
    let Some(message) = message else {
        return wrong("does not hold a letter that is said to be delivered");
    };
    if message.recipient_id.as_deref() != Some(person) {
        return wrong("holds a letter for somebody else");
    }
    match message.files.as_slice() {
        [file] if file.content.as_ref() == samples::DECISION => Ok(()),
        _ => wrong("holds another file than the one that was sent"),
    }
}

pub(in crate::sandbox) fn order(id: &str, person: &str) -> SendMessage {
    SendMessage {
        order_id: id.to_owned(),
        recipients: vec![Recipient { id: Some(person.to_owned()), address: None }],
        title: "Päätös hakemukseesi – Beslut om din ansökan".to_owned(),
        body: "Hakemukseesi on tehty päätös. Päätös on liitteenä.\n\n\
               Ett beslut har fattats om din ansökan. Beslutet finns som bilaga."
            .to_owned(),
        ..SendMessage::default()
    }
}
