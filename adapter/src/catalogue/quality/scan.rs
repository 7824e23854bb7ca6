//! What stands inside a text: contact details, opening hours, laws, dates. Plain scanning of one text, which may be HTML;
//! no rule is decided here.
//!
//! Post codes, amounts of money, business identity codes, dates and the emergency number are no phone numbers.

use std::borrow::Cow;

use crate::catalogue::html::visible;

/// The first e-mail address, web address or phone number of a text, or of the links of an HTML text.
pub(super) fn contact(text: &str) -> Option<String> {
    let plain = visible(text);
    let linked = || if matches!(plain, Cow::Owned(_)) { web_address(text) } else { None };
    email(&plain).or_else(|| web_address(&plain)).or_else(|| phone(&plain)).or_else(linked)
}

/// `name@host.domain`, also with `(at)`.
fn email(text: &str) -> Option<String> {
    let signs = ["@", "(at)", "[at]"];
    for sign in signs {
        for (at, _) in text.match_indices(sign) {
            let (before, after) = (text.get(..at)?, text.get(at + sign.len()..)?);
            let local: String = {
                let part = |c: &char| c.is_alphanumeric() || "._%+-".contains(*c);
                let backwards: Vec<char> = before.chars().rev().take_while(part).collect();
                backwards.into_iter().rev().collect()
            };
            let domain: String = after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
            let domain = domain.trim_end_matches(['.', '-']);
            let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
            if !local.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) {
                return Some(format!("{local}{sign}{domain}"));
            }
        }
    }
    None
}

/// Begins with `http://`, `https://` or `www.`.
fn web_address(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    for begin in ["http://", "https://", "www."] {
        for (at, _) in lower.match_indices(begin) {
            let fresh = text.get(..at)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            let address: String =
                text.get(at..)?.chars().take_while(|c| !c.is_whitespace() && !"\"'<>".contains(*c)).collect();
            if fresh && address.len() > begin.len() {
                return Some(address.trim_end_matches(['.', ',', ')', ';']).to_owned());
            }
        }
    }
    None
}

/// A number that starts `+358` or 0 and has at least seven digits; six where the text itself calls it a phone number
/// (`puh. 09 4711`).
fn phone(text: &str) -> Option<String> {
    const ENOUGH: usize = 7;
    const ENOUGH_WHEN_SAID: usize = 6;
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        let joined = before.is_some_and(|c| c.is_alphanumeric() || c == '+');
        let divided = before.is_some_and(|c| ".,:/–-".contains(c)) && follows_digit(text.get(..at)?);
        before = Some(character);
        if joined || divided || !matches!(character, '+' | '0') {
            continue;
        }
        let rest = text.get(at..)?;
        let groups = groups(rest);
        let digits: usize = groups.iter().map(String::len).sum();
        let begins = rest.starts_with("+358")
            || rest.starts_with("00358")
            || rest.chars().nth(1).is_some_and(|c| matches!(c, '1'..='9'));
        let enough = digits >= ENOUGH || (digits >= ENOUGH_WHEN_SAID && said_before(text.get(..at)?));
        if begins && enough && !is_other_number(rest, &groups) {
            return Some(groups.join(" "));
        }
    }
    None
}

fn follows_digit(before: &str) -> bool {
    before.chars().rev().nth(1).is_some_and(|c| c.is_ascii_digit())
}

/// Does the text before a number say that a phone number follows?
fn said_before(before: &str) -> bool {
    let last = before.split_whitespace().next_back().unwrap_or_default().trim_start_matches('(').to_lowercase();
    matches!(
        last.as_str(),
        "p." | "puh" | "puh." | "puh:" | "puhelin" | "puhelin:" | "tel" | "tel." | "tfn" | "tfn." | "tel:"
    )
}

/// The groups of digits of a number; single blanks, hyphens and brackets may divide them.
fn groups(rest: &str) -> Vec<String> {
    let mut groups = vec![String::new()];
    let mut divided = 0;
    for character in rest.trim_start_matches('+').chars() {
        if character.is_ascii_digit() {
            if divided > 0 {
                groups.push(String::new());
            }
            divided = 0;
            if let Some(group) = groups.last_mut() {
                group.push(character);
            }
        } else if matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '\u{2011}' | '(' | ')')
            && divided < 3
        {
            divided += 1;
        } else {
            break;
        }
    }
    groups
}

/// A range of post codes, a date with hyphens, a business identity code.
fn is_other_number(rest: &str, groups: &[String]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(String::len).collect();
    let hyphen = rest.contains(['-', '\u{2011}']);
    match lengths.as_slice() {
        [5, 5, ..] | [2, 2, 4] | [4, 2, 2] => hyphen || lengths.first() == Some(&5),
        [7, 1] => hyphen,
        _ => false,
    }
}

/// Opening hours: a clock word with a range of times, or a range of weekdays.
pub(super) fn opening_hours(text: &str) -> bool {
    const CLOCK: [&str; 4] = ["klo ", "klo\u{a0}", "kl. ", "kl "];
    const DAYS: [&str; 12] = [
        "ma-pe",
        "ma–pe",
        "ma-to",
        "ma–to",
        "ma-su",
        "ma–su",
        "ma-la",
        "ma–la",
        "må-fre",
        "mån-fre",
        "mon-fri",
        "må–fre",
    ];
    let text = visible(text).to_lowercase();
    let clock = CLOCK.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let joined =
                text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphanumeric);
            !joined && text.get(at + word.len()..).is_some_and(is_range_of_times)
        })
    });
    let days = DAYS.iter().any(|days| {
        text.match_indices(days).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + days.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphabetic)
        })
    });
    clock || days
}

/// `8–16`, `8.00 - 15.45`.
fn is_range_of_times(text: &str) -> bool {
    let time = |text: &str| -> usize {
        text.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).map(char::len_utf8).sum()
    };
    let first = time(text);
    let rest = text.get(first..).unwrap_or_default().trim_start();
    let Some(rest) = rest.strip_prefix(['-', '–', '—', '‒', '−']) else { return false };
    first > 0 && time(rest.trim_start()) > 0
}

/// A law with its number (`1326/2010`) near a word for a law.
pub(super) fn law(text: &str) -> Option<String> {
    const WORDS: [&str; 10] =
        ["laki", "lain ", "laissa", "lakia", "asetu", "lagen", "lag ", "förordning", " act", "decree"];
    let text = visible(text);
    for (at, _) in text.match_indices('/') {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let backwards: Vec<char> = before.chars().rev().take_while(char::is_ascii_digit).collect();
        let number: String = backwards.iter().rev().collect();
        let year: String = after.chars().take_while(char::is_ascii_digit).collect();
        let sound =
            (1..=4).contains(&number.len()) && year.len() == 4 && (year.starts_with('1') || year.starts_with("20"));
        let near: String = {
            let backwards: Vec<char> = before.chars().rev().take(100).collect();
            backwards.into_iter().rev().collect::<String>().to_lowercase()
        };
        if sound && WORDS.iter().any(|word| near.contains(word)) {
            return Some(format!("{number}/{year}"));
        }
    }
    None
}

/// A day such as `12.6.` or `31.12.2025`; times of day (`klo 8.30.`) are none.
pub(super) fn date(text: &str) -> Option<String> {
    let text = visible(text);
    for (at, _) in text.match_indices('.') {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let backwards: Vec<char> = before.chars().rev().take_while(char::is_ascii_digit).collect();
        let day: String = backwards.iter().rev().collect();
        let month: String = after.chars().take_while(char::is_ascii_digit).collect();
        let start = before.len() - day.len();
        let ahead = before.get(..start)?;
        let last = ahead.chars().next_back();
        if last.is_some_and(|c| c.is_alphanumeric() || ".,:-–‒/".contains(c)) {
            continue;
        }
        let said = ahead.split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let closed = after.get(month.len()..).is_some_and(|rest| rest.starts_with('.'));
        let within =
            |text: &str, most: u8| text.len() <= 2 && text.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
        let clock = matches!(said.as_str(), "klo" | "kl" | "kl." | "kello" | "at");
        if closed && !clock && within(&day, 31) && within(&month, 12) {
            let year: String = after.get(month.len() + 1..)?.chars().take_while(char::is_ascii_digit).collect();
            if matches!(year.len(), 0 | 4) {
                return Some(format!("{day}.{month}.{year}"));
            }
        }
    }
    None
}

/// Numbers of two digits or more that the one text has and the other does not.
pub(super) fn numbers_beyond(text: &str, other: &str) -> Option<String> {
    let numbers = |text: &str| -> Vec<String> {
        let text = visible(text).into_owned();
        let split = text.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() >= 2);
        split.map(str::to_owned).collect()
    };
    let known = numbers(other);
    numbers(text).into_iter().find(|number| !known.contains(number))
}

/// Does the text say of itself that it is a trial or a place holder?
pub(super) fn placeholder(text: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "lorem ipsum",
        "testialikuvaus",
        "testikuvaus",
        "testipalvelu",
        "tässä testataan",
        "tehty testi",
        "testtjänst",
        "dolor sit amet",
    ];
    let text = text.to_lowercase();
    SIGNS.iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::{contact, date, law, numbers_beyond, opening_hours};

    #[test]
    fn contact_details_are_found_and_other_numbers_are_none() {
        for (text, found) in [
            ("Kysy osoitteesta neuvonta@turku.example.", Some("neuvonta@turku.example")),
            ("Kysy: neuvonta(at)turku.example", Some("neuvonta(at)turku.example")),
            ("Katso https://www.example.fi/palvelut).", Some("https://www.example.fi/palvelut")),
            ("Katso WWW.example.fi", Some("WWW.example.fi")),
            ("Lue <a href=\"https://example.fi/x\">lisää</a>", Some("https://example.fi/x")),
            ("Soita numeroon +358 9 310 15454 arkisin", Some("358 9 310 15454")),
            ("p. 09 310 67000.", Some("09 310 67000")),
            ("puh. 09-1561 2110.", Some("09 1561 2110")),
            ("(040) 123 4567", Some("040 123 4567")),
            ("<p>040&nbsp;123 <b>45</b>67</p>", Some("040 123 4567")),
            ("neuvonta&#64;example.fi", Some("neuvonta@example.fi")),
            ("(Katu 9, puh. 09 4711)", Some("09 4711")),
            ("klinikka 09 4711", None),
            ("Soita 112 tai 116 117.", None),
            ("PL 7752, 00099 Helsinki", None),
            ("02100 Espoo, alueet 02100–02200 ja 02100-02200", None),
            ("Avustus on 150 000 euroa, omavastuu 0,50 euroa", None),
            ("0–6-vuotiaat, 05-06-2025 ja 01.01.2025", None),
            ("Y-tunnus 0201256-6", None),
            ("Alg@line-seurantaprojektiin", None),
            ("maisa.fi ja hel.fi/terveysasemat", None),
            ("klo 8.00-10.00 ja 9.00–16.00", None),
        ] {
            assert_eq!(contact(text).as_deref(), found, "{text}");
        }
    }

    #[test]
    fn hours_laws_dates_and_numbers() {
        for (text, found) in [
            ("Auki arkisin klo 8–16.", true),
            ("klo 8.15 - 15.45", true),
            ("Avoinna ma-pe", true),
            ("<p>ma–pe</p>", true),
            ("klo 8 alkaen", false),
            ("kuntoklo 8-10", false),
            ("lama-perhe", false),
        ] {
            assert_eq!(opening_hours(text), found, "{text}");
        }
        assert_eq!(law("Terveydenhuoltolaki (1326/2010) määrää").as_deref(), Some("1326/2010"));
        assert_eq!(law("Hinta 12/2025"), None);
        for (text, found) in [
            ("Torstaina 12.6. puhelin on suljettu", Some("12.6.")),
            ("Haku päättyy 31.12.2025.", Some("31.12.2025")),
            ("Auki klo 9.10. Tervetuloa", None),
            ("Alueella 6.15-17.30.", None),
        ] {
            assert_eq!(date(text).as_deref(), found, "{text}");
        }
        assert_eq!(numbers_beyond("Tuki on 120 euroa", "Tukea saa").as_deref(), Some("120"));
        assert_eq!(numbers_beyond("Tuki 120", "Summa on 120"), None);
    }
}
