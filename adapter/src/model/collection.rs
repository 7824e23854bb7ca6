//! Palvelukokonaisuus: services and channels that belong together, such as those of a life event (pat.md §4.17).

use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    pub name: Localised,
    pub summary: Localised,
    pub description: Localised,
    pub organisation: Option<Code>,
    pub services: Vec<Code>,
    pub channels: Vec<Code>,
    pub service_points: Vec<Code>,
}
