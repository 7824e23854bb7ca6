//! Keeps the vocabulary of subject terms: in the store, and read again from Finto or from a folder now and then.
//!
//! What was read once stays until something better comes: a service that is down, a file that breaks off or that has lost
//! half of its concepts changes nothing but the note of the failure. Who calls when, the worker decides.

use std::fs::File;
use std::io::{BufReader, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, HeaderMap, IF_MODIFIED_SINCE, LAST_MODIFIED, LOCATION};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::line::{self, MalformedLine};
use super::rdf::{self, RdfError};
use super::{LANGUAGES, Vocabulary};
use crate::catalogue::Catalogue;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::vocabularies::{self, Reading};
use crate::store::{Commit, CommitError, Store, StoreError};
use crate::world::{ClientOptions, World, WorldError};

/// The vocabulary that PTV takes terms of, as Finto calls it.
pub const KOKO_ID: &str = "koko";
/// Where a reference folder has it.
pub const FOLDER_FILE: &str = "pat/vocab/koko/koko-concepts.ndjson";
const RDF_XML: &str = "application/rdf+xml";
/// After a failure it is tried again so soon, unless it is read more often anyway.
const RETRY: Duration = Duration::from_hours(1);
/// A whole download.
const DOWNLOAD_TIME: Duration = Duration::from_mins(15);

/// Where the vocabulary comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The REST address of Finto (`https://api.finto.fi/rest/v1`).
    Finto(String),
    /// A reference folder.
    Folder(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Without one nothing is read; what the store holds is used.
    pub source: Option<Source>,
    /// How often it is read again.
    pub refresh: Duration,
    /// Bytes of a download or a file.
    pub most_bytes: u64,
    /// Where a download lies while it is read; it has no name there.
    pub scratch: PathBuf,
}

/// Why a vocabulary was not read. What is kept stays in use.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    #[error("no source is configured: set vocabulary.url or vocabulary.dir")]
    NoSource,
    /// Finto's; may be retried.
    #[error("Finto could not be reached: {0}")]
    Unreachable(String),
    #[error("Finto answered {status} for {what}")]
    Answer { status: u16, what: &'static str },
    #[error("Finto sends to an address that is not taken: {0}")]
    Elsewhere(&'static str),
    #[error("it is larger than {0} bytes (vocabulary.download)")]
    TooLarge(u64),
    #[error("the vocabulary cannot be read: {0}")]
    Rdf(#[from] RdfError),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Line { path: PathBuf, source: MalformedLine },
    #[error("it has {new} concepts where {old} were kept; half of them cannot have gone. The old ones stay")]
    Shrunk { old: usize, new: usize },
    #[error("it holds no concept that may be offered")]
    Empty,
    #[error("what the store holds cannot be read: {0}")]
    Stored(MalformedLine),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the work ended early: {0}")]
    Ended(String),
}

/// What a refresh came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    New {
        concepts: usize,
    },
    /// It is the one that is kept.
    Unchanged,
}

/// The kept vocabulary of one installation.
pub struct Cache {
    settings: Settings,
    store: Store,
    world: World,
    catalogue: Catalogue,
    http: reqwest::Client,
    /// One refresh at a time.
    turn: tokio::sync::Mutex<()>,
    /// The reading that is in use.
    loaded: Mutex<i64>,
}

/// What a source gave.
enum Fetched {
    Unchanged,
    New { vocabulary: Vocabulary, stamp: Option<String> },
}

impl Cache {
    pub fn new(settings: Settings, store: Store, world: World, catalogue: Catalogue) -> Result<Cache, WorldError> {
        let http = world.http_client(&ClientOptions { total_timeout: DOWNLOAD_TIME, ..ClientOptions::default() })?;
        let turn = tokio::sync::Mutex::new(());
        Ok(Cache { settings, store, world, catalogue, http, turn, loaded: Mutex::new(0) })
    }

    /// Takes what the store holds into use, if it is another than the one in use. Says whether it was.
    pub async fn load(&self) -> Result<bool, VocabularyError> {
        // Between head and parts another process may replace both; the second look sees what it wrote.
        for _ in 0..3 {
            let Some(reading) = vocabularies::get(&self.store, KOKO_ID).await?.filter(|it| it.parts > 0) else {
                return Ok(false);
            };
            if reading.fetched_at == self.in_use() {
                return Ok(false);
            }
            let (parts, body) = vocabularies::body(&self.store, KOKO_ID, reading.fetched_at).await?;
            if parts != reading.parts {
                continue;
            }
            let version = reading.version.clone();
            let built =
                off_the_runtime(move || Vocabulary::from_lines(version, &body).map_err(VocabularyError::Stored));
            self.put_in_use(built.await?, reading.fetched_at);
            return Ok(true);
        }
        Ok(false)
    }

    /// Reads the source again. A failure is noted and returned; what is kept stays.
    pub async fn refresh(&self) -> Result<Refreshed, VocabularyError> {
        let _turn = self.turn.lock().await;
        let source = self.settings.source.as_ref().ok_or(VocabularyError::NoSource)?;
        self.load().await?;
        let kept = vocabularies::get(&self.store, KOKO_ID).await?;
        let started = self.world.now();
        let name = source_name(source);
        // Another source is another vocabulary: its stamps mean nothing here.
        let kept = kept.filter(|it| it.parts > 0 && it.source == name);
        let stamp = kept.and_then(|it| it.stamp);
        let fetched = match source {
            Source::Finto(url) => self.read_finto(url, stamp).await,
            Source::Folder(dir) => self.read_folder(dir, stamp).await,
        };
        match fetched.and_then(|fetched| self.accepted(fetched)) {
            Ok(Fetched::Unchanged) => {
                self.store
                    .commit(Commit::new().with([vocabularies::checked(KOKO_ID, &name, self.world.now_micros(), None)]))
                    .await?;
                Ok(Refreshed::Unchanged)
            }
            Ok(Fetched::New { vocabulary, stamp }) => self.keep(vocabulary, stamp, name, started).await,
            Err(error) => {
                let note = vocabularies::checked(KOKO_ID, &name, self.world.now_micros(), Some(&error.to_string()));
                self.store.commit(Commit::new().with([note])).await?;
                Err(error)
            }
        }
    }

    /// How long until the next refresh.
    pub async fn due(&self) -> Result<Duration, VocabularyError> {
        let Some(reading) = vocabularies::get(&self.store, KOKO_ID).await? else { return Ok(Duration::ZERO) };
        let pause = if reading.failure.is_some() { RETRY.min(self.settings.refresh) } else { self.settings.refresh };
        let passed = self.world.now_micros().saturating_sub(reading.checked_at);
        Ok(pause.saturating_sub(Duration::from_micros(u64::try_from(passed).unwrap_or_default())))
    }

    /// Whether there is anything to refresh from.
    pub fn has_source(&self) -> bool {
        self.settings.source.is_some()
    }

    /// How the vocabulary stands, for people.
    pub async fn status(&self) -> Result<Value, VocabularyError> {
        let reading = vocabularies::get(&self.store, KOKO_ID).await?;
        let vocabulary = self.catalogue.vocabulary();
        let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or_default().to_string();
        let now = self.world.now_micros();
        let kept = reading.as_ref().filter(|it| it.parts > 0);
        let labels: serde_json::Map<String, Value> = vocabulary
            .iter()
            .flat_map(|it| LANGUAGES.map(|lang| (lang.code().to_owned(), json!(it.labelled_in(lang)))))
            .collect();
        Ok(json!({
            "vocabulary": KOKO_ID,
            "loaded": vocabulary.is_some(),
            "version": vocabulary.as_ref().map(|it| it.version().to_owned()),
            "source": reading.as_ref().map(|it| it.source.clone()).or_else(|| self.settings.source.as_ref().map(source_name)),
            "fetchedAt": kept.map(|it| time(it.fetched_at)),
            "ageDays": kept.map(|it| (now - it.fetched_at).max(0) / (24 * 3_600 * 1_000_000)),
            "checkedAt": reading.as_ref().map(|it| time(it.checked_at)),
            "failure": reading.as_ref().and_then(|it| it.failure.clone()),
            "concepts": vocabulary.as_ref().map(|it| it.concepts().len()),
            "offered": vocabulary.as_ref().map(|it| it.offered()),
            "labels": labels,
            "memoryBytes": vocabulary.as_ref().map(|it| it.bytes()),
        }))
    }

    /// Half of a vocabulary does not vanish from one week to the next: a file that says so is broken.
    fn accepted(&self, fetched: Fetched) -> Result<Fetched, VocabularyError> {
        let Fetched::New { vocabulary, .. } = &fetched else { return Ok(fetched) };
        if vocabulary.offered() == 0 {
            return Err(VocabularyError::Empty);
        }
        let old = self.catalogue.vocabulary().map_or(0, |it| it.concepts().len());
        let new = vocabulary.concepts().len();
        if new < old / 2 { Err(VocabularyError::Shrunk { old, new }) } else { Ok(fetched) }
    }

    async fn keep(
        &self,
        vocabulary: Vocabulary,
        stamp: Option<String>,
        source: String,
        started: Timestamp,
    ) -> Result<Refreshed, VocabularyError> {
        let concepts = vocabulary.concepts().len();
        let now = self.world.now();
        let reading = Reading {
            version: vocabulary.version().to_owned(),
            stamp,
            source,
            fetched_at: now.as_microsecond(),
            checked_at: now.as_microsecond(),
            failure: None,
            concepts: i64::try_from(concepts).unwrap_or(i64::MAX),
            parts: 0,
        };
        let mut act = EvidenceDraft::new(RecordKind::Act, "", started, now);
        act.operation = Some("vocabulary".into());
        act.actor = Some("system".into());
        act.subject = Some(KOKO_ID.into());
        act.outcome = Some(format!("{concepts} concepts, version {}", vocabulary.version()));
        let statements = vocabularies::put(KOKO_ID, &reading, &line::write(vocabulary.concepts()));
        self.store.commit(Commit::new().with(statements).and(act)).await?;
        self.put_in_use(vocabulary, reading.fetched_at);
        Ok(Refreshed::New { concepts })
    }

    async fn read_folder(&self, dir: &Path, stamp: Option<String>) -> Result<Fetched, VocabularyError> {
        let (path, most) = (dir.join(FOLDER_FILE), self.settings.most_bytes);
        off_the_runtime(move || {
            let unreadable = |source| VocabularyError::File { path: path.clone(), source };
            let data = std::fs::metadata(&path).map_err(unreadable)?;
            if data.len() > most {
                return Err(VocabularyError::TooLarge(most));
            }
            let content = std::fs::read(&path).map_err(unreadable)?;
            let found = hex::encode(digest(&SHA256, &content));
            if stamp.as_deref() == Some(&*found) {
                return Ok(Fetched::Unchanged);
            }
            let changed = data.modified().ok().and_then(|time| Timestamp::try_from(time).ok()).map(day);
            let concepts =
                line::read(&content).map_err(|source| VocabularyError::Line { path: path.clone(), source })?;
            Ok(Fetched::New { vocabulary: Vocabulary::new(changed.unwrap_or_default(), concepts), stamp: Some(found) })
        })
        .await
    }

    /// Finto's interface names the place of the whole vocabulary; the file there is read to the end before it counts.
    async fn read_finto(&self, url: &str, stamp: Option<String>) -> Result<Fetched, VocabularyError> {
        let base = Url::parse(url).map_err(|_| VocabularyError::Elsewhere("vocabulary.url is no address"))?;
        let asked = format!("{}/{KOKO_ID}/data?format=application%2Frdf%2Bxml", url.trim_end_matches('/'));
        let first = self.http.get(asked).header(ACCEPT, RDF_XML).send().await.map_err(unreachable)?;
        let response = if first.status().is_redirection() {
            let place = place_of(&base, first.headers())?;
            let mut request = self.http.get(place).header(ACCEPT, RDF_XML);
            if let Some(stamp) = stamp {
                request = request.header(IF_MODIFIED_SINCE, stamp);
            }
            request.send().await.map_err(unreachable)?
        } else {
            first
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Fetched::Unchanged),
            status => return Err(VocabularyError::Answer { status: status.as_u16(), what: "the whole vocabulary" }),
        }
        let stamp = response.headers().get(LAST_MODIFIED).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let changed = stamp.as_deref().and_then(|it| jiff::fmt::rfc2822::parse(it).ok()).map(|it| day(it.timestamp()));
        let file = self.downloaded(response).await?;
        let vocabulary = off_the_runtime(move || {
            let content = rdf::read(BufReader::new(file))?;
            Ok(Vocabulary::new(content.modified.or(changed).unwrap_or_default(), content.concepts))
        });
        Ok(Fetched::New { vocabulary: vocabulary.await?, stamp })
    }

    /// The body in a file without a name, at its beginning.
    async fn downloaded(&self, mut response: reqwest::Response) -> Result<File, VocabularyError> {
        let scratch = &self.settings.scratch;
        let failed = |source| VocabularyError::File { path: scratch.clone(), source };
        let most = self.settings.most_bytes;
        if response.content_length().is_some_and(|length| length > most) {
            return Err(VocabularyError::TooLarge(most));
        }
        let mut file = tempfile::tempfile_in(scratch).map_err(failed)?;
        let mut taken = 0;
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            taken += chunk.len() as u64;
            if taken > most {
                return Err(VocabularyError::TooLarge(most));
            }
            file.write_all(&chunk).map_err(failed)?;
        }
        file.rewind().map_err(failed)?;
        Ok(file)
    }

    fn in_use(&self) -> i64 {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_in_use(&self, vocabulary: Vocabulary, fetched_at: i64) {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = fetched_at;
        tracing::info!(
            concepts = vocabulary.concepts().len(),
            offered = vocabulary.offered(),
            bytes = vocabulary.bytes(),
            "a vocabulary of subject terms is in use"
        );
        self.catalogue.use_vocabulary(Arc::new(vocabulary));
    }
}

fn source_name(source: &Source) -> String {
    match source {
        Source::Finto(url) => url.clone(),
        Source::Folder(dir) => dir.display().to_string(),
    }
}

/// Where a redirection leads. From TLS nobody is led out of it.
fn place_of(base: &Url, headers: &HeaderMap) -> Result<Url, VocabularyError> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or(VocabularyError::Elsewhere("it names none"))?;
    let place = base.join(location).map_err(|_| VocabularyError::Elsewhere("it is no address"))?;
    match (base.scheme(), place.scheme()) {
        (_, "https") => Ok(place),
        ("http", "http") if place.host_str() == base.host_str() => Ok(place),
        _ => Err(VocabularyError::Elsewhere("it is not https")),
    }
}

fn unreachable(error: reqwest::Error) -> VocabularyError {
    let timed = if error.is_timeout() { "no answer in time" } else { "the connection failed or broke off" };
    tracing::debug!("finto: {}", error.without_url());
    VocabularyError::Unreachable(timed.to_owned())
}

fn day(time: Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VocabularyError> + Send + 'static,
) -> Result<T, VocabularyError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| VocabularyError::Ended(error.to_string()))?
}
