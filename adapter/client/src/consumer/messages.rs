//! Sending messages through one municipality's connection to Suomi.fi Messages, called over X-Road.

use bytes::Bytes;
use http::Method;
use xroad::id::{ClientId, ServiceId, percent_encode};

use super::{CallError, Consumer, Part, ServiceError};
use crate::messages::{AcceptedOrder, GetMessageStatus, MessageStatus, SendMessage};

/// Calls the family `messages` of one provider. An order may be repeated after any error: its order id makes it one.
#[derive(Clone, Debug)]
pub struct MessagesClient {
    pub consumer: Consumer,
    pub provider: ClientId,
    /// `xrd:version` of the SOAP services, `v1` unless tenants share the subsystem.
    pub version: String,
    /// REST service code, `messages` unless tenants share the subsystem.
    pub rest_code: String,
}

impl MessagesClient {
    pub fn new(consumer: Consumer, provider: ClientId) -> Self {
        Self { consumer, provider, version: "v1".to_owned(), rest_code: "messages".to_owned() }
    }

    /// Sends an order by SOAP. Attachments of the order name their part by [`Part::reference`].
    pub async fn send(&self, order: &SendMessage, files: &[Part]) -> Result<AcceptedOrder, ServiceError> {
        self.consumer.ask(&self.provider, &self.version, order, files).await
    }

    /// Sends an order by REST, with small files in it as base64.
    pub async fn send_rest(&self, order: &SendMessage) -> Result<AcceptedOrder, ServiceError> {
        let json = serde_json::to_vec(order).map_err(|_| ServiceError::Json)?;
        self.consumer.fetch(Method::POST, &self.service()?, "messages", Some(Bytes::from(json))).await
    }

    /// How far an order has come, by SOAP.
    pub async fn status(&self, id: &str) -> Result<MessageStatus, ServiceError> {
        self.consumer.ask(&self.provider, &self.version, &GetMessageStatus { id: id.to_owned() }, &[]).await
    }

    /// How far an order has come, by REST.
    pub async fn status_rest(&self, id: &str) -> Result<MessageStatus, ServiceError> {
        let path = format!("messages/{}", percent_encode(id));
        self.consumer.fetch(Method::GET, &self.service()?, &path, None).await
    }

    fn service(&self) -> Result<ServiceId, CallError> {
        ServiceId::new(self.provider.clone(), self.rest_code.as_str(), None)
            .map_err(|cause| CallError::Identifier { cause })
    }
}
