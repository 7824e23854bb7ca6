//! The adapter as a process that its operator may stop and start again, at the same addresses.
//!
//! Both are the real ones: a stop drains, a start reads the configuration file.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::VIESTIT_POLL;
use crate::catalogue::quality;
use crate::config::Config;
use crate::lifecycle::{Ending, Lifecycle, write_ports};
use crate::ptv::reference::Reference;
use crate::sandbox::SandboxError;
use crate::sandbox::source::Source;
use crate::world::World;
use crate::{Adapter, Extras, Running, StartError};

/// See the module.
pub struct Process {
    /// Name → address; a restart keeps them.
    pub addresses: BTreeMap<String, SocketAddr>,
    /// The operator's socket.
    pub socket: PathBuf,
    file: PathBuf,
    world: World,
    reference: Arc<Reference>,
    quality: Option<Arc<quality::Reference>>,
    lists: Arc<quality::Reference>,
    /// None after a start that failed.
    running: Mutex<Option<Running>>,
}

impl Process {
    /// Writes the configuration file, as an operator has it on disk, and starts.
    pub(super) async fn start(
        config: Config,
        file: PathBuf,
        world: &World,
        source: &Source,
    ) -> Result<Self, SandboxError> {
        write(&config, &file)?;
        let running = started(config, &file, world, &source.reference, (source.quality.clone(), &source.lists)).await?;
        Ok(Self {
            addresses: running.addresses.clone(),
            socket: running.socket.clone(),
            file,
            world: world.clone(),
            reference: Arc::clone(&source.reference),
            quality: source.quality.clone(),
            lists: Arc::clone(&source.lists),
            running: Mutex::new(Some(running)),
        })
    }

    /// Drains, stops, and starts again with what the configuration file says, where it listened before.
    pub async fn restart(&self) -> Result<(), SandboxError> {
        let mut running = self.running.lock().await;
        let mut config = self.config()?;
        let data = config.data_dir().to_owned();
        let ports = std::fs::read(data.join("ports.json")).map_err(SandboxError::failed("ports.json"))?;
        let ports = serde_json::from_slice(&ports).map_err(SandboxError::failed("ports.json"))?;
        for (name, listen) in [
            ("xroad", &mut config.xroad.listen),
            ("intake", &mut config.intake.listen),
            ("metrics", &mut config.control.metrics),
        ] {
            if let Some(address) = self.addresses.get(name) {
                *listen = *address;
            }
        }
        write(&config, &self.file)?;
        if let Some(running) = running.take() {
            running.shutdown().await;
        }
        *running =
            Some(started(config, &self.file, &self.world, &self.reference, (self.quality.clone(), &self.lists)).await?);
        // The start has listed its own only.
        write_ports(&data, &ports).map_err(SandboxError::failed("ports.json"))
    }

    /// What the configuration file says.
    pub fn config(&self) -> Result<Config, SandboxError> {
        Ok(Config::load(&self.file).map_err(SandboxError::failed("the configuration"))?.config)
    }

    /// The tasks of what runs at the moment.
    pub async fn lifecycle(&self) -> Option<Lifecycle> {
        self.running.lock().await.as_ref().map(Running::lifecycle)
    }

    /// Drains and stops. None when nothing ran.
    pub(super) async fn stop(&self) -> Option<Ending> {
        let running = self.running.lock().await.take()?;
        Some(running.shutdown().await)
    }
}

fn write(config: &Config, file: &PathBuf) -> Result<(), SandboxError> {
    let text = toml::to_string(config).map_err(SandboxError::failed("the configuration"))?;
    std::fs::write(file, text).map_err(SandboxError::failed("the configuration"))
}

async fn started(
    config: Config,
    file: &std::path::Path,
    world: &World,
    reference: &Arc<Reference>,
    (quality_reference, lists): (Option<Arc<quality::Reference>>, &Arc<quality::Reference>),
) -> Result<Running, SandboxError> {
    let extras = Extras {
        ptv_reference: Some(Arc::clone(reference)),
        quality_reference,
        lists: Some(Arc::clone(lists)),
        // The main job's account counts what the adapter writes; this would come in between.
        vocabulary_by_hand: true,
        viestit_poll: Some(VIESTIT_POLL),
        config_file: Some(file.to_owned()),
        files: None,
    };
    Adapter::start(config, world.clone(), extras).await.map_err(|error| match error {
        StartError::Bind(_) => SandboxError::Usage(error.to_string()),
        _ => SandboxError::Failed(format!("the adapter does not start: {error}")),
    })
}
