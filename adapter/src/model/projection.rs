//! WGS84 degrees to ETRS-TM35FIN metres (EPSG:3067), the only coordinates PTV takes, and back (pat.md §4.6).
//!
//! Transverse Mercator on GRS80 by Krüger's series: central meridian 27° E, scale 0.9996, false easting 500 km.
//! ETRS89 and WGS84 are taken as equal; the difference is below a metre.

/// Northing and easting in whole metres. `None` outside the area of use (59–71° N, 17–33° E).
#[allow(clippy::many_single_char_names)] // The letters of the published series.
pub fn to_tm35fin(latitude: f64, longitude: f64) -> Option<(u32, u32)> {
    if !(59.0..=71.0).contains(&latitude) || !(17.0..=33.0).contains(&longitude) {
        return None;
    }
    let Ellipsoid { n, a1, e } = Ellipsoid::grs80();
    let h = [
        n / 2.0 - 2.0 / 3.0 * n.powi(2) + 5.0 / 16.0 * n.powi(3) + 41.0 / 180.0 * n.powi(4),
        13.0 / 48.0 * n.powi(2) - 3.0 / 5.0 * n.powi(3) + 557.0 / 1440.0 * n.powi(4),
        61.0 / 240.0 * n.powi(3) - 103.0 / 140.0 * n.powi(4),
        49_561.0 / 161_280.0 * n.powi(4),
    ];
    let phi = latitude.to_radians();
    let lambda = (longitude - 27.0).to_radians();
    let q = phi.tan().asinh() - e * (e * phi.sin()).atanh();
    let beta = q.sinh().atan();
    let eta = (beta.cos() * lambda.sin()).atanh();
    let xi = (beta.sin() * eta.cosh()).asin();
    let (mut x, mut y) = (xi, eta);
    for (order, h) in (1_u8..).zip(h) {
        let k = 2.0 * f64::from(order);
        x += h * (k * xi).sin() * (k * eta).cosh();
        y += h * (k * xi).cos() * (k * eta).sinh();
    }
    Some((whole(0.9996 * a1 * x), whole(0.9996 * a1 * y + 500_000.0)))
}

/// Latitude and longitude of whole or broken metres. `None` outside the area of use.
#[allow(clippy::many_single_char_names)] // The letters of the published series.
pub fn from_tm35fin(northing: f64, easting: f64) -> Option<(f64, f64)> {
    if !(6_500_000.0..=7_900_000.0).contains(&northing) || !(-100_000.0..=900_000.0).contains(&easting) {
        return None;
    }
    let Ellipsoid { n, a1, e } = Ellipsoid::grs80();
    let h = [
        n / 2.0 - 2.0 / 3.0 * n.powi(2) + 37.0 / 96.0 * n.powi(3) - n.powi(4) / 360.0,
        n.powi(2) / 48.0 + n.powi(3) / 15.0 - 437.0 / 1440.0 * n.powi(4),
        17.0 / 480.0 * n.powi(3) - 37.0 / 840.0 * n.powi(4),
        4_397.0 / 161_280.0 * n.powi(4),
    ];
    let (x, y) = (northing / (0.9996 * a1), (easting - 500_000.0) / (0.9996 * a1));
    let (mut xi, mut eta) = (x, y);
    for (order, h) in (1_u8..).zip(h) {
        let k = 2.0 * f64::from(order);
        xi -= h * (k * x).sin() * (k * y).cosh();
        eta -= h * (k * x).cos() * (k * y).sinh();
    }
    let beta = (xi.sin() / eta.cosh()).asin();
    let lambda = (eta.tanh() / beta.cos()).asin();
    let q = beta.tan().asinh();
    // Converges to far below a millimetre.
    let corrected = (0..5).fold(q, |corrected: f64, _| q + e * (e * corrected.tanh()).atanh());
    let latitude = corrected.sinh().atan().to_degrees();
    let longitude = lambda.to_degrees() + 27.0;
    to_tm35fin(latitude, longitude).map(|_| (latitude, longitude))
}

/// What the series is made of.
struct Ellipsoid {
    n: f64,
    a1: f64,
    e: f64,
}

impl Ellipsoid {
    fn grs80() -> Ellipsoid {
        let flattening: f64 = 1.0 / 298.257_222_101;
        let n = flattening / (2.0 - flattening);
        let a1 = 6_378_137.0 / (1.0 + n) * (1.0 + n.powi(2) / 4.0 + n.powi(4) / 64.0);
        Ellipsoid { n, a1, e: (flattening * (2.0 - flattening)).sqrt() }
    }
}

/// The area of use keeps both figures positive and far below the limit.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(metres: f64) -> u32 {
    metres.round() as u32
}

#[cfg(test)]
mod tests {
    use super::{from_tm35fin, to_tm35fin};

    #[test]
    fn reproduces_real_units_to_the_metre() {
        for (latitude, longitude, northing, easting) in [
            (60.184_093, 24.818_619, 6_673_912, 379_019),
            (60.331_44, 25.060_328, 6_689_899, 392_904),
            (60.150_066, 24.652_107, 6_670_441, 369_652),
            (60.227_19, 25.012_337, 6_678_371, 389_905),
        ] {
            assert_eq!(to_tm35fin(latitude, longitude), Some((northing, easting)));
            let (back, across) = from_tm35fin(northing.into(), easting.into()).expect("in Finland");
            assert!((back - latitude).abs() < 0.000_01 && (across - longitude).abs() < 0.000_02, "{back} {across}");
            assert_eq!(to_tm35fin(back, across), Some((northing, easting)), "the same metre");
        }
        assert_eq!(to_tm35fin(24.9, 60.1), None, "latitude and longitude swapped");
        assert_eq!(from_tm35fin(379_019.0, 6_673_912.0), None, "northing and easting swapped");
    }
}
