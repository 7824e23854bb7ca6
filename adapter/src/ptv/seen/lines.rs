//! Lines: values of several parts as one text that is compared and shown. Two sources that mean the same make the same
//! line.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::model::Lang;

/// A text without what does not survive PTV's editor: emphasis, bullets and headings, and the kind of white space
/// (ptv-in-api.md §3.0.7).
pub fn text(given: &str) -> String {
    let mut kept = String::with_capacity(given.len());
    for line in given.lines() {
        let mut tokens = line.split_whitespace().peekable();
        // What makes a list item or a heading of a line.
        let mark = |token: &&str| matches!(*token, "*" | "-" | "\u{2022}") || token.chars().all(|c| c == '#');
        while tokens.next_if(mark).is_some() {}
        for token in tokens {
            let bare = token.replace("**", "").replace("__", "").replace('\\', "");
            let bare = bare.trim_matches(|c| c == '*' || c == '_');
            if !bare.is_empty() {
                if !kept.is_empty() {
                    kept.push(' ');
                }
                kept.push_str(bare);
            }
        }
    }
    kept
}

/// A name, a code, an address of the web: as it is, but for white space.
pub fn plain(given: &str) -> String {
    given.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text in several languages within a line: `fi: …; sv: …`.
pub type Texts = BTreeMap<Lang, String>;

fn write_texts(texts: &Texts, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, (lang, text)) in texts.iter().filter(|(_, text)| !text.is_empty()).enumerate() {
        write!(f, "{}{lang}: {text}", if index == 0 { "" } else { "; " })?;
    }
    Ok(())
}

/// A phone or fax number in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phone {
    /// `Phone`, `Sms` or `Fax`, of a phone channel's numbers only.
    pub kind: Option<String>,
    /// `+358`; none for a national service number.
    pub prefix: Option<String>,
    /// Digits.
    pub number: String,
    /// `Chargeable`, `FreeOfCharge` or `Other`; none for a fax.
    pub charge: Option<String>,
    pub charge_text: String,
    pub about: String,
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = &self.prefix {
            write!(f, "{prefix} ")?;
        }
        f.write_str(&self.number)?;
        for part in self.kind.iter().chain(&self.charge) {
            write!(f, ", {part}")?;
        }
        for (word, part) in [("cost: ", &self.charge_text), ("", &self.about)] {
            if !part.is_empty() {
                write!(f, " ({word}{part})")?;
            }
        }
        Ok(())
    }
}

/// One opening: one day and span of a service hour. A source with ranges of days makes one for each day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// `DaysOfTheWeek`, `Exceptional` or `OverMidnight`.
    pub kind: String,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub when: When,
    pub about: Texts,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Only a text.
    #[default]
    Told,
    Closed,
    Always,
    ByAppointment,
    /// English names of days, none for an exception; times as `HH:mm`, `00:00` for both ends of a day.
    Span {
        day_from: Option<String>,
        day_to: Option<String>,
        from: String,
        to: String,
    },
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        match (self.valid_from, self.valid_to) {
            (Some(from), Some(to)) => write!(f, " {from}\u{2013}{to}")?,
            (Some(from), None) => write!(f, " from {from}")?,
            (None, Some(to)) => write!(f, " until {to}")?,
            (None, None) => {}
        }
        match &self.when {
            When::Told => {}
            When::Closed => f.write_str(" closed")?,
            When::Always => f.write_str(" always open")?,
            When::ByAppointment => f.write_str(" by appointment")?,
            When::Span { day_from, day_to, from, to } => {
                if let Some(day) = day_from {
                    write!(f, " {day}")?;
                }
                if let Some(day) = day_to.as_ref().filter(|day| day_from.as_ref() != Some(day)) {
                    write!(f, "\u{2013}{day}")?;
                }
                write!(f, " {from}\u{2013}{to}")?;
            }
        }
        if self.about.values().any(|text| !text.is_empty()) {
            f.write_str(" (")?;
            write_texts(&self.about, f)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The single days of a range, which may pass Sunday; the words as they are when they are no days.
pub fn days(from: &str, to: Option<&str>) -> Vec<String> {
    let place = |day: &str| DAYS.iter().position(|known| *known == day);
    let Some((first, last)) = place(from).zip(to.map_or_else(|| place(from), place)) else {
        return vec![from.to_owned()];
    };
    let count = (last + DAYS.len() - first) % DAYS.len() + 1;
    DAYS.iter().cycle().skip(first).take(count).map(|day| (*day).to_owned()).collect()
}

/// `HH:mm` of `HH:mm` or `HH:mm:ss`.
pub fn clock(time: &str) -> String {
    time.get(..5).unwrap_or(time).to_owned()
}

/// An address, without what PTV completes by itself (its coordinates and municipality are details).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `Visiting`, `Location`, `Postal`; none for a delivery address.
    pub purpose: Option<String>,
    /// `Street`, `PostOfficeBox`, `Other`, `Foreign` or `NoAddress`, whatever a form calls them.
    pub form: String,
    /// Street, box, or the whole text.
    pub texts: Texts,
    pub number: String,
    pub postal_code: String,
    /// Two letters; Finland is not written out.
    pub country: String,
    pub about: Texts,
    pub receiver: Texts,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(purpose) = &self.purpose {
            write!(f, "{purpose} ")?;
        }
        write!(f, "{} ", self.form)?;
        write_texts(&self.texts, f)?;
        for part in [&self.number, &self.postal_code] {
            if !part.is_empty() {
                write!(f, ", {part}")?;
            }
        }
        if !self.country.is_empty() && self.country != "FI" {
            write!(f, ", {}", self.country)?;
        }
        for (word, texts) in [("", &self.about), ("to ", &self.receiver)] {
            if texts.values().any(|text| !text.is_empty()) {
                write!(f, " ({word}")?;
                write_texts(texts, f)?;
                f.write_str(")")?;
            }
        }
        Ok(())
    }
}

/// An address of the web with its name and what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    pub name: String,
    pub about: String,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)?;
        if !self.name.is_empty() && self.name != self.url {
            write!(f, " \u{201c}{}\u{201d}", self.name)?;
        }
        if !self.about.is_empty() {
            write!(f, " ({})", self.about)?;
        }
        Ok(())
    }
}

/// Who produces a service: one organisation, or a text that names somebody else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Producer {
    /// `SelfProducedServices`, `ProcuredServices` or `Other`.
    pub kind: String,
    /// GUID.
    pub organisation: Option<String>,
    pub about: Texts,
}

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if let Some(organisation) = &self.organisation {
            write!(f, " {}", organisation.to_lowercase())?;
        }
        if self.about.values().any(|text| !text.is_empty()) {
            f.write_str(" (")?;
            write_texts(&self.about, f)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// Where something is available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    /// `Nationwide` or `NationwideExceptAlandIslands`.
    Whole(String),
    /// One code of a type: `Municipality`, `Region`, `BusinessSubRegion`, `HospitalDistrict`, `WellbeingServiceCounties`.
    Part { kind: String, code: String },
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Area::Whole(word) => f.write_str(word),
            Area::Part { kind, code } if kind == "Municipality" => write!(f, "{kind} {code:0>3}"),
            Area::Part { kind, code } => write!(f, "{kind} {code}"),
        }
    }
}
