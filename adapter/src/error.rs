//! Whose fault, and may it be retried: the two questions every error answers.
