//! A command has a folder, a type, a resource and a route, or the build is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use protocol::{openim, tencent};
use serde_yaml_ng::Value;

use crate::support::{FUNCTIONS, root};

fn yaml(file: &str) -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap()
}

/// Route to function folder, as template.yaml has it.
fn template_routes() -> BTreeMap<String, String> {
    let template = yaml("template.yaml");
    let mut routes = BTreeMap::new();
    for (_, resource) in template["Resources"].as_mapping().unwrap() {
        if resource["Type"] != "AWS::Serverless::Function" {
            continue;
        }
        let properties = &resource["Properties"];
        let folder = properties["CodeUri"].as_str().unwrap();
        let folder = folder
            .strip_prefix("target/lambda/")
            .and_then(|folder| folder.strip_suffix('/'))
            .unwrap();
        for (_, event) in properties["Events"].as_mapping().unwrap() {
            assert_eq!(event["Type"], "Api");
            assert_eq!(
                event["Properties"]["Method"], "ANY",
                "a GET is answered by us, too"
            );
            let path = event["Properties"]["Path"].as_str().unwrap();
            routes.insert(path.to_owned(), folder.to_owned());
        }
    }
    routes
}

#[test]
fn functions_routes_and_commands_agree() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let routes = template_routes();
    let routed: BTreeSet<String> = routes.values().cloned().collect();
    assert_eq!(
        folders, routed,
        "every folder has a route, every route a folder"
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
    assert_eq!(routes["/tencent"], "tencent-friend-delete");
    assert_eq!(
        tencent::COMMANDS.len(),
        1,
        "a second one needs a function that chooses by the query"
    );
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
        folders.len(),
        "the tests know every function"
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
    assert_eq!(routes, template_routes());
}

#[test]
fn the_catch_all_links_every_handler() {
    let main = fs::read_to_string(root().join("functions/any-command/src/main.rs")).unwrap();
    for (function, _) in FUNCTIONS.iter().filter(|(name, _)| *name != "any-command") {
        let handler = format!("{}::handle", function.replace('-', "_"));
        assert!(main.contains(&handler), "{handler}");
    }
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

#[test]
fn a_callback_function_may_store_events_and_write_its_log_and_nothing_else() {
    let template = yaml("template.yaml");
    let resources = template["Resources"].as_mapping().unwrap();
    for (name, resource) in resources {
        if resource["Type"] == "AWS::Serverless::Function" {
            let properties = &resource["Properties"];
            assert_eq!(
                get_att(&properties["Role"]),
                Some("ReceiverRole.Arn"),
                "{name:?}"
            );
            assert!(properties["Policies"].is_null(), "{name:?}");
        }
    }
    let role = &template["Resources"]["ReceiverRole"]["Properties"];
    assert!(role["ManagedPolicyArns"].is_null());
    let policies = role["Policies"].as_sequence().unwrap();
    let statements: Vec<&Value> = policies
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_sequence().unwrap())
        .collect();
    assert_eq!(statements.len(), 2);
    assert_eq!(statements[0]["Action"], "dynamodb:PutItem");
    assert_eq!(get_att(&statements[0]["Resource"]), Some("EventsTable.Arn"));
    assert_eq!(
        statements[1]["Action"],
        serde_yaml_ng::from_str::<Value>("[logs:CreateLogStream, logs:PutLogEvents]").unwrap()
    );
}

#[test]
fn the_events_table_is_kept_streamed_recoverable_and_expires() {
    let template = yaml("template.yaml");
    let table = &template["Resources"]["EventsTable"];
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let properties = &table["Properties"];
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(
        properties["TimeToLiveSpecification"]["AttributeName"],
        store::item::EXPIRES_AT
    );
    assert_eq!(properties["TimeToLiveSpecification"]["Enabled"], true);
    assert_eq!(
        properties["StreamSpecification"]["StreamViewType"],
        "NEW_IMAGE"
    );
    let recovery = &properties["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"], true);
    let keys = properties["KeySchema"].as_sequence().unwrap();
    assert_eq!(keys[0]["AttributeName"], store::item::PK);
    assert_eq!(keys[1]["AttributeName"], store::item::SK);
}

#[test]
fn what_the_gateway_says_by_itself_is_a_refusal_for_openim() {
    let template = yaml("template.yaml");
    let responses = &template["Resources"]["Api"]["Properties"]["GatewayResponses"];
    for kind in ["DEFAULT_4XX", "DEFAULT_5XX"] {
        let body = responses[kind]["ResponseTemplates"]["application/json"]
            .as_str()
            .unwrap();
        let verdict = crate::support::read_as_openim(body);
        assert!(
            matches!(
                verdict,
                crate::support::Verdict::Refused { code: 29020, .. }
            ),
            "{kind}: {verdict:?}"
        );
    }
}

fn get_att(value: &Value) -> Option<&str> {
    match value {
        Value::Tagged(tagged) if tagged.tag == "GetAtt" => tagged.value.as_str(),
        _ => None,
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
