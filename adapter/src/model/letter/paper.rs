//! How the paper form of a letter is printed, and why it is paper. What the printed file must be, `viestit` checks.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Address, AddressDraft, MessageType, PersonId};

/// Which file is printed and how (viestit.md §1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "the choices of the printing house")]
pub struct Paper {
    /// The printed file's place among the attachments.
    pub attachment: usize,
    /// The file is printed only: an electronic letter does not have it.
    pub printed_only: bool,
    pub color_printing: bool,
    pub two_sided_printing: bool,
    pub rotate_landscape_pages: bool,
    pub create_address_page: bool,
    pub message_type: MessageType,
    /// Who pays; the tenant's own when left out.
    pub cost_pool: Option<CostPool>,
    /// The return address; the tenant's own when left out.
    pub sender: Option<Address>,
}

/// What the caller asks for on paper.
#[derive(Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "the choices of the printing house")]
pub struct PaperDraft {
    /// The name of the attachment that is printed; may be left out when there is one only.
    pub attachment: Option<String>,
    pub printed_only: bool,
    pub color_printing: bool,
    /// On both sides when left out.
    pub two_sided_printing: Option<bool>,
    pub rotate_landscape_pages: bool,
    pub create_address_page: bool,
    pub message_type: MessageType,
    pub cost_pool: Option<String>,
    pub sender: Option<AddressDraft>,
}

/// The account within the sender's print account that a letter is charged to. 1–15 of `A-Z0-9`; no identity code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CostPool(String);

impl CostPool {
    const MAX: usize = 15;

    pub fn parse(text: &str) -> Option<CostPool> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let fits = (1..=CostPool::MAX).contains(&text.len()) && text.bytes().all(allowed);
        (fits && !PersonId::is_in(text)).then(|| CostPool(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The same words in three languages.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InThreeLanguages {
    pub fi: String,
    pub sv: String,
    pub en: String,
}

/// The sender's own words in the e-mail about a new letter (viestit.md §1.6). Plain text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub title: InThreeLanguages,
    pub content: InThreeLanguages,
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notification(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::CostPool;

    #[test]
    fn viestit_mul_09_a_cost_pool_is_of_capitals_and_digits_from_end_to_end() {
        for text in ["A", "KUNTA01", "123456789012345"] {
            assert_eq!(CostPool::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "kunta", "KUNTA-1", "A B", "Ä", "1234567890123456", "010594Y9032"] {
            assert_eq!(CostPool::parse(text), None, "{text}");
        }
    }
}
