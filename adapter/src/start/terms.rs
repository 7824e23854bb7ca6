//! The operator's commands about subject terms, and the task that reads the vocabulary again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::StartError;
use crate::catalogue::Catalogue;
use crate::catalogue::vocabulary::cache::{Cache, Refreshed, Settings, Source, VocabularyError};
use crate::catalogue::vocabulary::{LANGUAGES, Query};
use crate::config::Config;
use crate::control::OperatorError;
use crate::lifecycle::Lifecycle;
use crate::model::Lang;
use crate::operations::keywords::{self, MOST_SHOWN};
use crate::store::Store;
use crate::world::World;

/// The task looks at the clock at least this often, so that a clock that was set does no harm.
const LONGEST_SLEEP: Duration = Duration::from_hours(1);
/// And waits at least this long after a failure of the store.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct TermsDesk {
    pub(super) cache: Arc<Cache>,
    pub(super) catalogue: Catalogue,
}

impl TermsDesk {
    /// Takes what the store holds into use; what cannot be read is logged and read anew by the task.
    pub(super) async fn start(
        config: &Config,
        store: &Store,
        world: &World,
        catalogue: &Catalogue,
    ) -> Result<TermsDesk, StartError> {
        let given = &config.vocabulary;
        let finto = given.url.clone().map(Source::Finto);
        let settings = Settings {
            source: finto.or_else(|| given.dir.clone().map(Source::Folder)),
            refresh: given.refresh.0,
            most_bytes: given.download.0 as u64,
            scratch: config.data_dir().to_owned(),
        };
        let cache = Arc::new(Cache::new(settings, store.clone(), world.clone(), catalogue.clone())?);
        if let Err(error) = cache.load().await {
            tracing::error!("the kept vocabulary cannot be read: {error}");
        }
        Ok(TermsDesk { cache, catalogue: catalogue.clone() })
    }

    /// Reads the vocabulary again whenever it is due, until the soft stage.
    pub(super) fn run(&self, lifecycle: &Lifecycle) {
        if !self.cache.has_source() {
            return;
        }
        let (cache, soft) = (Arc::clone(&self.cache), lifecycle.stages().soft);
        lifecycle.spawn("vocabulary", async move {
            while !soft.is_cancelled() {
                let wait = match cache.due().await {
                    Ok(wait) if wait.is_zero() => {
                        if let Err(error) = cache.refresh().await {
                            tracing::warn!("the vocabulary was not read again: {error}");
                        }
                        cache.due().await.unwrap_or(SHORTEST_SLEEP)
                    }
                    Ok(wait) => wait,
                    Err(error) => {
                        tracing::error!("the vocabulary's state cannot be read: {error}");
                        LONGEST_SLEEP
                    }
                };
                tokio::select! {
                    () = soft.cancelled() => {}
                    () = tokio::time::sleep(wait.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)) => {}
                }
            }
            Ok::<(), Infallible>(())
        });
    }

    /// `catalogue.keywords`.
    pub(super) fn keywords(&self, text: &str, lang: &str, limit: usize) -> Result<Value, OperatorError> {
        let lang = Lang::from_code(lang).filter(|lang| LANGUAGES.contains(lang));
        let lang = lang.ok_or_else(|| OperatorError::usage("the language is one of fi, sv and en"))?;
        if !(1..=MOST_SHOWN).contains(&limit) {
            return Err(OperatorError::usage(format!("the limit is a whole number from 1 to {MOST_SHOWN}")));
        }
        let vocabulary = self.catalogue.vocabulary();
        let vocabulary = vocabulary.ok_or_else(|| OperatorError::not_found(NONE_LOADED))?;
        let query = Query { text, lang, within: None, limit };
        Ok(if text.starts_with("http") {
            keywords::resolved(&vocabulary, text, query)
        } else {
            keywords::suggestions(&vocabulary, query)
        })
    }

    /// `vocabulary.status`.
    pub(super) async fn status(&self) -> Result<Value, OperatorError> {
        self.cache.status().await.map_err(|error| failed(&error))
    }

    /// `vocabulary.refresh`.
    pub(super) async fn refresh(&self) -> Result<Value, OperatorError> {
        let refreshed = self.cache.refresh().await.map_err(|error| failed(&error))?;
        let outcome = match refreshed {
            Refreshed::New { concepts } => json!({"outcome": "new", "concepts": concepts}),
            Refreshed::Unchanged => json!({"outcome": "unchanged"}),
        };
        let mut status = self.status().await?;
        if let (Some(status), Value::Object(outcome)) = (status.as_object_mut(), outcome) {
            status.extend(outcome);
        }
        Ok(status)
    }
}

const NONE_LOADED: &str =
    "no vocabulary is loaded. Set vocabulary.url or vocabulary.dir, then `silta catalogue vocabulary refresh`";

fn failed(error: &VocabularyError) -> OperatorError {
    match error {
        VocabularyError::NoSource => OperatorError::usage(error.to_string()),
        _ => OperatorError::failed(format!("{error}. What was kept stays in use")),
    }
}
