//! Identifiers in the form of REST headers. What is accepted is written and read as the same value, keeps its bounds,
//! and is safe in a log line.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use xroad::id::{
    ClientId, MAX_LENGTH, RepresentedParty, ServerId, ServiceId, check_service_code, percent_decode, percent_encode,
};

/// One text, read as each kind of identifier.
pub fn identifiers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    round::<ClientId>(text, ClientId::to_rest);
    round::<ServiceId>(text, ServiceId::to_rest);
    round::<ServerId>(text, ServerId::to_rest);
    round::<RepresentedParty>(text, RepresentedParty::to_rest);

    assert_eq!(percent_decode(&percent_encode(text)).as_deref(), Ok(text), "encoding loses something");
    if let Ok(decoded) = percent_decode(text) {
        assert!(decoded.len() <= text.len(), "decoding makes text longer");
        assert_eq!(percent_decode(&percent_encode(&decoded)), Ok(decoded));
    }
    if check_service_code(text).is_ok() {
        assert!(text.is_ascii() && !text.contains(['/', '%', '<', '&']) && text.len() <= MAX_LENGTH);
    }
    if let Ok(client) = text.parse::<ClientId>() {
        let parts = [client.instance(), client.member_class(), client.member_code()];
        for part in parts.into_iter().chain(client.subsystem()) {
            assert!(!part.trim().is_empty() && part.chars().count() <= MAX_LENGTH, "a part out of bounds");
        }
        assert_eq!(client.member().subsystem(), None);
    }
}

fn round<T: FromStr + PartialEq + Debug + Display>(text: &str, write: impl Fn(&T) -> String) {
    let Ok(read) = text.parse::<T>() else { return };
    let written = write(&read);
    assert!(written.bytes().all(|b| b.is_ascii_graphic()), "{written:?} cannot stand in a header or a path");
    assert_eq!(written.parse::<T>().ok().as_ref(), Some(&read), "{written}");
    let again = written.parse::<T>().ok().map(|it| write(&it));
    assert_eq!(again.as_deref(), Some(written.as_str()), "written in two ways");
    let shown = read.to_string();
    assert!(
        !shown.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
        "{shown:?} can forge a log line"
    );
}
