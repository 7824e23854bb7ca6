//! Paths, read strictly: security servers evaluate access rights on a normalised copy of the path but deliver the raw
//! one, so a path that could be read in two ways is refused (fact sheet section 3.1).

use crate::id::{ServiceId, percent_encode};

/// A path that has exactly one reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    segments: Vec<String>,
}

/// Why a path is refused. The caller's fault; nothing of the path is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path must begin with a slash")]
    NoSlash,
    #[error("the path has an empty segment")]
    EmptySegment,
    #[error("the path has a dot segment")]
    DotSegment,
    #[error("the path has path parameters (;)")]
    Parameter,
    #[error("the path has a character that must be percent-encoded")]
    Character,
    #[error("the path has a malformed percent escape or one that is not UTF-8")]
    Escape,
    #[error("the path has an escaped slash, backslash, percent sign or control character")]
    Ambiguous,
}

impl Path {
    /// Reads a raw path, without query. `/` alone has no segments.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        let rest = raw.strip_prefix('/').ok_or(PathError::NoSlash)?;
        if rest.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        let segments = rest.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self { segments })
    }

    /// The decoded segments.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The decoded segments behind `base`, or `None` if this path is not below it. `base` is a path like `/turku/catalogue`.
    pub fn below(&self, base: &str) -> Option<&[String]> {
        let base = base.split('/').filter(|segment| !segment.is_empty());
        let mut rest = self.segments.as_slice();
        for expected in base {
            let (first, tail) = rest.split_first()?;
            if first != expected {
                return None;
            }
            rest = tail;
        }
        Some(rest)
    }
}

fn segment(raw: &str) -> Result<String, PathError> {
    if raw.is_empty() {
        return Err(PathError::EmptySegment);
    }
    if raw.contains(';') {
        return Err(PathError::Parameter);
    }
    // pchar of RFC 3986 without the semicolon.
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@%".contains(&b);
    if !raw.bytes().all(allowed) {
        return Err(PathError::Character);
    }
    let decoded = crate::id::percent_decode(raw).map_err(|_| PathError::Escape)?;
    if matches!(decoded.as_str(), "." | "..") {
        return Err(PathError::DotSegment);
    }
    let ambiguous = |c: char| matches!(c, '/' | '\\' | '%' | ';') || c.is_control();
    if decoded.contains(ambiguous) { Err(PathError::Ambiguous) } else { Ok(decoded) }
}

/// The path of a call to a service through the consumer's own security server: `/r1/…` with each segment encoded.
/// `query` is raw and without its question mark.
pub fn call_path(service: &ServiceId, segments: &[&str], query: Option<&str>) -> String {
    let mut out = format!("/r1/{}", service.to_rest());
    for segment in segments {
        out.push('/');
        out.push_str(&percent_encode(segment));
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xroad_re_14_ambiguous_paths_are_refused() {
        let cases = [
            ("/a%2Fb", PathError::Ambiguous),
            ("/a%2fb", PathError::Ambiguous),
            ("/%2e%2e/a", PathError::DotSegment),
            ("/a/%2E", PathError::DotSegment),
            ("/a/.%2e", PathError::DotSegment),
            ("/a/../b", PathError::DotSegment),
            ("/./a", PathError::DotSegment),
            ("/a//b", PathError::EmptySegment),
            ("/a/", PathError::EmptySegment),
            ("//", PathError::EmptySegment),
            ("/a%5Cb", PathError::Ambiguous),
            ("/a\\b", PathError::Character),
            ("/a%00", PathError::Ambiguous),
            ("/a%0d%0a", PathError::Ambiguous),
            ("/a%c2%85", PathError::Ambiguous),
            ("/a;x=1/b", PathError::Parameter),
            ("/a%3Bx", PathError::Ambiguous),
            ("/%252e%252e", PathError::Ambiguous),
            ("/a%25", PathError::Ambiguous),
            ("/%ff", PathError::Escape),
            ("/%c0%af", PathError::Escape),
            ("/%zz", PathError::Escape),
            ("/a%4", PathError::Escape),
            ("/a b", PathError::Character),
            ("/ä", PathError::Character),
            ("/a?b", PathError::Character),
            ("/a\"b", PathError::Character),
            ("a/b", PathError::NoSlash),
            ("", PathError::NoSlash),
        ];
        for (raw, expected) in cases {
            assert_eq!(Path::parse(raw), Err(expected), "{raw:?}");
        }
    }

    #[test]
    fn xroad_re_01_plain_paths_are_decoded_and_routed_by_base() {
        let path = Path::parse("/turku/catalogue/services/x%C3%A4+1...").expect("plain");
        assert_eq!(path.below("/turku/catalogue"), Some(&["services".to_owned(), "xä+1...".to_owned()][..]));
        assert_eq!(path.below("/turku/cat"), None);
        assert_eq!(path.below("/turku/catalogue/services/x/y"), None);
        assert_eq!(Path::parse("/").expect("root").segments().len(), 0);
    }

    #[test]
    fn xroad_cn_06_call_paths_are_encoded_per_segment() {
        let service: ServiceId = "FI/MUN/1/a%20b/svc".parse().expect("service");
        assert_eq!(call_path(&service, &["x/y", "ä?"], Some("q=1")), "/r1/FI/MUN/1/a%20b/svc/x%2Fy/%C3%A4%3F?q=1");
    }
}
