//! The X-Road headers of a REST request, one `name: value` a line. The verdict does not depend on the order of the
//! fields nor on the case of their names, and values that are accepted came exactly so.

use xroad::rest::{HeaderError, RestHeader};

/// One header block.
pub fn headers(data: &[u8]) {
    let mut fields: Vec<(&str, &[u8])> = data.split(|b| *b == b'\n').filter_map(field).collect();
    let read = read(&fields);
    let upper: Vec<(String, &[u8])> = fields.iter().map(|(name, value)| (name.to_ascii_uppercase(), *value)).collect();
    assert_eq!(RestHeader::read(upper.iter().map(|(name, value)| (name.as_str(), *value))), read, "case matters");
    fields.reverse();
    match (&read, self::read(&fields)) {
        (Ok(a), Ok(b)) => {
            let (mut a, mut b) = (a.clone(), b);
            // Noted in the order in which they came.
            assert_eq!(a.anomalies.len(), b.anomalies.len());
            a.anomalies.clear();
            b.anomalies.clear();
            assert!(a == b, "the order of the fields matters");
        }
        (Err(_), Err(_)) => {}
        (a, b) => unreachable!("{a:?} in order, {b:?} from the end"),
    }
    let Ok(header) = read else { return };
    let one = |name: &str| {
        let mut found = fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        let first = found.next();
        assert!(found.next().is_none(), "{name} was there twice");
        first
    };
    for (name, value) in [
        ("X-Road-Id", &header.id),
        ("X-Road-Request-Id", &header.request_id),
        ("X-Road-UserId", &header.user_id),
        ("X-Road-Issue", &header.issue),
    ] {
        assert_eq!(value.as_ref().map(String::as_bytes), one(name), "{name} is not what came");
        assert!(value.as_ref().is_none_or(|it| it.chars().count() <= 255 && !it.contains(char::is_control)));
    }
    assert!(one("X-Road-Client").is_some(), "accepted without a client");
    let client = header.client.to_rest();
    let alone = RestHeader::read([("X-Road-Client", client.as_bytes())]);
    assert_eq!(alone.map(|it| it.client), Ok(header.client.clone()));
    assert!(header.anomalies.len() <= 4, "anomalies grow with the request");
    let nobody = RestHeader { user_id: None, issue: None, ..header.clone() };
    assert_eq!(format!("{header:?}"), format!("{nobody:?}"), "Debug shows a user or an issue");
}

fn read(fields: &[(&str, &[u8])]) -> Result<RestHeader, HeaderError> {
    RestHeader::read(fields.iter().copied())
}

fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let at = line.iter().position(|b| *b == b':')?;
    let name = std::str::from_utf8(line.get(..at)?).ok().filter(|it| it.is_ascii())?;
    let value = line.get(at + 1..)?;
    Some((name, value.strip_prefix(b" ").unwrap_or(value)))
}
