//! The descriptions as documents: how they are served, and what must not stand in them.

use std::time::Duration;

use super::{check_all, descriptions, fetch, openapis, wsdls};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{anonymised_openapi, anonymised_wsdl};

const MOST: usize = 10 * 1024 * 1024;
/// What the Java client of the administration sends.
const ADMINISTRATION: &[(&str, &str)] = &[
    ("User-Agent", "Java/21.0.6"),
    ("Accept", "text/html, image/gif, image/jpeg, */*; q=0.2"),
    ("Connection", "keep-alive"),
];
/// What the proxy sends when a consumer asks for the WSDL.
const PROXY: &[(&str, &str)] = &[("User-Agent", "Apache-HttpClient/4.5.14 (Java/21.0.6)")];

pub(super) async fn me_01(probe: &mut Probe<'_>) -> Verdict {
    for wsdl in wsdls(probe)? {
        for (who, headers) in [("as the administration fetches it", ADMINISTRATION), ("as getWsdl fetches it", PROXY)] {
            probe.step(format!("{}, {who}", wsdl.url));
            let answer = fetch(probe, &wsdl.url, headers).await?;
            probe.check("HTTP 200, no redirect", answer.status == 200)?;
            let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
            probe.check("Content-Type text/xml", kind.split(';').next().map(str::trim) == Some("text/xml"))?;
            probe.check("at most 10 MiB", !answer.body.is_empty() && answer.body.len() <= MOST)?;
            probe.check("no Set-Cookie", !answer.headers.contains_key("set-cookie"))?;
            probe.check("no Content-Encoding", !answer.headers.contains_key("content-encoding"))?;
        }
    }
    Ok(())
}

pub(super) async fn me_04(probe: &mut Probe<'_>) -> Verdict {
    let mut looked = false;
    for json in [false, true] {
        for document in descriptions(probe, json) {
            looked = true;
            probe.step(document.url.clone());
            probe.sent("the document as a consumer gets it");
            let passed = if json { anonymised_openapi(&document.bytes) } else { anonymised_wsdl(&document.bytes) };
            let passed = passed.map_err(|error| Stop::failed(format!("{}: {}", document.url, error.text)))?;
            let original = String::from_utf8_lossy(&document.bytes);
            check_all(probe, leaks(&document.url, &original, &passed))?;
        }
    }
    if looked { Ok(()) } else { Err(Stop::not_applicable("no description was given")) }
}

/// For each address that the adapter is known by: none of it is left.
fn leaks(url: &str, original: &str, passed: &str) -> Vec<(String, bool)> {
    let mut known: Vec<(&str, Option<&str>)> = Vec::new();
    let own = original.match_indices("location=\"").chain(original.match_indices("\"url\""));
    let named = own.filter_map(|(at, _)| original.get(at..)).filter_map(authority_of);
    for authority in std::iter::once(url).filter_map(authority_of).chain(named) {
        if !known.contains(&authority) {
            known.push(authority);
        }
    }
    let lower = passed.to_ascii_lowercase();
    let mut checks = Vec::new();
    for (host, port) in known {
        let host = host.to_ascii_lowercase();
        // A name of one word may be a word of the language.
        let telling = host.contains(['.', ':']) || host == "localhost";
        // The placeholder's own host, and those of namespaces, belong to nobody here.
        if telling && !["example.org", "x-road.eu", "schemas.xmlsoap.org"].contains(&host.as_str()) {
            checks.push((format!("no {host} is left"), !lower.contains(&host)));
        }
        if let Some(port) = port {
            let with_port = format!(":{port}");
            let left = lower.match_indices(&with_port).any(|(at, _)| {
                let next = lower.get(at + with_port.len()..).and_then(|rest| rest.chars().next());
                !next.is_some_and(|c| c.is_ascii_digit())
            });
            checks.push((format!("no port {port} is left"), !left));
        }
    }
    checks.push(("no address of a private network is left".to_owned(), !private_address(&lower)));
    checks
}

/// Host and port of the first address in a text, when it follows within the next few characters.
fn authority_of(text: &str) -> Option<(&str, Option<&str>)> {
    let at = text.find("://").filter(|at| *at < 40)?;
    let rest = text.get(at + 3..)?;
    let end = rest.find(|c: char| matches!(c, '/' | '"' | '\'' | '?' | '#' | '<') || c.is_whitespace());
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => Some((host, Some(port))),
        _ => Some((authority, None)),
    }
}

/// Whether an IPv4 address of RFC 1918 or of the loopback network stands in the text.
fn private_address(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').any(|word| {
        word.trim_matches('.').parse::<std::net::Ipv4Addr>().is_ok_and(|it| it.is_private() || it.is_loopback())
    })
}

pub(super) async fn me_05(probe: &mut Probe<'_>) -> Verdict {
    for wsdl in wsdls(probe)? {
        probe.step(wsdl.url.clone());
        let answer = fetch(probe, &wsdl.url, PROXY).await?;
        let text = answer.text();
        // Before the root element only: in a comment it is a word like others.
        let (head, _) =
            text.split_once(":definitions").or_else(|| text.split_once("<definitions")).unwrap_or((&text, ""));
        probe.check("no DOCTYPE", !head.contains("<!DOCTYPE"))?;
        probe.check("UTF-8", std::str::from_utf8(&answer.body).is_ok())?;
    }
    Ok(())
}

pub(super) async fn me_10(probe: &mut Probe<'_>) -> Verdict {
    if probe.target.urls.is_empty() {
        openapis(probe)?;
    }
    for url in probe.target.urls.clone() {
        probe.step(url.clone());
        let first = fetch(probe, &url, PROXY).await?;
        // A clock that counts seconds must have gone on.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let second = fetch(probe, &url, PROXY).await?;
        probe.check("HTTP 200 both times", first.status == 200 && second.status == 200)?;
        probe.check("the same bytes", first.body == second.body)?;
        let tag = |answer: &crate::security_server::Answer| answer.header("etag").map(str::to_owned);
        probe.check("the same ETag, if any", tag(&first) == tag(&second))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{authority_of, leaks, private_address};

    #[test]
    fn addresses_that_leak_are_found() {
        assert_eq!(authority_of("https://a.example:8443/x"), Some(("a.example", Some("8443"))));
        assert_eq!(authority_of("\"url\": \"http://b.example\""), Some(("b.example", None)));
        assert_eq!(authority_of("\"/rest/v1\""), None);
        assert!(private_address("see 10.1.2.3.") && private_address("<a>127.0.0.1</a>"));
        assert!(!private_address("version 1.2.3 of 8.8.8.8"));
        let left = |passed: &str| {
            let original = "<soap:address location=\"https://inner.example/x\"/>";
            leaks("https://outer.example:8443/y", original, passed).into_iter().filter(|(_, holds)| !holds).count()
        };
        assert_eq!(left("<a>http://example.org/xroad-endpoint</a>"), 0);
        assert_eq!(left("<a>INNER.example</a>"), 1);
        assert_eq!(left("<a>outer.example:8443</a>"), 2);
        assert_eq!(left("<a>:84430</a>"), 0);
    }
}
