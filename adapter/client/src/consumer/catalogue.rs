//! The catalogue of one municipality, called over X-Road.

use http::Method;
use xroad::id::{ClientId, ServiceId, percent_encode};

use super::{CallError, Consumer, ServiceError};
use crate::catalogue::{
    ChangePage, GetService, Language, ListChanges, ListServices, SearchServices, Service, ServicePage,
};

/// Calls the family `catalogue` of one provider. Every SOAP operation can be called with [`Consumer::ask`]; the usual
/// ones have a method of their own.
#[derive(Clone, Debug)]
pub struct CatalogueClient {
    pub consumer: Consumer,
    /// The municipality's subsystem.
    pub provider: ClientId,
    /// `xrd:version` of the SOAP services, `v1` unless tenants share the subsystem.
    pub version: String,
    /// REST service code, `catalogue` unless tenants share the subsystem.
    pub rest_code: String,
}

impl CatalogueClient {
    pub fn new(consumer: Consumer, provider: ClientId) -> Self {
        Self { consumer, provider, version: "v1".to_owned(), rest_code: "catalogue".to_owned() }
    }

    /// One service, by SOAP.
    pub async fn get_service(&self, code: &str, lang: Option<Language>) -> Result<Service, ServiceError> {
        let request = GetService { code: code.to_owned(), lang };
        self.consumer.ask(&self.provider, &self.version, &request, &[]).await
    }

    /// One service, by REST.
    pub async fn get_service_rest(&self, code: &str, lang: Option<Language>) -> Result<Service, ServiceError> {
        let query = lang.map(|lang| format!("?lang={lang}")).unwrap_or_default();
        let path = format!("services/{}{query}", percent_encode(code));
        self.consumer.fetch(Method::GET, &self.service()?, &path, None).await
    }

    /// A page of services, by SOAP.
    pub async fn list_services(&self, request: &ListServices) -> Result<ServicePage, ServiceError> {
        self.consumer.ask(&self.provider, &self.version, request, &[]).await
    }

    /// Services that match words, by SOAP.
    pub async fn search_services(&self, request: &SearchServices) -> Result<ServicePage, ServiceError> {
        self.consumer.ask(&self.provider, &self.version, request, &[]).await
    }

    /// What has changed since the cursor, by SOAP.
    pub async fn list_changes(&self, request: &ListChanges) -> Result<ChangePage, ServiceError> {
        self.consumer.ask(&self.provider, &self.version, request, &[]).await
    }

    fn service(&self) -> Result<ServiceId, CallError> {
        ServiceId::new(self.provider.clone(), self.rest_code.as_str(), None)
            .map_err(|cause| CallError::Identifier { cause })
    }
}
