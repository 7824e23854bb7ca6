use http::Method;

use super::adapter::{Reply, ok};
use super::bench::{Bench, REST_PATH, client, envelope, producer, service_element};
use super::samples::folder;
use crate::security_server::soap::Soap;
use crate::security_server::{
    AccessRight, ConsumerConfig, DescriptionError, PLACEHOLDER_ADDRESS, ServiceId, ServiceKind, anonymised_openapi,
    read_openapi, read_wsdl,
};

const CLIENT: (&str, &str) = ("X-Road-Client", "FI-TEST/GOV/9999906-0/asiointi");

fn wsdl(address: &str) -> String {
    format!(
        "<w:definitions xmlns:w=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:so=\"http://schemas.xmlsoap.org/wsdl/soap/\" \
         xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:t=\"urn:t\">\
         <w:portType name=\"pt\"><w:operation name=\"listItems\"><w:documentation><x:title>Luettelo</x:title>\
         </w:documentation></w:operation><w:operation name=\"getItem\"/></w:portType>\
         <w:binding name=\"b\" type=\"t:pt\"><so:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>\
         <w:operation name=\"listItems\"><x:version>v2</x:version></w:operation><w:operation name=\"getItem\"/></w:binding>\
         <w:binding name=\"other\" type=\"t:pt\"><so:binding transport=\"urn:jms\"/><w:operation name=\"no\"/></w:binding>\
         <w:service name=\"s\"><w:port name=\"p\" binding=\"t:b\"><so:address location='{address}'/></w:port>\
         <w:port name=\"q\" binding=\"t:other\"><so:address location=\"jms:x\"/></w:port></w:service></w:definitions>"
    )
}

#[tokio::test]
async fn wsdl_is_registered_and_handed_out() {
    let bench = Bench::start().await;
    let address = format!("https://{}/palvelu/soap", bench.adapter.address);
    let document = wsdl(&address);
    let served = document.clone();
    bench.adapter.script(move |seen| match seen.line.as_str() {
        "GET /moved.wsdl HTTP/1.1" => Reply::Http(301, vec![("Location", "/service.wsdl".to_owned())], vec![]),
        "GET /service.wsdl HTTP/1.1" => ok("text/xml", served.clone()),
        line if line.starts_with("POST /palvelu/soap ") => super::adapter::xml(seen.body.clone()),
        _ => Reply::Http(404, vec![], vec![]),
    });
    let base = format!("https://{}", bench.adapter.address);
    let added = bench.provider.add_wsdl(&producer(), &format!("{base}/moved.wsdl")).await.unwrap();
    let list = ServiceId::new(producer(), "listItems", Some("v2"));
    assert_eq!(added, [list.clone(), ServiceId::new(producer(), "getItem", None)]);
    let service = bench.provider.services().into_iter().find(|s| s.id == list).unwrap();
    assert_eq!((service.title.as_deref(), service.url.as_str()), (Some("Luettelo"), address.as_str()));
    assert!(service.verify_tls && service.disabled.is_some() && service.access.is_empty());
    assert_eq!(service.kind, ServiceKind::Soap);
    // Disabled and closed at first, then a call arrives at the address that the WSDL names.
    let call = envelope("<x:id>1</x:id>", "<p:listItems xmlns:p=\"urn:p\"/>")
        .replace(&service_element("getItem"), &service_element("listItems").replace(">v1<", ">v2<"));
    assert_eq!(bench.soap(&call).await.fault_code().await.as_deref(), Some("Server.ServerProxy.AccessDenied"));
    assert!(bench.provider.open_to(&list, AccessRight::client(client())));
    assert_eq!(bench.soap(&call).await.fault_code().await, None);
    // getWsdl follows no redirect: the administrator's URL has to be the real one.
    let get = |version: &str| {
        let body = format!("<x:getWsdl><x:serviceCode>listItems</x:serviceCode>{version}</x:getWsdl>");
        envelope("<x:id>1</x:id>", &body).replace(
            &service_element("getItem"),
            &service_element("getWsdl").replace("<i:serviceVersion>v1</i:serviceVersion>", ""),
        )
    };
    let v2 = get("<x:serviceVersion>v2</x:serviceVersion>");
    assert_eq!(bench.soap(&v2).await.fault_code().await.as_deref(), Some("Server.ServerProxy.InternalError"));
    assert!(bench.provider.change_service(&list, |s| s.description_url = Some(format!("{base}/service.wsdl"))));
    let answer = bench.soap(&v2).await;
    let message = answer.message().await.unwrap();
    let Soap::Message(parsed) = &message.parsed else { panic!("{}", answer.text()) };
    assert_eq!(parsed.wrapper, "getWsdlResponse");
    assert!(answer.header("content-type").unwrap().starts_with("multipart/related; type=\"text/xml\";"));
    let received = message.attachments.first().unwrap().body.to_bytes().unwrap();
    assert_eq!(String::from_utf8_lossy(&received), wsdl(PLACEHOLDER_ADDRESS).replace("jms:x", PLACEHOLDER_ADDRESS));
    assert_eq!(bench.soap(&get("")).await.fault_code().await.as_deref(), Some("Server.ServerProxy.UnknownService"));
    // Anybody may read a WSDL, but the certificate rule of the service holds.
    let stranger = v2.replace(">asiointi<", ">muu<");
    assert_eq!(bench.soap(&stranger).await.fault_code().await, None);
    let pin = super::bench::pki().adapter.certificate();
    bench.provider.remove_certificate(&producer(), pin);
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    assert_eq!(bench.soap(&v2).await.fault_code().await.as_deref(), Some("Server.ServerProxy.InternalError"));
}

#[tokio::test]
async fn lists_of_methods() {
    let bench = Bench::start().await;
    let list = |code: &str| {
        envelope("<x:id>1</x:id>", &format!("<x:{code}/>")).replace(
            &service_element("getItem"),
            &service_element(code).replace("<i:serviceVersion>v1</i:serviceVersion>", ""),
        )
    };
    let text = bench.soap(&list("listMethods")).await.text();
    assert!(
        text.contains("<id:serviceCode>getItem</id:serviceCode><id:serviceVersion>v1</id:serviceVersion>"),
        "{text}"
    );
    assert!(!text.contains("<id:serviceCode>items<"), "SOAP services only");
    let allowed = list("allowedMethods");
    assert!(bench.soap(&allowed).await.text().contains("<id:serviceCode>getItem<"));
    let stranger = bench.soap(&allowed.replace(">asiointi<", ">muu<")).await;
    assert_eq!(stranger.fault_code().await, None);
    assert!(!stranger.text().contains("<id:serviceCode>getItem<"));
    let path = REST_PATH.replace("items", "listMethods");
    let answer = bench.consumer.call_rest(Method::GET, &path, &[CLIENT, ("X-Secret", "echoed")], "").await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(json["service"][0]["service_code"], "items");
    assert_eq!(json["service"][0]["service_type"], "REST");
    assert_eq!(answer.header("x-secret"), Some("echoed"), "metadata answers echo the request's headers");
    // Only GET is metadata.
    let answer = bench.consumer.call_rest(Method::POST, &path, &[CLIENT], "").await.unwrap();
    assert_eq!(answer.header("x-road-error"), Some("Server.ServerProxy.UnknownService"));
}

#[tokio::test]
async fn openapi_is_registered_and_handed_out() {
    let bench = Bench::with(|_| {}, ConsumerConfig::default()).await;
    let document = serde_json::json!({
        "openapi": "3.0.3",
        "info": { "title": "x", "version": "1" },
        "servers": [{ "url": "/palvelu/rest/v1" }, { "url": "https://internal.example:8443/x" }, { "url": "https://{h}/" }],
        "paths": {
            "/services/{code}": { "get": {}, "parameters": [] },
            "/services": { "get": {}, "post": {} }
        }
    });
    bench.adapter.script(move |seen| match seen.line.as_str() {
        "GET /meta/openapi.json HTTP/1.1" => ok("application/json", document.to_string()),
        line => ok("text/plain", line.to_owned()),
    });
    let url = format!("https://{}/meta/openapi.json", bench.adapter.address);
    let id = bench.provider.add_openapi(&producer(), "catalogue", &url).await.unwrap();
    let service = bench.provider.services().into_iter().find(|s| s.id == id).unwrap();
    assert_eq!(service.url, format!("https://{}/palvelu/rest/v1", bench.adapter.address));
    let mut endpoints: Vec<String> = service.endpoints.iter().map(|(m, g)| format!("{m} {}", g.as_str())).collect();
    endpoints.sort();
    assert_eq!(endpoints, ["GET /services", "GET /services/*", "POST /services"]);
    assert!(bench.provider.open_to(&id, AccessRight::client(client())));
    let path = REST_PATH.replace("items", "catalogue/services/1?x");
    let answer = bench.consumer.call_rest(Method::GET, &path, &[CLIENT], "").await.unwrap();
    assert_eq!(answer.text(), "GET /palvelu/rest/v1/services/1?x HTTP/1.1");
    let path = REST_PATH.replace("items", "getOpenAPI?servicecode=catalogue");
    let answer = bench.consumer.call_rest(Method::GET, &path, &[CLIENT], "").await.unwrap();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let urls: Vec<&str> = json["servers"].as_array().unwrap().iter().map(|s| s["url"].as_str().unwrap()).collect();
    assert_eq!(urls, ["/palvelu/rest/v1", "/x", "https://{h}/"]);
    for (code, expected) in [("getWsdl", "reserved"), ("a_b", "characters")] {
        let refused = bench.provider.add_openapi(&producer(), code, &url).await.unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    let missing = bench.provider.add_wsdl(&producer(), &format!("{url}x")).await.unwrap_err();
    assert!(matches!(missing, DescriptionError::Read(_)), "{missing}");
}

/// The specification's descriptions, judged as its index says.
#[test]
fn sample_descriptions() {
    let Some(folder) = folder() else { return };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for (name, operations) in [
        ("wsdl/valid.wsdl", Some(3)),
        ("wsdl/testservice1-soap12.wsdl", None),
        ("wsdl/pr-mess-annex-c-example.wsdl", None),
        ("wsdl/mock.wsdl", None),
    ] {
        let found = read_wsdl(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!found.is_empty(), "{name}");
        assert!(operations.is_none_or(|count| found.len() == count), "{name}: {found:?}");
    }
    let first = read_wsdl(&read("wsdl/valid.wsdl")).unwrap().remove(0);
    assert_eq!((first.code.as_str(), first.version.as_deref()), ("xroadGetRandom", Some("v1")));
    for name in [
        "wsdl/invalid-servicecode-colon.wsdl",
        "wsdl/invalid-servicecode-all.wsdl",
        "wsdl/invalid-serviceversion-percent.wsdl",
        "wsdl/invalid-serviceurl.wsdl",
        "wsdl/xxe.wsdl",
    ] {
        assert!(read_wsdl(&read(name)).is_err(), "{name}");
    }
    for name in ["openapi/valid.json", "openapi/v310.json", "openapi/petstore.json"] {
        read_openapi(&read(name), "https://a.example/openapi.json").unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(read_openapi(&read("openapi/invalid_version.json"), "https://a.example/").is_err());
    assert!(read_openapi(&read("openapi/valid.yaml"), "https://a.example/").is_err(), "YAML is not read here");
    let petstore = anonymised_openapi(&read("openapi/petstore.json")).unwrap();
    assert!(petstore.contains("\"url\": \"/v2\"") && petstore.contains("https://{username}.petstore"));
}
