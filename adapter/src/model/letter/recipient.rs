//! Identity codes (henkilötunnus) and business ids (Y-tunnus). viestit.md §4.1 and §4.2.

use std::fmt;

use jiff::civil::Date;

use super::{Address, AddressDraft};

/// A personal identity code. All eleven characters are the identity: the sign is never mapped to another one.
/// It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonId(String);

impl PersonId {
    /// Trims and upper-cases, then wants the shape, a real date in the sign's century, and the check character.
    pub fn parse(text: &str) -> Option<PersonId> {
        let text = text.trim().to_ascii_uppercase();
        let characters: [u8; 11] = text.as_bytes().try_into().ok()?;
        is_identity_code(&characters).then_some(PersonId(text))
    }

    /// Whether an identity code stands anywhere in `text`, in capitals or not.
    pub fn is_in(text: &str) -> bool {
        let upper = text.to_ascii_uppercase();
        let mut windows = upper.as_bytes().windows(11);
        windows.any(|window| <&[u8; 11]>::try_from(window).is_ok_and(is_identity_code))
    }

    /// The code itself, for the call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonId(…)")
    }
}

fn is_identity_code(code: &[u8; 11]) -> bool {
    let [d1, d2, m1, m2, y1, y2, sign, n1, n2, n3, check] = *code;
    let digits = [d1, d2, m1, m2, y1, y2, n1, n2, n3];
    let Some(century) = century(sign) else { return false };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |digits: &[u8]| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let pair = |high: u8, low: u8| i8::try_from(number(&[high, low])).unwrap_or_default();
    let year = century + i16::from(pair(y1, y2));
    if Date::new(year, pair(m1, m2), pair(d1, d2)).is_err() || number(&[n1, n2, n3]) < 2 {
        return false;
    }
    let index = usize::try_from(number(&digits) % 31).unwrap_or(usize::MAX);
    CHECKS.get(index) == Some(&check)
}

fn century(sign: u8) -> Option<i16> {
    match sign {
        b'+' => Some(1800),
        b'-' | b'U'..=b'Y' => Some(1900),
        b'A'..=b'F' => Some(2000),
        _ => None,
    }
}

const CHECKS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// A business id, seven digits, hyphen, check digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BusinessId(String);

impl BusinessId {
    /// Trims; old forms of six digits get their leading zero.
    pub fn parse(text: &str) -> Option<BusinessId> {
        let (number, check) = text.trim().split_once('-')?;
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!(number.len(), 6 | 7) || check.len() != 1 || !all_digits(number) || !all_digits(check) {
            return None;
        }
        let number = format!("{number:0>7}");
        let sum: u32 =
            number.bytes().zip([7, 9, 10, 5, 8, 4, 2]).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        // Remainder 1 is never issued; all zeroes pass the sum and are no id.
        let expected = match sum % 11 {
            0 if sum > 0 => 0,
            0 | 1 => return None,
            rest => 11 - rest,
        };
        (check == expected.to_string()).then(|| BusinessId(format!("{number}-{check}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom a letter is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    Person(PersonId),
    Business(BusinessId),
}

/// Neither an identity code nor a business id. Says nothing about the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a personal identity code nor a business id")]
pub struct NotARecipient;

impl Recipient {
    pub fn parse(text: &str) -> Result<Recipient, NotARecipient> {
        let person = PersonId::parse(text).map(Recipient::Person);
        person.or_else(|| BusinessId::parse(text).map(Recipient::Business)).ok_or(NotARecipient)
    }

    /// The id itself, for the call that needs it.
    pub fn expose(&self) -> &str {
        match self {
            Recipient::Person(id) => id.expose(),
            Recipient::Business(id) => id.as_str(),
        }
    }
}

/// Whom one letter of an order is for: by id, by address on paper, or by both.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Addressee {
    pub id: Option<Recipient>,
    pub address: Option<Address>,
}

/// A recipient as the caller gave it.
#[derive(Clone, Default)]
pub struct RecipientDraft {
    /// Identity code or business id.
    pub id: Option<String>,
    pub address: Option<AddressDraft>,
}

impl fmt::Debug for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Addressee(…)")
    }
}

impl From<String> for RecipientDraft {
    fn from(id: String) -> Self {
        RecipientDraft { id: Some(id), address: None }
    }
}

impl From<&str> for RecipientDraft {
    fn from(id: &str) -> Self {
        id.to_owned().into()
    }
}
