//! The shapes of marks. What a colour says, a shape says too.

use crate::consistency::page::number::coordinate;
use crate::consistency::page::operation::Outcome;

/// How a mark is drawn around a middle: the steps of a path.
pub type Mark = fn(f64, f64) -> String;

/// A round dot; the width of the line is its size.
pub fn dot(x: f64, y: f64) -> String {
    format!("M{} {}h0", coordinate(x), coordinate(y))
}

/// A cross.
pub fn cross(x: f64, y: f64) -> String {
    format!(
        "M{} {}l4 4m0-4l-4 4",
        coordinate(x - 2.0),
        coordinate(y - 2.0)
    )
}

/// A diamond.
pub fn diamond(x: f64, y: f64) -> String {
    format!("M{} {}l3 3-3 3-3-3z", coordinate(x), coordinate(y - 3.0))
}

/// A square.
pub fn square(x: f64, y: f64) -> String {
    format!("M{} {}h5v5h-5z", coordinate(x - 2.5), coordinate(y - 2.5))
}

/// A triangle that stands on its point.
pub fn wedge(x: f64, y: f64) -> String {
    format!("M{} {}h8l-4 8z", coordinate(x - 4.0), coordinate(y - 4.0))
}

/// A triangle on its base.
pub fn triangle(x: f64, y: f64) -> String {
    format!("M{} {}l3 5.5h-6z", coordinate(x), coordinate(y - 3.0))
}

/// The mark of an outcome.
pub fn of(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Ok => dot,
        Outcome::Info => diamond,
        Outcome::Fail => cross,
    }
}
