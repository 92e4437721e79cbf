use std::{fs, path::PathBuf, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::root;
use serde_json::{Value, json};
use tokio::{process::Command, time::sleep};

use crate::{Process, free_port};

/// Debian's Chromium without a window, which this drives over WebDriver: <https://www.w3.org/TR/webdriver2/>.
///
/// Of the crates that do this, fantoccini needs a second version of five others, and thirtyfour turns on a feature of serde_json:
/// the tests would then run functions that order JSON in another way than those that are deployed.
pub struct Browser {
    http: reqwest::Client,
    /// The URL of the session.
    session: String,
    _driver: Process,
}

fn program(name: &str) -> PathBuf {
    let path = root().join(".local/chromium").join(name);
    assert!(path.exists(), "{name} is not installed: run `make test`");
    path
}

impl Browser {
    /// Starts it with an empty profile.
    pub async fn start() -> Self {
        let port = free_port();
        let mut driver =
            Process::start(Command::new(program("chromedriver")).arg(format!("--port={port}")));
        let started = |line: &str| line.contains("started successfully").then_some(());
        driver.wait_for(started).await;
        let mut browser = Self {
            http: reqwest::Client::new(),
            session: format!("http://127.0.0.1:{port}/session"),
            _driver: driver,
        };
        // Chromium ends with its pipe, so also if a test fails.
        let options = json!({
            "binary": program("chromium"),
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"],
        });
        let capabilities = json!({"alwaysMatch": {"goog:chromeOptions": options}});
        let begun = browser
            .post("", &json!({"capabilities": capabilities}))
            .await;
        let id = begun["sessionId"].as_str().unwrap();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// Ends it.
    pub async fn close(self) {
        let ended = self.http.delete(&self.session).send().await.unwrap();
        assert_eq!(ended.status(), 200);
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let sent = self.http.post(url).body(body.to_string()).send().await;
        self.value(sent.unwrap()).await
    }

    async fn value(&self, answer: reqwest::Response) -> Value {
        let is_good = answer.status() == 200;
        let text = answer.text().await.unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        assert!(is_good, "{text}");
        answer["value"].take()
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url})).await;
    }

    /// Calls the DevTools protocol: <https://chromedevtools.github.io/devtools-protocol/>.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let call = json!({"cmd": command, "params": parameters});
        self.post("/goog/cdp/execute", &call).await
    }

    /// The value of an expression in the page. The page's own policy does not hold it up. A promise is awaited.
    pub async fn value_of(&self, expression: &str) -> Value {
        let script = json!({"script": format!("return ({expression})"), "args": []});
        self.post("/execute/sync", &script).await
    }

    /// Waits until an expression in the page has a value that counts as true.
    pub async fn wait_for(&self, expression: &str) -> Value {
        for _ in 0..600 {
            let value = self.value_of(expression).await;
            if !matches!(value, Value::Null | Value::Bool(false)) && value != 0 {
                return value;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let page = self.value_of("document.body.innerText").await;
        panic!("{expression} did not become true in 30 seconds:\n{page}");
    }

    /// Clicks with the mouse on the first element that the CSS selector finds.
    pub async fn click(&self, selector: &str) {
        let found = json!({"using": "css selector", "value": selector});
        let found = self.post("/element", &found).await;
        let id = found.as_object().unwrap().values().next().unwrap();
        let path = format!("/element/{}/click", id.as_str().unwrap());
        self.post(&path, &json!({})).await;
    }

    /// Types keys, as WebDriver names them: `\u{e007}` is Enter.
    pub async fn keys(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            let stroke = |kind: &str| json!({"type": kind, "value": key.to_string()});
            [stroke("keyDown"), stroke("keyUp")]
        });
        let strokes: Vec<Value> = strokes.collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("/actions", &json!({"actions": [keyboard]})).await;
    }

    /// Sets the size of the page, and light or dark colours.
    pub async fn look(&self, width: u32, height: u32, dark: bool) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
        let scheme = if dark { "dark" } else { "light" };
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Writes a picture of what is visible.
    pub async fn picture(&self, file: &str) {
        let url = format!("{}/screenshot", self.session);
        let answer = self.http.get(url).send().await.unwrap();
        let picture = self.value(answer).await;
        let picture = BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap();
        fs::write(file, picture).unwrap();
    }
}
