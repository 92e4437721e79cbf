//! A command has a folder, a type, a resource and a route, or the build is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use protocol::{openim, tencent};
use serde_yaml_ng::Value;

use crate::support::{FED, FUNCTIONS, payloads, root};

fn yaml(file: &str) -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap()
}

/// Function folder to its properties, as template.yaml has it.
fn template_functions() -> BTreeMap<String, Value> {
    let template = yaml("template.yaml");
    let resources = template["Resources"].as_mapping().unwrap();
    let functions = resources
        .values()
        .filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    functions
        .map(|function| {
            let properties = function["Properties"].clone();
            let folder = properties["CodeUri"].as_str().unwrap();
            let folder = folder
                .strip_prefix("target/lambda/")
                .and_then(|folder| folder.strip_suffix('/'))
                .unwrap();
            (folder.to_owned(), properties)
        })
        .collect()
}

/// The kinds and properties of what invokes a function.
fn events(function: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let events = function["Events"].as_mapping().unwrap().values();
    events.map(|event| (event["Type"].as_str().unwrap(), &event["Properties"]))
}

/// Route to function folder, as template.yaml has it.
fn template_routes() -> BTreeMap<String, String> {
    let mut routes = BTreeMap::new();
    for (folder, function) in template_functions() {
        for (_, route) in events(&function).filter(|(kind, _)| *kind == "Api") {
            assert_eq!(route["Method"], "ANY", "a GET is answered by us, too");
            let path = route["Path"].as_str().unwrap();
            routes.insert(path.to_owned(), folder.clone());
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
    let fed: BTreeSet<String> = template_functions()
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
    assert_eq!(routes, template_routes());
}

#[test]
fn every_command_has_payloads_and_a_sample() {
    let with_payloads: BTreeSet<String> = payloads().into_iter().map(|one| one.command).collect();
    let commands = openim::COMMANDS.iter().chain(tencent::COMMANDS);
    let commands: BTreeSet<String> = commands.map(|command| (*command).to_owned()).collect();
    assert_eq!(with_payloads, commands);
    let sample = fs::read_to_string(root().join("local/src/sample.rs")).unwrap();
    for command in &commands {
        assert!(
            sample.contains(&format!("\"{command}\"")),
            "make sample lacks {command}"
        );
    }
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

/// What a role allows: actions and the resource of each statement.
fn allowed(role: &str) -> Vec<(String, String)> {
    let role = yaml("template.yaml")["Resources"][role]["Properties"].clone();
    assert!(role["ManagedPolicyArns"].is_null());
    let policies = role["Policies"].as_sequence().unwrap();
    policies
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_sequence().unwrap())
        .map(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let actions = match &statement["Action"] {
                Value::Sequence(actions) => {
                    let actions = actions.iter().map(|action| action.as_str().unwrap());
                    actions.collect::<Vec<_>>().join(" ")
                }
                action => action.as_str().unwrap().to_owned(),
            };
            let Value::Tagged(resource) = &statement["Resource"] else {
                panic!("a resource that is not of this stack: {statement:?}");
            };
            (actions, resource.value.as_str().unwrap().to_owned())
        })
        .collect()
}

const LOGS: &str = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/${AWS::StackName}/";

#[test]
fn every_function_may_do_what_it_is_for_and_nothing_else() {
    let statement = |actions: &str, resource: &str| (actions.to_owned(), resource.to_owned());
    let logs = "logs:CreateLogStream logs:PutLogEvents";
    for (folder, function) in template_functions() {
        let role = match folder.as_str() {
            "redrive" => "RedriveRole.Arn",
            "project-relationships" => "ProjectRelationshipsRole.Arn",
            _ => "ReceiverRole.Arn",
        };
        assert_eq!(get_att(&function["Role"]), Some(role), "{folder}");
        assert!(function["Policies"].is_null(), "{folder}");
    }
    assert_eq!(
        allowed("ReceiverRole"),
        [
            statement("dynamodb:PutItem", "EventsTable.Arn"),
            statement("sqs:SendMessage", "EventsQueue.Arn"),
            statement(logs, &format!("{LOGS}*")),
        ]
    );
    assert_eq!(
        allowed("RedriveRole"),
        [
            statement("dynamodb:PutItem", "EventsTable.Arn"),
            statement(
                "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes",
                "EventsQueue.Arn"
            ),
            statement(logs, &format!("{LOGS}redrive:*")),
        ]
    );
    assert_eq!(
        allowed("ProjectRelationshipsRole"),
        [
            statement(
                "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
                "EventsTable.StreamArn"
            ),
            statement("dynamodb:ListStreams", "${EventsTable.Arn}/stream/*"),
            statement("dynamodb:PutItem", "RelationshipsTable.Arn"),
            statement("sqs:SendMessage", "RelationshipsFailures.Arn"),
            statement(logs, "ProjectRelationshipsLogs.Arn"),
        ]
    );
}

#[test]
fn a_queued_event_is_tried_a_bounded_number_of_times_and_then_kept_for_a_person() {
    let template = yaml("template.yaml");
    let resources = &template["Resources"];
    for queue in ["EventsQueue", "EventsDeadLetterQueue"] {
        assert_eq!(resources[queue]["DeletionPolicy"], "RetainExceptOnCreate");
        let retention = &resources[queue]["Properties"]["MessageRetentionPeriod"];
        assert_eq!(*retention, 1_209_600);
    }
    let queue = &resources["EventsQueue"]["Properties"];
    assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 100);
    let dead_letters = &queue["RedrivePolicy"]["deadLetterTargetArn"];
    assert_eq!(get_att(dead_letters), Some("EventsDeadLetterQueue.Arn"));
    let redrive = &template_functions()["redrive"];
    let timeout = redrive["Timeout"].as_u64().unwrap();
    assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
    let (kind, source) = events(redrive).next().unwrap();
    assert_eq!(kind, "SQS");
    assert_eq!(
        source["FunctionResponseTypes"],
        literal("[ReportBatchItemFailures]")
    );
}

#[test]
fn the_projection_hears_of_stored_relations_only_and_gives_up_what_it_cannot_apply() {
    let function = &template_functions()["project-relationships"];
    let (kind, source) = events(function).next().unwrap();
    assert_eq!(kind, "DynamoDB");
    assert_eq!(get_att(&source["Stream"]), Some("EventsTable.StreamArn"));
    assert_eq!(source["StartingPosition"], "TRIM_HORIZON");
    let pattern = source["FilterCriteria"]["Filters"][0]["Pattern"]
        .as_str()
        .unwrap();
    let pattern: serde_json::Value = serde_json::from_str(pattern).unwrap();
    assert_eq!(pattern["eventName"], serde_json::json!(["INSERT"]));
    assert_eq!(
        pattern["dynamodb"]["NewImage"][store::item::FAMILY]["S"],
        serde_json::json!([store::item::RELATION])
    );
    assert_eq!(source["BisectBatchOnFunctionError"], true);
    assert!(source["MaximumRetryAttempts"].as_u64().unwrap() > 0);
    assert_eq!(
        source["FunctionResponseTypes"],
        literal("[ReportBatchItemFailures]")
    );
    let failure = &source["DestinationConfig"]["OnFailure"];
    assert_eq!(failure["Type"], "SQS");
    assert_eq!(
        get_att(&failure["Destination"]),
        Some("RelationshipsFailures.Arn")
    );
}

#[test]
fn the_relationships_table_is_kept_recoverable_and_has_the_index_that_is_asked() {
    let template = yaml("template.yaml");
    let table = &template["Resources"]["RelationshipsTable"];
    assert_eq!(table["DeletionPolicy"], "RetainExceptOnCreate");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let properties = &table["Properties"];
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    let recovery = &properties["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"], true);
    assert_eq!(
        properties["GlobalSecondaryIndexes"][0]["IndexName"],
        store::relationships_table::BY_OTHER
    );
    assert!(
        properties["TimeToLiveSpecification"].is_null(),
        "rows do not expire"
    );
}

#[test]
fn the_events_table_is_kept_streamed_recoverable_and_expires() {
    let template = yaml("template.yaml");
    let table = &template["Resources"]["EventsTable"];
    assert_eq!(table["DeletionPolicy"], "RetainExceptOnCreate");
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

fn literal(yaml: &str) -> Value {
    serde_yaml_ng::from_str(yaml).unwrap()
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
