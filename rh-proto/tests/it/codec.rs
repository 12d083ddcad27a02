//! The `tokio_util` adapter: the same frames as the decoder itself.

use bytes::{Bytes, BytesMut};
use rh_proto::frame::{Flags, Frame};
use rh_proto::io::codec::{CodecError, FrameCodec};
use rh_proto::limits::Limits;
use rh_proto::msg::MessageType;
use tokio_util::codec::{Decoder as _, Encoder as _};

#[test]
fn frames_go_through_and_a_stream_that_ends_within_one_is_an_error() {
    let limits = Limits { frame: 100, ..Limits::default() };
    let mut codec = FrameCodec::new(&limits);
    let frame = Frame { message: MessageType::PING, flags: Flags::IGNORABLE, body: Bytes::from_static(b"12345678") };
    let mut wire = BytesMut::new();
    codec.encode(frame.clone(), &mut wire).unwrap();
    let mut cut = wire.split_to(7);
    assert_eq!(codec.decode(&mut cut).unwrap(), None);
    assert!(matches!(codec.clone().decode_eof(&mut cut.clone()), Err(CodecError::Io(_))));
    cut.unsplit(wire);
    assert_eq!(codec.decode(&mut cut).unwrap(), Some(frame));
    assert_eq!(codec.decode_eof(&mut cut).unwrap(), None);

    let long = Frame { message: MessageType(9), flags: Flags::default(), body: Bytes::from_static(&[0; 101]) };
    assert!(matches!(codec.encode(long, &mut BytesMut::new()), Err(CodecError::Protocol(_))), "what the peer would refuse is not sent");
}
