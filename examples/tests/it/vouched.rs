//! Sessions for which an authority vouches: sign-in, code, ticket, trust screens, consent, and everything that takes them back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rh_auth::code::{Code, LiveCode};
use rh_auth::ticket::{Modes, Ticket};
use rh_auth::value::{Digest, Id, UnixTime};
use rh_examples::authority::Desk;
use rh_examples::contoso::Contoso;
use rh_examples::ui::helper::{HelperAction, RequestedMode};
use rh_examples::ui::sharer::SharerAction;
use rh_examples::vouched::{Entry, Invitation, Line, Note, Standing};
use rh_proto::credential::Role;
use rh_proto::error::CloseCode;
use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::mode::DeclineReason;
use rh_proto::session::{HelperEvent, SharerEvent};

use crate::ends::{Ends, Told};

const SID: Id = Id([7; 16]);

fn code() -> LiveCode {
    LiveCode::new(Code::from_entropy([0x2d, 0x6f, 0x01, 0xc4, 0x9b]), Instant::now())
}

fn same(code: &LiveCode) -> Code {
    Code::parse(&code.code().to_string()).unwrap()
}

/// A session of these two with this ticket, and the authority's end of the sharer's line.
fn meet(contoso: &Contoso, ticket: String, helper: &Standing, sharer: &Standing) -> (Ends, Desk) {
    let live = code();
    let (line, desk) = contoso.authority().line(SID);
    let entry = Entry::Vouched { sid: SID, code: same(&live), standing: Box::new(sharer.clone()), line };
    let invitation = Invitation { sid: SID, ticket, code: live, standing: helper.clone() };
    (Ends::start(invitation, entry, Box::new(|_| {})), desk)
}

/// The authority's ticket, changed and signed again by its own key.
fn changed(contoso: &Contoso, change: impl FnOnce(&mut Ticket)) -> String {
    let now = contoso.hanna().trust.clock.at(Instant::now());
    let token = contoso.ticket(SID, contoso.hanna(), contoso.sam()).unwrap();
    let mut ticket = Ticket::open(&token, &contoso.key().public_key(), now).unwrap();
    change(&mut ticket);
    ticket.issue(&contoso.key())
}

/// No session comes about; the code at each end.
fn refused(ends: Ends) -> (CloseCode, CloseCode) {
    let (helper, sharer) = ends.end();
    assert!(!sharer.authenticated && sharer.frames == 0, "{sharer:?}");
    (helper.unwrap_err().code, sharer.close.code)
}

#[test]
fn sign_in_code_trust_screens_view_control_elevation() {
    let contoso = Contoso::open().unwrap();
    let live = code();
    let (invitation, standing, line) = contoso.admit(&live).unwrap();
    let entry = Entry::Vouched { sid: invitation.sid, code: same(&live), standing: Box::new(standing), line };
    let ends = Ends::start(invitation, entry, Box::new(|_| {}));
    // Names and lines come with the ticket; the faces a moment later, and only as signed.
    let (mut sams, mut hannas) = (None, None);
    let (sams, hannas) = ends.wait("both trust screens", |told| {
        match told {
            Told::SharerTrusts(card) if card.portrait().is_some() => sams = Some(card.clone()),
            Told::HelperTrusts(card) if card.portrait().is_some() => hannas = Some(card.clone()),
            _ => {}
        }
        sams.clone().zip(hannas.clone())
    });
    assert_eq!((sams.name(), hannas.name()), ("Hanna Virtanen", "Sam Okafor"));
    assert_eq!(sams.lines(), ["Support engineer, Contoso", "contoso.example, verified by the organisation"]);
    assert!(sams.is_vouched() && hannas.is_vouched());
    let face = sams.portrait().unwrap();
    assert_eq!((face.width(), face.height()), (128, 128));

    ends.grant(RequestedMode::View, Mode::ViewOnly);
    ends.grant(RequestedMode::Control, Mode::FullControl);
    ends.grant(RequestedMode::Elevation, Mode::Elevation);
    // The sharer ends it: what the helper had as administrator must not stay behind.
    ends.sharer.send(SharerAction::Stop.into()).unwrap();
    ends.wait("the duty to sign out", |told| matches!(told, Told::SignOut).then_some(()));
    let (helper, sharer) = ends.end();
    assert_eq!((helper.unwrap().code, sharer.close.code, sharer.sign_out), (CloseCode::STOPPED, CloseCode::STOPPED, true));

    let notes = contoso.authority().notes();
    for mode in [Mode::ViewOnly, Mode::FullControl, Mode::Elevation] {
        // What is on record is the digest of exactly what the person saw.
        let shown = Digest::of(sams.shown(mode).as_bytes());
        assert!(notes.contains(&Note::Consent { mode, allowed: true, shown }), "{mode:?}: {notes:?}");
        assert!(notes.contains(&Note::Mode(Some(mode))));
    }
    // The ticket decided about the first mode; every later one was decided anew.
    let decided: Vec<&Note> = notes.iter().filter(|note| matches!(note, Note::Decide(_))).collect();
    assert_eq!(decided, [&Note::Decide(Mode::FullControl), &Note::Decide(Mode::Elevation)]);
    assert!(sams.shown(Mode::Elevation).contains("signed out"), "the person is warned before");
}

#[test]
fn when_the_helper_leaves_after_elevation_nobody_is_signed_out() {
    let contoso = Contoso::open().unwrap();
    let live = code();
    let (invitation, standing, line) = contoso.admit(&live).unwrap();
    let entry = Entry::Vouched { sid: invitation.sid, code: same(&live), standing: Box::new(standing), line };
    let ends = Ends::start(invitation, entry, Box::new(|_| {}));
    ends.grant(RequestedMode::Elevation, Mode::Elevation);
    ends.helper.send(HelperAction::Leave).unwrap();
    let (_, sharer) = ends.end();
    assert_eq!((sharer.close.code, sharer.sign_out), (CloseCode::LEFT, false));
}

#[test]
fn the_wrong_person_the_wrong_code_and_a_ticket_of_another_time_get_nowhere() {
    let contoso = Contoso::open().unwrap();
    let ticket = |contoso: &Contoso| contoso.ticket(SID, contoso.hanna(), contoso.sam()).unwrap();

    // Sam at the helper's place, with Hanna's ticket: his key is not hers, and his own end finds out first.
    let sam = contoso.sign_in(Role::Helper, "sam").unwrap();
    let (ends, _desk) = meet(&contoso, ticket(&contoso), &sam, contoso.sam());
    let (helper, sharer) = refused(ends);
    assert_eq!(helper, CloseCode::WRONG_KEY);
    assert_ne!(sharer, CloseCode::LEFT);

    // Hanna at the sharer's place, with a key of her own.
    let other = contoso.sign_in(Role::Sharer, "hanna").unwrap();
    let (ends, _desk) = meet(&contoso, ticket(&contoso), contoso.hanna(), &other);
    assert_eq!(refused(ends).0, CloseCode::WRONG_KEY);

    // A ticket of the authority's for somebody else under Hanna's key: her token does not say who it says.
    let lie = changed(&contoso, |ticket| ticket.helper.oid = rh_auth::identity::PersonId::new("helga").unwrap());
    let (ends, _desk) = meet(&contoso, lie, contoso.hanna(), contoso.sam());
    assert_eq!(refused(ends), (CloseCode::WRONG_PERSON, CloseCode::WRONG_PERSON));

    // Another code than the helper's.
    let live = code();
    let (line, _desk) = contoso.authority().line(SID);
    let typed = Code::parse("5NQG3H4W").unwrap();
    let entry = Entry::Vouched { sid: SID, code: typed, standing: Box::new(contoso.sam().clone()), line };
    let invitation = Invitation { sid: SID, ticket: ticket(&contoso), code: live, standing: contoso.hanna().clone() };
    assert_eq!(refused(Ends::start(invitation, entry, Box::new(|_| {}))), (CloseCode::WRONG_CODE, CloseCode::WRONG_CODE));

    // Sam has claimed a later session, and Hanna's app comes with the unused ticket of an earlier one.
    let live = code();
    let (line, _desk) = contoso.authority().line(SID);
    let entry = Entry::Vouched { sid: Id([8; 16]), code: same(&live), standing: Box::new(contoso.sam().clone()), line };
    let invitation = Invitation { sid: SID, ticket: ticket(&contoso), code: live, standing: contoso.hanna().clone() };
    assert_eq!(refused(Ends::start(invitation, entry, Box::new(|_| {}))), (CloseCode::TICKET_REFUSED, CloseCode::TICKET_REFUSED));

    // Two minutes old.
    let old = changed(&contoso, |ticket| {
        ticket.iat = UnixTime(ticket.iat.0 - 125);
        ticket.exp = UnixTime(ticket.exp.0 - 125);
        ticket.lease = UnixTime(ticket.lease.0 - 125);
    });
    let (ends, _desk) = meet(&contoso, old, contoso.hanna(), contoso.sam());
    assert_eq!(refused(ends).0, CloseCode::TICKET_EXPIRED);
}

#[test]
fn a_guest_cannot_sign_in_and_staff_cannot_help() {
    let contoso = Contoso::open().unwrap();
    let guest = contoso.sign_in(Role::Helper, "gunther").unwrap_err();
    assert!(guest.to_string().contains("member"), "{guest}");
    let (sam, hanna) = (contoso.sign_in(Role::Helper, "sam").unwrap(), contoso.sign_in(Role::Sharer, "hanna").unwrap());
    let refused = contoso.ticket(SID, &sam, &hanna).unwrap_err().to_string();
    assert!(refused.contains("R7.no-role") && refused.contains("no role is assigned to the helper"), "{refused}");
}

#[test]
fn what_the_ticket_does_not_hold_is_declined_without_asking_the_person() {
    let contoso = Contoso::open().unwrap();
    let only_view = changed(&contoso, |ticket| ticket.modes = Modes(ModeSet::NONE.with(Mode::ViewOnly)));
    let (ends, _desk) = meet(&contoso, only_view, contoso.hanna(), contoso.sam());
    ends.grant(RequestedMode::View, Mode::ViewOnly);
    ends.ask(RequestedMode::Control);
    ends.wait("the refusal", |told| match told {
        Told::Sharer(SharerEvent::ConsentRequested { mode, .. }) => panic!("the person is asked for {mode:?}"),
        Told::Helper(HelperEvent::ModeDeclined { reason: DeclineReason::NOT_ALLOWED, .. }) => Some(()),
        _ => None,
    });
    ends.helper.send(HelperAction::Leave).unwrap();
    ends.end().0.unwrap();
}

#[test]
fn what_the_authority_no_longer_allows_is_declined_without_asking_the_person() {
    let contoso = Contoso::open().unwrap();
    let ticket = contoso.ticket(SID, contoso.hanna(), contoso.sam()).unwrap();
    let (ends, mut desk) = meet(&contoso, ticket, contoso.hanna(), contoso.sam());
    let authority = Arc::clone(contoso.authority());
    contoso.runtime().spawn(async move { authority.serve(&mut desk, |_| vec!["the role was taken away".to_owned()]).await });
    ends.grant(RequestedMode::View, Mode::ViewOnly);
    ends.ask(RequestedMode::Control);
    ends.wait("the refusal", |told| match told {
        Told::Sharer(SharerEvent::ConsentRequested { mode, .. }) => panic!("the person is asked for {mode:?}"),
        Told::Helper(HelperEvent::ModeDeclined { reason: DeclineReason::NOT_ALLOWED, .. }) => Some(()),
        _ => None,
    });
    ends.helper.send(HelperAction::Leave).unwrap();
    ends.end().0.unwrap();
}

#[test]
fn a_revocation_ends_the_session_at_both_ends_at_once() {
    let contoso = Contoso::open().unwrap();
    let ticket = contoso.ticket(SID, contoso.hanna(), contoso.sam()).unwrap();
    let (ends, desk) = meet(&contoso, ticket, contoso.hanna(), contoso.sam());
    ends.grant(RequestedMode::View, Mode::ViewOnly);
    let start = Instant::now();
    contoso.runtime().block_on(contoso.authority().revoke(&desk, "R7.no-role")).unwrap();
    let (helper, sharer) = ends.end();
    assert!(start.elapsed() < Duration::from_secs(5));
    let helper = helper.unwrap();
    assert_eq!((helper.code, sharer.close.code), (CloseCode::REVOKED, CloseCode::REVOKED));
    assert!(helper.text.contains("R7.no-role"), "{}", helper.text);
}

#[test]
fn a_lease_that_nobody_renews_ends_the_session() {
    let contoso = Contoso::open().unwrap();
    let short = changed(&contoso, |ticket| {
        ticket.exp = ticket.iat.plus(3);
        ticket.lease = ticket.iat.plus(4);
    });
    let (ends, _desk) = meet(&contoso, short, contoso.hanna(), contoso.sam());
    ends.grant(RequestedMode::View, Mode::ViewOnly);
    let (helper, sharer) = ends.end();
    assert_eq!((helper.unwrap().code, sharer.close.code), (CloseCode::LEASE_EXPIRED, CloseCode::LEASE_EXPIRED));
}

#[test]
fn a_word_that_the_authority_did_not_sign_changes_nothing() {
    let contoso = Contoso::open().unwrap();
    let other = Contoso::open().unwrap();
    let ticket = contoso.ticket(SID, contoso.hanna(), contoso.sam()).unwrap();
    let live = code();
    // The line leads to another organisation's authority.
    let (line, desk): (Line, Desk) = other.authority().line(SID);
    let entry = Entry::Vouched { sid: SID, code: same(&live), standing: Box::new(contoso.sam().clone()), line };
    let invitation = Invitation { sid: SID, ticket, code: live, standing: contoso.hanna().clone() };
    let ends = Ends::start(invitation, entry, Box::new(|_| {}));
    ends.grant(RequestedMode::View, Mode::ViewOnly);
    other.runtime().block_on(other.authority().revoke(&desk, "R7.no-role")).unwrap();
    ends.helper.send(HelperAction::Chat("still here?".to_owned())).unwrap();
    ends.wait("the chat", |told| matches!(told, Told::Sharer(SharerEvent::Chat { .. })).then_some(()));
    ends.helper.send(HelperAction::Leave).unwrap();
    assert_eq!(ends.end().1.close.code, CloseCode::LEFT);
}

#[test]
fn a_face_that_is_not_the_signed_one_is_not_shown() {
    let contoso = Contoso::open().unwrap();
    let mut hanna = contoso.hanna().clone();
    // Sam's picture, from Hanna.
    hanna.portrait = contoso.sam().portrait.clone();
    let ticket = contoso.ticket(SID, &hanna, contoso.sam()).unwrap();
    let (ends, _desk) = meet(&contoso, ticket, &hanna, contoso.sam());
    ends.grant(RequestedMode::View, Mode::ViewOnly);
    ends.helper.send(HelperAction::Leave).unwrap();
    ends.wait("the end", |told| match told {
        Told::SharerTrusts(card) => {
            assert!(card.portrait().is_none(), "the wrong face is shown");
            None
        }
        Told::Sharer(SharerEvent::Closed(_)) => Some(()),
        _ => None,
    });
    ends.end().0.unwrap();
}
