//! The token bucket that budgets come from.

use std::time::Duration;

use rh_codec::{Budget, Pace};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn the_bucket_is_full_at_first_and_one_second_deep() {
    let mut pace = Pace::new(1000, ms(0));
    assert_eq!(pace.budget(ms(0)), Budget::bytes(1000));
    assert_eq!(pace.budget(ms(60_000)), Budget::bytes(1000));
}

#[test]
fn it_refills_at_its_rate_without_losing_fractions() {
    let mut pace = Pace::new(1000, ms(0));
    pace.spend(1000);
    assert_eq!(pace.budget(ms(0)), Budget::bytes(0));
    // Asked more often than a byte comes in: rounding each time would leave it empty for ever.
    for tenth in 1..=1000 {
        pace.budget(Duration::from_micros(tenth * 100));
    }
    assert_eq!(pace.budget(ms(100)), Budget::bytes(100));
}

#[test]
fn what_was_too_much_is_worked_off_first() {
    let mut pace = Pace::new(1000, ms(0));
    pace.spend(1500);
    assert_eq!(pace.budget(ms(400)), Budget::bytes(0));
    assert_eq!(pace.budget(ms(600)), Budget::bytes(100));
}

#[test]
fn a_new_rate_counts_from_its_moment() {
    let mut pace = Pace::new(1000, ms(0));
    pace.spend(1000);
    pace.set_rate(10_000, ms(100));
    assert_eq!(pace.budget(ms(200)), Budget::bytes(100 + 1000));
    pace.set_rate(500, ms(200));
    assert_eq!(pace.budget(ms(200)), Budget::bytes(500));
}

#[test]
fn a_clock_that_stands_or_goes_back_gives_nothing() {
    let mut pace = Pace::new(u64::MAX, ms(50));
    pace.spend(usize::MAX);
    let now = pace.budget(ms(50));
    assert_eq!(pace.budget(ms(10)), now);
    assert_eq!(pace.budget(ms(50)), now);
    pace.spend(usize::MAX);
    pace.budget(Duration::MAX);
}
