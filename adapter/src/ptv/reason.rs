//! Why a mirror has not got through, as it stands beside it in the store: a sentence, and what PTV said of which field.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::dialect::PtvError;
use super::plan::finding;

/// Text alone is stored as it is; with findings it becomes JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reason {
    pub(super) text: String,
    /// As in a plan: level, field, lang, rule, fi, sv, en.
    pub(super) findings: Vec<Value>,
}

impl Reason {
    pub(super) fn of(error: &PtvError) -> Reason {
        let findings = match error {
            PtvError::Blamed(findings) => findings.iter().map(finding).collect(),
            _ => Vec::new(),
        };
        Reason { text: error.to_string(), findings }
    }

    pub(super) fn stored(&self) -> String {
        if self.findings.is_empty() {
            return self.text.clone();
        }
        serde_json::to_string(self).unwrap_or_else(|_| self.text.clone())
    }

    pub(super) fn read(stored: &str) -> Reason {
        let with_findings = stored.starts_with('{').then(|| serde_json::from_str(stored).ok()).flatten();
        with_findings.unwrap_or_else(|| Reason { text: stored.to_owned(), findings: Vec::new() })
    }
}

/// The sentence of what is stored beside a mirror.
pub fn text_of(stored: &str) -> String {
    Reason::read(stored).text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Lang};

    #[test]
    fn what_is_stored_is_read_back() {
        let plain = Reason::of(&PtvError::Locked);
        assert_eq!(plain.stored(), plain.text);
        assert_eq!(Reason::read(&plain.stored()), plain);
        let texts = ["a", "b", "c"].map(str::to_owned);
        let found = Finding::error("nimi_kieliversiot.sv", "ptv", texts).in_language(Lang::Sv);
        let blamed = Reason::of(&PtvError::Blamed(vec![found]));
        assert!(blamed.text.contains("nimi_kieliversiot.sv"), "{}", blamed.text);
        assert_eq!(Reason::read(&blamed.stored()), blamed);
        assert_eq!(blamed.findings[0]["sv"], "b");
        // A text that only looks like JSON is a text.
        assert_eq!(Reason::read("{odd").text, "{odd");
    }
}
