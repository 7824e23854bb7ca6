//! Which port is whose: seven in a row from the base, or free ones.

use std::net::{Ipv4Addr, SocketAddr};

use crate::listen;
use crate::sandbox::SandboxError;

/// Addresses on loopback. A port of 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) xroad: SocketAddr,
    pub(super) intake: SocketAddr,
    pub(super) metrics: SocketAddr,
    pub(super) security_server: SocketAddr,
    pub(super) ptv: SocketAddr,
    pub(super) viestit: SocketAddr,
    pub(super) finto: SocketAddr,
}

impl Ports {
    pub(super) fn from(base: u16) -> Result<Ports, SandboxError> {
        let at = |offset: u16| {
            let port = if base == 0 { Some(0) } else { base.checked_add(offset) };
            let wrong = || SandboxError::Usage(format!("--port-base {base}: there are no ports above 65535"));
            port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok_or_else(wrong)
        };
        Ok(Ports {
            xroad: at(0)?,
            intake: at(1)?,
            metrics: at(2)?,
            security_server: at(3)?,
            ptv: at(4)?,
            viestit: at(5)?,
            finto: at(6)?,
        })
    }

    /// Says which port is taken, and by whom, before anything is started. The simulators can not say it.
    pub(super) fn check(&self) -> Result<(), SandboxError> {
        let wanted = [self.xroad, self.intake, self.metrics, self.security_server, self.ptv, self.viestit, self.finto];
        for address in wanted.into_iter().filter(|address| address.port() != 0) {
            let taken = |error| SandboxError::Usage(format!("{error}, or give --port-base N (0 takes free ports)"));
            drop(listen::bind(address).map_err(taken)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;

    #[tokio::test]
    async fn names_the_port_that_is_taken() {
        let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
        let port = holder.local_addr().expect("bound").port();
        let ports = Ports::from(port).expect("below the end");
        let error = ports.check().expect_err("taken");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(&format!("port {port} on 127.0.0.1 is taken")), "{error}");
        assert!(Ports::from(65_533).is_err());
        let free = Ports::from(0).expect("free ones");
        assert!(free.check().is_ok());
    }
}
