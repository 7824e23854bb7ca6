//! The contract files, read for the tests: XML schema and OpenAPI schemas in one common form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

const XS: &str = "http://www.w3.org/2001/XMLSchema";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn contracts() -> Vec<Contract> {
    ["catalogue", "messages"].into_iter().map(Contract::read).collect()
}

pub(crate) struct Contract {
    pub(crate) family: &'static str,
    pub(crate) wsdl_text: String,
    pub(crate) openapi: Value,
}

pub(crate) struct Member {
    pub(crate) name: String,
    /// `tns:Code` or `xs:string`.
    pub(crate) kind: String,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

/// What a value must be, however it is written down.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facets {
    pub(crate) kind: String,
    pub(crate) numbers: BTreeMap<&'static str, String>,
    pub(crate) words: Vec<String>,
}

impl Facets {
    pub(crate) fn of_error_code(contract: &Contract) -> Facets {
        contract.xml_facets("tns:ErrorCode")
    }

    /// For codes only: small words joined by hyphens, not too long.
    pub(crate) fn allows(&self, word: &str) -> bool {
        let max: usize = self.numbers["maxLength"].parse().unwrap();
        assert_eq!(self.numbers["pattern"], "[a-z]+(-[a-z]+)*");
        word.len() <= max && word.split('-').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()))
    }
}

impl Contract {
    pub(crate) fn read(family: &'static str) -> Contract {
        let folder = root().join("wsdl").join(family).join("v1");
        let wsdl_text = std::fs::read_to_string(folder.join("service.wsdl")).unwrap();
        let openapi = serde_json::from_slice(&std::fs::read(folder.join("openapi.json")).unwrap()).unwrap();
        Contract { family, wsdl_text, openapi }
    }

    pub(crate) fn wsdl(&self) -> roxmltree::Document<'_> {
        roxmltree::Document::parse(&self.wsdl_text).unwrap()
    }

    pub(crate) fn namespace(&self) -> String {
        format!("urn:silta:{}:v1", self.family)
    }

    /// The family's own schema as a document that stands alone.
    pub(crate) fn xsd(&self) -> String {
        let document = self.wsdl();
        let schema = own(&document, &self.namespace());
        let namespace = self.namespace();
        self.wsdl_text[schema.range()].replacen(
            "<xs:schema",
            &format!(
                "<xs:schema xmlns:xs=\"{XS}\" xmlns:tns=\"{namespace}\" xmlns:xmime=\"http://www.w3.org/2005/05/xmlmime\""
            ),
            1,
        )
    }

    pub(crate) fn soap_operations(&self) -> Vec<String> {
        let document = self.wsdl();
        let binding =
            document.descendants().find(|n| n.tag_name().name() == "binding" && n.has_attribute("type")).unwrap();
        let operations = binding.children().filter(|n| n.tag_name().name() == "operation");
        operations.map(|n| n.attribute("name").unwrap().to_owned()).collect()
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &Value> {
        self.openapi["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    }

    pub(crate) fn schemas(&self) -> &Value {
        &self.openapi["components"]["schemas"]
    }

    pub(crate) fn schema(&self, name: &str) -> &Value {
        self.schemas().get(name).unwrap_or_else(|| panic!("{name} is not in the OpenAPI file"))
    }

    pub(crate) fn complex_types(&self) -> BTreeMap<String, Vec<Member>> {
        let document = self.wsdl();
        own(&document, &self.namespace())
            .children()
            .filter(|n| n.has_tag_name((XS, "complexType")))
            .map(|n| (n.attribute("name").unwrap().to_owned(), members(n)))
            .collect()
    }

    /// The members of a wrapper element.
    pub(crate) fn wrapper(&self, name: &str) -> Vec<Member> {
        let document = self.wsdl();
        let schema = own(&document, &self.namespace());
        let element = schema
            .children()
            .find(|n| n.has_tag_name((XS, "element")) && n.attribute("name") == Some(name))
            .unwrap_or_else(|| panic!("there is no element {name}"));
        members(element.children().find(|n| n.has_tag_name((XS, "complexType"))).unwrap())
    }

    pub(crate) fn xml_facets(&self, kind: &str) -> Facets {
        let plain = |kind: &str| Facets { kind: kind.to_owned(), ..Facets::default() };
        let Some(name) = kind.strip_prefix("tns:") else {
            return plain(match kind {
                "xs:int" => "int32",
                "xs:long" => "int64",
                "xs:dateTime" => "date-time",
                "xs:anyURI" => "uri",
                "xs:base64Binary" => "byte",
                other => other.strip_prefix("xs:").unwrap(),
            });
        };
        let document = self.wsdl();
        let schema = own(&document, &self.namespace());
        let Some(simple) =
            schema.children().find(|n| n.has_tag_name((XS, "simpleType")) && n.attribute("name") == Some(name))
        else {
            return plain(name);
        };
        let restriction = simple.children().find(|n| n.has_tag_name((XS, "restriction"))).unwrap();
        let mut facets = self.xml_facets(restriction.attribute("base").unwrap());
        for facet in restriction.children().filter(roxmltree::Node::is_element) {
            let value = facet.attribute("value").unwrap().to_owned();
            match facet.tag_name().name() {
                "enumeration" => facets.words.push(value),
                "minLength" => _ = facets.numbers.insert("minLength", value),
                "maxLength" => _ = facets.numbers.insert("maxLength", value),
                "minInclusive" => _ = facets.numbers.insert("minimum", value),
                "maxInclusive" => _ = facets.numbers.insert("maximum", value),
                "pattern" => _ = facets.numbers.insert("pattern", value),
                other => panic!("a facet that the test does not know: {other}"),
            }
        }
        facets
    }

    pub(crate) fn json_facets(&self, schema: &Value) -> Facets {
        if let Some(all) = schema.get("allOf") {
            return self.json_facets(&all[0]);
        }
        if let Some(reference) = schema.get("$ref") {
            let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
            let target = self.schema(name);
            if target["type"] == "object" {
                return Facets { kind: name.to_owned(), ..Facets::default() };
            }
            return self.json_facets(target);
        }
        let kind = schema.get("format").or(schema.get("type")).unwrap().as_str().unwrap().to_owned();
        let mut facets = Facets { kind, ..Facets::default() };
        for facet in ["minLength", "maxLength", "minimum", "maximum"] {
            if let Some(value) = schema.get(facet) {
                facets.numbers.insert(facet, value.to_string());
            }
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            let inner = pattern.strip_prefix("^(").and_then(|p| p.strip_suffix(")$")).unwrap();
            facets.numbers.insert("pattern", inner.to_owned());
        }
        for word in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
            facets.words.push(word.as_str().unwrap().to_owned());
        }
        if facets.kind == "byte" {
            // The limit of what REST takes inline; SOAP takes files of any size as parts. Answers have none.
            let most = facets.numbers.remove("maxLength");
            assert!(most.is_none_or(|most| most == "349528"));
        }
        facets
    }
}

fn own<'d>(document: &'d roxmltree::Document<'_>, namespace: &str) -> roxmltree::Node<'d, 'd> {
    document
        .descendants()
        .find(|n| n.has_tag_name((XS, "schema")) && n.attribute("targetNamespace") == Some(namespace))
        .unwrap()
}

fn members(complex: roxmltree::Node<'_, '_>) -> Vec<Member> {
    let group = complex.children().find(|n| ["sequence", "choice"].contains(&n.tag_name().name())).unwrap();
    let number = |n: &roxmltree::Node<'_, '_>, name: &str| match n.attribute(name) {
        None => Some(1),
        Some("unbounded") => None,
        Some(text) => Some(text.parse().unwrap()),
    };
    group
        .children()
        .filter(|n| n.has_tag_name((XS, "element")))
        .map(|n| Member {
            name: n.attribute("name").unwrap().to_owned(),
            kind: n.attribute("type").unwrap().to_owned(),
            min: number(&n, "minOccurs").unwrap(),
            max: number(&n, "maxOccurs"),
        })
        .collect()
}
