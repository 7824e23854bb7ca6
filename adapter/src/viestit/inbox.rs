//! Replies as their clients see them: listed, read, acknowledged. A client sees what is its own; what is another's, gone
//! or never was looks the same.

use bytes::Bytes;
use jiff::Timestamp;

use super::orders::{Orders, recipient_number, timestamp};
use super::replies::{Content, Person, content_context, file_context, subject};
use super::sealed;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::replies::{self, Reply};
use crate::store::{Statement, StoreError, letters, sends};

/// So many bytes of files go with a reply; what has more is asked for one file at a time.
const INLINE: u64 = 1024 * 1024;

/// A reply without what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    pub id: String,
    /// Viestit's id.
    pub message_id: i64,
    pub created_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// The letter that it answers; none for a new conversation.
    pub in_reply_to: Option<Answered>,
    /// Every file is here, whole.
    pub complete: bool,
}

/// The letter that a reply answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Our id of the order.
    pub id: String,
    /// The sender's own.
    pub order_id: String,
    /// 1 for the first recipient of the order.
    pub recipient_number: u32,
}

/// A reply whole.
pub struct ReplyWhole {
    pub head: ReplyHead,
    pub title: String,
    pub body: String,
    /// None: the sender is unknown.
    pub sender: Option<Person>,
    pub representative: Option<Person>,
    pub files: Vec<ReplyFile>,
}

/// A file of a reply.
pub struct ReplyFile {
    /// From 1.
    pub number: u32,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    pub complete: bool,
    /// None when it was not asked for, or is not here.
    pub content: Option<Bytes>,
}

/// Replies after a place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyPage {
    /// Oldest first.
    pub replies: Vec<ReplyHead>,
    /// Where to go on.
    pub next: u64,
}

/// What an acknowledgement comes to. The same again changes nothing.
pub struct Acknowledged {
    pub at: Timestamp,
    pub statements: Vec<Statement>,
    pub evidence: Vec<EvidenceDraft>,
}

impl Orders {
    /// At most `limit` replies that wait for this client, after a place; none when the place is ahead of the list.
    pub async fn replies(
        &self,
        tenant: &str,
        client: &str,
        after: u64,
        limit: usize,
    ) -> Result<Option<ReplyPage>, StoreError> {
        let store = self.store();
        // Asked first: a reply that comes meanwhile is not passed over.
        let last = replies::last(store, tenant).await?.unwrap_or_default().unsigned_abs();
        if after > last {
            return Ok(None);
        }
        let from = i64::try_from(after).unwrap_or(i64::MAX);
        let most = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
        let rows = replies::offered(store, tenant, client, from, most).await?;
        let is_full = rows.len() > limit;
        let mut page = ReplyPage { replies: Vec::with_capacity(rows.len()), next: after };
        for row in rows.into_iter().take(limit) {
            page.next = row.sequence.unsigned_abs();
            page.replies.push(self.head(tenant, &row).await?);
        }
        if !is_full {
            page.next = page.next.max(last);
        }
        Ok(Some(page))
    }

    /// A reply of this client's, with the content of one file, or of all when they are small.
    pub async fn reply(
        &self,
        tenant: &str,
        client: &str,
        id: &str,
        file: Option<u32>,
    ) -> Result<Option<ReplyWhole>, StoreError> {
        let store = self.store();
        let is_there = |row: &Reply| ["offered", "acknowledged"].contains(&row.state.as_str());
        let Some(row) = self.own_reply(tenant, client, id).await?.filter(is_there) else { return Ok(None) };
        let content: Content = sealed::read(&store.body(tenant, &row.body, &content_context(id)).await?)?;
        let is_small = content.files.iter().map(|file| file.size).sum::<u64>() <= INLINE;
        let kept = replies::attachments(store, tenant, id).await?;
        let mut files = Vec::with_capacity(content.files.len());
        for (number, head) in (1_u32..).zip(content.files) {
            let found = kept.iter().find(|kept| kept.number == i64::from(number));
            let wanted = file.map_or(is_small, |wanted| wanted == number);
            let is_here = found.is_some_and(|kept| kept.body.blob.is_some() || !kept.body.sealed.is_empty());
            let bytes = match found.filter(|_| wanted && is_here) {
                Some(kept) => Some(store.body(tenant, &kept.body, &file_context(id, kept.number)).await?.into()),
                // A file of no bytes is there as it is.
                None => found.filter(|kept| wanted && kept.complete).map(|_| Bytes::new()),
            };
            files.push(ReplyFile {
                number,
                name: head.name,
                media_type: head.media_type,
                size: head.size,
                complete: found.is_some_and(|kept| kept.complete),
                content: bytes,
            });
        }
        let head = self.head(tenant, &row).await?;
        let Content { title, body, sender, representative, .. } = content;
        Ok(Some(ReplyWhole { head, title, body, sender, representative, files }))
    }

    /// The client has a reply: it is offered no more, and erased a little later. None when it is not this client's.
    pub async fn acknowledge(&self, tenant: &str, client: &str, id: &str) -> Result<Option<Acknowledged>, StoreError> {
        let Some(row) = self.own_reply(tenant, client, id).await? else { return Ok(None) };
        if let Some(at) = row.acknowledged_at {
            return Ok(Some(Acknowledged { at: timestamp(at), statements: Vec::new(), evidence: Vec::new() }));
        }
        if row.state != "offered" {
            return Ok(None);
        }
        let now = self.world().now();
        let mut draft = EvidenceDraft::new(RecordKind::Act, tenant, now, now);
        draft.client = Some(client.to_owned());
        draft.operation = Some("reply".to_owned());
        draft.subject = Some(subject(id));
        draft.outcome = Some("acknowledged".to_owned());
        let statements = vec![replies::acknowledge(tenant, id, now.as_microsecond())];
        // As the store keeps it.
        let at = timestamp(now.as_microsecond());
        Ok(Some(Acknowledged { at, statements, evidence: vec![draft] }))
    }

    async fn own_reply(&self, tenant: &str, client: &str, id: &str) -> Result<Option<Reply>, StoreError> {
        let row = replies::get(self.store(), tenant, id).await?;
        Ok(row.filter(|row| row.client.as_deref() == Some(client)))
    }

    async fn head(&self, tenant: &str, row: &Reply) -> Result<ReplyHead, StoreError> {
        let mut in_reply_to = None;
        if let (Some(order), Some(send)) = (&row.letter_order, &row.send_id)
            && let Some(order) = letters::get(self.store(), tenant, order).await?
            && let Some(send) = sends::get(self.store(), tenant, send).await?
        {
            let number = recipient_number(&send);
            in_reply_to = Some(Answered { id: order.id, order_id: order.order_id, recipient_number: number });
        }
        Ok(ReplyHead {
            id: row.id.clone(),
            message_id: row.message_id,
            created_at: row.created_at.map(timestamp),
            received_at: timestamp(row.received_at.unwrap_or(row.told_at)),
            in_reply_to,
            complete: row.complete,
        })
    }
}
