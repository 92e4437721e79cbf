//! Messages are judged after they were sent: the service is asked from a queue, a refused message is withdrawn through the chat
//! server's REST API, and an event says so. Whatever fails comes again, and nothing is done twice.

use std::{collections::BTreeMap, time::Duration};

use cloudevents::Key;
use domain::{
    Conversation, Events, GroupId, Reception, Source, Timestamp, TopicId, UserId,
    message::{AppText, Content, Event, Kind, MessageRef},
};
use receiver::messages::{CANNOT_WITHDRAW, NOT_JUDGED, NOT_WITHDRAWN};
use serde_json::{Value, json};
use support::{
    Behaviour, ChatServer, DecisionService, Dynamodb, Function, Queue, Refusal, Request,
    SDK_APP_ID, Secret, StoredMessage, Table, binary, deliver, nowhere, records,
};
use tokio::process::Command;

use crate::deliver::{SECRET, accepts};

const PULL: &str = "/api/msg/pull_msg_by_seq";
const REVOKE: &str = "/api/msg/revoke_msg";
const C2C: &str = "/v4/openim/admin_msgwithdraw";
const GROUP: &str = "/v4/group_open_http_svc/group_msg_recall";

/// A text that only the service may get.
const SAID: &str = "https://files.example.com/hunter2.png";

fn refuse() -> Behaviour {
    let answer = json!({"decision": "refuse", "code": 20005, "message": "no"});
    Behaviour::Answer(200, answer.to_string())
}

fn allow() -> Behaviour {
    Behaviour::Answer(200, json!({"decision": "allow"}).to_string())
}

/// The settings of a function that has messages of this queue judged by the service with that URL.
pub(crate) fn moderation(
    service: &str,
    chat: &ChatServer,
    queue: &Queue,
) -> [(&'static str, String); 12] {
    [
        ("MODERATE_LATER", "picture, video"),
        ("DECISION_URL", service),
        ("DECISION_SECRET", SECRET),
        ("ALLOW_PRIVATE_ADDRESSES", "yes"),
        ("OPENIM_API_URL", &format!("{}/api/", chat.url)),
        ("OPENIM_ADMIN_USER", ChatServer::OPENIM_ADMIN),
        ("OPENIM_ADMIN_SECRET", ChatServer::OPENIM_SECRET),
        ("TENCENT_API_URL", &chat.url),
        ("TENCENT_ADMIN", ChatServer::TENCENT_ADMIN),
        ("TENCENT_KEY", ChatServer::TENCENT_KEY),
        ("MODERATION_QUEUE_URL", &queue.url),
        ("AWS_ENDPOINT_URL_SQS", &queue.endpoint),
    ]
    .map(|(name, value)| (name, value.to_owned()))
}

/// A message of the queue: a picture that was sent to a group of Tencent Chat.
pub(crate) fn sent_picture() -> String {
    body(&picture("r", Source::Tencent, group(), number(4))).0
}

/// The message of the queue about a reception, and the event's id.
fn body(reception: &Reception) -> (String, String) {
    let key = Key { pk: "", sk: "" };
    let event = cloudevents::from_reception(reception, "chat", key).remove(0);
    (event.to_json(), event.id)
}

/// What the function works with.
struct Around {
    _dynamodb: Dynamodb,
    ministack: Dynamodb,
    table: Table,
    queue: Queue,
    service: DecisionService,
    chat: ChatServer,
}

impl Around {
    async fn start(name: &str, behaviour: Behaviour) -> Self {
        let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
        Self {
            table: dynamodb.events_table().await,
            queue: Queue::create(&ministack, name).await,
            _dynamodb: dynamodb,
            ministack,
            service: DecisionService::start(behaviour).await,
            chat: ChatServer::start().await,
        }
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = self.table.environment();
        let more = moderation(&self.service.url, &self.chat, &self.queue);
        environment.extend(more.map(|(name, value)| (name.to_owned(), value)));
        environment
    }

    async fn function(&self) -> Function {
        Function::start("moderate", self.environment()).await
    }

    async fn send(&self, reception: &Reception) -> String {
        let (body, id) = body(reception);
        self.queue.send(body).await;
        id
    }

    /// Passes all visible messages to the function. What failed is visible again at once. Gives how many failed.
    async fn round(&self, function: &Function) -> usize {
        let again = deliver(function, &self.queue).await.unwrap_or_default();
        for receipt in &again {
            let show = self.queue.client.change_message_visibility();
            let show = show.queue_url(&self.queue.url).receipt_handle(receipt);
            show.visibility_timeout(0).send().await.unwrap();
        }
        again.len()
    }

    /// The recorded events about refused messages, without when they were refused.
    async fn refused(&self) -> Vec<Value> {
        let receptions = self.table.receptions().await.into_iter();
        let of_family = receptions.filter(|it| matches!(it.events, Events::Moderation(_)));
        of_family
            .map(|reception| {
                assert!(reception.id.ends_with("-moderation"), "{}", reception.id);
                let mut event =
                    serde_json::to_value(&reception.events).unwrap()["events"][0].take();
                assert!(event["refused_at"].take().is_string());
                event.as_object_mut().unwrap().remove("refused_at");
                event
            })
            .collect()
    }
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn single() -> Conversation {
    Conversation::between(user("ana"), user("leo"))
}

fn group() -> Conversation {
    Conversation::Group(GroupId::new("g").unwrap())
}

fn id(id: &str) -> MessageRef {
    MessageRef {
        id: Some(id.to_owned()),
        ..MessageRef::default()
    }
}

fn number(seq: i64) -> MessageRef {
    MessageRef {
        seq: Some(seq),
        ..MessageRef::default()
    }
}

/// A picture that ana sent some seconds ago.
fn picture(
    name: &str,
    source: Source,
    conversation: Conversation,
    message: MessageRef,
) -> Reception {
    Reception {
        id: name.to_owned(),
        received_at: Timestamp::now(),
        source,
        command: "command".into(),
        operation_id: None,
        events: vec![Event::MessageSent {
            conversation,
            topic: None,
            from: user("ana"),
            message,
            kind: Kind::Picture,
            sent_at: Some(Timestamp::now()),
            mentions: Vec::new(),
            mentions_everybody: false,
            bot: false,
            content: Some(Content::Picture {
                url: SAID.to_owned(),
                bytes: None,
                width: None,
                height: None,
            }),
            app_text: AppText::default(),
        }]
        .into(),
        body: None,
        target: None,
        part: None,
    }
}

fn sent_at(mut reception: Reception, millis: i64) -> Reception {
    let at = Timestamp::from_unix_millis(millis).unwrap();
    reception.received_at = at;
    if let Events::Message(events) = &mut reception.events
        && let Some(Event::MessageSent { sent_at, .. }) = events.first_mut()
    {
        *sent_at = Some(at);
    }
    reception
}

fn stored(id: &str, seq: i64) -> StoredMessage {
    StoredMessage {
        conversation: "si_ana_leo".to_owned(),
        seq,
        id: id.to_owned(),
        from: "ana".to_owned(),
        to: "leo".to_owned(),
        time: Timestamp::now().unix_millis(),
        cleared_by: Vec::new(),
        revoked: false,
    }
}

fn lines(function: &Function, message: &str) -> Vec<Value> {
    let lines = function.log().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

/// Callbacks about messages that were sent, and what the server has to be asked after they were refused.
fn callbacks(now: i64) -> Vec<(&'static str, &'static str, Value)> {
    let picture = json!({"sourcePicture": {"url": SAID}}).to_string();
    let elements = json!([
        {"MsgType": "TIMTextElem", "MsgContent": {"Text": "look"}},
        {"MsgType": "TIMImageElem", "MsgContent": {"UUID": "u", "ImageInfoArray": [{"Type": 1, "URL": SAID}]}},
    ]);
    let texts = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hunter2"}}]);
    vec![
        (
            "any-command",
            "callbackAfterSendSingleMsgCommand",
            json!({
                "sendID": "leo", "recvID": "ana", "serverMsgID": "s1", "clientMsgID": "c1", "contentType": 102, "seq": 0,
                "sendTime": now, "content": picture,
            }),
        ),
        (
            "any-command",
            "callbackAfterSendGroupMsgCommand",
            json!({
                "sendID": "ana", "groupID": "g", "serverMsgID": "s2", "clientMsgID": "c2", "contentType": 104, "seq": 0,
                "sendTime": now, "content": "{\"videoUrl\":\"x\"}",
            }),
        ),
        (
            "tencent",
            "C2C.CallbackAfterSendMsg",
            json!({
                "From_Account": "leo", "To_Account": "ana", "MsgKey": "1_2_3", "MsgTime": now / 1000, "SendMsgResult": 0,
                "MsgBody": elements,
            }),
        ),
        (
            "tencent",
            "Group.CallbackAfterSendMsg",
            json!({
                "GroupId": "g", "TopicId": "t", "From_Account": "ana", "MsgSeq": 4, "MsgTime": now / 1000, "MsgBody": elements,
            }),
        ),
        (
            "tencent",
            "OfficialAccount.CallbackAfterSendMsg",
            json!({"Official_Account": "@TOA#_hut", "MsgKey": "7_8_9", "MsgTime": now / 1000, "MsgBody": elements}),
        ),
        // Nobody is asked about these.
        (
            "any-command",
            "callbackAfterSendSingleMsgCommand",
            json!({
                "sendID": "leo", "recvID": "ana", "serverMsgID": "s3", "contentType": 101, "sendTime": now,
                "content": "{\"content\":\"hunter2\"}",
            }),
        ),
        (
            "tencent",
            "C2C.CallbackAfterSendMsg",
            json!({
                "From_Account": "leo", "To_Account": "ana", "MsgKey": "4_5_6", "MsgTime": now / 1000, "SendMsgResult": 0,
                "MsgBody": texts,
            }),
        ),
        (
            "tencent",
            "C2C.CallbackAfterSendMsg",
            json!({
                "From_Account": "leo", "To_Account": "ana", "MsgKey": "4_5_7", "MsgTime": now / 1000, "SendMsgResult": 20007,
                "MsgBody": elements,
            }),
        ),
    ]
}

#[tokio::test]
async fn a_refused_message_of_either_server_is_withdrawn_once_and_an_event_says_so() {
    let around = Around::start("moderation", refuse()).await;
    let receiver = Function::start("any-command", around.table.environment()).await;
    let tencent = Function::start("tencent", around.table.environment()).await;
    let now = Timestamp::now().unix_millis();
    for (function, command, body) in callbacks(now) {
        let (function, path) = match function {
            "tencent" => (
                &tencent,
                format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}"),
            ),
            _ => (&receiver, format!("/{command}")),
        };
        let answer = function.send(&Request::post(&path, body.to_string())).await;
        assert_eq!(answer.status, 200, "{command}");
    }
    around.chat.store(stored("s0", 6));
    around.chat.store(StoredMessage {
        from: "leo".into(),
        to: "ana".into(),
        ..stored("s1", 7)
    });
    around.chat.store(StoredMessage {
        conversation: "sg_g".into(),
        to: "g".into(),
        ..stored("s2", 3)
    });

    let publish = Function::start("publish", around.environment()).await;
    let mut at = 0;
    let published = async |at: usize| {
        let records = records(&around.table).await;
        let batch = json!({"Records": records[at..]});
        let response = publish.invoke(batch).await;
        assert_eq!(response["batchItemFailures"], json!([]), "{response}");
        records.len()
    };
    at = published(at).await;
    assert_eq!(around.queue.count().await, [5, 0]);

    let function = around.function().await;
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.queue.count().await, [0, 0]);
    let questions = around.service.questions();
    assert_eq!(questions.len(), 5);
    let mut asked: Vec<Value> = questions.iter().map(support::Question::json).collect();
    asked.sort_by_key(|question| question["command"].as_str().unwrap().to_owned());
    for question in &questions {
        assert!(accepts(SECRET, question));
        assert_eq!(question.headers["webhook-id"], question.json()["id"]);
        assert_eq!(question.json()["deadline_ms"], 120_000);
    }
    let mut first = asked[0].clone();
    assert_eq!(first["command"], "C2C.CallbackAfterSendMsg");
    assert!(first["id"].take().as_str().unwrap().ends_with("-0"));
    assert_eq!(
        first,
        json!({
            "id": null, "type": "message.sent", "server": "tencent", "command": "C2C.CallbackAfterSendMsg",
            "subject": "user/leo", "deadline_ms": 120_000,
            "data": {
                "actor": "leo", "others": ["ana"], "kind": "several", "parts": ["text", "picture"],
                "message": {"id": "1_2_3"}, "amendable": [],
                "content": {"kind": "several", "parts": [
                    {"kind": "text", "text": "look"}, {"kind": "picture", "url": SAID},
                ]},
            },
        })
    );
    assert_eq!(asked[1]["data"]["group"], "g");
    assert_eq!(asked[1]["data"]["topic"], "t");
    assert_eq!(
        asked[4]["data"]["content"],
        json!({"kind": "picture", "url": SAID})
    );

    // Each by what its server needs.
    let chat = &around.chat;
    assert_eq!(chat.tokens(), 1);
    assert_eq!(chat.revoked(), [7, 3]);
    let mut revoked = chat.requests(REVOKE);
    revoked.sort_by_key(Value::to_string);
    assert_eq!(
        revoked,
        [
            json!({"userID": "ana", "conversationID": "sg_g", "seq": 3}),
            json!({"userID": "leo", "conversationID": "si_ana_leo", "seq": 7}),
        ]
    );
    assert_eq!(
        chat.requests(C2C),
        [json!({"From_Account": "leo", "To_Account": "ana", "MsgKey": "1_2_3"})]
    );
    assert_eq!(
        chat.requests(GROUP),
        [json!({"GroupId": "g", "TopicId": "t", "MsgSeqList": [{"MsgSeq": 4}]})]
    );
    assert_eq!(
        chat.requests("official_account_msg_recall"),
        [json!({"Official_Account": "@TOA#_hut", "MsgKeyList": ["7_8_9"]})]
    );

    let refused = around.refused().await;
    assert_eq!(refused.len(), 5);
    assert!(refused.iter().all(|it| it["withdrawal"] == "withdrawn"));
    assert_eq!(
        *refused.iter().find(|it| it["kind"] == "picture").unwrap(),
        json!({
            "type": "message_refused", "conversation": {"users": ["ana", "leo"]}, "from": "leo",
            "message": {"id": "s1", "client_id": "c1"}, "kind": "picture", "code": 20005, "withdrawal": "withdrawn",
        })
    );

    // The new events are published, and judge nothing. Neither does the callback about the recall.
    let recalled = json!({"conversationID": "si_ana_leo", "seq": 7, "userID": "leo"});
    let recalled = Request::post("/callbackBeforeAfterMsgCommand", recalled.to_string());
    receiver.send(&recalled).await;
    let before = at;
    at = published(at).await;
    assert_eq!(at - before, 6);
    assert_eq!(around.queue.count().await, [0, 0]);
    assert!(!function.log().join("\n").contains("hunter2"));
}

#[tokio::test]
async fn a_message_is_asked_about_with_the_same_id_until_the_service_answers() {
    let around = Around::start("moderation-retries", allow()).await;
    let function = around.function().await;
    let id = around
        .send(&picture("r", Source::Tencent, group(), number(4)))
        .await;
    let amend = json!({"decision": "amend", "data": {"text": "h***o"}});
    let without_code = json!({"decision": "refuse", "message": "no"});
    let answer = |answer: &Value| Behaviour::Answer(200, answer.to_string());
    let failures = [
        Behaviour::Answer(500, allow_text()),
        Behaviour::Reset,
        Behaviour::Redirect,
        Behaviour::Answer(200, "hunter2".to_owned()),
        Behaviour::Answer(200, format!("\"{}\"", "x".repeat(70_000))),
        answer(&amend),
        answer(&without_code),
        answer(&json!({"each": [{"decision": "allow"}]})),
    ];
    let tries = failures.len();
    for behaviour in failures {
        around.service.set(behaviour);
        assert_eq!(around.round(&function).await, 1);
    }
    around.service.set(allow());
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.queue.count().await, [0, 0]);
    let asked = around.service.questions();
    // A connection that breaks is tried once more at once.
    assert!((tries + 1..=tries + 2).contains(&asked.len()));
    assert!(
        asked
            .iter()
            .all(|it| it.headers["webhook-id"] == id.as_str())
    );
    assert!(asked.iter().all(|it| it.json()["id"] == id.as_str()));

    let waits: Vec<u64> = lines(&function, NOT_JUDGED)
        .iter()
        .map(|line| line["nextSeconds"].as_u64().unwrap())
        .collect();
    assert_eq!(waits, [5, 30, 120, 300, 600, 600, 600, 600]);
    assert!(around.chat.requests("").is_empty());
    assert!(around.refused().await.is_empty());
    assert!(!function.log().join("\n").contains("hunter2"));
}

fn allow_text() -> String {
    json!({"decision": "allow"}).to_string()
}

#[tokio::test]
async fn a_message_that_failed_is_hidden_for_its_wait_and_holds_up_no_other() {
    let around = Around::start("moderation-hidden", Behaviour::Answer(503, String::new())).await;
    let function = around.function().await;
    around
        .send(&picture("r", Source::Tencent, group(), number(4)))
        .await;
    assert_eq!(deliver(&function, &around.queue).await.unwrap().len(), 1);
    assert_eq!(around.queue.count().await, [0, 1]);
    around.service.set(refuse());
    around
        .send(&picture("s", Source::Tencent, group(), number(5)))
        .await;
    around.queue.send("hunter2").await;
    // What cannot be read stays, and ends in the dead-letter queue.
    assert_eq!(deliver(&function, &around.queue).await.unwrap().len(), 1);
    assert_eq!(around.refused().await.len(), 1);
    assert_eq!(around.queue.count().await, [0, 2]);
}

#[tokio::test]
async fn a_token_is_used_until_its_end_or_until_the_server_refuses_it() {
    let around = Around::start("moderation-tokens", refuse()).await;
    let function = around.function().await;
    let mut at = 0;
    let mut withdrawn = async || {
        at += 1;
        let name = format!("s{at}");
        around.chat.store(stored(&name, at));
        around
            .send(&picture(&name, Source::OpenIm, single(), id(&name)))
            .await;
        assert_eq!(around.round(&function).await, 0);
        assert_eq!(around.chat.revoked().len(), usize::try_from(at).unwrap());
    };
    withdrawn().await;
    withdrawn().await;
    assert_eq!(around.chat.tokens(), 1);
    // The server forgot the token: one new one, although two requests need it.
    around.chat.refuse(PULL, Refusal::Code(1506));
    around.chat.tokens_last(0);
    withdrawn().await;
    assert_eq!(around.chat.tokens(), 3);
    around.chat.tokens_last(3600);
    withdrawn().await;
    withdrawn().await;
    assert_eq!(around.chat.tokens(), 4);
    assert_eq!(around.refused().await.len(), 5);
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_and_a_message_that_is_gone_counts_as_withdrawn() {
    let around = Around::start("moderation-servers", refuse()).await;
    let function = around.function().await;
    around.chat.store(stored("s1", 7));
    around
        .send(&picture("o", Source::OpenIm, single(), id("s1")))
        .await;
    let token = "/api/auth/get_admin_token";
    for (path, refusal) in [
        (token, Refusal::Code(1002)),
        (token, Refusal::Status(502)),
        (PULL, Refusal::Status(500)),
        (REVOKE, Refusal::Code(500)),
        (REVOKE, Refusal::Code(1002)),
    ] {
        around.chat.refuse(path, refusal);
        assert_eq!(around.round(&function).await, 1, "{path} {refusal:?}");
    }
    assert_eq!(lines(&function, NOT_WITHDRAWN).len(), 5);
    assert!(around.chat.revoked().is_empty());
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.chat.revoked(), [7]);

    // As after a crash between the withdrawal and the event: both are done again, and the first event stays.
    around
        .send(&picture("o", Source::OpenIm, single(), id("s1")))
        .await;
    let others = [
        (
            "already",
            Source::Tencent,
            single(),
            id("1_2_3"),
            C2C,
            20023,
        ),
        (
            "missing",
            Source::Tencent,
            single(),
            id("1_2_4"),
            C2C,
            20022,
        ),
        ("no-such", Source::Tencent, group(), number(4), GROUP, 10030),
        (
            "no-group",
            Source::Tencent,
            group(),
            number(5),
            GROUP,
            10010,
        ),
    ];
    for (name, source, conversation, message, path, code) in others {
        around.chat.refuse(path, Refusal::Code(code));
        around
            .send(&picture(name, source, conversation, message))
            .await;
        assert_eq!(around.round(&function).await, 0, "{name}");
    }
    let refused = around.refused().await;
    let became = |name: &str| {
        let found = refused.iter().filter(|it| it["withdrawal"] == name);
        found.count()
    };
    assert_eq!((became("withdrawn"), became("gone")), (1, 5));
    assert!(lines(&function, CANNOT_WITHDRAW).is_empty());
    assert!(!function.log().join("\n").contains("hunter2"));
}

#[tokio::test]
async fn a_message_that_the_server_never_withdraws_ends_with_an_event_and_an_error() {
    let around = Around::start("moderation-failed", refuse()).await;
    let function = around.function().await;
    let never = [
        (
            "late",
            Source::Tencent,
            group(),
            number(4),
            GROUP,
            Some(10031),
        ),
        (
            "live",
            Source::Tencent,
            group(),
            number(5),
            GROUP,
            Some(10032),
        ),
        ("key", Source::Tencent, single(), id("x"), C2C, Some(90054)),
        // The callback had no id.
        (
            "none",
            Source::Tencent,
            single(),
            MessageRef::default(),
            C2C,
            None,
        ),
        (
            "without",
            Source::OpenIm,
            single(),
            MessageRef::default(),
            PULL,
            None,
        ),
    ];
    for (name, source, conversation, message, path, code) in never.clone() {
        if let Some(code) = code {
            around.chat.refuse(path, Refusal::Code(code));
        }
        around
            .send(&picture(name, source, conversation, message))
            .await;
        assert_eq!(around.round(&function).await, 0, "{name}");
    }
    let mut errors: Vec<Value> = around.refused().await;
    assert!(errors.iter().all(|it| it["withdrawal"] == "failed"));
    errors.sort_by_key(|it| it["error"].as_i64());
    let errors: Vec<Option<i64>> = errors.iter().map(|it| it["error"].as_i64()).collect();
    let expected = [None, None, Some(10031), Some(10032), Some(90054)];
    assert_eq!(errors, expected);
    let lines = lines(&function, CANNOT_WITHDRAW);
    assert_eq!(lines.len(), never.len());
    assert!(lines.iter().all(|line| line["level"] == "ERROR"));
    // Nothing is left to try again.
    assert_eq!(around.queue.count().await, [0, 0]);
}

#[tokio::test]
async fn the_number_of_a_message_is_found_in_a_busy_conversation_and_after_its_sender_cleared_it() {
    let around = Around::start("moderation-numbers", refuse()).await;
    let function = around.function().await;
    // 250 messages came after it.
    for seq in 1..=300 {
        around.chat.store(stored(&format!("m{seq}"), seq));
    }
    around
        .send(&picture("busy", Source::OpenIm, single(), id("m50")))
        .await;
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.chat.requests(PULL).len(), 3);
    assert!(around.chat.requests("search_msg").is_empty());
    assert_eq!(around.chat.revoked(), [50]);

    // The callback after saving has the number.
    around
        .send(&picture("saved", Source::OpenIm, single(), number(60)))
        .await;
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.chat.requests(PULL).len(), 3);
    assert_eq!(around.chat.revoked(), [50, 60]);

    let minutes_ago = Timestamp::now().unix_millis() - 120_000;
    let cleared = StoredMessage {
        conversation: "sg_g".to_owned(),
        to: "g".to_owned(),
        time: minutes_ago,
        cleared_by: vec!["ana".to_owned()],
        ..stored("hidden", 9)
    };
    around.chat.store(cleared);
    let hidden = sent_at(
        picture("cleared", Source::OpenIm, group(), id("hidden")),
        minutes_ago,
    );
    around.send(&hidden).await;
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.chat.requests("search_msg").len(), 1);
    assert_eq!(around.chat.revoked(), [50, 60, 9]);
    let last = around.chat.requests(REVOKE);
    assert_eq!(last.last().unwrap()["userID"], ChatServer::OPENIM_ADMIN);

    // The server stores messages after it says that they were sent.
    around
        .send(&picture("new", Source::OpenIm, single(), id("new")))
        .await;
    assert_eq!(around.round(&function).await, 1);
    // A search is expensive.
    assert_eq!(around.chat.requests("search_msg").len(), 1);
    around.chat.store(stored("new", 301));
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.chat.revoked().len(), 4);
    // Later, a message that is not found was deleted.
    let deleted = picture("old", Source::OpenIm, single(), id("deleted"));
    around.send(&sent_at(deleted, 1_700_000_000_000)).await;
    assert_eq!(around.round(&function).await, 0);
    let refused = around.refused().await;
    let became: Vec<&Value> = refused.iter().map(|it| &it["withdrawal"]).collect();
    assert_eq!(became.iter().filter(|it| **it == "gone").count(), 1);
    assert_eq!(became.len(), 5);
}

#[tokio::test]
async fn a_message_of_a_server_without_an_api_url_waits() {
    let around = Around::start("moderation-one-server", refuse()).await;
    let mut environment = around.environment();
    environment.remove("TENCENT_API_URL");
    let function = Function::start("moderate", environment).await;
    around
        .send(&picture("t", Source::Tencent, group(), number(4)))
        .await;
    assert_eq!(around.round(&function).await, 1);
    let line = &lines(&function, NOT_WITHDRAWN)[0];
    assert_eq!(line["why"], "TENCENT_API_URL is not set");
    let function = around.function().await;
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.refused().await.len(), 1);
}

#[tokio::test]
async fn kinds_that_are_judged_later_are_not_asked_about_before_and_policies_still_apply() {
    let around = Around::start("moderation-before", refuse()).await;
    let folder = std::env::temp_dir().join(format!("moderate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let policies = folder.join("policies.json");
    let rules = json!({
        "messages": {"contentTypes": {"deny": ["video"]}},
    });
    std::fs::write(&policies, rules.to_string()).unwrap();
    let mut environment = around.environment();
    environment.insert("BEFORE_DEADLINE_MS".into(), "2500".into());
    environment.insert("POLICIES_FILE".into(), policies.to_str().unwrap().into());
    let receiver = Function::start("any-command", environment.clone()).await;
    environment.remove("POLICIES_FILE");
    let tencent = Function::start("tencent", environment).await;
    let openim = async |content_type: i64, content: &str| {
        let body = json!({
            "sendID": "ana", "recvID": "leo", "contentType": content_type, "content": content,
        });
        let request = Request::post("/callbackBeforeSendSingleMsgCommand", body.to_string());
        let answer = receiver.send(&request).await;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["errCode"].as_i64().unwrap()
    };
    let picture = json!({"sourcePicture": {"url": SAID}}).to_string();
    assert_eq!(openim(102, &picture).await, 0);
    assert_eq!(openim(104, "{\"videoUrl\":\"x\"}").await, 28012);
    assert!(around.service.questions().is_empty());
    assert_eq!(openim(101, "{\"content\":\"hi\"}").await, 20005);
    assert_eq!(around.service.questions().len(), 1);

    around.service.set(allow());
    let text = json!({"MsgType": "TIMTextElem", "MsgContent": {"Text": "look"}});
    let picture = json!({
        "MsgType": "TIMImageElem", "MsgContent": {"UUID": "u", "ImageInfoArray": [{"Type": 1, "URL": SAID}]},
    });
    let elements = [
        (json!([picture]), 1),
        (json!([picture, picture]), 1),
        // The text is judged at once.
        (json!([picture, text]), 2),
    ];
    for (elements, asked) in elements {
        let body = json!({"From_Account": "ana", "To_Account": "leo", "MsgBody": elements});
        let path =
            format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=C2C.CallbackBeforeSendMsg");
        let answer = tencent.send(&Request::post(&path, body.to_string())).await;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(answer["ErrorCode"], 0, "{answer}");
        assert_eq!(around.service.questions().len(), asked, "{elements}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Starts a function that must not start. Gives what it says.
async fn does_not_start(name: &str, environment: &BTreeMap<String, String>) -> String {
    let mut command = Command::new(binary(name));
    command.env_clear().envs(environment);
    let command = command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
    let output = tokio::time::timeout(Duration::from_secs(30), command.output());
    let output = output.await.unwrap().unwrap();
    assert!(!output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[tokio::test]
async fn a_function_with_a_wrong_setting_does_not_start_and_says_why() {
    let around = Around::start("moderation-settings", allow()).await;
    let right = around.environment();
    let with = |changes: &[(&str, &str)]| {
        let mut environment = right.clone();
        for &(name, value) in changes {
            environment.insert(name.to_owned(), value.to_owned());
        }
        environment
    };
    let keep = "MODERATE_LATER needs MESSAGE_CONTENT keep";
    let no_service = "MODERATE_LATER is set, but DECISION_URL is not";
    for (name, changes, says) in [
        ("moderate", &[("MESSAGE_CONTENT", "drop")][..], keep),
        ("moderate", &[("DECISION_URL", "")], no_service),
        (
            "moderate",
            &[("MODERATE_LATER", "")],
            "MODERATE_LATER names no kind of message",
        ),
        (
            "moderate",
            &[("MODERATE_LATER", "pictures")],
            "MODERATE_LATER has pictures",
        ),
        (
            "moderate",
            &[("DECISION_SECRET", "")],
            "DECISION_SECRET is not",
        ),
        (
            "moderate",
            &[("OPENIM_ADMIN_SECRET", "")],
            "OPENIM_API_URL is set, but OPENIM_ADMIN_SECRET is not",
        ),
        (
            "moderate",
            &[("TENCENT_KEY", "")],
            "TENCENT_API_URL is set, but TENCENT_KEY is not",
        ),
        (
            "moderate",
            &[("TENCENT_SDK_APP_ID", "x")],
            "TENCENT_SDK_APP_ID is not a number",
        ),
        (
            "moderate",
            &[("OPENIM_API_URL", ""), ("TENCENT_API_URL", "")],
            "neither OPENIM_API_URL nor TENCENT_API_URL is set",
        ),
        (
            "moderate",
            &[("OPENIM_API_URL", "http://169.254.169.254/")],
            "OPENIM_API_URL names an address that is not allowed",
        ),
        (
            "moderate",
            &[("EVENTS_TABLE", "")],
            "EVENTS_TABLE is not set",
        ),
        ("publish", &[("MESSAGE_CONTENT", "drop")], keep),
        ("publish", &[("DECISION_URL", "")], no_service),
    ] {
        let log = does_not_start(name, &with(changes)).await;
        assert!(log.contains(says), "{changes:?}: {log}");
        assert!(!log.contains(ChatServer::OPENIM_SECRET));
        assert!(!log.contains(ChatServer::TENCENT_KEY));
    }
    // A receiver starts, and answers that it cannot work.
    let environment = with(&[("MESSAGE_CONTENT", "drop")]);
    let mut receiver = Function::start("before-send-single-msg", environment).await;
    let line = receiver.wait_for_line(keep).await;
    assert!(line.contains("misconfigured"), "{line}");
}

#[tokio::test]
async fn the_secrets_come_from_secrets_manager_and_an_empty_one_is_named() {
    let around = Around::start("moderation-secrets", refuse()).await;
    let secret = Secret::create(&around.ministack, "moderation", &json!({})).await;
    let mut environment = around.environment();
    environment.remove("OPENIM_ADMIN_SECRET");
    environment.remove("TENCENT_KEY");
    environment.extend(secret.environment("MODERATION_SECRET_ID"));
    let log = does_not_start("moderate", &environment).await;
    for name in ["OPENIM_ADMIN_SECRET", "TENCENT_KEY"] {
        assert!(log.contains(&format!("is set, but {name} is not")), "{log}");
    }
    let filled = json!({
        "OPENIM_ADMIN_SECRET": ChatServer::OPENIM_SECRET, "TENCENT_KEY": ChatServer::TENCENT_KEY,
    });
    secret.put(&filled.to_string()).await;
    let function = Function::start("moderate", environment).await;
    around.chat.store(stored("s1", 7));
    around
        .send(&picture("o", Source::OpenIm, single(), id("s1")))
        .await;
    around
        .send(&picture("t", Source::Tencent, group(), number(4)))
        .await;
    while around.queue.count().await != [0, 0] {
        assert_eq!(around.round(&function).await, 0);
    }
    assert_eq!(around.refused().await.len(), 2);
}

#[tokio::test]
async fn a_service_that_is_away_is_asked_again_and_its_question_is_not_lost() {
    let around = Around::start("moderation-away", refuse()).await;
    let mut environment = around.environment();
    environment.insert("DECISION_URL".into(), format!("http://{}/", nowhere()));
    let function = Function::start("moderate", environment).await;
    let topic = TopicId::new("t").unwrap();
    let mut reception = picture("r", Source::Tencent, group(), number(4));
    if let Events::Message(events) = &mut reception.events
        && let Some(Event::MessageSent { topic: of, .. }) = events.first_mut()
    {
        *of = Some(topic);
    }
    around.send(&reception).await;
    assert_eq!(around.round(&function).await, 1);
    let line = &lines(&function, NOT_JUDGED)[0];
    assert!(
        line["why"]
            .as_str()
            .unwrap()
            .starts_with("it cannot be reached")
    );
    let function = around.function().await;
    assert_eq!(around.round(&function).await, 0);
    assert_eq!(around.chat.requests(GROUP)[0]["TopicId"], "t");
    assert_eq!(around.refused().await[0]["topic"], "t");
}
