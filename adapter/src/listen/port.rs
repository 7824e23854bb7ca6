//! Ports: taking one, and saying who holds it when it is taken.

use std::net::SocketAddr;
use std::path::Path;

use tokio::net::{TcpListener, TcpSocket};

use crate::error::{Answers, Blame, Retry};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// An address that is ours.
#[derive(Debug)]
pub struct Bound {
    address: SocketAddr,
    socket: TcpListener,
}

impl Bound {
    /// The address with the port that was taken when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn into_parts(self) -> (SocketAddr, TcpListener) {
        (self.address, self.socket)
    }
}

/// Why an address cannot be listened on. Ours; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("port {} on {} is taken{}. Stop the holder or configure another port", address.port(), address.ip(), by(holder.as_ref()))]
    Taken {
        address: SocketAddr,
        /// The process that holds it, when it can be found.
        holder: Option<String>,
    },
    #[error("{address} cannot be listened on: {source}. Configure an address of this machine and a port above 1023")]
    Refused { address: SocketAddr, source: std::io::Error },
}

fn by(holder: Option<&String>) -> String {
    holder.map_or_else(String::new, |holder| format!(" by {holder}"))
}

impl Answers for BindError {
    fn blame(&self) -> Blame {
        Blame::Us
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Taken { .. } => Retry::Later,
            Self::Refused { .. } => Retry::Never,
        }
    }
}

/// Takes an address. Port 0 takes a free one. Must run inside the runtime.
pub fn bind(address: SocketAddr) -> Result<Bound, BindError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Without this a port stays unusable for a minute after a restart.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let socket = socket.listen(BACKLOG)?;
        Ok(Bound { address: socket.local_addr()?, socket })
    };
    listen().map_err(|source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AddrInUse => BindError::Taken { address, holder: holder(address.port()) },
        _ => BindError::Refused { address, source },
    })
}

/// The process that listens on a port, as `name (process 123)`. Linux only, and only for processes that we may see.
fn holder(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| listening_inode(table, port))?;
    let target = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let holds =
            files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&target)));
        if holds {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {id})", crate::telemetry::safe(name.trim())));
        }
    }
    None
}

/// The inode of the listening socket in a table of /proc/net (proc(5): local address, state `0A`, inode).
fn listening_inode(table: &str, port: u16) -> Option<String> {
    let text = std::fs::read_to_string(table).ok()?;
    let suffix = format!(":{port:04X}");
    text.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        (local.ends_with(&suffix) && *state == "0A").then(|| (*inode).to_owned())
    })
}
