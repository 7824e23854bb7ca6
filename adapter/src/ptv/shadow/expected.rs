//! What both versions tell differently without being different (ptv-v12.md §7, §8). Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ptv::reference::Reference;
use crate::ptv::seen::{self, Difference, Path, Seen, Values};

/// Metres that a coordinate of the National Land Survey may be apart; both versions round.
const TOLERANCE: f64 = 1.0;

/// A difference, and why it is no wonder, if so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    #[serde(flatten)]
    pub difference: Difference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<&'static str>,
}

/// An entity as v11 and as v12 tell it: content, language versions, and connections where both tell them.
pub(in crate::ptv) fn compare(v11: &Seen, v12: &Seen, reference: &Reference) -> Vec<Judged> {
    let mut all = values(&v11.values, &v12.values, reference);
    if v11.languages != v12.languages {
        let words = |seen: &Seen| seen.languages.iter().map(|lang| lang.code().to_owned()).collect();
        let difference = Difference { path: "languageVersions".to_owned(), ours: words(v11), ptv: words(v12) };
        all.push(Judged { difference, expected: None });
    }
    if let (Some(one), Some(other)) = (&v11.connections, &v12.connections) {
        all.extend(connections(one, other, reference));
    }
    all
}

/// Two sets of connections, by the other end.
pub(in crate::ptv) fn connections(
    one: &BTreeMap<String, Values>,
    other: &BTreeMap<String, Values>,
    reference: &Reference,
) -> Vec<Judged> {
    let mut all = Vec::new();
    for guid in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
        let at = |path: &str| {
            if path.is_empty() { format!("connection {guid}") } else { format!("connection {guid}.{path}") }
        };
        match (one.get(guid), other.get(guid)) {
            (Some(one), Some(other)) => all.extend(values(one, other, reference).into_iter().map(|judged| {
                let path = at(&judged.difference.path);
                Judged { difference: Difference { path, ..judged.difference }, ..judged }
            })),
            (one, _) => {
                let (ours, ptv) = if one.is_some() { (1, 0) } else { (0, 1) };
                let word = |count: usize| vec!["connected".to_owned(); count];
                let difference = Difference { path: at(""), ours: word(ours), ptv: word(ptv) };
                all.push(Judged { difference, expected: None });
            }
        }
    }
    all
}

/// What is told of content in v11's words, sent or read, against a read of v12.
pub(in crate::ptv) fn values(v11: &Values, v12: &Values, reference: &Reference) -> Vec<Judged> {
    let all = seen::differences(v11, v12).into_iter();
    // A coordinate is judged by its source, which a line does not show.
    let all = all.filter(|difference| !difference.path.ends_with(".coordinates"));
    let mut judged: Vec<Judged> =
        all.map(|difference| Judged { expected: reason(&difference, reference), difference }).collect();
    judged.extend(coordinates(v11, v12));
    judged
}

fn reason(difference: &Difference, reference: &Reference) -> Option<&'static str> {
    let path = difference.path.split('.').next().unwrap_or_default();
    let (ours, theirs) = (&difference.ours, &difference.ptv);
    let same = |form: &dyn Fn(&str) -> Vec<String>| {
        let set = |lines: &[String]| lines.iter().flat_map(|line| form(line)).collect::<BTreeSet<_>>();
        set(ours) == set(theirs)
    };
    let is = |of: Path| path == of.word();
    if is(Path::Phones) || is(Path::Faxes) || is(Path::SupportPhones) {
        return same(&|line| vec![e164(line)]).then_some("phone-kind");
    }
    if is(Path::Area) {
        return same(&|line| municipalities(line, reference)).then_some("area-form");
    }
    if is(Path::Hours) {
        return same(&|line| vec![without_half_open(line)]).then_some("half-open-hours");
    }
    if is(Path::Laws) {
        // A law without a name in a language takes its link's name there.
        return same(&|line| vec![line.split(' ').next().unwrap_or_default().to_owned()]).then_some("law-name");
    }
    if is(Path::BusinessId) {
        // v12 demands one of everybody, and the transfer gives it.
        return ours.is_empty().then_some("business-id");
    }
    let other_charge = is(Path::ChargeType) && ours.as_slice() == ["Other"] && theirs.is_empty();
    other_charge.then_some("charge-other")
}

/// The number of a line in one form, whatever kind of phone it stands in.
fn e164(line: &str) -> String {
    let end = line.find([',', '(']).unwrap_or(line.len());
    let (head, rest) = line.split_at(end);
    let compact: String = head.chars().filter(|c| !c.is_whitespace()).collect();
    let number = match compact.strip_prefix("+358") {
        Some(national) => format!("+358{}", national.trim_start_matches('0')),
        None if compact.starts_with('+') => compact,
        None => format!("+358{}", compact.trim_start_matches('0')),
    };
    format!("{number}{rest}")
}

/// An area that v12 has no form for is all its municipalities.
fn municipalities(line: &str, reference: &Reference) -> Vec<String> {
    let area = line.split_once(' ').map(|(kind, code)| (kind.to_owned(), code.to_owned()));
    match area.and_then(|area| reference.area_municipalities.get(&area)) {
        Some(all) => all.iter().map(|code| format!("Municipality {code}")).collect(),
        None => vec![line.to_owned()],
    }
}

/// v12 has no opening with one end only: `from 2026-01-01` is lost.
fn without_half_open(line: &str) -> String {
    for word in [" from ", " until "] {
        if let Some((before, after)) = line.split_once(word)
            && after.get(..10).is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
        {
            return format!("{before}{}", after.get(10..).unwrap_or_default());
        }
    }
    line.to_owned()
}

/// What a person has entered must be the same; what the Land Survey gave may be a metre apart.
fn coordinates(v11: &Values, v12: &Values) -> Vec<Judged> {
    const NAME: &str = "coordinates";
    let mut all = Vec::new();
    for ((path, line), ours) in &v11.details {
        let Some(theirs) = v12.details.get(&(*path, line.clone())) else { continue };
        let (Some(one), Some(other)) = (ours.get(NAME), theirs.get(NAME)) else { continue };
        if one == other {
            continue;
        }
        let entered = theirs.get("coordinateSource").is_none_or(|source| source == "User");
        let near = !entered && apart(one, other).is_some_and(|metres| metres <= TOLERANCE);
        let difference =
            Difference { path: format!("{}.{NAME}", path.word()), ours: vec![one.clone()], ptv: vec![other.clone()] };
        all.push(Judged { difference, expected: near.then_some("coordinates") });
    }
    all
}

/// The larger of both axes.
fn apart(one: &str, other: &str) -> Option<f64> {
    let pair = |text: &str| {
        let (northing, easting) = text.split_once(' ')?;
        Some((northing.parse::<f64>().ok()?, easting.parse::<f64>().ok()?))
    };
    let ((north, east), (other_north, other_east)) = (pair(one)?, pair(other)?);
    Some((north - other_north).abs().max((east - other_east).abs()))
}

#[cfg(test)]
mod tests {
    use super::{e164, without_half_open};

    #[test]
    fn numbers_and_hours_have_one_form() {
        for (one, other) in [
            ("+358 401234567, Chargeable", "0401234567, Chargeable"),
            ("+358 0401234567", "+358 401234567"),
            ("+46 812345, Phone, FreeOfCharge (x)", "+46 812345, Phone, FreeOfCharge (x)"),
        ] {
            assert_eq!(e164(one), e164(other));
        }
        assert_ne!(e164("+358 401234567, Chargeable"), e164("+358 401234567, FreeOfCharge"));
        assert_ne!(e164("+46 401234567"), e164("0401234567"));
        let open = "DaysOfTheWeek from 2026-01-01 Monday 08:00–16:00";
        assert_eq!(without_half_open(open), "DaysOfTheWeek Monday 08:00–16:00");
        let whole = "DaysOfTheWeek 2026-01-01–2026-02-01 Monday 08:00–16:00";
        assert_eq!(without_half_open(whole), whole);
    }
}
