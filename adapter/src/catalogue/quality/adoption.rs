//! How far a tenant has come with its catalogue: what is published, when it last changed, and the grade that follows.
//!
//! The grades are those by which the adoption of PTV was followed in 2017 (laaja, suppea, aloittanut, aktiivinen,
//! passiivinen). Their thresholds were never published; ours are in [`Thresholds`], and a configuration may set others.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Unit};
use serde::{Deserialize, Serialize};

use super::{active, upkeep};
use crate::model::limits::EXPIRY_MONTHS;
use crate::model::{Entity, Kind, View};

/// The lower ends of the grades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Published services and service points of *laaja*.
    pub wide_services: usize,
    pub wide_points: usize,
    /// Published services of *suppea*.
    pub narrow_services: usize,
    /// Without published content: days since the last change within which work goes on.
    pub active_days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { wide_services: 100, wide_points: 20, narrow_services: 10, active_days: 365 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Broad: much is published and kept.
    Laaja,
    /// Narrow: a good part is published and kept.
    Suppea,
    /// Begun: the first services are published.
    Aloittanut,
    /// Active: nothing is published yet, and work goes on.
    Aktiivinen,
    /// Passive: nothing is there, or all of it has expired.
    Passiivinen,
}

impl Grade {
    pub const ALL: [Grade; 5] = [Grade::Laaja, Grade::Suppea, Grade::Aloittanut, Grade::Aktiivinen, Grade::Passiivinen];

    pub fn word(self) -> &'static str {
        match self {
            Grade::Laaja => "laaja",
            Grade::Suppea => "suppea",
            Grade::Aloittanut => "aloittanut",
            Grade::Aktiivinen => "aktiivinen",
            Grade::Passiivinen => "passiivinen",
        }
    }
}

/// One tenant's figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adoption {
    pub grade: Grade,
    /// Published, that is active, records.
    pub services: usize,
    pub service_points: usize,
    pub channels: usize,
    /// Records in any state but deleted.
    pub records: usize,
    /// The day of the newest change, where one is known.
    pub last_change: Option<String>,
    pub days_since_change: Option<i32>,
    /// By municipality code.
    pub service_points_by_municipality: BTreeMap<String, Places>,
    pub service_points_without_municipality: usize,
}

/// Service points of one municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Places {
    pub count: usize,
    /// The class of the colour scale, see [`colour_class`].
    pub class: u8,
}

/// The upper ends of the classes of the map's colour scale; above the last is class 5 (over 200).
pub const COLOUR_CLASSES: [usize; 5] = [0, 10, 50, 100, 200];

/// The class of a count on the colour scale: 0 for none, 5 for over 200.
pub fn colour_class(count: usize) -> u8 {
    COLOUR_CLASSES.iter().map(|end| u8::from(count > *end)).sum()
}

impl Adoption {
    /// `stored`: the time of storing counts where the source names no day.
    pub fn of(view: &View, thresholds: Thresholds, today: Date, stored: bool) -> Adoption {
        let everything = || Kind::ALL.into_iter().flat_map(|kind| view.all(kind));
        let last_change = everything().filter_map(|it| upkeep::edited(it, stored)).max();
        let count = |kind| active(view, kind).count();
        let mut by_municipality: BTreeMap<String, usize> = BTreeMap::new();
        let mut nowhere = 0;
        for point in active(view, Kind::ServicePoint).filter_map(Entity::service_point) {
            match point.addresses.iter().find_map(|address| address.municipality.clone()) {
                Some(code) => *by_municipality.entry(code).or_default() += 1,
                None => nowhere += 1,
            }
        }
        let mut adoption = Adoption {
            grade: Grade::Passiivinen,
            services: count(Kind::Service),
            service_points: count(Kind::ServicePoint),
            channels: count(Kind::Channel),
            records: everything().filter(|it| it.entity.state != crate::model::State::Deleted).count(),
            last_change: last_change.map(|day| day.to_string()),
            days_since_change: last_change.and_then(|day| Some(day.until((Unit::Day, today)).ok()?.get_days())),
            service_points_by_municipality: by_municipality
                .into_iter()
                .map(|(code, count)| (code, Places { count, class: colour_class(count) }))
                .collect(),
            service_points_without_municipality: nowhere,
        };
        adoption.grade = adoption.graded(thresholds, last_change, today);
        adoption
    }

    fn graded(&self, thresholds: Thresholds, last_change: Option<Date>, today: Date) -> Grade {
        let within =
            |span: Span| last_change.is_some_and(|day| day.checked_add(span).is_ok_and(|limit| limit >= today));
        let published = self.services + self.service_points > 0;
        if !published {
            let works = self.records > 0 && within(Span::new().days(i64::from(thresholds.active_days)));
            return if works { Grade::Aktiivinen } else { Grade::Passiivinen };
        }
        // A source without dates cannot have expired.
        if last_change.is_some() && !within(Span::new().months(EXPIRY_MONTHS)) {
            Grade::Passiivinen
        } else if self.services >= thresholds.wide_services && self.service_points >= thresholds.wide_points {
            Grade::Laaja
        } else if self.services >= thresholds.narrow_services {
            Grade::Suppea
        } else {
            Grade::Aloittanut
        }
    }
}
