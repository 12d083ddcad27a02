//! A made-up organisation, whole: people who sign in at the development identity provider, and an authority that vouches for them. For the demo, and for tests of
//! the two ends.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Instant,
};

use bytes::Bytes;
use rh_auth::{
    code::LiveCode,
    device::{App, Device, Enrollment, HelperDevice, Platform},
    identity::{DeviceId, UnixTime},
    key::SigningKey,
    oidc::Proven,
    policy::{Policy, files::Directory},
    ticket,
    value::Id,
};
use rh_idp::{Config, People, browser};
use rh_proto::{credential::Role, msg::hello::AppVersion};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::{
    authority::{Authority, Meeting},
    entropy::entropy,
    failure::{Failure, Kind},
    sign_in::{Organisation, clock, sign_in},
    vouched::{Invitation, Line, Standing},
};

/// Provider, authority, and the two people of every story: Hanna, who helps, and Sam, who shares.
pub struct Contoso {
    organisation: Organisation,
    people: People,
    seed: Zeroizing<[u8; 32]>,
    authority: Arc<Authority>,
    hanna: Standing,
    sam: Standing,
    device: Device,
    /// Where the authority serves its lines, and the provider its pages.
    runtime: Runtime,
    _provider: rh_idp::Running,
    _state: State,
}

/// A directory of this run's own, for the provider's key; removed with it.
struct State(PathBuf);

impl State {
    fn new() -> Result<Self, Failure> {
        let name: [u8; 16] = entropy()?;
        let path = std::env::temp_dir().join(format!("remote-help-{}", Id(name)));
        let made = fs::DirBuilder::new().create(&path);
        made.map_err(|e| Failure::new(Kind::Other, format!("cannot make {}: {e}", path.display())))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // What cannot be removed is a key that nobody believes any more.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Contoso {
    /// Starts the provider, and has both people sign in through its page.
    ///
    /// # Errors
    /// When the system gives no port, thread or directory.
    pub fn open() -> Result<Self, Failure> {
        let other = |e: io::Error| Failure::new(Kind::Other, format!("the system gives no event loop: {e}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(other)?;
        let state = State::new()?;
        let config = Config { port: 0, state: state.path().to_owned(), people: People::built_in() };
        let provider = runtime.block_on(rh_idp::start(config)).map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
        let seed = Zeroizing::new(entropy()?);
        let key = SigningKey::from_seed(&seed);
        let organisation = Organisation { provider: Arc::new(provider.settings()), authority: key.public_key() };
        let people = provider.people().clone();
        let hanna = person(&organisation, &people, Role::Helper, "hanna")?;
        let sam = person(&organisation, &people, Role::Sharer, "sam")?;
        let clock = clock()?;
        let (policy, directory) = files(clock.at(Instant::now()))?;
        let device = device(&directory)?;
        let (keys, known) = (Arc::clone(&hanna.trust.keys), people.clone());
        let profile = Box::new(move |proven: &Proven| profile(&known, proven));
        let authority = Authority::new(key, Arc::clone(&organisation.provider), keys, clock, (policy, directory), profile);
        let authority = Arc::new(authority);
        Ok(Self { organisation, people, seed, authority, hanna, sam, device, runtime, _provider: provider, _state: state })
    }

    /// Somebody else signs in, or the same person once more, with a key of their own.
    ///
    /// # Errors
    /// [`Kind::Identity`].
    pub fn sign_in(&self, role: Role, id: &str) -> Result<Standing, Failure> {
        person(&self.organisation, &self.people, role, id)
    }

    /// Hanna, signed in as a helper.
    #[must_use]
    pub const fn hanna(&self) -> &Standing {
        &self.hanna
    }

    /// Sam, signed in as a sharer.
    #[must_use]
    pub const fn sam(&self) -> &Standing {
        &self.sam
    }

    /// Decides and signs.
    #[must_use]
    pub const fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// The authority's own key: what nobody outside of a test has.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }

    /// Where the authority's ends of lines are served.
    #[must_use]
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The authority decides about these two.
    ///
    /// # Errors
    /// [`Kind::Refused`], with every reason.
    pub fn ticket(&self, sid: Id, helper: &Standing, sharer: &Standing) -> Result<String, Failure> {
        let platform = HelperDevice { platform: Some(Platform::Linux), managed: Some(false), ..HelperDevice::default() };
        let version = env!("CARGO_PKG_VERSION").parse::<AppVersion>().ok();
        self.authority.ticket(&Meeting {
            sid,
            helper: (&helper.own, &platform),
            sharer: (&sharer.own, &self.device),
            app: App::Native { version },
        })
    }

    /// Sam has typed the code that Hanna's app shows: both ends get what they need, and the authority stays on the line.
    ///
    /// # Errors
    /// [`Kind::Refused`], with every reason.
    pub fn admit(&self, code: &LiveCode) -> Result<(Invitation, Standing, Line), Failure> {
        let sid = Id(entropy()?);
        let ticket = self.ticket(sid, &self.hanna, &self.sam)?;
        let (line, mut desk) = self.authority.line(sid);
        let authority = Arc::clone(&self.authority);
        self.runtime.spawn(async move { authority.serve(&mut desk, |_| Vec::new()).await });
        let invitation = Invitation { sid, ticket, code: code.clone(), standing: self.hanna.clone() };
        Ok((invitation, self.sam.clone(), line))
    }
}

impl std::fmt::Debug for Contoso {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contoso").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// Signs somebody in; what a person does in a browser is done by a thread.
fn person(organisation: &Organisation, people: &People, role: Role, id: &str) -> Result<Standing, Failure> {
    let who = id.to_owned();
    let open = move |address: &str| {
        let address = address.to_owned();
        let click = move || {
            if let Err(error) = browser::choose(&address, &who) {
                tracing::warn!(%error, "the browser of the made-up person");
            }
        };
        thread::Builder::new().name("browser".to_owned()).spawn(click).is_ok()
    };
    let (mut standing, _) = sign_in(organisation, role, &[], open, &mut io::sink(), &AtomicBool::new(false))?;
    let face = people.person(id).and_then(|person| person.picture.as_ref());
    standing.portrait = face.map(|face| Bytes::copy_from_slice(face.bytes()));
    Ok(standing)
}

/// Policy and directory, whose facts are of now.
fn files(now: UnixTime) -> Result<(Policy, Directory), Failure> {
    let broken = |e: rh_auth::policy::files::FileError| Failure::new(Kind::Other, format!("the made-up organisation's own {e}"));
    let policy = Policy::from_toml(include_str!("contoso/policy.toml")).map_err(broken)?;
    let mut directory = Directory::from_toml(include_str!("contoso/directory.toml")).map_err(broken)?;
    for person in directory.people.values_mut() {
        person.as_of = Some(now);
    }
    for device in directory.devices.values_mut() {
        if let Some(Enrollment::Enrolled(managed)) = &mut device.enrollment {
            managed.as_of = Some(now);
        }
    }
    Ok((policy, directory))
}

fn device(directory: &Directory) -> Result<Device, Failure> {
    let id = DeviceId::new("sam-laptop").map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
    directory.devices.get(&id).cloned().ok_or_else(|| Failure::new(Kind::Other, "the made-up organisation's directory lacks its device"))
}

/// What trust screens show of somebody who has signed in.
fn profile(people: &People, proven: &Proven) -> Option<ticket::Person> {
    let person = people.person(proven.person.as_str())?;
    Some(ticket::Person {
        oid: proven.person.clone(),
        spki: proven.key.fingerprint(),
        name: person.name.clone(),
        title: person.title.clone(),
        company: person.company.clone(),
        domain: people.domain().clone(),
        picture: person.picture.as_ref().map(rh_idp::Picture::digest),
    })
}
