//! The catalogue and the reference lists of a run: those that the command line names, else our own.

use std::sync::Arc;

use serde_json::Value;

use super::place::Place;
use super::{Options, SandboxError, samples};
use crate::catalogue::import::{self, Format};
use crate::catalogue::quality;
use crate::catalogue::vocabulary::cache::FOLDER_FILE;
use crate::ptv::reference::Reference;

pub struct Source {
    /// In the push format, unjudged.
    pub records: Vec<Value>,
    pub format: Format,
    pub place: Place,
    /// Our validator's lists.
    pub reference: Arc<Reference>,
    /// What the quality report goes by, when the command line names lists: our own minimum would call most terms unknown.
    pub quality: Option<Arc<quality::Reference>>,
    /// General descriptions and classes to be matched: those lists, else our own minimum.
    pub lists: Arc<quality::Reference>,
    /// The simulators' own reading of the same lists.
    pub simulated: Arc<conformance::ptv::Reference>,
    /// What the simulated Finto knows: the folder's terms where it has them, else our own minimum.
    pub terms: conformance::finto::Library,
    /// What the account says of both.
    pub catalogue_said: String,
    pub reference_said: String,
}

impl Source {
    pub fn read(options: &Options) -> Result<Source, SandboxError> {
        let (import, catalogue_said) = match &options.catalogue {
            Some(path) => (import::read_path(path), path.display().to_string()),
            None => (import::read_document("turku.json", samples::CATALOGUE), "our own sample, embedded".to_owned()),
        };
        let import = import.map_err(SandboxError::usage)?;
        let lists = samples::CODE_LISTS;
        let (reference, simulated, reference_said) = match &options.reference {
            Some(dir) => (
                Reference::from_dir(dir).map_err(SandboxError::usage)?,
                conformance::ptv::Reference::from_dir(dir).map_err(SandboxError::usage)?,
                dir.join("ptv/codelists").display().to_string(),
            ),
            None => (
                Reference::from_files(lists).map_err(SandboxError::failed("the embedded code lists"))?,
                conformance::ptv::Reference::from_files(lists)
                    .map_err(SandboxError::failed("the embedded code lists"))?,
                "our own minimum, embedded (--reference DIR gives others)".to_owned(),
            ),
        };
        let quality = match &options.reference {
            Some(dir) => Some(
                quality::Reference::read(&|name| std::fs::read(dir.join(name)).ok()).map_err(SandboxError::usage)?,
            ),
            None => None,
        };
        let quality = quality.map(Arc::new);
        let embedded = |name: &str| {
            let (_, content) = lists.iter().find(|(file, _)| name == format!("ptv/codelists/{file}"))?;
            Some(content.to_vec())
        };
        let matched = match &quality {
            Some(quality) => Arc::clone(quality),
            None => Arc::new(quality::Reference::read(&embedded).map_err(SandboxError::failed("the embedded lists"))?),
        };
        let terms = options.reference.as_deref().filter(|dir| dir.join(FOLDER_FILE).exists());
        let terms = match terms {
            Some(dir) => conformance::finto::Library::from_dir(dir).map_err(SandboxError::usage)?,
            None => conformance::finto::Library::minimum().map_err(SandboxError::failed("the embedded terms"))?,
        };
        Ok(Source {
            terms,
            quality,
            lists: matched,
            place: Place::of(import.format),
            format: import.format,
            records: import.records,
            reference: Arc::new(reference),
            simulated: Arc::new(simulated),
            catalogue_said,
            reference_said,
        })
    }

    /// The municipality's own organisation in the catalogue: the one without a parent.
    pub(super) fn own_organisation(&self) -> Option<String> {
        let own = self.records.iter().find(|record| {
            record.get("laji").and_then(Value::as_str) == Some("organisaatio")
                && record.get("ylaorganisaatio").is_none()
        })?;
        own.get("koodi").and_then(Value::as_str).map(str::to_owned)
    }
}
