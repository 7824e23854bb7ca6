//! Lengths and counts of catalogue content that more than one job needs: the quality report tells editors about them, and
//! what goes to PTV keeps them (pat.md §8.3). Whoever judges says in which unit it counts.

/// A name.
pub const NAME: usize = 100;
/// A summary.
pub const SUMMARY: usize = 150;
/// Charge, processing time, deadline and the like.
pub const SHORT_TEXT: usize = 500;
/// Description, user instruction, requirements, as the live service takes them.
pub const LONG_TEXT: usize = 5_000;
/// The same in PTV's published source of 2022.
pub const LONG_TEXT_2022: usize = 2_500;
/// A free keyword.
pub const KEYWORD: usize = 150;
/// A web address.
pub const URL: usize = 500;
/// The text of opening hours.
pub const HOURS_TEXT: usize = 150;
/// What is said of a producer without organisation.
pub const PRODUCER_TEXT: usize = 150;
/// Most texts need this many characters.
pub const MIN_TEXT: usize = 5;
/// Service classes of a service.
pub const MAX_CLASSES: usize = 4;
/// Subject terms of a service.
pub const MAX_TERMS: usize = 10;
/// Months without an edit: PTV warns, and PTV takes the content out (pat.md §6.1).
pub const WARNING_MONTHS: i32 = 15;
pub const EXPIRY_MONTHS: i32 = 18;

/// Names are compared without case and with white space collapsed (ptv-in-api.md §3.0.5).
pub fn name_key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::name_key;

    #[test]
    fn names_are_equal_without_case_and_blanks() {
        assert_eq!(name_key("  Uima \n halli "), name_key("uima HALLI"));
    }
}
