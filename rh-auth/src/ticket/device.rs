//! An unattended device shows that it holds the key it was enrolled with.

use rh_proto::credential::Binding;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::jws::{self, JwsError, Kind};
use crate::key::{PublicKey, SigningKey};
use crate::value::{Digest, Id, length_prefixed};

/// A device's proof, bound to one connection: worth nothing over another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceProof {
    /// The session.
    pub sid: Id,
    /// SHA-256(lp("rh-device-v1") ‖ lp(E)): names the connection without giving E away.
    pub connection: Digest,
    /// `spki#` of the session key that the device shows in TLS.
    pub spki: Digest,
}

impl DeviceProof {
    pub(crate) fn of(binding: &Binding, session_key: PublicKey) -> Self {
        let mut hash = Sha256::new();
        length_prefixed(&mut hash, b"rh-device-v1");
        length_prefixed(&mut hash, &binding.exporter);
        Self { sid: Id(binding.session_id), connection: Digest(hash.finalize().into()), spki: session_key.fingerprint() }
    }

    pub(crate) fn issue(&self, device: &SigningKey) -> String {
        jws::seal(self, Kind::Device, device)
    }

    pub(crate) fn open(token: &str, device: &PublicKey) -> Result<Self, JwsError> {
        jws::open(token, Kind::Device, device)
    }
}
