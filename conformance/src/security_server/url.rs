//! Service URLs: what a security server reads of them.

use http::Uri;

use super::errors::{Rejection, Suffix};

/// A service URL taken apart. Host names are not resolved here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// Path as written; empty when the URL has none.
    pub(super) path: String,
    pub(super) query: Option<String>,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, Rejection> {
        let malformed = || Rejection::new(Suffix::ServiceMalformedUrl, "malformed service URL");
        let uri: Uri = url.parse().map_err(|_| malformed())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(malformed()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(malformed)?.to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        // `Uri` reads an absent path as "/"; the difference matters at the seam to a REST path.
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        let path = if uri.path() == "/" && !bare.ends_with('/') { "" } else { uri.path() };
        Ok(Self { tls, host, port, path: path.to_owned(), query: uri.query().map(str::to_owned) })
    }

    /// `host[:port]` for the Host header.
    pub(super) fn authority(&self) -> String {
        let default = if self.tls { 443 } else { 80 };
        if self.port == default { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Path and query of the URL itself.
    pub(super) fn path_and_query(&self) -> String {
        joined(&self.path, self.query.as_deref())
    }

    /// Path and query of a REST call: the URL's path, then the consumer's; a double slash at the seam becomes one, a
    /// missing one is not added (xroad.md §3.1).
    pub(super) fn rest(&self, path: &str, query: Option<&str>) -> String {
        let path = match path.strip_prefix('/') {
            Some(rest) if self.path.ends_with('/') => format!("{}{rest}", self.path),
            _ => format!("{}{path}", self.path),
        };
        joined(&path, query)
    }
}

fn joined(path: &str, query: Option<&str>) -> String {
    let path = if path.is_empty() { "/" } else { path };
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn rest_targets() {
        let cases = [
            ("https://a:8443/reg", "/v1/x%C3%A4", Some("a=b"), "/reg/v1/x%C3%A4?a=b"),
            ("https://a:8443/reg/", "/v1", None, "/reg/v1"),
            ("https://a:8443/reg", "", None, "/reg"),
            ("https://a:8443", "", Some("q"), "/?q"),
            ("https://a:8443", "/v1", None, "/v1"),
            ("https://a:8443/", "/v1", None, "/v1"),
            ("https://a/reg/", "//x", None, "/reg//x"),
        ];
        for (url, path, query, expected) in cases {
            assert_eq!(Target::parse(url).unwrap().rest(path, query), expected, "{url} {path}");
        }
        assert_eq!(Target::parse("https://a/x?y").unwrap().path_and_query(), "/x?y");
        assert_eq!(Target::parse("http://[::1]:8/x").unwrap().authority(), "[::1]:8");
        for bad in ["ftp://a/", "/x", "https://", "https://a b/"] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }
}
