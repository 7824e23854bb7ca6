//! Step d: descriptions, as a security server's administration fetches them and as a consumer gets them.

use std::fmt::Write as _;

use conformance::security_server::{anonymised_openapi, anonymised_wsdl, read_openapi, read_wsdl};
use serde_json::Value;

use super::Job;
use super::read::encoded;
use crate::operations::registry::{Family, OPERATIONS, Operation, VERSION};
use crate::sandbox::SandboxError;
use crate::sandbox::compare::difference;

impl Job<'_> {
    pub(super) async fn describe(&mut self) -> Result<(), SandboxError> {
        self.account.heading("d  Descriptions are fetched as a security server does, and by getWsdl and getOpenAPI");
        for family in Family::ALL {
            let operations: Vec<&Operation> = OPERATIONS.iter().filter(|it| it.family == family).collect();
            let wsdl = self.wsdl(family, &operations).await?;
            let endpoints = self.openapi(family).await?;
            self.account.say(format_args!(
                "{}: WSDL of {} kB with {} operations, OpenAPI with {endpoints} endpoints; consumers get the same \
                 without our address.",
                family.word(),
                wsdl / 1000,
                operations.len(),
            ));
        }
        Ok(())
    }

    /// Gives the size of the WSDL in bytes.
    async fn wsdl(&self, family: Family, operations: &[&Operation]) -> Result<usize, SandboxError> {
        let failed = format!("the WSDL of {}", family.word());
        let url = self.stage.wsdl_url(family);
        let (_, direct) = self.stage.provider.fetch_description(&url).await.map_err(SandboxError::failed(&failed))?;
        let found = read_wsdl(&direct).map_err(SandboxError::failed(&failed))?;
        let described = |operation: &&Operation| found.iter().any(|it| it.code == operation.name);
        if found.len() != operations.len() || !operations.iter().all(described) {
            return Err(SandboxError::Failed(format!("{failed} does not describe the operations that we offer")));
        }
        let name = operations.first().map_or("", |operation| operation.name);
        let mut body = String::from(r#"<x:getWsdl xmlns:x="http://x-road.eu/xsd/xroad.xsd">"#);
        let _ = write!(body, "<x:serviceCode>{name}</x:serviceCode><x:serviceVersion>{VERSION}</x:serviceVersion>");
        body.push_str("</x:getWsdl>");
        let answer = self.caller.metadata_soap("getWsdl", &body).await?;
        let expected = anonymised_wsdl(&direct).map_err(SandboxError::failed(&failed))?;
        match answer.attachments.first() {
            Some(attachment) if attachment.data == expected.as_bytes() => Ok(direct.len()),
            Some(_) => Err(SandboxError::Failed(format!("{failed} is another one through getWsdl"))),
            None => Err(SandboxError::Failed("getWsdl gives no attachment".to_owned())),
        }
    }

    /// Gives the number of endpoints.
    async fn openapi(&self, family: Family) -> Result<usize, SandboxError> {
        let failed = format!("the OpenAPI description of {}", family.word());
        let url = self.stage.openapi_url(family);
        let (_, direct) = self.stage.provider.fetch_description(&url).await.map_err(SandboxError::failed(&failed))?;
        let found = read_openapi(&direct, &url).map_err(SandboxError::failed(&failed))?;
        let expected = anonymised_openapi(&direct).map_err(SandboxError::failed(&failed))?;
        let expected: Value = serde_json::from_str(&expected).map_err(SandboxError::failed(&failed))?;
        let path = format!("?serviceCode={}", encoded(family.word()));
        let got = self.caller.rest("getOpenAPI", &path).await?;
        match difference(&got, &expected) {
            None => Ok(found.endpoints.len()),
            Some(place) => Err(SandboxError::Failed(format!("{failed} differs through getOpenAPI at {place}"))),
        }
    }
}
