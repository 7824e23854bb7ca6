//! `searchServices`: what a caller may wish for, and the cursor. How services are found is the catalogue's matter.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use silta_client::common::{ErrorCode, Refusal};

use super::catalogue::{MAX_QUERY_CHARS, Read, bad_cursor};
use crate::catalogue::search::{ChannelKind, Filter, Near, Place, Question, Scale, Search, SearchError};
use crate::model::{Code, Stored, View};

/// The members that narrow a search, as the caller wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    values: [Option<String>; Narrowing::NAMES.len()],
}

impl Narrowing {
    /// Their names in every form of the contract.
    pub const NAMES: [&str; 9] = [
        "class",
        "targetGroup",
        "lifeEvent",
        "municipality",
        "channelKind",
        "language",
        "latitude",
        "longitude",
        "metres",
    ];

    /// Notes a member; a name that is none of them is left alone.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        if let Some(place) = Narrowing::NAMES.iter().position(|it| *it == name)
            && let Some(slot) = self.values.get_mut(place)
        {
            *slot = Some(value.into());
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let place = Narrowing::NAMES.iter().position(|it| *it == name)?;
        self.values.get(place)?.as_deref().map(str::trim)
    }

    /// What is wished for; the first member that cannot be one is refused by its name.
    fn filter(&self) -> Result<Filter, Refusal> {
        let wrong = |name: &str, rule: String| Refusal::new(ErrorCode::InvalidField, rule).at(name);
        let listed = |name: &str| -> Result<Option<String>, Refusal> {
            let given = self.get(name).map(str::to_owned);
            match given {
                Some(code) if code.is_empty() || code.chars().count() > LIST_CODE_CHARS => {
                    Err(wrong(name, format!("must be an address or a code of 1–{LIST_CODE_CHARS} characters")))
                }
                given => Ok(given),
            }
        };
        let class = self
            .get("class")
            .map(|class| class.parse::<Code>().map_err(|_| wrong("class", "must be the code of a class".to_owned())));
        let municipality = self.get("municipality").map(|code| {
            let digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| code.to_owned()).ok_or_else(|| wrong("municipality", "must be three digits".to_owned()))
        });
        let channel = self.get("channelKind").map(|word| {
            let known = || ChannelKind::ALL.map(ChannelKind::word).join(", ");
            ChannelKind::from_word(word).ok_or_else(|| wrong("channelKind", format!("must be one of {}", known())))
        });
        let language = self.get("language").map(|code| {
            let small = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase());
            let rule = || wrong("language", "must be an ISO 639 code of two or three small letters".to_owned());
            small.then(|| code.to_owned()).ok_or_else(rule)
        });
        Ok(Filter {
            class: class.transpose()?,
            target_group: listed("targetGroup")?,
            life_event: listed("lifeEvent")?,
            municipality: municipality.transpose()?,
            channel: channel.transpose()?,
            language: language.transpose()?,
            near: self.near()?,
        })
    }

    fn near(&self) -> Result<Option<Near>, Refusal> {
        let names = ["latitude", "longitude", "metres"];
        if names.iter().all(|name| self.get(name).is_none()) {
            return Ok(None);
        }
        let number = |name: &'static str, least: f64, most: f64| -> Result<f64, Refusal> {
            let missing =
                || Refusal::new(ErrorCode::MissingField, "latitude, longitude and metres go together").at(name);
            let wrong =
                || Refusal::new(ErrorCode::InvalidField, format!("must be a number of {least}–{most}")).at(name);
            let number: f64 = self.get(name).ok_or_else(missing)?.parse().map_err(|_| wrong())?;
            // NaN is in no range.
            if (least..=most).contains(&number) { Ok(number) } else { Err(wrong()) }
        };
        Ok(Some(Near {
            latitude: number("latitude", -90.0, 90.0)?,
            longitude: number("longitude", -180.0, 180.0)?,
            metres: number("metres", 1.0, Near::FARTHEST)?,
        }))
    }
}

/// Characters of an entry of a code list.
const LIST_CODE_CHARS: usize = 200;

/// A page of services and the cursor of the next one.
pub(super) async fn find(
    search: &Arc<Search>,
    tenant: &Arc<str>,
    view: Arc<View>,
    request: &Read,
    limit: usize,
) -> Result<(Vec<Arc<Stored>>, Option<String>), Refusal> {
    let words = request.query.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let filter = request.narrowing.filter()?;
    if words.is_none() && filter.is_empty() {
        return Err(Refusal::new(ErrorCode::MissingField, "give words to search for, or narrow the search").at("query"));
    }
    if words.is_some_and(|words| words.chars().count() > MAX_QUERY_CHARS) {
        let message = format!("a search has at most {MAX_QUERY_CHARS} characters");
        return Err(Refusal::new(ErrorCode::InvalidField, message).at("query"));
    }
    let after = request.cursor.as_deref().map(read_cursor).transpose()?;
    let question = Question { words: words.map(str::to_owned), lang: request.lang, filter };
    let found = search.find(tenant, view, question, after, limit).await.map_err(|error| {
        tracing::error!("a search failed: {error}");
        match error {
            SearchError::BrokenOff => Refusal::new(ErrorCode::Internal, "the search failed"),
            SearchError::Index(_) => Refusal::new(ErrorCode::Unavailable, "the search is not available; try again"),
        }
    })?;
    Ok((found.services, found.next.as_ref().map(cursor)))
}

/// Format, floor, score, which words were lenient, the weights in thousandths, code. Short: the contract gives a cursor 200 characters.
fn cursor(place: &Place) -> String {
    let mut bytes = vec![CURSOR];
    bytes.extend(place.scale.floor.to_be_bytes());
    bytes.extend(place.score.to_be_bytes());
    bytes.push(place.scale.lenient);
    bytes.push(u8::try_from(place.scale.weights.len()).unwrap_or(u8::MAX));
    place.scale.weights.iter().for_each(|weight| bytes.extend(weight.to_be_bytes()));
    bytes.extend(place.code.as_str().bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// No letter: cursors of lists are codes or numbers, and none of them passes for one of a search.
const CURSOR: u8 = 1;

fn read_cursor(text: &str) -> Result<Place, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
    place(&bytes).ok_or_else(bad_cursor)
}

fn place(bytes: &[u8]) -> Option<Place> {
    let (&CURSOR, rest) = bytes.split_first()? else { return None };
    let (floor, rest) = rest.split_first_chunk::<4>()?;
    let (score, rest) = rest.split_first_chunk::<4>()?;
    let (&lenient, rest) = rest.split_first()?;
    let (&count, mut rest) = rest.split_first()?;
    let mut weights = Vec::new();
    for _ in 0..count {
        let (weight, behind) = rest.split_first_chunk::<2>()?;
        weights.push(u16::from_be_bytes(*weight));
        rest = behind;
    }
    let code: Code = std::str::from_utf8(rest).ok()?.parse().ok()?;
    let (floor, score) = (f32::from_be_bytes(*floor), f32::from_be_bytes(*score));
    (floor.is_finite() && score.is_finite()).then_some(Place { scale: Scale { weights, lenient, floor }, score, code })
}

#[cfg(test)]
mod tests {
    use super::{Narrowing, Place, Scale, cursor, read_cursor};

    #[test]
    fn a_member_that_cannot_be_met_is_refused_by_its_name() {
        type Members = &'static [(&'static str, &'static str)];
        let cases: [(Members, Option<&str>); 17] = [
            (&[("class", "1_1"), ("targetGroup", "KR1"), ("municipality", "853"), ("language", "fi")], None),
            (&[("channelKind", "servicePoint"), ("lifeEvent", "KE1")], None),
            (&[("latitude", "60.45"), ("longitude", "22.27"), ("metres", "500")], None),
            (&[("class", "")], Some("class")),
            (&[("targetGroup", " ")], Some("targetGroup")),
            (&[("municipality", "85")], Some("municipality")),
            (&[("municipality", "Turku")], Some("municipality")),
            (&[("channelKind", "fax")], Some("channelKind")),
            (&[("language", "FI")], Some("language")),
            (&[("language", "finnish")], Some("language")),
            (&[("latitude", "60.45")], Some("longitude")),
            (&[("metres", "5")], Some("latitude")),
            (&[("latitude", "91"), ("longitude", "22"), ("metres", "5")], Some("latitude")),
            (&[("latitude", "NaN"), ("longitude", "22"), ("metres", "5")], Some("latitude")),
            (&[("latitude", "60"), ("longitude", "x"), ("metres", "5")], Some("longitude")),
            (&[("latitude", "60"), ("longitude", "22"), ("metres", "0")], Some("metres")),
            (&[("latitude", "60"), ("longitude", "22"), ("metres", "1500001")], Some("metres")),
        ];
        for (given, wrong) in cases {
            let mut narrowing = Narrowing::default();
            for (name, value) in given {
                narrowing.set(name, *value);
            }
            let refused = narrowing.filter().err().and_then(|refusal| refusal.field);
            assert_eq!(refused.as_deref(), wrong, "{given:?}");
        }
    }

    #[test]
    fn a_cursor_is_read_back_and_fits_the_contract() {
        let code = "x".repeat(crate::model::Code::MAX_CHARS).parse().expect("a code");
        let place = Place { scale: Scale { weights: vec![1_234; 8], lenient: 5, floor: 0.25 }, score: 12.5, code };
        let text = cursor(&place);
        assert!(text.len() <= 200, "{}", text.len());
        assert_eq!(read_cursor(&text).expect("read"), place);
        for wrong in ["", "!", "MTIz", "AQ", &text[..20]] {
            assert!(read_cursor(wrong).is_err(), "{wrong}");
        }
    }
}
