//! Schedule, pace and breaker of work that must reach somebody else. Knows no rule of the domain: mirrors and Sends hand
//! it their attempts and keep their leases in tables of their own.

pub mod breaker;
pub mod pace;
pub mod schedule;

pub use breaker::Breaker;
pub use pace::Pace;
pub use schedule::Schedule;
