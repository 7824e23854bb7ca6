//! Formatted text to plain text: paragraphs and list items keep their lines, everything else of the format is left out.

use crate::catalogue::quality::visible;

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

/// The text that a reader of the page sees.
pub(super) fn reduce(html: &str) -> String {
    let mut lines = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        lines.push_str(&plain(before));
        let Some((name, closing, length)) = tag(from) else {
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
        }
    }
    lines.push_str(&plain(rest));
    tidy(&lines)
}

/// Character references undone; line ends of the source mean nothing.
fn plain(text: &str) -> String {
    visible(text).replace(['\n', '\r', '\t', '\u{a0}'], " ")
}

/// Name, whether it closes, and length of a tag or comment that a text begins with.
fn tag(from: &str) -> Option<(String, bool, usize)> {
    if from.starts_with("<!--") {
        return Some((String::new(), false, from.find("-->").map_or(from.len(), |end| end + 3)));
    }
    let inside = from.get(1..)?;
    let closing = inside.starts_with('/');
    let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    if !(name.starts_with(|c: char| c.is_ascii_alphabetic()) || inside.starts_with('!')) {
        return None;
    }
    let end = inside.find('>')?;
    Some((name.to_ascii_lowercase(), closing, end + 2))
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

#[cfg(test)]
mod tests {
    use super::reduce;

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
            ("<p>a</p><script>var b = '<p>';</script><!-- c --><p>d</p>", "a\n\nd"),
            ("1 &lt; 2 <3 ja <a href=\"https://a.example\">linkki</a>", "1 < 2 <3 ja linkki"),
            ("<p>&nbsp;</p>", ""),
        ] {
            assert_eq!(reduce(html), text, "{html}");
        }
    }
}
