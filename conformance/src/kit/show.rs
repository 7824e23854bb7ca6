//! Bytes as a person can read them in a report.

use std::fmt::Write as _;

/// Most bytes of one message that a report shows.
const SHOWN: usize = 4096;

/// The bytes as text: control characters and what is no UTF-8 escaped, the middle of long ones left out.
pub fn printable(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN {
        return escaped(bytes);
    }
    let (head, tail) = (bytes.get(..SHOWN * 3 / 4).unwrap_or_default(), bytes.get(bytes.len() - SHOWN / 4..));
    let left_out = bytes.len() - SHOWN;
    format!("{}\n[… {left_out} bytes left out …]\n{}", escaped(head), escaped(tail.unwrap_or_default()))
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' | '\t' => text.push(c),
                '\r' => {}
                c if c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
                {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn shows_what_cannot_be_seen_and_bounds_what_is_long() {
        assert_eq!(printable(b"a\0\xffb\r\n\x1b[0m"), "a\\u{0}\\xffb\n\\u{1b}[0m");
        let long = printable(&vec![b'x'; 100_000]);
        assert!(long.len() < 5000 && long.contains("95904 bytes left out"), "{}", long.len());
    }
}
