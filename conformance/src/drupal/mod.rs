//! A simulator of a Drupal site's JSON:API (Drupal core's module, JSON:API 1.0) on plain HTTP and loopback, with state.
//!
//! It answers `GET` of collections and single resources as core does: filters, sorting, paging by offset, includes,
//! sparse fields, languages by path prefix, access by publication, errors in JSON:API's form. A test edits the site through
//! [`Control`], with a clock of its own. What it deliberately does not do: writing over JSON:API (core's default is
//! read-only too), filter groups, revisions by `resourceVersion`, and everything that a person sees of the site.

mod document;
mod error;
mod query;
mod server;
mod site;
#[cfg(test)]
mod tests;

pub use server::{Control, DrupalSimulator, Fault, FaultKind, Request};
pub use site::{Account, Anonymous, Clock, DrupalConfig, Fields};

/// The most resources of one page (core's `OffsetPage::SIZE_MAX`), and the number when none is asked for.
pub const PAGE_MAX: usize = 50;
/// The media type of every answer.
pub const MEDIA_TYPE: &str = "application/vnd.api+json";
