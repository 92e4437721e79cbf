//! The lists of functions, routes and handlers agree. The crate `generate` compares the generated lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use models::root;
use support::{FED, FUNCTIONS};

use crate::template::{Template, events, everything};

#[test]
fn the_tests_start_the_functions_of_the_stack() {
    let template = Template::with(&[]);
    let routes = template.routes();
    let mut expected: BTreeMap<String, String> = FUNCTIONS
        .iter()
        .filter(|(function, _)| *function != "any-command")
        .map(|(function, route)| ((*route).to_owned(), (*function).to_owned()))
        .collect();
    for route in ["/", "/{proxy+}"] {
        expected.insert(route.to_owned(), "any-command".to_owned());
    }
    assert_eq!(routes, expected);
    let fed: BTreeSet<String> = everything()
        .functions()
        .into_iter()
        .filter(|(_, function)| events(function).all(|(kind, _)| kind != "Api"))
        .map(|(_, function)| function["CodeUri"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        fed,
        FED.iter()
            .map(|name| format!("target/lambda/{name}/"))
            .collect(),
        "the tests know every function that an event source calls"
    );
}

#[test]
fn cargo_lambda_watch_has_the_routes_of_the_stack() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, table) = manifest
        .split_once("[workspace.metadata.lambda.watch.router]\n")
        .unwrap();
    let routes: BTreeMap<String, String> = table
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(route, function)| {
            let route = route.trim_matches('"').replace("{*path}", "{proxy+}");
            (route, function.trim_matches('"').to_owned())
        })
        .collect();
    assert_eq!(routes, Template::with(&[]).routes());
}

#[test]
fn the_catch_all_has_a_handler_of_every_command() {
    let handlers = any_command::handlers();
    let mut handled: Vec<&str> = handlers.iter().map(|it| it.command().name).collect();
    let mut commands: Vec<&str> = protocol::catalogue().map(|it| it.name).collect();
    handled.sort_unstable();
    commands.sort_unstable();
    assert_eq!(handled, commands, "every command has one handler");
}

#[test]
fn the_documented_error_codes_are_those_of_the_code() {
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    for kind in receiver::ProblemKind::ALL {
        let row = format!(
            "| {} | {} | {} |",
            kind.code().get(),
            kind.status(),
            kind.message()
        );
        assert!(
            page.contains(&row),
            "docs/configuration.md lacks the row: {row}"
        );
    }
}
