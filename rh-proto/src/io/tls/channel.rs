//! One TLS connection as bytes in, bytes out.

use std::fmt;
use std::io::{BufRead, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection, InvalidMessage, ServerConnection};

use super::{Error, Identity, PublicKey};

/// `E`, the value that ties a credential's proof to this connection, comes out under this label (RFC 8446 section 7.5).
const EXPORTER_LABEL: &[u8] = b"EXPORTER-rh-pake-v1";

/// One end of the inner TLS connection, without I/O.
///
/// After every [`handle_records`](Self::handle_records) take [`plaintext`](Self::plaintext) until it is empty; after every call that changes something, also
/// after one that failed, send what [`poll_transmit`](Self::poll_transmit) gives: an alert may wait there that tells the peer why.
///
/// Memory does not depend on what the peer sends: at most 64 KiB of handshake or one record is held back, and at most
/// [`SEND_BUFFER`](Self::SEND_BUFFER) bytes wait to be sent. Once the handshake is over, only rustls allocates: once for each record it sends, once for each
/// it receives, and up to three times more as its buffer grows to a record of over 4 KiB.
pub struct Channel {
    tls: Connection,
    /// Plaintext taken since the last [`poll_transmit`](Self::poll_transmit). Invariant: at most [`SEND_BUFFER`](Self::SEND_BUFFER).
    queued: usize,
    peer_closed: bool,
    /// We have said `close_notify`.
    closed: bool,
    /// Set once, never cleared: after a fault nothing is believed any more.
    failed: Option<Error>,
}

impl Channel {
    /// Bytes that [`send_plaintext`](Self::send_plaintext) takes before [`poll_transmit`](Self::poll_transmit) must drain them.
    pub const SEND_BUFFER: usize = 64 * 1024;

    /// The helper's end; its first message waits in [`poll_transmit`](Self::poll_transmit).
    ///
    /// # Errors
    /// [`Error::Backend`] where the machine gives no random numbers.
    pub fn client(identity: &Identity) -> Result<Self, Error> {
        // rustls asks for a name although none is sent and raw keys have none.
        let name = ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into());
        ClientConnection::new(Arc::clone(&identity.client), name).map(|tls| Self::new(tls.into())).map_err(Error::Backend)
    }

    /// The sharer's end.
    ///
    /// # Errors
    /// [`Error::Backend`] where the machine gives no random numbers.
    pub fn server(identity: &Identity) -> Result<Self, Error> {
        ServerConnection::new(Arc::clone(&identity.server)).map(|tls| Self::new(tls.into())).map_err(Error::Backend)
    }

    fn new(mut tls: Connection) -> Self {
        // `send_plaintext` keeps the limit, in plaintext bytes; rustls would count what records add, too.
        tls.set_buffer_limit(None);
        Self { tls, queued: 0, peer_closed: false, closed: false, failed: None }
    }

    /// Takes bytes of the transport, chunked in any way, and returns how many. It takes fewer than given only because [`plaintext`](Self::plaintext) waits:
    /// drain that, then call again with the rest.
    ///
    /// Bytes behind the peer's `close_notify` are taken and ignored (RFC 8446 section 6.1).
    ///
    /// # Errors
    /// [`Error::Tampered`] or [`Error::Alert`], then and at every later call. No byte of a record that fails its check comes out.
    pub fn handle_records(&mut self, records: &[u8]) -> Result<usize, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut rest = records;
        while !rest.is_empty() && !self.peer_closed && self.plaintext().is_empty() {
            if let Err(error) = self.advance(&mut rest) {
                self.failed = Some(error.clone());
                return Err(error);
            }
        }
        let left = if self.peer_closed { 0 } else { rest.len() };
        Ok(records.len().saturating_sub(left))
    }

    fn advance(&mut self, rest: &mut &[u8]) -> Result<(), Error> {
        // A read of nothing, or an error, means that the peer's message outgrew what rustls holds back.
        let Ok(1..) = self.tls.read_tls(rest) else {
            return Err(Error::Tampered(InvalidMessage::MessageTooLarge.into()));
        };
        let state = self.tls.process_new_packets().map_err(Error::from_records)?;
        self.peer_closed = state.peer_has_closed();
        Ok(())
    }

    /// Decrypted bytes that wait, in the rustls buffer itself; empty if there are none. [`consume_plaintext`](Self::consume_plaintext) makes room for more.
    #[must_use]
    pub fn plaintext(&mut self) -> &[u8] {
        // "Would block" and "closed" both mean that nothing is there; `handle_eof` tells clean from cut off.
        self.tls.reader().into_first_chunk().unwrap_or_default()
    }

    /// Drops the first `count` bytes of [`plaintext`](Self::plaintext); more than there are drops all of those.
    pub fn consume_plaintext(&mut self, count: usize) {
        let count = count.min(self.plaintext().len());
        if count > 0 {
            self.tls.reader().consume(count);
        }
    }

    /// Encrypts as much as fits and returns how many bytes that was; the rest is the caller's to keep until [`poll_transmit`](Self::poll_transmit) made room.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] before the handshake is over and after [`close`](Self::close) (the exporter, and with it every proof, exists only in between), or
    /// the error that ended the connection.
    pub fn send_plaintext(&mut self, plaintext: &[u8]) -> Result<usize, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.tls.is_handshaking() {
            return Err(Error::ApiMisuse { what: "the TLS handshake is not over" });
        }
        if self.closed {
            return Err(Error::ApiMisuse { what: "the connection is closed" });
        }
        let room = self.send_room();
        let fits = plaintext.get(..room).unwrap_or(plaintext);
        let taken = self.tls.writer().write(fits).unwrap_or_default();
        self.queued = self.queued.saturating_add(taken);
        Ok(taken)
    }

    /// Bytes that [`send_plaintext`](Self::send_plaintext) would take now.
    #[must_use]
    pub fn send_room(&self) -> usize {
        Self::SEND_BUFFER.saturating_sub(self.queued)
    }

    /// Appends what must go to the transport, and returns how many bytes that was.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> usize {
        let before = out.len();
        // A Vec takes every write, so this ends when rustls has no more.
        while let Ok(1..) = self.tls.write_tls(out) {}
        self.queued = 0;
        out.len().saturating_sub(before)
    }

    /// Says `close_notify`: the peer will know that nothing was cut off. Sending is over; receiving is not.
    pub fn close(&mut self) {
        self.closed = true;
        self.tls.send_close_notify();
    }

    /// The transport has ended.
    ///
    /// # Errors
    /// [`Error::Truncated`] unless the peer said `close_notify` before, or the error that had ended the connection already.
    pub fn handle_eof(&mut self) -> Result<(), Error> {
        if self.failed.is_none() && !self.peer_closed {
            self.failed = Some(Error::Truncated);
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Whether the peer has said `close_notify`.
    #[must_use]
    pub fn is_peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// Whether the two ends still agree on keys. While they do, nothing of the session can cross.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// The key that the peer has proven to hold; `None` until it has.
    #[must_use]
    pub fn peer_key(&self) -> Option<PublicKey> {
        if self.tls.is_handshaking() {
            return None;
        }
        PublicKey::from_spki(self.tls.peer_certificates()?.first()?)
    }

    /// `E`: what a [`Binding`](crate::credential::Binding) holds. Both ends of one connection get the same 32 bytes, nobody else does.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] before the handshake is over.
    pub fn exporter(&self) -> Result<[u8; 32], Error> {
        if self.tls.is_handshaking() {
            return Err(Error::ApiMisuse { what: "the TLS handshake is not over" });
        }
        self.tls.export_keying_material([0; 32], EXPORTER_LABEL, None).map_err(Error::Backend)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("client", &matches!(self.tls, Connection::Client(_)))
            .field("handshaking", &self.tls.is_handshaking())
            .field("peer_closed", &self.peer_closed)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
