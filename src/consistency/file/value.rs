//! The values in a history, whichever format they were written in.

use std::borrow::Cow;
use std::fmt;

/// A value. Lists and vectors are one: no history tells them apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `nil`, `null`.
    #[default]
    Nil,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Any other exact number (`123456789012345678901N`, `1.5M`, `2/3`), as it was written.
    Exact(Box<str>),
    /// A floating point number.
    Float(f64),
    /// A string or a character.
    Text(Cow<'static, str>),
    /// A keyword without its colon, with its namespace: `a/b`.
    Keyword(Cow<'static, str>),
    /// A bare word.
    Word(Cow<'static, str>),
    /// A vector or a list.
    Vector(Vec<Value>),
    /// A set, in the order of the file.
    Set(Vec<Value>),
    /// A map, in the order of the file.
    Map(Vec<(Value, Value)>),
    /// A value with a tag before it, as records have.
    Tagged(Box<(Box<str>, Value)>),
}

impl Value {
    /// The text that the checkers know a value by. Equal texts are equal values:
    ///
    /// * numbers are their decimal text (`7` and `7N` are one),
    /// * strings, keywords and words are their text (`"x"` and `:x` are one), except those whose text could be that of
    ///   another value (`"7"`, `:7`, `"nil"`, `"[1 2]"`): they are their EDN text,
    /// * all else is its EDN text, with the elements of sets and the entries of maps in one order: Clojure prints equal
    ///   ones in whatever order it holds them.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Exact(text) => text.trim_end_matches(['N', 'M']).into(),
            // A bare word is not read as one that could be anything else.
            Self::Text(text) | Self::Keyword(text) if is_ambiguous(text) => self.to_string().into(),
            Self::Text(text) | Self::Keyword(text) | Self::Word(text) => (&**text).into(),
            Self::Nil => "nil".into(),
            other if other.is_unordered() => other.ordered().to_string().into(),
            other => other.to_string().into(),
        }
    }

    /// Whether a set or a map is in it, or it is one.
    fn is_unordered(&self) -> bool {
        match self {
            Self::Set(_) | Self::Map(_) => true,
            Self::Vector(elements) => elements.iter().any(Self::is_unordered),
            Self::Tagged(tagged) => tagged.1.is_unordered(),
            _ => false,
        }
    }

    /// The same with all sets and maps in the order of their texts.
    fn ordered(&self) -> Self {
        let all = |values: &[Self]| values.iter().map(Self::ordered).collect::<Vec<_>>();
        match self {
            Self::Vector(elements) => Self::Vector(all(elements)),
            Self::Set(elements) => {
                let mut elements = all(elements);
                elements.sort_by_cached_key(Self::to_string);
                Self::Set(elements)
            }
            Self::Map(entries) => {
                let entries = entries.iter();
                let mut entries: Vec<_> = entries
                    .map(|(key, value)| (key.ordered(), value.ordered()))
                    .collect();
                entries.sort_by_cached_key(|(key, _)| key.to_string());
                Self::Map(entries)
            }
            Self::Tagged(tagged) => Self::Tagged(Box::new((tagged.0.clone(), tagged.1.ordered()))),
            other => other.clone(),
        }
    }

    /// The name behind a keyword, a string or a word.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Keyword(text) | Self::Word(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// The elements of a vector, a list or a set; a tag before it is passed over.
    pub fn elements(&self) -> Option<&[Value]> {
        match self {
            Self::Vector(elements) | Self::Set(elements) => Some(elements),
            Self::Tagged(tagged) => tagged.1.elements(),
            _ => None,
        }
    }

    /// The two elements of a vector that has two.
    pub fn pair(&self) -> Option<(&Value, &Value)> {
        match self {
            Self::Vector(elements) => match elements.as_slice() {
                [first, second] => Some((first, second)),
                _ => None,
            },
            Self::Tagged(tagged) => tagged.1.pair(),
            _ => None,
        }
    }

    /// The entries of a map; a tag before it is passed over.
    pub fn entries(&self) -> Option<&[(Value, Value)]> {
        match self {
            Self::Map(entries) => Some(entries),
            Self::Tagged(tagged) => tagged.1.entries(),
            _ => None,
        }
    }

    /// What stands in a map under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let (_, value) = self
            .entries()?
            .iter()
            .find(|(key, _)| key.name() == Some(name))?;
        Some(value)
    }

    /// A whole number, also where it was written as text or with a point and nothing behind it.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            // Up to here every whole number has its own floating point number.
            Self::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Some(*number as i64)
            }
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether it holds other values.
    pub fn is_collection(&self) -> bool {
        self.elements().is_some() || self.entries().is_some()
    }
}

/// Whether a text could be that of a value that is no text.
fn is_ambiguous(text: &str) -> bool {
    let text = match text.as_bytes() {
        b"nil" | b"true" | b"false" => return true,
        [b'+' | b'-', rest @ ..] => rest,
        text => text,
    };
    let first = text.first();
    first.is_some_and(|first| first.is_ascii_digit() || b"\":#[{(".contains(first))
}

impl fmt::Display for Value {
    /// As EDN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Exact(text) => f.write_str(text),
            Self::Word(text) => f.write_str(text),
            Self::Float(number) if number.is_nan() => f.write_str("##NaN"),
            Self::Float(number) if number.is_infinite() => {
                f.write_str(if *number > 0.0 { "##Inf" } else { "##-Inf" })
            }
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => string(f, text),
            Self::Keyword(name) => write!(f, ":{name}"),
            Self::Vector(elements) => sequence(f, "[", elements, "]"),
            Self::Set(elements) => sequence(f, "#{", elements, "}"),
            Self::Map(entries) => {
                f.write_str("{")?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key} {value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::Tagged(tagged) => write!(f, "#{} {}", tagged.0, tagged.1),
        }
    }
}

fn sequence(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    elements: &[Value],
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (place, element) in elements.iter().enumerate() {
        write!(f, "{}{element}", if place == 0 { "" } else { " " })?;
    }
    f.write_str(close)
}

fn string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            other if other.is_control() => write!(f, "\\u{:04x}", u32::from(other))?,
            other => write!(f, "{other}")?,
        }
    }
    f.write_str("\"")
}
