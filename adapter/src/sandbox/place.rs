//! Which municipality the sandbox plays, and how it is registered in X-Road, PTV and Viestit.

use xroad::id::ClientId;

use super::SandboxError;
use crate::catalogue::import::Format;
use crate::config::XRoadAddress;

/// A municipality. Its business id is made up; its number decides what PTV takes for its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The tenant's code.
    pub tenant: &'static str,
    /// Three digits.
    pub municipality: &'static str,
    /// Of its organisation in PTV, by language.
    pub names: [(&'static str, &'static str); 3],
    /// GUID of its organisation in PTV.
    pub organisation: &'static str,
}

pub(super) const TURKU: Place = Place {
    tenant: "turku",
    municipality: "853",
    names: [("fi", "Turun kaupunki"), ("sv", "Åbo stad"), ("en", "City of Turku")],
    organisation: "00000000-0000-4000-8000-000000000853",
};

/// The register's own municipality.
pub(super) const HELSINKI: Place = Place {
    tenant: "helsinki",
    municipality: "091",
    names: [("fi", "Helsingin kaupunki"), ("sv", "Helsingfors stad"), ("en", "City of Helsinki")],
    organisation: "00000000-0000-4000-8000-000000000091",
};

/// The agency that calls.
pub(super) const CONSUMER: &str = "FI-TEST/GOV/9999906-0/asiointi";

impl Place {
    pub(super) fn of(format: Format) -> Place {
        match format {
            Format::Tpr => HELSINKI,
            Format::Silta | Format::TurkuPat | Format::Ptv | Format::EarlyPtv | Format::Sheet => TURKU,
        }
    }

    /// The subsystem that offers the municipality's services.
    pub(super) fn address() -> XRoadAddress {
        XRoadAddress {
            instance: "FI-TEST".into(),
            member_class: "MUN".into(),
            member_code: "1234567-1".into(),
            subsystem: "palvelut".into(),
        }
    }

    pub(super) fn provider() -> Result<ClientId, SandboxError> {
        Place::address().client_id().map_err(SandboxError::failed("the provider's identifier"))
    }

    /// The service (palvelutunnus) that its letters are sent with.
    pub(super) fn viestit_service(&self) -> String {
        format!("{}_sandbox_service", self.tenant)
    }
}
