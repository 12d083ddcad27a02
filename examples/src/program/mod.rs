//! The programs behind `src/bin`: `main` parses the arguments, `run` does the rest.

mod door;
pub mod helper;
mod offer;
pub mod sharer;

use std::{net::SocketAddr, time::Duration};

use rh_proto::{credential::Role, error::CloseCode};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    time::timeout,
};

use crate::{
    args::DEFAULT_ADDRESS,
    failure::{Failure, Kind},
    say,
    service::{Address, Desk},
    vouched::Standing,
};

/// How long a dialled address may take to answer.
const DIAL: Duration = Duration::from_secs(10);

/// A runtime on the calling thread.
fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Kind::Other, format!("the system gives no event loop: {e}")))
}

/// Where one end meets the other.
#[derive(Debug, Clone)]
enum Place {
    Listen(SocketAddr),
    Connect(String),
}

impl Place {
    /// From the options; what was given wins over the default.
    fn new(listen: Option<SocketAddr>, connect: Option<String>, default_listens: bool) -> Self {
        match (listen, connect) {
            (Some(address), _) => Self::Listen(address),
            (None, Some(address)) => Self::Connect(address),
            (None, None) if default_listens => Self::Listen(DEFAULT_ADDRESS.parse().expect("the default address is well formed")),
            (None, None) => Self::Connect(DEFAULT_ADDRESS.to_owned()),
        }
    }

    /// Starts to listen, where that is what is wanted.
    async fn open(&self) -> Result<Meeting, Failure> {
        match self {
            Self::Listen(address) => TcpListener::bind(address).await.map(Meeting::Listening).map_err(|e| Failure::listen(*address, &e)),
            Self::Connect(address) => Ok(Meeting::Dialling(address.clone())),
        }
    }
}

/// A place that was opened.
#[derive(Debug)]
enum Meeting {
    Listening(TcpListener),
    Dialling(String),
}

impl Meeting {
    /// The address as the other side would name it.
    fn address(&self) -> String {
        match self {
            Self::Listening(listener) => listener.local_addr().map_or_else(|_| "?".to_owned(), |a| a.to_string()),
            Self::Dialling(address) => address.clone(),
        }
    }

    /// The next connection.
    async fn next(&self) -> Result<TcpStream, Failure> {
        match self {
            Self::Listening(listener) => loop {
                match listener.accept().await {
                    Ok((stream, from)) => {
                        tracing::info!(%from, "connected");
                        return Ok(stream);
                    }
                    // Such as a caller who hung up again: the next one may be the right one.
                    Err(error) => {
                        tracing::warn!(%error, "a connection failed");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            },
            Self::Dialling(address) => match timeout(DIAL, TcpStream::connect(address)).await {
                Ok(outcome) => outcome.map_err(|e| Failure::connect(address, &e)),
                Err(_) => Err(Failure::new(
                    Kind::PeerGone,
                    format!("{address} does not answer: is the other side's app running, and listening there?"),
                )),
            },
        }
    }
}

/// How the programs find each other.
#[derive(Debug)]
enum Way {
    /// Directly; the code is all there is.
    Direct(Meeting),
    /// Through the organisation's service, as somebody who has signed in.
    Service(Box<Desk>, Box<Standing>),
}

impl Way {
    /// Starts to listen, or signs in at the organisation's provider: in a browser where there are windows, else by an address on the terminal.
    async fn open(place: &Place, service: Option<&Address>, role: Role, windows: bool) -> Result<Self, Failure> {
        let Some(address) = service else { return place.open().await.map(Self::Direct) };
        let desk = Desk::open(address).await?;
        say!("organisation {}", one_line(desk.organisation()));
        let open = move |address: &str| {
            if !windows {
                say!("sign-in {address}");
            }
            windows && rh_auth::http::open_browser(address)
        };
        let standing = desk.sign_in(role, open).await?;
        say!("signed in");
        Ok(Self::Service(Box::new(desk), Box::new(standing)))
    }
}

/// Where the service is, from the options.
fn service(url: Option<&String>, fingerprint: Option<&String>, tenant: Option<&String>) -> Option<Address> {
    Some(Address { url: url?.clone(), fingerprint: fingerprint.cloned(), tenant: tenant.cloned() })
}

/// What a peer wrote, as one line that a script can rely on.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What a session's end means for the program.
fn outcome(close: &rh_proto::session::Close) -> Result<(), Failure> {
    // An end on purpose, but on nobody's here: a script wants to know.
    let refused = matches!(close.code, CloseCode::REVOKED | CloseCode::LEASE_EXPIRED);
    if close.clean && !refused { Ok(()) } else { Err(Failure::closed(close.code, &close.text)) }
}
