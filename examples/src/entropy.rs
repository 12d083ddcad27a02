//! Randomness from the operating system, for keys and codes.

use crate::failure::{Failure, Kind};

/// So many random bytes.
///
/// # Errors
/// When the operating system gives none: nothing secret can be made then.
pub fn entropy<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Failure::new(Kind::Other, format!("the system gives no random numbers: {e}")))?;
    Ok(bytes)
}
