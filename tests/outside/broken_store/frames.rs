//! Messages of MongoDB's wire protocol, as far as a proxy has to know them.

use mongodb::bson::{Bson, Document};
use std::io;
use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::OwnedReadHalf;

/// Length, number, the number that is answered, kind: four little-endian numbers before every message.
const HEADER: usize = 16;

/// The kind of all messages but a driver's very first; others are passed on unread.
const OP_MSG: i32 = 2013;

/// The server's own limit.
const LONGEST: usize = 48_000_000;

/// One message, whole.
#[derive(Clone)]
pub struct Frame(Vec<u8>);

impl Frame {
    /// The next message; none at the end.
    pub async fn read(from: &mut OwnedReadHalf) -> io::Result<Option<Self>> {
        let mut bytes = vec![0; HEADER];
        match from.read_exact(&mut bytes).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        let frame = Self(bytes);
        let length = usize::try_from(frame.number(0)).unwrap_or(0);
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(io::Error::other(format!("a message of {length} bytes")));
        }
        let Self(mut bytes) = frame;
        bytes.resize(length, 0);
        from.read_exact(&mut bytes[HEADER..]).await?;
        Ok(Some(Self(bytes)))
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its own number.
    pub fn id(&self) -> i32 {
        self.number(4)
    }

    /// The number of the message that it answers.
    pub fn answers(&self) -> i32 {
        self.number(8)
    }

    /// The same as an answer to another message.
    pub fn as_answer_to(&self, id: i32) -> Self {
        let mut bytes = self.0.clone();
        bytes[8..12].copy_from_slice(&id.to_le_bytes());
        Self(bytes)
    }

    /// The command or the reply in it; documents that are sent beside it stand in it as an array.
    pub fn document(&self) -> Option<Document> {
        if self.number(12) != OP_MSG {
            return None;
        }
        let mut rest = self.0.get(HEADER + 4..)?;
        let mut document = Document::new();
        let mut sequences = Document::new();
        while let Some((kind, section)) = rest.split_first() {
            let (part, after) = split(section)?;
            match kind {
                0 => document = Document::from_reader(part).ok()?,
                1 => {
                    let end = 4 + part.get(4..)?.iter().position(|byte| *byte == 0)?;
                    let name = std::str::from_utf8(&part[4..end]).ok()?;
                    sequences.insert(name, documents(&part[end + 1..])?);
                }
                _ => return None,
            }
            rest = after;
        }
        document.extend(sequences);
        Some(document)
    }

    fn number(&self, at: usize) -> i32 {
        let bytes = self.0.get(at..at + 4).and_then(|four| four.try_into().ok());
        i32::from_le_bytes(bytes.unwrap_or_default())
    }
}

/// What begins with its own length, and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = i32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    bytes.split_at_checked(usize::try_from(length).ok().filter(|length| *length >= 4)?)
}

fn documents(mut bytes: &[u8]) -> Option<Bson> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (one, after) = split(bytes)?;
        all.push(Bson::Document(Document::from_reader(one).ok()?));
        bytes = after;
    }
    Some(Bson::Array(all))
}

#[test]
fn a_command_is_read_with_what_is_sent_beside_it() {
    use mongodb::bson::doc;
    let bytes = |document: Document| document.to_vec().unwrap();
    let beside = [bytes(doc! {"_id": 1}), bytes(doc! {"_id": 2})].concat();
    let length = i32::try_from(4 + "documents\0".len() + beside.len()).unwrap();
    let sections = [
        &[0_u8; 4][..],
        &[1],
        &length.to_le_bytes(),
        b"documents\0",
        &beside,
        &[0],
        &bytes(doc! {"insert": "c"}),
    ]
    .concat();
    let length = i32::try_from(HEADER + sections.len()).unwrap();
    let header = [length, 7, 3, OP_MSG].map(i32::to_le_bytes).concat();
    let frame = Frame([header, sections].concat());
    let expected = doc! {"insert": "c", "documents": [{"_id": 1}, {"_id": 2}]};
    assert_eq!(frame.document(), Some(expected));
    let answer = frame.as_answer_to(9);
    assert_eq!((answer.id(), frame.answers(), answer.answers()), (7, 3, 9));
}
