//! The text formats of ptv-in-api §3.0.8 and the URI patterns of §3.2, as plain predicates.
//! Whether a code exists is not asked here.

pub(crate) fn source_id(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

pub(crate) fn guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

pub(crate) fn business_code(text: &str) -> bool {
    text.split_once('-').is_some_and(|(number, check)| digits(number, 7, 7) && digits(check, 1, 1))
}

pub(crate) fn organization_oid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('.').collect();
    groups.len() == 7 && groups.iter().all(|group| digits(group, 1, 100))
}

pub(crate) fn municipality(text: &str) -> bool {
    digits(text, 1, 3)
}

pub(crate) fn postal_code(text: &str) -> bool {
    digits(text, 5, 5)
}

pub(crate) fn country(text: &str) -> bool {
    text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase())
}

pub(crate) fn coordinate(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    digits(whole, 1, 100) && digits(fraction, 0, 100)
}

pub(crate) fn dial_prefix(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|number| digits(number, 1, 4))
}

pub(crate) fn phone_number(text: &str) -> bool {
    digits(text, 1, 20)
}

pub(crate) fn signature_quantity(text: &str) -> bool {
    digits(text, 1, 9) && !text.starts_with('0')
}

pub(crate) fn language_list_item(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// `HH:mm` or `HH:mm:00`; quarters only, or any minute.
pub(crate) fn time(text: &str, any_minute: bool) -> bool {
    let mut parts = text.split(':');
    let (hour, minute, second) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
    let hour_fits = digits(hour, 2, 2) && hour < "24";
    let minute_fits =
        if any_minute { digits(minute, 2, 2) && minute < "60" } else { matches!(minute, "00" | "15" | "30" | "45") };
    hour_fits && minute_fits && second.is_none_or(|s| s == "00") && parts.next().is_none()
}

pub(crate) fn url(text: &str) -> bool {
    let Some(rest) = ["http://", "https://", "ftp://"].iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(inside) = authority.strip_prefix('[') {
        return inside.split_once(']').is_some_and(|(address, _)| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let (name, port) = authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
    port.is_none_or(|p| digits(p, 1, 5)) && !text.contains(char::is_whitespace) && host(name)
}

fn host(name: &str) -> bool {
    if name.parse::<std::net::Ipv4Addr>().is_ok() || name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let labels: Vec<&str> = name.split('.').collect();
    let last = labels.last().copied().unwrap_or("");
    labels.len() > 1
        && labels.iter().all(|l| label(l))
        && last.chars().count() >= 2
        && last.chars().all(|c| c.is_alphabetic() || !c.is_ascii())
}

pub(crate) fn email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_{|}~`".contains(c))
    };
    !domain.contains('@') && local.split('.').all(atom) && host(domain)
}

pub(crate) fn service_class(uri: &str) -> bool {
    coded(uri, "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P", 2)
        || coded(uri, "http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P", 2)
        || old_style(uri)
}

pub(crate) fn target_group(uri: &str) -> bool {
    let new = uri.strip_prefix("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR");
    new.is_some_and(|code| code.starts_with(['1', '2', '3']) && dotted(code, 1)) || old_style(uri)
}

pub(crate) fn life_event(uri: &str) -> bool {
    coded(uri, "http://uri.suomi.fi/codelist/ptv/ptvelti/code/KE", 2) || old_style(uri)
}

pub(crate) fn industrial_class(uri: &str) -> bool {
    uri.strip_prefix("http://www.stat.fi/meta/luokitukset/toimiala/001-2008/").is_some_and(|code| digits(code, 1, 5))
        || uri.strip_prefix("http://uri.suomi.fi/codelist/jhs/toimiala_1_20080101/code/").is_some_and(|code| {
            (1..=5).contains(&code.len()) && code.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        })
}

pub(crate) fn ontology_term(uri: &str) -> bool {
    uri.strip_prefix("http://www.yso.fi/onto/")
        .and_then(|rest| rest.split_once("/p"))
        .is_some_and(|(vocabulary, number)| vocabulary.chars().all(|c| c.is_ascii_lowercase()) && digits(number, 1, 5))
}

/// At least five non-space characters, unless the text is blank (ptv-in-api §3.0.7).
pub(crate) fn meaningful(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.is_empty() || trimmed.chars().filter(|c| !c.is_whitespace()).count() >= 5
}

/// Scheme and host of an absolute URI.
pub(crate) fn scheme_and_host(uri: &str) -> Option<&str> {
    let after = uri.find("://")? + 3;
    let end = uri.get(after..)?.find('/').map_or(uri.len(), |at| after + at);
    uri.get(..end)
}

fn digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn coded(uri: &str, prefix: &str, width: usize) -> bool {
    uri.strip_prefix(prefix).is_some_and(|code| dotted(code, width))
}

fn dotted(code: &str, width: usize) -> bool {
    code.split('.').all(|part| digits(part, 1, width))
}

fn old_style(uri: &str) -> bool {
    uri.strip_prefix("http://urn.fi/URN:NBN:fi:au:ptvl:v").is_some_and(|number| digits(number, 1, 20))
}
