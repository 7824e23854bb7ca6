//! HTML in texts: what a reader of the page sees, with its lines or without. No rule is decided here.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// Tags that stand inside a word without dividing it.
const INLINE: [&str; 8] = ["a", "abbr", "b", "em", "i", "span", "strong", "u"];
/// No tag has a longer name.
const NAME: usize = 20;
/// The longest character reference, from its `&` to its `;`.
const REFERENCE: usize = 10;

/// What divides lines, and whether an empty line goes with it.
const BLOCKS: [(&str, bool); 20] = [
    ("p", true),
    ("h1", true),
    ("h2", true),
    ("h3", true),
    ("h4", true),
    ("h5", true),
    ("h6", true),
    ("ul", true),
    ("ol", true),
    ("table", true),
    ("blockquote", true),
    ("div", true),
    ("section", true),
    ("br", false),
    ("li", false),
    ("tr", false),
    ("dt", false),
    ("dd", false),
    ("hr", true),
    ("figure", true),
];
/// Their content is nothing that a reader sees.
const UNSEEN: [&str; 2] = ["script", "style"];

/// A tag or a comment.
pub(crate) struct Tag {
    /// In small letters; empty for a comment and a declaration.
    pub(crate) name: String,
    pub(crate) closing: bool,
    /// Bytes up to and with its `>`.
    pub(crate) length: usize,
}

/// The tag or comment that a text begins with. A `<` that opens none is text.
pub(crate) fn tag(from: &str) -> Option<Tag> {
    if from.starts_with("<!--") {
        let length = from.find("-->").map_or(from.len(), |end| end + 3);
        return Some(Tag { name: String::new(), closing: false, length });
    }
    let inside = from.strip_prefix('<')?;
    let closing = inside.starts_with('/');
    let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    if !(name.starts_with(|c: char| c.is_ascii_alphabetic()) || inside.starts_with('!')) {
        return None;
    }
    Some(Tag { name: name.to_ascii_lowercase(), closing, length: inside.find('>')? + 2 })
}

/// The text that a reader sees: tags left out, character references resolved. A text without either is itself.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let length = if let Some(tag) = tag(from) {
            if !INLINE.contains(&tag.name.as_str()) {
                plain.push(' ');
            }
            tag.length
        } else if let Some((length, meant)) = reference(from) {
            plain.push_str(&meant);
            length
        } else {
            plain.push_str(from.get(..1).unwrap_or_default());
            1
        };
        rest = from.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The text that a reader of the page sees: paragraphs and list items keep their lines, everything else of the format is
/// left out.
pub(crate) fn reduce(html: &str) -> String {
    let mut lines = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        lines.push_str(&plain(before));
        let Some(Tag { name, closing, length }) = tag(from) else {
            lines.push('<');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        rest = from.get(length..).unwrap_or_default();
        if UNSEEN.contains(&name.as_str()) && !closing {
            let end = rest.to_ascii_lowercase().find(&format!("</{name}"));
            rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        } else if name == "li" {
            lines.push_str(if closing { "\n" } else { "\n• " });
        } else if let Some((_, wide)) = BLOCKS.iter().find(|(block, _)| *block == name) {
            lines.push_str(if *wide { "\n\n" } else { "\n" });
        } else if !INLINE.contains(&name.as_str()) {
            // The cells of a table are words of their own.
            lines.push(' ');
        }
    }
    lines.push_str(&plain(rest));
    tidy(&lines)
}

/// The names of the tags in a text whose meaning [`reduce`] leaves out, each once; none for a text that has no tag.
/// `None`: it has no tags at all.
pub(crate) fn left_out(text: &str) -> Option<BTreeSet<String>> {
    let kept =
        |name: &str| name.is_empty() || matches!(name, "li" | "span") || BLOCKS.iter().any(|(block, _)| *block == name);
    let mut names = None;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let from = rest.get(at..).unwrap_or_default();
        let found = tag(from);
        if let Some(Tag { name, .. }) = &found {
            let names = names.get_or_insert_with(BTreeSet::new);
            if !kept(name) {
                names.insert(name.chars().take(NAME).collect());
            }
        }
        rest = from.get(found.map_or(1, |tag| tag.length)..).unwrap_or_default();
    }
    names
}

/// Character references undone; line ends of the source mean nothing.
fn plain(text: &str) -> String {
    visible(text).replace(['\n', '\r', '\t', '\u{a0}'], " ")
}

/// One space between words, one empty line between paragraphs, none at the ends; list items stand close.
fn tidy(text: &str) -> String {
    let lines = text.split('\n').map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut tidied = String::with_capacity(text.len());
    let mut gap = 0;
    for line in lines {
        if line.is_empty() || line == "•" {
            gap += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if gap > 0 && !line.starts_with('•') { "\n\n" } else { "\n" });
        }
        tidied.push_str(&line);
        gap = 0;
    }
    tidied
}

/// The character reference that a text begins with: its length, and what it means. A no-break space is a space.
fn reference(from: &str) -> Option<(usize, String)> {
    let length = from.find(';').filter(|end| *end <= REFERENCE)? + 1;
    let meant = htmlescape::decode_html(from.get(..length)?).ok()?;
    Some((length, meant.replace('\u{a0}', " ")))
}

#[cfg(test)]
mod tests {
    use super::{left_out, reduce, visible};

    #[test]
    fn tags_go_and_references_are_resolved() {
        for (html, text) in [
            ("a < b &amp; c", "a < b & c"),
            ("<p>Hae <b>päivä</b>hoitoon</p>", " Hae päivähoitoon "),
            ("P&auml;iv&#228;&#xE4;&nbsp;&ndash; &rdquo;&hellip;", "Päivää – ”…"),
            ("5 < 6 & 7 &unknownreference; &x;", "5 < 6 & 7 &unknownreference; &x;"),
            ("a<!-- b > c -->d", "a d"),
            ("<", "<"),
        ] {
            assert_eq!(visible(html), text, "{html}");
        }
    }

    #[test]
    fn a_reader_of_the_text_sees_what_a_reader_of_the_page_does() {
        for (html, text) in [
            ("Hae paikkaa.", "Hae paikkaa."),
            (
                "<p>Hae <strong>päivä</strong>hoitoon.</p>\r\n<p>Kysy&nbsp;lisää &amp; tule.</p>\n",
                "Hae päivähoitoon.\n\nKysy lisää & tule.",
            ),
            (
                "<p>Tarvitset:</p><ul>\n<li>kortin</li>\n<li>nimen</li>\n</ul><p>Valmista.</p>",
                "Tarvitset:\n• kortin\n• nimen\n\nValmista.",
            ),
            ("Rivi<br>toinen<br />kolmas", "Rivi\ntoinen\nkolmas"),
            ("<table><tr><td>ma</td><td>8-16</td></tr></table>", "ma 8-16"),
            ("<p>a</p><script>var b = '<p>';</script><!-- c --><p>d</p>", "a\n\nd"),
            ("1 &lt; 2 <3 ja <a href=\"https://a.example\">linkki</a>", "1 < 2 <3 ja linkki"),
            ("<p>&nbsp;</p>", ""),
        ] {
            assert_eq!(reduce(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_lost_is_named() {
        for (html, lost) in [
            ("Hae paikkaa, jos 1 < 2.", None),
            ("<p>Hae<br>paikkaa</p><ul><li>nyt</li></ul>", Some(vec![])),
            ("<p>Hae <a href=\"https://a.example\">täältä</a>, <A>nyt</A> <img src=\"x\"></p>", Some(vec!["a", "img"])),
        ] {
            let found = left_out(html);
            let found = found.as_ref().map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found, lost, "{html}");
        }
    }
}
