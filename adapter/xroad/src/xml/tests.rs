use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Element, XmlError> {
    parse(text.as_bytes(), None, &Limits::default())
}

fn rule(text: &str) -> XmlRule {
    read(text).expect_err(text).rule
}

#[test]
fn what_is_not_well_formed_is_refused_by_the_right_rule() {
    let cases = [
        ("", XmlRule::Empty),
        ("  \n", XmlRule::Empty),
        ("<!-- only -->", XmlRule::Empty),
        ("<a/><b/>", XmlRule::SecondRoot),
        ("<a></a><a>", XmlRule::SecondRoot),
        ("x<a/>", XmlRule::TextOutsideRoot),
        ("<a/>x", XmlRule::TextOutsideRoot),
        ("<a/>&amp;", XmlRule::TextOutsideRoot),
        ("<a/><![CDATA[]]>", XmlRule::TextOutsideRoot),
        ("\u{FEFF}\u{FEFF}<a/>", XmlRule::TextOutsideRoot),
        ("<a>", XmlRule::MissingEnd),
        ("<a><b></b>", XmlRule::MissingEnd),
        ("<a></b>", XmlRule::MismatchedEnd),
        ("</a>", XmlRule::MismatchedEnd),
        ("<a/></a>", XmlRule::MismatchedEnd),
        ("<p:a/>", XmlRule::UnboundPrefix),
        ("<a p:b=''/>", XmlRule::UnboundPrefix),
        ("<a xmlns:p='u'><b/></a><p:c/>", XmlRule::SecondRoot),
        ("<a><b xmlns:p='u'/><p:c/></a>", XmlRule::UnboundPrefix),
        ("<a b='1' b='2'/>", XmlRule::RepeatedAttribute),
        ("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", XmlRule::RepeatedAttribute),
        ("<a xmlns:p='u' xmlns:p='v'/>", XmlRule::RepeatedAttribute),
        ("<a xmlns='u' xmlns='v'/>", XmlRule::RepeatedAttribute),
        ("<a xmlns:p=''/>", XmlRule::Binding),
        ("<a xmlns:xml='u'/>", XmlRule::Binding),
        ("<a xmlns:xmlns='u'/>", XmlRule::Binding),
        ("<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", XmlRule::Binding),
        ("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", XmlRule::Binding),
        ("<xmlns:a/>", XmlRule::Binding),
        ("<a b='<'/>", XmlRule::AttributeSyntax),
        ("<a b=1/>", XmlRule::AttributeSyntax),
        ("<a b/>", XmlRule::AttributeSyntax),
        ("<a b='1'c='2'/>", XmlRule::AttributeSyntax),
        ("<a b='1'/ >", XmlRule::AttributeSyntax),
        ("<1a/>", XmlRule::Name),
        ("< a/>", XmlRule::Name),
        ("<a/b/>", XmlRule::Name),
        ("<:a/>", XmlRule::Name),
        ("<a:/>", XmlRule::Name),
        ("<a:b:c/>", XmlRule::Name),
        ("<a 1b=''/>", XmlRule::Name),
        ("<a>\u{1}</a>", XmlRule::Character),
        ("<a b='\u{FFFF}'/>", XmlRule::Character),
        ("<!--\u{0}--><a/>", XmlRule::Character),
        ("<a>&#0;</a>", XmlRule::Reference),
        ("<a>&#xD800;</a>", XmlRule::Reference),
        ("<a>&#x110000;</a>", XmlRule::Reference),
        ("<a>&#+65;</a>", XmlRule::Reference),
        ("<a>&#;</a>", XmlRule::Reference),
        ("<a>&nbsp;</a>", XmlRule::Reference),
        ("<a>&amp</a>", XmlRule::Reference),
        ("<a>& b</a>", XmlRule::Reference),
        ("<a b='&x;'/>", XmlRule::Reference),
        ("<a b='&amp'/>", XmlRule::Reference),
        ("<a>]]></a>", XmlRule::CdataEnd),
        ("<a><?xml version='1.0'?></a>", XmlRule::LateDeclaration),
        (" <?xml version='1.0'?><a/>", XmlRule::LateDeclaration),
        ("<?xml version='1.0'?><?xml version='1.0'?><a/>", XmlRule::LateDeclaration),
        ("<a><?XML x?></a>", XmlRule::Instruction),
        ("<!DOCTYPE a><a/>", XmlRule::Doctype),
        ("<!doctype a><a/>", XmlRule::Doctype),
        ("<a><!DOCTYPE a></a>", XmlRule::Doctype),
        ("<a><!-- a -- b --></a>", XmlRule::Syntax),
        ("<a><!ELEMENT a></a>", XmlRule::Syntax),
        ("<a", XmlRule::Syntax),
        ("<a><![CDATA[x</a>", XmlRule::Syntax),
        ("<a><!-- x</a>", XmlRule::Syntax),
    ];
    for (text, expected) in cases {
        assert_eq!(rule(text), expected, "{text:?}");
    }
}

#[test]
fn xroad_so_26_so_27_equal_content_gives_equal_trees() {
    let plain = read("<a xmlns='u'><b>x&lt;ä</b><c k='1 2'/></a>").expect("plain");
    for other in [
        "<p:a xmlns:p=\"u\"><p:b>x&#60;&#xE4;</p:b><p:c k=\"1 2\"></p:c></p:a>",
        "<a xmlns='u'>\r\n  <b><![CDATA[x<ä]]></b>\r\n <!-- - --><c k='1&#32;2' /><?pi here?></a>",
        "<?xml version='1.0'?><!-- c --><?pi?><a xmlns='u'><b xmlns='u'>x<!-- -->&lt;<?p?>ä</b><c k='1\n2'/></a >\n<!-- e -->",
    ] {
        assert_eq!(read(other).expect(other), plain, "{other}");
    }
}

#[test]
fn text_is_exact_and_line_ends_are_newlines() {
    let root = read("<a> x\r\ny\rz&#13;<b/> </a>").expect("mixed");
    assert_eq!(root.text, " x\ny\nz\r ");
    assert_eq!(read("<a> \n </a>").expect("leaf").text, " \n ");
    assert_eq!(read("<a> \n <b/> </a>").expect("container").text, "");
}

#[test]
fn xroad_se_01_se_03_nothing_external_is_taken() {
    for text in [
        "<!DOCTYPE a SYSTEM 'http://example.org/x.dtd'><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://example.org/p'> %p;]><a/>",
    ] {
        assert_eq!(rule(text), XmlRule::Doctype, "{text}");
    }
    let include = read(
        "<a xmlns:x='http://www.w3.org/2001/XInclude' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' \
         i:schemaLocation='u http://example.org/x.xsd'><x:include href='file:///etc/passwd'/></a>",
    );
    assert_eq!(include.expect("plain elements").children.len(), 1);
}

#[test]
fn xroad_se_02_entities_never_expand() {
    let mut laughs = String::from("<!DOCTYPE l [<!ENTITY l0 'ha'>");
    for i in 1..10 {
        let _ = write!(laughs, "<!ENTITY l{i} '{}'>", format!("&l{};", i - 1).repeat(10));
    }
    laughs.push_str("]><l>&l9;</l>");
    assert_eq!(rule(&laughs), XmlRule::Doctype);
}

#[test]
fn xroad_se_04_limits_hold() {
    let limits = Limits::default();
    let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    assert!(read(&nested(64)).is_ok());
    assert_eq!(rule(&nested(65)), XmlRule::TooDeep);
    assert_eq!(rule(&"<a>".repeat(100_000)), XmlRule::TooDeep);

    let attributes = |n: usize| (0..n).fold(String::from("<a"), |out, i| out + &format!(" b{i}=''")) + "/>";
    assert!(read(&attributes(64)).is_ok());
    assert_eq!(rule(&attributes(65)), XmlRule::TooManyAttributes);
    let bindings = |n: usize| (0..n).fold(String::from("<a"), |out, i| out + &format!(" xmlns:p{i}='u'")) + "/>";
    assert!(read(&bindings(64)).is_ok());
    assert_eq!(rule(&bindings(65)), XmlRule::TooManyBindings);

    let tag = |level: usize| (0..60).fold(String::from("<a"), |out, i| out + &format!(" xmlns:p{level}x{i}='u'")) + ">";
    let bomb: String = (0..5).map(tag).collect();
    assert_eq!(rule(&bomb), XmlRule::TooManyBindings);

    let many = Limits { elements: 10, ..limits };
    let flat = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n));
    assert!(parse(flat(9).as_bytes(), None, &many).is_ok());
    assert_eq!(parse(flat(10).as_bytes(), None, &many).expect_err("many").rule, XmlRule::TooManyElements);

    let small = Limits { bytes: 100, ..limits };
    let wide = format!("<a b='{}'/>", "x".repeat(100));
    assert_eq!(parse(wide.as_bytes(), None, &small).expect_err("large").rule, XmlRule::TooLarge);
}

#[test]
fn errors_never_quote_the_document() {
    let secret = "131052-9074";
    for text in [format!("<a><{secret}></a>"), format!("<a>&{secret};</a>"), format!("<a></{secret}>"), secret.into()] {
        let error = read(&text).expect_err("refused");
        assert!(!format!("{error} {error:?}").contains(secret));
    }
    let tree = read(&format!("<a b='{secret}'>{secret}</a>")).expect("tree");
    assert!(!format!("{tree:?}").contains(secret));
}

mod fields {
    use super::*;

    const NS: &str = "urn:t";

    fn fails(body: &str, take: impl Fn(&mut Fields<'_>) -> Result<(), FieldError>) -> String {
        let tree = read(&format!("<m xmlns='{NS}' xmlns:i='{NS_XSI}' xmlns:o='o'>{body}</m>")).expect("tree");
        let mut fields = match Fields::of(&tree, NS, "m") {
            Ok(fields) => fields,
            Err(error) => return error.to_string(),
        };
        match take(&mut fields).and_then(|()| fields.finish()) {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn take(fields: &mut Fields<'_>) -> Result<(), FieldError> {
        fields.text("id")?;
        fields.optional_parse::<u32>("count")?;
        for mut recipient in fields.repeated_nested("recipients")? {
            recipient.text("code")?;
            recipient.finish()?;
        }
        Ok(())
    }

    #[test]
    fn members_are_taken_strictly() {
        let cases = [
            ("<id>1</id>", "ok"),
            ("<id/><count> 4 </count>", "ok"),
            ("<recipients><code>a</code></recipients><id i:type='x' xml:lang='fi'>1</id>", "ok"),
            ("", "m/id: is required"),
            ("<id>1</id><id>2</id>", "m/id: is given more than once"),
            ("<id>1</id><other/>", "m/other: is not a member here"),
            ("<id>1</id><o:x/>", "m/x: is in the wrong namespace"),
            ("<id xmlns=''>1</id>", "m/id: is required"),
            ("<id><b/></id>", "m/id: must hold text, not elements"),
            ("<id i:nil='true'/>", "m/id: must be left out rather than nil"),
            ("<id a='1'>1</id>", "m/id/@a: is not an attribute here"),
            ("text<id>1</id>", "m: must hold elements, not text"),
            ("<id>1</id><count>four</count>", "m/count: has a value that is not allowed"),
            ("<id>1</id><recipients><code>a</code></recipients><recipients/>", "m/recipients[2]/code: is required"),
            ("<id>1</id><recipients><code>a</code><x/></recipients>", "m/recipients[1]/x: is not a member here"),
        ];
        for (body, expected) in cases {
            assert_eq!(fails(body, take), expected, "{body}");
        }
    }

    #[test]
    fn xroad_so_14_the_wrapper_must_be_in_our_namespace() {
        let tree = read("<m xmlns='urn:other'/>").expect("tree");
        let error = Fields::of(&tree, NS, "m").expect_err("namespace");
        assert_eq!(error.rule, FieldRule::Namespace);
        assert_eq!(Fields::of(&tree, NS, "n").expect_err("name").rule, FieldRule::Unknown);
    }

    #[test]
    fn xroad_at_12_binary_members_are_inline_or_attached_and_never_elsewhere() {
        let binary = |content: &str| {
            let xml = format!("<m xmlns='{NS}' xmlns:x='http://www.w3.org/2004/08/xop/include'><d>{content}</d></m>");
            let tree = read(&xml).expect("tree");
            Fields::of(&tree, NS, "m").and_then(|mut f| f.binary("d"))
        };
        assert_eq!(binary("aGVp\n IQ=="), Ok(Binary::Inline(b"hei!".to_vec())));
        assert_eq!(binary("\n<x:Include href='cid:a%40b'/>\n"), Ok(Binary::Attached("a@b".into())));
        for href in ["http://example.org/x", "file:///etc/passwd", "cid:"] {
            let error = binary(&format!("<x:Include href='{href}'/>")).expect_err(href);
            assert_eq!(error.rule, FieldRule::Reference);
        }
        assert_eq!(binary("<x:Include/>").expect_err("no href").rule, FieldRule::NotText);
        assert_eq!(binary("!").expect_err("not base64").rule, FieldRule::Base64);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    // Weighted towards what escaping and line ends can break.
    proptest::collection::vec(
        prop_oneof![
            Just('\r'),
            Just('\n'),
            Just('\t'),
            Just(' '),
            Just('<'),
            Just('&'),
            Just(']'),
            Just('>'),
            Just('"'),
            Just('\''),
            proptest::char::any().prop_filter("legal", |&c| chars::is_xml_char(c)),
        ],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn any_element() -> impl Strategy<Value = Element> {
    let namespace = || prop_oneof![Just(""), Just("urn:a"), Just("urn:b&\"<"), Just(NS_XML)];
    let element = move || {
        let attribute = (namespace(), "[a-z]{1,4}", any_text()).prop_filter("declarations", |(_, n, _)| n != "xmlns");
        (namespace(), "[a-zA-Z_ä]{1,6}", proptest::collection::vec(attribute, 0..3))
    };
    let build = |(ns, name, attributes): (&str, String, Vec<(&str, String, String)>)| {
        let mut element = Element::new(ns, name);
        for (ns, name, value) in attributes {
            if element.attribute(ns, &name).is_none() {
                element.attributes.push(Attribute { namespace: ns.into(), name: name.into(), value });
            }
        }
        element
    };
    let leaf = (element(), any_text()).prop_map(move |(parts, text)| Element { text, ..build(parts) });
    leaf.prop_recursive(4, 16, 4, move |inner| {
        (element(), proptest::collection::vec(inner, 1..4))
            .prop_map(move |(parts, children)| Element { children, ..build(parts) })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_back(element in any_element()) {
        let xml = element.to_xml();
        prop_assert_eq!(read(&xml).map_err(|e| format!("{e}: {xml}")), Ok(element));
    }

    #[test]
    fn what_we_accept_an_independent_parser_accepts(text in "(<[ab]( c='[^']{0,2}')?>|</[ab]>|<[ab]/>|x|&lt;|&#[x0-9]{1,3};|<!--[-x]{0,3}-->|]]>|<\\?p?\\?>){1,8}") {
        if read(&text).is_ok() {
            prop_assert!(roxmltree::Document::parse(&text).is_ok(), "{text}");
        }
    }
}
