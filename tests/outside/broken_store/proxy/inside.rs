//! The proxy itself, which runs on the lab's network.

use super::super::deceit::{Conduct, Deceit};
use super::super::frames::Frame;
use super::{CONDUCT, FOLDER, LIES, MARK, PORT};
use socket2::SockRef;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Not a test by itself: does nothing unless it is started on a lab's network.
#[test]
fn serve() {
    let (Some(conduct), Some(folder)) = (std::env::var_os(CONDUCT), std::env::var_os(FOLDER))
    else {
        return;
    };
    let conduct = conduct.into_string().unwrap();
    let conduct = match conduct.split_once(' ') {
        Some(("lossy", every)) => Conduct::Lossy(every.parse().unwrap()),
        Some(("stale", every)) => Conduct::Stale(every.parse().unwrap()),
        _ => Conduct::Honest,
    };
    let folder = PathBuf::from(folder);
    let lies = std::fs::File::create(folder.join(LIES)).unwrap();
    let store = Arc::new(Mutex::new((Deceit::new(conduct), lies)));
    crate::write_test::running::run(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        std::fs::write(folder.join("port.new"), port.to_string()).unwrap();
        std::fs::rename(folder.join("port.new"), folder.join(PORT)).unwrap();
        for number in 0.. {
            let (client, _) = listener.accept().await.unwrap();
            // A connection that breaks is broken for both sides; which of them it was, only the other one needs to know.
            tokio::spawn(carry(client, number, Arc::clone(&store)));
        }
    });
}

type Store = Arc<Mutex<(Deceit, std::fs::File)>>;

/// Carries one connection's messages.
async fn carry(client: TcpStream, number: u64, store: Store) -> std::io::Result<()> {
    let server = SockRef::from(&client).original_dst_v4()?.as_socket();
    let server = server.ok_or_else(|| std::io::Error::other("no address"))?;
    let socket = TcpSocket::new_v4()?;
    SockRef::from(&socket).set_mark(MARK)?;
    let stream = socket.connect(server).await?;
    for side in [&client, &stream] {
        side.set_nodelay(true)?;
    }
    let ((mut questions, to_client), (mut answers, mut to_server)) =
        (client.into_split(), stream.into_split());
    // Both a server and a lie may answer.
    let to_client = tokio::sync::Mutex::new(to_client);
    let ask = async {
        while let Some(frame) = Frame::read(&mut questions).await? {
            let lie = {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                let lie = store.0.question((server, number, frame.id()), &frame);
                lie.map(|(answer, subject)| writeln!(store.1, "{subject}").map(|()| answer))
            };
            match lie {
                Some(answer) => to_client.lock().await.write_all(answer?.bytes()).await?,
                None => to_server.write_all(frame.bytes()).await?,
            }
        }
        Ok(())
    };
    let answer = async {
        while let Some(frame) = Frame::read(&mut answers).await? {
            {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                store.0.answer((server, number, frame.answers()), &frame);
            }
            to_client.lock().await.write_all(frame.bytes()).await?;
        }
        Ok(())
    };
    // The end of the one is the end of the other.
    tokio::select! { ended = ask => ended, ended = answer => ended }
}
