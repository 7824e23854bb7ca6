//! Answers of the catalogue in either form, from the view of the moment.

use std::sync::Arc;

use silta_client::common::{ErrorCode, Refusal};

use super::cache::{Key, Rendered};
use super::evidence::sha512;
use super::{Door, Tenant, json, xml};
use crate::model::EntityKey;
use crate::operations::catalogue::{self, Answer, Read};
use crate::operations::registry::{Operation, Shape};

impl Door {
    /// The body element of SOAP.
    pub(super) async fn read_xml(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
    ) -> Result<String, Refusal> {
        if cacheable(operation, read) {
            return self.rendered(tenant, operation, read).await.map(|rendered| rendered.xml.clone());
        }
        xml::write(operation, self.answer(tenant, operation, read).await?)
    }

    /// JSON and its tag; XML too where the answer is kept.
    pub(super) async fn rendered(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
    ) -> Result<Arc<Rendered>, Refusal> {
        let key =
            Key { tenant: tenant.code.clone(), operation: operation.name, code: read.code.clone().unwrap_or_default() };
        // Taken before the answer is made: an answer that is newer than its stamp is merely made once more.
        let sequence = self.catalogue.view(&tenant.code).map_or(0, |view| view.sequence());
        let stamp = (sequence, tenant.guids.generation());
        let keep = cacheable(operation, read);
        if keep && let Some(rendered) = self.cache.get(&key, stamp) {
            return Ok(rendered);
        }
        let answer = self.answer(tenant, operation, read).await?;
        let json = json::write(&answer)?;
        // Over the bytes, because PTV's identifiers in an answer change without a new revision.
        let etag = format!("\"{}\"", hex::encode(sha512(&json).get(..16).unwrap_or_default()));
        let xml = if keep { xml::write(operation, answer)? } else { String::new() };
        let rendered = Arc::new(Rendered { xml, json, etag });
        if keep {
            self.cache.put(key, stamp, &rendered);
        }
        Ok(rendered)
    }

    async fn answer(&self, tenant: &Tenant, operation: &'static Operation, read: &Read) -> Result<Answer, Refusal> {
        let view = self
            .catalogue
            .view(&tenant.code)
            .ok_or_else(|| Refusal::new(ErrorCode::Unavailable, "the catalogue is not loaded"))?;
        let guid = |key: &EntityKey| tenant.guids.guid(key);
        if operation.shape == Shape::Search {
            return catalogue::find(self.catalogue.search(), &tenant.code, view, read, &guid).await;
        }
        catalogue::read(&view, operation.shape, read, &guid)
    }
}

/// Only single records in all languages are worth keeping.
fn cacheable(operation: &Operation, read: &Read) -> bool {
    matches!(operation.shape, Shape::Get(_)) && read.lang.is_none()
}
