//! PTV's rules for single values, as findings with the PAT field's own name.
//!
//! Each rule stands here once; `map` says which field it is for. Our copy: the simulator has its own, so that one
//! misreading can not hide in both.

pub use crate::model::limits::name_key;
use crate::model::{Finding, Lang};

/// Lengths as the server counts them.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `field` is the localised field; the finding is bound to `lang`.
pub fn too_long(field: &str, lang: Lang, text: &str, max: usize, rule: &'static str) -> Option<Finding> {
    // No text has more UTF-16 units than bytes, and most are far below the limit.
    let count = if text.len() > max { length(text) } else { 0 };
    (count > max).then(|| {
        Finding::error(
            format!("{field}.{lang}"),
            rule,
            [
                format!("Tekstissä on {count} merkkiä, PTV sallii enintään {max}. Lyhennä tekstiä."),
                format!("Texten har {count} tecken, SDL tillåter högst {max}. Korta texten."),
                format!("The text has {count} characters, PTV allows at most {max}. Shorten it."),
            ],
        )
        .in_language(lang)
    })
}

/// Most texts need five characters that are not white space (ptv-in-api.md §3.0.7).
pub fn too_short(field: &str, lang: Lang, text: &str, rule: &'static str) -> Option<Finding> {
    let least = super::profile::MIN_TEXT;
    let count = text.chars().filter(|c| !c.is_whitespace()).take(least).count();
    (count < least).then(|| {
        Finding::error(
            format!("{field}.{lang}"),
            rule,
            [
                "PTV vaatii tekstiltä vähintään viisi merkkiä. Kirjoita enemmän.".into(),
                "SDL kräver minst fem tecken. Skriv mer.".into(),
                "PTV needs at least five characters. Write more.".into(),
            ],
        )
        .in_language(lang)
    })
}

pub fn missing(field: &str, lang: Lang, rule: &'static str) -> Finding {
    Finding::error(
        format!("{field}.{lang}"),
        rule,
        [
            "Tieto puuttuu tällä kielellä. Kirjoita se, tai poista kieliversio.".into(),
            "Uppgiften saknas på detta språk. Skriv den, eller ta bort språkversionen.".into(),
            "Missing in this language. Write it, or remove the language version.".into(),
        ],
    )
    .in_language(lang)
}

/// A web address as PTV takes it (ptv-in-api.md §3.0.8).
pub fn is_url(url: &str) -> bool {
    let Some(rest) = ["http://", "https://", "ftp://"].iter().find_map(|scheme| url.strip_prefix(scheme)) else {
        return false;
    };
    if length(url) > super::profile::URL || url.chars().any(char::is_whitespace) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    if let Some(bracketed) = host_and_port.strip_prefix('[') {
        return bracketed.split(']').next().is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let (host, port) = match host_and_port.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (host_and_port, None),
    };
    port.is_none_or(|port| (1..=5).contains(&port.len()) && port.chars().all(|c| c.is_ascii_digit())) && is_host(host)
}

fn is_host(host: &str) -> bool {
    if host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let sound =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    labels.len() > 1
        && labels.iter().all(sound)
        && labels.last().is_some_and(|top| top.chars().count() >= 2 && top.chars().all(char::is_alphabetic))
}

/// A web address, with a scheme put before a bare host name (pat.md §2, known dirt).
pub fn with_scheme(url: &str) -> String {
    let url = url.trim();
    if url.contains("://") { url.to_owned() } else { format!("https://{url}") }
}

pub fn bad_url(field: &str, lang: Lang) -> Finding {
    Finding::error(
        format!("{field}.{lang}"),
        "url",
        [
            "Verkko-osoite ei ole oikeaa muotoa (https://…, enintään 500 merkkiä). Korjaa osoite.".into(),
            "Webbadressen har fel form (https://…, högst 500 tecken). Rätta adressen.".into(),
            "Not a web address (https://…, at most 500 characters). Correct it.".into(),
        ],
    )
    .in_language(lang)
}

/// Seven numbers between dots, at most 100 characters (ptv-in-api.md §3.0.8).
pub fn is_oid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 7 && parts.iter().all(number) && length(text) <= super::profile::NAME
}

pub fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let sound = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_{|}~.".contains(c) || !c.is_ascii();
    !local.is_empty()
        && local.chars().all(sound)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_host(domain)
        && domain != "localhost"
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_url, with_scheme};

    #[test]
    fn urls() {
        for (url, expected) in [
            ("https://www.turku.example/palvelut?x=1", true),
            ("http://127.0.0.1:8080/", true),
            ("https://[::1]/", true),
            ("https://päivä.fi", true),
            ("www.finlex.fi", false),
            ("https://finlex", false),
            ("https://a.b1", false),
            ("https://a b.fi", false),
            ("mailto:a@example.fi", false),
        ] {
            assert_eq!(is_url(url), expected, "{url}");
        }
        assert_eq!(with_scheme("www.x.fi"), "https://www.x.fi");
    }

    #[test]
    fn oids() {
        for (oid, expected) in
            [("1.2.246.10.8260154.1.1", true), ("1.2.3", false), ("1.2.3.4.5.6.x", false), ("1..3.4.5.6.7", false)]
        {
            assert_eq!(super::is_oid(oid), expected, "{oid}");
        }
    }

    #[test]
    fn emails() {
        assert!(is_email("neuvonta@turku.example"));
        assert!(!is_email("neuvonta(at)turku.example") && !is_email("a@b") && !is_email(".a@example.fi"));
    }
}
