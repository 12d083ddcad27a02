//! What holds with every control in, what breaks without each, and that the model is alive.

use std::fmt::Write as _;
use std::path::Path;

use stateright::{Checker, Model as _};

use crate::controls::{Control, Controls};
use crate::queries::Query;
use crate::scenario::Scenario;
use crate::terms::{Person, Role};
use crate::world::{Handshake, Link, Stage, World};

/// A control that is taken out, with whom that helps, and what it breaks.
struct Row {
    out: &'static [Control],
    scenario: fn() -> Scenario,
    query: Query,
}

const fn row(out: &'static [Control], scenario: fn() -> Scenario, query: Query) -> Row {
    Row { out, scenario, query }
}

/// Every control, and a query that fails without it. Where two are taken out, either holds alone ([`SECOND_LINES`]).
const ROWS: &[Row] = &[
    row(&[Control::InnerTls], Scenario::relay, Query::HelpersToken),
    row(&[Control::InnerTls], Scenario::relay_in_time, Query::Passed),
    row(&[Control::KeyProof], Scenario::stolen_code, Query::Names),
    row(&[Control::Code], Scenario::authority, Query::Code),
    row(&[Control::Code], Scenario::provider, Query::Code),
    row(&[Control::Exporter], Scenario::authority, Query::Code),
    row(&[Control::SecretHalf], Scenario::authority, Query::Code),
    row(&[Control::OneAttempt], Scenario::insider, Query::Guesses),
    row(&[Control::CodeFirst], Scenario::authority, Query::HelpersToken),
    row(&[Control::SharerLast], Scenario::stolen_code, Query::SharersToken),
    row(&[Control::Ticket], Scenario::stolen_code, Query::Decision),
    row(&[Control::Ticket], Scenario::provider, Query::Decision),
    row(&[Control::TicketKeys], Scenario::insider, Query::Decision),
    row(&[Control::Session], Scenario::insider_twice, Query::Session),
    row(&[Control::OneUse, Control::Session], Scenario::insider_twice, Query::Once),
    row(&[Control::StartWindow], Scenario::insider_twice, Query::Fresh),
    row(&[Control::IdToken], Scenario::authority, Query::Names),
    row(&[Control::NonceKey], Scenario::stolen_token, Query::Names),
    row(&[Control::NonceRole], Scenario::insider, Query::Names),
    row(&[Control::Issuer], Scenario::insider, Query::Names),
    row(&[Control::SamePerson], Scenario::authority, Query::Names),
    row(&[Control::Possession], Scenario::stolen_token, Query::Asked),
    row(&[Control::Mutual], Scenario::relay_in_time, Query::HalfAccept),
    row(&[Control::Transcript, Control::InnerTls], Scenario::relay_in_time, Query::Agreement),
    row(&[Control::TimeOut], Scenario::relay_in_time, Query::Bound),
];

/// Controls that another one stands before: alone, they can go and nothing breaks.
const SECOND_LINES: &[Control] = &[Control::OneUse, Control::Transcript];

fn explore(out: &[Control], scenario: Scenario, queries: &[Query]) -> impl Checker<Handshake> + use<> {
    let model = Handshake { controls: Controls::all_but(out), scenario, queries: queries.to_vec() };
    model.checker().spawn_bfs().join()
}

/// The shortest way to a state in which `query` does not hold, told step by step.
fn attack(out: &[Control], scenario: Scenario, query: Query) -> Option<Vec<String>> {
    let path = explore(out, scenario, &[query]).discoveries().into_values().next()?;
    let steps = path.into_vec();
    Some(steps.into_iter().filter_map(|(world, action)| Some(action?.told(&world).to_string())).collect())
}

fn assert_claims(out: &[Control], scenario: Scenario) {
    let (name, conceded) = (scenario.name, scenario.conceded());
    let claimed: Vec<Query> = Query::ALL.into_iter().filter(|query| !conceded.contains(query)).collect();
    let checker = explore(out, scenario, &claimed);
    let broken: Vec<_> = checker.discoveries().into_keys().collect();
    assert!(broken.is_empty(), "{name}, without {out:?}: {broken:?} do not hold");
}

#[test]
fn every_claim_holds_in_every_state() {
    for scenario in Scenario::all() {
        assert_claims(&[], scenario);
    }
}

#[test]
fn second_lines_are_second() {
    for control in SECOND_LINES {
        for scenario in Scenario::all() {
            assert_claims(&[*control], scenario);
        }
    }
}

#[test]
fn every_control_and_every_query_has_a_row() {
    for control in Control::ALL {
        assert!(ROWS.iter().any(|row| row.out.first() == Some(&control)), "{control:?} is nowhere taken out");
    }
    for query in Query::ALL {
        assert!(ROWS.iter().any(|row| row.query == query), "{query:?} is nowhere broken");
    }
    for row in ROWS {
        assert!(!(row.scenario)().conceded().contains(&row.query), "without {:?}: {:?} is not claimed at all", row.out, row.query);
        assert!(row.out.len() == 1 || SECOND_LINES.contains(&row.out[0]), "{:?}: which one is it?", row.out);
    }
}

/// The page of attacks is what the model finds: without each control, and where a claim is conceded.
#[test]
fn the_page_tells_the_attacks_that_are_found() {
    let mut page = String::from(
        "# The attacks that the model finds\n\nWritten by the model itself; a test compares. Each is a shortest one. What the names mean: [README.md](README.md).\n",
    );
    page.push_str("\n## Without a control\n");
    for Row { out, scenario, query } in ROWS {
        let found = attack(out, scenario(), *query);
        let steps = found.unwrap_or_else(|| panic!("without {out:?}, {query:?} still holds against {}", scenario().name));
        write!(page, "\n### Without {}: `{query:?}` fails against {}\n\n", Controls::all_but(out), scenario().name).unwrap();
        number(&mut page, &steps);
    }
    page.push_str("\n## Conceded, with every control\n");
    for scenario in Scenario::all() {
        for query in scenario.conceded() {
            let found = attack(&[], scenario.clone(), *query);
            let steps = found.unwrap_or_else(|| panic!("{query:?} holds against {}: claim it", scenario.name));
            write!(page, "\n### `{query:?}` fails against {}\n\n", scenario.name).unwrap();
            number(&mut page, &steps);
        }
    }
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("ATTACKS.md");
    if std::fs::read_to_string(&there).ok().as_deref() != Some(&*page) {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ATTACKS.md");
        std::fs::write(&new, page).unwrap();
        panic!("docs/model/ATTACKS.md tells other attacks than the model finds; if those in {} are right, copy it there", new.display());
    }
}

fn number(page: &mut String, steps: &[String]) {
    for (n, step) in steps.iter().enumerate() {
        writeln!(page, "{}. {step}", n + 1).unwrap();
    }
}

/// A model in which nothing ever succeeds would satisfy every query.
#[test]
fn honest_people_get_through_and_so_does_mallory_under_her_own_name() {
    let all = |world: &World| world.ends.iter().all(|end| end.stage == Stage::Done && matches!(end.link, Link::End(_)));
    let shown = |world: &World| world.ends.iter().any(|end| end.shown);
    for scenario in [Scenario::relay(), Scenario::relay_in_time(), Scenario::stolen_code(), Scenario::authority(), Scenario::provider()] {
        assert!(reaches(scenario.clone(), &|world| all(world) && shown(world)), "{}", scenario.name);
    }
    let helped = |world: &World| {
        let by_mallory = |ticket: crate::terms::Ticket| ticket.party(Role::Helper).0 == Person::Mallory;
        world.ends.iter().any(|end| end.shown && end.ticket.is_some_and(by_mallory))
    };
    for scenario in [Scenario::insider(), Scenario::insider_twice(), Scenario::stolen_token()] {
        assert!(reaches(scenario.clone(), &helped), "{}", scenario.name);
    }
}

/// Whether a state is reached, by a walk of its own: a second opinion on the explorer.
fn reaches(scenario: Scenario, wanted: &dyn Fn(&World) -> bool) -> bool {
    let model = Handshake { controls: Controls::all_but(&[]), scenario, queries: Vec::new() };
    let mut seen = std::collections::HashSet::new();
    let mut waiting = model.init_states();
    while let Some(world) = waiting.pop() {
        if wanted(&world) {
            return true;
        }
        if seen.insert(world.clone()) {
            waiting.extend(model.next_steps(&world).into_iter().map(|(_, next)| next));
        }
    }
    false
}
