//! The configs that an exploration meets: each raw document once, with what of it is asked often.

use super::UNITS;
use super::rules::shape::Config;
use mongodb::bson::{Document, doc};
use std::collections::HashMap;

/// What is asked of one member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// `_id`.
    pub id: i32,
    /// It counts in elections.
    pub votes: bool,
    /// It votes, or will once it is no longer newly added.
    pub base_votes: bool,
    /// It may become primary.
    pub electable: bool,
}

/// One config.
pub struct Known<const N: usize = UNITS> {
    /// As it is stored.
    pub document: Document,
    /// Its version.
    pub version: i64,
    /// Its term.
    pub term: u8,
    /// The members, by unit.
    pub places: [Option<Place>; N],
}

impl<const N: usize> Known<N> {
    /// The units that count in elections.
    pub fn voters(&self) -> impl Iterator<Item = usize> {
        (0..N).filter(|unit| self.places[*unit].is_some_and(|place| place.votes))
    }

    /// How many of them elect.
    pub fn majority(&self) -> usize {
        self.voters().count() / 2 + 1
    }

    /// What is compared.
    pub fn age(&self) -> (u8, i64) {
        (self.term, self.version)
    }

    /// Whose `_id` this is.
    pub fn unit_of(&self, id: i32) -> Option<usize> {
        (0..N).find(|unit| self.places[*unit].is_some_and(|place| place.id == id))
    }
}

/// All configs; their numbers begin with 1.
#[derive(Default)]
pub struct Configs<const N: usize = UNITS> {
    known: Vec<Known<N>>,
    numbers: HashMap<Vec<u8>, u16>,
}

/// The address of a unit's server.
pub fn host(unit: usize) -> String {
    format!("10.0.0.{}:27017", unit + 1)
}

/// The unit of an address.
pub fn unit_at(host: &str) -> Option<usize> {
    let rest = host.strip_prefix("10.0.0.")?;
    let number: usize = rest.strip_suffix(":27017")?.parse().ok()?;
    number.checked_sub(1)
}

impl<const N: usize> Configs<N> {
    /// The number of a config.
    pub fn number(&mut self, document: Document) -> u16 {
        let key = document.to_vec().unwrap();
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let config = Config::read(&document).unwrap();
        let mut places = [None; N];
        for member in &config.members {
            places[unit_at(&member.host).unwrap()] = Some(Place {
                id: member.id,
                votes: member.is_voter(),
                base_votes: member.votes,
                electable: member.electable(),
            });
        }
        self.known.push(Known {
            document,
            version: config.version,
            term: config.term.unwrap_or(0) as u8,
            places,
        });
        let number = self.known.len() as u16;
        self.numbers.insert(key, number);
        number
    }

    /// A config by its number.
    pub fn get(&self, number: u16) -> &Known<N> {
        &self.known[usize::from(number) - 1]
    }

    /// The same config in a later term: a new primary writes it so, with the same version.
    pub fn in_term(&mut self, number: u16, term: u8) -> u16 {
        let mut document = self.get(number).document.clone();
        document.insert("term", i64::from(term));
        self.number(document)
    }
}

/// A config with these units as members; the voters among them are as many of the first as may be.
pub fn initial(members: usize, voters: usize) -> Document {
    let member = |unit: usize| {
        let vote = i32::from(unit < voters);
        let tags = doc! { "juju-unit": format!("m/{unit}") };
        doc! { "_id": unit as i32, "host": host(unit), "votes": vote, "priority": f64::from(vote), "tags": tags }
    };
    let members: Vec<Document> = (0..members).map(member).collect();
    let settings = doc! { "electionTimeoutMillis": 10_000_i64 };
    doc! { "_id": "rs", "version": 5_i64, "term": 1_i64, "members": members, "settings": settings }
}
