//! One tenant's full-text index: on disk below `search/`, brought up to the view before it answers.
//!
//! The index holds what can be made again at any time. Whatever is wrong with it (damaged, of another format, of a
//! database that was set back) ends in the same way: what differs from the view is indexed again, and if that is not
//! possible, all of it. Blocking: everything here may read and write the disk.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::MmapDirectory;
use tantivy::schema::{FAST, Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term};

use super::content::{Part, stamp as stamp_of, words_of};
use super::snapshot::Snapshot;
use super::words::Tongue;
use crate::model::{Code, Kind, Stored, View};

/// Raise it whenever words, parts or fields change: an index of another format is made anew.
const FORMAT: &str = "silta 1";
/// What the writer may hold before it writes a segment; it exists while something is indexed only.
pub const WRITER_MEMORY: usize = 15_000_000;

/// The fields of the index: code and stamp of a service, and its words by part and language.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) code: Field,
    pub(super) words: [[Field; Tongue::ALL.len()]; Part::ALL.len()],
}

pub(super) const STAMP: &str = "stamp";

impl Fields {
    fn schema() -> (Schema, Fields, Field) {
        let mut schema = Schema::builder();
        let code = schema.add_text_field("code", STRING);
        let stamp = schema.add_u64_field(STAMP, FAST);
        // Which records have a word, and how many words each has: how often one stands in a text says little here.
        let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::Basic).set_fieldnorms(true);
        let options = TextOptions::default().set_indexing_options(indexing);
        let words = Part::ALL.map(|part| {
            Tongue::ALL
                .map(|tongue| schema.add_text_field(&format!("{}_{}", part.word(), tongue.word()), options.clone()))
        });
        (schema.build(), Fields { code, words }, stamp)
    }

    pub(super) fn of(&self, part: Part, tongue: Tongue) -> Option<Field> {
        self.words.get(part as usize)?.get(tongue as usize).copied()
    }
}

pub(super) struct TenantIndex {
    /// None: in memory.
    folder: Option<PathBuf>,
    open: Mutex<Option<Open>>,
    /// Something broke while it was used: it is made anew.
    broken: AtomicBool,
}

struct Open {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    stamp: Field,
    /// The change of the feed up to which the view has been indexed.
    sequence: u64,
    snapshot: Arc<Snapshot>,
}

/// What one synchronisation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Synchronised {
    pub(super) indexed: usize,
    pub(super) removed: usize,
}

impl TenantIndex {
    pub(super) fn new(folder: Option<PathBuf>) -> TenantIndex {
        TenantIndex { folder, open: Mutex::new(None), broken: AtomicBool::new(false) }
    }

    /// The index as of this view or a newer one.
    pub(super) fn at(&self, view: &View) -> Result<(Arc<Snapshot>, Synchronised), TantivyError> {
        let mut open = self.open.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked left it in an unknown state.
            self.broken.store(true, Ordering::Relaxed);
            PoisonError::into_inner(poisoned)
        });
        self.open.clear_poison();
        if self.broken.swap(false, Ordering::Relaxed) {
            *open = None;
            self.discard();
        }
        let mut done = Synchronised::default();
        if let Some(open) = open.as_mut() {
            match open.follow(view) {
                Ok(followed) => return Ok((Arc::clone(&open.snapshot), followed)),
                Err(error) => {
                    tracing::warn!("a search index could not be brought up to date and is made anew: {error}");
                }
            }
            self.discard();
        }
        *open = None;
        let opened = open.insert(match self.opened(view, &mut done) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!("a search index could not be read and is made anew: {error}");
                self.discard();
                self.opened(view, &mut done).or_else(|error| in_memory_instead(view, &mut done, &error))?
            }
        });
        Ok((Arc::clone(&opened.snapshot), done))
    }

    /// It is made anew at its next use.
    pub(super) fn distrust(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// Lets go of files and memory, unless it is in use this moment. Says whether it did.
    pub(super) fn close(&self) -> bool {
        match self.open.try_lock() {
            Ok(mut open) => open.take().is_some(),
            Err(_) => false,
        }
    }

    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        self.open.lock().is_ok_and(|open| open.is_some())
    }

    fn discard(&self) {
        if let Some(folder) = &self.folder
            && let Err(error) = std::fs::remove_dir_all(folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("a search index that is of no use could not be removed: {error}");
        }
    }

    fn opened(&self, view: &View, done: &mut Synchronised) -> Result<Open, TantivyError> {
        let (schema, fields, stamp) = Fields::schema();
        let index = match &self.folder {
            None => Index::create_in_ram(schema),
            Some(folder) => on_disk(folder, schema)?,
        };
        Open::of(index, fields, stamp, view, done)
    }
}

/// A disk that takes no index is no reason to find nothing.
fn in_memory_instead(view: &View, done: &mut Synchronised, error: &TantivyError) -> Result<Open, TantivyError> {
    tracing::error!("a search index cannot be kept on disk, it is kept in memory for now: {error}");
    let (schema, fields, stamp) = Fields::schema();
    Open::of(Index::create_in_ram(schema), fields, stamp, view, done)
}

fn on_disk(folder: &Path, schema: Schema) -> Result<Index, TantivyError> {
    std::fs::create_dir_all(folder)?;
    let directory = MmapDirectory::open(folder)?;
    if !Index::exists(&directory)? {
        return Index::create(directory, schema, tantivy::IndexSettings::default());
    }
    let index = Index::open(directory)?;
    let format = index.load_metas()?.payload;
    // An index that was never committed to is empty, whatever its format.
    let empty = index.searchable_segment_ids()?.is_empty();
    if index.schema() != schema || !(empty || format.as_deref() == Some(FORMAT)) {
        return Err(TantivyError::SchemaError("it is of another format".into()));
    }
    let damaged = index.validate_checksum()?;
    if damaged.is_empty() { Ok(index) } else { Err(TantivyError::SystemError(format!("damaged: {damaged:?}"))) }
}

impl Open {
    /// Takes up an index, and indexes what differs from the view.
    fn of(
        index: Index,
        fields: Fields,
        stamp: Field,
        view: &View,
        done: &mut Synchronised,
    ) -> Result<Open, TantivyError> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let snapshot = Arc::new(Snapshot::of(&reader.searcher(), &fields)?);
        let mut open = Open { index, reader, fields, stamp, sequence: view.sequence(), snapshot };
        let known: HashMap<Code, u64> = open.snapshot.stamps()?;
        let changed: Vec<&Arc<Stored>> = view
            .active_after(Kind::Service, None)
            .filter(|stored| {
                let now = stored.entity.service().map(|service| stamp_of(stored, service, view));
                known.get(&stored.entity.key.code).copied() != now
            })
            .collect();
        let gone = known.keys().filter(|code| view.active(Kind::Service, code).is_none());
        let gone: BTreeSet<&Code> = gone.collect();
        *done = open.write(view, changed.iter().map(|stored| &stored.entity.key.code).chain(gone))?;
        Ok(open)
    }

    /// Indexes what the feed says has changed since.
    fn follow(&mut self, view: &View) -> Result<Synchronised, TantivyError> {
        if view.sequence() <= self.sequence {
            return Ok(Synchronised::default());
        }
        let mut codes: BTreeSet<&Code> = BTreeSet::new();
        let mut classes: BTreeSet<&Code> = BTreeSet::new();
        for stored in view.changes_after(self.sequence) {
            let key = &stored.entity.key;
            match key.kind {
                Kind::Service => drop(codes.insert(&key.code)),
                Kind::Class => drop(classes.insert(&key.code)),
                _ => {}
            }
        }
        if !classes.is_empty() {
            // The names of its classes are among a service's words.
            let services = view.active_after(Kind::Service, None);
            let within = services.filter(|stored| {
                stored.entity.service().is_some_and(|service| service.classes.iter().any(|code| classes.contains(code)))
            });
            codes.extend(within.map(|stored| &stored.entity.key.code));
        }
        let done = self.write(view, codes.into_iter())?;
        self.sequence = view.sequence();
        Ok(done)
    }

    fn write<'a>(&mut self, view: &View, codes: impl Iterator<Item = &'a Code>) -> Result<Synchronised, TantivyError> {
        let mut codes = codes.peekable();
        if codes.peek().is_none() {
            return Ok(Synchronised::default());
        }
        let mut done = Synchronised::default();
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_MEMORY)?;
        for code in codes {
            writer.delete_term(Term::from_field_text(self.fields.code, code.as_str()));
            match view.active(Kind::Service, code) {
                Some(stored) => {
                    if let Some(document) = self.document(stored, view) {
                        writer.add_document(document)?;
                        done.indexed += 1;
                    }
                }
                None => done.removed += 1,
            }
        }
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(FORMAT);
        commit.commit()?;
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        self.snapshot = Arc::new(Snapshot::of(&self.reader.searcher(), &self.fields)?);
        Ok(done)
    }

    fn document(&self, stored: &Stored, view: &View) -> Option<TantivyDocument> {
        let service = stored.entity.service()?;
        let mut document = TantivyDocument::new();
        document.add_text(self.fields.code, stored.entity.key.code.as_str());
        document.add_u64(self.stamp, stamp_of(stored, service, view));
        for (part, tongue, words) in words_of(service, view) {
            let Some(field) = self.fields.of(part, tongue) else { continue };
            let tokens = words.into_iter().enumerate();
            let tokens = tokens.map(|(position, text)| Token { text, position, ..Token::default() }).collect();
            document.add_pre_tokenized_text(field, PreTokenizedString { text: String::new(), tokens });
        }
        Some(document)
    }
}
