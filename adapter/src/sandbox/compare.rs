//! Whether two answers carry the same content, member by member.

use serde_json::Value;

/// The first place in which two values differ, as a JSON pointer; `None` when they are equal. Values are not shown:
/// they may be anybody's.
pub(super) fn difference(one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            first(names.map(|name| (name.clone(), one.get(name), other.get(name))))
        }
        (Value::Array(one), Value::Array(other)) => {
            let places = 0..one.len().max(other.len());
            first(places.map(|place| (place.to_string(), one.get(place), other.get(place))))
        }
        (one, other) if one == other => None,
        _ => Some(String::new()),
    }
}

fn first<'a>(members: impl Iterator<Item = (String, Option<&'a Value>, Option<&'a Value>)>) -> Option<String> {
    for (name, one, other) in members {
        let below = match (one, other) {
            (Some(one), Some(other)) => difference(one, other),
            _ => Some(String::new()),
        };
        if let Some(below) = below {
            return Some(format!("/{name}{below}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::difference;

    #[test]
    fn names_the_first_difference() {
        let one = json!({"items": [{"code": "1", "name": {"fi": "a"}}], "next": "x"});
        for (other, expected) in [
            (one.clone(), None),
            (json!({"items": [{"code": "1", "name": {"fi": "b"}}], "next": "x"}), Some("/items/0/name/fi")),
            (json!({"items": [{"code": "1", "name": {"fi": "a", "sv": "c"}}], "next": "x"}), Some("/items/0/name/sv")),
            (json!({"items": [], "next": "x"}), Some("/items/0")),
            (json!({"items": [{"code": "1", "name": {"fi": "a"}}]}), Some("/next")),
            (json!([]), Some("")),
        ] {
            assert_eq!(difference(&one, &other).as_deref(), expected, "{other}");
        }
    }
}
