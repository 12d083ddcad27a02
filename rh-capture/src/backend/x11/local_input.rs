//! Physical input, told apart from injected input by the device it came from.
//!
//! The server has devices of its own for XTEST, which carry the property `XTEST Device`; raw events name the device that they come from.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use x11rb::{
    connection::{Connection as _, RequestConnection as _},
    protocol::{
        Event,
        xinput::{self, ConnectionExt as _, Device, DeviceId, EventMask, XIEventMask},
        xproto::{Atom, AtomEnum, ConnectionExt as _},
    },
};

use super::{
    link::{self, Fail, Link},
    rest::{Rest, Wake},
};
use crate::{Error, Kind, Waker, local_input::Watch};

pub(super) struct X11Watch {
    link: Link,
    rest: Rest,
    injected_property: Atom,
    /// Whether a device is physical, as far as asked. Forgotten when devices come or go, because their numbers are used again.
    physical: HashMap<DeviceId, bool>,
}

impl X11Watch {
    pub(super) fn open(display: &str) -> Result<Self, Error> {
        Ok(Self::try_open(display)?)
    }

    fn try_open(display: &str) -> Result<Self, Fail> {
        let link = link::connect(display)?;
        let connection = &link.connection;
        let unsupported = || Error::Unsupported { kind: Kind::X11, what: "the server lacks XInput 2.2, which tells devices apart".into() };
        connection.extension_information(xinput::X11_EXTENSION_NAME)?.ok_or_else(unsupported)?;
        let version = connection.xinput_xi_query_version(2, 2)?.reply()?;
        if (version.major_version, version.minor_version) < (2, 2) {
            return Err(unsupported().into());
        }
        let property = connection.intern_atom(false, b"XTEST Device")?.reply()?.atom;
        let input = XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_BUTTON_PRESS | XIEventMask::RAW_MOTION | XIEventMask::RAW_TOUCH_BEGIN;
        let masks = [
            EventMask { deviceid: Device::ALL_MASTER.into(), mask: vec![input] },
            EventMask { deviceid: Device::ALL.into(), mask: vec![XIEventMask::HIERARCHY] },
        ];
        connection.xinput_xi_select_events(link.screen.root, &masks)?.check()?;
        Ok(Self { link, rest: Rest::new(Duration::ZERO)?, injected_property: property, physical: HashMap::new() })
    }

    fn try_next(&mut self, until: Instant) -> Result<Option<Instant>, Fail> {
        loop {
            let mut seen = false;
            while let Some(event) = self.link.connection.poll_for_event()? {
                seen |= match event {
                    Event::XinputRawKeyPress(event) => self.is_physical(event.sourceid)?,
                    Event::XinputRawButtonPress(event) => self.is_physical(event.sourceid)?,
                    Event::XinputRawMotion(event) => self.is_physical(event.sourceid)?,
                    Event::XinputRawTouchBegin(event) => self.is_physical(event.sourceid)?,
                    Event::XinputHierarchy(_) => {
                        self.physical.clear();
                        false
                    }
                    _ => false,
                };
            }
            if seen {
                return Ok(Some(Instant::now()));
            }
            if self.rest.sleep(&self.link.connection, until)? != Wake::Server || Instant::now() >= until {
                return Ok(None);
            }
        }
    }

    /// Whether a device is one that somebody touches. One that is gone by now was: the server's own stay.
    fn is_physical(&mut self, device: DeviceId) -> Result<bool, Fail> {
        if let Some(known) = self.physical.get(&device) {
            return Ok(*known);
        }
        let (property, any) = (self.injected_property, AtomEnum::ANY.into());
        let physical = match self.link.connection.xinput_xi_get_property(device, false, property, any, 0, 1)?.reply().map_err(Fail::from) {
            Ok(reply) => reply.type_ == x11rb::NONE,
            Err(Fail::Refused(_)) => true,
            Err(fail) => return Err(fail),
        };
        self.physical.insert(device, physical);
        Ok(physical)
    }
}

impl Watch for X11Watch {
    fn next(&mut self, until: Instant) -> Result<Option<Instant>, Error> {
        Ok(self.try_next(until)?)
    }

    fn waker(&self) -> Waker {
        self.rest.waker()
    }
}
