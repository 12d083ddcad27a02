//! A session's bytes through the relay, as a stream like any other.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Bytes that wait on the way between the app and the socket, each way. What waits there is late, so it is little.
const WAITING: usize = 16 * 1024;

/// Makes a byte stream of a WebSocket. A task of its own moves the bytes, and answers the relay's pings also while nobody reads; it ends with either side.
pub(super) fn bytes(socket: WebSocketStream<TokioIo<Upgraded>>) -> DuplexStream {
    let (near, far) = tokio::io::duplex(WAITING);
    let (reader, writer) = tokio::io::split(far);
    tokio::spawn(pump(socket, reader, writer));
    near
}

async fn pump(socket: WebSocketStream<TokioIo<Upgraded>>, mut reader: ReadHalf<DuplexStream>, mut writer: WriteHalf<DuplexStream>) {
    let (mut sink, mut source) = socket.split();
    let up = async {
        let mut buffer = BytesMut::with_capacity(WAITING);
        while reader.read_buf(&mut buffer).await.is_ok_and(|count| count > 0) {
            let piece: Bytes = buffer.split().freeze();
            if sink.send(Message::Binary(piece)).await.is_err() {
                return;
            }
            buffer.reserve(WAITING);
        }
        // The app is done; the relay tells the other end.
        drop(sink.close().await);
    };
    let down = async {
        while let Some(Ok(message)) = source.next().await {
            match message {
                Message::Binary(bytes) if writer.write_all(&bytes).await.is_err() => return,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
                Message::Text(_) | Message::Frame(_) | Message::Close(_) => return,
            }
        }
    };
    // What the peer has said last still arrives when this side has closed; nothing is sent any more when the peer has.
    tokio::pin!(up, down);
    tokio::select! {
        () = &mut up => down.await,
        () = &mut down => {}
    }
}
