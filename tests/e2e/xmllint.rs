//! Validates what Silta emits against the schemas inside its own WSDL, by xmllint.
//!
//! The schemas are cut out of `wsdl:types` as they stand and written to files that import one another; nothing is read
//! from the network. The envelope's own schema, here, admits exactly what X-Road admits: header blocks that the WSDL
//! declares, one body element that it declares, or a fault. It is no judge of faults' codes or of the echo rule.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::tidy;

/// The schemas of one WSDL, ready for xmllint.
pub(crate) struct Schema {
    folder: TempDir,
}

impl Schema {
    /// The schemas of the WSDL of a service family in `wsdl/`, version 1.
    pub(crate) fn of_family(family: &str) -> Self {
        let path = tidy::root().join("wsdl").join(family).join("v1/service.wsdl");
        Self::of_wsdl(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// The schemas of a WSDL, for example of one that was served.
    pub(crate) fn of_wsdl(wsdl: &str) -> Self {
        let document = roxmltree::Document::parse(wsdl).expect("well-formed");
        let schemas: Vec<_> = document.descendants().filter(|node| node.has_tag_name((XS, "schema"))).collect();
        assert!(!schemas.is_empty(), "the WSDL has no schema");
        let names: Vec<&str> =
            schemas.iter().map(|schema| schema.attribute("targetNamespace").expect("a namespace")).collect();
        let import =
            |number: usize| format!("<xs:import namespace=\"{}\" schemaLocation=\"{number}.xsd\"/>", names[number]);
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
        for (number, schema) in schemas.iter().enumerate() {
            let mut text = wsdl[schema.range()].to_owned();
            for (other, name) in names.iter().enumerate() {
                text = text.replace(&format!("<xs:import namespace=\"{name}\"/>"), &import(other));
            }
            // The prefixes that the schema uses are declared on the WSDL's root.
            let bound: Vec<String> = schema
                .namespaces()
                .filter(|namespace| namespace.uri() != "http://www.w3.org/XML/1998/namespace")
                .filter_map(|namespace| Some((namespace.name()?, namespace.uri())))
                .filter(|(prefix, _)| !text[..text.find('>').unwrap_or(0)].contains(&format!("xmlns:{prefix}=")))
                .map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\""))
                .collect();
            let bound = bound.concat();
            let (start, rest) = text.split_once("schema").expect("a schema element");
            write(&format!("{number}.xsd"), format!("{start}schema{bound}{rest}"));
        }
        write("envelope.xsd", ENVELOPE.to_owned());
        let imports: String = (0..names.len()).map(import).collect();
        write(
            "all.xsd",
            format!(
                "<xs:schema xmlns:xs=\"{XS}\"><xs:import namespace=\"{SOAP}\" schemaLocation=\"envelope.xsd\"/>\
                 {imports}</xs:schema>"
            ),
        );
        Self { folder }
    }

    /// Validates a SOAP envelope, or a body element on its own. The error is what xmllint says.
    pub(crate) fn check(&self, xml: &[u8]) -> Result<(), String> {
        let mut lint = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(self.folder.path().join("all.xsd"))
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("xmllint does not start ({error}); tests/run installs it"));
        let mut input = lint.stdin.take().expect("a pipe");
        // A broken pipe means that xmllint has seen enough; its answer says why.
        drop(input.write_all(xml));
        drop(input);
        let answer = lint.wait_with_output().expect("xmllint ends");
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        if answer.status.success() { Ok(()) } else { Err(said) }
    }
}

const XS: &str = "http://www.w3.org/2001/XMLSchema";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// SOAP 1.1, section 4, as narrow as our messages are.
const ENVELOPE: &str = r###"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
    targetNamespace="http://schemas.xmlsoap.org/soap/envelope/" elementFormDefault="qualified">
  <xs:element name="Envelope">
    <xs:complexType><xs:sequence>
      <xs:element name="Header" minOccurs="0">
        <xs:complexType><xs:sequence>
          <xs:any namespace="##other" processContents="strict" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType>
      </xs:element>
      <xs:element name="Body">
        <xs:complexType><xs:choice>
          <xs:element ref="s:Fault"/>
          <xs:any namespace="##other" processContents="strict"/>
        </xs:choice></xs:complexType>
      </xs:element>
    </xs:sequence></xs:complexType>
  </xs:element>
  <xs:element name="Fault">
    <xs:complexType><xs:sequence>
      <xs:element name="faultcode" type="xs:QName" form="unqualified"/>
      <xs:element name="faultstring" type="xs:string" form="unqualified"/>
      <xs:element name="faultactor" type="xs:anyURI" form="unqualified" minOccurs="0"/>
      <xs:element name="detail" form="unqualified" minOccurs="0">
        <xs:complexType><xs:sequence>
          <xs:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType>
      </xs:element>
    </xs:sequence></xs:complexType>
  </xs:element>
</xs:schema>"###;

#[cfg(test)]
fn envelope(header: &str, body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{SOAP}\" xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\" \
         xmlns:id=\"http://x-road.eu/xsd/identifiers\"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

#[test]
fn envelopes_bodies_and_faults_are_judged() {
    let client = "<xrd:client id:objectType=\"SUBSYSTEM\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
        <id:memberClass>GOV</id:memberClass><id:memberCode>9999906-0</id:memberCode>\
        <id:subsystemCode>asiointi</id:subsystemCode></xrd:client><xrd:id>1</xrd:id>";
    let get = "<getService xmlns=\"urn:silta:catalogue:v1\"><code>740</code><lang>sv</lang></getService>";
    let fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault>";
    let schema = Schema::of_family("catalogue");
    for good in [get.to_owned(), envelope(client, get), envelope("<xrd:id>1</xrd:id>", fault)] {
        schema.check(good.as_bytes()).unwrap_or_else(|said| panic!("{good}: {said}"));
    }
    for (bad, why) in [
        (get.replace(">sv<", ">xx<"), "enumeration"),
        (get.replace("<code>740</code>", ""), "code"),
        (get.replace("code>", "koodi>"), "koodi"),
        (envelope(&client.replace("SUBSYSTEM", "THING"), get), "objectType"),
        (envelope("<xrd:requestHash>abc</xrd:requestHash>", get), "requestHash"),
        (envelope("<t:token xmlns:t=\"urn:foreign\">abc</t:token>", get), "token"),
        (envelope(client, &format!("{get}{get}")), "getService"),
        (envelope(client, &fault.replace("faultcode", "s:faultcode")), "faultcode"),
        (envelope(client, ""), "Body"),
        ("<getService".to_owned(), "parser error"),
    ] {
        let said = schema.check(bad.as_bytes()).expect_err(&bad);
        assert!(said.contains(why), "{bad}: {said}");
    }
}

#[test]
fn every_contract_has_schemas_that_xmllint_takes() {
    for family in std::fs::read_dir(tidy::root().join("wsdl")).expect("wsdl").map(|entry| entry.expect("an entry")) {
        let family = family.file_name().into_string().expect("UTF-8");
        let said = Schema::of_family(&family).check(b"<unknown/>").expect_err("no such element");
        assert!(said.contains("No matching global declaration"), "{family}: {said}");
    }
}
