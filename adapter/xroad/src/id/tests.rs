use super::*;

fn client(text: &str) -> Result<ClientId, IdError> {
    text.parse()
}

#[test]
fn xroad_id_02_a_member_has_no_subsystem() {
    let id = client("FI-TEST/MUN/1234567-1").expect("member");
    assert_eq!(id.subsystem(), None);
    assert_eq!(ClientId::new("FI", "GOV", "1", Some(String::new())), Err(IdError::Blank));
}

#[test]
fn xroad_id_08_values_are_kept_verbatim() {
    let spaced = ClientId::new("FI", "MUN", " 1234567-1", None).expect("legacy");
    assert_ne!(spaced, client("FI/MUN/1234567-1").expect("plain"));
    assert_eq!(spaced.member_code(), " 1234567-1");
    assert_eq!(spaced.to_rest(), "FI/MUN/%201234567-1");
}

#[test]
fn xroad_id_10_legacy_codes_are_read_and_logged_safely() {
    let id = client("FI/MUN/a_b/%C3%A4%20x%2Fy%0A%E2%80%AE").expect("legacy");
    assert_eq!(id.subsystem(), Some("ä x/y\n\u{202e}"));
    assert_eq!(id.to_string(), "FI/MUN/a_b/ä x\\u{2f}y\\u{a}\\u{202e}");
    assert_eq!(client(&id.to_rest()).expect("round trip"), id);
}

#[test]
fn xroad_id_11_only_strict_codes_are_published() {
    for good in ["getService", "palvelut-2", "a.b", "x(1)", "a'b+c,d=e?"] {
        assert_eq!(check_service_code(good), Ok(()), "{good}");
    }
    for bad in ["get_service", "a:b", "ä", "a b", "a/b", "a%b", "a;b", "..", "\u{200b}"] {
        assert_eq!(check_service_code(bad), Err(IdError::NotStrict), "{bad}");
    }
    assert_eq!(check_service_code(&"a".repeat(256)), Err(IdError::TooLong));
}

#[test]
fn xroad_id_12_reserved_codes_are_refused() {
    for code in RESERVED_CODES {
        assert_eq!(check_service_code(code), Err(IdError::Reserved));
        assert_eq!(check_service_code(&code.to_lowercase()), Err(IdError::Reserved));
    }
}

#[test]
fn xroad_id_13_codes_that_end_in_response_are_refused() {
    assert_eq!(check_service_code("orderResponse"), Err(IdError::ResponseSuffix));
    assert_eq!(check_service_code("getResponses"), Ok(()));
}

#[test]
fn xroad_id_14_blank_parts_are_refused() {
    for bad in ["FI//1", "FI/MUN/", "FI/MUN/%20", "/MUN/1", "FI/MUN/1/"] {
        assert_eq!(client(bad), Err(IdError::Blank), "{bad}");
    }
}

#[test]
fn xroad_id_16_parts_are_decoded_one_by_one() {
    assert_eq!(client("FI-TEST/MUN/7654321-0/My%20Portal").expect("id").subsystem(), Some("My Portal"));
    assert_eq!(client("FI/MUN/1/a+b").expect("id").subsystem(), Some("a+b"));
}

#[test]
fn xroad_id_17_wrong_part_counts_and_escapes_are_refused() {
    assert_eq!(client("FI/MUN"), Err(IdError::Parts));
    assert_eq!(client("FI/MUN/1/a/b"), Err(IdError::Parts));
    for bad in ["FI/MUN/%zz", "FI/MUN/1%", "FI/MUN/1%4", "FI/MUN/%FF", "FI/MUN/%C0%AF"] {
        assert_eq!(client(bad), Err(IdError::Encoding), "{bad}");
    }
}

#[test]
fn xroad_id_18_represented_party_is_a_code_or_class_and_code() {
    let both: RepresentedParty = "COM/123".parse().expect("two parts");
    assert_eq!((both.class(), both.code()), (Some("COM"), "123"));
    let one: RepresentedParty = "123".parse().expect("one part");
    assert_eq!((one.class(), one.code()), (None, "123"));
    assert_eq!("a/b/c".parse::<RepresentedParty>(), Err(IdError::Parts));
}

#[test]
fn xroad_cn_06_identifiers_are_encoded_part_by_part() {
    let provider = ClientId::new("FI", "MUN", "1", Some("a b/ä+?".into())).expect("provider");
    let service = ServiceId::new(provider, "get%", None).expect("service");
    assert_eq!(service.to_rest(), "FI/MUN/1/a%20b%2F%C3%A4+%3F/get%25");
    assert_eq!(service.to_rest().parse::<ServiceId>().expect("round trip"), service);
}

#[test]
fn services_and_servers_have_their_own_forms() {
    assert_eq!("FI/MUN/1/svc".parse::<ServiceId>(), Err(IdError::Parts));
    let server: ServerId = "FI/GOV/1/ss1".parse().expect("server");
    assert_eq!(server.server_code(), "ss1");
    assert_eq!(server.owner().subsystem(), None);
    assert_eq!("FI/GOV/1".parse::<ServerId>(), Err(IdError::Parts));
    let member = ClientId::new("FI", "GOV", "1", None).expect("member");
    let empty = ServiceId::new(member.clone(), "s", Some(String::new())).expect("empty version");
    assert_ne!(empty, ServiceId::new(member, "s", None).expect("no version"));
}
