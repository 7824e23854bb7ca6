//! A reader of the XML schemas that stand in a WSDL: enough of XSD 1.0 to say whether a message is as it was described.
//!
//! Read are elements, complex and simple types, sequences, choices, `all`, wildcards, extensions, attributes and the
//! usual facets. Patterns are not compared. What else a schema holds (groups, unions, substitution) is told as unknown,
//! so that nothing is called valid or invalid for want of understanding.

use roxmltree::{Document, Node};

use super::tree::Element;
use crate::xml::elements;

const XSD: &str = "http://www.w3.org/2001/XMLSchema";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XOP: &str = "http://www.w3.org/2004/08/xop/include";

/// Why a message is not known to be valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// It is not as described; the text says where and how.
    Breaks(String),
    /// The schema holds something that is not read here.
    Unknown(String),
    /// Inside only: the next element is another than this particle begins with.
    Other(String),
}

type Valid<T = ()> = Result<T, Invalid>;

/// The schemas of a document.
pub struct Schema<'d, 'i> {
    schemas: Vec<Node<'d, 'i>>,
}

impl<'d, 'i> Schema<'d, 'i> {
    /// Those at any depth of the document.
    pub fn of(document: &'d Document<'i>) -> Self {
        Self { schemas: document.descendants().filter(|it| it.has_tag_name((XSD, "schema"))).collect() }
    }

    /// Whether a global element of this name is declared.
    pub fn declares(&self, namespace: &str, name: &str) -> bool {
        self.global("element", namespace, name).is_some()
    }

    /// Judges an element by its global declaration.
    pub fn judge(&self, element: &Element) -> Valid {
        let missing = || Invalid::Breaks(format!("no element {} is declared in {:?}", element.name, element.namespace));
        let declared = self.global("element", &element.namespace, &element.name).ok_or_else(missing)?;
        self.element(declared, element)
    }

    fn global(&self, kind: &str, namespace: &str, name: &str) -> Option<Node<'d, 'i>> {
        let ours = self.schemas.iter().filter(|it| it.attribute("targetNamespace").unwrap_or_default() == namespace);
        ours.flat_map(|it| elements(*it)).find(|it| is(*it, kind) && it.attribute("name") == Some(name))
    }

    /// The declaration that a `ref` means, or the node itself.
    fn referred(&self, node: Node<'d, 'i>, kind: &str) -> Valid<Node<'d, 'i>> {
        let Some(reference) = node.attribute("ref") else { return Ok(node) };
        let (namespace, name) = qname(node, reference);
        let missing = || Invalid::Unknown(format!("the schema refers to {reference}, which it does not declare"));
        self.global(kind, &namespace, name).ok_or_else(missing)
    }

    fn element(&self, declared: Node<'d, 'i>, it: &Element) -> Valid {
        let nil = it.attributes.iter().any(|(ns, name, value)| ns == XSI && name == "nil" && value == "true");
        if nil && declared.attribute("nillable") == Some("true") {
            return Ok(());
        }
        if let Some(named) = declared.attribute("type") {
            return self.of_type(declared, named, it);
        }
        match elements(declared).find(|child| is(*child, "complexType") || is(*child, "simpleType")) {
            Some(inline) if is(inline, "complexType") => self.complex(inline, it),
            Some(inline) => Self::simple_element(it, |text| self.simple(inline, text)),
            // Any type.
            None => Ok(()),
        }
    }

    fn of_type(&self, place: Node<'d, 'i>, named: &str, it: &Element) -> Valid {
        let (namespace, name) = qname(place, named);
        if namespace == XSD {
            return if name == "anyType" { Ok(()) } else { Self::simple_element(it, |text| builtin(name, text)) };
        }
        if let Some(complex) = self.global("complexType", &namespace, name) {
            return self.complex(complex, it);
        }
        let missing = || Invalid::Unknown(format!("the schema does not define the type {named}"));
        let simple = self.global("simpleType", &namespace, name).ok_or_else(missing)?;
        Self::simple_element(it, |text| self.simple(simple, text))
    }

    /// An element without children; an `xop:Include` stands for its content.
    fn simple_element(it: &Element, check: impl Fn(&str) -> Valid) -> Valid {
        if let [only] = it.children.as_slice()
            && only.is(XOP, "Include")
        {
            return Ok(());
        }
        match it.children.first() {
            Some(child) => Err(Invalid::Breaks(format!("{} holds an element {}", it.name, child.name))),
            None => check(&it.text).map_err(|error| within(it, error)),
        }
    }

    fn simple(&self, defined: Node<'d, 'i>, text: &str) -> Valid {
        let restriction = elements(defined).find(|it| is(*it, "restriction"));
        let restriction = restriction.ok_or_else(|| Invalid::Unknown("a list or union type".to_owned()))?;
        self.restricted(restriction, text)
    }

    fn restricted(&self, restriction: Node<'d, 'i>, text: &str) -> Valid {
        if let Some(base) = restriction.attribute("base") {
            self.text_of_type(restriction, base, text)?;
        }
        let allowed: Vec<&str> =
            elements(restriction).filter(|it| is(*it, "enumeration")).filter_map(|it| it.attribute("value")).collect();
        if !allowed.is_empty() && !allowed.contains(&text.trim()) {
            return Err(Invalid::Breaks("a value that the enumeration does not hold".to_owned()));
        }
        let length = text.chars().count();
        for facet in elements(restriction) {
            let value = facet.attribute("value").unwrap_or_default();
            let bound = value.parse::<usize>().ok();
            let numbers = value.parse::<f64>().ok().zip(text.trim().parse::<f64>().ok());
            let holds = match facet.tag_name().name() {
                "length" => bound == Some(length),
                "minLength" => bound.is_none_or(|bound| length >= bound),
                "maxLength" => bound.is_none_or(|bound| length <= bound),
                "minInclusive" => numbers.is_none_or(|(bound, number)| number >= bound),
                "maxInclusive" => numbers.is_none_or(|(bound, number)| number <= bound),
                _ => true,
            };
            if !holds {
                return Err(Invalid::Breaks(format!("a value beyond {} {value}", facet.tag_name().name())));
            }
        }
        Ok(())
    }

    /// Text by the name of a simple type, or of a complex one with simple content.
    fn text_of_type(&self, place: Node<'d, 'i>, named: &str, text: &str) -> Valid {
        let (namespace, name) = qname(place, named);
        if namespace == XSD {
            return builtin(name, text);
        }
        if let Some(simple) = self.global("simpleType", &namespace, name) {
            return self.simple(simple, text);
        }
        let complex = self.global("complexType", &namespace, name);
        let content = complex.and_then(|it| elements(it).find(|it| is(*it, "simpleContent")));
        let derived = content.and_then(|it| elements(it).find(|it| is(*it, "extension") || is(*it, "restriction")));
        match derived.and_then(|it| it.attribute("base").map(|base| (it, base))) {
            Some((derived, base)) => self.text_of_type(derived, base, text),
            None => Err(Invalid::Unknown(format!("the schema does not define the type {named}"))),
        }
    }

    fn complex(&self, defined: Node<'d, 'i>, it: &Element) -> Valid {
        if let Some(content) = elements(defined).find(|it| is(*it, "simpleContent")) {
            let derived = elements(content).find(|it| is(*it, "extension") || is(*it, "restriction"));
            let derived = derived.ok_or_else(|| Invalid::Unknown("simple content without a base".to_owned()))?;
            Self::attributes(&[derived], it)?;
            return Self::simple_element(it, |text| match derived.attribute("base") {
                Some(base) if is(derived, "extension") => self.text_of_type(derived, base, text),
                _ => self.restricted(derived, text),
            });
        }
        let levels = self.levels(defined)?;
        Self::attributes(&levels, it)?;
        let mixed = levels.iter().chain([&defined]).any(|level| level.attribute("mixed") == Some("true"));
        if !mixed && !it.text.trim().is_empty() {
            return Err(Invalid::Breaks(format!("{} holds text", it.name)));
        }
        let mut at = 0;
        for level in &levels {
            for particle in elements(*level).filter(|it| is_particle(*it)) {
                at = self.particle(particle, it, at).map_err(|error| within(it, error))?;
            }
        }
        match it.children.get(at) {
            None => Ok(()),
            Some(child) => Err(Invalid::Breaks(format!("{}: {} is not described at this place", it.name, child.name))),
        }
    }

    /// The nodes that hold particles and attributes of a type: those of its bases first.
    fn levels(&self, defined: Node<'d, 'i>) -> Valid<Vec<Node<'d, 'i>>> {
        let Some(content) = elements(defined).find(|it| is(*it, "complexContent")) else { return Ok(vec![defined]) };
        let extension = elements(content).find(|it| is(*it, "extension"));
        let extension = extension.ok_or_else(|| Invalid::Unknown("a restriction of a complex type".to_owned()))?;
        let base = extension.attribute("base").unwrap_or_default();
        let (namespace, name) = qname(extension, base);
        let mut levels = Vec::new();
        if (namespace.as_str(), name) != (XSD, "anyType") {
            let missing = || Invalid::Unknown(format!("the schema does not define the type {base}"));
            levels = self.levels(self.global("complexType", &namespace, name).ok_or_else(missing)?)?;
        }
        levels.push(extension);
        Ok(levels)
    }

    fn attributes(levels: &[Node<'d, 'i>], it: &Element) -> Valid {
        let mut known = Vec::new();
        for level in levels {
            if elements(*level).any(|node| is(node, "attributeGroup")) {
                return Err(Invalid::Unknown("an attribute group".to_owned()));
            }
            for attribute in elements(*level).filter(|node| is(*node, "attribute")) {
                let reference = attribute.attribute("ref").map(|name| qname(attribute, name));
                let (namespace, name) =
                    reference.unwrap_or_else(|| (String::new(), attribute.attribute("name").unwrap_or_default()));
                let there = it.attributes.iter().any(|(ns, own, _)| *ns == namespace && own == name);
                if attribute.attribute("use") == Some("required") && !there {
                    return Err(Invalid::Breaks(format!("{} lacks the attribute {name}", it.name)));
                }
                known.push((namespace, name));
            }
        }
        if levels.iter().any(|level| elements(*level).any(|node| is(node, "anyAttribute"))) {
            return Ok(());
        }
        let foreign = it.attributes.iter().filter(|(ns, ..)| ns != XSI);
        match foreign.into_iter().find(|(ns, name, _)| !known.iter().any(|(a, b)| a == ns && b == name)) {
            None => Ok(()),
            Some((_, name, _)) => Err(Invalid::Breaks(format!("{} has an attribute {name}", it.name))),
        }
    }

    /// As often as the particle may occur, from child number `at` on; the number of the first child behind.
    fn particle(&self, particle: Node<'d, 'i>, parent: &Element, mut at: usize) -> Valid<usize> {
        let (least, most) = occurs(particle);
        let mut count = 0;
        while count < most {
            match self.once(particle, parent, at) {
                // Without progress all further occurrences are empty, too.
                Ok(next) if next == at => return Ok(at),
                Ok(next) => at = next,
                Err(Invalid::Other(_)) if count >= least => break,
                Err(error) => return Err(error),
            }
            count += 1;
        }
        Ok(at)
    }

    fn once(&self, particle: Node<'d, 'i>, parent: &Element, at: usize) -> Valid<usize> {
        match particle.tag_name().name() {
            "element" => {
                let declared = self.referred(particle, "element")?;
                let name = declared.attribute("name").unwrap_or_default();
                let namespace = namespace_of(declared);
                match parent.children.get(at).filter(|child| child.is(&namespace, name)) {
                    Some(child) => self.element(declared, child).map(|()| at + 1),
                    None => Err(Invalid::Other(name.to_owned())),
                }
            }
            "sequence" => {
                let mut here = at;
                for inner in elements(particle).filter(|it| is_particle(*it)) {
                    here = match self.particle(inner, parent, here) {
                        Err(Invalid::Other(name)) if here > at => {
                            return Err(Invalid::Breaks(format!("{name} is missing")));
                        }
                        other => other?,
                    };
                }
                Ok(here)
            }
            "choice" => {
                let mut names = Vec::new();
                let mut empty = false;
                for inner in elements(particle).filter(|it| is_particle(*it)) {
                    match self.particle(inner, parent, at) {
                        Ok(next) if next > at => return Ok(next),
                        Ok(_) => empty = true,
                        Err(Invalid::Other(name)) => names.push(name),
                        Err(error) => return Err(error),
                    }
                }
                if empty { Ok(at) } else { Err(Invalid::Other(names.join(" or "))) }
            }
            "all" => self.all(particle, parent, at),
            "any" => match parent.children.get(at) {
                Some(_) => Ok(at + 1),
                None => Err(Invalid::Other("any element".to_owned())),
            },
            other => Err(Invalid::Unknown(format!("xs:{other}"))),
        }
    }

    fn all(&self, particle: Node<'d, 'i>, parent: &Element, mut at: usize) -> Valid<usize> {
        let mut open: Vec<Node<'d, 'i>> = elements(particle).filter(|it| is_particle(*it)).collect();
        while at < parent.children.len() {
            let mut found = None;
            for (number, inner) in open.iter().enumerate() {
                match self.once(*inner, parent, at) {
                    Ok(next) => found = Some((number, next)),
                    Err(Invalid::Other(_)) => continue,
                    Err(error) => return Err(error),
                }
                break;
            }
            let Some((number, next)) = found else { break };
            open.remove(number);
            at = next;
        }
        match open.iter().find(|it| occurs(**it).0 > 0) {
            None => Ok(at),
            Some(node) => Err(Invalid::Other(node.attribute("name").unwrap_or_default().to_owned())),
        }
    }
}

fn within(it: &Element, error: Invalid) -> Invalid {
    match error {
        Invalid::Breaks(what) => Invalid::Breaks(format!("{}: {what}", it.name)),
        Invalid::Other(name) => Invalid::Breaks(format!("{}: {name} is missing", it.name)),
        unknown @ Invalid::Unknown(_) => unknown,
    }
}

fn is(node: Node<'_, '_>, kind: &str) -> bool {
    node.has_tag_name((XSD, kind))
}

fn is_particle(node: Node<'_, '_>) -> bool {
    ["element", "sequence", "choice", "all", "any", "group"].iter().any(|kind| is(node, kind))
}

fn occurs(particle: Node<'_, '_>) -> (usize, usize) {
    let least = particle.attribute("minOccurs").and_then(|it| it.parse().ok()).unwrap_or(1);
    let most = match particle.attribute("maxOccurs") {
        Some("unbounded") => usize::MAX,
        other => other.and_then(|it| it.parse().ok()).unwrap_or(1),
    };
    (least, most)
}

/// Namespace and local name of a prefixed name as written at this node.
fn qname<'n>(place: Node<'_, '_>, name: &'n str) -> (String, &'n str) {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, name),
    };
    (place.lookup_namespace_uri(prefix).unwrap_or_default().to_owned(), local)
}

/// The namespace of an element that is declared here, globally or inside a type.
fn namespace_of(declared: Node<'_, '_>) -> String {
    let schema = declared.ancestors().find(|it| is(*it, "schema"));
    let own = schema.and_then(|it| it.attribute("targetNamespace")).unwrap_or_default();
    let global = declared.parent().is_some_and(|it| is(it, "schema"));
    let form = declared.attribute("form").or_else(|| schema.and_then(|it| it.attribute("elementFormDefault")));
    if global || form == Some("qualified") { own.to_owned() } else { String::new() }
}

/// The lexical form of XSD's own types, as far as a wrong one is worth telling.
fn builtin(name: &str, text: &str) -> Valid {
    let text = text.trim();
    let digits = |text: &str, pattern: &str| {
        text.len() >= pattern.len()
            && pattern.chars().zip(text.chars()).all(|(p, c)| if p == '0' { c.is_ascii_digit() } else { p == c })
    };
    let holds = match name {
        "boolean" => matches!(text, "true" | "false" | "0" | "1"),
        "int" => text.parse::<i32>().is_ok(),
        "long" => text.parse::<i64>().is_ok(),
        "short" => text.parse::<i16>().is_ok(),
        "byte" => text.parse::<i8>().is_ok(),
        "unsignedInt" => text.parse::<u32>().is_ok(),
        "unsignedLong" => text.parse::<u64>().is_ok(),
        "integer" | "negativeInteger" | "nonPositiveInteger" => text.parse::<i128>().is_ok(),
        "nonNegativeInteger" => text.parse::<u128>().is_ok(),
        "positiveInteger" => text.parse::<u128>().is_ok_and(|number| number > 0),
        "decimal" => text.parse::<f64>().is_ok_and(f64::is_finite) && !text.contains(['e', 'E']),
        "double" | "float" => matches!(text, "INF" | "-INF" | "NaN") || text.parse::<f64>().is_ok(),
        "date" => digits(text, "0000-00-00"),
        "dateTime" => digits(text, "0000-00-00T00:00:00"),
        "time" => digits(text, "00:00:00"),
        "base64Binary" => text.chars().all(|c| c.is_ascii_alphanumeric() || "+/= \t\r\n".contains(c)),
        "hexBinary" => text.len().is_multiple_of(2) && text.chars().all(|c| c.is_ascii_hexdigit()),
        _ => true,
    };
    if holds { Ok(()) } else { Err(Invalid::Breaks(format!("a value that is no xs:{name}"))) }
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::{Invalid, Schema};
    use crate::kit::Element;

    const TEXT: &str = r#"<w xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t"><xs:schema
        targetNamespace="urn:t" elementFormDefault="qualified">
        <xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction></xs:simpleType>
        <xs:complexType name="Base"><xs:sequence><xs:element name="code" type="t:Code"/></xs:sequence></xs:complexType>
        <xs:complexType name="More"><xs:complexContent><xs:extension base="t:Base"><xs:sequence>
            <xs:element name="n" type="xs:int" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
            <xs:attribute name="k" use="required"/></xs:extension></xs:complexContent></xs:complexType>
        <xs:element name="a"><xs:complexType><xs:choice><xs:element name="item" type="t:More" maxOccurs="2"/>
            <xs:element name="error" type="xs:boolean"/></xs:choice></xs:complexType></xs:element>
        <xs:element name="g"><xs:complexType><xs:group ref="t:x"/></xs:complexType></xs:element>
        </xs:schema></w>"#;

    #[test]
    fn tells_what_is_as_described() {
        let document = Document::parse(TEXT).unwrap();
        let schema = Schema::of(&document);
        for (inside, valid) in [
            ("<item k='1'><code>abc</code><n>1</n><n>-2</n></item>", true),
            ("<item k='1'><code>abc</code></item><item k='2'><code/></item>", true),
            ("<error>true</error>", true),
            ("", false),
            ("<error>yes</error>", false),
            ("<error>true</error><error>true</error>", false),
            ("<item><code>abc</code></item>", false),
            ("<item k='1' other='2'><code>abc</code></item>", false),
            ("<item k='1'><code>abcd</code></item>", false),
            ("<item k='1'><n>1</n></item>", false),
            ("<item k='1'><code>a</code><n>1.5</n></item>", false),
            ("<item k='1'><code>a</code>text</item>", false),
            ("<item k='1'><code xmlns=''>a</code></item>", false),
            ("<item k='1'><code>a</code></item><more/>", false),
        ] {
            let element = Element::read(format!("<a xmlns='urn:t'>{inside}</a>").as_bytes()).unwrap();
            let said = schema.judge(&element);
            assert_eq!(said.is_ok(), valid, "{inside}: {said:?}");
            assert!(!matches!(said, Err(Invalid::Unknown(_) | Invalid::Other(_))), "{inside}: {said:?}");
        }
        let unread = schema.judge(&Element::read(b"<g xmlns='urn:t'><x/></g>").unwrap());
        assert!(matches!(unread, Err(Invalid::Unknown(_))), "{unread:?}");
        assert!(schema.declares("urn:t", "a") && !schema.declares("urn:t", "b"));
    }
}
