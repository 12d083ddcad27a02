//! A stand-in for an X server that passes everything on, but for what a test takes away.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{Arc, Mutex},
    thread,
};

use crate::xserver::XServer;

/// Where X displays are on TCP.
const FIRST_PORT: u16 = 6000;

/// A display of its own, over TCP.
pub struct XProxy {
    display: String,
    links: Arc<Mutex<Vec<Link>>>,
}

/// A client's connection, and what it has said so far.
struct Link {
    client: TcpStream,
    said: Vec<u8>,
}

impl XProxy {
    /// Passes everything on.
    pub fn new(server: &XServer) -> Self {
        Self::start(server, None)
    }

    /// Passes everything on but the name of an extension, which the server so knows nothing of.
    pub fn hiding(server: &XServer, extension: &str) -> Self {
        Self::start(server, Some(extension))
    }

    fn start(server: &XServer, hidden: Option<&str>) -> Self {
        let free = |number: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, FIRST_PORT + number)).ok();
        let (number, listener) = (100..1000).find_map(|number| Some((number, free(&number)?))).expect("a port of some display is free");
        let socket = format!("/tmp/.X11-unix/X{}", server.display().trim_start_matches(':'));
        let hidden = hidden.map(|name| name.as_bytes().to_vec());
        let links: Arc<Mutex<Vec<Link>>> = Arc::default();
        let theirs = Arc::clone(&links);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A server that is gone refuses its clients.
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                let place = {
                    let mut links = theirs.lock().unwrap();
                    links.push(Link { client: client.try_clone().expect("a socket"), said: Vec::new() });
                    links.len() - 1
                };
                let (mut to_client, mut from_server) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from_server, &mut to_client);
                    let _ = to_client.shutdown(Shutdown::Both);
                });
                let (links, hidden) = (Arc::clone(&theirs), hidden.clone());
                thread::spawn(move || pass_on(client, server, hidden.as_deref(), |bytes| links.lock().unwrap()[place].said.extend(bytes)));
            }
        });
        Self { display: format!("127.0.0.1:{number}"), links }
    }

    /// The display's name.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Cuts the one connection whose client has said this.
    pub fn cut(&self, said: &str) {
        let links = self.links.lock().unwrap();
        let has_said = |link: &&Link| link.said.windows(said.len()).any(|bytes| bytes == said.as_bytes());
        let found: Vec<&Link> = links.iter().filter(has_said).collect();
        assert_eq!(found.len(), 1, "of {} connections, one said {said:?}", links.len());
        found[0].client.shutdown(Shutdown::Both).expect("a live connection");
    }
}

fn pass_on(mut client: TcpStream, mut server: UnixStream, hidden: Option<&[u8]>, note: impl Fn(&[u8])) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        let bytes = &mut bytes[..count];
        note(bytes);
        // Clients ask for an extension in one piece.
        if let Some(name) = hidden {
            while let Some(at) = bytes.windows(name.len()).position(|part| part == name) {
                bytes[at] = b'-';
            }
        }
        if server.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}
