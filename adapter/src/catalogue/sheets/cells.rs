//! What a cell holds, to the value of a record and back.

use jiff::civil::Time;
use serde_json::{Map, Value, json};

use super::columns::Words;

/// What a column's cells are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    /// So many digits; a spreadsheet that took them for a number has dropped the zeros in front.
    Digits(usize),
    /// A number with a point or a comma.
    Decimal,
    Flag,
    Word(Words),
    /// Texts, one beside another.
    Texts,
    /// Codes of a list whose addresses begin so.
    Listed(&'static str),
    Reference,
    References,
    /// `+358 401234567 (vaihde)`.
    Phones,
    /// E-mail addresses, each in an object of its own.
    Addresses,
    Area,
    /// Opening hours of a weekday, 1 = Monday.
    Day(u8),
}

/// A cell as a file has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Flag(bool),
    /// A spreadsheet's own error, or a formula that has no value.
    Unusable,
}

impl Cell {
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Cell::Text(text) if text.trim().is_empty())
    }

    /// What somebody sees in it. Whole numbers have no decimals.
    pub(super) fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.trim().to_owned(),
            // The shortest text that reads as the same number; a whole one has no point.
            Cell::Number(number) => number.to_string(),
            Cell::Flag(flag) => if *flag { "kyllä" } else { "ei" }.to_owned(),
            Cell::Unusable => String::new(),
        }
    }
}

/// Why a cell cannot be read: what to write instead, in Finnish, Swedish and English.
pub(super) type Wrong = [String; 3];

fn wrong(fi: &str, sv: &str, en: &str) -> Wrong {
    [fi.to_owned(), sv.to_owned(), en.to_owned()]
}

const YES: [&str; 7] = ["kyllä", "ja", "yes", "k", "x", "true", "1"];
const NO: [&str; 6] = ["ei", "nej", "no", "e", "false", "0"];
const WHOLE_COUNTRY: [&str; 3] = ["koko maa", "hela landet", "nationwide"];
const WITHOUT_ALAND: [&str; 3] =
    ["koko maa paitsi ahvenanmaa", "hela landet utom åland", "nationwideexceptalandislands"];

impl Shape {
    /// The value of a cell that is not blank. Opening hours come as rows, to be added to those of the other days.
    pub(super) fn read(self, cell: &Cell) -> Result<Value, Wrong> {
        if *cell == Cell::Unusable {
            return Err(wrong(
                "Solussa on virhe tai kaava, jolla ei ole arvoa. Kirjoita soluun pelkkä arvo.",
                "Cellen har ett fel eller en formel utan värde. Skriv bara värdet i cellen.",
                "The cell has an error or a formula without a value. Write the value alone.",
            ));
        }
        let text = cell.text();
        Ok(match self {
            Shape::Text => text.into(),
            Shape::Digits(width) => format!("{text:0>width$}").into(),
            Shape::Decimal => text.replace(',', ".").into(),
            Shape::Flag => flag(&text)?.into(),
            Shape::Word(words) => word(&text, words)?.into(),
            Shape::Texts => json!(several(&text)),
            Shape::Listed(address) => {
                let full = |code: String| if code.contains(':') { code } else { format!("{address}{code}") };
                json!(several(&text).into_iter().map(full).collect::<Vec<_>>())
            }
            Shape::Reference => json!({ "koodi": text }),
            Shape::References => several(&text).into_iter().map(|code| json!({ "koodi": code })).collect(),
            Shape::Addresses => several(&text).into_iter().map(|address| json!({ "osoite": address })).collect(),
            Shape::Phones => several(&text).iter().map(|text| phone(text)).collect::<Result<_, _>>()?,
            Shape::Area => area(&text)?,
            Shape::Day(day) => several(&text).iter().map(|text| hours(day, text)).collect::<Result<_, _>>()?,
        })
    }

    /// What stands in the cell for a value of a record; `lang` 0 is Finnish, 1 Swedish. `None` for what no cell can hold.
    pub(super) fn write(self, value: &Value, lang: usize) -> Option<String> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let joined = |each: &dyn Fn(&Value) -> Option<String>| {
            let all: Option<Vec<String>> = value.as_array()?.iter().map(each).collect();
            Some(all?.join("; "))
        };
        match self {
            Shape::Text | Shape::Digits(_) | Shape::Decimal => text(value),
            Shape::Flag => {
                let words = if lang == 1 { ["ja", "nej"] } else { ["kyllä", "ei"] };
                let [yes, no] = words;
                Some(if value.as_bool()? { yes } else { no }.to_owned())
            }
            Shape::Word(words) => {
                let known = text(value)?;
                let (_, fi, sv) = words.iter().find(|(word, ..)| *word == known)?;
                Some(if lang == 1 { sv } else { fi }.to_string())
            }
            Shape::Texts => joined(&text),
            Shape::Listed(address) => joined(&|it| {
                let full = text(it)?;
                Some(full.strip_prefix(address).map_or(full.clone(), str::to_owned))
            }),
            Shape::Reference => text(value.get("koodi")?),
            Shape::References => joined(&|it| text(it.get("koodi")?)),
            Shape::Addresses => joined(&|it| text(it.get("osoite")?)),
            Shape::Phones => joined(&|it| phone_text(it.as_object()?)),
            Shape::Area => area_text(value, lang),
            Shape::Day(day) => {
                let rows = value.as_array()?.iter().filter_map(|row| hours_text(day, row)).collect::<Vec<_>>();
                Some(rows.join("; "))
            }
        }
    }
}

/// The parts of a cell that holds several.
fn several(text: &str) -> Vec<String> {
    text.split([';', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn flag(text: &str) -> Result<bool, Wrong> {
    let text = text.to_lowercase();
    if YES.contains(&text.as_str()) {
        Ok(true)
    } else if NO.contains(&text.as_str()) {
        Ok(false)
    } else {
        Err(wrong("Kirjoita kyllä tai ei.", "Skriv ja eller nej.", "Write kyllä or ei (ja or nej)."))
    }
}

fn word(text: &str, words: Words) -> Result<&'static str, Wrong> {
    let folded = text.to_lowercase();
    let is_it =
        |it: &&(&'static str, &str, &str)| [it.0, it.1, it.2].iter().any(|known| known.to_lowercase() == folded);
    words.iter().find(is_it).map(|(word, ..)| *word).ok_or_else(|| {
        let listed = |pick: fn(&(&'static str, &'static str, &'static str)) -> &'static str| {
            words.iter().map(pick).collect::<Vec<_>>().join(", ")
        };
        [
            format!("Valitse jokin näistä: {}.", listed(|it| it.1)),
            format!("Välj någon av dessa: {}.", listed(|it| it.2)),
            format!("Choose one of: {}.", listed(|it| it.1)),
        ]
    })
}

/// `+358 401234567 (vaihde)`: country code, number and what it is for; without plus a number as it is dialled.
fn phone(text: &str) -> Result<Value, Wrong> {
    let (number, purpose) = match text.split_once('(') {
        Some((number, rest)) => (number.trim(), rest.trim().strip_suffix(')').map(str::trim)),
        None => (text, None),
    };
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits < 3 {
        return Err(wrong(
            "Puhelinnumerossa on numeroita, esimerkiksi +358 401234567 (vaihde).",
            "Ett telefonnummer har siffror, till exempel +358 401234567 (växel).",
            "A phone number has digits, such as +358 401234567 (vaihde).",
        ));
    }
    let mut phone = Map::new();
    match number.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
        Some((country, rest)) => {
            phone.insert("maakoodi".into(), country.trim().into());
            phone.insert("numero".into(), rest.trim().into());
        }
        None => drop(phone.insert("numero".into(), number.into())),
    }
    if let Some(purpose) = purpose.filter(|purpose| !purpose.is_empty()) {
        phone.insert("kuvaus_kieliversiot".into(), json!({ "fi": purpose }));
    }
    Ok(Value::Object(phone))
}

fn phone_text(phone: &Map<String, Value>) -> Option<String> {
    let number = phone.get("numero")?.as_str()?;
    let country = phone.get("maakoodi").and_then(Value::as_str).filter(|code| !code.is_empty());
    let mut text = country.map_or_else(|| number.to_owned(), |code| format!("+{code} {number}"));
    if let Some(purpose) = phone.get("kuvaus_kieliversiot").and_then(|it| it.get("fi")).and_then(Value::as_str) {
        text = format!("{text} ({purpose})");
    }
    Some(text)
}

fn area(text: &str) -> Result<Value, Wrong> {
    let folded = text.to_lowercase();
    if WHOLE_COUNTRY.contains(&folded.as_str()) {
        return Ok(json!({ "tyyppi": "Nationwide" }));
    }
    if WITHOUT_ALAND.contains(&folded.as_str()) {
        return Ok(json!({ "tyyppi": "NationwideExceptAlandIslands" }));
    }
    let codes: Vec<String> = text
        .split([';', ',', '\n', ' '])
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .map(|code| format!("{code:0>3}"))
        .collect();
    if codes.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit())) {
        let area = json!({"tyyppi": "Municipality", "koodit": codes});
        return Ok(json!({"tyyppi": "LimitedType", "alueet": [area]}));
    }
    Err(wrong(
        "Kirjoita kuntien kolminumeroiset koodit puolipistein erotettuina, koko maa tai koko maa paitsi Ahvenanmaa.",
        "Skriv kommunernas tresiffriga koder åtskilda med semikolon, hela landet eller hela landet utom Åland.",
        "Write municipality codes of three digits with semicolons between, or koko maa.",
    ))
}

fn area_text(value: &Value, lang: usize) -> Option<String> {
    let words = |all: [&str; 2]| all.get(lang).map(|word| (*word).to_owned());
    match value.get("tyyppi")?.as_str()? {
        "Nationwide" => words(["koko maa", "hela landet"]),
        "NationwideExceptAlandIslands" => words(["koko maa paitsi Ahvenanmaa", "hela landet utom Åland"]),
        _ => {
            let codes = value.pointer("/alueet/0/koodit")?.as_array()?;
            Some(codes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "))
        }
    }
}

fn hours(day: u8, text: &str) -> Result<Value, Wrong> {
    let span = text.replace(['–', '—'], "-");
    let times = span.split_once('-').and_then(|(opens, closes)| Some((time(opens)?, time(closes)?)));
    let (opens, closes) = times.ok_or_else(|| {
        wrong(
            "Kirjoita aukioloaika muodossa 8.00-16.00; jätä tyhjäksi, jos on suljettu.",
            "Skriv öppettiden som 8.00-16.00; lämna tomt om det är stängt.",
            "Write opening hours as 8.00-16.00; leave it blank for a closed day.",
        )
    })?;
    Ok(json!({
        "aukiolotyyppi": "normaali", "viikonpaiva": day.to_string(), "avaamisaika": opens, "sulkemisaika": closes,
    }))
}

/// `8`, `8.30`, `08:30`, `24.00` to `HH:MM:SS`.
fn time(text: &str) -> Option<String> {
    let text = text.trim().replace('.', ":");
    let (hour, minute) = text.split_once(':').unwrap_or((&text, "0"));
    let (hour, minute): (i8, i8) = (hour.trim().parse().ok()?, minute.trim().parse().ok()?);
    if (hour, minute) == (24, 0) {
        return Some("24:00:00".to_owned());
    }
    let time = Time::new(hour, minute, 0, 0).ok()?;
    Some(format!("{:02}:{:02}:00", time.hour(), time.minute()))
}

/// A row of the weekday; one that covers several days stands in each.
fn hours_text(day: u8, row: &Value) -> Option<String> {
    let days = row.get("viikonpaiva")?.as_str()?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let covers = (first.trim().parse::<u8>().ok()?..=last.trim().parse::<u8>().ok()?).contains(&day);
    let at = |member: &str| row.get(member)?.as_str()?.get(..5).map(|time| time.replace(':', "."));
    covers.then(|| Some(format!("{}-{}", at("avaamisaika")?, at("sulkemisaika")?)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(shape: Shape, text: &str) -> Result<Value, Wrong> {
        shape.read(&Cell::Text(text.to_owned()))
    }

    #[test]
    fn people_write_hours_phones_and_areas_in_many_ways() {
        for text in ["8-16", "8.00-16.00", "08:00 – 16:00", " 8 - 16 "] {
            assert_eq!(read(Shape::Day(2), text).expect(text)[0]["sulkemisaika"], "16:00:00", "{text}");
        }
        assert_eq!(read(Shape::Day(1), "8-12; 13-24").expect("two")[1]["sulkemisaika"], "24:00:00");
        for text in ["klo 8", "8-25", "suljettu", "16"] {
            assert!(read(Shape::Day(1), text).expect_err(text)[0].contains("8.00-16.00"), "{text}");
        }
        let phones = read(Shape::Phones, "+358 401234567 (vaihde)\n116117").expect("phones");
        assert_eq!(
            phones[0],
            json!({"maakoodi": "358", "numero": "401234567", "kuvaus_kieliversiot": {"fi": "vaihde"}})
        );
        assert_eq!(phones[1], json!({"numero": "116117"}));
        assert!(read(Shape::Phones, "ei ole").is_err());
        assert_eq!(read(Shape::Area, "49; 853").expect("codes")["alueet"][0]["koodit"], json!(["049", "853"]));
        assert_eq!(read(Shape::Area, "Koko maa").expect("a word"), json!({"tyyppi": "Nationwide"}));
        assert!(read(Shape::Area, "Turku").is_err());
        assert_eq!(Shape::Digits(5).read(&Cell::Number(100.0)).expect("digits"), json!("00100"));
        assert_eq!(Shape::Text.read(&Cell::Number(740.0)).expect("a text"), json!("740"));
        assert_eq!(Shape::Decimal.read(&Cell::Text("60,4379".into())).expect("a number"), json!("60.4379"));
        assert_eq!(Shape::Flag.read(&Cell::Flag(true)).expect("a flag"), json!(true));
        assert!(read(Shape::Flag, "ehkä").is_err());
    }
}
