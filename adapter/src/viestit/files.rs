//! Files in Viestit before the letter that names them (viestit.md §1.5): kept at once, so that the next attempt need not
//! repeat them; gone there after 24 hours, so that an older one is made again.
//!
//! A Send names its own uploads. Only where the tenant is configured so do the letters of one order share them.

use std::time::Duration;

use super::attempt::Attempt;
use super::client::Failure;
use super::hand::File;
use super::micros;
use super::worker::WorkerError;
use crate::store::Commit;
use crate::store::letters;
use crate::store::sends::{self, Upload};

/// An unused upload lives 24 hours; younger than this it is named again.
const UPLOAD_LIFE: Duration = Duration::from_hours(23);

/// Which letters name the same upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UploadReuse {
    /// One letter to one recipient, and its retries.
    #[default]
    Send,
    /// All letters of an order. Not stated by Viestit (§1.5); a refusal falls back to a new upload.
    Order,
}

/// The attachment ids to name.
#[derive(Default)]
pub(super) struct Uploads {
    /// Of the electronic part.
    pub(super) electronic: Vec<String>,
    pub(super) printed: Option<String>,
    /// Any is from an earlier attempt or another letter.
    pub(super) reused: bool,
}

impl Attempt<'_> {
    /// Uploads what is not there.
    pub(super) async fn uploads(&self) -> Result<Result<Uploads, Failure>, WorkerError> {
        let mut uploads = Uploads::default();
        if self.in_hand.files.is_empty() {
            return Ok(Ok(uploads));
        }
        let own = match self.worker.settings.upload_reuse {
            UploadReuse::Send => {
                sends::uploads(&self.worker.store, &self.worker.settings.tenant, &self.send.id).await?
            }
            UploadReuse::Order => Vec::new(),
        };
        for file in &self.in_hand.files {
            let found = match self.worker.settings.upload_reuse {
                UploadReuse::Send => self.of_send(file, &own).await?,
                UploadReuse::Order => self.of_order(file).await?,
            };
            match found {
                Ok((id, reused)) => {
                    uploads.reused |= reused;
                    self.named(&mut uploads, &file.named.name, id);
                }
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Ok(Ok(uploads))
    }

    /// One upload may be named in both parts (viestit.md §1.5).
    fn named(&self, uploads: &mut Uploads, name: &str, id: String) {
        let printed = self.in_hand.letter.paper.as_ref().filter(|paper| paper.attachment == name);
        if printed.is_some() {
            uploads.printed = Some(id.clone());
        }
        if printed.is_none_or(|paper| !paper.printed_only) {
            uploads.electronic.push(id);
        }
    }

    async fn of_send(&self, file: &File, own: &[Upload]) -> Result<Result<(String, bool), Failure>, WorkerError> {
        let number = file.about.number;
        if let Some(known) = own.iter().find(|known| known.number == number && self.lives(known.at)) {
            return Ok(Ok((known.id.clone(), true)));
        }
        let id = match self.upload(file).await? {
            Ok(id) => id,
            Err(failure) => return Ok(Err(failure)),
        };
        let upload = Upload { number, id: id.clone(), at: self.worker.world.now_micros() };
        let kept = sends::uploaded(&self.worker.settings.tenant, &self.send.id, &upload);
        self.worker.store.commit(Commit::new().with([kept])).await?;
        Ok(Ok((id, false)))
    }

    async fn of_order(&self, file: &File) -> Result<Result<(String, bool), Failure>, WorkerError> {
        let number = file.about.number;
        // Letters of the order that go out at the same time wait for the one upload.
        let mut shared = self.in_hand.shared.lock().await;
        if let Some((id, at)) = shared.get(&number)
            && self.lives(*at)
        {
            return Ok(Ok((id.clone(), true)));
        }
        let id = match self.upload(file).await? {
            Ok(id) => id,
            Err(failure) => return Ok(Err(failure)),
        };
        let now = self.worker.world.now_micros();
        let kept = letters::uploaded(&self.worker.settings.tenant, &self.send.order_id, number, &id, now);
        self.worker.store.commit(Commit::new().with([kept])).await?;
        shared.insert(number, (id.clone(), now));
        Ok(Ok((id, false)))
    }

    async fn upload(&self, file: &File) -> Result<Result<String, Failure>, WorkerError> {
        let (worker, named) = (self.worker, &file.named);
        let content = file.content(&worker.store, &worker.settings.tenant, &self.send.order_id).await?;
        Ok(worker.account.client.upload(&named.name, &named.media_type, content).await)
    }

    /// Forgets what was named: it may be what the refusal was about.
    pub(super) async fn forget_uploads(&self, uploads: &Uploads) -> Result<(), WorkerError> {
        let (tenant, order) = (&self.worker.settings.tenant, &self.send.order_id);
        let named = |id: &String| uploads.electronic.contains(id) || uploads.printed.as_ref() == Some(id);
        let mut forgotten = vec![sends::forget_uploads(tenant, &self.send.id)];
        let mut shared = self.in_hand.shared.lock().await;
        for file in &self.in_hand.files {
            if let Some((id, _)) = shared.get(&file.about.number)
                && named(id)
            {
                forgotten.push(letters::forget_upload(tenant, order, file.about.number, id));
                shared.remove(&file.about.number);
            }
        }
        self.worker.store.commit(Commit::new().with(forgotten)).await?;
        Ok(())
    }

    fn lives(&self, at: i64) -> bool {
        at > self.worker.world.now_micros() - micros(UPLOAD_LIFE)
    }
}
