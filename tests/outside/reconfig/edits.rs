//! Changes of a proposal.

use mongodb::bson::{Bson, Document, doc};

/// A change of the proposal; the number is the primary's position.
pub type Edit = Box<dyn Fn(&mut Document, usize)>;

/// What is proposed, by force or not, and what is answered: nothing, or a code.
pub type Row = (&'static str, bool, Result<(), i32>, Edit);

/// A proposal without force.
pub fn asked(name: &'static str, answer: Result<(), i32>, edit: Edit) -> Row {
    (name, false, answer, edit)
}

/// A proposal by force.
pub fn by_force(name: &'static str, answer: Result<(), i32>, edit: Edit) -> Row {
    (name, true, answer, edit)
}

/// A member that stands by.
pub const STANDBY: fn() -> Document = || doc! { "votes": 0, "priority": 0 };

pub fn list(config: &mut Document) -> &mut Vec<Bson> {
    config.get_array_mut("members").unwrap()
}

pub fn at(config: &mut Document, position: usize) -> &mut Document {
    list(config)[position % 3].as_document_mut().unwrap()
}

/// Changes the members after the primary: the next one, and the one after that where there is a second document.
pub fn others(first: Document, second: Document) -> Edit {
    Box::new(move |config, primary| {
        at(config, primary + 1).extend(first.clone());
        at(config, primary + 2).extend(second.clone());
    })
}

pub fn other(fields: Document) -> Edit {
    others(fields, doc! {})
}

pub fn own(fields: Document) -> Edit {
    Box::new(move |config, primary| at(config, primary).extend(fields.clone()))
}

pub fn top(fields: Document) -> Edit {
    Box::new(move |config, _| config.extend(fields.clone()))
}

pub fn settings(fields: Document) -> Edit {
    Box::new(move |config, _| {
        let settings = config.get_document_mut("settings").unwrap();
        settings.extend(fields.clone());
    })
}

pub fn without(field: &'static str) -> Edit {
    Box::new(move |config, _| {
        config.remove(field);
    })
}

/// New members with these `_id`s, at ports where nobody listens.
pub fn add(ids: std::ops::Range<i32>, fields: Document) -> Edit {
    Box::new(move |config, _| {
        for id in ids.clone() {
            let mut member = doc! { "_id": id, "host": format!("127.0.0.1:{}", 9000 + id) };
            member.extend(fields.clone());
            list(config).push(member.into());
        }
    })
}

pub fn both(first: Edit, second: Edit) -> Edit {
    Box::new(move |config, primary| {
        first(config, primary);
        second(config, primary);
    })
}

/// Takes the member out that comes so far after the primary.
pub fn out(after: usize) -> Edit {
    Box::new(move |config, primary| {
        list(config).remove((primary + after) % 3);
    })
}

pub fn nothing() -> Edit {
    Box::new(|_, _| {})
}

/// `host` of the other member, at another one.
pub fn host_of_another(id: i32, fields: Document) -> Edit {
    Box::new(move |config, primary| {
        let host = at(config, primary + 1).get_str("host").unwrap().to_owned();
        let mut member = doc! { "_id": id, "host": host, "votes": 0, "priority": 0 };
        member.extend(fields.clone());
        list(config).push(member.into());
    })
}
