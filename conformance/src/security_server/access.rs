//! Access rights of REST services: the path as it is normalised for the check, and the globs it is compared with
//! (xroad.md §3.1).

use percent_encoding::percent_decode_str;

use super::errors::{Rejection, Suffix};

/// A path glob: `*` matches inside one segment, `**` anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A glob.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// The pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a normalised path matches.
    pub fn matches(&self, path: &str) -> bool {
        matches(self.0.as_bytes(), path.as_bytes())
    }
}

fn matches(pattern: &[u8], path: &[u8]) -> bool {
    if let Some(rest) = pattern.strip_prefix(b"**") {
        return (0..=path.len()).any(|at| matches(rest, path.get(at..).unwrap_or_default()));
    }
    match pattern.split_first() {
        None => path.is_empty(),
        Some((b'*', rest)) => {
            let segment = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
            (0..=segment).any(|at| matches(rest, path.get(at..).unwrap_or_default()))
        }
        Some((literal, rest)) => {
            path.split_first().is_some_and(|(first, tail)| first == literal && matches(rest, tail))
        }
    }
}

/// The copy of a raw path that access rights are checked on: decoded, `.` and `..` resolved, cut at `?` and `#`. A path
/// whose decoded form the strict URI parser of current releases refuses fails with an internal error.
pub(super) fn normalised(raw: &str) -> Result<String, Rejection> {
    let refused = || Rejection::new(Suffix::InternalError, "the path cannot be normalised");
    let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| refused())?;
    let decoded = decoded.split(['?', '#']).next().unwrap_or_default();
    if decoded.chars().any(|c| c.is_control() || " \"<>{}|\\^`[]%".contains(c)) {
        return Err(refused());
    }
    if decoded.is_empty() {
        return Ok(String::new());
    }
    let mut segments: Vec<&str> = Vec::new();
    let last = decoded.split('/').next_back().unwrap_or_default();
    for segment in decoded.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let folder = matches!(last, "" | "." | "..") && !segments.is_empty();
    Ok(format!("/{}{}", segments.join("/"), if folder { "/" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::{Glob, normalised};

    #[test]
    fn globs() {
        for (pattern, path, expected) in [
            ("/v1/*", "/v1/a", true),
            ("/v1/*", "/v1/a/b", false),
            ("/v1/**", "/v1/a/b", true),
            ("/**", "/", true),
            ("/*/x", "/a/x", true),
            ("/v1", "/v1/", false),
            ("/v1/*.json", "/v1/a.json", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn paths() {
        for (raw, expected) in [
            ("/a/%2e%2e/b", Some("/b")),
            ("/a/../../b/", Some("/b/")),
            ("/a%2Fb", Some("/a/b")),
            ("/a%3Fb", Some("/a")),
            ("", Some("")),
            ("/", Some("/")),
            ("/x%C3%A4", Some("/x\u{e4}")),
            ("/a%20b", None),
            ("/a%25b", None),
            ("/%7Bx%7D", None),
            ("/%FF", None),
        ] {
            assert_eq!(normalised(raw).ok().as_deref(), expected, "{raw}");
        }
    }
}
