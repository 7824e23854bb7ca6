//! Writing text and attribute values: escaped, and without the characters that XML does not allow at all.

/// Appends `text` as element content. `\r` is written as a reference, so that the reader gets it back.
pub fn text(out: &mut String, text: &str) {
    escape(out, text, false);
}

/// Appends `value` as the content of a quoted attribute.
pub fn attribute(out: &mut String, value: &str) {
    escape(out, value, true);
}

fn escape(out: &mut String, text: &str, attribute: bool) {
    let bytes = text.as_bytes();
    let mut written = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (replacement, width) = match byte {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'\r' => ("&#13;", 1),
            b'"' if attribute => ("&quot;", 1),
            b'\'' if attribute => ("&#39;", 1), // so that the value fits either quote
            b'\n' if attribute => ("&#10;", 1),
            b'\t' if attribute => ("&#9;", 1),
            b'\n' | b'\t' => {
                at += 1;
                continue;
            }
            0..0x20 => ("", 1),
            // U+FFFE and U+FFFF are the only illegal characters beyond the controls.
            0xEF if matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])) => ("", 3),
            _ => {
                at += 1;
                continue;
            }
        };
        out.push_str(text.get(written..at).unwrap_or_default());
        out.push_str(replacement);
        at += width;
        written = at;
    }
    out.push_str(text.get(written..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xroad_fa_05_hostile_text_is_escaped_and_stripped() {
        let mut out = String::new();
        text(&mut out, "a]]><script>&\u{0}\u{8}\u{FFFE}\u{FFFF}\r\n\tä\"\u{FEFF}");
        assert_eq!(out, "a]]&gt;&lt;script&gt;&amp;&#13;\n\tä\"\u{FEFF}");
        out.clear();
        attribute(&mut out, "\"'\n\t\r<\u{1b}");
        assert_eq!(out, "&quot;&#39;&#10;&#9;&#13;&lt;");
    }
}
