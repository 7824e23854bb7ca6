//! Everything that stands around the adapter, and the adapter among it: certificates, simulators, both security servers.

mod config;
mod data;
mod ports;
mod process;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use conformance::ca::{CaError, DevelopmentPki};
use conformance::finto::{FintoConfig, FintoSimulator};
use conformance::ptv::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser};
use conformance::security_server::{
    AccessRight, ClientId, ConnectionType, Consumer, ConsumerClient, ConsumerConfig, Provider, ProviderConfig,
};
use conformance::viestit::{ShiftedClock, SystemAccount, ViestitConfig, ViestitSimulator};

use self::config::{Named, PTV_USER, VIESTIT_USER};
pub(super) use self::data::DataDir;
use self::ports::Ports;
pub use self::process::Process;
use super::place::{CONSUMER, Place};
use super::source::Source;
use super::{Options, SandboxError, samples};
use crate::config::SecretFile;
use crate::lifecycle::write_ports;
use crate::operations::registry::Family;
use crate::world::World;

/// Viestit's event feed is read this often, so that a letter is seen to arrive.
const VIESTIT_POLL: Duration = Duration::from_millis(500);

/// The adapter's configuration in the data directory.
pub(super) const CONFIG_FILE: &str = "silta.toml";

/// A running set-up. [`Stage::close`] drains it; a drop only stops it.
pub struct Stage {
    pub place: Place,
    /// The adapter.
    pub adapter: Arc<Process>,
    pub ptv: PtvSimulator,
    pub viestit: ViestitSimulator,
    pub finto: FintoSimulator,
    /// The municipality's security server.
    pub provider: Provider,
    /// The agency's security server.
    pub consumer: Consumer,
    /// The CMS's bearer key.
    pub cms_key: String,
    pub world: World,
    data: DataDir,
}

impl Stage {
    /// Starts everything and registers the adapter's services at its security server.
    pub async fn build(options: &Options, source: &Source) -> Result<Stage, SandboxError> {
        let ports = Ports::from(options.port_base)?;
        ports.check()?;
        let place = source.place;
        let data = DataDir::open(options.data.as_deref())?;
        let world = World::system();
        let pki =
            pki(&world, &data.path().join("pki")).map_err(SandboxError::failed("the development certificates"))?;
        let secret = |name: &str| -> Result<(String, SecretFile), SandboxError> {
            let value = hex::encode(world.random::<24>().map_err(SandboxError::failed("a secret"))?);
            let file = data.secret(name, &value)?;
            Ok((value, SecretFile(file)))
        };
        let (cms_key, cms_key_file) = secret("cms-key")?;
        let (_, reader_key) = secret("palvelukortit-key")?;
        let (ptv_password, ptv_password_file) = secret("ptv-password")?;
        let (viestit_password, viestit_password_file) = secret("viestit-password")?;

        let ptv = ptv_simulator(&place, source, &ptv_password, ports.ptv.port()).await?;
        let viestit = viestit_simulator(&place, viestit_password, ports.viestit).await?;
        let finto = finto_simulator(source, ports.finto).await?;
        let config = config::config(
            &place,
            Named {
                data: data.path(),
                ports: &ports,
                cms_key: cms_key_file,
                reader_key,
                ptv_password: ptv_password_file,
                viestit_password: viestit_password_file,
                ptv_url: &ptv.base_url,
                viestit_url: &viestit.base_url,
                finto_url: &finto.rest_url,
                organisation: source.own_organisation(),
                deadline: options.deadline,
            },
        );
        let file = data.path().join(CONFIG_FILE);
        let adapter = Arc::new(Process::start(config, file, &world, source).await?);

        let provider = Provider::start(ProviderConfig::new(pki.security_server.clone()))
            .map_err(SandboxError::failed("the municipality's security server"))?;
        let consumer = ConsumerConfig {
            clients: vec![ConsumerClient { id: consumer_id()?, connection: ConnectionType::Http }],
            ..ConsumerConfig::default()
        };
        let consumer = Consumer::start_at(consumer, provider.clone(), ports.security_server)
            .await
            .map_err(SandboxError::failed("the agency's security server"))?;
        let stage = Stage { place, adapter, ptv, viestit, finto, provider, consumer, cms_key, world, data };
        stage.register(&pki).await?;
        stage.write_ports()?;
        Ok(stage)
    }

    /// Puts the simulators beside the adapter's own addresses in `ports.json`.
    fn write_ports(&self) -> Result<(), SandboxError> {
        let mut addresses = self.adapter.addresses.clone();
        addresses.insert("consumer".to_owned(), self.consumer.address);
        addresses.insert("ptv".to_owned(), self.ptv.address);
        addresses.insert("finto".to_owned(), self.finto.address);
        let viestit = self.viestit.base_url.trim_start_matches("http://").parse();
        addresses.insert("viestit".to_owned(), viestit.map_err(SandboxError::failed("Viestit's address"))?);
        write_ports(self.data(), &addresses).map_err(SandboxError::failed("ports.json"))
    }

    /// What an administrator does at the municipality's security server: uploads the adapter's certificate, adds each
    /// description, enables its services and opens them to the agency.
    async fn register(&self, pki: &DevelopmentPki) -> Result<(), SandboxError> {
        let subsystem = provider_id();
        let agency = consumer_id()?;
        self.provider.upload_certificate(subsystem.clone(), pki.adapter.certificate().clone());
        for family in Family::ALL {
            let adding = format!("registering {} at the security server", family.word());
            let failed = || SandboxError::failed(&adding);
            let mut services = self.provider.add_wsdl(&subsystem, &self.wsdl_url(family)).await.map_err(failed())?;
            let openapi = self.openapi_url(family);
            services.push(self.provider.add_openapi(&subsystem, family.word(), &openapi).await.map_err(failed())?);
            for service in services {
                self.provider.open_to(&service, AccessRight::client(agency.clone()));
            }
        }
        Ok(())
    }

    pub fn wsdl_url(&self, family: Family) -> String {
        format!("https://{}/{}/{}/meta/v1/service.wsdl", self.address("xroad"), self.place.tenant, family.word())
    }

    pub fn openapi_url(&self, family: Family) -> String {
        format!("https://{}/{}/{}/meta/v1/openapi.json", self.address("xroad"), self.place.tenant, family.word())
    }

    /// An address of the adapter by its name.
    pub fn address(&self, name: &str) -> SocketAddr {
        self.adapter.addresses.get(name).copied().unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Where the own systems push.
    pub fn intake_url(&self) -> String {
        format!("http://{}/intake/v1/{}", self.address("intake"), self.place.tenant)
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    pub fn data_is_temporary(&self) -> bool {
        self.data.is_temporary()
    }

    pub fn socket(&self) -> &PathBuf {
        &self.adapter.socket
    }

    /// Ends everything in the order in which it may be missed: who calls first, the adapter, whom it calls last.
    /// Returns whether the adapter drained.
    pub async fn close(self) -> bool {
        self.consumer.shutdown().await;
        self.provider.shutdown().await;
        let ending = self.adapter.stop().await;
        self.ptv.stop().await;
        self.viestit.shutdown().await;
        self.finto.stop().await;
        ending.is_some_and(|ending| ending.exit_code() == 0)
    }
}

fn pki(world: &World, folder: &Path) -> Result<DevelopmentPki, CaError> {
    // From yesterday on, so that no clock of the house is behind the certificate.
    let today = world.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let pki = DevelopmentPki::create(today.yesterday().unwrap_or(today))?;
    pki.write(folder)?;
    Ok(pki)
}

pub(super) fn provider_id() -> ClientId {
    let address = Place::address();
    ClientId::subsystem(&address.instance, &address.member_class, &address.member_code, &address.subsystem)
}

pub(super) fn consumer_id() -> Result<ClientId, SandboxError> {
    ClientId::from_header(CONSUMER).ok_or_else(|| SandboxError::Failed("the agency's identifier".to_owned()))
}

async fn ptv_simulator(
    place: &Place,
    source: &Source,
    password: &str,
    port: u16,
) -> Result<PtvSimulator, SandboxError> {
    let config = PtvConfig {
        users: vec![PtvUser::api(PTV_USER, password, place.organisation)],
        organizations: vec![PtvOrganization::municipality(place.organisation, place.municipality, &place.names)],
        port,
        ..PtvConfig::new(PtvProfile::Live2026, Arc::clone(&source.simulated))
    };
    PtvSimulator::start(config).await.map_err(SandboxError::failed("the PTV simulator"))
}

async fn finto_simulator(source: &Source, listen: SocketAddr) -> Result<FintoSimulator, SandboxError> {
    let config = FintoConfig { listen, ..FintoConfig::new(source.terms.clone()) };
    FintoSimulator::start(config).await.map_err(SandboxError::failed("Finto's simulator"))
}

async fn viestit_simulator(
    place: &Place,
    password: String,
    listen: SocketAddr,
) -> Result<ViestitSimulator, SandboxError> {
    let config = ViestitConfig {
        listen,
        systems: vec![SystemAccount {
            user_name: VIESTIT_USER.to_owned(),
            password,
            services: vec![place.viestit_service()],
        }],
        clock: Arc::new(ShiftedClock::default()),
        persons: samples::persons(),
        ..ViestitConfig::default()
    };
    ViestitSimulator::start(config).await.map_err(SandboxError::failed("the Viestit simulator"))
}
