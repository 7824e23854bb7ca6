//! Small readers over `serde_json::Value`: absent, `null` and a wrong type all read as "nothing".
//! Deliberately no writing and no rules.

use serde_json::Value;

/// Text of a field, when it is a text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// Items of a list field; nothing when absent.
pub(crate) fn items<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Texts of a list of texts.
pub(crate) fn texts<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    items(value, field).iter().filter_map(Value::as_str).collect()
}

/// A boolean field; absent is false.
pub(crate) fn flag(value: &Value, field: &str) -> bool {
    value.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// Is the field there and not `null`?
pub(crate) fn given(value: &Value, field: &str) -> bool {
    value.get(field).is_some_and(|v| !v.is_null())
}

/// Is the field a list with at least one item?
pub(crate) fn filled(value: &Value, field: &str) -> bool {
    !items(value, field).is_empty()
}

/// `serviceNames` → `ServiceNames`.
pub(crate) fn pascal(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

/// Every `language` inside a value, at any depth, in order of appearance.
pub(crate) fn languages_within(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| languages_within(item, found)),
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(code) if key == "language" => {
                        if !found.contains(code) {
                            found.push(code.clone());
                        }
                    }
                    _ => languages_within(inner, found),
                }
            }
        }
        _ => {}
    }
}
