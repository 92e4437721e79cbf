//! Events arrive at the app's own service: each at least once, unchanged, signed, and in the order of its subject, whatever
//! goes wrong between the queue and the service. The queue is one of MiniStack's.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_sqs::types::QueueAttributeName;
use http::HeaderMap;
use outgoing::Circuit;
use receiver::{
    Destination, Sends,
    messages::{DELIVERY_DEAD, DELIVERY_GOES_ON, DELIVERY_WAITS, NOT_DELIVERED},
};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use support::{
    Authority, Behaviour, DecisionService, Dynamodb, Fault, FaultProxy, Function, Question, Queue,
    Secret, TlsFront, deliver, nowhere,
};

pub(crate) const SECRET: &str = "whsec_bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQ=";
const PREVIOUS: &str = "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQ=";

/// A text that only the service may get.
const TEXT: &str = "hunter2 writes 🙂 \u{2028}";

/// The queue of events, and its dead-letter queue.
pub(crate) struct Queues {
    pub(crate) events: Queue,
    pub(crate) dead: Queue,
}

impl Queues {
    pub(crate) async fn create(ministack: &Dynamodb, name: &str) -> Self {
        Self {
            events: Queue::fifo(ministack, name).await,
            dead: Queue::fifo(ministack, &format!("{name}-dead")).await,
        }
    }

    /// The settings of a function that delivers from here to this URL.
    pub(crate) fn environment(&self, url: &str) -> BTreeMap<String, String> {
        [
            ("DELIVERY_URL", url),
            ("DELIVERY_SECRET", SECRET),
            ("ALLOW_PRIVATE_ADDRESSES", "yes"),
            ("DELIVERIES_QUEUE_URL", &self.events.url),
            ("DELIVERIES_DEAD_LETTER_QUEUE_URL", &self.dead.url),
            ("AWS_ENDPOINT_URL_SQS", &self.events.endpoint),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    async fn send(&self, subject: usize, number: usize) -> (String, String) {
        let id = format!("s{subject}-{number}");
        let body = event(subject, &id).to_string();
        self.events
            .send_in(&format!("s{subject}"), &id, &body)
            .await;
        (id, body)
    }

    /// Delivers until the queue is empty. What failed does not wait for its next try, but is visible again at once.
    pub(crate) async fn drain(&self, function: &Function) {
        loop {
            let Some(again) = deliver(function, &self.events).await else {
                assert_eq!(self.events.count().await, [0, 0]);
                return;
            };
            self.show(&again).await;
        }
    }

    async fn show(&self, receipts: &[String]) {
        for receipt in receipts {
            self.hide(receipt, 0).await;
        }
    }

    async fn hide(&self, receipt: &str, seconds: i32) {
        let hide = self.events.client.change_message_visibility();
        let hide = hide.queue_url(&self.events.url).receipt_handle(receipt);
        hide.visibility_timeout(seconds).send().await.unwrap();
    }
}

pub(crate) fn event(subject: usize, id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/stack/openim", "type": "relation.remark_set",
        "subject": format!("user/s{subject}"), "time": "2026-11-21T12:34:56.789Z",
        "datacontenttype": "application/json", "command": "callbackAfterSetFriendRemarkCommand",
        "sequence": format!("2026-11-21T12:34:56.789Z#{id}"),
        "data": {"owner": format!("s{subject}"), "friend": "leo", "remark": TEXT},
    })
}

fn id_of(request: &Question) -> String {
    request.headers["webhook-id"].clone()
}

/// Checks the signature with the library of Standard Webhooks.
pub(crate) fn accepts(secret: &str, request: &Question) -> bool {
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, request.headers[name].parse().unwrap());
    }
    let webhook = Webhook::new(secret).unwrap();
    webhook.verify(&request.body, &headers).is_ok()
}

pub(crate) fn lines(function: &Function, message: &str) -> Vec<Value> {
    let lines = function.log().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

async fn taking() -> DecisionService {
    DecisionService::start(take()).await
}

fn take() -> Behaviour {
    Behaviour::Answer(202, String::new())
}

#[tokio::test]
async fn every_event_arrives_unchanged_signed_and_in_order_through_every_fault() {
    const SUBJECTS: usize = 10;
    const EVENTS: usize = 6;
    let ministack = Dynamodb::ministack().await;
    for (n, fault) in [
        Fault::Reset,
        Fault::Close,
        Fault::LoseAnswer,
        Fault::ResetInsideAnswer,
        Fault::Throttle,
        Fault::InternalError,
        Fault::Garbage,
    ]
    .into_iter()
    .enumerate()
    {
        let service = taking().await;
        let proxy = FaultProxy::start(&service.url, fault, 30).await;
        let queues = Queues::create(&ministack, &format!("faults-{n}")).await;
        let url = format!("{}/events?key=hunter2", proxy.endpoint);
        let function = Function::start("deliver", queues.environment(&url)).await;
        let mut sent = BTreeMap::new();
        for number in 0..EVENTS {
            for subject in 0..SUBJECTS {
                sent.extend([queues.send(subject, number).await]);
            }
        }
        queues.drain(&function).await;
        assert!(!lines(&function, NOT_DELIVERED).is_empty(), "{fault:?}");
        assert_eq!(queues.dead.count().await, [0, 0], "{fault:?}");
        // In the order of their arrival.
        let mut next: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for request in service.questions() {
            let id = id_of(&request);
            assert_eq!(request.body, sent[&id].as_bytes(), "{fault:?}: {id}");
            assert!(accepts(SECRET, &request), "{fault:?}: {id}");
            assert!(!accepts(PREVIOUS, &request));
            assert_eq!(request.line, "POST /events?key=hunter2 HTTP/1.1");
            let media_type = &request.headers["content-type"];
            assert_eq!(media_type, "application/cloudevents+json");
            let (subject, number) = id.split_once('-').unwrap();
            let next = next.entry(subject.to_owned()).or_default();
            match seen.insert(id.clone()) {
                true => assert_eq!(number.parse(), Ok(*next), "{fault:?}: {id}"),
                // A repetition comes before the next event of its subject.
                false => assert_eq!(number.parse(), Ok(*next - 1), "{fault:?}: {id}"),
            }
            *next = number.parse::<usize>().unwrap() + 1;
        }
        assert!(seen.iter().eq(sent.keys()), "{fault:?}");
        let log = function.log().join("\n");
        assert!(!log.contains("hunter2"), "{log}");
    }
}

#[tokio::test]
async fn an_event_waits_after_each_kind_of_failure_and_holds_up_only_its_subject() {
    let ministack = Dynamodb::ministack().await;
    let service = taking().await;
    let queues = Queues::create(&ministack, "waits").await;
    for (n, (behaviour, why, waits)) in [
        (
            Behaviour::Answer(500, "hunter2".to_owned()),
            "its status is 500",
            4..=6,
        ),
        (Behaviour::Redirect, "its status is 307", 4..=6),
        (
            Behaviour::Headers(429, "retry-after: 40\r\n"),
            "its status is 429",
            40..=40,
        ),
        (
            Behaviour::Headers(503, "retry-after: Sat, 21 Nov 2020 12:35:56 GMT\r\n"),
            "its status is 503",
            4..=6,
        ),
        (
            Behaviour::Answer(200, "x".repeat(outgoing::MOST_ANSWER_BYTES + 1)),
            "the answer has more than 65536 bytes",
            4..=6,
        ),
        (Behaviour::Reset, "the connection ended", 4..=6),
        (Behaviour::Hang, "it did not answer within 15 s", 4..=6),
    ]
    .into_iter()
    .enumerate()
    {
        service.set(behaviour);
        let function = Function::start("deliver", queues.environment(&service.url)).await;
        let before = service.questions().len();
        let (first, second) = (queues.send(n, 0).await, queues.send(n, 1).await);
        let again = deliver(&function, &queues.events).await.unwrap();
        let [line] = &lines(&function, NOT_DELIVERED)[..] else {
            panic!("{}", function.log().join("\n"));
        };
        assert!(line["why"].as_str().unwrap().starts_with(why), "{line}");
        assert_eq!(line["eventId"], first.0.as_str());
        assert!(
            waits.contains(&line["nextSeconds"].as_u64().unwrap()),
            "{line}"
        );
        assert!(!function.log().join("\n").contains("hunter2"));
        // Both are still there. The second one could be received, but SQS gives it only after the first one.
        assert_eq!(again.len(), 2);
        assert_eq!(queues.events.count().await, [1, 1]);
        // This machine may be slow.
        queues.hide(&again[0], 600).await;
        service.set(take());
        assert_eq!(deliver(&function, &queues.events).await, None);
        let other = queues.send(100 + n, 0).await;
        assert_eq!(deliver(&function, &queues.events).await, Some(vec![]));
        queues.show(&again).await;
        queues.drain(&function).await;
        let asked: Vec<_> = service.questions()[before..].iter().map(id_of).collect();
        let tries = asked.iter().filter(|id| **id == first.0).count();
        // A reset looks like a connection that the service has closed while nobody used it.
        assert!((2..=3).contains(&tries), "{why}: {asked:?}");
        assert_eq!(asked[tries - 1..], [other.0, first.0, second.0], "{why}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_or_not_to_be_trusted_gets_nothing() {
    let ministack = Dynamodb::ministack().await;
    let service = taking().await;
    let (ours, other) = (Authority::generate(), Authority::generate());
    let right = TlsFront::start(&ours, "localhost", &service.url).await;
    let wrong_name = TlsFront::start(&ours, "example.com", &service.url).await;
    let wrong_issuer = TlsFront::start(&other, "localhost", &service.url).await;
    let at = |front: &TlsFront| format!("https://localhost:{}/", front.address.port());
    let roots = std::env::temp_dir().join(format!("deliveries-{}.pem", std::process::id()));
    std::fs::write(&roots, &ours.certificate).unwrap();
    let queues = Queues::create(&ministack, "trust").await;
    queues.send(0, 0).await;
    for (url, private, why) in [
        (
            format!("http://{}", nowhere()),
            "yes",
            "it cannot be reached",
        ),
        (at(&wrong_name), "yes", "it cannot be reached"),
        (at(&wrong_issuer), "yes", "it cannot be reached"),
        (
            "https://nowhere.invalid/".to_owned(),
            "yes",
            "its name has no address",
        ),
        (at(&right), "no", "its address is not allowed"),
        (at(&right), "yes", ""),
    ] {
        let mut environment = queues.environment(&url);
        environment.insert("SSL_CERT_FILE".to_owned(), roots.display().to_string());
        environment.insert("ALLOW_PRIVATE_ADDRESSES".to_owned(), private.to_owned());
        let function = Function::start("deliver", environment).await;
        let again = deliver(&function, &queues.events).await.unwrap();
        let failures = lines(&function, NOT_DELIVERED);
        let log = function.log().join("\n");
        if why.is_empty() {
            assert_eq!((again.len(), failures.len()), (0, 0), "{log}");
            break;
        }
        let said = failures[0]["why"].as_str().unwrap();
        assert!(said.starts_with(why), "{url}: {said}");
        assert_eq!((again.len(), service.questions().len()), (1, 0));
        queues.show(&again).await;
    }
    assert_eq!(service.questions().len(), 1);
}

#[tokio::test]
async fn a_410_and_what_cannot_be_read_are_dead_letters_at_once() {
    let ministack = Dynamodb::ministack().await;
    let service = DecisionService::start(Behaviour::Answer(410, String::new())).await;
    let queues = Queues::create(&ministack, "gone").await;
    let (_, body) = queues.send(0, 0).await;
    queues.events.send_in("s1", "unreadable", "hunter2").await;
    let function = Function::start("deliver", queues.environment(&service.url)).await;
    queues.drain(&function).await;
    assert_eq!(service.questions().len(), 1);
    assert_eq!(lines(&function, DELIVERY_DEAD).len(), 2);
    let dead = queues.dead.receive_all().await;
    let bodies: BTreeSet<_> = dead.iter().map(|it| it.body.as_deref().unwrap()).collect();
    assert_eq!(bodies, [body.as_str(), "hunter2"].into());
    assert!(!function.log().join("\n").contains("hunter2"));
    // An event that comes back and fails again is not taken for a repetition of the first dead letter.
    queues.events.send_in("s0", "sent again", &body).await;
    queues.drain(&function).await;
    assert_eq!(queues.dead.count().await, [1, 2]);
}

#[tokio::test]
async fn events_survive_a_function_that_is_killed_while_it_delivers() {
    let ministack = Dynamodb::ministack().await;
    let service = taking().await;
    let queues = Queues::create(&ministack, "killed").await;
    const VISIBILITY: Duration = Duration::from_secs(5);
    let set = queues.events.client.set_queue_attributes();
    let set = set.queue_url(&queues.events.url).attributes(
        QueueAttributeName::VisibilityTimeout,
        VISIBILITY.as_secs().to_string(),
    );
    set.send().await.unwrap();
    let mut sent = BTreeSet::new();
    for number in 0..30 {
        sent.insert(queues.send(number % 3, number / 3).await.0);
    }
    service.set(Behaviour::Slow(Duration::from_millis(50), String::new()));
    let function = Function::start("deliver", queues.environment(&service.url)).await;
    let some_arrived = async {
        while service.questions().len() < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = deliver(&function, &queues.events) => panic!("it ended before it was killed"),
        () = some_arrived => {}
    }
    drop(function);
    // Nothing is deleted. On AWS, the messages come back when the queue's visibility time-out is over.
    assert_eq!(queues.events.count().await, [20, 10]);
    tokio::time::sleep(VISIBILITY).await;
    service.set(take());
    let function = Function::start("deliver", queues.environment(&service.url)).await;
    queues.drain(&function).await;
    let arrived: BTreeSet<_> = service.questions().iter().map(id_of).collect();
    assert_eq!(arrived, sent);
    assert!(service.questions().len() > sent.len());
}

#[tokio::test]
async fn the_secret_of_secrets_manager_signs_and_during_a_rotation_both_do() {
    let ministack = Dynamodb::ministack().await;
    let service = taking().await;
    let queues = Queues::create(&ministack, "rotation").await;
    let both = json!({"DELIVERY_SECRET": SECRET, "DELIVERY_SECRET_PREVIOUS": PREVIOUS});
    let secret = Secret::create(&ministack, "deliveries", &both).await;
    let mut environment = queues.environment(&service.url);
    environment.remove("DELIVERY_SECRET");
    environment.extend(secret.environment("DELIVERY_SECRET_ID"));
    for (document, accepted) in [
        (json!({"DELIVERY_SECRET": PREVIOUS}), [false, true]),
        (both, [true, true]),
        (json!({"DELIVERY_SECRET": SECRET}), [true, false]),
    ] {
        secret.put(&document.to_string()).await;
        let function = Function::start("deliver", environment.clone()).await;
        queues.send(0, service.questions().len()).await;
        queues.drain(&function).await;
        let request = service.questions().pop().unwrap();
        assert_eq!([SECRET, PREVIOUS].map(|it| accepts(it, &request)), accepted);
        let log = function.log().join("\n");
        assert!(!log.contains(&SECRET[6..]) && !log.contains(&PREVIOUS[6..]));
    }
}

#[tokio::test]
async fn several_events_can_be_one_signed_request_and_each_is_sent_alone_if_it_fails() {
    let ministack = Dynamodb::ministack().await;
    let service = taking().await;
    let queues = Queues::create(&ministack, "batch").await;
    let mut environment = queues.environment(&service.url);
    environment.insert("DELIVERY_BATCH".to_owned(), "yes".to_owned());
    let function = Function::start("deliver", environment).await;
    let mut sent = Vec::new();
    for n in 0..6 {
        sent.push(queues.send(n % 3, n / 3).await);
    }
    queues.drain(&function).await;
    let media_type = |request: &Question| request.headers["content-type"].clone();
    let whole = service.questions();
    assert_eq!(whole.len(), 1);
    let bodies: Vec<&str> = sent.iter().map(|(_, body)| body.as_str()).collect();
    assert_eq!(whole[0].body, format!("[{}]", bodies.join(",")).as_bytes());
    assert_eq!(media_type(&whole[0]), "application/cloudevents-batch+json");
    assert!(accepts(SECRET, &whole[0]));

    service.set(Behaviour::Answer(500, String::new()));
    let (first, second) = (queues.send(0, 9).await, queues.send(1, 9).await);
    let again = deliver(&function, &queues.events).await.unwrap();
    assert_eq!(again.len(), 2);
    let requests = service.questions().split_off(1);
    assert_eq!(requests.len(), 3);
    for (request, (id, body)) in requests[1..].iter().zip([first, second]) {
        assert_eq!(request.body, format!("[{body}]").as_bytes());
        assert_eq!(id_of(request), id);
        assert_eq!(media_type(request), "application/cloudevents-batch+json");
        assert!(accepts(SECRET, request));
    }
}

#[tokio::test]
async fn a_service_that_fails_in_a_row_is_left_alone_and_the_rest_of_a_batch_is_not_tried() {
    let ministack = Dynamodb::ministack().await;
    let service = DecisionService::start(Behaviour::Answer(500, String::new())).await;
    let queues = Queues::create(&ministack, "circuit").await;
    for subject in 0..10 {
        queues.send(subject, 0).await;
    }
    let function = Function::start("deliver", queues.environment(&service.url)).await;
    let again = deliver(&function, &queues.events).await.unwrap();
    assert_eq!(again.len(), 10);
    let failures = Circuit::FAILURES as usize;
    assert_eq!(service.questions().len(), failures);
    assert_eq!(lines(&function, NOT_DELIVERED).len(), failures);
    assert_eq!(lines(&function, DELIVERY_WAITS).len(), 1);
    assert!(lines(&function, DELIVERY_GOES_ON).is_empty());
    // All are hidden until one of them is due.
    assert_eq!(queues.events.count().await, [0, 10]);
}

#[tokio::test]
async fn without_a_queue_failures_are_only_reported_and_a_410_is_dropped() {
    let service = DecisionService::start(Behaviour::Answer(500, String::new())).await;
    let settings = [
        ("DELIVERY_URL", service.url.as_str()),
        ("DELIVERY_SECRET", SECRET),
        ("ALLOW_PRIVATE_ADDRESSES", "yes"),
    ];
    let function = Function::start("deliver", settings).await;
    let message =
        |id: &str| json!({"messageId": id, "receiptHandle": id, "body": event(0, id).to_string()});
    let batch = json!({"Records": [message("a"), message("b")]});
    let both = json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]});
    assert_eq!(function.invoke(batch.clone()).await, both);
    service.set(Behaviour::Answer(410, String::new()));
    let none = json!({"batchItemFailures": []});
    assert_eq!(function.invoke(batch.clone()).await, none);
    service.set(take());
    assert_eq!(function.invoke(batch).await, none);
    assert_eq!(service.questions().len(), 6);
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_unless_private_ones_are_allowed() {
    let started = async |url: &str, private: &str| {
        let get = |name: &str| match name {
            "DELIVERY_URL" => Some(url.to_owned()),
            "DELIVERY_SECRET" => Some(SECRET.to_owned()),
            "ALLOW_PRIVATE_ADDRESSES" => Some(private.to_owned()),
            _ => None,
        };
        let started = Destination::start(Sends::Events, get).await;
        started.map(drop).map_err(|wrong| wrong.to_string())
    };
    const NOT_ALLOWED: &str = "DELIVERY_URL names an address that is not allowed";
    let private = [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "[::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
    ];
    let never = [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.170.2",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::7f00:1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[100::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001::1]",
        "[2001:db8::1]",
        "[2002:7f00:1::]",
        "[3fff::1]",
    ];
    assert!(private.len() + never.len() >= 30);
    for address in private.into_iter().chain(never) {
        let url = format!("https://{address}/events");
        assert_eq!(
            started(&url, "no").await,
            Err(NOT_ALLOWED.to_owned()),
            "{url}"
        );
        let expected = match never.contains(&address) {
            true => Err(NOT_ALLOWED.to_owned()),
            false => Ok(()),
        };
        assert_eq!(started(&url, "yes").await, expected, "{url}");
    }
    for address in ["8.8.8.8", "172.32.0.1", "[2600:1f14::1]"] {
        assert_eq!(started(&format!("https://{address}/"), "no").await, Ok(()));
        let refused = started(&format!("http://{address}/"), "no").await;
        assert!(
            refused
                .unwrap_err()
                .contains("does not begin with https://")
        );
    }
}

#[tokio::test]
async fn a_function_whose_settings_are_wrong_does_not_start_and_names_them_all() {
    let wrong = [
        ("DELIVERY_URL", "https://user:hunter2@app.example.com"),
        ("DELIVERY_SECRET", "hunter2"),
    ];
    let mut function = Function::start("deliver", wrong).await;
    let line = function.wait_for_line("misconfigured").await;
    for named in ["DELIVERY_URL has a user", "DELIVERY_SECRET is not base64"] {
        assert!(line.contains(named), "{line}");
    }
    assert!(!line.contains("hunter2"), "{line}");
}
