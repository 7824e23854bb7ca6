//! Service points as GeoJSON (RFC 7946), for maps. The position is WGS84; the metres of ETRS-TM35FIN stand beside it
//! (seed-systems.md A8).

use bytes::Bytes;
use serde_json::{Value, json};
use silta_client::catalogue::{Address, ServicePoint};
use silta_client::common::Refusal;

use super::json::render;
use super::negotiate::not_in_this_form;
use crate::model::projection::to_tm35fin;
use crate::operations::catalogue::Answer;

/// A feature for one service point, a collection for a page. A page goes on by `next`, as its JSON does.
pub(super) fn write(answer: &Answer) -> Result<Bytes, Refusal> {
    match answer {
        Answer::ServicePoint(point) => render(&feature(point)),
        Answer::ServicePoints(page) => {
            let features: Vec<Value> = page.items.iter().map(feature).collect();
            let mut collection = json!({"type": "FeatureCollection", "features": features});
            if let (Some(next), Some(members)) = (&page.next, collection.as_object_mut()) {
                members.insert("next".into(), next.as_str().into());
            }
            render(&collection)
        }
        _ => Err(not_in_this_form()),
    }
}

fn feature(point: &ServicePoint) -> Value {
    let place = point.addresses.iter().find_map(|address| Some((address, degrees(address)?)));
    let address = place.map(|(address, _)| address).or_else(|| point.addresses.first());
    let mut properties = json!({"code": point.code, "name": point.name, "changedAt": point.changed_at});
    if let Some(members) = properties.as_object_mut() {
        if let Some(address) = address {
            members.insert("address".into(), json!(address));
        }
        if let Some((northing, easting)) = place.and_then(|(_, (latitude, longitude))| to_tm35fin(latitude, longitude))
        {
            members.insert("etrsTm35fin".into(), json!({"northing": northing, "easting": easting}));
        }
    }
    let geometry =
        place.map(|(_, (latitude, longitude))| json!({"type": "Point", "coordinates": [longitude, latitude]}));
    json!({"type": "Feature", "id": point.code, "geometry": geometry, "properties": properties})
}

fn degrees(address: &Address) -> Option<(f64, f64)> {
    Some((address.latitude.as_ref()?.trim().parse().ok()?, address.longitude.as_ref()?.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use silta_client::catalogue::{Address, ServicePoint, ServicePointPage};

    use super::write;
    use crate::operations::catalogue::Answer;

    #[test]
    fn seed_a8_positions_stand_in_both_systems() {
        let address =
            Address { latitude: Some("60.184093".into()), longitude: Some("24.818619".into()), ..Address::default() };
        let with =
            ServicePoint { code: "1".into(), addresses: vec![Address::default(), address], ..ServicePoint::default() };
        let without = ServicePoint { code: "2".into(), ..ServicePoint::default() };
        let page = ServicePointPage { items: vec![with, without], next: Some("more".into()) };
        let written: Value =
            serde_json::from_slice(&write(&Answer::ServicePoints(page)).expect("written")).expect("JSON");
        assert_eq!((&written["type"], &written["next"]), (&json!("FeatureCollection"), &json!("more")));
        let first = &written["features"][0];
        // GeoJSON has the longitude first.
        assert_eq!(first["geometry"], json!({"type": "Point", "coordinates": [24.818_619, 60.184_093]}));
        assert_eq!(first["properties"]["etrsTm35fin"], json!({"northing": 6_673_912, "easting": 379_019}));
        assert_eq!(written["features"][1]["geometry"], Value::Null);
    }
}
