//! Answers of the catalogue in either form, from the view of the moment.

use std::sync::Arc;

use bytes::Bytes;
use silta_client::common::{ErrorCode, Refusal};

use super::cache::{Key, Rendered};
use super::evidence::sha512;
use super::linked::Publisher;
use super::negotiate::Form;
use super::{Door, Tenant, geo, json, xml};
use crate::model::{EntityKey, Kind, View};
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
        let etag = tag_of(&json);
        let xml = if keep { xml::write(operation, answer)? } else { String::new() };
        let rendered = Arc::new(Rendered { xml, json, etag });
        if keep {
            self.cache.put(key, stamp, &rendered);
        }
        Ok(rendered)
    }

    /// An answer in a form that is not the contract's own, with its tag. Made anew for each request.
    pub(super) async fn in_form(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
        form: Form,
    ) -> Result<(Bytes, String), Refusal> {
        // One view for the whole graph.
        let view = self.view(tenant)?;
        let answer = self.answer_of(Arc::clone(&view), tenant, operation, read).await?;
        let guid = |key: &EntityKey| tenant.guids.guid(key);
        let content = if form == Form::GeoJson {
            geo::write(&answer)?
        } else {
            let get = |kind: Kind, code: &str| {
                let read = Read { code: Some(code.to_owned()), lang: read.lang, ..Read::default() };
                catalogue::read(&view, Shape::Get(kind), &read, &guid).ok()
            };
            let publisher = Publisher {
                base: format!("{}/id/{}", tenant.public_url, tenant.code),
                name: &tenant.name,
                municipality: tenant.municipality.as_deref(),
                organisation: tenant.organisation.as_deref(),
                get: &get,
                offers: &|code| catalogue::offers_of(&view, code, read.lang),
                class: &|code| catalogue::class_name(&view, code, read.lang),
            };
            publisher.write(&answer)?
        };
        let etag = tag_of(&content);
        Ok((content, etag))
    }

    fn view(&self, tenant: &Tenant) -> Result<Arc<View>, Refusal> {
        let view = self.catalogue.view(&tenant.code);
        view.ok_or_else(|| Refusal::new(ErrorCode::Unavailable, "the catalogue is not loaded"))
    }

    async fn answer(&self, tenant: &Tenant, operation: &'static Operation, read: &Read) -> Result<Answer, Refusal> {
        self.answer_of(self.view(tenant)?, tenant, operation, read).await
    }

    async fn answer_of(
        &self,
        view: Arc<View>,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
    ) -> Result<Answer, Refusal> {
        let guid = |key: &EntityKey| tenant.guids.guid(key);
        if operation.shape == Shape::Search {
            return catalogue::find(self.catalogue.search(), &tenant.code, view, read, &guid).await;
        }
        catalogue::read(&view, operation.shape, read, &guid)
    }
}

fn tag_of(content: &[u8]) -> String {
    format!("\"{}\"", hex::encode(sha512(content).get(..16).unwrap_or_default()))
}

/// Only single records in all languages are worth keeping.
fn cacheable(operation: &Operation, read: &Read) -> bool {
    matches!(operation.shape, Shape::Get(_)) && read.lang.is_none()
}
