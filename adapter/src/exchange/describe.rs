//! The contracts as the security server fetches them: the files of `wsdl/`, byte for byte but for the endpoint address
//! and the version, made once at start (design §4).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use xroad::wsdl::{WsdlError, rewrite};

use super::Tenant;
use super::route::Target;
use crate::operations::registry::Family;

/// The contracts, as they stand in `wsdl/`.
const FILES: [(Family, &str, &str); 2] = [
    (
        Family::Catalogue,
        include_str!("../../../wsdl/catalogue/v1/service.wsdl"),
        include_str!("../../../wsdl/catalogue/v1/openapi.json"),
    ),
    (
        Family::Messages,
        include_str!("../../../wsdl/messages/v1/service.wsdl"),
        include_str!("../../../wsdl/messages/v1/openapi.json"),
    ),
];

pub(super) struct Descriptions {
    served: BTreeMap<(Arc<str>, Family), (Bytes, Bytes)>,
}

impl Descriptions {
    pub(super) fn new(tenants: &[Tenant]) -> Result<Descriptions, WsdlError> {
        let mut served = BTreeMap::new();
        for tenant in tenants {
            for (family, wsdl, openapi) in FILES {
                let base = format!("{}/{}/{}", tenant.public_url, tenant.code, family.word());
                let wsdl = rewrite(wsdl, &format!("{base}/soap/v1"), Some(&tenant.version))?;
                let openapi = with_server(openapi, &format!("{base}/rest/v1"));
                served.insert((Arc::clone(&tenant.code), family), (Bytes::from(wsdl), Bytes::from(openapi)));
            }
        }
        Ok(Descriptions { served })
    }

    pub(super) fn get(&self, tenant: &Arc<str>, family: Family, target: &Target) -> Option<(Bytes, &'static str)> {
        let (wsdl, openapi) = self.served.get(&(Arc::clone(tenant), family))?;
        match target {
            Target::Wsdl => Some((wsdl.clone(), "text/xml; charset=UTF-8")),
            Target::OpenApi => Some((openapi.clone(), "application/json")),
            Target::Soap | Target::Rest(_) => None,
        }
    }
}

/// Puts the address in place of the first server's, every other byte untouched.
fn with_server(openapi: &str, address: &str) -> String {
    let placed = serde_json::from_str::<serde_json::Value>(openapi).ok().and_then(|document| {
        let written = document.pointer("/servers/0/url")?.as_str()?.to_owned();
        openapi.contains(&written).then(|| openapi.replacen(&written, address, 1))
    });
    placed.unwrap_or_else(|| openapi.to_owned())
}
