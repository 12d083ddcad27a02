//! Both ends of the session as one stream of what happens, for the script to follow and direct.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::{Duration, Instant},
};

use rh_codec::Rect;
use rh_proto::session::{HelperEvent, SharerEvent};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Ends, Fronts, beat, join, start, target::Target};
use crate::{
    contoso::Contoso,
    failure::{Failure, Kind},
    helper, sharer,
    trust::Card,
    ui::{Picture, SharedPicture, helper::HelperAction, sharer::SharerAction},
};

/// How long any step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Something that one of the ends did.
#[derive(Debug)]
pub(super) enum Happening {
    Helper(HelperEvent),
    Sharer(SharerEvent),
    /// The helper learns who the sharer is.
    HelperTrusts(Box<Card>),
    /// The sharer learns who the helper is.
    SharerTrusts(Box<Card>),
    /// The helper's picture changed there.
    Frame(Vec<Rect>),
}

/// What the script directs.
pub(super) struct Stage {
    ends: Ends,
    happenings: Receiver<Happening>,
    /// Known from the first frame on.
    picture: Arc<Mutex<Option<SharedPicture>>>,
    helper: UnboundedSender<helper::Request>,
    sharer: UnboundedSender<sharer::Request>,
}

impl Stage {
    /// Starts both ends.
    pub(super) fn open(target: &mut Target, contoso: Contoso) -> Result<Self, Failure> {
        let (to, happenings) = channel();
        let (helper, helper_asked) = unbounded_channel();
        let (sharer, sharer_asked) = unbounded_channel();
        let picture = Arc::default();
        beat(sharer.clone())?;
        let fronts = Fronts {
            helper: Box::new(helper_front(to.clone(), Arc::clone(&picture))),
            helper_asked,
            sharer: Box::new(sharer_front(to)),
            sharer_asked,
        };
        Ok(Self { ends: start(target, contoso, fronts)?, happenings, picture, helper, sharer })
    }

    /// The pairing code, as the helper's app would show it.
    pub(super) fn code(&self) -> &str {
        &self.ends.code
    }

    /// The helper does something.
    pub(super) fn helper(&self, action: HelperAction) {
        // An end that is gone shows as such to whoever waits next.
        let _ = self.helper.send(action);
    }

    /// The sharer does something.
    pub(super) fn sharer(&self, action: SharerAction) {
        let _ = self.sharer.send(action.into());
    }

    /// Waits for something; what else happens meanwhile is passed over, but for an end that fails.
    pub(super) fn wait<T>(&self, what: &str, is: impl FnMut(&Happening) -> Option<T>) -> Result<T, Failure> {
        self.wait_until(Instant::now() + PATIENCE, is)?.ok_or_else(|| Failure::new(Kind::Other, format!("{what}: not within {PATIENCE:?}")))
    }

    /// As [`wait`](Self::wait), until a time of the caller's; `None` if it did not happen by then.
    pub(super) fn wait_until<T>(&self, until: Instant, mut is: impl FnMut(&Happening) -> Option<T>) -> Result<Option<T>, Failure> {
        loop {
            let happening = match self.happenings.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(happening) => happening,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::new(Kind::PeerGone, "both ends are gone")),
            };
            if let Some(value) = is(&happening) {
                return Ok(Some(value));
            }
            match &happening {
                Happening::Helper(HelperEvent::Closed(close)) | Happening::Sharer(SharerEvent::Closed(close)) if !close.clean => {
                    return Err(Failure::closed(close.code, &format!("the session ended early: {}", close.text)));
                }
                _ => {}
            }
        }
    }

    /// What the helper sees now; `None` before the first frame.
    pub(super) fn picture(&self) -> Option<Picture> {
        let shared = self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let picture = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let mut copy = Picture::new(picture.width(), picture.height());
        copy.pixels_mut().copy_from_slice(picture.pixels());
        Some(copy)
    }

    /// What the two ends came to, once they have ended.
    pub(super) fn reports(self) -> Result<(helper::Report, sharer::Report), Failure> {
        Ok((join(self.ends.helper)?, join(self.ends.sharer)?))
    }
}

fn helper_front(to: Sender<Happening>, seen: Arc<Mutex<Option<SharedPicture>>>) -> impl FnMut(helper::Update<'_>) + Send {
    move |update| {
        let happening = match update {
            helper::Update::Event(event) => Happening::Helper(event.clone()),
            helper::Update::Trust(card) => Happening::HelperTrusts(Box::new(card.clone())),
            helper::Update::Frame { picture, damage, .. } => {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(picture));
                Happening::Frame(damage.to_vec())
            }
            helper::Update::Notice(text) => return tracing::warn!("helper: {text}"),
            helper::Update::Display { .. } | helper::Update::Status(_) | helper::Update::Said(_) => return,
        };
        // A script that is over needs to know nothing.
        let _ = to.send(happening);
    }
}

fn sharer_front(to: Sender<Happening>) -> impl FnMut(sharer::Update<'_>) + Send {
    move |update| match update {
        // One a frame, and nobody here counts them.
        sharer::Update::Event(SharerEvent::FrameAcked { .. }) | sharer::Update::Said(_) => {}
        // A script that is over needs to know nothing.
        sharer::Update::Event(event) => drop(to.send(Happening::Sharer(event.clone()))),
        sharer::Update::Trust(card) => drop(to.send(Happening::SharerTrusts(Box::new(card.clone())))),
        sharer::Update::SignOut => tracing::info!("the sharer is to be signed out"),
        sharer::Update::Notice(text) => tracing::warn!("sharer: {text}"),
    }
}
