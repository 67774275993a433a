//! Which operations that were not acknowledged are a sign of a fault. Pure.

use crate::consistency::file::Value;

/// The codes with which a server refuses a statement because of what is there, as it does without any fault:
/// WriteConflict, of two transactions that meet; DuplicateKey; and a document that would become too large (two codes).
const BY_WHAT_IS_THERE: [i64; 4] = [112, 11000, 17419, 10334];

/// The codes with which a secondary refuses what only a primary does: NotWritablePrimary, NotPrimaryNoSecondaryOk,
/// LegacyNotPrimary.
const NO_PRIMARY: [i64; 3] = [10107, 13435, 10058];

/// Whether an operation that ended with this error went wrong as it would not on a set that is left in peace. A
/// compare-and-set that found another value is an answer. A client that is `pinned` to a secondary hears all the time
/// that it is none of the primary's.
pub fn is_trouble(error: Option<&Value>, pinned: bool) -> bool {
    let told = |name: &str| error.and_then(|error| error.get(name));
    let code = told("code").and_then(Value::integer);
    let is_one_of = |codes: &[i64]| code.is_some_and(|code| codes.contains(&code));
    match told("class").and_then(Value::name) {
        Some("not-matched") => false,
        Some("command" | "write-error") if is_one_of(&BY_WHAT_IS_THERE) => false,
        Some("command") if pinned && is_one_of(&NO_PRIMARY) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::file::read;

    #[test]
    fn what_happens_in_peace_is_no_trouble() {
        // By a client of the whole set, and by one that is pinned.
        let table = [
            (r#"{"class":"not-matched"}"#, false, false),
            (r#"{"class":"command","code":112}"#, false, false),
            (r#"{"class":"write-error","code":11000}"#, false, false),
            (r#"{"class":"write-error","code":17419}"#, false, false),
            (r#"{"class":"write-error","code":91}"#, true, true),
            (r#"{"class":"command","code":10107}"#, true, false),
            (r#"{"class":"command","code":13435}"#, true, false),
            (r#"{"class":"command","code":13436}"#, true, true),
            (r#"{"class":"command","code":189}"#, true, true),
            // There a code means something else: it was applied.
            (
                r#"{"class":"applied-not-majority","code":10107}"#,
                true,
                true,
            ),
            (r#"{"class":"server-selection"}"#, true, true),
            (r#"{"class":"timeout"}"#, true, true),
            (r#""anything""#, true, true),
        ];
        for (error, of_set, of_one) in table {
            let line = format!(r#"[{{"type":"fail","process":0,"f":"w","error":{error}}}]"#);
            let lines = read(line.as_bytes(), None).unwrap();
            let error = lines[0].error.as_ref();
            let found = (is_trouble(error, false), is_trouble(error, true));
            assert_eq!(found, (of_set, of_one), "{error:?}");
        }
        assert!(is_trouble(None, true));
    }
}
