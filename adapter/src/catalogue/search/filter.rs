//! What a service must be to be an answer, whatever its words say. Judged on the view, so that it is never behind.

use crate::model::blocks::{Area, AreaKind, Point};
use crate::model::{Code, Kind, Lang, Service, Stored, View};

/// The wishes of a caller beside the words; each that is given must be met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// A class of the tenant's own tree; its subclasses count.
    pub class: Option<Code>,
    /// A target group or life event of PTV's lists: its address, or its code alone (`KR1`). What stands below it counts.
    pub target_group: Option<String>,
    pub life_event: Option<String>,
    /// Three digits.
    pub municipality: Option<String>,
    pub channel: Option<ChannelKind>,
    /// In which the service is given.
    pub language: Option<String>,
    pub near: Option<Near>,
}

/// How a service is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    EChannel,
    Phone,
    WebPage,
    PrintableForm,
    ServicePoint,
}

impl ChannelKind {
    pub const ALL: [ChannelKind; 5] = [
        ChannelKind::EChannel,
        ChannelKind::Phone,
        ChannelKind::WebPage,
        ChannelKind::PrintableForm,
        ChannelKind::ServicePoint,
    ];

    /// The word in the contracts.
    pub fn word(self) -> &'static str {
        match self {
            ChannelKind::EChannel => "eChannel",
            ChannelKind::Phone => "phone",
            ChannelKind::WebPage => "webPage",
            ChannelKind::PrintableForm => "printableForm",
            ChannelKind::ServicePoint => "servicePoint",
        }
    }

    pub fn from_word(word: &str) -> Option<ChannelKind> {
        ChannelKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A distance from a point in WGS84 degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    pub latitude: f64,
    pub longitude: f64,
    /// 1–[`Near::FARTHEST`].
    pub metres: f64,
}

impl Near {
    /// Finland is shorter than that.
    pub const FARTHEST: f64 = 1_500_000.0;
}

/// Municipalities of Åland, which «the whole country except Åland» leaves out.
const ALAND: [&str; 16] =
    ["035", "043", "060", "062", "065", "076", "170", "295", "318", "417", "438", "478", "736", "766", "771", "941"];

impl Filter {
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether a service meets every wish; with a point, how many metres its nearest service point is away (else 0).
    pub(super) fn admits(&self, stored: &Stored, view: &View) -> Option<f64> {
        let service = stored.entity.service()?;
        let code = &stored.entity.key.code;
        let listed = |wish: &Option<String>, given: &[String]| {
            wish.as_ref().is_none_or(|wish| given.iter().any(|address| is_within(address, wish)))
        };
        let met = self.class.as_ref().is_none_or(|class| in_class(service, class, view))
            && listed(&self.target_group, &service.target_groups)
            && listed(&self.life_event, &service.life_events)
            && self.municipality.as_ref().is_none_or(|it| in_municipality(service, code, it, view))
            && self.channel.is_none_or(|kind| by_channel(code, kind, view))
            && self.language.as_ref().is_none_or(|language| in_language(service, language));
        if !met {
            return None;
        }
        match &self.near {
            None => Some(0.0),
            Some(near) => distance(code, near, view).filter(|metres| *metres <= near.metres),
        }
    }
}

fn in_class(service: &Service, wanted: &Code, view: &View) -> bool {
    // A class tree has few floors; one that goes round ends here as well.
    const FLOORS: usize = 16;
    service.classes.iter().any(|class| {
        let up = std::iter::successors(Some(class), |code| {
            view.get(Kind::Class, code).and_then(|stored| stored.entity.class()).and_then(|class| class.parent.as_ref())
        });
        up.take(FLOORS).any(|code| code == wanted)
    })
}

/// `…/code/KR1.1` is within `KR1`, `KR1.1` and its own address.
fn is_within(address: &str, wanted: &str) -> bool {
    let last = |text: &'_ str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let (code, wish) = (last(address), last(wanted));
    let same_list =
        !wanted.contains('/') || address.rsplit_once('/').map(|it| it.0) == wanted.rsplit_once('/').map(|it| it.0);
    same_list && code.strip_prefix(wish.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Where it is available, and where it is given: an area of municipalities says so, else the responsible organisation's
/// municipality, else a service point there. Regions are not resolved to municipalities.
fn in_municipality(service: &Service, code: &Code, wanted: &str, view: &View) -> bool {
    let available = match &service.area {
        Some(Area::Nationwide) => true,
        Some(Area::NationwideExceptAlandIslands) => !ALAND.contains(&wanted),
        Some(Area::Limited(areas)) => areas
            .iter()
            .filter(|area| area.kind == AreaKind::Municipality)
            .any(|area| area.codes.iter().any(|code| code == wanted)),
        None => service
            .responsible
            .as_ref()
            .and_then(|code| view.active(Kind::Organisation, code))
            .and_then(|stored| stored.entity.organisation())
            .is_some_and(|organisation| organisation.municipality.as_deref() == Some(wanted)),
    };
    available
        || points(code, view).any(|point| point.addresses.iter().any(|it| it.municipality.as_deref() == Some(wanted)))
}

fn by_channel(code: &Code, kind: ChannelKind, view: &View) -> bool {
    if kind == ChannelKind::ServicePoint {
        return points(code, view).next().is_some();
    }
    let offers = view.offers_of_service(code).iter().filter_map(|stored| stored.entity.offer());
    let mut channels = offers.flat_map(|offer| &offer.channels).filter_map(|code| view.active(Kind::Channel, code));
    channels.any(|stored| stored.entity.channel().is_some_and(|channel| channel.detail.word() == kind.word()))
}

fn in_language(service: &Service, wanted: &str) -> bool {
    if service.languages.is_empty() {
        return Lang::from_code(wanted).is_some_and(|lang| service.name.get(lang).is_some());
    }
    service.languages.iter().any(|language| language == wanted)
}

fn points<'a>(service: &Code, view: &'a View) -> impl Iterator<Item = &'a crate::model::ServicePoint> {
    let offers = view.offers_of_service(service).iter().filter_map(|stored| stored.entity.offer());
    offers
        .filter_map(|offer| offer.service_point.as_ref())
        .filter_map(|code| view.active(Kind::ServicePoint, code))
        .filter_map(|stored| stored.entity.service_point())
}

/// Metres to the nearest of a service's points.
fn distance(service: &Code, near: &Near, view: &View) -> Option<f64> {
    let metres = points(service, view).filter_map(|point| metres(near, point.point.as_ref()?));
    metres.min_by(f64::total_cmp)
}

/// Along the sphere of the mean radius: within 0.5 % of the ellipsoid.
fn metres(near: &Near, point: &Point) -> Option<f64> {
    const RADIUS: f64 = 6_371_008.8;
    let (latitude, longitude) =
        (point.latitude.trim().parse::<f64>().ok()?, point.longitude.trim().parse::<f64>().ok()?);
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return None;
    }
    let (from, to) = (near.latitude.to_radians(), latitude.to_radians());
    let (north, east) = ((to - from) / 2.0, (longitude - near.longitude).to_radians() / 2.0);
    let chord = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
    Some(2.0 * RADIUS * chord.sqrt().min(1.0).asin())
}

#[cfg(test)]
mod tests {
    use super::{Near, is_within, metres};
    use crate::model::blocks::Point;

    #[test]
    fn a_code_holds_what_stands_below_it() {
        let address = "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1.1";
        for wanted in ["KR1", "KR1.1", address, "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR1"] {
            assert!(is_within(address, wanted), "{wanted}");
        }
        for wanted in ["KR", "KR1.1.1", "KR11", "KR2", "http://uri.suomi.fi/codelist/ptv/ptvelti/code/KR1"] {
            assert!(!is_within(address, wanted), "{wanted}");
        }
    }

    #[test]
    fn a_distance_is_that_on_the_ground() {
        let point = |latitude: &str, longitude: &str| Point { latitude: latitude.into(), longitude: longitude.into() };
        let near = Near { latitude: 60.1699, longitude: 24.9384, metres: 1.0 };
        // Helsinki to Turku: some 150 km.
        let turku = metres(&near, &point("60.4518", "22.2666")).expect("a point");
        assert!((149_000.0..152_000.0).contains(&turku), "{turku}");
        assert!(metres(&near, &point("60.1699", "24.9384")).expect("a point") < 0.001);
        assert_eq!(metres(&near, &point("x", "24")), None);
        assert_eq!(metres(&near, &point("91", "24")), None);
    }
}
