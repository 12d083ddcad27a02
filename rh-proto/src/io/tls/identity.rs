//! The keys that the two ends show, and the one TLS policy around them.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::ring::{cipher_suite, default_provider, kx_group, sign::any_eddsa_type};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, PeerMisbehaved, ServerConfig,
    SignatureScheme,
};
use sha2::{Digest, Sha256};

/// DER of a `SubjectPublicKeyInfo` up to the 32 bytes of an Ed25519 key (RFC 8410 section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// DER of a `PrivateKeyInfo` up to the 32 bytes of an Ed25519 seed (RFC 8410 section 7).
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The session key of one end: what it proves to hold in every handshake. One per sign-in, in memory only.
///
/// Clones are cheap and share the key.
#[derive(Clone)]
pub struct Identity {
    public: PublicKey,
    pub(super) client: Arc<ClientConfig>,
    pub(super) server: Arc<ServerConfig>,
}

impl Identity {
    /// The Ed25519 key of a 32-byte seed (RFC 8032 section 5.1.5), from a cryptographic random source.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let (key, public) = key_pair(seed);
        // In RFC 7250 the "certificate" is the bare public key.
        let shown = Arc::new(CertifiedKey::new(vec![CertificateDer::from(public.spki.to_vec())], key));
        let provider = Arc::new(policy());
        let verifier = Arc::new(AnyEd25519 { algorithms: provider.signature_verification_algorithms });
        Self {
            public,
            client: Arc::new(client(&provider, Arc::clone(&verifier), &shown)),
            server: Arc::new(server(&provider, verifier, &shown)),
        }
    }

    /// The public half, that the peer sees.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.public).finish()
    }
}

/// A peer's key: the DER `SubjectPublicKeyInfo` of an Ed25519 key, 44 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    spki: [u8; 44],
}

impl PublicKey {
    /// `None` unless it is exactly the DER form of an Ed25519 key, so that one key has one hash.
    pub(super) fn from_spki(spki: &[u8]) -> Option<Self> {
        let spki: [u8; 44] = spki.try_into().ok()?;
        spki.starts_with(&SPKI_PREFIX).then_some(Self { spki })
    }

    /// The DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> &[u8; 44] {
        &self.spki
    }

    /// `spki#`: SHA-256 of the DER `SubjectPublicKeyInfo`, by which tickets and identity tokens name the key.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.spki).into()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        self.spki.iter().skip(SPKI_PREFIX.len()).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

fn key_pair(seed: [u8; 32]) -> (Arc<dyn SigningKey>, PublicKey) {
    let pkcs8 = PrivatePkcs8KeyDer::from([&PKCS8_PREFIX[..], &seed].concat());
    let key = any_eddsa_type(&pkcs8).expect("the prefix is well formed, and any 32 bytes are an Ed25519 seed");
    let spki = key.public_key().expect("ring gives the public key of an Ed25519 key pair");
    let public = PublicKey::from_spki(&spki).expect("rustls writes the one DER form of RFC 8410");
    (key, public)
}

/// The only algorithms there are. Adding one is a change of protocol version, never a setting.
fn policy() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![cipher_suite::TLS13_AES_256_GCM_SHA384, cipher_suite::TLS13_CHACHA20_POLY1305_SHA256],
        kx_groups: vec![kx_group::X25519],
        ..default_provider()
    }
}

fn client(provider: &Arc<CryptoProvider>, verifier: Arc<AnyEd25519>, shown: &Arc<CertifiedKey>) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])
        .expect("the policy holds TLS 1.3 suites and a group for them")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(Arc::clone(shown))));
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config.enable_early_data = false;
    config
}

fn server(provider: &Arc<CryptoProvider>, verifier: Arc<AnyEd25519>, shown: &Arc<CertifiedKey>) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])
        .expect("the policy holds TLS 1.3 suites and a group for them")
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(Arc::clone(shown))));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config
}

/// Accepts every Ed25519 key whose holder signed this handshake. Whose key it is, is decided above.
#[derive(Debug)]
struct AnyEd25519 {
    algorithms: WebPkiSupportedAlgorithms,
}

impl AnyEd25519 {
    fn check_key(key: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Result<(), Error> {
        // RFC 7250 sends one key and no chain.
        if !chain.is_empty() || PublicKey::from_spki(key).is_none() {
            return Err(CertificateError::BadEncoding.into());
        }
        Ok(())
    }

    fn check_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if signed.scheme != SignatureScheme::ED25519 {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(key.as_ref()), signed, &self.algorithms)
    }
}

/// Never reached: TLS 1.2 is not offered, and not compiled in.
fn no_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(PeerIncompatible::Tls12NotOffered.into())
}

impl ServerCertVerifier for AnyEd25519 {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Self::check_key(end_entity, intermediates).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for AnyEd25519 {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Self::check_key(end_entity, intermediates).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
