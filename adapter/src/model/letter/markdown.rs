//! The subset of Markdown that Viestit shows (viestit.md §1.6): headings, lists, paragraphs, bold, https links.
//!
//! What would do harm or show wrongly is refused; what Viestit merely does not promise to show is warned of.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use super::rules::problem;
use crate::model::Finding;

/// Everything that is wrong with the text, each kind once, and then what is doubtful.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let mut wrong = BTreeSet::new();
    for event in Parser::new_ext(text, Options::empty()) {
        match event {
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock) => {
                wrong.insert(Wrong::Html);
            }
            Event::Start(Tag::Image { .. }) => {
                wrong.insert(Wrong::Image);
            }
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                if !dest_url.to_ascii_lowercase().starts_with("https://") {
                    wrong.insert(Wrong::Link);
                }
                if link_type != LinkType::Inline {
                    wrong.insert(Wrong::Unusual);
                }
            }
            Event::Start(Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::Emphasis) | Event::Code(_) | Event::Rule => {
                wrong.insert(Wrong::Unusual);
            }
            _ => {}
        }
    }
    wrong.into_iter().map(Wrong::told).collect()
}

/// In the order in which it is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Html,
    Image,
    Link,
    Unusual,
}

impl Wrong {
    fn told(self) -> Finding {
        match self {
            Wrong::Html => problem(
                "body",
                [
                    "Tekstissä on HTML-koodia, jota viestissä ei näytetä. Poista se.",
                    "Texten innehåller HTML-kod som inte visas i meddelandet. Ta bort den.",
                    "The text has HTML, which a message does not show. Remove it.",
                ],
            ),
            Wrong::Image => problem(
                "body",
                [
                    "Tekstissä on kuva, jota viestissä ei näytetä. Lähetä kuva liitteenä.",
                    "Texten innehåller en bild som inte visas i meddelandet. Skicka bilden som bilaga.",
                    "The text has an image, which a message does not show. Send it as an attachment.",
                ],
            ),
            Wrong::Link => problem(
                "body",
                [
                    "Linkin osoitteen alussa on oltava https://.",
                    "En länks adress ska börja med https://.",
                    "The address of a link must begin with https://.",
                ],
            ),
            Wrong::Unusual => {
                let texts = [
                    "Tekstissä on muotoiluja, joita viesti ei ehkä näytä. Käytä vain otsikoita, luetteloita, lihavointia ja linkkejä.",
                    "Texten har formateringar som meddelandet kanske inte visar. Använd bara rubriker, listor, fetstil och länkar.",
                    "The text has formats that a message may not show. Use headings, lists, bold and links only.",
                ];
                Finding::warning("body", "markdown", texts.map(str::to_owned))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::findings;
    use crate::model::Level;

    #[test]
    fn viestit_only_the_subset_of_markdown_passes_without_a_word() {
        let good =
            "# Kutsu\n\n**Aika** ja paikka\n\n* yksi\n* kaksi\n\n1. a\n2. b\n\n[ohje](https://kunta.example/ohje)";
        assert_eq!(findings(good), []);
        for (text, refused, count) in [
            ("<b>x</b>", true, 1),
            ("<script>x</script>", true, 1),
            ("![kuva](https://kunta.example/k.png)", true, 1),
            ("[ohje](http://kunta.example/ohje)", true, 1),
            ("[ohje](javascript:alert)", true, 1),
            ("[ohje][1]\n\n[1]: https://kunta.example/", false, 1),
            ("<https://kunta.example/>", false, 1),
            ("> lainaus", false, 1),
            ("`koodi`", false, 1),
            ("*kursiivi*", false, 1),
            ("<i>x</i> ![k](http://x) [o](http://x) `k`", true, 4),
            ("1 < 2 ja 3 > 2, a*b", false, 0),
        ] {
            let found = findings(text);
            assert_eq!(found.len(), count, "{text}: {found:?}");
            assert_eq!(found.iter().any(|it| it.level == Level::Error), refused, "{text}");
        }
    }
}
