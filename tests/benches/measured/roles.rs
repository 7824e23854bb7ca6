//! The roles that this program is started in again, so that each can be pinned to a core of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::attachments::{self, Copy};
use super::connections::{self, Visit};
use super::load::{self, Load};
use super::{finland, instructions, orders, server, start};

/// What a process of a run does.
#[derive(Debug)]
pub(crate) enum Role {
    /// The X-Road side of the adapter over a data folder.
    Silta(PathBuf),
    /// A bare hyper echo with the certificates of the same folder.
    Echo(PathBuf),
    /// Raw copies with the certificates of the same folder.
    Raw(PathBuf),
    Copy(Copy),
    Client(Load),
    /// Connections without load.
    Visit(Visit),
    /// A synthetic Finland into a data folder.
    Finland(PathBuf),
    /// Orders of letters into a data folder.
    Orders(PathBuf),
    /// A bulletin into a data folder.
    Bulletin(PathBuf),
    /// The sandbox's main job.
    Sandbox,
    /// One step of an exchange, so often.
    Step(String, u32),
}

const MARK: &str = "--role";

/// The role that the arguments ask for, if they ask for one.
pub(crate) fn asked(arguments: &[String]) -> Option<Role> {
    let [mark, name, rest @ ..] = arguments else { return None };
    match (mark.as_str(), name.as_str(), rest) {
        (MARK, "silta", [folder]) => Some(Role::Silta(folder.into())),
        (MARK, "echo", [folder]) => Some(Role::Echo(folder.into())),
        (MARK, "raw", [folder]) => Some(Role::Raw(folder.into())),
        (MARK, "copy", [copy]) => Some(Role::Copy(serde_json::from_str(copy).ok()?)),
        (MARK, "finland", [folder]) => Some(Role::Finland(folder.into())),
        (MARK, "orders", [folder]) => Some(Role::Orders(folder.into())),
        (MARK, "bulletin", [folder]) => Some(Role::Bulletin(folder.into())),
        (MARK, "sandbox", [_]) => Some(Role::Sandbox),
        (MARK, "step", [step]) => {
            let (name, times) = step.split_once(' ')?;
            Some(Role::Step(name.to_owned(), times.parse().ok()?))
        }
        (MARK, "client", [load]) => Some(Role::Client(serde_json::from_str(load).ok()?)),
        (MARK, "visit", [visit]) => Some(Role::Visit(serde_json::from_str(visit).ok()?)),
        _ => None,
    }
}

impl Role {
    pub(crate) fn play(self) -> Result<()> {
        match self {
            Role::Silta(folder) => server::silta(&folder),
            Role::Echo(folder) => server::echo(&folder),
            Role::Raw(folder) => server::raw(&folder),
            Role::Copy(copy) => attachments::copy(&copy),
            Role::Client(load) => load::run(&load),
            Role::Visit(visit) => connections::visit(&visit),
            Role::Finland(folder) => finland::import(&folder),
            Role::Orders(folder) => orders::run(&folder),
            Role::Bulletin(folder) => orders::run_bulletin(&folder),
            Role::Sandbox => start::sandbox(),
            Role::Step(name, times) => instructions::repeat(&name, times),
        }
    }

    fn arguments(&self) -> Result<[String; 3]> {
        let folder = |folder: &Path| folder.display().to_string();
        let (name, argument) = match self {
            Role::Silta(of) => ("silta", folder(of)),
            Role::Echo(of) => ("echo", folder(of)),
            Role::Raw(of) => ("raw", folder(of)),
            Role::Copy(copy) => ("copy", serde_json::to_string(copy)?),
            Role::Client(load) => ("client", serde_json::to_string(load)?),
            Role::Visit(visit) => ("visit", serde_json::to_string(visit)?),
            Role::Finland(of) => ("finland", folder(of)),
            Role::Orders(of) => ("orders", folder(of)),
            Role::Bulletin(of) => ("bulletin", folder(of)),
            Role::Sandbox => ("sandbox", String::new()),
            Role::Step(name, times) => ("step", format!("{name} {times}")),
        };
        Ok([MARK.to_owned(), name.to_owned(), argument])
    }

    /// A process in this role, free to use every core.
    pub(crate) fn command(&self) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("the bench's own path")?);
        command.args(self.arguments()?);
        Ok(command)
    }

    /// Starts a process in this role, pinned to a core (`taskset` of util-linux).
    pub(crate) fn start(&self, core: usize) -> Result<Child> {
        let own = self.command()?;
        let mut command = Command::new("taskset");
        command.arg("-c").arg(core.to_string()).arg(own.get_program()).args(own.get_args());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        match command.spawn() {
            Ok(child) => Ok(child),
            Err(error) => bail!("taskset (util-linux) does not start: {error}"),
        }
    }
}
