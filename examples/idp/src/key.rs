//! The signing key: made at the first start, kept where only its owner reads it.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use rh_auth::value::base64url;
use ring::{
    digest,
    rand::{self, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// The key's file in the state directory: PKCS #8, DER.
const FILE: &str = "signing-key.pk8";

/// Bytes of a key file at most; one has 138.
const MAX_FILE: u64 = 4096;

/// A P-256 key that signs ID tokens with ES256.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    kid: String,
}

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system's doing.
    #[error("cannot {what} {}: {cause}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Others can read it, so it may not be a secret any more.
    #[error("{} can be read by others: remove it, and a new key is made at the next start", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Not what was written.
    #[error("{} is not a P-256 key in PKCS #8: remove it, and a new key is made at the next start", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// No key can be made.
    #[error("the system gives no random numbers")]
    Random,
}

impl SigningKey {
    /// The key of a state directory. Directory and key are made where they are missing: mode 0700 and 0600, the file complete or not there at all.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(state: &Path) -> Result<Self, KeyError> {
        let path = state.join(FILE);
        let io = |what, path: &Path| {
            let path = path.to_owned();
            move |cause| KeyError::Io { what, path, cause }
        };
        private_directory(state).map_err(io("make", state))?;
        if !path.try_exists().map_err(io("look for", &path))? {
            make(state, &path).map_err(|error| match error {
                Making::Random => KeyError::Random,
                Making::Io(cause) => KeyError::Io { what: "write", path: path.clone(), cause },
            })?;
        }
        let file = OpenOptions::new().read(true).open(&path).map_err(io("read", &path))?;
        if is_exposed(&file).map_err(io("read", &path))? {
            return Err(KeyError::Exposed { path });
        }
        let mut document = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut document).map_err(io("read", &path))?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &random).map_err(|_| KeyError::Broken { path })?;
        let fingerprint = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        let kid = base64url(fingerprint.as_ref()).chars().take(16).collect();
        Ok(Self { pair, random, kid })
    }

    /// The key set that apps check tokens with (RFC 7517).
    pub(crate) fn key_set(&self) -> Value {
        // An uncompressed point: 04, x, y (SEC 1 section 2.3.3).
        let (x, y) = self.pair.public_key().as_ref().get(1..).unwrap_or_default().split_at(32);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y), "kid": self.kid, "use": "sig", "alg": "ES256",
        }] })
    }

    /// A compact JWS over these claims; `None` when the system gives no random numbers.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({ "alg": "ES256", "kid": self.kid, "typ": "JWT" });
        let message = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = self.pair.sign(&self.random, message.as_bytes()).ok()?;
        Some(format!("{message}.{}", base64url(signature.as_ref())))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

enum Making {
    Random,
    Io(io::Error),
}

impl From<io::Error> for Making {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes a new key beside its place and links it there, so that of two first starts at once one wins and neither reads half a key.
fn make(state: &Path, path: &Path) -> Result<(), Making> {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).map_err(|_| Making::Random)?;
    let name: [u8; 8] = rand::generate(&SystemRandom::new()).map_err(|_| Making::Random)?.expose();
    let beside = state.join(format!("{FILE}.{}", base64url(&name)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(document.as_ref())?;
        file.sync_all()?;
        match fs::hard_link(&beside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    let _ = fs::remove_file(&beside);
    Ok(written?)
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn is_exposed(file: &fs::File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the user's own directory is private by itself.
#[cfg(not(unix))]
fn is_exposed(_: &fs::File) -> io::Result<bool> {
    Ok(false)
}
