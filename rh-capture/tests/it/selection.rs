//! Choosing a backend.

use std::time::{Duration, Instant};

use rh_capture::{Config, Error, Kind, Select, Status, VirtualDesktop, open, probe};

#[test]
fn the_virtual_desktop_is_always_there_and_opens_the_one_it_is_given() {
    assert!(probe().iter().any(|p| p.kind == Kind::Virtual && p.status == Status::Usable));
    let desktop = VirtualDesktop::default();
    let capture = open(&Select::Exactly(Kind::Virtual), &Config { desktop: Some(desktop.clone()), ..Config::default() }).unwrap();
    assert_eq!(capture.info().kind, Kind::Virtual);
    assert_eq!(capture.layout(), desktop.layout());
}

#[test]
fn an_order_falls_through_to_the_first_that_opens() {
    // No display is named, and only `Auto` reads the environment.
    let order = Select::Order(vec![Kind::X11, Kind::Virtual]);
    assert_eq!(open(&order, &Config::default()).unwrap().info().kind, Kind::Virtual);
    let error = open(&Select::Order(vec![]), &Config::default()).err().unwrap();
    assert!(matches!(error, Error::ApiMisuse(_)));
}

#[test]
fn an_x_display_that_is_not_named_is_missing() {
    let error = open(&Select::Exactly(Kind::X11), &Config::default()).err().unwrap();
    assert!(matches!(error, Error::Missing { .. } | Error::Unsupported { .. }), "{error}");
}

#[test]
fn probing_is_quick() {
    let start = Instant::now();
    let _ = probe();
    assert!(start.elapsed() < Duration::from_millis(100));
}
