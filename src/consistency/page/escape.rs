//! Whatever comes from a file is text, and nothing but text.

use std::borrow::Cow;

/// For text and attributes of HTML and SVG. Characters that XML cannot hold become `U+FFFD`.
pub fn text(text: &str) -> Cow<'_, str> {
    let plain =
        |character: char| !matches!(character, '&' | '<' | '>' | '"' | '\'') && allowed(character);
    if text.chars().all(plain) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other if allowed(other) => escaped.push(other),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped.into()
}

/// Characters of XML 1.0 (its production 2), without those that turn the direction of what follows: a value could hide
/// what it says with them.
fn allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        '\u{fffe}' | '\u{ffff}' | '\u{7f}'..='\u{9f}' => false,
        other => other >= ' ',
    }
}

/// JSON that may stand in a `script` element: nothing in it can end the element or open a comment.
pub fn script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other if allowed(other) => escaped.push(other),
            // None of them needs more than one unit of UTF-16.
            other => escaped.push_str(&format!("\\u{:04x}", u32::from(other))),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_leave_its_place() {
        assert!(matches!(text("10.0.0.1 ä €"), Cow::Borrowed(_)));
        assert_eq!(
            text("<script>'\"&\u{0}\u{202e}x"),
            "&lt;script&gt;&#39;&quot;&amp;\u{fffd}\u{fffd}x"
        );
        let json = serde_json::to_string("</script><!-- & \u{2028}\u{202e}").unwrap();
        let safe = script(&json);
        assert!(
            !safe.contains(['<', '>', '&', '\u{2028}', '\u{202e}']),
            "{safe}"
        );
        let back: String = serde_json::from_str(&safe).unwrap();
        assert_eq!(back, "</script><!-- & \u{2028}\u{202e}");
    }
}
