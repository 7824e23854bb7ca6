//! One adapter, one provider, one consumer, and the messages that the tests send.

use std::sync::OnceLock;

use super::adapter::{Adapter, Reply, Seen, xml};
use crate::ca::DevelopmentPki;
use crate::security_server::{
    AccessRight, Answer, ClientId, Consumer, ConsumerConfig, ProvidedService, Provider, ProviderConfig, ServiceId,
    ServiceKind,
};

/// RSA keys take a moment; one set is enough for all tests.
pub(super) fn pki() -> &'static DevelopmentPki {
    static PKI: OnceLock<DevelopmentPki> = OnceLock::new();
    PKI.get_or_init(|| DevelopmentPki::create(jiff::civil::date(2026, 2, 6)).unwrap())
}

pub(super) fn producer() -> ClientId {
    ClientId::subsystem("FI-TEST", "MUN", "1234567-1", "palvelut")
}

pub(super) fn client() -> ClientId {
    ClientId::subsystem("FI-TEST", "GOV", "9999906-0", "asiointi")
}

pub(super) fn soap_id() -> ServiceId {
    ServiceId::new(producer(), "getItem", Some("v1"))
}

pub(super) fn rest_id() -> ServiceId {
    ServiceId::new(producer(), "items", None)
}

pub(super) struct Bench {
    pub(super) adapter: Adapter,
    pub(super) provider: Provider,
    pub(super) consumer: Consumer,
}

impl Bench {
    pub(super) async fn start() -> Self {
        Self::with(|_| {}, ConsumerConfig::default()).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut ProviderConfig), consumer: ConsumerConfig) -> Self {
        let adapter = Adapter::start(&pki().adapter, Some(pki().security_server.fingerprint())).await;
        let base = format!("https://{}", adapter.address);
        let mut config = ProviderConfig::new(pki().security_server.clone());
        config.adapter_certificates = vec![(producer(), pki().adapter.certificate().clone())];
        config.services = vec![
            ProvidedService::new(ServiceKind::Soap, soap_id(), &format!("{base}/soap?x=1"))
                .allow(AccessRight::client(client())),
            ProvidedService::new(ServiceKind::Rest, rest_id(), &format!("{base}/rest/v1"))
                .allow(AccessRight::client(client())),
        ];
        change(&mut config);
        let provider = Provider::start(config).unwrap();
        let consumer = Consumer::start(consumer, provider.clone()).await.unwrap();
        Self { adapter, provider, consumer }
    }

    pub(super) async fn soap(&self, body: &str) -> Answer {
        self.consumer.call_soap(body.to_owned(), "text/xml; charset=UTF-8", None).await.unwrap()
    }

    /// Calls with the adapter answering as given and returns the fault code, or `None` for a message.
    pub(super) async fn code_for(&self, reply: Reply) -> Option<String> {
        self.adapter.script(move |_| reply.clone());
        self.soap(&request()).await.fault_code().await
    }
}

pub(super) const REST_PATH: &str = "/r1/FI-TEST/MUN/1234567-1/palvelut/items";

/// A request with an empty issue.
pub(super) fn request() -> String {
    envelope("<x:id>411d6755</x:id><x:userId>FI010150-999X</x:userId><x:issue/>", "<p:getItem xmlns:p=\"urn:p\"/>")
}

/// The right answer to [`request`].
pub(super) fn response() -> String {
    request().replace("getItem xmlns", "getItemResponse xmlns")
}

/// Header fields and body content inside an envelope with client, service and protocol version.
pub(super) fn envelope(fields: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<s:Envelope \
         xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" \
         xmlns:i=\"http://x-road.eu/xsd/identifiers\"><s:Header>{}{}{fields}\
         <x:protocolVersion>4.0</x:protocolVersion></s:Header><s:Body>{body}</s:Body></s:Envelope>",
        client_element(),
        service_element("getItem"),
    )
}

pub(super) fn client_element() -> &'static str {
    "<x:client i:objectType=\"SUBSYSTEM\"><i:xRoadInstance>FI-TEST</i:xRoadInstance>\
     <i:memberClass>GOV</i:memberClass><i:memberCode>9999906-0</i:memberCode>\
     <i:subsystemCode>asiointi</i:subsystemCode></x:client>"
}

pub(super) fn service_element(code: &str) -> String {
    format!(
        "<x:service i:objectType=\"SERVICE\"><i:xRoadInstance>FI-TEST</i:xRoadInstance>\
         <i:memberClass>MUN</i:memberClass><i:memberCode>1234567-1</i:memberCode>\
         <i:subsystemCode>palvelut</i:subsystemCode><i:serviceCode>{code}</i:serviceCode>\
         <i:serviceVersion>v1</i:serviceVersion></x:service>"
    )
}

/// A good adapter: echoes the request with the wrapper renamed.
pub(super) fn echo(seen: &Seen) -> Reply {
    xml(seen.text().replace("getItem xmlns", "getItemResponse xmlns"))
}
