//! xroad.md §9.8, and the cases of §9.6 and §9.7 in the consumer's role: `silta-client` over sockets through both
//! security servers to a whole adapter. What only an untruthful server shows stands in the client's own tests.

use std::net::SocketAddr;
use std::time::Duration;

use conformance::ca::{CertificateSpec, Identity, hostile};
use conformance::security_server::{self as servers, Files, PLACEHOLDER_ADDRESS, Pair};
use silta_client::consumer::metadata::{ClientListForm, Which};
use silta_client::consumer::tls::{Pin, Tls, http_client, pin};
use silta_client::consumer::{CallError, CatalogueClient, Consumer, RestHashCheck, ServiceError};
use tempfile::TempDir;
use xroad::id::{ClientId, ServiceId};
use xroad::soap::classify::Delivery;

use crate::harness::{CONSUMER, PROVIDER, READER, SERVICE, TENANT, TestAdapter, pki, run};

/// The two security servers of `docs/security-servers.md`, in front of the shared adapter.
struct Around {
    pair: Pair,
    _folder: TempDir,
}

impl Around {
    /// `above` stands before the tables of the file, `consumer` in `[consumer]`, `below` behind everything.
    async fn start(above: &str, consumer: &str, below: &str) -> Self {
        let adapter = TestAdapter::shared(super::database()).await;
        let folder = tempfile::tempdir().unwrap();
        pki().security_server.write(folder.path(), "security-server").unwrap();
        let certificate = pki().adapter.write(folder.path(), "adapter").unwrap().certificate;
        let url = &adapter.url;
        let text = format!(
            r#"
certificates = "."
{above}
[consumer]
{consumer}
[[provider.adapters]]
subsystem = "{PROVIDER}"
certificates = ["{}"]
[[provider.descriptions]]
subsystem = "{PROVIDER}"
wsdl = "{url}/{TENANT}/catalogue/meta/v1/service.wsdl"
access = [{{ client = "{CONSUMER}" }}]
[[provider.descriptions]]
subsystem = "{PROVIDER}"
openapi = "{url}/{TENANT}/catalogue/meta/v1/openapi.json"
service-code = "catalogue"
access = [{{ client = "{CONSUMER}" }}, {{ client = "{READER}", method = "GET", path = "/services" }}]
{below}
"#,
            certificate.display()
        );
        let file = folder.path().join("security-servers.toml");
        let files = Files::parse(&file, &text).unwrap_or_else(|error| panic!("{error}"));
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let pair = files.start(folder.path(), free, "2026-02-06".parse().unwrap()).await;
        Self { pair: pair.unwrap_or_else(|error| panic!("{error}")), _folder: folder }
    }

    fn catalogue(&self) -> CatalogueClient {
        catalogue(&self.pair.consumer.url(), Vec::new())
    }
}

fn consumer(url: &str, pins: Vec<Pin>) -> Consumer {
    let http = http_client(Some(Tls { identity: None, pins }), Duration::from_secs(20)).unwrap();
    let mut consumer = Consumer::new(url, id(CONSUMER), http);
    consumer.strict_rest_hash = true;
    consumer
}

fn catalogue(url: &str, pins: Vec<Pin>) -> CatalogueClient {
    CatalogueClient::new(consumer(url, pins), id(PROVIDER))
}

fn id(text: &str) -> ClientId {
    text.parse().unwrap()
}

#[test]
fn xroad_cn_01_typed_calls_through_both_servers() {
    run(async {
        for release in ["7.7", "7.8"] {
            let around = Around::start("", &format!("release = \"{release}\""), "").await;
            let client = around.catalogue();
            let by_soap = client.get_service(SERVICE.0, None).await.unwrap();
            let by_rest = client.get_service_rest(SERVICE.0, None).await.unwrap();
            assert_eq!(by_soap.name.fi.as_deref(), Some(SERVICE.1));
            assert_eq!(by_soap, by_rest);
            around.pair.shutdown().await;
        }
    });
}

#[test]
fn xroad_cn_02_a_tampered_hash_fails_the_call() {
    run(async {
        for hash in ["wrong", "absent"] {
            let around = Around::start("", "check-hash = false", "").await;
            let tamper = if hash == "wrong" { servers::Tamper::WrongHash } else { servers::Tamper::NoHash };
            around.pair.provider.set_tamper(tamper);
            let soap = around.catalogue().get_service(SERVICE.0, None).await.unwrap_err();
            assert!(matches!(soap, ServiceError::Call(CallError::Mismatch(_))), "{hash}: {soap}");
            let rest = around.catalogue().get_service_rest(SERVICE.0, None).await.unwrap_err();
            let ServiceError::Call(CallError::RestHash { received, own }) = rest else { panic!("{rest}") };
            assert_ne!(received, own, "{hash}");
            around.pair.shutdown().await;
        }
    });
}

#[test]
fn xroad_cn_03_04_05_errors_mean_the_same_in_every_release() {
    run(async {
        for (release, peer) in [("7.7", "7.7"), ("7.7", "7.8"), ("7.8", "7.7"), ("7.8", "7.8")] {
            let around = Around::start("", &format!("release = \"{release}\""), "").await;
            let pair = servers::Provider::start(servers::ProviderConfig {
                release: if peer == "7.7" { servers::Release::UpTo7_7 } else { servers::Release::From7_8 },
                services: around.pair.provider.services(),
                ..servers::ProviderConfig::new(pki().security_server.clone())
            })
            .unwrap();
            let config = servers::ConsumerConfig {
                release: if release == "7.7" { servers::Release::UpTo7_7 } else { servers::Release::From7_8 },
                ..servers::ConsumerConfig::default()
            };
            let server = servers::Consumer::start(config, pair.clone()).await.unwrap();
            let mut stranger = catalogue(&server.url(), Vec::new());
            stranger.consumer.client = id("FI-TEST/COM/1234567-1/vieras");
            let soap = stranger.get_service(SERVICE.0, None).await.unwrap_err();
            let rest = stranger.get_service_rest(SERVICE.0, None).await.unwrap_err();
            for error in [soap, rest] {
                let ServiceError::Call(CallError::XRoad { error, detail, .. }) = error else {
                    panic!("{release} {peer}: {error}")
                };
                assert_eq!(error.cause, "accessdenied", "{release} {peer}");
                assert_eq!(error.delivery(), Delivery::NotDelivered);
                assert!(detail.is_some());
            }
            // The same provider without the adapter's certificate: its own code, in its own spelling.
            let unpinned = catalogue(&server.url(), Vec::new());
            let error = unpinned.get_service_rest(SERVICE.0, None).await.unwrap_err();
            let ServiceError::Call(CallError::XRoad { error, .. }) = error else { panic!("{error}") };
            assert_eq!(error.cause, "sslauthenticationfailed", "{release} {peer}");
            server.shutdown().await;
            pair.shutdown().await;
            around.pair.shutdown().await;
        }
    });
}

#[test]
fn xroad_me_11_lists_of_services_and_clients() {
    run(async {
        let members = format!(
            "[[members]]\nid = \"FI-TEST/MUN/1234567-1\"\nname = \"Kunta\"\n\
             [[members]]\nid = \"{PROVIDER}\"\nname = \"Kunta\"\nsubsystem-name = \"Palvelut & muut\"\n\
             [[members]]\nid = \"FI/GOV/1\"\nname = \"Toinen\"\n"
        );
        let around = Around::start("", "", &members).await;
        let client = consumer(&around.pair.consumer.url(), Vec::new());
        let provider = id(PROVIDER);
        let all = client.soap_services(&provider, Which::All).await.unwrap();
        let get = ServiceId::new(provider.clone(), "getService", Some("v1".to_owned())).unwrap();
        assert!(all.contains(&get) && all.len() > 10, "{}", all.len());
        assert_eq!(client.soap_services(&provider, Which::Allowed).await.unwrap(), all);
        let rest = client.rest_services(&provider, Which::All).await.unwrap();
        let [only] = rest.as_slice() else { panic!("{rest:?}") };
        assert_eq!((only.id.service_code(), only.kind.as_deref()), ("catalogue", Some("OPENAPI")));
        assert!(only.endpoints.iter().any(|one| one.method == "GET" && one.path == "/services/*"), "{only:?}");

        let mut stranger = client.clone();
        stranger.client = id("FI-TEST/COM/1234567-1/vieras");
        assert!(stranger.soap_services(&provider, Which::Allowed).await.unwrap().is_empty());
        assert!(stranger.rest_services(&provider, Which::Allowed).await.unwrap().is_empty());
        // A member without a subsystem offers nothing, and may be asked by SOAP.
        assert!(client.soap_services(&provider.member(), Which::All).await.unwrap().is_empty());

        for form in [ClientListForm::Xml, ClientListForm::Json] {
            let listed = client.clients(None, form).await.unwrap();
            assert_eq!(listed.len(), 2, "{form:?}");
            assert_eq!(listed[0].id.subsystem(), None);
            assert_eq!(listed[1].id, provider);
            assert_eq!(listed[1].subsystem_name.as_deref(), Some("Palvelut & muut"), "{form:?}");
            let others = client.clients(Some("FI"), form).await.unwrap();
            assert_eq!(others[0].name.as_deref(), Some("Toinen"), "{form:?}");
            let error = client.clients(Some("XX"), form).await.unwrap_err();
            assert!(matches!(error, CallError::MetadataStatus(500)), "{error}");
        }
        around.pair.shutdown().await;
    });
}

#[test]
fn xroad_me_12_the_wsdl_comes_without_the_adapters_address() {
    run(async {
        let around = Around::start("", "", "").await;
        let client = consumer(&around.pair.consumer.url(), Vec::new());
        let get = ServiceId::new(id(PROVIDER), "getService", Some("v1".to_owned())).unwrap();
        let wsdl = client.wsdl(&get).await.unwrap();
        assert!(wsdl.is_anonymous() && wsdl.addresses == [PLACEHOLDER_ADDRESS], "{:?}", wsdl.addresses);
        let text = String::from_utf8(wsdl.document.to_vec()).unwrap();
        assert!(text.contains("getServiceResponse") && !text.contains("127.0.0.1"));
        let unknown = ServiceId::new(id(PROVIDER), "getNothing", None).unwrap();
        let error = client.wsdl(&unknown).await.unwrap_err();
        assert!(matches!(&error, CallError::XRoad { error, .. } if error.cause == "unknownservice"), "{error}");
        // The name of the REST service is compared without its case.
        let service = ServiceId::new(id(PROVIDER), "CATALOGUE", None).unwrap();
        let openapi = client.openapi(&service).await.unwrap();
        assert!(openapi.content_type.contains("json"), "{}", openapi.content_type);
        let document: serde_json::Value = serde_json::from_slice(&openapi.document).unwrap();
        assert_eq!(document["servers"][0]["url"], format!("/{TENANT}/catalogue/rest/v1"));
        around.pair.shutdown().await;
    });
}

#[test]
fn xroad_tl_14_the_security_server_is_known_by_its_certificate_alone() {
    run(async {
        let adapter = TestAdapter::shared(super::database()).await;
        // CA:TRUE, and no name that fits the address.
        let spec = CertificateSpec::internal("ss9.example.fi", &["ss9.example.fi"], "2026-01-01".parse().unwrap());
        let own = spec.issue().unwrap();
        let alike = hostile::same_subject_other_key(&spec).unwrap();
        let config = servers::ConsumerConfig { tls: Some(own.clone()), ..servers::ConsumerConfig::default() };
        let server = servers::Consumer::start(config, adapter.provider.clone()).await.unwrap();
        let of = |identity: &Identity| pin(identity.certificate());
        let got = catalogue(&server.url(), vec![of(&own)]).get_service_rest(SERVICE.0, None).await;
        assert_eq!(got.unwrap().name.fi.as_deref(), Some(SERVICE.1));
        for pins in [vec![], vec![of(&alike)]] {
            let error = catalogue(&server.url(), pins).get_service_rest(SERVICE.0, None).await.unwrap_err();
            assert!(matches!(error, ServiceError::Call(CallError::Connect(_))), "{error}");
        }
        // The server changes its certificate: the old pin no longer fits, the new one does.
        server.set_identity(&alike).unwrap();
        let error = catalogue(&server.url(), vec![of(&own)]).get_service(SERVICE.0, None).await.unwrap_err();
        assert!(matches!(error, ServiceError::Call(CallError::Connect(_))), "{error}");
        let both = vec![of(&own), of(&alike)];
        catalogue(&server.url(), both).get_service(SERVICE.0, None).await.unwrap();
        server.shutdown().await;
    });
}

#[test]
fn the_rest_hash_covers_method_path_headers_and_body() {
    run(async {
        let around = Around::start("", "", "").await;
        let client = consumer(&around.pair.consumer.url(), Vec::new());
        let service = ServiceId::new(id(PROVIDER), "catalogue", None).unwrap();
        for (path, body) in [("services?limit=1&lang=fi", ""), ("", ""), ("services/x%C3%A4", ""), ("services", "{}")] {
            let method = if body.is_empty() { http::Method::GET } else { http::Method::POST };
            let answer = client.rest(method, &service, path, http::HeaderMap::new(), body.into()).await.unwrap();
            assert_eq!(answer.hash, RestHashCheck::Equal, "{path}");
        }
        around.pair.shutdown().await;
    });
}

/// What a fault makes of a call by SOAP, and that the adapter serves the next one.
async fn harmed(fault: &str) -> Result<(), ServiceError> {
    let around = Around::start("", "", fault).await;
    let got = around.catalogue().get_service(SERVICE.0, None).await;
    around.pair.provider.set_faults(Vec::new());
    around.pair.consumer.set_faults(Vec::new());
    let next = around.catalogue().get_service(SERVICE.0, None).await.unwrap();
    assert_eq!(next.name.fi.as_deref(), Some(SERVICE.1), "after {fault}");
    around.pair.shutdown().await;
    got.map(|service| assert_eq!(service.name.fi.as_deref(), Some(SERVICE.1), "{fault}"))
}

fn fault(flow: &str, kind: &str, at: u64) -> String {
    format!("[[faults]]\nflow = \"{flow}\"\nkind = \"{kind}\"\nat-byte = {at}\npause-milliseconds = 1\n")
}

#[test]
fn a_slow_security_server_is_waited_for() {
    run(async {
        for (flow, from) in [("to-adapter", 900), ("from-adapter", 700), ("from-consumer", 900), ("to-consumer", 700)] {
            harmed(&fault(flow, "slow", from)).await.unwrap_or_else(|error| panic!("{flow}: {error}"));
        }
    });
}

#[test]
fn xroad_cn_09_what_breaks_off_is_never_taken_for_an_answer() {
    run(async {
        for at in [0, 20, 200, 700] {
            for flow in ["to-adapter", "from-adapter"] {
                let error = harmed(&fault(flow, "cut", at)).await.unwrap_err();
                let ServiceError::Call(CallError::XRoad { error, .. }) = error else { panic!("{flow} {at}: {error}") };
                assert_eq!((error.cause.as_str(), error.delivery()), ("ioerror", Delivery::Unknown), "{flow} {at}");
            }
            for flow in ["from-consumer", "to-consumer"] {
                let error = harmed(&fault(flow, "cut", at)).await.unwrap_err();
                let ServiceError::Call(error) = error else { panic!("{flow} {at}: {error}") };
                // The own security server may still say that the request broke off.
                let told = flow == "from-consumer"
                    && matches!(&error, CallError::XRoad { error, .. } if error.cause == "ioerror");
                assert!(told || matches!(error, CallError::Transport(_)), "{flow} {at}: {error}");
                assert_eq!(error.delivery(), Delivery::Unknown, "{flow} {at}");
            }
        }
    });
}

#[test]
fn corrupt_bytes_end_in_an_error_or_change_nothing() {
    run(async {
        for at in [0, 5, 60, 300, 500, 900] {
            // A bit of a header's value may mean nothing; what is served then is right all the same.
            let _ = harmed(&fault("to-adapter", "corrupt", at)).await;
        }
        let error = harmed(&fault("to-adapter", "corrupt", 0)).await.unwrap_err();
        assert!(matches!(error, ServiceError::Call(_)), "{error}");
        let error = harmed(&fault("from-adapter", "corrupt", 0)).await.unwrap_err();
        assert!(matches!(&error, ServiceError::Call(CallError::XRoad { .. })), "{error}");
        let error = harmed(&fault("to-consumer", "corrupt", 0)).await.unwrap_err();
        assert!(matches!(error, ServiceError::Call(CallError::Transport(_))), "{error}");
    });
}

#[test]
fn an_expired_or_changed_certificate_is_not_the_pinned_one() {
    run(async {
        for kind in ["expired", "changed"] {
            let adapter = TestAdapter::shared(super::database()).await;
            let folder = tempfile::tempdir().unwrap();
            pki().security_server.write(folder.path(), "security-server").unwrap();
            pki().adapter.write(folder.path(), "adapter").unwrap();
            let text = format!(
                "certificates = \".\"\ncertificate-fault = \"{kind}\"\n[[provider.adapters]]\nsubsystem = \"{PROVIDER}\"\n\
                 certificates = [\"adapter.cert.pem\"]\n[[provider.services]]\n\
                 id = \"{PROVIDER}/getService/v1\"\nkind = \"soap\"\nurl = \"{}/{TENANT}/catalogue/soap/v1\"\n\
                 access = [{{ client = \"*\" }}]\n",
                adapter.url
            );
            let files = Files::parse(&folder.path().join("s.toml"), &text).unwrap();
            let free = SocketAddr::from(([127, 0, 0, 1], 0));
            let pair = files.start(folder.path(), free, "2026-02-06".parse().unwrap()).await.unwrap();
            let error = catalogue(&pair.consumer.url(), Vec::new()).get_service(SERVICE.0, None).await.unwrap_err();
            let ServiceError::Call(CallError::XRoad { error, .. }) = error else { panic!("{kind}: {error}") };
            assert_eq!(error.cause, "ioerror", "{kind}");
            pair.shutdown().await;
        }
    });
}
