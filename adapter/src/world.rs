//! The outside world as values: clock, ids, randomness.
