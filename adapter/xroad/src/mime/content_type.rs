//! `Content-Type` values. The `mime` crate refuses forms that X-Road stacks do send, such as a trailing semicolon.

use super::MimeError;

/// A media type with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    /// Type and subtype in lower case, such as `text/xml`.
    pub essence: String,
    parameters: Vec<(String, String)>,
}

impl ContentType {
    /// Reads a header value. A parameter given twice is an error, because two readers would choose differently.
    pub fn parse(value: &str) -> Result<Self, MimeError> {
        let (essence, mut rest) = value.split_once(';').unwrap_or((value, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (main, sub) = essence.split_once('/').ok_or(MimeError::ContentType)?;
        if !is_token(main) || !is_token(sub) {
            return Err(MimeError::ContentType);
        }
        let mut parameters: Vec<(String, String)> = Vec::new();
        loop {
            rest = rest.trim_start_matches([';', ' ', '\t']);
            if rest.is_empty() {
                return Ok(Self { essence, parameters });
            }
            let (name, after) = rest.split_once('=').ok_or(MimeError::ContentType)?;
            let name = name.trim().to_ascii_lowercase();
            let (value, after) = parameter_value(after.trim_start())?;
            if !is_token(&name) || parameters.iter().any(|(known, _)| *known == name) {
                return Err(MimeError::ContentType);
            }
            parameters.push((name, value));
            rest = after.trim_start();
            if !rest.is_empty() && !rest.starts_with(';') {
                return Err(MimeError::ContentType);
            }
        }
    }

    /// A parameter by its lower-case name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether this is `multipart/related`, SwA or MTOM.
    pub fn is_related(&self) -> bool {
        self.essence == "multipart/related"
    }

    /// Whether a part of this type may be a SOAP 1.1 message.
    pub fn is_soap(&self) -> bool {
        matches!(self.essence.as_str(), "text/xml" | "application/xop+xml")
    }

    /// The boundary of a multipart type.
    pub fn boundary(&self) -> Result<&str, MimeError> {
        self.parameter("boundary").ok_or(MimeError::Boundary)
    }
}

fn parameter_value(text: &str) -> Result<(String, &str), MimeError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).ok_or(MimeError::ContentType)?;
        // Boundaries of the field hold characters that a token may not, unquoted.
        let fits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
        return if fits { Ok((value.to_owned(), rest)) } else { Err(MimeError::ContentType) };
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, quoted.get(at + 1..).unwrap_or_default())),
            '\\' => value.push(chars.next().ok_or(MimeError::ContentType)?.1),
            _ => value.push(c),
        }
    }
    Err(MimeError::ContentType)
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'!'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~') && b != b'"'
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_field_are_read() {
        let related = ContentType::parse(
            "Multipart/Related; start-info=\"application/soap+xml\"; type=\"application/xop+xml\"; boundary=\"a b\\\"c\"",
        );
        let related = related.expect("quoted");
        assert!(related.is_related());
        assert_eq!(related.boundary(), Ok("a b\"c"));
        assert_eq!(related.parameter("type"), Some("application/xop+xml"));
        let part = ContentType::parse("application/xop+xml; charset=UTF-8; type=\"text/xml\";").expect("semicolon");
        assert!(part.is_soap());
        assert_eq!(ContentType::parse("text/xml").map(|t| t.essence), Ok("text/xml".into()));
        assert_eq!(ContentType::parse("multipart/related;boundary==_1:?/x").expect("bare").boundary(), Ok("=_1:?/x"));
        for bad in
            ["", "text", "text/", "/xml", "a/b; c", "a/b; c=", "a/b; c=\"x", "a/b; c=1; C=2", "a b/c", "a/b; c=\"d\"e"]
        {
            assert_eq!(ContentType::parse(bad), Err(MimeError::ContentType), "{bad}");
        }
    }
}
