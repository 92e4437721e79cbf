//! A command has a folder, a type, a resource and a route, or the build is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use models::{payloads, root};
use protocol::openim;
use support::{FED, FUNCTIONS};

use crate::template::{Template, events};

#[test]
fn functions_routes_and_commands_agree() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let template = Template::with(&[]);
    let routes = template.routes();
    let routed: BTreeSet<String> = routes.values().cloned().collect();
    let fed: BTreeSet<String> = template
        .functions()
        .into_iter()
        .filter(|(_, function)| events(function).all(|(kind, _)| kind != "Api"))
        .map(|(folder, _)| folder)
        .collect();
    let invoked: BTreeSet<String> = routed.union(&fed).cloned().collect();
    assert_eq!(
        folders, invoked,
        "every folder has a route or is fed by an event source, and the reverse"
    );
    assert_eq!(
        fed,
        FED.iter().map(|&name| name.to_owned()).collect(),
        "the tests know every function that an event source feeds"
    );

    let commands: BTreeSet<String> = openim::COMMANDS
        .iter()
        .map(|command| format!("/{command}"))
        .collect();
    let openim_routes: BTreeSet<String> = routes
        .keys()
        .filter(|route| route.starts_with("/callback"))
        .cloned()
        .collect();
    assert_eq!(
        commands, openim_routes,
        "every OpenIM command has its route"
    );
    assert_eq!(routes["/tencent"], "tencent");
    for (route, folder) in &routes {
        if let Some(command) = route.strip_prefix("/callback") {
            let command = command.strip_suffix("Command").unwrap();
            assert_eq!(&kebab_case(command), folder, "{route}");
        }
    }
    assert_eq!(routes["/"], "any-command");
    assert_eq!(routes["/{proxy+}"], "any-command");
    assert_eq!(
        FUNCTIONS.len(),
        routed.len(),
        "the tests know every function that callbacks reach"
    );
}

#[test]
fn a_laptop_has_the_routes_of_the_stack() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, table) = manifest
        .split_once("[workspace.metadata.lambda.watch.router]\n")
        .unwrap();
    let routes: BTreeMap<String, String> = table
        .lines()
        .map_while(|line| line.split_once(" = "))
        .map(|(route, function)| {
            let route = route.trim_matches('"').replace("{*path}", "{proxy+}");
            (route, function.trim_matches('"').to_owned())
        })
        .collect();
    assert_eq!(routes, Template::with(&[]).routes());
}

#[test]
fn every_command_has_payloads_a_sample_and_a_line_in_the_readme() {
    let with_payloads: BTreeSet<String> = payloads().into_iter().map(|one| one.command).collect();
    let commands = openim::COMMANDS.iter().chain(protocol::tencent::COMMANDS);
    let commands: BTreeSet<String> = commands.map(|command| (*command).to_owned()).collect();
    assert_eq!(with_payloads, commands);
    let sample = fs::read_to_string(root().join("cli/src/sample.rs")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in &commands {
        assert!(
            readme.contains(&format!("| `{command}` | [`")),
            "the README's table of callbacks lacks {command}"
        );
        assert!(
            sample.contains(&format!("\"{command}\"")),
            "make sample lacks {command}"
        );
    }
}

#[test]
fn the_catch_all_links_every_handler() {
    let code = fs::read_to_string(root().join("functions/any-command/src/lib.rs")).unwrap();
    for (function, _) in FUNCTIONS.iter().filter(|(name, _)| *name != "any-command") {
        let handler = match *function {
            "tencent" => "tencent::handlers".to_owned(),
            other => format!("{}::handle", other.replace('-', "_")),
        };
        assert!(code.contains(&handler), "{handler}");
    }
}

#[test]
fn every_command_of_tencent_chat_has_a_handler() {
    let handled: BTreeSet<String> = tencent::handlers()
        .iter()
        .map(|handler| format!("{handler:?}"))
        .collect();
    let commands = protocol::tencent::COMMANDS.iter();
    assert_eq!(handled, commands.map(|it| (*it).to_owned()).collect());
}

#[test]
fn every_readme_table_of_codes_is_the_codes_own() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for kind in receiver::ProblemKind::ALL {
        let row = format!(
            "| {} | {} | {} |",
            kind.code().get(),
            kind.status(),
            kind.message()
        );
        assert!(readme.contains(&row), "README.md lacks the row: {row}");
    }
}

fn kebab_case(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab
}
