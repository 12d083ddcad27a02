//! Meeting by code: what a helper offers and a sharer claims (steps 2 to 4).

use std::fmt;

use hyper::Method;
use rh_auth::code::Code;
use rh_auth::value::{Id, UnixTime};
use rh_proto::credential::Role;
use zeroize::Zeroizing;

use super::http::Caller;
use super::{ClientError, Control, Notice, Notices, Service, SignedIn};
use crate::api::{Admitted, ClaimRequest, HelperFacts, OfferAnswer, OfferRequest, Problem, SharerFacts};

/// A code that waits to be claimed.
#[derive(Debug)]
pub struct Offer {
    answer: OfferAnswer,
    control: Control,
    notices: Notices,
}

/// What came of a code.
#[derive(Debug)]
pub enum Claimed {
    /// The authority allows at least one mode: dial with the pass, and present the ticket.
    Admitted(Admitted),
    /// Somebody claimed it and was refused, for these reasons. The code still waits: ask again.
    Refused(Problem),
    /// Ten minutes are over. Offer a new one.
    Expired,
}

impl Offer {
    /// The session, for the helper's hello.
    #[must_use]
    pub const fn sid(&self) -> Id {
        self.answer.sid
    }

    /// When the code is given up.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.answer.expires
    }

    /// The code to show: the routing half is the authority's, the other five characters are drawn from `entropy` and never leave this computer.
    ///
    /// `entropy`: five bytes of a cryptographic random source. Draw once.
    ///
    /// # Errors
    /// [`ClientError::NotTheService`] when the routing half is none.
    pub fn code(&self, entropy: [u8; 5]) -> Result<Code, ClientError> {
        let drawn = Zeroizing::new(Code::from_entropy(entropy).to_string());
        let secret = Zeroizing::new(drawn.chars().filter(|character| *character != '-').skip(Code::ROUTING).collect::<String>());
        let text = Zeroizing::new(format!("{}{}", self.answer.routing, *secret));
        Code::parse(&text).map_err(|error| ClientError::NotTheService(format!("its half of the code is none: {error}")))
    }

    /// Waits for a sharer. Ask again after a [`Claimed::Refused`].
    ///
    /// # Errors
    /// [`ClientError`] when the service is lost for good.
    pub async fn claimed(&mut self) -> Result<Claimed, ClientError> {
        loop {
            match self.notices.next().await {
                Some(Notice::Claimed(admitted)) => return Ok(Claimed::Admitted(admitted)),
                Some(Notice::Refused(problem)) => return Ok(Claimed::Refused(problem)),
                Some(Notice::Expired) => return Ok(Claimed::Expired),
                Some(Notice::Lost(error)) => return Err(error),
                Some(Notice::Over(_)) | None => return Err(ClientError::Over),
                Some(Notice::Renewed(_) | Notice::Revoked { .. }) => {}
            }
        }
    }

    /// The channel of the session, once claimed.
    #[must_use]
    pub fn into_control(self) -> (Control, Notices) {
        (self.control, self.notices)
    }
}

/// A claim that was allowed.
pub struct Claim {
    /// Ticket and pass.
    pub admitted: Admitted,
    /// The session's channel.
    pub control: Control,
    /// What it says.
    pub notices: Notices,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("sid", &self.admitted.sid).finish_non_exhaustive()
    }
}

impl Service {
    /// Opens a code as a helper (step 2).
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Problem`] says why the service does not.
    pub async fn offer(&self, signed_in: &SignedIn, facts: &HelperFacts) -> Result<Offer, ClientError> {
        let request = OfferRequest { tenant: signed_in.tenant().to_string(), facts: facts.clone() };
        as_role(signed_in, Role::Helper)?;
        let answer: OfferAnswer = self.call(Method::POST, "/v1/offers", Caller::Person(signed_in), Some(&request)).await?;
        let (control, notices) = Control::open(self.clone(), answer.sid, signed_in.channel_key(), None);
        Ok(Offer { answer, control, notices })
    }

    /// Claims a code as a sharer (steps 3 and 4). `routing`: [`Code::routing`] of what the person typed; the rest of it stays here.
    ///
    /// # Errors
    /// [`ClientError`]; a [`ClientError::Problem`] holds every reason where it was decided.
    pub async fn claim(&self, routing: &str, signed_in: &SignedIn, facts: &SharerFacts) -> Result<Claim, ClientError> {
        let request = ClaimRequest { tenant: signed_in.tenant().to_string(), routing: routing.to_owned(), facts: facts.clone() };
        as_role(signed_in, Role::Sharer)?;
        let admitted: Admitted = self.call(Method::POST, "/v1/claims", Caller::Person(signed_in), Some(&request)).await?;
        let (control, notices) = Control::open(self.clone(), admitted.sid, signed_in.channel_key(), Some(admitted.renew));
        Ok(Claim { admitted, control, notices })
    }
}

/// A token says as whom its owner signed in; one for the other role would be refused by everybody.
fn as_role(signed_in: &SignedIn, role: Role) -> Result<(), ClientError> {
    let reason = || format!("this person has signed in as {:?}, and {role:?} is needed; sign in anew", signed_in.role());
    if signed_in.role() == role { Ok(()) } else { Err(ClientError::Address { what: "the sign-in", reason: reason() }) }
}
