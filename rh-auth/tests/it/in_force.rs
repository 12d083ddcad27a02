//! The policy in force outlives every broken attempt to replace it.

use rh_auth::identity::TenantId;
use rh_auth::policy::files::{FileError, Source};
use rh_auth::policy::{Draft, InForce, Policy, ReplaceError};

const OLD: &str = "version = 1\n[tenant]\nid = \"contoso\"\nname = \"Contoso\"\nremote_help = \"all\"\n";

#[test]
fn a_broken_file_is_refused_with_line_and_reason_and_the_old_policy_stays() {
    let mut in_force = InForce::new(Policy::from_toml(OLD).unwrap());
    let before = in_force.current().clone();
    let broken = OLD.replace("\"all\"", "\"al\"");
    let error = in_force.try_replace(Policy::from_toml(&broken)).unwrap_err();
    assert_eq!(error.to_string(), "policy, line 5: \"al\" is not \"all\"; groups are written as a list; the policy in force stays");
    assert!(matches!(error, ReplaceError::Load(FileError { source_file: Source::Policy, line: 5, .. })));
    assert_eq!(in_force.current(), &before);
}

#[test]
fn another_organisations_policy_is_refused() {
    let mut in_force = InForce::new(Policy::from_toml(OLD).unwrap());
    let before = in_force.current().clone();
    let theirs = Policy::new(Draft::new(TenantId::new("fabrikam").unwrap(), "Fabrikam"));
    let error = in_force.try_replace(theirs).unwrap_err();
    assert_eq!(error.to_string(), "the policy is for organisation fabrikam, not contoso; the policy in force stays");
    assert_eq!(in_force.current(), &before);
}

#[test]
fn a_good_file_takes_over_and_says_whether_it_decides_otherwise() {
    let mut in_force = InForce::new(Policy::from_toml(OLD).unwrap());
    // Who reads it sees another name; what is decided is the same.
    assert_eq!(in_force.try_replace(Policy::from_toml(&OLD.replace("Contoso", "Contoso Ltd."))), Ok(false));
    assert_eq!(in_force.current().tenant().name, "Contoso Ltd.");
    assert_eq!(in_force.try_replace(Policy::from_toml(&OLD.replace("\"all\"", "\"off\""))), Ok(true));
}
