//! The character classes of XML 1.0 (fifth edition, productions 2, 4 and 4a) and Namespaces in XML (NCName).

/// `Char`: what may stand in a document at all.
pub(crate) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// `S`: white space.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// White space only, the empty text included.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

#[expect(clippy::needless_bitwise_bool, reason = "no branches, so that the compiler can take many bytes at once")]
/// The first byte offset at which `text` holds a character that XML does not allow.
pub(crate) fn find_illegal(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // One branch-free pass settles nearly every message; only a suspect is looked at character by character.
    let suspect = bytes.iter().fold(false, |found, &b| found | ((b < 0x20) & !is_space(b)) | (b == 0xEF));
    if !suspect {
        return None;
    }
    text.char_indices().find(|&(_, c)| !is_xml_char(c)).map(|(at, _)| at)
}

/// A name without colon, as every part of a qualified name must be.
pub(crate) fn is_ncname(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some(&first) = bytes.first() else { return false };
    let in_class = |byte: u8, class| ASCII_NAME.get(usize::from(byte)).is_some_and(|classes| classes & class != 0);
    if in_class(first, START) && bytes.iter().all(|&b| in_class(b, NAME)) {
        return true;
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

const START: u8 = 1;
const NAME: u8 = 2;
/// Which ASCII bytes may start a name or stand in it; nearly every name in a message is settled by this table.
const ASCII_NAME: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    while byte < 0x80 {
        let c = byte as char;
        #[expect(clippy::indexing_slicing, reason = "a byte below 0x80 in a table of 256, when compiling")]
        if is_name_start(c) {
            classes[byte as usize] = START | NAME;
        } else if is_name_char(c) {
            classes[byte as usize] = NAME;
        }
        byte += 1;
    }
    classes
};

const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name_char(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_production() {
        for good in ["a", "_x", "getState", "Ääkkönen", "a-b.c", "x1"] {
            assert!(is_ncname(good), "{good}");
        }
        for bad in ["", "1a", "-a", "a b", "a:b", ".a", "a\u{0}", "×"] {
            assert!(!is_ncname(bad), "{bad:?}");
        }
    }

    #[test]
    fn illegal_characters_are_found_where_they_stand() {
        assert_eq!(find_illegal("tab\tnewline\nreturn\rä€"), None);
        assert_eq!(find_illegal("ab\u{1}"), Some(2));
        assert_eq!(find_illegal("ä\u{FFFE}"), Some(2));
        assert_eq!(find_illegal("\u{FEFF}\u{FFFD}"), None);
    }
}
