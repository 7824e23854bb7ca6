use super::*;
use crate::id::IdError;
use crate::testdata::xroad_file;

fn file(name: &str) -> Option<String> {
    xroad_file(&format!("wsdl/{name}")).map(|bytes| String::from_utf8(bytes).expect("utf-8"))
}

fn names(text: &str) -> Vec<String> {
    let found = operations(text).expect("readable");
    found.iter().map(|o| format!("{}.{}", o.code, o.version.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn xroad_me_02_operations_versions_titles_and_addresses_are_found() {
    let Some(text) = file("testservice.wsdl") else { return };
    let found = operations(&text).expect("readable");
    let random = found.first().expect("one");
    assert_eq!((random.code.as_str(), random.version.as_deref()), ("xroadGetRandom", Some("v1")));
    assert_eq!(random.title.as_deref(), Some("xroadGetRandom"));
    assert_eq!(random.address, "http://xroad-lxd-web.lxd:8088/xroadGetRandom");
    assert_eq!(names(&text), ["xroadGetRandom.v1", "bodyMassIndex.v1"]);

    for (name, count) in [
        ("pr-mess-annex-c-example.wsdl", 3),
        ("valid.wsdl", 3),
        ("valid-getrandom.wsdl", 1),
        ("valid-smallattachment.wsdl", 1),
        ("mock.wsdl", 3),
        ("monitoring.wsdl", 1),
        ("pr-meta-annex-b-metaservices.wsdl", 3),
        ("pr-third-party-annex-b-example.wsdl", 1),
        ("metaservice-sample.wsdl", 2),
    ] {
        let text = file(name).expect("file");
        assert_eq!(operations(&text).unwrap_or_else(|e| panic!("{name}: {e}")).len(), count, "{name}");
    }
    assert_eq!(names(&file("monitoring.wsdl").expect("file")), ["getSecurityServerMetrics.-"]);
}

#[test]
fn what_security_servers_refuse_is_refused() {
    let Some(text) = file("invalid-serviceurl.wsdl") else { return };
    assert!(matches!(operations(&text), Err(WsdlError::Address(_))));
    for name in
        ["invalid-servicecode-colon.wsdl", "invalid-servicecode-all.wsdl", "invalid-serviceversion-percent.wsdl"]
    {
        let error = operations(&file(name).expect("file")).expect_err(name);
        assert!(matches!(error, WsdlError::Identifier(_)), "{name}: {error}");
    }
    assert!(matches!(operations("<a/>"), Err(WsdlError::NotWsdl)));
    let empty = format!("<w:definitions xmlns:w='{NS_WSDL}'/>");
    assert_eq!(operations(&empty), Err(WsdlError::NoOperation));
}

#[test]
fn xroad_me_05_a_doctype_is_refused() {
    let Some(text) = file("xxe.wsdl") else { return };
    assert!(matches!(operations(&text), Err(WsdlError::Xml(_))));
    assert!(matches!(check(&text).as_slice(), [Finding::Unreadable(WsdlError::Xml(_))]));
}

/// A WSDL as ours are, small.
fn own() -> String {
    let headers: String = ["client", "service", "id", "userId", "issue", "protocolVersion"]
        .map(|part| format!("<soap:header message=\"tns:header\" part=\"{part}\" use=\"literal\"/>"))
        .concat();
    let parts: String = ["client", "service", "id", "userId", "issue", "protocolVersion", "requestHash"]
        .map(|part| format!("<wsdl:part name=\"{part}\" element=\"xrd:{part}\"/>"))
        .concat();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- kept -->
<wsdl:definitions targetNamespace="urn:t" xmlns:tns="urn:t" xmlns:wsdl="{NS_WSDL}" xmlns:soap="{NS_SOAP11}"
    xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:xs="{NS_XSD}">
  <wsdl:types><xs:schema targetNamespace="urn:t">
    <xs:import namespace="http://x-road.eu/xsd/xroad.xsd" schemaLocation="http://x-road.eu/xsd/xroad.xsd"/>
    <xs:element name="getItem"/><xs:element name="getItemResponse"/>
  </xs:schema></wsdl:types>
  <wsdl:message name="in"><wsdl:part name="body" element="tns:getItem"/></wsdl:message>
  <wsdl:message name="out"><wsdl:part name="body" element="tns:getItemResponse"/></wsdl:message>
  <wsdl:message name="header">{parts}</wsdl:message>
  <wsdl:portType name="type"><wsdl:operation name="getItem">
    <wsdl:documentation><xrd:title>Hae &amp; näytä</xrd:title></wsdl:documentation>
    <wsdl:input message="tns:in"/><wsdl:output message="tns:out"/>
  </wsdl:operation></wsdl:portType>
  <wsdl:binding name="binding" type="tns:type">
    <soap:binding style="document" transport="{TRANSPORT}"/>
    <wsdl:operation name="getItem"><soap:operation soapAction=""/><xrd:version>v1</xrd:version>
      <wsdl:input><soap:body use="literal"/>{headers}</wsdl:input>
      <wsdl:output><soap:body use="literal"/>{headers}</wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="service"><wsdl:port name="port" binding="tns:binding">
    <soap:address  location = 'http://localhost/x'/>
  </wsdl:port></wsdl:service>
</wsdl:definitions>
"#
    )
}

#[test]
fn xroad_me_03_a_wrapped_document_may_be_published_and_each_defect_is_named() {
    assert_eq!(check(&own()), []);
    let name = || "getItem".to_owned();
    let cases = [
        ("style=\"document\"", "style=\"rpc\"", Finding::Style(name())),
        ("<soap:body use=\"literal\"/>", "<soap:body use=\"encoded\"/>", Finding::Use(name())),
        (
            "element=\"tns:getItem\"",
            "element=\"tns:getOther\"",
            Finding::Wrapper { operation: name(), expected: name() },
        ),
        (
            "<xs:element name=\"getItemResponse\"/>",
            "",
            Finding::Wrapper { operation: name(), expected: "getItemResponse".into() },
        ),
        (">v1<", ">v_1<", Finding::Version { operation: name(), problem: IdError::NotStrict }),
        ("<xrd:version>v1</xrd:version>", "<tns:version>v1</tns:version>", Finding::VersionNamespace(name())),
        ("<wsdl:types>", "<wsdl:import namespace=\"urn:x\" location=\"x.wsdl\"/><wsdl:types>", Finding::WsdlImport),
        (
            "<xs:element name=\"getItem\"/>",
            "<xs:import namespace=\"urn:x\" schemaLocation=\"x.xsd\"/><xs:element name=\"getItem\"/>",
            Finding::SchemaLocation("urn:x".into()),
        ),
        ("part=\"userId\"", "part=\"requestHash\"", Finding::RequestHash(name())),
        ("part=\"client\"", "part=\"issue\"", Finding::MissingHeader(name(), "client")),
    ];
    for (old, new, expected) in cases {
        let text = own().replacen(old, new, 1);
        assert_ne!(text, own(), "{old}");
        let findings = check(&text);
        assert!(findings.contains(&expected), "{old}: {findings:?}");
    }
    let soap12 = own().replace(NS_SOAP11, NS_SOAP12);
    assert!(check(&soap12).contains(&Finding::Soap12));
}

#[test]
fn xroad_id_11_id_12_id_13_operation_names_are_checked() {
    for (code, problem) in
        [("get_item", IdError::NotStrict), ("getWsdl", IdError::Reserved), ("orderResponse", IdError::ResponseSuffix)]
    {
        let text = own().replace("\"getItem\"", &format!("\"{code}\""));
        let expected = Finding::Code { operation: code.to_owned(), problem };
        assert!(check(&text).contains(&expected), "{code}: {:?}", check(&text));
    }
}

#[test]
fn xroad_me_04_only_address_and_version_change() {
    let text = own();
    let served = rewrite(&text, "https://a.example/x?a=1&b='2'", Some("v1-turku")).expect("rewritten");
    let found = operations(&served).expect("readable");
    let operation = found.first().expect("one");
    assert_eq!(operation.address, "https://a.example/x?a=1&b='2'");
    assert_eq!(operation.version.as_deref(), Some("v1-turku"));
    assert_eq!(operation.title.as_deref(), Some("Hae & näytä"));
    // Undoing the two changes gives the file back, byte for byte.
    assert_eq!(rewrite(&served, "http://localhost/x", Some("v1")).expect("back"), text);
    assert_eq!(rewrite(&text, "http://localhost/x", None).expect("same"), text);

    let no_address = text.replace("soap:address", "soap:addr");
    assert_eq!(rewrite(&no_address, "http://x", None), Err(WsdlError::NoAddress));
    let Some(text) = file("testservice.wsdl") else { return };
    let hidden = rewrite(&text, PLACEHOLDER_ADDRESS, None).expect("rewritten");
    assert!(!hidden.contains("xroad-lxd-web"));
}
