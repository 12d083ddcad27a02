//! Which certificate the service must show.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

use super::ClientError;

/// Whom to believe that it is the service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The operating system's authorities, and these (DER): what a service on the internet, or behind an organisation's proxy, is believed by.
    Authorities(Vec<Vec<u8>>),
    /// The one certificate with this SHA-256: what a service that made its own certificate prints. Nothing else is asked of it.
    Fingerprint([u8; 32]),
}

impl Trust {
    /// Reads a fingerprint as the service prints it: 64 hexadecimal digits, with or without colons.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn fingerprint(text: &str) -> Result<Self, ClientError> {
        let wrong =
            || ClientError::Address { what: "the certificate's fingerprint", reason: "64 hexadecimal digits are expected".to_owned() };
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
        let bytes = digits.chunks(2).map(|pair| {
            let [high, low] = pair else { return None };
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(*high)? << 4 | digit(*low)?)
        });
        let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or_else(wrong)?;
        bytes.try_into().map(Self::Fingerprint).map_err(|_| wrong())
    }

    pub(super) fn tls(&self) -> Result<ClientConfig, ClientError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| ClientError::Trust(error.to_string()))?;
        let mut config = match self {
            Self::Authorities(extra) => builder.with_root_certificates(authorities(extra)?).with_no_client_auth(),
            Self::Fingerprint(fingerprint) => {
                let pinned = Arc::new(Pinned { fingerprint: *fingerprint, provider });
                builder.dangerous().with_custom_certificate_verifier(pinned).with_no_client_auth()
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn authorities(extra: &[Vec<u8>]) -> Result<RootCertStore, ClientError> {
    let system = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system.certs);
    for der in extra {
        roots.add(CertificateDer::from(der.clone())).map_err(|error| ClientError::Trust(error.to_string()))?;
    }
    if roots.is_empty() {
        let reason = system.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
        return Err(ClientError::Trust(reason));
    }
    Ok(roots)
}

/// Accepts one certificate, by its digest; the handshake then shows that the peer has its key.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown: [u8; 32] = Sha256::digest(end_entity).into();
        if shown == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
