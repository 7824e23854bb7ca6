//! Orders whose letters are being sent: read and opened once for all their recipients, the last few of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::{Mutex as Turn, OnceCell};

use super::sealed::{self, Letter};
use super::worker::lock;
use crate::store::letters::{self, Attachment, Order};
use crate::store::{Store, StoreError};

/// Orders in hand at once. Letters go out as they were accepted, so that few are under way at any time.
const ORDERS: usize = 4;
/// Files of one order that are kept in memory between its letters; larger ones are read again for each.
const FILES: usize = 12 * 1024 * 1024;

/// The orders in hand of one tenant.
#[derive(Default)]
pub(super) struct Hand {
    /// The one used last stands last.
    orders: Mutex<VecDeque<Arc<InHand>>>,
    /// Held while reading, so that many letters of one order read it once.
    reading: Turn<()>,
}

/// An order, opened.
pub(super) struct InHand {
    pub(super) order: Order,
    pub(super) letter: Letter,
    pub(super) files: Vec<File>,
    /// Uploads that all letters of the order name, by the file's place: id, and when it was made. Held while one is made.
    pub(super) shared: Turn<BTreeMap<i64, (String, i64)>>,
}

/// A file of an order.
pub(super) struct File {
    pub(super) about: Attachment,
    /// As the letter calls it.
    pub(super) named: sealed::File,
    /// None when it is too large to be kept.
    content: Option<OnceCell<Bytes>>,
}

impl Hand {
    pub(super) async fn take(&self, store: &Store, tenant: &str, id: &str) -> Result<Arc<InHand>, StoreError> {
        if let Some(known) = self.find(id) {
            return Ok(known);
        }
        let _reading = self.reading.lock().await;
        if let Some(known) = self.find(id) {
            return Ok(known);
        }
        let taken = Arc::new(InHand::read(store, tenant, id).await?);
        let mut orders = lock(&self.orders);
        if orders.len() >= ORDERS {
            orders.pop_front();
        }
        orders.push_back(Arc::clone(&taken));
        Ok(taken)
    }

    fn find(&self, id: &str) -> Option<Arc<InHand>> {
        let mut orders = lock(&self.orders);
        let place = orders.iter().position(|known| known.order.id == id)?;
        let known = orders.remove(place)?;
        orders.push_back(Arc::clone(&known));
        Some(known)
    }
}

impl InHand {
    async fn read(store: &Store, tenant: &str, id: &str) -> Result<InHand, StoreError> {
        let missing = || StoreError::Unreadable { place: "letter_order", column: 0 };
        let order = letters::get(store, tenant, id).await?.ok_or_else(missing)?;
        let body = store.body(tenant, &order.body, &sealed::order_context(&order.id)).await?;
        let letter: Letter = sealed::read(&body)?;
        let about = letters::attachments(store, tenant, id).await?;
        let size: i64 = about.iter().map(|file| file.size).sum();
        let kept = usize::try_from(size).is_ok_and(|size| size <= FILES);
        let shared =
            about.iter().filter_map(|file| Some((file.number, (file.uploaded_id.clone()?, file.uploaded_at?))));
        let shared = Turn::new(shared.collect());
        let mut files = Vec::with_capacity(about.len());
        for about in about {
            let place = usize::try_from(about.number).ok();
            let named = place.and_then(|place| letter.attachments.get(place)).ok_or_else(missing)?.clone();
            files.push(File { about, named, content: kept.then(OnceCell::new) });
        }
        Ok(InHand { order, letter, files, shared })
    }
}

impl File {
    pub(super) async fn content(&self, store: &Store, tenant: &str, order: &str) -> Result<Bytes, StoreError> {
        let context = sealed::attachment_context(order, self.about.number);
        let read = async || Ok(Bytes::from(store.body(tenant, &self.about.body, &context).await?));
        match &self.content {
            Some(kept) => kept.get_or_try_init(read).await.cloned(),
            None => read().await,
        }
    }
}
