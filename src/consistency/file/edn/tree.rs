//! Puts values together to the value that they are in, without recursion.

use crate::consistency::file::{DEPTH, Value};

/// The values that were begun, the outermost first.
#[derive(Default)]
pub(super) struct Tree {
    open: Vec<Open>,
}

/// A value that was begun.
enum Open {
    List(Vec<Value>),
    Vector(Vec<Value>),
    Set(Vec<Value>),
    Map {
        entries: Vec<(Value, Value)>,
        key: Option<Value>,
    },
    Tag(Box<str>),
    Discard,
}

/// What a value that was put in made whole.
pub(super) enum Finished {
    /// A whole form.
    Form(Value),
    /// Nothing yet.
    Nothing,
}

type Checked<T> = Result<T, &'static str>;

impl Tree {
    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether nothing is open but tags.
    pub fn is_untouched(&self) -> bool {
        self.open.iter().all(|open| matches!(open, Open::Tag(_)))
    }

    /// A bracket.
    pub fn open(&mut self, bracket: u8) -> Checked<()> {
        self.push(match bracket {
            b'(' => Open::List(Vec::new()),
            b'[' => Open::Vector(Vec::new()),
            _ => Open::Map {
                entries: Vec::new(),
                key: None,
            },
        })
    }

    /// `#{`
    pub fn open_set(&mut self) -> Checked<()> {
        self.push(Open::Set(Vec::new()))
    }

    /// `#_`
    pub fn discard(&mut self) -> Checked<()> {
        self.push(Open::Discard)
    }

    /// `#tag`
    pub fn tag(&mut self, tag: String) -> Checked<()> {
        self.push(Open::Tag(tag.into()))
    }

    fn push(&mut self, open: Open) -> Checked<()> {
        if self.open.len() >= DEPTH {
            return Err("values deeper than 128 within each other; no history has such");
        }
        self.open.push(open);
        Ok(())
    }

    /// A closing bracket: the value that it ends.
    pub fn close(&mut self, bracket: u8) -> Checked<Value> {
        match (self.open.pop(), bracket) {
            (Some(Open::List(elements)), b')') | (Some(Open::Vector(elements)), b']') => {
                Ok(Value::Vector(elements))
            }
            (Some(Open::Set(elements)), b'}') => Ok(Value::Set(elements)),
            (Some(Open::Map { entries, key: None }), b'}') => Ok(Value::Map(entries)),
            (Some(Open::Map { .. }), b'}') => Err("a key without a value in a map"),
            (Some(Open::Tag(_)), _) => Err("a tag without a value"),
            (Some(Open::Discard), _) => Err("nothing for #_ to discard"),
            (Some(_), _) => Err("this bracket does not close the one that is open"),
            (None, _) => Err("a closing bracket, but none is open"),
        }
    }

    /// A whole value.
    pub fn put(&mut self, value: Value) -> Finished {
        let mut value = value;
        loop {
            match self.open.last_mut() {
                None => return Finished::Form(value),
                Some(Open::List(elements) | Open::Vector(elements) | Open::Set(elements)) => {
                    elements.push(value)
                }
                Some(Open::Map { entries, key }) => match key.take() {
                    None => *key = Some(value),
                    Some(key) => entries.push((key, value)),
                },
                Some(Open::Discard) => {
                    self.open.pop();
                }
                Some(Open::Tag(tag)) => {
                    let tag = std::mem::take(tag);
                    self.open.pop();
                    value = tagged(tag, value);
                    continue;
                }
            }
            return Finished::Nothing;
        }
    }
}

/// A value with its tag; `#:a{:b 1}` is `{:a/b 1}`.
fn tagged(tag: Box<str>, value: Value) -> Value {
    match (tag.strip_prefix(':'), value) {
        (Some(namespace), Value::Map(entries)) => {
            let named = |key| match key {
                Value::Keyword(name) if !name.contains('/') => {
                    Value::Keyword(format!("{namespace}/{name}").into())
                }
                key => key,
            };
            Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (named(key), value))
                    .collect(),
            )
        }
        (_, value) => Value::Tagged(Box::new((tag, value))),
    }
}
