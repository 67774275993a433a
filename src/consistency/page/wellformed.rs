//! Whether a text is well-formed: every element closed, every attribute quoted and there once, every reference known.
//! HTML is written as XHTML here, except for its doctype and the insides of `script` and `style`.

/// Why it is not, and where.
pub fn check(text: &str) -> Result<(), String> {
    let mut rest = text;
    let mut open: Vec<&str> = Vec::new();
    let mut ids = std::collections::HashSet::new();
    let mut roots = 0;
    let error = |what: &str, rest: &str| {
        Err(format!(
            "{what} before {:?}",
            rest.chars().take(60).collect::<String>()
        ))
    };
    while !rest.is_empty() {
        let Some(start) = rest.find('<') else {
            plain(rest)?;
            break;
        };
        plain(&rest[..start])?;
        if open.is_empty() && !rest[..start].trim().is_empty() {
            return error("text outside of the root", rest);
        }
        rest = &rest[start..];
        if let Some(after) = rest
            .strip_prefix("<?xml ")
            .and_then(|rest| rest.split_once("?>"))
        {
            rest = after.1;
        } else if let Some(after) = rest.strip_prefix("<!DOCTYPE html>") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("</") {
            let Some((name, after)) = after.split_once('>') else {
                return error("an end without an end", rest);
            };
            if open.pop() != Some(name) {
                return error("an end of something else", rest);
            }
            rest = after;
        } else {
            let (name, empty, after) = start_tag(&rest[1..], &mut ids)?;
            if open.is_empty() {
                roots += 1;
            }
            rest = after;
            if empty {
                continue;
            }
            open.push(name);
            if name == "script" || name == "style" {
                let Some(end) = rest.find(&format!("</{name}")) else {
                    return error("no end of a script", rest);
                };
                if rest[..end].contains("<!--") {
                    return error("a comment in a script", rest);
                }
                rest = &rest[end..];
            }
        }
    }
    match (open.is_empty(), roots) {
        (true, 1) => Ok(()),
        _ => Err(format!("{roots} roots, and never closed: {open:?}")),
    }
}

fn start_tag<'a>(
    tag: &'a str,
    ids: &mut std::collections::HashSet<&'a str>,
) -> Result<(&'a str, bool, &'a str), String> {
    let end = tag
        .find(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .ok_or("a tag without an end")?;
    let (name, mut rest) = tag.split_at(end);
    if name.is_empty() {
        return Err(format!(
            "no name after < in {:?}",
            tag.chars().take(40).collect::<String>()
        ));
    }
    let mut names = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((name, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((name, false, after));
        }
        let Some(after) = rest.strip_prefix(' ') else {
            return Err(format!(
                "{name} goes on with {:?}",
                rest.chars().take(40).collect::<String>()
            ));
        };
        let (attribute, after) = after
            .split_once("=\"")
            .ok_or_else(|| format!("an attribute of {name} without a value"))?;
        let (value, after) = after.split_once('"').ok_or("a value without an end")?;
        if names.contains(&attribute) || attribute.contains([' ', '<', '>']) {
            return Err(format!("{attribute} of {name}, again or not a name"));
        }
        if value.contains('<') {
            return Err(format!("< in {attribute} of {name}"));
        }
        plain(value)?;
        if attribute == "id" && !ids.insert(value) {
            return Err(format!("the id {value} is there twice"));
        }
        names.push(attribute);
        rest = after;
    }
}

/// Text in which every `&` begins a reference that is known, and every character is one of XML.
fn plain(text: &str) -> Result<(), String> {
    for piece in text.split('&').skip(1) {
        let reference = piece.split_once(';').map(|(reference, _)| reference);
        if !matches!(reference, Some("amp" | "lt" | "gt" | "quot" | "#39")) {
            return Err(format!(
                "no reference: &{}",
                piece.chars().take(20).collect::<String>()
            ));
        }
    }
    match text
        .chars()
        .find(|character| *character < ' ' && !"\t\r\n".contains(*character))
    {
        Some(character) => Err(format!("the character {character:?}")),
        None => Ok(()),
    }
}

#[test]
fn what_is_broken_is_found() {
    for good in [
        "<a/>",
        "<?xml version=\"1.0\"?>\n<a b=\"c\"><d>&amp;</d></a>\n",
        "<a><script>1 < 2 && 3</script></a>",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "<a>",
        "<a></b>",
        "<a b=c/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a>&nbsp;</a>",
        "<a>& </a>",
        "<a/><b/>",
        "x<a/>",
        "<a>\u{1}</a>",
        "<a><b id=\"1\"/><c id=\"1\"/></a>",
        "<a b=\"<\"/>",
        "<a><script></a>",
        "<>",
        "<a",
        "<a>1 < 2</a>",
    ] {
        assert!(check(bad).is_err(), "{bad}");
    }
}
