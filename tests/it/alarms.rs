//! The alarms, metrics and dashboard of template.yaml: each metric counts its own lines, and each alarm watches something
//! that exists and tells somebody.

mod pattern;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::{payloads, root};
use pattern::Pattern;
use serde_json::{Value, json};
use support::{
    Behaviour, ChatServer, DecisionService, Dynamodb, Function, Queue, Refusal, Request,
    SDK_APP_ID, Table, deliver, nowhere, records, redrive,
};

use crate::{
    deliver::{Queues, event},
    moderate::{moderation, sent_picture},
    template::{
        OPERATED, Template, events, everything, list, only_entry, parameters_of_everything, text,
    },
};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const ADD: &str = "/callbackBeforeAddFriendCommand";
const GOOD: &str = r#"{"ownerUserID":"ana","friendUserID":"leo"}"#;
const ASKED: &str = r#"{"fromUserID":"ana","toUserID":"leo","reqMsg":"hi"}"#;

/// The metric that has a value for each healthy decision.
const DECISION_TIME: &str = "decision-time";

/// Each metric of the log, with its filter's pattern.
fn metrics(template: &Template) -> BTreeMap<String, Pattern> {
    let filters = template
        .resources()
        .into_iter()
        .filter(|(_, it)| it["Type"] == "AWS::Logs::MetricFilter");
    let metrics: Vec<_> = filters
        .map(|(name, filter)| {
            let filter = &filter["Properties"];
            assert_eq!(filter["LogGroupName"], json!({"Ref": "FunctionLogs"}));
            let [metric] = list(&filter["MetricTransformations"]).try_into().unwrap();
            assert_eq!(metric["MetricNamespace"], namespace(), "{name}");
            assert!(metric["Dimensions"].is_null(), "each value costs a metric");
            let metric = metric["MetricName"].as_str().unwrap().to_owned();
            let pattern = Pattern::parse(filter["FilterPattern"].as_str().unwrap());
            let pattern = pattern.unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            (metric, pattern)
        })
        .collect();
    let filters = metrics.len();
    assert!(filters <= 100, "a log group has at most 100 filters");
    let metrics: BTreeMap<_, _> = metrics.into_iter().collect();
    assert_eq!(metrics.len(), filters, "two filters count one metric");
    metrics
}

fn namespace() -> Value {
    json!({"Fn::Sub": "WebhookReceiver/${AWS::StackName}"})
}

/// The metrics that count a line.
fn counted(metrics: &BTreeMap<String, Pattern>, log: &[String]) -> BTreeSet<String> {
    let counts = |pattern: &Pattern| log.iter().any(|line| pattern.matches(line));
    metrics
        .iter()
        .filter(|(_, pattern)| counts(pattern))
        .map(|(name, _)| name.clone())
        .collect()
}

fn with(table: &Table, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut environment = table.environment();
    // As in a stack that logs as little as it can.
    let more = more.iter().chain(&[("LOG_LEVEL", "warn")]);
    environment.extend(more.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    environment
}

/// Each fault: its name, the lines that the functions wrote, and the metrics that count them.
async fn faults() -> Vec<(&'static str, Vec<String>, &'static [&'static str])> {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "alarms").await;
    let mut away = table.clone();
    away.endpoint = format!("http://{}", nowhere());
    let mut faults: Vec<(_, _, &[_])> = Vec::new();

    let basic = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", "right"),
    ];
    let function = Function::start("after-delete-friend", with(&table, &basic)).await;
    let wrong = format!("Basic {}", BASE64_STANDARD.encode("openim:wrong"));
    let stranger = Request::post(DELETE, GOOD).header("authorization", &wrong);
    assert_eq!(function.send(&stranger).await.status, 401);
    faults.push(("a wrong password", function.log(), &["unauthorized"]));

    let function = Function::start("after-delete-friend", with(&table, &[])).await;
    function.send(&Request::post(DELETE, "no JSON")).await;
    faults.push(("a body that is not JSON", function.log(), &["refused"]));

    let function = Function::start("after-delete-friend", with(&table, &[])).await;
    let odd = r#"{"ownerUserID":"ana","friendUserID":["leo"]}"#;
    assert_eq!(function.send(&Request::post(DELETE, odd)).await.status, 200);
    let log = function.log();
    faults.push(("a body of another form", log, &["kept-as-it-came"]));

    for (path, kept) in [
        ("/callbackAfterNewsCommand", true),
        ("/callbackBeforeNewsCommand", false),
    ] {
        let function = Function::start("any-command", with(&table, &[])).await;
        let before = table.items().await.len();
        assert_eq!(function.send(&Request::post(path, "{}")).await.status, 200);
        assert_eq!(table.items().await.len() - before, usize::from(kept));
        faults.push(("an unknown command", function.log(), &["unknown-command"]));
    }

    let sqs = [
        ("AWS_ENDPOINT_URL_SQS", queue.endpoint.as_str()),
        ("EVENTS_QUEUE_URL", queue.url.as_str()),
    ];
    let function = Function::start("after-delete-friend", with(&away, &sqs)).await;
    assert_eq!(
        function.send(&Request::post(DELETE, GOOD)).await.status,
        200
    );
    faults.push(("a table that is away", function.log(), &["spilled"]));

    let function = Function::start("after-delete-friend", with(&away, &[])).await;
    assert_eq!(
        function.send(&Request::post(DELETE, GOOD)).await.status,
        503
    );
    let log = function.log();
    let both: &[_] = &["failed", "only-in-log"];
    faults.push(("a table and a queue that are away", log, both));

    let function = Function::start("examples/decides", with(&table, &[])).await;
    let bug = ASKED.replace("ana", "panics");
    assert_eq!(function.send(&Request::post(ADD, bug)).await.status, 500);
    let log = function.log();
    let panic: &[_] = &["decided-by-failure", "panicked"];
    faults.push(("a handler that panics", log, panic));

    let misconfigured = [("MAX_BODY_BYTES", "many")];
    let function = Function::start("after-delete-friend", with(&table, &misconfigured)).await;
    assert_eq!(
        function.send(&Request::post(DELETE, GOOD)).await.status,
        500
    );
    let log = function.log();
    let not_ready: &[_] = &["failed", "not-ready"];
    faults.push(("a wrong setting", log, not_ready));

    let secrets = format!("http://{}", nowhere());
    let no_secret = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_SECRET_ID", "openim"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.as_str()),
    ];
    let function = Function::start("after-delete-friend", with(&table, &no_secret)).await;
    assert_eq!(
        function.send(&Request::post(DELETE, GOOD)).await.status,
        503
    );
    let log = function.log();
    faults.push(("a secret that cannot be read", log, not_ready));

    let policies = std::env::temp_dir().join(format!("alarms-{}.json", std::process::id()));
    let limit = json!({"limit": 5, "windowSeconds": 60, "whenUnknown": "allow"});
    let rules = json!({"callbackBeforeAddFriendCommand": {"requestLimit": limit}});
    fs::write(&policies, rules.to_string()).unwrap();
    let limited = [
        ("POLICIES_FILE", policies.to_str().unwrap()),
        ("LIMITS_TABLE", "no-such-table"),
    ];
    let function = Function::start("before-add-friend", with(&table, &limited)).await;
    assert_eq!(function.send(&Request::post(ADD, ASKED)).await.status, 200);
    fs::remove_file(&policies).unwrap();
    let log = function.log();
    let unknown: &[_] = &["decided-by-failure", "judged-without-facts"];
    faults.push(("a limit without its table", log, unknown));

    let away = format!("http://{}/decide", nowhere());
    let service = [
        ("DECISION_URL", away.as_str()),
        ("DECISION_SECRET", "c2lnbnMgcXVlc3Rpb25zIG9mIHRlc3Rz"),
        ("ALLOW_PRIVATE_ADDRESSES", "yes"),
    ];
    let function = Function::start("before-add-friend", with(&table, &service)).await;
    // Also when the function no longer asks the service.
    for _ in 0..10 {
        let answer = function.send(&Request::post(ADD, ASKED)).await;
        answer.assert_refused(29017, 503);
    }
    let log = function.log();
    let by_failure = |line: &&String| line.contains(r#""decidedBy":"failure""#);
    assert_eq!(log.iter().filter(by_failure).count(), 10);
    let by_failure: &[_] = &["decided-by-failure"];
    faults.push(("a decision service that is away", log, by_failure));

    let function = Function::start("redrive", with(&table, &[])).await;
    let foreign = queue.client.send_message().queue_url(&queue.url);
    foreign.message_body("not ours").send().await.unwrap();
    let mut messages = queue.receive_all().await;
    messages.retain(|message| message.body.as_deref() == Some("not ours"));
    assert_eq!(redrive(&function, &messages).await.len(), 1);
    faults.push(("a foreign message", function.log(), &["unreadable"]));

    let queues = Queues::create(&aws, "alarms-deliveries").await;
    let failing = DecisionService::start(Behaviour::Answer(500, String::new())).await;
    let mut environment = queues.environment(&failing.url);
    environment.insert("LOG_LEVEL".to_owned(), "warn".to_owned());
    let function = Function::start("deliver", environment).await;
    for subject in 0..10 {
        let body = event(subject, &subject.to_string()).to_string();
        let (group, id) = (format!("g{subject}"), format!("i{subject}"));
        queues.events.send_in(&group, &id, body).await;
    }
    assert_eq!(deliver(&function, &queues.events).await.unwrap().len(), 10);
    let not_delivered: &[_] = &["not-delivered"];
    faults.push((
        "a service that takes no event",
        function.log(),
        not_delivered,
    ));

    let queues = Queues::create(&aws, "alarms-unreadable").await;
    let environment = queues.environment(&failing.url);
    let function = Function::start("deliver", environment).await;
    queues.events.send_in("g", "i", "not ours").await;
    assert!(deliver(&function, &queues.events).await.unwrap().is_empty());
    let log = function.log();
    faults.push(("what is no event", log, &["unreadable"]));

    let queue = Queue::create(&aws, "alarms-moderation").await;
    let refusing = json!({"decision": "refuse", "code": 20005, "message": "no"});
    let refusing = DecisionService::answering(&refusing).await;
    let chat = ChatServer::start().await;
    chat.refuse(
        "/v4/group_open_http_svc/group_msg_recall",
        Refusal::Code(10031),
    );
    let settings = moderation(&refusing.url, &chat, &queue);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let function = Function::start("moderate", with(&table, &settings)).await;
    queue.send(sent_picture()).await;
    assert!(deliver(&function, &queue).await.unwrap().is_empty());
    let cannot_withdraw: &[_] = &["cannot-withdraw"];
    faults.push((
        "a message that is too old to be withdrawn",
        function.log(),
        cannot_withdraw,
    ));

    let relationships = dynamodb.relationships_table().await;
    let function = Function::start("project-views", with(&relationships, &[])).await;
    let healthy = Function::start("after-delete-friend", with(&table, &[])).await;
    assert_eq!(healthy.send(&Request::post(DELETE, GOOD)).await.status, 200);
    let mut records = records(&table).await;
    records.retain(|it| it["dynamodb"]["NewImage"]["family"]["S"] == "relation");
    let mut record = records.remove(0);
    record["dynamodb"]["NewImage"]["events"] = json!({"S": "poison"});
    function.invoke(json!({"Records": [record]})).await;
    faults.push(("a poisoned record", function.log(), &["unreadable"]));
    faults
}

#[tokio::test]
async fn each_fault_is_counted_by_its_own_metrics_and_by_no_other() {
    let metrics = metrics(&everything());
    let faults = faults().await;
    for (fault, log, expected) in &faults {
        let counted = counted(&metrics, log);
        let expected = expected.iter().map(|name| (*name).to_owned());
        let mut expected: BTreeSet<String> = expected.collect();
        // A decision that fails takes time, too.
        if counted.contains(DECISION_TIME) {
            expected.insert(DECISION_TIME.to_owned());
        }
        assert_eq!(counted, expected, "{fault}:\n{}", log.join("\n"));
    }
    let lines: Vec<String> = faults.into_iter().flat_map(|(_, log, _)| log).collect();
    assert_eq!(uncounted(&metrics, &lines), BTreeSet::new());

    // A filter that matches nothing is found, whichever it is.
    let good = text();
    for (place, found) in good.match_indices("      FilterPattern: '") {
        let (before, rest) = good.split_at(place + found.len());
        let (_, after) = rest.split_once('\'').unwrap();
        let mutated = format!("{before}{{ $.message = \"nothing\" }}'{after}");
        let mutated = Template::of(&mutated, &parameters_of_everything());
        let name = after.split("MetricName: ").nth(1).unwrap();
        let name = name.split([',', '\n']).next().unwrap();
        let uncounted = uncounted(&self::metrics(&mutated), &lines);
        assert_eq!(uncounted, [name.to_owned()].into());
    }
}

/// The metrics that count none of these lines.
fn uncounted(metrics: &BTreeMap<String, Pattern>, lines: &[String]) -> BTreeSet<String> {
    let counted = counted(metrics, lines);
    let all: BTreeSet<String> = metrics.keys().cloned().collect();
    &all - &counted
}

#[tokio::test]
async fn two_thousand_healthy_callbacks_are_counted_by_no_metric_of_faults() {
    let metrics = metrics(&everything());
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("any-command", table.environment()).await;
    let bodies = payloads();
    let (mut sent, mut asked) = (0, 0);
    while sent < 2000 {
        for payload in &bodies {
            let url = match payload.source {
                domain::Source::Tencent => {
                    let command = &payload.command;
                    format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}")
                }
                _ => format!("/{}", payload.command),
            };
            let answer = function
                .send(&Request::post(&url, payload.body.clone()))
                .await;
            assert_eq!(answer.status, 200, "{}: {answer:?}", payload.name);
            let command = protocol::command(payload.source, &payload.command).unwrap();
            asked += usize::from(command.is_before());
            sent += 1;
        }
    }
    let log = function.log();
    let mut of_callbacks = 0;
    let mut times = 0;
    for line in &log {
        let read: Value = serde_json::from_str(line).unwrap();
        if let Some(milliseconds) = read["durationMs"].as_f64() {
            assert!(milliseconds > 0.0, "{line}");
            of_callbacks += 1;
        }
        let mut counted = counted(&metrics, std::slice::from_ref(line));
        times += usize::from(counted.remove(DECISION_TIME));
        assert_eq!(counted, BTreeSet::new(), "{line}");
    }
    assert_eq!(of_callbacks, sent, "one line for each callback");
    assert_eq!(times, asked, "one time for each decision");
}

/// Metrics of AWS that alarms use, with the names of their dimensions.
const OF_AWS: &[(&str, &str, &[&str])] = &[
    ("AWS/ApiGateway", "4XXError", &["ApiName", "Stage"]),
    ("AWS/ApiGateway", "5XXError", &["ApiName", "Stage"]),
    ("AWS/ApiGateway", "Count", &["ApiName", "Stage"]),
    (
        "AWS/ApiGateway",
        "IntegrationLatency",
        &["ApiName", "Stage"],
    ),
    ("AWS/ApiGateway", "Latency", &["ApiName", "Stage"]),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", &["TableName"]),
    (
        "AWS/DynamoDB",
        "SuccessfulRequestLatency",
        &["TableName", "Operation"],
    ),
    ("AWS/DynamoDB", "WriteThrottleEvents", &["TableName"]),
    ("AWS/Lambda", "IteratorAge", &["FunctionName"]),
    ("AWS/Lambda", "Throttles", &[]),
    ("AWS/Logs", "IncomingBytes", &["LogGroupName"]),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", &["QueueName"]),
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesNotVisible",
        &["QueueName"],
    ),
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        &["QueueName"],
    ),
];

/// What is wrong with the alarms of a template.
fn mistakes(template: &Template) -> Vec<String> {
    let resources = template.resources();
    let filters = metrics(template);
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for (resource, alarm) in &resources {
        let composite = alarm["Type"] == "AWS::CloudWatch::CompositeAlarm";
        if alarm["Type"] != "AWS::CloudWatch::Alarm" && !composite {
            continue;
        }
        let alarm = &alarm["Properties"];
        let mut says = |what: &str| wrong.push(format!("{resource}: {what}"));
        let name = alarm["AlarmName"]["Fn::Sub"].as_str().unwrap_or_default();
        let name = name.strip_prefix("${AWS::StackName}-").unwrap_or_default();
        let description = alarm["AlarmDescription"].as_str().unwrap_or_default();
        if !description.ends_with(&format!(". See docs/runbook.md#{name}")) {
            says("the description does not end with the place in the runbook");
        }
        if !runbook.contains(&format!("\n## {name}\n")) {
            says("the runbook has no entry");
        }
        names.insert(name.to_owned());
        for actions in ["AlarmActions", "OKActions"] {
            match &list(&alarm[actions])[..] {
                [Value::String(topic)] if topic.starts_with("arn:aws:sns:") => {}
                _ => says("it tells nobody"),
            }
        }
        if composite {
            continue;
        }
        if !alarm["TreatMissingData"].is_string() {
            says("it does not say what missing data mean");
        }
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        let metrics = match &alarm["Metrics"] {
            Value::Null => vec![alarm.clone()],
            calculated => {
                let of = list(calculated);
                let stats = of.iter().filter(|one| one["Expression"].is_null());
                let stats = stats.map(|one| {
                    let stat = &one["MetricStat"];
                    let mut metric = stat["Metric"].clone();
                    metric["Period"] = stat["Period"].clone();
                    metric
                });
                stats.collect()
            }
        };
        let periods: BTreeSet<_> = metrics.iter().map(|one| number(&one["Period"])).collect();
        let evaluated = number(&alarm["EvaluationPeriods"]);
        match (periods.first(), evaluated) {
            (Some(Some(period)), Some(evaluated)) if periods.len() == 1 => {
                if period * evaluated > 86_400 {
                    says("it looks back more than a day");
                }
                if number(&alarm["DatapointsToAlarm"]).is_none_or(|points| points > evaluated) {
                    says("it can never be raised");
                }
            }
            _ => says("its periods are not numbers, or not one"),
        }
        if metrics.is_empty() || metrics.len() > 10 {
            says("it needs 1 to 10 metrics");
        }
        for metric in &metrics {
            wrong
                .extend(unknown_metric(metric, &filters).map(|what| format!("{resource}: {what}")));
        }
    }
    let entries = runbook.lines().filter_map(|line| line.strip_prefix("## "));
    let entries: BTreeSet<_> = entries.map(str::to_owned).collect();
    for entry in entries.symmetric_difference(&names) {
        if !NOT_ALARMS.contains(&entry.as_str()) {
            wrong.push(format!(
                "only the runbook or only the template has {entry:?}"
            ));
        }
    }
    wrong
}

/// Headings of the runbook that are not names of alarms. The budget writes to the topic itself.
const NOT_ALARMS: &[&str] = &["Before you need it", "budget"];

/// Says so if nothing writes this metric.
fn unknown_metric(metric: &Value, filters: &BTreeMap<String, Pattern>) -> Option<String> {
    let name = metric["MetricName"].as_str().unwrap_or_default();
    let dimensions = list(&metric["Dimensions"]);
    let dimensions: Vec<_> = dimensions
        .iter()
        .map(|one| one["Name"].as_str().unwrap_or_default())
        .collect();
    if metric["Namespace"] == namespace() {
        let known = filters.contains_key(name) && dimensions.is_empty();
        return (!known).then(|| format!("no filter counts {name}"));
    }
    let namespace = metric["Namespace"].as_str().unwrap_or_default();
    let known = OF_AWS.contains(&(namespace, name, &dimensions[..]));
    (!known).then(|| format!("AWS does not write {namespace} {name} of {dimensions:?}"))
}

#[test]
fn every_alarm_watches_a_metric_that_exists_and_tells_somebody_what_to_read() {
    assert_eq!(mistakes(&everything()), Vec::<String>::new());
    let default = [(
        "AlarmTopicArn",
        "arn:aws:sns:eu-central-1:123456789012:page",
    )];
    let alarms = |template: &Template| {
        let resources = template.resources();
        let found = resources
            .values()
            .filter(|it| it["Type"] == "AWS::CloudWatch::Alarm");
        found.count()
    };
    let raised = alarms(&Template::with(&default));
    assert!(raised >= 20, "{raised}");
    // Only the alarms themselves are optional: what they count is there to look at.
    assert_eq!(alarms(&Template::with(&[])), 0);
    // Page alarms go to the one topic if there is no other.
    for (name, alarm) in Template::with(&default).resources() {
        if alarm["Type"] == "AWS::CloudWatch::Alarm" {
            assert_eq!(
                alarm["Properties"]["AlarmActions"],
                json!([default[0].1]),
                "{name}"
            );
        }
    }
    for (hours, alarmed) in [("0", false), ("24", true)] {
        let silence = [default[0], ("SilenceHours", hours)];
        let resources = Template::with(&silence).resources();
        assert_eq!(resources.contains_key("SilenceAlarm"), alarmed);
    }
    let silence = &everything().resources()["SilenceAlarm"]["Properties"];
    assert_eq!(silence["TreatMissingData"], "breaching");
}

#[test]
fn an_address_of_email_gets_all_alarms_through_a_topic_of_the_stack() {
    let address = ("AlarmEmail", "ops@example.com");
    let template = Template::with(&[address, ("MonthlyBudgetUsd", "100")]);
    assert_eq!(template.objections(), [""; 0]);
    let resources = template.resources();
    let topic = json!({"Ref": "AlarmTopic"});
    let mut alarms = 0;
    for (name, alarm) in &resources {
        if alarm["Type"] == "AWS::CloudWatch::Alarm" {
            for actions in ["AlarmActions", "OKActions"] {
                assert_eq!(alarm["Properties"][actions], json!([topic]), "{name}");
            }
            alarms += 1;
        }
    }
    assert!(alarms >= 20, "{alarms}");
    assert!(resources.contains_key("Dashboard"));
    let subscription = json!([{"Protocol": "email", "Endpoint": "ops@example.com"}]);
    let properties = &resources["AlarmTopic"]["Properties"];
    assert_eq!(properties["Subscription"], subscription);
    // CloudWatch cannot publish to a topic under AWS's own key.
    assert!(properties["KmsMasterKeyId"].is_null());
    let policy = &resources["AlarmTopicPolicy"]["Properties"];
    assert_eq!(policy["Topics"], json!([topic]));
    let [statement] = list(&policy["PolicyDocument"]["Statement"])
        .try_into()
        .unwrap();
    assert_eq!(statement["Resource"], topic);
    let budgets = &resources["Budget"]["Properties"]["NotificationsWithSubscribers"][0];
    assert_eq!(budgets["Subscribers"][0]["Address"], topic);
    for writer in ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] {
        assert!(list(&statement["Principal"]["Service"]).contains(&json!(writer)));
    }
    let account = json!({"aws:SourceAccount": {"Ref": "AWS::AccountId"}});
    assert_eq!(statement["Condition"]["StringEquals"], account);

    let two = [address, OPERATED[0]];
    assert_eq!(Template::with(&two).objections().len(), 1);
    let none = Template::with(&[]).resources();
    assert!(!none.contains_key("AlarmTopic") && !none.contains_key("AlarmTopicPolicy"));
}

#[test]
fn mistakes_in_an_alarm_are_found() {
    let good = text();
    for (from, to, complaint) in [
        (
            "AlarmActions: [!If [HasTopic, !Ref AlarmTopicArn, !Ref AlarmTopic]]",
            "AlarmActions: []",
            "it tells nobody",
        ),
        (
            "See docs/runbook.md#slow'",
            "See docs/runbook.md#fast'",
            "place in the runbook",
        ),
        (
            "-gateway-5xx\n",
            "-gateway-6xx\n",
            "the runbook has no entry",
        ),
        (
            "      MetricName: spilled\n",
            "      MetricName: spilt\n",
            "no filter counts spilt",
        ),
        (
            "      MetricName: IteratorAge\n",
            "      MetricName: Age\n",
            "AWS does not write",
        ),
        ("{ Name: ApiName,", "{ Name: ApiId,", "AWS does not write"),
        ("      TreatMissingData: notBreaching\n", "", "missing data"),
        (
            "      Period: 3600\n",
            "      Period: 7200\n",
            "more than a day",
        ),
        (
            "      DatapointsToAlarm: 5\n",
            "      DatapointsToAlarm: 6\n",
            "can never be raised",
        ),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{from}");
        let with_24_hours = [OPERATED, &[("SilenceHours", "24")]].concat();
        let mistakes = mistakes(&Template::of(&text, &with_24_hours));
        let found = mistakes.iter().any(|mistake| mistake.contains(complaint));
        assert!(found, "{to}: {mistakes:?}");
    }
}

#[test]
fn no_alarm_and_no_filter_depends_on_the_level_of_the_log() {
    let text = text();
    let levels = text.split("  LogLevel:").nth(1).unwrap();
    let levels = levels.split("AllowedValues: ").nth(1).unwrap();
    assert!(levels.starts_with("[warn, info]\n"));
    // Decisions that took long have an INFO line each, so their alarm needs this level.
    for (level, alarmed) in [("info", true), ("warn", false)] {
        let parameters = [OPERATED, &[("LogLevel", level)]].concat();
        let resources = Template::with(&parameters).resources();
        assert_eq!(resources.contains_key("SlowDecisionsAlarm"), alarmed);
    }
}

/// The text of a `Fn::Sub` with other words in place of what it refers to, and with the texts that it puts together.
fn substituted(value: &Value) -> String {
    let text = value["Fn::Sub"][0].as_str().or(value["Fn::Sub"].as_str());
    let mut text = text.unwrap().to_owned();
    let parts = value["Fn::Sub"][1].as_object().into_iter().flatten();
    for (name, part) in parts.filter(|(_, part)| !part["Fn::Sub"].is_null() || **part == "") {
        let part = part
            .as_str()
            .map_or_else(|| substituted(part), str::to_owned);
        text = text.replace(&format!("${{{name}}}"), &part);
    }
    while let Some((before, rest)) = text.split_once("${") {
        let (name, after) = rest.split_once('}').unwrap();
        let word = match name {
            "DeadlineMs" => "1500".to_owned(),
            other => other.replace(':', "."),
        };
        text = format!("{before}{word}{after}");
    }
    text
}

#[test]
fn the_dashboard_shows_metrics_and_keys_that_exist_and_never_what_users_wrote() {
    let template = everything();
    let resources = template.resources();
    let filters = metrics(&template);
    let body = substituted(&resources["Dashboard"]["Properties"]["DashboardBody"]);
    let body: Value = serde_json::from_str(&body).unwrap();
    let keys = [
        "requestId",
        "operationID",
        "command",
        "function",
        "message",
        "level",
        "decision",
        "decidedBy",
        "rule",
        "problem",
        "rejection",
        "at",
        "durationMs",
        "unknownCommand",
        "table_error",
        "queue_error",
        "wrong",
        "n",
        "p99",
        "@timestamp",
    ];
    let words = [
        "filter",
        "stats",
        "count",
        "as",
        "by",
        "sort",
        "desc",
        "limit",
        "ispresent",
        "and",
        "fields",
        "pct",
        "INFO",
        "ERROR",
    ];
    let without = Template::with(OPERATED).resources();
    let without = substituted(&without["Dashboard"]["Properties"]["DashboardBody"]);
    let without: Value = serde_json::from_str(&without).unwrap();
    let widgets = |body: &Value| list(&body["widgets"]).len();
    let of_published =
        "two for published events, one for each of deliveries, callbacks and messages to judge";
    assert_eq!(widgets(&without) + 5, widgets(&body), "{of_published}");
    let (mut alarms, mut graphs, mut queries) = (0, 0, 0);
    for widget in list(&body["widgets"]) {
        let properties = &widget["properties"];
        for alarm in list(&properties["alarms"]) {
            let name = alarm
                .as_str()
                .unwrap()
                .rsplit(':')
                .next()
                .unwrap()
                .to_owned();
            let name = name.replace("AWS..StackName", "${AWS::StackName}");
            let known = resources
                .values()
                .any(|it| it["Properties"]["AlarmName"]["Fn::Sub"] == name.as_str());
            assert!(known, "{name}");
            alarms += 1;
        }
        for metric in list(&properties["metrics"]) {
            let parts = list(&metric);
            if only_entry(&parts[0]).is_some() {
                continue;
            }
            let texts: Vec<_> = parts.iter().filter_map(Value::as_str).collect();
            let own = texts[0].starts_with("WebhookReceiver/");
            let dimensions = texts[2..].chunks(2).map(|pair| json!({"Name": pair[0]}));
            let metric = json!({
                "Namespace": if own { namespace() } else { json!(texts[0]) },
                "MetricName": texts[1], "Dimensions": dimensions.collect::<Vec<_>>(),
            });
            assert_eq!(unknown_metric(&metric, &filters), None);
            graphs += 1;
        }
        if let Some(query) = properties["query"].as_str() {
            let query = query.strip_prefix("SOURCE 'FunctionLogs' | ").unwrap();
            for word in query.split(|c: char| !(c.is_alphanumeric() || "_@".contains(c))) {
                let number = word.parse::<u32>().is_ok();
                let known = word.is_empty() || number || keys.contains(&word);
                assert!(known || words.contains(&word), "{word} in {query}");
                assert_ne!(word, "event", "{query}");
            }
            queries += 1;
        }
    }
    assert!(
        alarms >= 20 && graphs >= 20 && queries >= 5,
        "{alarms} {graphs} {queries}"
    );
}

/// The template as SAM translates it.
fn translated(parameters: &[(&str, &str)]) -> Value {
    let python = root().join(".local/ministack/bin/python");
    let parameters = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let output = std::process::Command::new(python)
        .arg(root().join("tests/translated.py"))
        .arg(root().join("template.yaml"))
        .args(parameters)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_stack_with_everything_has_at_most_400_resources() {
    let translated = translated(&parameters_of_everything());
    // With the resources of every condition, though some exclude each other.
    let resources = translated["Resources"].as_object().unwrap();
    let functions = resources
        .values()
        .filter(|it| it["Type"] == "AWS::Lambda::Function");
    assert!(functions.count() > 50);
    println!("{} resources of 500", resources.len());
    assert!(resources.len() <= 400, "{}", resources.len());
    let stage = resources
        .values()
        .find(|it| it["Type"] == "AWS::ApiGateway::Stage");
    let settings = &stage.unwrap()["Properties"]["MethodSettings"];
    let changes: usize = list(settings)
        .iter()
        // Two keys say which method it is about.
        .map(|one| one.as_object().unwrap().len() - 2)
        .sum();
    assert!(changes <= 10, "an update of a stage takes few changes");
    assert!(
        translated.to_string().len() < 1_000_000,
        "CloudFormation's limit"
    );
}

#[test]
fn the_stage_and_the_stream_stay_within_the_limits_of_aws() {
    let template = everything();
    let readers = template.functions().into_values().flat_map(|function| {
        let streams = events(&function).filter(|(kind, _)| *kind == "DynamoDB");
        streams
            .map(|(_, source)| source["Stream"].clone())
            .collect::<Vec<_>>()
    });
    assert!(readers.count() <= 2, "a shard has two readers at most");
    let format = &template.resources()["Api"]["Properties"]["AccessLogSetting"]["Format"];
    let format = format.as_str().unwrap();
    assert!(format.len() <= 3 * 1024);
    let line: Value = serde_json::from_str(format).unwrap();
    for key in ["requestId", "caller", "route", "status", "latencyMs"] {
        assert!(line[key].is_string(), "{key}");
    }
    // The query has Tencent Chat's signature.
    for secret in ["querystring", "header", "authorizer", "$context.path\""] {
        assert!(!format.contains(secret), "{secret}");
    }
    let without = Template::with(&[]).resources();
    assert!(without["Api"]["Properties"]["AccessLogSetting"].is_null());
}

/// Patterns look only at keys that the functions write, so a misspelt key is found.
#[test]
fn every_pattern_looks_at_keys_of_log_lines() {
    let keys = [
        "asks",
        "code",
        "decidedBy",
        "durationMs",
        "event",
        "level",
        "message",
        "messageId",
        "problem",
        "sequenceNumber",
        "unknownCommand",
    ];
    for (metric, pattern) in metrics(&everything()) {
        for field in pattern.fields() {
            assert!(keys.contains(&field), "{metric}: {field}");
        }
    }
}
