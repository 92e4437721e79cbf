//! The page of `imhook inspect` and `imhook run`, in Debian's Chromium: what it shows, whom it lets in, and that everybody can use
//! it. The checks of a test share one stack and one browser, because both take seconds to start.
//!
//! `PICTURES=docs/pictures` also writes the pictures of the documents.

use std::{
    env, fs,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Reception, Source, Timestamp, UserId, relation::Event};
use futures_util::{StreamExt as _, stream};
use models::root;
use reqwest::{
    header::{COOKIE, HOST, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::{Value, json};
use support::{Browser, Dynamodb, Process, Queue, binary, free_port};
use tokio::time::sleep;

use crate::{
    make_run,
    tools::{imhook, printed, run},
};

const DELETE: &str = "callbackAfterDeleteFriendCommand";
const ADD: &str = "callbackBeforeAddFriendCommand";
const MESSAGE: &str = "callbackBeforeSendSingleMsgCommand";
const SENT: &str = "callbackAfterSendSingleMsgCommand";
const GROUP: &str = "callbackAfterCreateGroupCommand";

/// `imhook run`, with its gateway and its page.
struct Stack {
    process: Process,
    url: String,
    page: String,
}

impl Stack {
    async fn start(test: &str, variables: &[(&str, &str)]) -> Self {
        let folder = make_run::folder(&format!("inspect-{test}"));
        let policies = json!({
            ADD: {"actingUser": {"deny": ["eve"]}},
            MESSAGE: {"content": {"maxChars": {"limit": 500}, "forbidden": [{"pattern": "casino"}]}},
        });
        fs::write(folder.join("policies.json"), policies.to_string()).unwrap();
        let mut command = make_run::with_page(&folder, &binary("imhook"), free_port());
        let command = command
            .env("MESSAGE_CONTENT", "keep")
            .envs(variables.iter().copied());
        let mut process = Process::start(command);
        let named =
            |name: &'static str| move |line: &str| Some(line.strip_prefix(name)?.to_owned());
        let url = process.wait_for(named("url: ")).await;
        let page = process.wait_for(named("inspect: ")).await;
        process.wait_for(named("ready: ")).await;
        Self { process, url, page }
    }

    fn dynamodb(&self) -> String {
        let lines = self.process.lines();
        let mut found = lines.iter().filter_map(|it| it.strip_prefix("dynamodb: "));
        found.next().unwrap().to_owned()
    }

    async fn send(&self, command: &str, set: &[&str]) {
        let mut arguments = vec!["send", command, "--to", &self.url];
        for set in set {
            arguments.extend(["--set", set]);
        }
        let output = run(&arguments, &[]).await;
        assert_ne!(output.status.code(), Some(1), "{}", printed(&output));
    }
}

/// The text of the only element that the selector finds.
fn text(selector: &str) -> String {
    format!("document.querySelector({selector:?})?.innerText")
}

fn count(selector: &str) -> String {
    format!("document.querySelectorAll({selector:?}).length")
}

/// Whether the text of the page has this.
fn shows(text: &str) -> String {
    format!("document.body.innerText.includes({text:?})")
}

/// The rows of the list as texts, the newest first.
async fn rows(browser: &Browser) -> Vec<String> {
    let rows = "[...document.querySelectorAll('#rows tr')].map((it) => it.innerText.replace(/\\s+/g, ' '))";
    serde_json::from_value(browser.value_of(rows).await).unwrap()
}

async fn arrived(browser: &Browser, text: &str) {
    let row = format!(
        "[...document.querySelectorAll('#rows tr')].some((it) => it.innerText.includes({text:?}))"
    );
    browser.wait_for(&row).await;
}

#[tokio::test]
async fn a_browser_shows_what_arrives_and_what_comes_of_it() {
    let stack = Stack::start("live", &[]).await;
    let browser = Browser::start().await;
    browser.look(1280, 900, false).await;
    browser.open(&stack.page).await;
    browser
        .wait_for(&format!("{} === 'live'", text("#state")))
        .await;
    what_arrives_appears_by_itself(&stack, &browser).await;
    a_filter_is_in_the_url_and_holds_for_what_comes(&stack, &browser).await;
    a_callback_opens_beside_the_list(&browser).await;
    contents_are_masked_until_they_are_asked_for(&stack, &browser).await;
    it_is_sent_again_and_copied(&stack, &browser).await;
    keys_do_what_the_mouse_does(&browser).await;
    a_paused_list_waits(&stack, &browser).await;
    the_list_in_the_browser_stays_short(&stack, &browser).await;
    pages_know_a_person_a_group_a_conversation_and_health(&stack, &browser).await;
    a_url_alone_brings_everything_back_also_without_scripts(&stack, &browser).await;
    everybody_can_use_every_page(&stack, &browser).await;
    browser.close().await;
    stack.process.terminate().await;
}

async fn what_arrives_appears_by_itself(stack: &Stack, browser: &Browser) {
    stack.send(ADD, &["fromUserID=eve", "toUserID=leo"]).await;
    arrived(browser, "eve").await;
    browser.wait_for(&shows("policies: actingUser")).await;
    stack
        .send(DELETE, &["ownerUserID=ana", "friendUserID=leo"])
        .await;
    arrived(browser, "user/ana").await;
    let rows = rows(browser).await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows[0].contains(&format!("OpenIM {DELETE} user/ana accepted")),
        "{rows:?}"
    );
    assert!(
        rows[1].contains(&format!(
            "OpenIM {ADD} user/eve refused policies: actingUser"
        )),
        "{rows:?}"
    );
    // A number of milliseconds is at the end of each.
    let has_time = |row: &String| row.rsplit(' ').next().unwrap().parse::<f64>().is_ok();
    assert!(rows.iter().all(has_time), "{rows:?}");
}

async fn a_filter_is_in_the_url_and_holds_for_what_comes(stack: &Stack, browser: &Browser) {
    browser
        .value_of("document.querySelector('[name=subject]').value = 'user/e*'")
        .await;
    browser
        .value_of("document.querySelector('[name=outcome]').value = 'refused'")
        .await;
    browser.click(".filters button").await;
    browser
        .wait_for("location.search.includes('outcome=refused')")
        .await;
    browser
        .wait_for(&format!("{} === 'live'", text("#state")))
        .await;
    assert_eq!(rows(browser).await.len(), 1);
    stack.send(ADD, &["fromUserID=ana"]).await;
    stack.send(DELETE, &["ownerUserID=eve"]).await;
    stack.send(ADD, &["fromUserID=eve", "toUserID=zoe"]).await;
    browser
        .wait_for(&format!("{} === 2", count("#rows tr")))
        .await;
    for (query, wanted) in [
        ("family=message", 0),
        ("family=relation&outcome=allowed", 1),
        ("text=ANA%20DELETED", 1),
        ("subject=user/eve", 3),
    ] {
        browser.open(&format!("{}/?{query}", stack.page)).await;
        assert_eq!(rows(browser).await.len(), wanted, "{query}");
    }
}

async fn a_callback_opens_beside_the_list(browser: &Browser) {
    browser.click("#rows tr:last-child a.open").await;
    browser.wait_for(&count("#detail article")).await;
    browser
        .wait_for("location.search.includes('selected=0')")
        .await;
    // The list is still there.
    assert_eq!(rows(browser).await.len(), 3);
    let detail = browser.value_of(&text("#detail")).await;
    let detail = detail.as_str().unwrap();
    for part in [
        "POST /callbackBeforeAddFriendCommand",
        "\"fromUserID\": \"eve\"",
        "\"errCode\": 28001",
        "OpenIM reads it as a refusal with errCode 28001",
        "refused by rule actingUser, code 28001: eve → leo",
        "decision.decided",
        "\"decidedBy\": \"policies\"",
    ] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
}

async fn contents_are_masked_until_they_are_asked_for(stack: &Stack, browser: &Browser) {
    let content = r#"content={"content":"come to the casino"}"#;
    stack
        .send(MESSAGE, &["sendID=ana", "recvID=leo", content])
        .await;
    browser
        .open(&format!("{}/?family=message", stack.page))
        .await;
    browser.click("#rows a.open").await;
    browser.wait_for(&count("#detail article")).await;
    let markup = "document.documentElement.outerHTML.includes('casino')";
    assert_eq!(browser.value_of(markup).await, false);
    browser.click("#detail .actions a").await;
    browser.wait_for(&shows("come to the casino")).await;
    browser
        .wait_for("location.search.includes('contents=show')")
        .await;
}

async fn it_is_sent_again_and_copied(stack: &Stack, browser: &Browser) {
    let before = rows(browser).await.len();
    browser.click("[data-again]").await;
    browser.wait_for(&shows("sent again: 200 in")).await;
    browser
        .wait_for(&format!("{} === {}", count("#rows tr"), before + 1))
        .await;
    let permissions = json!({
        "origin": stack.page,
        "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    browser
        .devtools("Browser.grantPermissions", permissions)
        .await;
    for (button, begin) in [(2, "curl -X POST 'http://127.0.0.1"), (3, "{")] {
        browser
            .click(&format!("#detail .actions > :nth-child({})", button + 1))
            .await;
        browser.wait_for(&shows("copied")).await;
        let copied = browser.wait_for("navigator.clipboard.readText()").await;
        let copied = copied.as_str().unwrap();
        assert!(
            copied.starts_with(begin) && copied.contains("casino"),
            "{copied}"
        );
        if begin == "{" {
            let case: Value = serde_json::from_str(copied).unwrap();
            assert_eq!(case["request"]["path"], format!("/{MESSAGE}"));
            assert_eq!(case["right"]["status"], 200);
        }
    }
}

async fn keys_do_what_the_mouse_does(browser: &Browser) {
    browser.click("[data-close]").await;
    browser
        .wait_for(&format!("!{}", count("#detail article")))
        .await;
    browser.keys("j").await;
    browser.keys("j").await;
    let focused = "document.activeElement.closest('#rows tr')?.previousElementSibling?.id";
    browser.wait_for(focused).await;
    browser.keys("k\u{e007}").await;
    browser.wait_for("document.querySelector('#detail article')?.dataset.number === document.querySelector('#rows tr').dataset.number").await;
    browser.keys("\u{e00c}").await;
    browser
        .wait_for(&format!("!{}", count("#detail article")))
        .await;
    browser.keys("/").await;
    browser
        .wait_for("document.activeElement.id === 'text'")
        .await;
    // In a field, a letter is a letter.
    browser.keys("jk\u{e007}").await;
    browser
        .wait_for("location.search.includes('text=jk')")
        .await;
}

async fn a_paused_list_waits(stack: &Stack, browser: &Browser) {
    browser.open(&stack.page).await;
    browser
        .wait_for(&format!("{} === 'live'", text("#state")))
        .await;
    let before = rows(browser).await.len();
    browser.click("#pause").await;
    stack.send(DELETE, &["ownerUserID=paused"]).await;
    browser
        .wait_for(&format!("!{}.startsWith('paused, 0')", text("#state")))
        .await;
    assert_eq!(rows(browser).await.len(), before);
    browser.click("#pause").await;
    arrived(browser, "user/paused").await;
}

/// More come than the page has rows.
async fn the_list_in_the_browser_stays_short(stack: &Stack, browser: &Browser) {
    let http = reqwest::Client::new();
    let sent = stream::iter(0..230).map(|n| {
        let body = json!({"ownerUserID": format!("u{n}"), "friendUserID": "leo"});
        http.post(format!("{}/{DELETE}", stack.url))
            .body(body.to_string())
            .send()
    });
    let accepted = sent.buffer_unordered(4);
    accepted
        .for_each(async |it| assert_eq!(it.unwrap().status(), 200))
        .await;
    stack.send(DELETE, &["ownerUserID=last"]).await;
    arrived(browser, "user/last").await;
    let most = "Number(document.querySelector('table').dataset.most)";
    let shown = browser.value_of(&count("#rows tr")).await.as_u64().unwrap();
    assert_eq!(Some(shown), browser.value_of(most).await.as_u64());
    let sorted = "[...document.querySelectorAll('#rows tr')].every((it) => !it.nextElementSibling || Number(it.dataset.number) > Number(it.nextElementSibling.dataset.number))";
    assert_eq!(browser.value_of(sorted).await, true);
    // The rest is on the next page.
    browser.open(&stack.page).await;
    browser.click("[rel=next]").await;
    browser
        .wait_for("location.search.includes('before=')")
        .await;
    browser.wait_for(&shows("user/eve")).await;
}

async fn pages_know_a_person_a_group_a_conversation_and_health(stack: &Stack, browser: &Browser) {
    stack
        .send(
            "callbackAfterAddFriendAgreeCommand",
            &["fromUserID=ana", "blackUserID=leo"],
        )
        .await;
    let hello = r#"content={"content":"hello leo"}"#;
    stack.send(SENT, &["sendID=ana", "recvID=leo", hello]).await;
    stack.send(GROUP, &["groupID=climbers"]).await;
    // The views follow.
    for _ in 0..100 {
        browser.open(&format!("{}/person?id=leo", stack.page)).await;
        if browser
            .value_of(&count("[aria-label=Friends] tbody tr"))
            .await
            == 1
        {
            break;
        }
    }
    let friends = browser.value_of(&text("[aria-label=Friends]")).await;
    assert!(friends.as_str().unwrap().contains("ana"), "{friends}");
    browser.click("[aria-label=Friends] tbody a").await;
    browser.wait_for("location.search.includes('id=ana')").await;
    assert_eq!(browser.value_of(&shows("ana deleted leo")).await, true);

    browser
        .value_of("document.querySelector('[name=id]').value = 'ana leo'")
        .await;
    browser
        .value_of("document.querySelector('[name=kind]').value = 'conversation'")
        .await;
    browser.click(".go button").await;
    browser
        .wait_for("location.pathname === '/conversation'")
        .await;
    let lines = "[...document.querySelectorAll('tbody tr')].map((it) => it.innerText)";
    let lines: Vec<String> = serde_json::from_value(browser.value_of(lines).await).unwrap();
    // The refused ones came first.
    assert!(
        lines[0].contains("refused by rule content.forbidden[0]"),
        "{lines:?}"
    );
    let last = lines.last().unwrap();
    assert!(last.contains("ana wrote to leo: \"•••\""), "{lines:?}");
    browser.click(".actions a").await;
    browser.wait_for(&shows("hello leo")).await;

    browser
        .open(&format!("{}/group?id=climbers", stack.page))
        .await;
    assert!(
        browser
            .value_of(&count("[aria-label=History] tbody tr"))
            .await
            .as_u64()
            > Some(0)
    );
    browser.open(&format!("{}/health", stack.page)).await;
    assert_eq!(browser.value_of(&count("svg.chart")).await, 2);
    let all = "Number(document.querySelector('.figures dd').innerText)";
    assert!(browser.value_of(all).await.as_u64() > Some(230));
    assert_eq!(browser.value_of(&shows("project-views")).await, true);
}

async fn a_url_alone_brings_everything_back_also_without_scripts(stack: &Stack, browser: &Browser) {
    let off = |off: bool| json!({"value": off});
    browser
        .devtools("Emulation.setScriptExecutionDisabled", off(true))
        .await;
    let url = format!("{}/?family=message&text=rule&selected={}", stack.page, "{}");
    browser.open(&url.replace("{}", "5")).await;
    browser
        .devtools("Emulation.setScriptExecutionDisabled", off(false))
        .await;
    assert_eq!(browser.value_of(&count("#detail article")).await, 1);
    assert_eq!(
        browser
            .value_of("document.querySelector('#text').value")
            .await,
        "rule"
    );
    assert!(browser.value_of(&count("#rows tr")).await.as_u64() > Some(0));
    assert_eq!(browser.value_of(&text("#state")).await, "connecting");
}

/// axe-core finds nothing serious on any page, in light and dark, and no page is wider than a phone.
async fn everybody_can_use_every_page(stack: &Stack, browser: &Browser) {
    let axe = root().join(".local/axe/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("`make test` installs axe-core");
    let pictures = env::var("PICTURES").ok();
    if pictures.is_some() {
        // One of each command, so that a picture shows more than these checks need.
        let output = run(
            &[
                "sample",
                "--url",
                &stack.url,
                "--dynamodb",
                &stack.dynamodb(),
            ],
            &[],
        )
        .await;
        assert!(output.status.success(), "{}", printed(&output));
        stack.send(ADD, &["fromUserID=eve", "toUserID=leo"]).await;
        stack.send(SENT, &["sendID=leo", "recvID=ana"]).await;
    }
    let look = |more: &str| {
        format!(
            "(() => {{ {axe}; {more}; return axe.run({{resultTypes: ['violations']}}).then((it) => it.violations.map((it) => [it.impact, it.id, it.nodes[0].html])) }})()"
        )
    };
    // It does find what is wrong.
    let picture = look("document.body.append(document.createElement('img'))");
    let found = browser.value_of(&picture).await.to_string();
    assert!(found.contains("image-alt"), "{found}");
    for (name, path) in [
        ("list", "/?selected=5"),
        ("nothing", "/?text=nothing+has+this"),
        ("person", "/person?id=ana"),
        ("group", "/group?id=climbers"),
        ("conversation", "/conversation?subject=users/3/ana/leo"),
        ("health", "/health"),
    ] {
        for (width, dark) in [(1280, false), (1280, true), (360, false), (360, true)] {
            browser.look(width, 720, dark).await;
            browser.open(&format!("{}{path}", stack.page)).await;
            let fits = "document.documentElement.scrollWidth <= innerWidth";
            assert_eq!(browser.value_of(fits).await, true, "{name}, {width}");
            let found = browser.value_of(&look("")).await;
            let found = found.as_array().unwrap();
            let serious = found
                .iter()
                .filter(|it| it[0] == "serious" || it[0] == "critical");
            let serious: Vec<_> = serious.collect();
            assert!(
                serious.is_empty(),
                "{name}, {width}, dark {dark}: {serious:?}"
            );
            if let Some(folder) = &pictures
                && matches!(
                    (name, width, dark),
                    ("list", 1280, false)
                        | ("list", 360, true)
                        | ("health" | "conversation", 1280, true)
                )
            {
                let folder = root().join(folder);
                let file = folder.join(format!(
                    "inspect-{name}{}.png",
                    if width == 360 { "-phone" } else { "" }
                ));
                browser.picture(file.to_str().unwrap()).await;
            }
            // Nothing came from elsewhere.
            let elsewhere = "performance.getEntriesByType('resource').filter((it) => !it.name.startsWith(location.origin) && !it.name.startsWith('data:')).length";
            assert_eq!(browser.value_of(elsewhere).await, 0);
        }
    }
}

/// `imhook inspect` of a local table, and the address that it printed.
async fn of_tables(dynamodb: &str, events: &str, options: &[&str]) -> (Process, String) {
    let arguments = [
        "inspect",
        "--dynamodb",
        dynamodb,
        "--events-table",
        events,
        "--port",
        "0",
    ];
    let arguments = [&arguments, options].concat();
    let mut page = Process::start(&mut imhook(&arguments, &[]));
    let url = page
        .wait_for(|line| Some(line.strip_prefix("inspect: ")?.to_owned()))
        .await;
    (page, url)
}

/// The status and the text of an answer, with its headers.
async fn get(url: &str, headers: &[(HeaderName, &str)]) -> (u16, String, HeaderMap) {
    let http = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let mut request = http.get(url);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, answer.text().await.unwrap(), headers)
}

#[tokio::test]
async fn only_its_reader_gets_the_page_and_only_the_page_sends_again() {
    let secret = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", "s3cret-of-openim"),
    ];
    let stack = Stack::start("guard", &secret).await;
    let page = &stack.page;
    let callback = format!("{}/{DELETE}?key=s3cret-key", stack.url);
    let http = reqwest::Client::new();
    let body = json!({"ownerUserID": "ana", "friendUserID": "<script>alert(1)</script>"});
    let sent = http
        .post(&callback)
        .basic_auth("openim", Some("s3cret-of-openim"));
    assert_eq!(
        sent.body(body.to_string()).send().await.unwrap().status(),
        200
    );
    let (status, _, _) = get(&callback, &[]).await;
    assert_ne!(status, 200);

    // No secret, no markup of others, and the headers that every answer has.
    let base = format!("{page}/exchange/0");
    for path in ["", "?contents=show", "/curl", "/case"] {
        let (status, text, headers) = get(&format!("{base}{path}"), &[]).await;
        assert_eq!(status, 200, "{path}");
        for secret in ["s3cret", &BASE64_STANDARD.encode("openim:s3cret-of-openim")] {
            assert!(!text.contains(secret), "{path}: {text}");
        }
        assert!(
            path.starts_with('/') || !text.contains("<script>alert"),
            "{text}"
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }

    // A name that was made to point here is not believed.
    let (status, text, _) = get(page, &[(HOST, "evil.example:9001")]).await;
    assert_eq!((status, text.contains("ana")), (421, false));
    // Neither another page nor a form of one sends again.
    let again = async |headers: &[(&str, &str)]| {
        let mut request = http.post(format!("{base}/again"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let own = ("x-imhook", "again");
    assert_eq!(again(&[]).await, 403);
    assert_eq!(again(&[own]).await, 403);
    assert_eq!(again(&[own, ("origin", "http://evil.example")]).await, 403);
    assert_eq!(again(&[("origin", page)]).await, 403);
    // The page itself does, with the password.
    assert_eq!(again(&[own, ("origin", page)]).await, 200);
    let (_, list, _) = get(&format!("{page}/?outcome=accepted"), &[]).await;
    assert_eq!(list.matches("<tr id=\"x").count(), 2, "{list}");
    stack.process.terminate().await;

    // Other machines need the token.
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let all = ["--address", "0.0.0.0"];
    let (process, url) = of_tables(&dynamodb.endpoint, &table.name, &all).await;
    let (open, token) = url.split_once("/?token=").unwrap();
    assert_eq!(token.len(), 32);
    assert_eq!(get(open, &[]).await.0, 401);
    assert_eq!(get(&format!("{open}/?token=wrong"), &[]).await.0, 401);
    let cookie = format!("imhook_inspect={}", "0".repeat(32));
    assert_eq!(get(open, &[(COOKIE, &cookie)]).await.0, 401);
    let (status, _, headers) = get(&format!("{open}/?token={token}&family=user"), &[]).await;
    assert_eq!(
        (status, &headers["location"]),
        (303, &HeaderValue::from_static("/?family=user"))
    );
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(get(open, &[(COOKIE, cookie)]).await.0, 200);
    process.terminate().await;
}

#[tokio::test]
async fn a_page_of_tables_stays_small_and_quick_with_ten_thousand_events() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let first = Timestamp::now().unix_millis() - 20_000;
    let time = |n: i64| Timestamp::from_unix_millis(first + n).unwrap();
    let user = |id: &str| UserId::new(id).unwrap();
    let reception = Reception {
        id: "r0".to_owned(),
        received_at: time(0),
        source: Source::OpenIm,
        command: DELETE.to_owned(),
        operation_id: None,
        events: vec![Event::FriendDeleted {
            owner: user("ana"),
            friend: user("friend-00000"),
        }]
        .into(),
        body: None,
        target: None,
        part: None,
    };
    events.events_table().record(&reception).await.unwrap();
    let like = events.client.scan().table_name(&events.name).send().await;
    let like = like.unwrap().items.unwrap().remove(0);
    // The same item with other values, many in a request: one by one they would take a minute.
    let store_all = async |from: i64, to: i64| {
        let numbers: Vec<i64> = (from..to).collect();
        for numbers in numbers.chunks(25) {
            let puts = numbers.iter().map(|n| {
                let text = |text: String| AttributeValue::S(text);
                let mut item = like.clone();
                let mut event = item["events"].as_l().unwrap()[0].as_m().unwrap().clone();
                event.insert("friend".to_owned(), text(format!("friend-{n:05}")));
                for (name, value) in [
                    ("id", text(format!("r{n}"))),
                    ("sk", text(format!("{}#r{n}", time(*n)))),
                    ("received_at", text(time(*n).to_string())),
                    ("events", AttributeValue::L(vec![AttributeValue::M(event)])),
                ] {
                    item.insert(name.to_owned(), value).unwrap();
                }
                let put = PutRequest::builder().set_item(Some(item)).build();
                WriteRequest::builder().put_request(put.unwrap()).build()
            });
            let written = events.client.batch_write_item();
            let written = written.request_items(&events.name, puts.collect());
            let written = written.send().await.unwrap();
            assert!(written.unprocessed_items.unwrap_or_default().is_empty());
        }
    };
    let paths = ["/", "/person?id=ana"];
    let measured = async |url: &str, newest: &str| {
        // Until the page has followed the stream to its end.
        let text = format!("{url}/?text={newest}");
        while !get(&text, &[]).await.1.contains("<tr id=\"x") {
            sleep(Duration::from_millis(50)).await;
        }
        let mut of_each = Vec::new();
        for path in paths {
            let mut best = (Duration::MAX, 0, 0);
            for _ in 0..5 {
                let began = Instant::now();
                let (_, text, _) = get(&format!("{url}{path}"), &[]).await;
                best = best.min((began.elapsed(), text.matches("<tr").count(), text.len()));
            }
            of_each.push(best);
        }
        of_each
    };
    store_all(1, 100).await;
    let (few, url) = of_tables(&dynamodb.endpoint, &events.name, &[]).await;
    let small = measured(&url, "friend-00099").await;
    store_all(100, 10_000).await;
    // One that has followed all along, and one that begins with all of it.
    let (many, other) = of_tables(&dynamodb.endpoint, &events.name, &[]).await;
    for url in [&url, &other] {
        let large = measured(url, "friend-09999").await;
        for ((path, small), large) in paths.iter().zip(&small).zip(&large) {
            println!("{path}: 100 events {small:?}, 10,000 events {large:?}");
            assert!(large.1 <= 201, "{path}: {} rows", large.1);
            assert!(large.2 < 250_000, "{path}: {} bytes", large.2);
            assert!(
                large.0 < small.0 * 10,
                "{path}: {:?} after {:?}",
                large.0,
                small.0
            );
        }
    }
    // The older ones are on further pages.
    let (_, first, _) = get(&format!("{other}/person?id=ana"), &[]).await;
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let (_, second, _) = get(&format!("{other}/person{next}"), &[]).await;
    assert!(first.contains("friend-09999") && !second.contains("friend-09900"));
    assert!(second.contains("friend-09899"), "{next}");
    // What the tables do not know is said.
    let (_, detail, _) = get(&format!("{other}/exchange/9999"), &[]).await;
    assert!(
        detail.contains("The request is not known from the tables"),
        "{detail}"
    );
    assert!(
        detail.contains("friend-09999 is not on the friend list of ana"),
        "{detail}"
    );
    few.terminate().await;
    many.terminate().await;
}

#[tokio::test]
async fn the_page_of_health_says_how_many_messages_wait_in_the_queues_that_are_named() {
    let ministack = Dynamodb::ministack().await;
    let events = ministack.events_table().await;
    let dead = Queue::create(&ministack, "dead").await;
    for _ in 0..3 {
        dead.send("x").await;
    }
    let nowhere = format!("{}-not-there", dead.url);
    let options = [
        "--sqs",
        &dead.endpoint,
        "--events-dead-letter-queue",
        &dead.url,
        "--events-queue",
        &nowhere,
    ];
    let (page, url) = of_tables(&ministack.endpoint, &events.name, &options).await;
    let (_, health, _) = get(&format!("{url}/health"), &[]).await;
    let row = |name: &str, rest: &str| format!("<tr><td>{name}</td><td class=\"number\"{rest}");
    for row in [
        row("dead letters of events", ">3</td>"),
        row(
            "events that wait for the table",
            " colspan=\"2\">SQS does not say",
        ),
    ] {
        assert!(health.contains(&row), "{row}: {health}");
    }
    page.terminate().await;
}
