//! What is wrong with a record, said so that the editor knows which field, which rule and what to do.

use std::fmt;

use super::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good to know; nothing is held back.
    Warning,
    /// The record (or the language) is held back from PTV, or is not accepted at all when found at intake.
    Error,
}

/// One finding. `field` is the PAT field name as the source spells it, with index and language
/// (`aukioloajat[2].avaamisaika`, `tiivistelma_kieliversiot.sv`), so that it means something at the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    pub field: String,
    pub lang: Option<Lang>,
    /// A stable rule code: `Q01`–`Q23` of pat.md §15, or a word of the change policy (`required`, `too-long`, …).
    pub rule: &'static str,
    /// What is wrong and the act that helps, in Finnish.
    pub fi: String,
    /// The same in Swedish.
    pub sv: String,
    /// The same in English.
    pub en: String,
}

impl Finding {
    pub fn error(field: impl Into<String>, rule: &'static str, texts: [String; 3]) -> Finding {
        Finding::new(Level::Error, field, rule, texts)
    }

    pub fn warning(field: impl Into<String>, rule: &'static str, texts: [String; 3]) -> Finding {
        Finding::new(Level::Warning, field, rule, texts)
    }

    fn new(level: Level, field: impl Into<String>, rule: &'static str, [fi, sv, en]: [String; 3]) -> Finding {
        Finding { level, field: field.into(), lang: None, rule, fi, sv, en }
    }

    /// Binds the finding to one language version.
    #[must_use]
    pub fn in_language(mut self, lang: Lang) -> Finding {
        self.lang = Some(lang);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]: {}", self.field, self.rule, self.en)
    }
}
