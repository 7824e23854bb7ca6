//! Orders: a letter and its recipients to Sends, durable in the commit of whoever asked.
//!
//! Nothing is committed and nothing is sent here. The caller adds what it gets to its own commit, so that an accepted
//! order, its evidence and the exchange that brought it become true at once or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::sealed::{self, Letter, Particulars, column};
use super::{MAX_BULLETIN_ORDERS, Settings, UploadLimits, printable};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::letter::{Address, Addressee, ExternalId, LetterOrder, OrderDraft, Recipient, SendState};
use crate::model::{Finding, Level};
use crate::store::letters::{self, Attachment, Order};
use crate::store::sends::{self, Send};
use crate::store::{CommitmentKey, Statement, Store, StoreError, TenantKeys};
use crate::world::{World, WorldError};

/// The letter orders of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Orders {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    world: World,
    accounts: BTreeMap<Arc<str>, Arc<Settings>>,
    upload_limits: UploadLimits,
    /// PDFs are looked into one at a time: what one takes of memory is bounded, and so is what all take.
    printing: Semaphore,
}

/// An order that will be sent once `statements` and `evidence` are committed, and what to answer then.
#[derive(Debug)]
pub struct Accepted {
    /// Our id of the order.
    pub id: String,
    pub accepted_at: Timestamp,
    /// One for each recipient, in order.
    pub sends: Vec<AcceptedSend>,
    /// The order was accepted before: there is nothing to commit, and the answer is the one that was given then.
    pub repeated: bool,
    /// To be committed together with `evidence`. A commit that fails with a conflict met another exchange with the same
    /// order id: ask `accept` again.
    pub statements: Vec<Statement>,
    /// One record for each Send, with client, subject and commitments. The door adds what it knows of the exchange.
    pub evidence: Vec<EvidenceDraft>,
}

/// The answer about one recipient. Its state is always [`SendState::Accepted`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedSend {
    pub id: String,
    /// The recipient's place in the order, 1 for the first.
    pub recipient_number: u32,
    pub state: SendState,
}

/// An order that may be accepted, as it would be kept.
struct Considered<'a> {
    settings: &'a Settings,
    /// What it says, in its one form.
    content: Vec<u8>,
    keys: Arc<TenantKeys>,
    recipients: Vec<Party<'a>>,
    /// Of content and recipients, under the tenant's key.
    content_digest: Vec<u8>,
    /// The order that was accepted before under the same id, with the same content.
    known: Option<Order>,
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Ours: the tenant sends no letters.
    #[error("tenant {0:?} has no Viestit account")]
    NoAccount(String),
    /// The caller's; repeating does not help.
    #[error("the order breaks {} rule(s)", .0.len())]
    Findings(Vec<Finding>),
    /// The caller's: a new content needs an order id of its own.
    #[error("the order id was used before with another content")]
    OrderConflict,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    World(#[from] WorldError),
}

impl Orders {
    pub fn new(store: Store, world: World, accounts: impl IntoIterator<Item = Arc<Settings>>) -> Orders {
        Orders::with_limits(store, world, accounts, UploadLimits::default())
    }

    pub fn with_limits(
        store: Store,
        world: World,
        accounts: impl IntoIterator<Item = Arc<Settings>>,
        upload_limits: UploadLimits,
    ) -> Orders {
        let accounts = accounts.into_iter().map(|settings| (Arc::clone(&settings.tenant), settings)).collect();
        Orders { inner: Arc::new(Inner { store, world, accounts, upload_limits, printing: Semaphore::new(1) }) }
    }

    /// All that is wrong with a draft by the tenant's rules, files included; or the order.
    pub async fn judge(&self, tenant: &str, draft: OrderDraft) -> Result<LetterOrder, AcceptError> {
        let settings = self.inner.accounts.get(tenant).ok_or_else(|| AcceptError::NoAccount(tenant.to_owned()))?;
        let mut order = LetterOrder::parse_by(draft, &settings.rules()).map_err(AcceptError::Findings)?;
        let (Some(file), Some(paper), Some(print)) = (order.printed(), &order.paper, &settings.print) else {
            return Ok(order);
        };
        let (content, path) = (file.content.clone(), format!("attachments[{}]", paper.attachment));
        let zone = print.address_zone;
        let zip_code = match order.recipients.as_slice() {
            [Addressee { address: Some(address), .. }] if !paper.create_address_page => Some(address.zip_code.clone()),
            _ => None,
        };
        let _turn = self.inner.printing.acquire().await.ok();
        let looking = tokio::task::spawn_blocking(move || {
            let window = zip_code.as_deref().map(|zip_code| printable::Window { zone, zip_code });
            printable::findings(&content, window.as_ref(), &path)
        });
        // A file that breaks its reader is not printable either.
        let found = looking.await.unwrap_or_else(|_| {
            tracing::error!(tenant, "looking into a PDF panicked");
            vec![printable::unreadable(&format!("attachments[{}]", paper.attachment))]
        });
        let (errors, warnings): (Vec<Finding>, Vec<Finding>) =
            found.into_iter().partition(|finding| finding.level == Level::Error);
        if !errors.is_empty() {
            return Err(AcceptError::Findings(errors));
        }
        order.warnings.extend(warnings);
        Ok(order)
    }

    /// Makes an order ready to be committed. `client` is who asks: the X-Road client as text, or `own/{system}`.
    ///
    /// The same (tenant, client, order id) with the same content gets the same answer; with another content it is refused.
    /// Bodies and attachments are sealed and, when large, on disk when this returns.
    pub async fn accept(&self, tenant: &str, client: &str, order: &LetterOrder) -> Result<Accepted, AcceptError> {
        let Inner { store, world, .. } = &*self.inner;
        let Considered { settings, content, keys, recipients, content_digest, known } =
            self.consider(tenant, client, order).await?;
        if let Some(known) = known {
            return self.again(tenant, known).await;
        }

        let now = world.now();
        let id = world.id()?;
        let order_key = id.to_string();
        let body = store.keep_body(tenant, &content, &sealed::order_context(&order_key)).await?;
        let mut statements = body.statements;
        statements.push(letters::add(
            tenant,
            &Order {
                id: order_key.clone(),
                client: client.to_owned(),
                order_id: order.order_id.as_str().to_owned(),
                content_digest,
                body: body.body,
                accepted_at: now.as_microsecond(),
                bulletin_id: order.bulletin_id.as_ref().map(|id| id.as_str().to_owned()),
                cost_pool: cost_pool(order, settings),
            },
        ));
        statements.extend(self.attachments(tenant, &order_key, order).await?);

        let mut accepted = Accepted {
            id: order_key,
            accepted_at: now,
            sends: Vec::with_capacity(recipients.len()),
            repeated: false,
            statements,
            evidence: Vec::with_capacity(recipients.len()),
        };
        let due_at = order.not_before.unwrap_or(now).max(now).as_microsecond();
        let mut sends = Vec::with_capacity(recipients.len());
        for (index, to) in order.recipients.iter().enumerate() {
            let recipient = to.id.as_ref().map(Recipient::expose);
            let committed = sealed::recipient_committed(recipient, to.address.as_ref())?;
            let send_id = world.id()?.to_string();
            let key = CommitmentKey::new(world)?;
            let send = Send {
                order_id: accepted.id.clone(),
                recipient_number: i64::try_from(index).unwrap_or(i64::MAX),
                external_id: external_id(settings, id, index),
                state: column(SendState::Accepted).to_owned(),
                message_id: None,
                channel: None,
                reason: None,
                attempts: 0,
                due_at,
                sealed: Particulars::new(to).seal(&keys, world, &send_id)?,
                commitment_key: Some(keys.seal(world, key.expose(), &sealed::commitment_context(&send_id))?),
                // Of paper without id nobody knows whom it is to.
                recipient_key: recipient.map(|id| recipient_key(&keys, id)),
                changed_at: now.as_microsecond(),
                id: send_id,
            };
            let mut draft = EvidenceDraft::new(RecordKind::LetterAccepted, tenant, now, now);
            draft.client = Some(client.to_owned());
            draft.subject = Some(subject(&send));
            draft.recipient_commitment = Some(key.commit("recipient", &committed));
            draft.content_commitment = Some(key.commit("content", &content));
            draft.outcome = Some(SendState::Accepted.word().to_owned());
            // Paper alone is for exceptional cases: that a reason was stated is on record, the reason itself is sealed.
            draft.operation = order.paper_reason.as_ref().map(|_| "paper-reason-stated".to_owned());
            accepted.evidence.push(draft);
            accepted.sends.push(answer(&send));
            sends.push(send);
        }
        accepted.statements.extend(sends::add_all(tenant, &sends));
        Ok(accepted)
    }

    /// Whether `accept` would take the order, and whether it has it already. Keeps nothing.
    pub async fn check(&self, tenant: &str, client: &str, order: &LetterOrder) -> Result<bool, AcceptError> {
        Ok(self.consider(tenant, client, order).await?.known.is_some())
    }

    /// What `accept` finds out before it keeps anything.
    async fn consider<'a>(
        &'a self,
        tenant: &str,
        client: &str,
        order: &'a LetterOrder,
    ) -> Result<Considered<'a>, AcceptError> {
        let Inner { store, accounts, .. } = &*self.inner;
        let settings = accounts.get(tenant).ok_or_else(|| AcceptError::NoAccount(tenant.to_owned()))?;
        let service_id = order.service_id.as_ref().unwrap_or(&settings.service_id);
        if *service_id != settings.service_id {
            return Err(AcceptError::Findings(vec![unknown_service()]));
        }
        let letter = letter(order, service_id);
        let content = letter.canonical()?;
        let keys = store.tenant_keys(tenant).await?;
        let recipients: Vec<Party<'_>> = order.recipients.iter().map(Party::of).collect();
        let content_digest = keys.digest("letter order", &sealed::written(&(&letter, &recipients))?).to_vec();
        let known = letters::by_order(store, tenant, client, order.order_id.as_str()).await?;
        if known.as_ref().is_some_and(|known| known.content_digest != content_digest) {
            return Err(AcceptError::OrderConflict);
        }
        if let (None, Some(bulletin_id)) = (&known, &order.bulletin_id) {
            let most = MAX_BULLETIN_ORDERS;
            let others = letters::bulletin(store, tenant, client, bulletin_id.as_str(), most).await?;
            if others.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
                return Err(AcceptError::Findings(vec![full_bulletin()]));
            }
        }
        Ok(Considered { settings, content, keys, recipients, content_digest, known })
    }

    /// The answer to an order that was accepted before.
    async fn again(&self, tenant: &str, known: Order) -> Result<Accepted, AcceptError> {
        let sends = sends::of_order(&self.inner.store, tenant, &known.id).await?;
        Ok(Accepted {
            id: known.id,
            accepted_at: timestamp(known.accepted_at),
            sends: sends.iter().map(answer).collect(),
            repeated: true,
            statements: Vec::new(),
            evidence: Vec::new(),
        })
    }

    async fn attachments(&self, tenant: &str, id: &str, order: &LetterOrder) -> Result<Vec<Statement>, StoreError> {
        let mut statements = Vec::new();
        for (number, file) in (0_i64..).zip(&order.attachments) {
            let context = sealed::attachment_context(id, number);
            let kept = self.inner.store.keep_file(tenant, &file.content, &context).await?;
            statements.extend(kept.statements);
            let attachment = Attachment {
                number,
                size: i64::try_from(file.content.len()).unwrap_or(i64::MAX),
                body: kept.body,
                uploaded_id: None,
                uploaded_at: None,
            };
            statements.push(letters::add_attachment(tenant, id, &attachment));
        }
        Ok(statements)
    }

    pub(super) fn world(&self) -> &World {
        &self.inner.world
    }

    pub(super) fn upload_limits(&self) -> UploadLimits {
        self.inner.upload_limits
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.store
    }
}

fn letter(order: &LetterOrder, service_id: &str) -> Letter {
    let attachments = order.attachments.iter().map(|file| sealed::File {
        name: file.name.as_str().to_owned(),
        media_type: file.media_type.name().to_owned(),
        digest: hex::encode(file.content.sha256()),
    });
    Letter {
        service_id: service_id.to_owned(),
        title: order.title.clone(),
        body: order.body.clone(),
        body_format: order.body_format,
        message_type: order.message_type,
        reply_allowed: order.reply_allowed,
        visibility: order.visibility,
        channel: order.channel,
        attachments: attachments.collect(),
        paper: order.paper.as_ref().map(|paper| sealed::Paper {
            attachment: order.printed().map(|file| file.name.as_str().to_owned()).unwrap_or_default(),
            printed_only: paper.printed_only,
            color_printing: paper.color_printing,
            two_sided_printing: paper.two_sided_printing,
            rotate_landscape_pages: paper.rotate_landscape_pages,
            create_address_page: paper.create_address_page,
            message_type: paper.message_type,
            cost_pool: paper.cost_pool.clone(),
            sender: paper.sender.clone(),
        }),
        paper_reason: order.paper_reason.clone(),
        notification: order.notification.clone(),
        message_class: order.message_class,
        law_reference: order.law_reference.clone(),
        bulletin_id: order.bulletin_id.as_ref().map(|id| id.as_str().to_owned()),
        not_before: order.not_before.map(Timestamp::as_microsecond),
        in_reply_to: order.in_reply_to,
        as_new_if_gone: order.as_new_if_gone,
    }
}

/// Who pays, should it be paper.
fn cost_pool(order: &LetterOrder, settings: &Settings) -> Option<String> {
    let own = settings.print.as_ref().and_then(|print| print.cost_pool.as_ref());
    let pool = order.paper.as_ref()?.cost_pool.as_ref().or(own)?;
    Some(pool.as_str().to_owned())
}

/// A recipient as digests know it: the id alone where nothing else is given, as it was when there was nothing else.
#[derive(Serialize)]
#[serde(untagged)]
enum Party<'a> {
    Id(&'a str),
    Addressed {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        address: Option<&'a Address>,
    },
}

impl<'a> Party<'a> {
    fn of(to: &'a Addressee) -> Party<'a> {
        match (to.id.as_ref().map(Recipient::expose), to.address.as_ref()) {
            (Some(id), None) => Party::Id(id),
            (id, address) => Party::Addressed { id, address },
        }
    }
}

/// Tells letters to the same recipient, and nobody without the tenant's key whom they are to.
fn recipient_key(keys: &TenantKeys, recipient: &str) -> Vec<u8> {
    let mut key = keys.digest("letter recipient", recipient.as_bytes()).to_vec();
    // Half of it tells them apart as well.
    key.truncate(16);
    key
}

fn external_id(settings: &Settings, order: Uuid, index: usize) -> String {
    ExternalId::new(&settings.external_prefix, order, index + 1).as_str().to_owned()
}

fn answer(send: &Send) -> AcceptedSend {
    AcceptedSend { id: send.id.clone(), recipient_number: recipient_number(send), state: SendState::Accepted }
}

/// From 1, as contracts count; the store counts from 0.
pub(super) fn recipient_number(send: &Send) -> u32 {
    u32::try_from(send.recipient_number + 1).unwrap_or(u32::MAX)
}

/// What evidence about an order names it by.
pub(super) fn subject_of_order(id: &str) -> String {
    format!("order/{id}")
}

/// What evidence about a Send names it by: the order and the recipient's place.
pub(super) fn subject(send: &Send) -> String {
    format!("order/{}/{}", send.order_id, recipient_number(send))
}

pub(super) fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn full_bulletin() -> Finding {
    let texts = [
        format!("Tiedotteessa on jo {MAX_BULLETIN_ORDERS} tilausta. Käytä uutta tunnusta."),
        format!("Informationsmeddelandet har redan {MAX_BULLETIN_ORDERS} beställningar. Använd en ny beteckning."),
        format!("The bulletin has {MAX_BULLETIN_ORDERS} orders already. Use another bulletin id."),
    ];
    Finding::error("bulletinId", "too-many", texts)
}

fn unknown_service() -> Finding {
    let texts = [
        "Tästä palvelusta ei saa lähettää. Jätä kenttä pois tai käytä sovittua tunnusta.",
        "Den här tjänsten får inte användas. Utelämna fältet eller använd den avtalade beteckningen.",
        "This service may not be sent for. Leave the member out or give the one agreed.",
    ];
    Finding::error("serviceId", "unknown-service", texts.map(str::to_owned))
}
