//! What the driver's own errors are made of, for all of them that no real server can be brought to cause: a server that
//! is none answers the driver, or the driver refuses by itself. Those that a real server causes are in
//! `tests/outside/outcomes.rs`.

use super::attempts::AttemptLog;
use super::facts::{ErrorClass, ErrorFacts};
use super::outcome::{Attempts, OutcomeType, classify};
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::{ClientOptions, SessionOptions, Tls, TlsOptions};
use mongodb::{Client, Collection};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The operation codes of MongoDB's wire protocol
/// (<https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>).
const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;

/// What a server of MongoDB 6.0 says of itself, as far as the driver asks.
fn hello() -> Document {
    doc! {
        "ok": 1, "isWritablePrimary": true, "ismaster": true, "helloOk": true, "minWireVersion": 0,
        "maxWireVersion": 17, "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 100_000, "logicalSessionTimeoutMinutes": 30,
    }
}

/// A server that says `hello` of itself and answers everything else with `answer`; its port.
async fn server(hello: Document, answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (hello, answer) = (hello.to_vec().unwrap(), answer.clone());
            tokio::spawn(async move { converse(stream, &hello, &answer).await });
        }
    });
    port
}

/// Until the driver hangs up.
async fn converse(mut stream: TcpStream, hello: &[u8], answer: &[u8]) -> std::io::Result<()> {
    loop {
        let mut head = [0; 16];
        stream.read_exact(&mut head).await?;
        let word = |at: usize| i32::from_le_bytes(head[at..at + 4].try_into().unwrap());
        let mut body = vec![0; usize::try_from(word(0)).unwrap() - head.len()];
        stream.read_exact(&mut body).await?;
        // Only greetings come as a query, and the first field of a message is the command.
        let greets = |name: &[u8]| body.get(10..).is_some_and(|body| body.starts_with(name));
        let (code, before, document) = match word(12) {
            OP_QUERY => (OP_REPLY, 20, hello),
            _ if greets(b"hello\0") || greets(b"isMaster\0") => (OP_MSG, 5, hello),
            _ => (OP_MSG, 5, answer),
        };
        let mut reply = Vec::new();
        let length = 16 + before + document.len();
        for word in [i32::try_from(length).unwrap(), 1, word(4), code] {
            reply.extend(word.to_le_bytes());
        }
        let mut before = vec![0; before];
        if code == OP_REPLY {
            // One document.
            before[16] = 1;
        }
        reply.extend(before);
        reply.extend(document);
        stream.write_all(&reply).await?;
    }
}

/// A client of it that counts what it sends.
fn client(
    port: u16,
    change: impl FnOnce(&mut ClientOptions),
) -> (Result<Client, Error>, AttemptLog) {
    let log = AttemptLog::default();
    let mut options = ClientOptions::default();
    options.hosts = vec![format!("127.0.0.1:{port}").parse().unwrap()];
    options.direct_connection = Some(true);
    options.server_selection_timeout = Some(Duration::from_secs(2));
    options.retry_writes = Some(false);
    options.command_event_handler = Some(log.handler());
    change(&mut options);
    (Client::with_options(options), log)
}

fn documents(client: &Client) -> Collection<Document> {
    client.database("d").collection("c")
}

/// What is made of one write that a server answers so.
async fn answered(answer: Vec<u8>) -> (OutcomeType, ErrorClass, Option<i32>) {
    let port = server(hello(), answer).await;
    let (client, log) = client(port, |_| {});
    let documents = documents(&client.unwrap());
    let change = doc! {"$set": {"value": 1}};
    let updating = documents.update_one(doc! {}, change).comment(7);
    let error = updating.await.unwrap_err();
    let attempts = log.take(7);
    assert_eq!(attempts.sent, 1, "{error}");
    judged(&error, &attempts)
}

fn judged(error: &Error, attempts: &Attempts) -> (OutcomeType, ErrorClass, Option<i32>) {
    let facts = ErrorFacts::from(error);
    let (class, code) = (facts.class, facts.code);
    (classify(facts, attempts).kind(), class, code)
}

/// What is made of an error of an operation of which nothing was sent.
fn unsent(error: &Error) -> (OutcomeType, ErrorClass, Option<i32>) {
    judged(error, &Attempts::default())
}

#[tokio::test]
async fn answers_that_no_server_gives_leave_it_open() {
    let info = |class| (OutcomeType::Info, class, None);
    // It does not say how many it matched.
    let said = answered(doc! {"ok": 1}.to_vec().unwrap()).await;
    assert_eq!(said, info(ErrorClass::InvalidResponse));
    // A document of five bytes that does not end with a zero.
    let said = answered(vec![5, 0, 0, 0, 1]).await;
    assert_eq!(said, info(ErrorClass::InvalidResponse));
    // Both at once: whatever was refused, something was applied or not.
    let answer = doc! {
        "ok": 1, "n": 1, "nModified": 1,
        "writeConcernError": {"code": 10107, "codeName": "NotWritablePrimary", "errmsg": "not primary"},
    };
    let said = answered(answer.to_vec().unwrap()).await;
    let applied = (
        OutcomeType::Info,
        ErrorClass::AppliedNotMajority,
        Some(10107),
    );
    assert_eq!(said, applied);
    let answer =
        doc! {"ok": 1, "n": 0, "writeErrors": [{"index": 0, "code": 17419, "errmsg": "too large"}]};
    let said = answered(answer.to_vec().unwrap()).await;
    assert_eq!(
        said,
        (OutcomeType::Fail, ErrorClass::WriteError, Some(17419))
    );
}

#[tokio::test]
async fn what_the_driver_refuses_by_itself_was_not_sent() {
    let fail = |class| (OutcomeType::Fail, class, None);
    let port = server(hello(), doc! {"ok": 1}.to_vec().unwrap()).await;
    let (client, _) = client(port, |_| {});
    let client = client.unwrap();
    let no_change = doc! {"value": 1};
    let updating = documents(&client).update_one(doc! {}, no_change).await;
    let error = updating.unwrap_err();
    assert_eq!(unsent(&error), fail(ErrorClass::InvalidArgument));
    client.clone().shutdown().immediate(true).await;
    let error = documents(&client).insert_one(doc! {}).await.unwrap_err();
    assert_eq!(unsent(&error), fail(ErrorClass::Shutdown));
}

#[tokio::test]
async fn a_server_without_what_is_asked_of_it_is_sent_nothing() {
    let fail = |class| (OutcomeType::Fail, class, None);
    let mut without_sessions = hello();
    without_sessions.remove("logicalSessionTimeoutMinutes");
    let mut before_5_0 = hello();
    before_5_0.insert("maxWireVersion", 12);
    let snapshot = SessionOptions::builder().snapshot(true).build();
    let table = [
        (
            without_sessions,
            SessionOptions::default(),
            ErrorClass::SessionsNotSupported,
        ),
        (before_5_0, snapshot, ErrorClass::IncompatibleServer),
    ];
    for (hello, options, class) in table {
        let port = server(hello, doc! {"ok": 1}.to_vec().unwrap()).await;
        let (client, log) = client(port, |_| {});
        let client = client.unwrap();
        let session = client.start_session().with_options(options).await;
        let error = match session {
            Err(error) => error,
            Ok(mut session) => {
                let documents = documents(&client);
                let finding = documents.find_one(doc! {}).comment(7);
                finding.session(&mut session).await.unwrap_err()
            }
        };
        assert_eq!(judged(&error, &log.take(7)), fail(class), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_it_is_greeted_was_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        // The driver's monitor comes first; what comes after it is for operations.
        let (monitor, _) = listener.accept().await.unwrap();
        let hello = hello().to_vec().unwrap();
        tokio::spawn(async move { converse(monitor, &hello, &[]).await });
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16]).await;
        }
    });
    let (client, log) = client(port, |_| {});
    let documents = documents(&client.unwrap());
    let error = documents.insert_one(doc! {}).comment(7).await.unwrap_err();
    let fail = (OutcomeType::Fail, ErrorClass::Handshake, None);
    assert_eq!(judged(&error, &log.take(7)), fail, "{error}");
}

#[tokio::test]
async fn settings_that_cannot_work_end_before_anything_is_sent() {
    let fail = |class| (OutcomeType::Fail, class, None);
    let nothing = tempfile::NamedTempFile::new().unwrap();
    let missing = nothing.path().with_extension("missing");
    let tls = TlsOptions::builder().ca_file_path(missing).build();
    let (refused, _) = client(1, |options| options.tls = Some(Tls::Enabled(tls)));
    let error = refused.map(drop).unwrap_err();
    assert_eq!(unsent(&error), fail(ErrorClass::InvalidTlsConfig));
    // A short form of the address, that no certificate can be for.
    let port = server(hello(), Vec::new()).await;
    let (sender, mut failures) = tokio::sync::mpsc::unbounded_channel();
    let (client, _) = client(port, |options| {
        options.hosts = vec![format!("127.1:{port}").parse().unwrap()];
        options.tls = Some(Tls::Enabled(TlsOptions::default()));
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            if let SdamEvent::ServerHeartbeatFailed(failed) = event {
                let _ = sender.send(failed.failure);
            }
        }));
    });
    let _client = client.unwrap();
    let error = failures.recv().await.unwrap();
    assert_eq!(unsent(&error), fail(ErrorClass::DnsResolve));
}

#[test]
fn bytes_that_are_no_document_leave_it_open() {
    let error = Document::from_reader(&mut &[5, 0, 0, 0, 1][..]).unwrap_err();
    let error = Error::from(ErrorKind::Bson(error));
    let sent = Attempts {
        sent: 1,
        ..Attempts::default()
    };
    let expected = (OutcomeType::Info, ErrorClass::InvalidResponse, None);
    assert_eq!(judged(&error, &sent), expected);
}
