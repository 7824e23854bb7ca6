//! The rule for a new password (fact sheet §1.2). It does not compare with earlier passwords: no such rule is known.

/// At least 32 characters, with lower case, upper case, digit and symbol.
pub(in crate::viestit) fn is_strong(password: &str) -> bool {
    password.chars().count() >= 32
        && password.chars().any(|c| c.is_ascii_lowercase())
        && password.chars().any(|c| c.is_ascii_uppercase())
        && password.chars().any(|c| c.is_ascii_digit())
        && password.chars().any(|c| c.is_ascii_punctuation())
}
