//! Which Silta a command is about: `--config FILE` or `--data DIR`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::Failure;
use crate::config::{Config, Engine};
use crate::control::{self, Command, ControlError};
use crate::store::{Access, Location, Store, StoreConfig, StoreError};
use crate::world::World;

/// The configuration of the usual name is used when neither flag is given.
const USUAL: &str = "silta.toml";

/// The flags by which every command finds the running process and its data.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The configuration of the process; silta.toml in this folder when neither is given.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub config: Option<PathBuf>,
    /// Its data directory.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What commands about tenants share.
#[derive(Args, Debug)]
pub(super) struct Scope {
    #[command(flatten)]
    pub(super) place: Place,
    /// One tenant only; without it, all.
    #[arg(long, value_name = "CODE")]
    pub(super) tenant: Option<String>,
    /// Report as JSON on standard output.
    #[arg(long)]
    pub(super) json: bool,
}

/// A place that was found.
pub(super) struct Found {
    pub(super) socket: PathBuf,
    data: PathBuf,
    config: Option<Config>,
}

impl Place {
    pub(super) fn find(&self) -> Result<Found, Failure> {
        if let Some(data) = &self.data {
            if !data.is_dir() {
                return Err(Failure::usage(format!("--data {}: there is no such folder", data.display())));
            }
            return Ok(Found { socket: data.join("silta.sock"), data: data.clone(), config: None });
        }
        let path = match &self.config {
            Some(path) => path.as_path(),
            None if Path::new(USUAL).is_file() => Path::new(USUAL),
            None => {
                return Err(Failure::usage("give --config FILE or --data DIR, or run it where silta.toml is"));
            }
        };
        let config = Config::load(path).map_err(|error| Failure::usage(error.to_string()))?.config;
        Ok(Found { socket: config.socket(), data: config.data_dir().to_owned(), config: Some(config) })
    }

    /// Asks the running process.
    pub(super) async fn ask(&self, command: &Command) -> Result<Value, Failure> {
        Ok(control::call(&self.find()?.socket, command).await?)
    }
}

impl Found {
    /// Asks the running process, or says that there is none.
    pub(super) async fn ask(&self, command: &Command) -> Result<Option<Value>, Failure> {
        match control::call(&self.socket, command).await {
            Ok(value) => Ok(Some(value)),
            Err(ControlError::NotRunning { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the store for reading, while no process runs.
    pub(super) async fn store(&self) -> Result<Store, Failure> {
        let mut store = StoreConfig::in_folder(&self.data);
        if let Some(config) = &self.config
            && config.store.engine == Engine::Postgres
        {
            let file = config.store.url_file.as_ref();
            let file = file.ok_or_else(|| Failure::usage("store.url_file: PostgreSQL needs it"))?;
            let url = file
                .read()
                .map_err(|error| Failure::usage(format!("store.url_file {}: {error}", file.path().display())))?;
            store.location = Location::Postgres(url);
        }
        if let Location::Sqlite(file) = &store.location
            && !file.is_file()
        {
            let text = "there is no process and no database. Start `silta serve`, or give another --data DIR";
            return Err(Failure::usage(format!("{}: {text}", self.data.display())));
        }
        store.access = Access::Read;
        Store::open(store, &World::system()).await.map_err(|error| {
            let busy = matches!(error, StoreError::Locked { .. });
            let act = if busy { ". Another process is using it; wait until it has ended" } else { "" };
            Failure::problem(format!("{}: the store cannot be opened: {error}{act}", self.data.display()))
        })
    }

    /// The tenants of the configuration, where there is one.
    pub(super) fn tenants(&self) -> Option<Vec<String>> {
        let config = self.config.as_ref()?;
        Some(config.tenants.iter().map(|tenant| tenant.code.clone()).collect())
    }
}
