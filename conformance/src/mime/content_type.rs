//! Content-Type values (RFC 2045 §5.1), read leniently.

/// A parsed Content-Type: `type/subtype` in lower case and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    essence: String,
    parameters: Vec<(String, String)>,
}

impl ContentType {
    /// Reads a value; `None` when there is no `type/subtype` at its start. Parameters that make no sense are skipped.
    pub fn parse(value: &str) -> Option<Self> {
        let (essence, mut rest) = match value.split_once(';') {
            Some((essence, rest)) => (essence.trim(), rest),
            None => (value.trim(), ""),
        };
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut parameters = Vec::new();
        while !rest.is_empty() {
            let Some((name, after)) = rest.split_once('=') else { break };
            let name = name.trim_start_matches([';', ' ', '\t']).trim().to_ascii_lowercase();
            let (parameter, tail) = parameter_value(after);
            if is_token(&name) {
                parameters.push((name, parameter));
            }
            rest = tail;
        }
        Some(Self { essence: essence.to_ascii_lowercase(), parameters })
    }

    /// `type/subtype` in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The first parameter of this lower-case name, unquoted.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The boundary of a multipart type, trailing spaces cut (RFC 2046 §5.1.1).
    pub fn boundary(&self) -> Option<&str> {
        self.parameter("boundary").map(str::trim_end).filter(|boundary| !boundary.is_empty())
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b))
}

fn parameter_value(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        return match text.split_once(';') {
            Some((value, rest)) => (value.trim().to_owned(), rest),
            None => (text.trim().to_owned(), ""),
        };
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '"' => {
                let rest = quoted.get(at + 1..).unwrap_or_default();
                return (value, rest.split_once(';').map_or("", |(_, tail)| tail));
            }
            other => value.push(other),
        }
    }
    (value, "")
}
