//! Charts as inline SVG. Each is described in words and repeated by a table beside it; colour never tells alone.

use std::fmt::Write as _;

use super::escape;

const WIDTH: usize = 720;
const ROW: usize = 26;
/// Where bars begin: the label stands before.
const LABEL: usize = 70;
const BAR_ROOM: usize = WIDTH - LABEL - 70;

/// One bar: label, value, and the class that gives its colour and pattern.
pub(super) struct Bar<'a> {
    pub(super) label: &'a str,
    pub(super) value: usize,
    pub(super) class: &'a str,
}

/// Horizontal bars, longest as long as the room.
pub(super) fn bars(page: &mut String, id: &str, described: &str, bars: &[Bar<'_>]) {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or_default().max(1);
    let height = bars.len() * ROW;
    open(page, id, described, height);
    for (row, bar) in bars.iter().enumerate() {
        let (top, length) = (row * ROW, (bar.value * BAR_ROOM / most).max(1));
        let _ = writeln!(
            page,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{}\" x=\"{LABEL}\" y=\"{}\" width=\"{length}\" height=\"{}\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            LABEL - 8,
            top + 18,
            escape(bar.label),
            bar.class,
            top + 4,
            ROW - 8,
            LABEL + length + 6,
            top + 18,
            bar.value
        );
    }
    page.push_str("</svg>\n");
}

/// A line through values from 0 to 100 at equal steps, with the axis named at its ends.
pub(super) fn line(page: &mut String, id: &str, described: &str, values: &[(&str, f64)]) {
    const HEIGHT: usize = 200;
    const TOP: f64 = 10.0;
    const ROOM: f64 = 160.0;
    const LEFT: f64 = 40.0;
    const RIGHT: f64 = 700.0;
    open(page, id, described, HEIGHT);
    let last = u32::try_from(values.len().saturating_sub(1)).unwrap_or(u32::MAX);
    let x = |place: u32| if last == 0 { LEFT } else { LEFT + (RIGHT - LEFT) * f64::from(place) / f64::from(last) };
    let y = |score: f64| TOP + ROOM * (1.0 - score / 100.0);
    for mark in [0.0, 50.0, 100.0] {
        let _ = writeln!(
            page,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text x=\"34\" y=\"{1:.1}\" text-anchor=\"end\">{mark}</text>",
            y(mark),
            y(mark) + 4.0
        );
    }
    let points: Vec<String> =
        (0..).zip(values).map(|(place, (_, score))| format!("{:.1},{:.1}", x(place), y(*score))).collect();
    let _ = writeln!(page, "<polyline class=\"score\" points=\"{}\"/>", points.join(" "));
    for (place, (_, score)) in (0..).zip(values) {
        let _ = writeln!(page, "<circle class=\"score\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>", x(place), y(*score));
    }
    for (value, anchor, at) in [(values.first(), "start", LEFT), (values.last(), "end", RIGHT)] {
        if let Some((day, _)) = value
            && (anchor == "start" || last > 0)
        {
            let _ = writeln!(page, "<text x=\"{at}\" y=\"192\" text-anchor=\"{anchor}\">{}</text>", escape(day));
        }
    }
    page.push_str("</svg>\n");
}

/// The score as a bar of a hundred.
pub(super) fn gauge(page: &mut String, id: &str, described: &str, score: f64) {
    open(page, id, described, 34);
    let _ = writeln!(
        page,
        "<rect class=\"gauge\" x=\"0\" y=\"4\" width=\"{WIDTH}\" height=\"26\"/>\
         <rect class=\"score\" x=\"0\" y=\"4\" width=\"{:.1}\" height=\"26\"/></svg>",
        score * 7.2
    );
}

fn open(page: &mut String, id: &str, described: &str, height: usize) {
    let _ = writeln!(
        page,
        "<svg role=\"img\" aria-labelledby=\"{id}\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\
         <title id=\"{id}\">{}</title>",
        escape(described)
    );
}
