//! Letters that an operator sends from the command line: the order of the REST interface as it came, and files beside it.
//!
//! It goes the way of every other order, with the same rules, limits, commit and record; the record also names the person.
//! Who may use the operator's door has been settled before.

use arc_swap::ArcSwap;
use bytes::Bytes;
use serde_json::{Value, json};
use silta_client::common::{ErrorCode, Problem, Refusal};
use silta_client::messages::{Attachment, SendMessage};

use super::conclude::{Encoded, Ready};
use super::evidence::{Known, sha512};
use super::order::{Errand, Order};
use super::spool::{SpooledFile, digests};
use super::{Arrival, Door, Tenant, ask, rest};
use crate::model::evidence::PartDigest;
use crate::model::letter::MediaType;
use crate::operations::messages::{Answer, Judged};
use crate::operations::registry::{self, Family, Shape};

/// Whose the letters are: of an own system of this name, which need not be there.
const CLIENT: &str = "own/operator";
/// Bytes that go to the spool at a time.
const PIECE: usize = 64 * 1024;

/// What an operator wants to be sent.
pub struct OperatorOrder {
    /// The name of the system's user, fit for the log.
    pub person: String,
    /// The JSON of `POST messages`.
    pub order: String,
    /// Contents of the attachments that name them as their `part`. One that none names is an attachment of its own name,
    /// after the others.
    pub files: Vec<OperatorFile>,
    /// Only say what would become of it.
    pub check: bool,
}

/// A file on its way to an order.
pub struct OperatorFile {
    pub name: String,
    pub content: Bytes,
}

/// What the REST interface would answer.
pub struct OperatorAnswer {
    pub content: Value,
    /// The error code; none for success.
    pub code: Option<&'static str>,
    /// The order was accepted before: nothing is sent again.
    pub repeated: bool,
}

impl Door {
    /// Accepts the order of an operator, or says why not. Never fails and never panics, like every exchange.
    pub async fn order_of_operator(&self, tenant: &str, given: OperatorOrder) -> OperatorAnswer {
        let refusal = |code, text: &str| OperatorAnswer::refused(&Refusal::new(code, text), "");
        let Ok(exchange_id) = self.world.id() else {
            return refusal(ErrorCode::Internal, "no identifier could be made");
        };
        let Some(tenant) = self.tenants.get(tenant).map(ArcSwap::load_full) else {
            return refusal(ErrorCode::UnknownOperation, "there is no such tenant");
        };
        let arrival = Arrival { exchange_id, at: self.world.now(), elapsed: self.world.elapsed(), pin: None };
        if given.check {
            let judged = self.guarded(&arrival, async {
                let (order, _) = self.read_operators(given)?;
                self.judge_order(&tenant, &order).await
            });
            return match Box::pin(judged).await {
                Ok(judged) => OperatorAnswer::judged(&judged),
                Err(refusal) => OperatorAnswer::refused(&refusal, &exchange_id.to_string()),
            };
        }
        self.accept_operators(&tenant, &arrival, given).await
    }

    async fn accept_operators(&self, tenant: &Tenant, arrival: &Arrival, given: OperatorOrder) -> OperatorAnswer {
        let mut known = Known {
            client: Some(CLIENT.to_owned()),
            actor: Some(format!("operator/{}", given.person)),
            protocol: "operator 1",
            operation: registry::by_shape(Family::Messages, Shape::Send),
            request_digest: Some(sha512(given.order.as_bytes())),
            ..Known::default()
        };
        let mut repeated = false;
        let run = async {
            let (order, parts) = self.read_operators(given)?;
            known.request_parts = parts;
            let errand = Errand::Order(Box::new(order));
            let (answer, commit) = self.answer_errand(tenant, &errand).await?;
            let (status, content) = ask::to_json(&answer)?;
            repeated = commit.statements.is_empty();
            Ok(Ready { encoded: Encoded::new(status, content, None), commit, errand: Some(errand) })
        };
        let ready = match Box::pin(self.guarded(arrival, run)).await {
            Ok(ready) => ready,
            Err(refusal) => Ready::of(rest::refused(&refusal, arrival.exchange_id)),
        };
        let again = |outcome: Result<Answer, Refusal>| match outcome.and_then(|answer| ask::to_json(&answer)) {
            Ok((status, content)) => Encoded::new(status, content, None),
            Err(refusal) => rest::refused(&refusal, arrival.exchange_id),
        };
        let Encoded { content, code, .. } = self.conclude(tenant, arrival, &known, ready, again).await;
        let content = serde_json::from_slice(&content).unwrap_or_default();
        OperatorAnswer { content, code, repeated: repeated && code.is_none() }
    }

    /// The order with its files, and their digests.
    fn read_operators(&self, given: OperatorOrder) -> Result<(Order, Vec<PartDigest>), Refusal> {
        let OperatorOrder { order, files, .. } = given;
        if order.len() > self.limits.rest_body {
            self.metrics.limit_hit("rest_body");
            let text = format!("the order has more than {} bytes without its files", self.limits.rest_body);
            return Err(Refusal::new(ErrorCode::TooLarge, text));
        }
        let mut message: SendMessage = self.message(order.as_bytes())?;
        for OperatorFile { name, .. } in &files {
            if !message.attachments.iter().any(|attachment| attachment.part.as_deref() == Some(name)) {
                let media_type = MediaType::of_name(name).map(|it| it.name().to_owned()).unwrap_or_default();
                let part = Some(name.clone());
                message.attachments.push(Attachment { name: name.clone(), media_type, part, ..Attachment::default() });
            }
        }
        let files = self.spooled(files)?;
        let parts = digests(&files);
        Ok((Order::of_rest(CLIENT, message, files).map_err(in_words_of_the_command)?, parts))
    }

    /// On disk the files are out of the way until it is their order's turn.
    fn spooled(&self, files: Vec<OperatorFile>) -> Result<Vec<SpooledFile>, Refusal> {
        let mut spool = self.spooling.keeping();
        for OperatorFile { name, content } in files {
            if spool.has(&name) {
                return Err(Refusal::new(ErrorCode::InvalidField, "two files have the same name").at("attachments"));
            }
            spool.begin(Some(name));
            content.chunks(PIECE).try_for_each(|piece| spool.put(piece))?;
            spool.end();
        }
        Ok(spool.into_files())
    }
}

impl OperatorAnswer {
    fn refused(refusal: &Refusal, exchange_id: &str) -> OperatorAnswer {
        let content = json!(Problem::new(refusal, exchange_id));
        OperatorAnswer { content, code: Some(refusal.code.word()), repeated: false }
    }

    fn judged(judged: &Judged) -> OperatorAnswer {
        let Judged { order_id, letters, repeated, warnings } = judged;
        let content = json!({"orderId": order_id, "letters": letters, "warnings": warnings});
        OperatorAnswer { content, code: None, repeated: *repeated }
    }
}

/// Here files are no parts of a form.
fn in_words_of_the_command(mut refusal: Refusal) -> Refusal {
    let member = refusal.field.as_deref().and_then(|field| field.rsplit_once('.')).map(|(_, member)| member);
    if member == Some("part") {
        "is no file that was given with --attachment".clone_into(&mut refusal.message);
    } else if refusal.code == ErrorCode::TooLarge && member == Some("content") {
        "has more than 256 KiB; give the file with --attachment".clone_into(&mut refusal.message);
    }
    refusal
}
