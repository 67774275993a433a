//! Drawings as SVG. Pure: from a run to a text.

mod frame;
mod lanes;
mod latency;
mod marks;
mod panels;
mod svg;
mod timeline;

pub use frame::Size;
pub use latency::latency;
pub use panels::{quantiles, rates};
pub use svg::{STYLE, Svg, THEME};
pub use timeline::{rows, timeline, told};
