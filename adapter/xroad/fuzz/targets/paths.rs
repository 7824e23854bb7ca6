//! Raw request paths. A path that is accepted has one reading: a lenient normaliser that decodes first, or twice,
//! finds the same segments, and no file name hides in it.

use xroad::id::percent_encode;
use xroad::rest::Path;

/// One path.
pub fn paths(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(path) = Path::parse(text) else { return };
    for segment in path.segments() {
        assert!(!segment.is_empty() && segment != "." && segment != "..", "{segment:?}");
        assert!(
            !segment.contains(['/', '\\', '%', ';', '\0']) && !segment.chars().any(char::is_control),
            "{segment:?}"
        );
        assert!(segment.len() <= text.len());
    }
    let encoded: Vec<String> = path.segments().iter().map(|it| percent_encode(it)).collect();
    let again = Path::parse(&format!("/{}", encoded.join("/")));
    assert_eq!(again.as_ref(), Ok(&path), "written again it is another path");

    // The order of decoding and splitting does not matter, nor does decoding once more.
    let decoded = lenient(text);
    let split: Vec<&str> = decoded.split('/').skip(1).filter(|it| !it.is_empty()).collect();
    assert_eq!(split, path.segments(), "decoded before it is split, it is another path");
    assert_eq!(lenient(&decoded), decoded, "decoded twice, it is another path");

    if let Some((first, _)) = path.segments().split_first() {
        assert_eq!(path.below("/"), Some(path.segments()));
        if !first.contains('/') {
            assert_eq!(path.below(&format!("/{first}")).map(<[String]>::len), Some(path.segments().len() - 1));
        }
        assert_eq!(path.below(&format!("/{first}x")), None);
    }
}

/// Decodes whatever is an escape and leaves the rest, as careless servers do.
fn lenient(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| *first == b'%').and_then(|it| std::str::from_utf8(it).ok());
        if let Some(byte) = escape.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            out.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
