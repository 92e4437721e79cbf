//! What template.yaml becomes with its parameters: the permissions, the verifiers and the limits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use models::{Verdict, read_as_openim, root};
use serde_json::{Map, Value, json};
use support::SDK_APP_ID;

/// template.yaml as CloudFormation reads it with these parameters. It has only the resources and outputs whose
/// condition holds, the chosen branches, and the values of the parameters. Values that are known only after a
/// deployment stay in the long form: `{"Ref": "EventsTable"}`, `{"Fn::GetAtt": "EventsTable.Arn"}`.
pub(crate) struct Template {
    document: Value,
    parameters: BTreeMap<String, Value>,
}

impl Template {
    /// The template with these parameters, and the defaults of all others.
    pub(crate) fn with(parameters: &[(&str, &str)]) -> Self {
        Self::of(&text(), parameters)
    }

    /// The same with another text of the template.
    pub(crate) fn of(text: &str, parameters: &[(&str, &str)]) -> Self {
        let document = long_form(serde_yaml_ng::from_str(text).unwrap());
        let declared = document["Parameters"].as_object().unwrap();
        let mut values: BTreeMap<String, Value> = declared
            .iter()
            .map(|(name, parameter)| (name.clone(), parameter["Default"].clone()))
            .collect();
        for (name, value) in parameters {
            let replaced = values.insert((*name).to_owned(), json!(value));
            assert!(replaced.is_some(), "template.yaml has no parameter {name}");
        }
        Self {
            document,
            parameters: values,
        }
    }

    /// The existing resources, by name.
    pub(crate) fn resources(&self) -> BTreeMap<String, Value> {
        self.existing("Resources")
    }

    /// The existing outputs, by name.
    pub(crate) fn outputs(&self) -> BTreeMap<String, Value> {
        self.existing("Outputs")
    }

    /// The value of a parameter, as a text.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let value = self.parameters.get(name)?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned),
        )
    }

    fn existing(&self, section: &str) -> BTreeMap<String, Value> {
        self.document[section]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, entry)| {
                entry["Condition"]
                    .as_str()
                    .is_none_or(|condition| self.holds(&json!({ "Condition": condition })))
            })
            .map(|(name, entry)| (name.clone(), self.resolved(entry).unwrap()))
            .collect()
    }

    fn properties(&self, resource: &str) -> Value {
        let resources = self.resources();
        let found = resources.get(resource);
        found.unwrap_or_else(|| panic!("template.yaml has no {resource}"))["Properties"].clone()
    }

    /// Each function's folder, with the function's properties. They include those that all functions share. A second function
    /// from a folder has its own name instead.
    pub(crate) fn functions(&self) -> BTreeMap<String, Value> {
        let shared = self
            .resolved(&self.document["Globals"]["Function"])
            .unwrap();
        let variables = &shared["Environment"]["Variables"];
        let mut functions = BTreeMap::new();
        self.resources()
            .into_iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
            .for_each(|(name, mut function)| {
                let mut properties = function["Properties"].take();
                let mut environment = variables.as_object().unwrap().clone();
                if let Some(own) = properties["Environment"]["Variables"].as_object() {
                    environment.extend(own.clone());
                }
                properties["Environment"] = Value::Object(environment);
                let own = &properties["LoggingConfig"];
                assert!(own.is_null(), "functions share the setting in Globals");
                properties["LoggingConfig"] = shared["LoggingConfig"].clone();
                let folder = properties["CodeUri"].as_str().unwrap();
                let folder = folder
                    .strip_prefix("target/lambda/")
                    .and_then(|folder| folder.strip_suffix('/'))
                    .unwrap();
                let key = match functions.contains_key(folder) {
                    true => name,
                    false => folder.to_owned(),
                };
                functions.insert(key, properties);
            });
        functions
    }

    /// Each route, with the folder of its function.
    pub(crate) fn routes(&self) -> BTreeMap<String, String> {
        assert_eq!(self.wrong_routes(), [""; 0]);
        let routes = self.methods().into_iter();
        routes.map(|(path, folder, _)| (path, folder)).collect()
    }

    /// The routes with another method than POST, except those of `any-command`: it answers any method at any other path in a
    /// form that both servers can read.
    fn wrong_routes(&self) -> Vec<String> {
        let methods = self.methods().into_iter();
        let wrong = methods.filter(|(_, folder, method)| {
            *method
                != if folder == "any-command" {
                    "ANY"
                } else {
                    "POST"
                }
        });
        wrong
            .map(|(path, _, method)| format!("{method} {path}"))
            .collect()
    }

    /// The path of each route, the folder of its function, and the method.
    fn methods(&self) -> Vec<(String, String, String)> {
        let functions = self.functions();
        let routes = functions.iter().flat_map(|(folder, function)| {
            let routes = events(function).filter(|(kind, _)| *kind == "Api");
            routes.map(|(_, route)| {
                let text = |name: &str| route[name].as_str().unwrap().to_owned();
                (text("Path"), folder.clone(), text("Method"))
            })
        });
        routes.collect()
    }

    /// What lets a reader of the stream lose records, or hold up all others because of one.
    fn wrong_readers(&self) -> Vec<String> {
        let functions = self.functions();
        let readers = functions.iter().flat_map(|(folder, function)| {
            let readers = events(function).filter(|(kind, _)| *kind == "DynamoDB");
            readers.map(move |(_, source)| (folder, source))
        });
        let mut wrong = Vec::new();
        for (folder, source) in readers {
            for (setting, needed) in [
                ("StartingPosition", json!("TRIM_HORIZON")),
                ("BisectBatchOnFunctionError", json!(true)),
                ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
                ("MaximumRetryAttempts", json!(-1)),
                // The stream keeps a record for 24 hours. Before that, Lambda names it in the queue.
                ("MaximumRecordAgeInSeconds", json!(23 * 60 * 60)),
                ("ParallelizationFactor", json!(10)),
            ] {
                if source[setting] != needed {
                    wrong.push(format!("{folder}: {setting} is {}", source[setting]));
                }
            }
            if source["DestinationConfig"]["OnFailure"]["Type"] != "SQS" {
                wrong.push(format!("{folder}: no queue for what it gives up"));
            }
        }
        wrong
    }

    /// The permissions of a role: the actions and the resource of each statement.
    fn allowed(&self, role: &str) -> Vec<(String, Value)> {
        let role = self.properties(role);
        let inline = list(&role["Policies"]);
        let managed = list(&role["ManagedPolicyArns"]);
        let managed = managed.iter().map(|policy| {
            let name = policy["Ref"].as_str();
            self.properties(name.expect("the policy is a resource of this template"))
        });
        inline
            .into_iter()
            .chain(managed)
            .flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]))
            .map(|statement| {
                assert_eq!(statement["Effect"], "Allow");
                let actions = list(&statement["Action"]);
                let actions: Vec<_> = actions.iter().map(|one| one.as_str().unwrap()).collect();
                (actions.join(" "), statement["Resource"].clone())
            })
            .collect()
    }

    /// The secrets that a role can read.
    fn readable(&self, role: &str) -> BTreeSet<String> {
        self.allowed(role)
            .into_iter()
            .filter(|(actions, _)| actions.contains("secretsmanager"))
            .map(|(_, resource)| resource["Fn::GetAtt"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The reasons why CloudFormation rejects these parameters.
    pub(crate) fn objections(&self) -> Vec<String> {
        let rules = self.document["Rules"].as_object().unwrap().values();
        rules
            .filter(|rule| self.holds(&rule["RuleCondition"]))
            .flat_map(|rule| list(&rule["Assertions"]))
            .filter(|assertion| !self.holds(&assertion["Assert"]))
            .map(|assertion| assertion["AssertDescription"].as_str().unwrap().to_owned())
            .collect()
    }

    fn holds(&self, condition: &Value) -> bool {
        let (function, argument) = only_entry(condition).expect("a condition has one function");
        let all = || list(argument);
        match function {
            "Condition" => self.holds(&self.document["Conditions"][argument.as_str().unwrap()]),
            // CloudFormation compares texts, and numbers as texts.
            "Fn::Equals" => {
                let text = |value: &Value| match self.resolved(value) {
                    Some(Value::Number(number)) => Some(json!(number.to_string())),
                    other => other,
                };
                text(&argument[0]) == text(&argument[1])
            }
            "Fn::Not" => !self.holds(&argument[0]),
            "Fn::And" => all().iter().all(|one| self.holds(one)),
            "Fn::Or" => all().iter().any(|one| self.holds(one)),
            other => panic!("this test does not know the condition function {other}"),
        }
    }

    /// The value with its functions replaced; `None` is `AWS::NoValue`.
    fn resolved(&self, value: &Value) -> Option<Value> {
        match (only_entry(value), value) {
            (Some(("Ref", name)), _) => match name.as_str().unwrap() {
                "AWS::NoValue" => None,
                name => Some(self.parameters.get(name).unwrap_or(value).clone()),
            },
            (Some(("Fn::If", choice)), _) => {
                let condition = json!({ "Condition": choice[0] });
                self.resolved(&choice[if self.holds(&condition) { 1 } else { 2 }])
            }
            (Some(("Fn::FindInMap", path)), _) => {
                let mut found = &self.document["Mappings"];
                for key in list(path) {
                    found = &found[self.resolved(&key).unwrap().as_str().unwrap()];
                }
                assert!(found.is_string(), "{value}");
                Some(found.clone())
            }
            // Only the variables of the long form are resolved.
            (Some(("Fn::Sub", argument @ Value::Array(_))), _) => {
                let variables = self.resolved(&argument[1]).unwrap();
                Some(json!({ "Fn::Sub": [argument[0], variables] }))
            }
            (Some(("Fn::Split", argument)), _) => {
                let text = self.resolved(&argument[1]).unwrap();
                let parts = text.as_str().unwrap().split(argument[0].as_str().unwrap());
                Some(parts.collect())
            }
            (_, Value::Array(items)) => {
                let items = items.iter().filter_map(|item| self.resolved(item));
                Some(items.collect())
            }
            (_, Value::Object(entries)) => {
                let entries = entries
                    .iter()
                    .filter_map(|(name, entry)| Some((name.clone(), self.resolved(entry)?)));
                Some(Value::Object(entries.collect()))
            }
            _ => Some(value.clone()),
        }
    }
}

/// What template.yaml says.
pub(crate) fn text() -> String {
    fs::read_to_string(root().join("template.yaml")).unwrap()
}

/// The event sources of a function: their types and properties.
pub(crate) fn events(function: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let events = function["Events"].as_object().unwrap().values();
    events.map(|event| (event["Type"].as_str().unwrap(), &event["Properties"]))
}

/// Replaces the short form: `!Ref X` becomes `{"Ref": "X"}`, `!Sub X` becomes `{"Fn::Sub": "X"}`.
fn long_form(value: serde_yaml_ng::Value) -> Value {
    use serde_yaml_ng::Value as Yaml;
    match value {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                plain @ ("Ref" | "Condition") => plain.to_owned(),
                function => format!("Fn::{function}"),
            };
            json!({ name: long_form(tagged.value) })
        }
        Yaml::Sequence(items) => items.into_iter().map(long_form).collect(),
        Yaml::Mapping(entries) => {
            let entries = entries
                .into_iter()
                .map(|(name, entry)| (name.as_str().unwrap().to_owned(), long_form(entry)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => serde_json::to_value(other).unwrap(),
    }
}

pub(crate) fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let entries = value.as_object()?;
    let (name, entry) = entries.iter().next()?;
    (entries.len() == 1).then_some((name.as_str(), entry))
}

/// Makes a list of one value, and an empty list of none, as CloudFormation and IAM do.
pub(crate) fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

const SIGNATURE: &[(&str, &str)] = &[
    ("OpenIMVerifier", "signature"),
    ("OpenIMSignatureHeader", "X-Signature"),
    ("OpenIMNonceHeader", "X-Nonce"),
];
const TENCENT: &[(&str, &str)] = &[("TencentSdkAppId", SDK_APP_ID)];
const DECISIONS: &[(&str, &str)] = &[("DecisionUrl", "https://app.example.com/decide")];

const DELIVERY: &[(&str, &str)] = &[("DeliveryUrl", "https://app.example.com/events")];
const FORWARD: &[(&str, &str)] = &[
    ("ForwardUrl", "https://old.example.com/openim"),
    ("KeepBody", "all"),
];
const MODERATION: &[(&str, &str)] = &[
    ("ModerateLater", "picture,video"),
    ("OpenIMApiUrl", "https://im.example.com/api"),
    ("TencentApiUrl", "https://adminapisgp.im.qcloud.com"),
];
const BUS: &[(&str, &str)] = &[("EventBus", "yes"), ("ArchiveDays", "30")];

/// Parameters with which the template has alarms, a dashboard, and all else that an operator can add.
pub(crate) const OPERATED: &[(&str, &str)] = &[
    (
        "AlarmTopicArn",
        "arn:aws:sns:eu-central-1:123456789012:page",
    ),
    (
        "NoticeTopicArn",
        "arn:aws:sns:eu-central-1:123456789012:notice",
    ),
    ("CompositeAlarm", "yes"),
    ("RequestsPerHourMax", "1000000"),
    ("MonthlyBudgetUsd", "100"),
    ("AccessLogs", "yes"),
    ("ChatServerCidrs", "203.0.113.7/32"),
    ("StrangersConcurrency", "20"),
];

/// The template with every resource that has a condition, except a web ACL of the operator's.
pub(crate) fn everything() -> Template {
    Template::with(&parameters_of_everything())
}

pub(crate) fn parameters_of_everything() -> Vec<(&'static str, &'static str)> {
    [
        SIGNATURE, TENCENT, DECISIONS, MODERATION, DELIVERY, FORWARD, OPERATED, BUS,
    ]
    .concat()
}

#[test]
fn only_the_functions_of_a_server_can_read_the_secret_of_its_verifier() {
    let open_im: [&[(&str, &str)]; 3] = [
        &[("OpenIMVerifier", "basic")],
        SIGNATURE,
        &[("OpenIMVerifier", "none")],
    ];
    let tencent: [&[(&str, &str)]; 3] = [
        &[],
        TENCENT,
        &[("TencentSdkAppId", SDK_APP_ID), ("TencentVerifier", "none")],
    ];
    for parameters in open_im
        .iter()
        .flat_map(|first| tencent.map(|second| [*first, second].concat()))
    {
        let given = |name: &str, value: &str| parameters.contains(&(name, value));
        let openim_has_secret = !given("OpenIMVerifier", "none");
        let tencent_has_secret =
            given("TencentSdkAppId", SDK_APP_ID) && !given("TencentVerifier", "none");
        let template = Template::with(&parameters);
        assert!(template.objections().is_empty());
        let secrets: BTreeSet<String> = template
            .resources()
            .into_iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::SecretsManager::Secret")
            .map(|(name, _)| format!("{name}.Id"))
            .collect();
        let mut read = BTreeSet::new();
        for (folder, function) in template.functions() {
            let environment = &function["Environment"];
            let called = events(&function).any(|(kind, _)| kind == "Api");
            let mut named = BTreeSet::new();
            for (server, has_secret, variable, secret) in [
                (
                    "openim",
                    openim_has_secret,
                    "OPENIM_SECRET_ID",
                    "OpenIMSecret.Id",
                ),
                (
                    "tencent",
                    tencent_has_secret,
                    "TENCENT_SECRET_ID",
                    "TencentSecret.Id",
                ),
            ] {
                // Every function has the names of both secrets. Its role decides what it can read.
                let expected = match has_secret {
                    true => get_att(secret),
                    false => json!(""),
                };
                assert_eq!(environment[variable], expected, "{folder}");
                let answers = called
                    && (folder == "any-command" || (folder == "tencent") == (server == "tencent"));
                if answers && has_secret {
                    named.insert(secret.to_owned());
                }
            }
            for (variable, parameter) in [
                ("OPENIM_VERIFIER", "OpenIMVerifier"),
                ("OPENIM_BASIC_USER", "OpenIMUser"),
                ("OPENIM_SIGNATURE_ALGORITHM", "OpenIMSignatureAlgorithm"),
                ("OPENIM_SIGNATURE_HEADER", "OpenIMSignatureHeader"),
                ("OPENIM_NONCE_HEADER", "OpenIMNonceHeader"),
                ("OPENIM_SIGNATURE_ENCODING", "OpenIMSignatureEncoding"),
                ("OPENIM_NONCE_WINDOW_SECONDS", "OpenIMNonceWindowSeconds"),
                ("TENCENT_VERIFIER", "TencentVerifier"),
                ("TENCENT_SDK_APP_ID", "TencentSdkAppId"),
                ("SECRETS_AS_OF", "SecretsAsOf"),
            ] {
                assert_eq!(environment[variable], template.parameters[parameter]);
            }
            assert_eq!(template.readable(&role_of(&function)), named, "{folder}");
            read.extend(named);
        }
        assert_eq!(secrets, read, "some function can read every secret");
    }
}

#[test]
fn every_function_gets_the_parameters_for_failures_unknown_commands_and_messages() {
    let chosen = [
        ("OnFailure", "allow"),
        ("UnknownCommand", "refuse"),
        ("MessageContent", "drop"),
        ("MessageSignals", "keep"),
        ("BeforeDeadlineMs", "200"),
    ];
    for (folder, function) in Template::with(&chosen).functions() {
        let environment = &function["Environment"];
        assert_eq!(environment["ON_FAILURE"], "allow", "{folder}");
        assert_eq!(environment["UNKNOWN_COMMAND"], "refuse", "{folder}");
        assert_eq!(environment["MESSAGE_CONTENT"], "drop", "{folder}");
        assert_eq!(environment["MESSAGE_SIGNALS"], "keep", "{folder}");
        assert_eq!(environment["BEFORE_DEADLINE_MS"], "200", "{folder}");
    }
}

#[test]
fn all_functions_log_to_one_group_that_stays_and_can_be_made_again() {
    let template = Template::with(&[("LogRetentionDays", "7"), ("SystemLogLevel", "INFO")]);
    let group = json!({ "Ref": "FunctionLogs" });
    for (folder, function) in template.functions() {
        let logging = &function["LoggingConfig"];
        assert_eq!(logging["LogGroup"], group, "{folder}");
        assert_eq!(logging["LogFormat"], "JSON", "{folder}");
        assert_eq!(logging["SystemLogLevel"], "INFO", "{folder}");
    }
    let resources = template.resources();
    let groups = resources
        .iter()
        .filter(|(_, it)| it["Type"] == "AWS::Logs::LogGroup");
    let groups: Vec<_> = groups.map(|(name, _)| name.as_str()).collect();
    assert_eq!(groups, ["FunctionLogs"]);
    let itself = &resources["FunctionLogs"];
    // It can have the only copy of an event.
    assert_eq!(itself["DeletionPolicy"], "RetainExceptOnCreate");
    assert_eq!(itself["UpdateReplacePolicy"], "Retain");
    assert_eq!(
        itself["Properties"],
        json!({"RetentionInDays": "7"}),
        "a name would be taken when the stack is deployed again"
    );
}

#[test]
fn by_default_both_servers_are_verified_and_a_failure_refuses() {
    let parameters = Template::with(&[]).parameters;
    assert_eq!(parameters["OpenIMVerifier"], "basic");
    assert_eq!(parameters["TencentVerifier"], "token");
    assert_eq!(parameters["OnFailure"], "refuse");
    // An unknown before command must not stop the chat.
    assert_eq!(parameters["UnknownCommand"], "allow");
}

#[test]
fn a_signature_needs_the_names_of_its_headers() {
    assert_eq!(Template::with(&SIGNATURE[..1]).objections().len(), 2);
    assert_eq!(Template::with(&SIGNATURE[..2]).objections().len(), 1);
    assert!(Template::with(SIGNATURE).objections().is_empty());
}

#[test]
fn aws_generates_the_secrets_and_no_parameter_or_variable_contains_them() {
    for (parameters, secret, name, length) in [
        (&[][..], "OpenIMSecret", "OPENIM_BASIC_PASSWORD", 32),
        (SIGNATURE, "OpenIMSecret", "OPENIM_SIGNATURE_KEY", 32),
        (TENCENT, "TencentSecret", "TENCENT_TOKEN", 32),
        // Base64 of 33 bytes: any four letters and digits are three bytes.
        (DECISIONS, "DecisionSecret", "DECISION_SECRET", 44),
        (DELIVERY, "DeliverySecret", "DELIVERY_SECRET", 44),
        (FORWARD, "ForwardSecret", "FORWARD_SECRET", 44),
    ] {
        let template = Template::with(parameters);
        let generated = json!({
            "SecretStringTemplate": "{}", "GenerateStringKey": name,
            "ExcludePunctuation": true, "PasswordLength": length,
        });
        let secret = template.properties(secret);
        assert_eq!(secret["GenerateSecretString"], generated);
        assert!(secret["SecretString"].is_null());
    }
    let template = everything();
    for (folder, function) in template.functions() {
        let variables = function["Environment"].as_object().unwrap();
        for variable in variables.keys() {
            let secret = ["PASSWORD", "TOKEN", "KEY"]
                .iter()
                .any(|word| variable.contains(word));
            assert!(!secret, "{folder} has {variable}");
        }
    }
    for (name, parameter) in template.document["Parameters"].as_object().unwrap() {
        let word = ["Password", "Token", "Key"]
            .iter()
            .find(|word| name.contains(**word));
        assert!(word.is_none() && parameter["NoEcho"].is_null(), "{name}");
    }
    let text = fs::read_to_string(root().join("template.yaml")).unwrap();
    assert!(
        !text.contains("{{resolve:"),
        "CloudFormation would copy a secret"
    );
}

fn get_att(value: &str) -> Value {
    json!({ "Fn::GetAtt": value })
}

fn role_of(function: &Value) -> String {
    assert!(
        function["Policies"].is_null(),
        "every function has a role of the template"
    );
    let role = function["Role"]["Fn::GetAtt"].as_str().unwrap();
    role.strip_suffix(".Arn").unwrap().to_owned()
}

#[test]
fn every_role_has_exactly_the_permissions_that_its_functions_need() {
    let template = everything();
    let statement = |actions: &str, resource: &str| (actions.to_owned(), get_att(resource));
    let logs = statement("logs:CreateLogStream logs:PutLogEvents", "FunctionLogs.Arn");
    for (folder, function) in template.functions() {
        let role = match folder.as_str() {
            "redrive" => "RedriveRole",
            "deliver" => "DeliverRole",
            "Forward" => "ForwardRole",
            "moderate" => "ModerateRole",
            "project-views" => "ProjectViewsRole",
            "publish" => "PublishRole",
            "any-command" => "AnyCommandRole",
            "tencent" => "TencentReceiverRole",
            "before-add-friend" | "before-send-group-msg" => "CountingRole",
            "before-send-single-msg" => "ContactsRole",
            before if before.starts_with("before-") => "AskingRole",
            _ => "OpenIMReceiverRole",
        };
        assert_eq!(role_of(&function), role, "{folder}");
    }
    let receiver = [
        statement("dynamodb:PutItem", "EventsTable.Arn"),
        statement("sqs:SendMessage", "EventsQueue.Arn"),
        logs.clone(),
    ];
    let openim = [
        statement("secretsmanager:GetSecretValue", "OpenIMSecret.Id"),
        statement("dynamodb:PutItem", "NoncesTable.Arn"),
    ];
    let tencent = [statement(
        "secretsmanager:GetSecretValue",
        "TencentSecret.Id",
    )];
    let asks = [statement(
        "secretsmanager:GetSecretValue",
        "DecisionSecret.Id",
    )];
    assert_eq!(
        template.allowed("DeliverRole"),
        [
            statement(
                "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility",
                "DeliveriesQueue.Arn"
            ),
            statement("sqs:SendMessage", "DeliveriesDeadLetterQueue.Arn"),
            statement("secretsmanager:GetSecretValue", "DeliverySecret.Id"),
            logs.clone(),
        ]
    );
    assert_eq!(
        template.allowed("ForwardRole"),
        [
            statement(
                "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility",
                "ForwardQueue.Arn"
            ),
            statement("sqs:SendMessage", "ForwardDeadLetterQueue.Arn"),
            statement("dynamodb:GetItem dynamodb:Query", "EventsTable.Arn"),
            statement("secretsmanager:GetSecretValue", "ForwardSecret.Id"),
            logs.clone(),
        ]
    );
    assert_eq!(
        template.allowed("ModerateRole"),
        [
            statement(
                "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility",
                "ModerationQueue.Arn"
            ),
            statement("dynamodb:PutItem", "EventsTable.Arn"),
            statement("secretsmanager:GetSecretValue", "ModerationSecret.Id"),
            logs.clone(),
            asks[0].clone(),
        ]
    );
    let counts = [statement("dynamodb:UpdateItem", "LimitsTable.Arn")];
    let reads = [statement("dynamodb:BatchGetItem", "RelationshipsTable.Arn")];
    assert_eq!(
        template.allowed("OpenIMReceiverRole"),
        [&receiver[..], &openim].concat()
    );
    assert_eq!(
        template.allowed("AskingRole"),
        [&receiver[..], &openim, &asks].concat()
    );
    assert_eq!(
        template.allowed("CountingRole"),
        [&receiver[..], &openim, &asks, &counts].concat()
    );
    assert_eq!(
        template.allowed("ContactsRole"),
        [&receiver[..], &openim, &asks, &counts, &reads].concat()
    );
    assert_eq!(
        template.allowed("TencentReceiverRole"),
        [&receiver[..], &tencent, &asks, &counts].concat()
    );
    assert_eq!(
        template.allowed("AnyCommandRole"),
        [&receiver[..], &openim, &tencent, &asks, &counts, &reads].concat()
    );
    assert_eq!(
        template.allowed("RedriveRole"),
        [
            statement("dynamodb:PutItem", "EventsTable.Arn"),
            statement(
                "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes",
                "EventsQueue.Arn"
            ),
            logs.clone(),
        ]
    );
    assert_eq!(
        template.allowed("ProjectViewsRole"),
        [
            statement(
                "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
                "EventsTable.StreamArn"
            ),
            (
                "dynamodb:ListStreams".to_owned(),
                json!({ "Fn::Sub": "${EventsTable.Arn}/stream/*" })
            ),
            statement("dynamodb:UpdateItem", "RelationshipsTable.Arn"),
            statement("sqs:SendMessage", "RelationshipsFailures.Arn"),
            logs.clone(),
        ]
    );
    assert_eq!(
        template.allowed("PublishRole"),
        [
            statement(
                "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
                "EventsTable.StreamArn"
            ),
            (
                "dynamodb:ListStreams".to_owned(),
                json!({ "Fn::Sub": "${EventsTable.Arn}/stream/*" })
            ),
            statement("events:PutEvents", "Bus.Arn"),
            statement("sqs:SendMessage", "DeliveriesQueue.Arn"),
            statement("sqs:SendMessage", "ForwardQueue.Arn"),
            statement("sqs:SendMessage", "ModerationQueue.Arn"),
            statement("sqs:SendMessage", "PublishFailures.Arn"),
            logs,
        ]
    );
    // Only a signature needs the table of nonces.
    let basic = Template::with(&[]).allowed("OpenIMReceiverRole");
    assert_eq!(basic, [&receiver[..], &openim[..1]].concat());
}

#[test]
fn only_a_stack_with_a_decision_url_has_anything_for_it() {
    let (without, with) = (Template::with(&[]), Template::with(DECISIONS));
    let names =
        |template: &Template| -> BTreeSet<String> { template.resources().into_keys().collect() };
    let more: Vec<String> = names(&with).difference(&names(&without)).cloned().collect();
    assert_eq!(more, ["AskingRole", "DecisionPolicy", "DecisionSecret"]);
    let variables = [
        "DECISION_URL",
        "DECISION_COMMANDS",
        "DECISION_SECRET_ID",
        "ALLOW_PRIVATE_ADDRESSES",
    ];
    for (folder, function) in without.functions() {
        let values = variables.map(|variable| function["Environment"][variable].clone());
        assert_eq!(values, ["", "", "", "no"], "{folder}");
        assert_ne!(role_of(&function), "AskingRole", "{folder}");
    }
    // With basic authentication: who reads the secret.
    for (folder, function) in with.functions() {
        assert_eq!(
            function["Environment"]["DECISION_SECRET_ID"],
            get_att("DecisionSecret.Id")
        );
        let asks = folder.starts_with("before-") || folder == "tencent" || folder == "any-command";
        let reads = with.readable(&role_of(&function));
        assert_eq!(reads.contains("DecisionSecret.Id"), asks, "{folder}");
    }
}

#[test]
fn no_role_has_a_wildcard_except_in_the_name_of_a_stream() {
    let template = everything();
    let mut wildcards = BTreeSet::new();
    for (name, resource) in template.resources() {
        if resource["Type"] == "AWS::IAM::Role" {
            for (actions, resource) in template.allowed(&name) {
                assert!(!actions.contains('*'), "{name}: {actions}");
                let resource = resource.to_string();
                if resource.contains('*') {
                    wildcards.insert(resource);
                }
            }
        }
    }
    // A stream's name contains the time when it was made.
    let stream = json!({ "Fn::Sub": "${EventsTable.Arn}/stream/*" }).to_string();
    assert_eq!(wildcards, [stream].into());
}

#[test]
fn callers_come_from_the_given_addresses() {
    for (given, expected) in [
        (None, json!(["0.0.0.0/0", "::/0"])),
        (
            Some("203.0.113.7/32,2001:db8::/32"),
            json!(["203.0.113.7/32", "2001:db8::/32"]),
        ),
    ] {
        let given: Vec<_> = given
            .map(|cidrs| ("AllowedCidrs", cidrs))
            .into_iter()
            .collect();
        let api = Template::with(&given).properties("Api");
        assert_eq!(
            api["Auth"],
            json!({"ResourcePolicy": {"CustomStatements": [{
                "Effect": "Allow",
                "Principal": "*",
                "Action": "execute-api:Invoke",
                "Resource": {"Fn::Sub": "execute-api:/${StageName}/*"},
                "Condition": {"IpAddress": {"aws:SourceIp": expected}},
            }]}})
        );
    }
}

#[test]
fn a_health_check_reaches_any_command_with_any_method_and_without_credentials() {
    let template = everything();
    let routes = template.routes();
    // No other route has this path, so the greedy route gets it, with any method.
    assert!(routes.keys().all(|route| !route.contains("healthz")));
    assert_eq!(routes["/{proxy+}"], "any-command");
    let auth = &template.properties("Api")["Auth"];
    let auth: Vec<_> = auth.as_object().unwrap().keys().collect();
    assert_eq!(
        auth,
        ["ResourcePolicy"],
        "the API has no authorizer and no API key"
    );
    for (_, event) in events(&template.functions()["any-command"]) {
        assert!(event["Auth"].is_null(), "{event}");
    }
}

#[test]
fn the_stage_has_the_given_web_acl() {
    assert!(
        !Template::with(&[])
            .resources()
            .contains_key("WebAclAssociation")
    );
    let arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/chat/0f1e";
    let association = Template::with(&[("WebAclArn", arn)]).properties("WebAclAssociation");
    assert_eq!(association["WebACLArn"], arn);
    assert_eq!(
        association["ResourceArn"]["Fn::Sub"],
        "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Api.Stage}"
    );
}

#[test]
fn the_gateways_limits_are_one_default_above_lambdas_own() {
    let limits = |parameters: &[(&str, &str)]| {
        let api = Template::with(parameters).properties("Api");
        let [setting] = list(&api["MethodSettings"]).try_into().unwrap();
        assert_eq!(
            (&setting["ResourcePath"], &setting["HttpMethod"]),
            (&json!("/*"), &json!("*"))
        );
        assert_eq!(
            setting["DataTraceEnabled"], false,
            "data traces would log secrets"
        );
        let stage_update = setting.as_object().unwrap().len() - 2;
        assert!(
            stage_update <= 10,
            "one update of a stage may change ten settings"
        );
        let number = |name: &str| setting[name].clone();
        (
            number("ThrottlingRateLimit"),
            number("ThrottlingBurstLimit"),
        )
    };
    let (rate, burst) = limits(&[]);
    // Lambda's own quota: 1,000 processes that each answer at most ten requests a second. The burst is that of the
    // account.
    assert!(rate.as_u64().unwrap() >= 10 * 1000);
    assert!(burst.as_u64().unwrap() >= 5000);
    let chosen = [
        ("ThrottlingRateLimit", "70"),
        ("ThrottlingBurstLimit", "30"),
    ];
    assert_eq!(limits(&chosen), (json!("70"), json!("30")));
}

/// Every kind of gateway response that API Gateway has.
pub(crate) const GATEWAY_RESPONSES: [&str; 21] = [
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

#[test]
fn openim_reads_the_operators_choice_in_every_answer_of_the_gateway() {
    for choice in ["refuse", "allow"] {
        let api = Template::with(&[("OnFailure", choice)]).properties("Api");
        let responses = api["GatewayResponses"].as_object().unwrap();
        let kinds: BTreeSet<_> = responses.keys().map(String::as_str).collect();
        assert_eq!(kinds, GATEWAY_RESPONSES.into());
        for (kind, response) in responses {
            assert!(response["StatusCode"].is_null(), "{kind} keeps its status");
            let templates = response["ResponseTemplates"].as_object().unwrap();
            let types: Vec<_> = templates.keys().collect();
            assert_eq!(types, ["application/json"], "{kind}");
            let body = templates["application/json"].as_str().unwrap();
            assert_eq!(read_as_openim(body), gateway_verdict(choice), "{kind}");
            // Both fields are written, although OpenIM reads missing ones as "allowed", too.
            let answer: Value = serde_json::from_str(body).unwrap();
            let next = u8::from(choice == "refuse");
            assert_eq!(
                (&answer["actionCode"], &answer["nextCode"]),
                (&json!(0), &json!(next))
            );
        }
        assert_eq!(
            api["AlwaysDeploy"], true,
            "SAM deploys a changed API definition, and this choice does not change it"
        );
    }
}

/// What OpenIM reads in the gateway's own answers.
pub(crate) fn gateway_verdict(on_failure: &str) -> Verdict {
    match on_failure {
        "allow" => Verdict::Allowed,
        _ => Verdict::Refused {
            code: 29020,
            message: "the webhook gateway refused the request".to_owned(),
            detail: "$context.error.responseType".to_owned(),
        },
    }
}

#[test]
fn a_queued_event_is_tried_100_times_and_then_kept_in_the_dead_letter_queue() {
    let template = Template::with(&[]);
    let resources = template.resources();
    for queue in ["EventsQueue", "EventsDeadLetterQueue"] {
        assert_eq!(resources[queue]["DeletionPolicy"], "RetainExceptOnCreate");
        let retention = &resources[queue]["Properties"]["MessageRetentionPeriod"];
        assert_eq!(*retention, 1_209_600);
    }
    let queue = &resources["EventsQueue"]["Properties"];
    assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 100);
    let dead_letters = &queue["RedrivePolicy"]["deadLetterTargetArn"];
    assert_eq!(*dead_letters, get_att("EventsDeadLetterQueue.Arn"));
    let redrive = &template.functions()["redrive"];
    let timeout = redrive["Timeout"].as_u64().unwrap();
    assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
    let (kind, source) = events(redrive).next().unwrap();
    assert_eq!(kind, "SQS");
    assert_eq!(
        source["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
}

#[test]
fn a_stack_without_a_delivery_url_or_a_forward_url_has_no_queue_no_function_and_no_alarm_for_it() {
    let names = |parameters: &[(&str, &str)]| {
        let resources = Template::with(parameters).resources();
        resources.into_keys().collect::<BTreeSet<_>>()
    };
    let without = names(OPERATED);
    let of_both = [
        "DeliveryFailingAlarm",
        "NotDeliveredFilter",
        "Publish",
        "PublishBehindAlarm",
        "PublishFailures",
        "PublishGaveUpAlarm",
        "PublishLosesAlarm",
        "PublishRole",
    ];
    for (parameters, own) in [
        (
            DELIVERY,
            [
                "Deliver",
                "DeliverRole",
                "DeliveriesDeadLetterQueue",
                "DeliveriesQueue",
                "DeliveryDeadAlarm",
                "DeliverySecret",
            ],
        ),
        (
            FORWARD,
            [
                "Forward",
                "ForwardDeadAlarm",
                "ForwardDeadLetterQueue",
                "ForwardQueue",
                "ForwardRole",
                "ForwardSecret",
            ],
        ),
    ] {
        let with = names(&[OPERATED, parameters].concat());
        let more: BTreeSet<_> = with.difference(&without).map(String::as_str).collect();
        assert_eq!(more, own.into_iter().chain(of_both).collect());
        assert!(without.is_subset(&with));
    }
    let without = Template::with(OPERATED);
    let mut resources = without.resources();
    // Its text names what it would put together.
    resources.remove("Dashboard");
    let text = serde_json::to_string(&resources).unwrap()
        + &serde_json::to_string(&without.existing("Outputs")).unwrap();
    assert!(
        !text.contains("Deliver") && !text.contains("Forward"),
        "{text}"
    );
}

#[test]
fn deliveries_keep_their_order_and_have_time_for_a_pause_and_for_the_last_tries() {
    let concurrency = &[("DeliveryConcurrency", "3")][..];
    let template = Template::with(&[DELIVERY, FORWARD, concurrency].concat());
    for (function, queue, dead_letters, variables) in [
        (
            "deliver",
            "DeliveriesQueue",
            "DeliveriesDeadLetterQueue",
            [
                ("DELIVERY_URL", json!("https://app.example.com/events")),
                ("DELIVERY_SECRET_ID", get_att("DeliverySecret.Id")),
                ("DELIVERY_BATCH", json!("no")),
            ],
        ),
        (
            "Forward",
            "ForwardQueue",
            "ForwardDeadLetterQueue",
            [
                ("FORWARD_URL", json!("https://old.example.com/openim")),
                ("FORWARD_SECRET_ID", get_att("ForwardSecret.Id")),
                ("EVENTS_TABLE", json!({"Ref": "EventsTable"})),
            ],
        ),
    ] {
        let function = &template.functions()[function];
        delivers_in_order(&template, function, queue, dead_letters);
        let environment = &function["Environment"];
        for (variable, expected) in [
            ("DELIVERIES_QUEUE_URL", json!({"Ref": queue})),
            (
                "DELIVERIES_DEAD_LETTER_QUEUE_URL",
                json!({"Ref": dead_letters}),
            ),
            ("ALLOW_PRIVATE_ADDRESSES", json!("no")),
        ]
        .into_iter()
        .chain(variables)
        {
            assert_eq!(environment[variable], expected, "{variable}");
        }
    }
}

/// A function that reads a FIFO queue, and gives up messages itself.
fn delivers_in_order(template: &Template, function: &Value, queue: &str, dead_letters: &str) {
    let timeout = function["Timeout"].as_u64().unwrap();
    let last_tries = 3 * (deliver::service::TIMEOUT.as_secs() + 5);
    assert!(timeout >= deliver::PAUSE.as_secs() + last_tries);
    let resources = template.resources();
    for queue in [queue, dead_letters] {
        let queue = &resources[queue]["Properties"];
        assert_eq!(queue["FifoQueue"], true);
        assert_eq!(queue["DeduplicationScope"], "messageGroup");
        assert_eq!(queue["FifoThroughputLimit"], "perMessageGroupId");
        assert_eq!(queue["SqsManagedSseEnabled"], true);
        assert_eq!(queue["MessageRetentionPeriod"], 1_209_600);
        assert_eq!(queue["MaximumMessageSize"], 1_048_576);
    }
    let arn = get_att(&format!("{queue}.Arn"));
    let queue = &resources[queue]["Properties"];
    assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
    let target = &queue["RedrivePolicy"]["deadLetterTargetArn"];
    assert_eq!(*target, get_att(&format!("{dead_letters}.Arn")));
    // A message that is never tried, because the service is left alone, is received less than half as often.
    let receives = deliver::schedule::END.as_secs() / deliver::LEFT_ALONE.as_secs();
    let most = queue["RedrivePolicy"]["maxReceiveCount"].as_u64().unwrap();
    assert!(receives < most / 2, "{receives}");
    let (kind, source) = events(function).next().unwrap();
    assert_eq!(kind, "SQS");
    assert_eq!(source["Queue"], arn);
    assert_eq!(source["BatchSize"], 10);
    assert_eq!(
        source["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
    assert_eq!(source["ScalingConfig"]["MaximumConcurrency"], "3");
}

#[test]
fn a_forward_url_needs_all_bodies() {
    assert!(Template::with(FORWARD).objections().is_empty());
    let objections = Template::with(&FORWARD[..1]).objections();
    assert_eq!(objections, [r#"ForwardUrl needs KeepBody "all""#]);
}

#[test]
fn only_a_stack_that_judges_messages_later_has_anything_for_it() {
    let names = |parameters: &[(&str, &str)]| -> BTreeSet<String> {
        Template::with(parameters).resources().into_keys().collect()
    };
    let judges = [DECISIONS, MODERATION].concat();
    // DecisionUrl has the rest.
    let alone = names(&judges)
        .difference(&names(DECISIONS))
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(
        alone,
        [
            "CannotWithdrawFilter",
            "Moderate",
            "ModerateRole",
            "ModerationDeadLetterQueue",
            "ModerationQueue",
            "ModerationSecret",
            "Publish",
            "PublishFailures",
            "PublishRole",
        ]
    );
    for (without, objections) in [
        (&[DECISIONS, &MODERATION[1..]].concat()[..], 0),
        (&judges, 0),
        (&[DECISIONS, &MODERATION[..2]].concat(), 0),
        (MODERATION, 1),
        (&[&judges[..], &[("MessageContent", "drop")]].concat(), 1),
        (&[DECISIONS, &MODERATION[..1]].concat(), 1),
    ] {
        assert_eq!(
            Template::with(without).objections().len(),
            objections,
            "{without:?}"
        );
    }
    let without = Template::with(&[OPERATED, DECISIONS].concat());
    let mut resources = without.resources();
    // Its text names what it would put together.
    resources.remove("Dashboard");
    let text = serde_json::to_string(&resources).unwrap()
        + &serde_json::to_string(&without.existing("Outputs")).unwrap();
    assert!(
        !text.contains("Moderation") && !text.contains("CannotWithdraw"),
        "{text}"
    );
    for (folder, function) in without.functions() {
        assert_eq!(function["Environment"]["MODERATE_LATER"], "", "{folder}");
    }
}

#[test]
fn a_message_that_is_judged_has_the_time_that_its_service_gets_and_six_hours_of_tries() {
    let template = Template::with(&[DECISIONS, MODERATION].concat());
    let function = &template.functions()["moderate"];
    let timeout = function["Timeout"].as_u64().unwrap();
    assert!(timeout >= 120 + 60);
    let resources = template.resources();
    let queue = &resources["ModerationQueue"]["Properties"];
    assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
    let redrive = &queue["RedrivePolicy"];
    assert_eq!(
        redrive["deadLetterTargetArn"],
        get_att("ModerationDeadLetterQueue.Arn")
    );
    let receives = usize::try_from(redrive["maxReceiveCount"].as_u64().unwrap()).unwrap();
    let tries = (1..receives).map(|receives| moderate::wait(receives).as_secs());
    let hours = tries.sum::<u64>() as f64 / 3600.0;
    assert!((5.5..6.5).contains(&hours), "{hours}");
    for queue in ["ModerationQueue", "ModerationDeadLetterQueue"] {
        let queue = &resources[queue]["Properties"];
        assert_eq!(queue["SqsManagedSseEnabled"], true);
        assert_eq!(queue["MessageRetentionPeriod"], 1_209_600);
        assert_eq!(queue["MaximumMessageSize"], 1_048_576);
    }
    let (kind, source) = events(function).next().unwrap();
    assert_eq!(kind, "SQS");
    assert_eq!(source["Queue"], get_att("ModerationQueue.Arn"));
    assert_eq!(source["BatchSize"], 10);
    assert_eq!(
        source["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
    let environment = &function["Environment"];
    for (variable, expected) in [
        ("MODERATE_LATER", json!("picture,video")),
        ("DECISION_URL", json!("https://app.example.com/decide")),
        ("DECISION_SECRET_ID", get_att("DecisionSecret.Id")),
        ("MODERATION_SECRET_ID", get_att("ModerationSecret.Id")),
        ("MODERATION_QUEUE_URL", json!({"Ref": "ModerationQueue"})),
        ("OPENIM_API_URL", json!("https://im.example.com/api")),
        ("OPENIM_ADMIN_USER", json!("imAdmin")),
        (
            "TENCENT_API_URL",
            json!("https://adminapisgp.im.qcloud.com"),
        ),
        ("TENCENT_ADMIN", json!("administrator")),
    ] {
        assert_eq!(environment[variable], expected, "{variable}");
    }
    let publish = &template.functions()["publish"]["Environment"];
    assert_eq!(
        publish["MODERATION_QUEUE_URL"],
        json!({"Ref": "ModerationQueue"})
    );
    // Only the operator knows what is in it.
    let secret = &resources["ModerationSecret"]["Properties"];
    assert_eq!(secret["SecretString"], "{}");
    assert!(secret["GenerateSecretString"].is_null());
}

#[test]
fn project_views_gets_only_events_that_views_read_and_tries_as_long_as_the_stream_has_them() {
    let template = Template::with(&[]);
    assert_eq!(template.wrong_readers(), [""; 0]);
    let function = &template.functions()["project-views"];
    let (kind, source) = events(function).next().unwrap();
    assert_eq!(kind, "DynamoDB");
    assert_eq!(source["Stream"], get_att("EventsTable.StreamArn"));
    let pattern = source["FilterCriteria"]["Filters"][0]["Pattern"]
        .as_str()
        .unwrap();
    let pattern: Value = serde_json::from_str(pattern).unwrap();
    assert_eq!(pattern["eventName"], json!(["INSERT"]));
    assert_eq!(
        pattern["dynamodb"]["NewImage"][store::item::FAMILY]["S"],
        json!(store::item::VIEWED)
    );
    let failure = &source["DestinationConfig"]["OnFailure"];
    assert_eq!(failure["Destination"], get_att("RelationshipsFailures.Arn"));
    let queue = json!({ "Ref": "RelationshipsFailures" });
    assert_eq!(function["Environment"]["VIEW_FAILURES_QUEUE_URL"], queue);
}

#[test]
fn the_failure_queues_of_the_streams_readers_are_retained_because_they_have_contents() {
    let template = Template::with(BUS);
    for queue in ["RelationshipsFailures", "PublishFailures"] {
        let queue = &template.resources()[queue];
        assert_eq!(queue["DeletionPolicy"], "RetainExceptOnCreate");
        assert_eq!(queue["UpdateReplacePolicy"], "Retain");
        let properties = &queue["Properties"];
        assert_eq!(properties["MaximumMessageSize"], 1_048_576);
        assert_eq!(properties["MessageRetentionPeriod"], 1_209_600);
        assert_eq!(properties["SqsManagedSseEnabled"], true);
    }
}

#[test]
fn only_a_stack_with_an_event_bus_has_anything_for_it() {
    let names = |parameters: &[(&str, &str)]| -> BTreeSet<String> {
        Template::with(parameters).resources().into_keys().collect()
    };
    let more = |parameters: &[(&str, &str)], before: &[(&str, &str)]| -> Vec<String> {
        let before = names(before);
        names(parameters).difference(&before).cloned().collect()
    };
    assert_eq!(
        more(&BUS[..1], &[]),
        ["Bus", "Publish", "PublishFailures", "PublishRole"]
    );
    assert_eq!(more(BUS, &BUS[..1]), ["Archive"]);
    assert_eq!(
        more(&[OPERATED, BUS].concat(), &[OPERATED, &[]].concat())
            .iter()
            .filter(|name| name.ends_with("Alarm"))
            .collect::<Vec<_>>(),
        [
            "PublishBehindAlarm",
            "PublishGaveUpAlarm",
            "PublishLosesAlarm"
        ]
    );
    assert_eq!(Template::with(&BUS[1..]).objections().len(), 1);
    assert!(Template::with(BUS).objections().is_empty());
}

#[test]
fn publish_gets_every_event_but_no_removal_and_no_marker_and_tries_as_long_as_the_stream_has_them()
{
    let template = Template::with(BUS);
    let function = &template.functions()["publish"];
    let (kind, source) = events(function).next().unwrap();
    assert_eq!(kind, "DynamoDB");
    let pattern = source["FilterCriteria"]["Filters"][0]["Pattern"]
        .as_str()
        .unwrap();
    let pattern: Value = serde_json::from_str(pattern).unwrap();
    let not_markers = json!({"family": {"S": [{"anything-but": ["retry"]}]}});
    assert_eq!(
        pattern,
        json!({"eventName": ["INSERT"], "dynamodb": {"NewImage": not_markers}})
    );
    // All else is as for the views, except that requests to the bus are filled.
    let views = &template.functions()["project-views"];
    let mut views = events(views).next().unwrap().1.clone();
    views["FilterCriteria"] = source["FilterCriteria"].clone();
    views["MaximumBatchingWindowInSeconds"] = json!(1);
    views["DestinationConfig"]["OnFailure"]["Destination"] = get_att("PublishFailures.Arn");
    assert_eq!(*source, views);
    let environment = &function["Environment"];
    assert_eq!(
        environment["PUBLISH_FAILURES_QUEUE_URL"],
        json!({ "Ref": "PublishFailures" })
    );
    assert_eq!(environment["EVENT_BUS"], json!({ "Ref": "Bus" }));
    assert_eq!(environment["DELIVERIES_QUEUE_URL"], "");
    let delivers = Template::with(&[DELIVERY, &[("DeliveryOnly", "family:user")]].concat());
    let environment = &delivers.functions()["publish"]["Environment"];
    assert_eq!(environment["EVENT_BUS"], "");
    let queue = json!({ "Ref": "DeliveriesQueue" });
    assert_eq!(environment["DELIVERIES_QUEUE_URL"], queue);
    assert_eq!(environment["DELIVERY_ONLY"], "family:user");
    assert_eq!(environment["FORWARD_QUEUE_URL"], "");
    let forwards = Template::with(&[FORWARD, &[("ForwardOnly", "family:group")]].concat());
    let environment = &forwards.functions()["publish"]["Environment"];
    let queue = json!({ "Ref": "ForwardQueue" });
    assert_eq!(environment["FORWARD_QUEUE_URL"], queue);
    assert_eq!(environment["FORWARD_ONLY"], "family:group");
    assert_eq!(environment["DELIVERIES_QUEUE_URL"], "");
    let environment = &delivers.functions()["publish"]["Environment"];
    assert_eq!(
        environment["STACK_NAME"],
        json!({ "Ref": "AWS::StackName" })
    );
}

#[test]
fn a_changed_route_and_a_reader_that_gives_up_are_found() {
    let good = text();
    let everything = |text: &str| Template::of(text, &parameters_of_everything());
    assert_eq!(everything(&good).wrong_readers(), [""; 0]);
    let changed = |from: &str, to: &str| {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{from}");
        everything(&text)
    };
    for (from, to, wrong) in [
        (
            "Path: /callbackAfterDeleteFriendCommand, Method: POST",
            "Path: /callbackAfterDeleteFriendCommand, Method: ANY",
            "ANY /callbackAfterDeleteFriendCommand",
        ),
        (
            "Path: /tencent, Method: POST",
            "Path: /tencent, Method: ANY",
            "ANY /tencent",
        ),
    ] {
        assert_eq!(changed(from, to).wrong_routes(), [wrong]);
    }
    for (from, to) in [
        ("MaximumRetryAttempts: -1", "MaximumRetryAttempts: 20"),
        (
            "MaximumRecordAgeInSeconds: 82800",
            "MaximumRecordAgeInSeconds: 3600",
        ),
        (
            "BisectBatchOnFunctionError: true",
            "BisectBatchOnFunctionError: false",
        ),
        ("                Type: SQS\n", "                Type: SNS\n"),
    ] {
        let wrong = changed(from, to).wrong_readers();
        assert_eq!(wrong.len(), 2, "project-views and publish: {wrong:?}");
    }
}

#[test]
fn at_most_two_functions_read_a_stream() {
    // More readers of a shard are throttled.
    let mut readers: BTreeMap<String, usize> = BTreeMap::new();
    for function in everything().functions().values() {
        for (_, source) in events(function).filter(|(kind, _)| *kind == "DynamoDB") {
            *readers.entry(source["Stream"].to_string()).or_default() += 1;
        }
    }
    assert!(!readers.is_empty());
    assert!(readers.values().all(|&count| count <= 2), "{readers:?}");
}

#[test]
fn the_relationships_table_is_retained_and_recoverable_and_has_its_index() {
    let table = &Template::with(&[]).resources()["RelationshipsTable"];
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
fn the_events_table_is_retained_and_recoverable_and_has_a_stream_and_expiry() {
    let table = &Template::with(&[]).resources()["EventsTable"];
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
    let keys = properties["KeySchema"].as_array().unwrap();
    assert_eq!(keys[0]["AttributeName"], store::item::PK);
    assert_eq!(keys[1]["AttributeName"], store::item::SK);
}

#[test]
fn dynamodb_protects_the_tables_that_stay_if_the_operator_says_so() {
    for (protect, protected) in [("no", false), ("yes", true)] {
        let resources = Template::with(&[("ProtectTables", protect), SIGNATURE[0]]).resources();
        let tables = resources
            .iter()
            .filter(|(_, it)| it["Type"] == "AWS::DynamoDB::Table");
        for (name, table) in tables {
            // The others are deleted with the stack.
            let stays = table["DeletionPolicy"] == "RetainExceptOnCreate";
            let of_table = &table["Properties"]["DeletionProtectionEnabled"];
            assert_eq!(*of_table == true, stays && protected, "{name}");
        }
    }
}

#[test]
fn the_nonces_table_exists_only_for_signatures_and_its_items_expire() {
    assert!(!Template::with(&[]).resources().contains_key("NoncesTable"));
    let template = Template::with(SIGNATURE);
    let table = &template.resources()["NoncesTable"];
    assert_eq!(table["DeletionPolicy"], "Delete");
    let properties = &table["Properties"];
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    let key = json!([{"AttributeName": "pk", "KeyType": "HASH"}]);
    assert_eq!(properties["KeySchema"], key);
    let expiry = json!({"AttributeName": "expires_at", "Enabled": true});
    assert_eq!(properties["TimeToLiveSpecification"], expiry);
    assert!(properties["StreamSpecification"].is_null());
    for (folder, function) in template.functions() {
        let table = &function["Environment"]["NONCES_TABLE"];
        assert_eq!(*table, json!({ "Ref": "NoncesTable" }), "{folder}");
    }
}

#[test]
fn a_stack_can_use_the_tables_of_an_earlier_one() {
    let stream = "arn:aws:dynamodb:eu-central-1:123456789012:table/old-events/stream/x";
    let both = [
        ("ExistingEventsTable", "old-events"),
        ("ExistingEventsStreamArn", stream),
        ("ExistingRelationshipsTable", "old-rows"),
    ];
    let template = Template::with(&both);
    assert!(template.objections().is_empty());
    let resources = template.resources();
    for own in ["EventsTable", "RelationshipsTable"] {
        assert!(!resources.contains_key(own), "{own}");
    }
    let functions = template.functions();
    for (folder, function) in &functions {
        let environment = &function["Environment"];
        assert_eq!(environment["EVENTS_TABLE"], "old-events", "{folder}");
        assert_eq!(environment["RELATIONSHIPS_TABLE"], "old-rows", "{folder}");
    }
    let (_, source) = events(&functions["project-views"]).next().unwrap();
    assert_eq!(source["Stream"], stream);
    // Nothing refers to a table that is not there.
    let text = serde_json::to_string(&resources).unwrap()
        + &serde_json::to_string(&template.outputs()).unwrap();
    for own in ["EventsTable", "RelationshipsTable"] {
        for reference in [
            format!("\"{own}\""),
            format!("\"{own}."),
            format!("${{{own}"),
        ] {
            assert!(!text.contains(&reference), "{reference}");
        }
    }
    let table = |name: &str| {
        let prefix = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/";
        json!({ "Fn::Sub": format!("{prefix}${{{name}}}") })
    };
    let redrive = template.allowed("RedriveRole");
    assert_eq!(redrive[0].1, table("ExistingEventsTable"));
    let contacts = template.allowed("ContactsRole");
    assert!(
        contacts
            .iter()
            .any(|(_, to)| *to == table("ExistingRelationshipsTable"))
    );
    for alone in [&both[..1], &both[1..2]] {
        assert_eq!(Template::with(alone).objections().len(), 1, "{alone:?}");
    }
}

#[test]
fn a_stack_limits_strangers_only_if_it_knows_its_chat_servers() {
    for resource in [
        "StrangersWebAcl",
        "StrangersWebAclAssociation",
        "ChatServers",
    ] {
        assert!(
            !Template::with(&[]).resources().contains_key(resource),
            "{resource}"
        );
    }
    let chosen = [
        ("ChatServerCidrs", "203.0.113.7/32,198.51.100.0/24"),
        ("StrangerRequestsPerFiveMinutes", "70"),
        ("StrangersConcurrency", "20"),
    ];
    let template = Template::with(&chosen);
    let servers = &template.properties("ChatServers")["Addresses"];
    assert_eq!(*servers, json!(["203.0.113.7/32", "198.51.100.0/24"]));
    let acl = template.properties("StrangersWebAcl");
    assert_eq!(acl["DefaultAction"], json!({"Allow": {}}));
    let [rule] = list(&acl["Rules"]).try_into().unwrap();
    assert_eq!(
        rule["Action"],
        json!({"Block": {}}),
        "the gateway writes the answer"
    );
    assert_eq!(rule["Statement"]["RateBasedStatement"]["Limit"], "70");
    let limited = &template.functions()["any-command"]["ReservedConcurrentExecutions"];
    assert_eq!(*limited, "20");
    // Throttled, a command's function would refuse users.
    for (folder, function) in template.functions() {
        let reserved = &function["ReservedConcurrentExecutions"];
        assert_eq!(reserved.is_null(), folder != "any-command", "{folder}");
    }
    let acl = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/chat/0f1e";
    let two = [chosen[0], ("WebAclArn", acl)];
    assert_eq!(
        Template::with(&two).objections().len(),
        1,
        "an API has one web ACL"
    );
}

#[test]
fn every_function_gets_the_tables_of_policies_and_counts_expire() {
    let template = everything();
    let table = &template.resources()["LimitsTable"];
    let properties = &table["Properties"];
    let key = json!([{"AttributeName": "pk", "KeyType": "HASH"}]);
    assert_eq!(properties["KeySchema"], key);
    let expiry = json!({"AttributeName": "expires_at", "Enabled": true});
    assert_eq!(properties["TimeToLiveSpecification"], expiry);
    for (folder, function) in template.functions() {
        let table = &function["Environment"]["LIMITS_TABLE"];
        assert_eq!(*table, json!({ "Ref": "LimitsTable" }), "{folder}");
        let table = &function["Environment"]["RELATIONSHIPS_TABLE"];
        assert_eq!(*table, json!({ "Ref": "RelationshipsTable" }), "{folder}");
    }
}

#[test]
fn every_parameter_is_documented_and_used() {
    let template = everything();
    let rows = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let text = fs::read_to_string(root().join("template.yaml")).unwrap();
    for name in template.parameters.keys() {
        assert!(rows.contains(&format!("\n| `{name}` |")), "{name}");
        let used = text.contains(&format!("!Ref {name}")) || text.contains(&format!("${{{name}}}"));
        assert!(used, "{name}");
    }
}
