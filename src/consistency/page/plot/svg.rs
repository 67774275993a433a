//! A drawing, element by element. Every text is escaped on its way in.

use crate::consistency::page::escape;
use crate::consistency::page::number::coordinate;
use std::fmt::Write;

/// The variables of the colours, for both schemes.
pub const THEME: &str = include_str!("../theme.css");
/// How the parts of drawings look.
pub const STYLE: &str = include_str!("../plot.css");

/// A drawing that is being made.
#[derive(Clone, Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    class: &'static str,
    description: String,
    body: String,
}

impl Svg {
    /// An empty one. The description is for those who cannot see it.
    pub fn new(class: &'static str, width: f64, height: f64, description: String) -> Self {
        Self {
            width,
            height,
            class,
            description,
            body: String::new(),
        }
    }

    /// An empty one to be drawn apart, and put over this one later.
    pub fn part(&self) -> Self {
        Self::new(self.class, self.width, self.height, String::new())
    }

    /// Draws a part over everything so far.
    pub fn put(&mut self, part: &Self) {
        self.body.push_str(&part.body);
    }

    /// Makes it higher or lower.
    pub fn set_height(&mut self, height: f64) {
        self.height = height;
    }

    /// A rectangle, with a text that shows when one points at it.
    pub fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4], title: &str) {
        let [x, y, width, height] = [x, y, width.max(0.0), height.max(0.0)].map(coordinate);
        let start =
            format!(r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}""#);
        self.body.push_str(&start);
        match title {
            "" => self.body.push_str("/>"),
            title => {
                let _ = write!(self.body, "><title>{}</title></rect>", escape::text(title));
            }
        }
    }

    /// A rectangle that a link can lead to.
    pub fn target(&mut self, id: &str, class: &str, place: [f64; 4], title: &str) {
        let _ = write!(self.body, r#"<g id="{}">"#, escape::text(id));
        self.rect(class, place, title);
        self.body.push_str("</g>");
    }

    /// A text; `anchor` is `start`, `middle` or `end`.
    pub fn text(&mut self, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
        let (x, y, text) = (coordinate(x), coordinate(y), escape::text(text));
        let _ = write!(
            self.body,
            r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    /// A path; nothing for one without a step.
    pub fn path(&mut self, class: &str, steps: &str) {
        if !steps.is_empty() {
            let _ = write!(self.body, r#"<path class="{class}" d="{steps}"/>"#);
        }
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [a, b, c, d] = [from.0, from.1, to.0, to.1].map(coordinate);
        self.path(class, &format!("M{a} {b}L{c} {d}"));
    }

    /// For a page, which has the styles once.
    pub fn inline(&self) -> String {
        self.element("", "")
    }

    /// For a file of its own.
    pub fn file(&self, title: &str) -> String {
        let title = escape::text(title);
        let inside = format!(
            "<title>{title}</title><style>{THEME}{STYLE}</style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
        );
        let size = format!(
            r#" xmlns="http://www.w3.org/2000/svg" width="{:.0}" height="{:.0}""#,
            self.width, self.height
        );
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n",
            self.element(&size, &inside)
        )
    }

    fn element(&self, attributes: &str, inside: &str) -> String {
        let Self {
            width,
            height,
            class,
            body,
            ..
        } = self;
        let label = escape::text(&self.description);
        format!(
            r#"<svg{attributes} class="plot {class}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{label}">{inside}{body}</svg>"#
        )
    }
}

/// About how wide a text in small print is.
pub fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * 6.4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        let mut svg = Svg::new("wide", 10.0, 20.0, "a \"b\"".into());
        svg.rect("x", [1.04, 2.0, -3.0, 4.5], "<t>");
        svg.rect("y", [0.0, 0.0, 1.0, 1.0], "");
        svg.text("t", 1.0, 2.0, "end", "a<b");
        svg.path("p", "");
        svg.line("l", (0.0, 1.0), (2.0, 3.5));
        assert_eq!(
            svg.inline(),
            r#"<svg class="plot wide" viewBox="0 0 10 20" role="img" aria-label="a &quot;b&quot;"><rect class="x" x="1" y="2" width="0" height="4.5"><title>&lt;t&gt;</title></rect><rect class="y" x="0" y="0" width="1" height="1"/><text class="t" x="1" y="2" text-anchor="end">a&lt;b</text><path class="l" d="M0 1L2 3.5"/></svg>"#
        );
        assert!(svg.file("T").starts_with("<?xml version=\"1.0\""));
    }
}
