//! What the vocabulary says of the subject terms of a record, as findings that hold nothing back: the term, what is wrong with
//! it, and what to put in its place.

use super::vocabulary::{Concept, Term, Vocabulary, is_address};
use crate::model::{Finding, Lang};

/// Findings of a service's terms, each with its place in the list.
pub(super) fn findings(vocabulary: &Vocabulary, terms: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, term) in terms.iter().enumerate() {
        let field = format!("asiasanat[{index}]");
        if !is_address(term) {
            found.push(no_address(field));
            continue;
        }
        match vocabulary.term(term) {
            Term::Fine => {}
            Term::Unknown => found.push(unknown(field, term)),
            Term::Deprecated(replacement) => found.push(deprecated(field, term, replacement)),
            Term::Foreign(koko) => found.push(foreign(field, term, koko)),
        }
    }
    found
}

fn no_address(field: String) -> Finding {
    Finding::warning(
        field,
        "term-form",
        [
            "Asiasana ei ole käsitteen osoite. Valitse käsite KOKO-ontologiasta.".into(),
            "Ämnesordet är inte adressen till ett begrepp. Välj ett begrepp ur ontologin KOKO.".into(),
            "The term is not the address of a concept. Choose a concept of KOKO.".into(),
        ],
    )
}

fn unknown(field: String, term: &str) -> Finding {
    Finding::warning(
        field,
        "term-unknown",
        [
            format!("Käsitettä {term} ei ole KOKO-ontologiassa. Valitse voimassa oleva käsite."),
            format!("Begreppet {term} finns inte i KOKO. Välj ett giltigt begrepp."),
            format!("KOKO has no concept {term}. Choose a valid one."),
        ],
    )
}

fn deprecated(field: String, term: &str, replacement: Option<&Concept>) -> Finding {
    let texts = match replacement {
        Some(concept) => {
            let shown = |lang| format!("{} ({})", concept.shown(lang), concept.uri);
            [
                format!("Käsite {term} on poistettu käytöstä. Sen on korvannut {}.", shown(Lang::Fi)),
                format!("Begreppet {term} har tagits ur bruk. Det har ersatts av {}.", shown(Lang::Sv)),
                format!("The concept {term} was withdrawn. {} took its place.", shown(Lang::En)),
            ]
        }
        None => [
            format!("Käsite {term} on poistettu käytöstä. Valitse voimassa oleva käsite."),
            format!("Begreppet {term} har tagits ur bruk. Välj ett giltigt begrepp."),
            format!("The concept {term} was withdrawn. Choose a valid one."),
        ],
    };
    Finding::warning(field, "term-deprecated", texts)
}

fn foreign(field: String, term: &str, koko: Option<&Concept>) -> Finding {
    let texts = match koko {
        Some(concept) => {
            let shown = |lang| format!("{} ({})", concept.shown(lang), concept.uri);
            [
                format!("Käsite {term} ei ole KOKO-ontologian käsite. Sama käsite on siellä {}.", shown(Lang::Fi)),
                format!("Begreppet {term} är inget begrepp i KOKO. Samma begrepp är där {}.", shown(Lang::Sv)),
                format!("The concept {term} is none of KOKO's. There the same concept is {}.", shown(Lang::En)),
            ]
        }
        None => [
            format!("Käsite {term} ei ole KOKO-ontologian käsite. Valitse käsite KOKOsta."),
            format!("Begreppet {term} är inget begrepp i KOKO. Välj ett begrepp ur KOKO."),
            format!("The concept {term} is none of KOKO's. Choose one of KOKO."),
        ],
    };
    Finding::warning(field, "term-ontology", texts)
}
