//! Which form of an answer the caller takes (RFC 9110 §12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;
use silta_client::common::{ErrorCode, Refusal};

use crate::model::Kind;
use crate::operations::registry::Shape;

/// A form of a REST answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The contract's own members.
    Json,
    /// JSON-LD with the terms of CPSV-AP 3.2.
    JsonLd,
    GeoJson,
}

impl Form {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::JsonLd => "application/ld+json",
            Form::GeoJson => "application/geo+json",
        }
    }

    /// The forms that an operation has, the one without a wish first.
    fn of(shape: Shape) -> &'static [Form] {
        match shape {
            Shape::Get(Kind::ServicePoint) | Shape::List(Kind::ServicePoint) => {
                &[Form::Json, Form::JsonLd, Form::GeoJson]
            }
            Shape::Get(Kind::Service | Kind::Channel | Kind::Organisation)
            | Shape::List(Kind::Service | Kind::Channel | Kind::Organisation)
            | Shape::Search => &[Form::Json, Form::JsonLd],
            _ => &[Form::Json],
        }
    }
}

/// The form that the caller likes best; of equals the first that the operation has. A caller that takes none is told
/// which there are.
pub(super) fn form(headers: &HeaderMap, shape: Shape) -> Result<Form, Refusal> {
    let offered = Form::of(shape);
    let ranges: Vec<Range> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::read)
        .collect();
    if ranges.is_empty() && !headers.contains_key(ACCEPT) {
        return Ok(Form::Json);
    }
    let mut best = None;
    for form in offered {
        let weight = weight(*form, &ranges);
        if weight > 0.0 && best.is_none_or(|(other, _)| weight > other) {
            best = Some((weight, *form));
        }
    }
    best.map(|(_, form)| form).ok_or_else(|| {
        let served = offered.iter().map(|form| form.media_type()).collect::<Vec<_>>().join(", ");
        Refusal::new(ErrorCode::NotAcceptable, format!("served here: {served}"))
    })
}

/// `Form::of` offers a form that its writer does not have for this answer: ours.
pub(super) fn not_in_this_form() -> Refusal {
    tracing::error!("an answer was asked for in a form that it does not have");
    Refusal::new(ErrorCode::Internal, "the service failed")
}

/// The most specific range that speaks of the form decides; of two that are equally specific the one that weighs more.
fn weight(form: Form, ranges: &[Range]) -> f32 {
    let fitting = ranges.iter().filter_map(|range| Some((range.specificity(form)?, range.weight)));
    fitting.max_by(|one, two| one.partial_cmp(two).unwrap_or(std::cmp::Ordering::Equal)).map_or(0.0, |(_, it)| it)
}

struct Range {
    media: String,
    weight: f32,
}

impl Range {
    fn read(text: &str) -> Option<Range> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        if media.is_empty() {
            return None;
        }
        let weight = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().ok())?
        });
        // A weight that cannot be read is none.
        Some(Range { media, weight: weight.filter(|it| (0.0..=1.0).contains(it)).unwrap_or(1.0) })
    }

    fn specificity(&self, form: Form) -> Option<u8> {
        match self.media.as_str() {
            "*/*" => Some(0),
            "application/*" => Some(1),
            // Whoever takes problems takes the JSON that they are written in.
            "application/problem+json" if form == Form::Json => Some(2),
            media => (media == form.media_type()).then_some(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{ACCEPT, HeaderValue};

    use super::{Form, form};
    use crate::model::Kind;
    use crate::operations::registry::Shape;

    #[test]
    fn the_callers_wish_decides() {
        let points = Shape::List(Kind::ServicePoint);
        let service = Shape::Get(Kind::Service);
        for (shape, accept, expected) in [
            (points, None, Some(Form::Json)),
            (points, Some("*/*"), Some(Form::Json)),
            (points, Some("application/geo+json"), Some(Form::GeoJson)),
            (points, Some("application/ld+json, */*;q=0.1"), Some(Form::JsonLd)),
            (points, Some("application/json;q=0.5, application/geo+json;q=0.9"), Some(Form::GeoJson)),
            (points, Some("application/json;q=0, application/*"), Some(Form::JsonLd)),
            (service, Some("application/ld+json"), Some(Form::JsonLd)),
            (service, Some("application/geo+json"), None),
            (service, Some("application/geo+json, application/problem+json"), Some(Form::Json)),
            (service, Some("text/html"), None),
            (service, Some("application/json;q=0"), None),
            (service, Some("*/*;q=0"), None),
            (service, Some(""), None),
            (Shape::Changes, Some("application/ld+json"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(form(&headers, shape).ok(), expected, "{accept:?}");
        }
    }
}
