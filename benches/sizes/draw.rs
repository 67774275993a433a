//! The picture: time against size, both logarithmic, so that what grows in the same way is parallel.

use super::Series;
use std::fmt::Write;

/// The plot's corners in the picture.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 404.0;
/// The ends of the axes, as powers of ten: operations, and seconds.
const SIZES: (i32, i32) = (3, 6);
const SECONDS: (i32, i32) = (-5, 1);
/// Told apart by people who see no red and green, too.
const COLOURS: [&str; 4] = ["#0b6e99", "#b34700", "#5b3a8c", "#2c7a3f"];

/// A picture in SVG that needs nothing beside itself.
pub fn draw(all: &[Series]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = draw_on(&mut out, all);
    out
}

fn draw_on(out: &mut String, all: &[Series]) -> std::fmt::Result {
    writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 450" font-family="sans-serif" font-size="12" fill="#222">
<title>Time of each checker over the number of operations, with n log n for comparison</title>
<rect width="760" height="450" fill="#fff"/>
<text x="{LEFT}" y="24" font-size="15">Time over size; dashed: n log n</text>
<clipPath id="plot"><rect x="{LEFT}" y="{TOP}" width="{}" height="{}"/></clipPath>"##,
        RIGHT - LEFT,
        BOTTOM - TOP
    )?;
    axes(out)?;
    references(out)?;
    // Labels keep a distance from each other, in the order of their lines' ends.
    let mut ends: Vec<(f64, usize)> = Vec::new();
    for (number, series) in all.iter().enumerate() {
        line(out, series, COLOURS[number % COLOURS.len()])?;
        if let Some((_, seconds)) = series.points.last() {
            ends.push((down(*seconds), number));
        }
    }
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut lowest = 0.0_f64;
    for (end, number) in ends {
        lowest = end.max(lowest + 15.0);
        let colour = COLOURS[number % COLOURS.len()];
        let (x, y) = (RIGHT + 10.0, lowest + 4.0);
        let name = all[number].name;
        writeln!(
            out,
            r#"<text x="{x}" y="{y:.1}" fill="{colour}">{name}</text>"#
        )?;
    }
    writeln!(out, "</svg>")
}

fn axes(out: &mut String) -> std::fmt::Result {
    for power in SIZES.0..=SIZES.1 {
        let x = across(10_f64.powi(power));
        let name = ["1,000", "10,000", "100,000", "1,000,000"][(power - SIZES.0) as usize];
        writeln!(
            out,
            r##"<path d="M{x:.1} {TOP}V{BOTTOM}" stroke="#ddd"/><text x="{x:.1}" y="{}" text-anchor="middle">{name}</text>"##,
            BOTTOM + 18.0
        )?;
    }
    for power in SECONDS.0..=SECONDS.1 {
        let y = down(10_f64.powi(power));
        let name = ["10 µs", "0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s"];
        let name = name[(power - SECONDS.0) as usize];
        writeln!(
            out,
            r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#ddd"/><text x="{}" y="{:.1}" text-anchor="end">{name}</text>"##,
            LEFT - 8.0,
            y + 4.0
        )?;
    }
    let (middle, below) = ((LEFT + RIGHT) / 2.0, BOTTOM + 36.0);
    writeln!(
        out,
        r#"<text x="{middle}" y="{below}" text-anchor="middle">operations</text>"#
    )
}

/// What grows like n log n, from several beginnings: a line that is no steeper than these grows no faster.
fn references(out: &mut String) -> std::fmt::Result {
    for power in SECONDS.0 - 2..SECONDS.1 {
        let first = 10_f64.powi(SIZES.0);
        let points = (0..=30).map(|step| {
            let size = 10_f64.powf(3.0 + f64::from(step) / 10.0);
            let seconds = 10_f64.powi(power) * (size * size.ln()) / (first * first.ln());
            format!("{:.1},{:.1}", across(size), down(seconds))
        });
        let points = points.collect::<Vec<_>>().join(" ");
        writeln!(
            out,
            r##"<polyline points="{points}" fill="none" stroke="#999" stroke-dasharray="4 4" clip-path="url(#plot)"/>"##
        )?;
    }
    Ok(())
}

fn line(out: &mut String, series: &Series, colour: &str) -> std::fmt::Result {
    let place = |(size, seconds): &(u32, f64)| (across(f64::from(*size)), down(*seconds));
    let points = series.points.iter().map(place);
    let path = points.clone().map(|(x, y)| format!("{x:.1},{y:.1}"));
    let path = path.collect::<Vec<_>>().join(" ");
    writeln!(
        out,
        r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>"#
    )?;
    for (x, y) in points {
        writeln!(
            out,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"/>"#
        )?;
    }
    Ok(())
}

fn across(size: f64) -> f64 {
    part(size, SIZES).mul_add(RIGHT - LEFT, LEFT)
}

fn down(seconds: f64) -> f64 {
    part(seconds, SECONDS).mul_add(TOP - BOTTOM, BOTTOM)
}

/// Where a number is between two powers of ten.
fn part(number: f64, (low, high): (i32, i32)) -> f64 {
    (number.log10() - f64::from(low)) / f64::from(high - low)
}
