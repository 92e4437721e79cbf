//! What each check does.

use std::time::Instant;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    Events, GroupId, Reception, Source, UserId, group::rows::Membership, relation::Event,
};
use futures_util::future::join_all;
use protocol::openim::{
    Answer as OpenImAnswer, Before, BeforeSetGroupInfo, BeforeSetGroupInfoEx, Decision,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{HistoryOf, StoreError};
use tokio::time::sleep;

use super::{
    Choice, Smoke,
    bodies::with_prefix,
    checks::Done,
    clean::{CLOCKS, PAUSE},
    http::{Answer, Call},
};
use crate::{
    caller::Caller,
    reading::openim::Verdict,
    samples::{OPENIM, Sample},
};

const DELETE: &str = "callbackAfterDeleteFriendCommand";
const REMARK: &str = "callbackAfterSetFriendRemarkCommand";
const IMPORT: &str = "callbackAfterImportFriendsCommand";
const JOIN: &str = "callbackAfterJoinGroupCommand";
const ADD: &str = "callbackBeforeAddFriendCommand";
const TENCENT_DELETE: &str = "Sns.CallbackFriendDelete";

/// Codes of the functions: see docs/configuration.md.
const UNAUTHORIZED: i64 = 29001;
const METHOD: i64 = 29002;
const TOO_LARGE: i64 = 29003;
const EMPTY: i64 = 29004;
const NOT_JSON: i64 = 29006;
const INVALID: i64 = 29007;
const NO_COMMAND: i64 = 29008;
const CONTRADICTION: i64 = 29009;
const UNKNOWN: i64 = 29016;
/// The code of the gateway's own answers.
const GATEWAY: i64 = 29020;
/// The codes of handlers and policies.
const OWN: std::ops::RangeInclusive<i64> = 20001..=29000;

/// How many before callbacks come at once.
const AT_ONCE: usize = 20;
/// How much longer than the deadline an answer may be on its way.
const ON_THE_WAY_MS: u64 = 1000;

fn ok() -> Done {
    Ok(String::new())
}

/// OpenIM's plain "allowed", as the functions write it.
fn allow() -> Value {
    json!({"actionCode": 0, "errCode": 0, "errMsg": "", "errDlt": "", "nextCode": 0})
}

/// Checks that the answer is exactly the functions' "allowed". OpenIM would read almost any JSON as that.
fn accepted(answer: &Answer) -> Result<(), String> {
    match answer.status == 200 && answer.json() == allow() {
        true => Ok(()),
        false => Err(format!("not accepted: {}", answer.shown())),
    }
}

/// Checks the status and the code of a refusal, and gives its `errDlt`.
fn refused(answer: &Answer, status: u16, code: i64) -> Result<String, String> {
    match answer.as_openim() {
        Verdict::Refused {
            code: found,
            detail,
            ..
        } if (found, answer.status) == (code, status) => Ok(detail),
        _ => Err(format!("not {status} with {code}: {}", answer.shown())),
    }
}

/// Checks that Tencent Chat reads "OK".
fn tencent_ok(answer: &Answer) -> Result<Value, String> {
    let body = answer.json();
    let is_ok = body["ActionStatus"] == "OK" && body["ErrorCode"] == 0 && body["ErrorInfo"] == "";
    match answer.status == 200 && is_ok {
        true => Ok(body),
        false => Err(format!("not OK: {}", answer.tencent())),
    }
}

/// Checks that Tencent Chat reads a failure.
fn tencent_unauthorized(answer: &Answer) -> Done {
    let body = answer.json();
    match answer.status == 401 && body["ActionStatus"] == "FAIL" && body["ErrorCode"] == 1 {
        true => ok(),
        false => Err(format!("not 401 with FAIL: {}", answer.tencent())),
    }
}

/// The callback of a deleted friend.
fn deletion(owner: &str, friend: &str) -> String {
    json!({"callbackCommand": DELETE, "ownerUserID": owner, "friendUserID": friend}).to_string()
}

fn text(error: StoreError) -> String {
    error.to_string()
}

fn user(id: &str) -> Result<UserId, String> {
    UserId::new(id).map_err(|error| error.to_string())
}

impl Smoke {
    // --- Health and URLs ---

    pub(super) async fn health(&self) -> Done {
        let answer = self.http.send(Call::get("/healthz")).await?;
        let body = answer.json();
        match (answer.status, body["version"].as_str()) {
            (200, Some(version)) if body["status"] == "ok" => Ok(format!("version {version}")),
            _ => Err(format!("not healthy: {}", answer.plain())),
        }
    }

    pub(super) async fn health_head(&self) -> Done {
        let mut call = Call::get("/healthz");
        call.method = "HEAD";
        let answer = self.http.send(call).await?;
        match answer.status {
            200 => ok(),
            _ => Err(format!("not healthy: {}", answer.plain())),
        }
    }

    pub(super) async fn accepted(&self) -> Done {
        self.delete_at("accepted", &format!("/{DELETE}")).await
    }

    pub(super) async fn query_url(&self) -> Done {
        let path = format!("/?command={DELETE}&contenttype=json");
        self.delete_at("query-url", &path).await
    }

    pub(super) async fn query_url_slash(&self) -> Done {
        let path = format!("/?command=/{DELETE}");
        self.delete_at("query-url-slash", &path).await
    }

    pub(super) async fn double_slash(&self) -> Done {
        self.delete_at("double-slash", &format!("//{DELETE}")).await
    }

    pub(super) async fn trailing_slash(&self) -> Done {
        self.delete_at("trailing-slash", &format!("/{DELETE}/"))
            .await
    }

    /// Sends a deletion to a path. With an events table, it must be stored, too.
    async fn delete_at(&self, check: &str, path: &str) -> Done {
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        let answer = self
            .openim(DELETE, path, &deletion(&owner, &friend))
            .await?;
        accepted(&answer)?;
        if self.events.is_none() {
            return ok();
        }
        self.wait_for_deletions(&owner, &friend, 1).await
    }

    // --- What is stored ---

    pub(super) async fn stored(&self) -> Done {
        self.delete_at("stored", &format!("/{DELETE}")).await
    }

    pub(super) async fn stored_twice(&self) -> Done {
        let check = "stored-twice";
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        for _ in 0..2 {
            let answer = self.own_path(DELETE, &deletion(&owner, &friend)).await?;
            accepted(&answer)?;
        }
        self.wait_for_deletions(&owner, &friend, 2).await
    }

    pub(super) async fn half_emoji(&self) -> Done {
        let check = "half-emoji";
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        let body = format!(
            r#"{{"callbackCommand":"{REMARK}","ownerUserID":"{owner}","friendUserID":"{friend}","remark":"\ud83d \uffff \ufffd"}}"#
        );
        // This program cannot read the ids in that body.
        self.note(REMARK, &deletion(&owner, &friend));
        let answer = self.own_path(REMARK, &body).await?;
        accepted(&answer)?;
        let wanted = Events::Relation(vec![Event::RemarkSet {
            owner: user(&owner)?,
            friend: user(&friend)?,
            remark: "\u{fffd} \u{ffff} \u{fffd}".to_owned(),
        }]);
        let of = HistoryOf::User(user(&owner)?);
        self.wait_for(&of, 1, |it| it.events == wanted).await
    }

    pub(super) async fn odd_body(&self) -> Done {
        let owner = self.id("odd-body", "ana");
        let body = format!(r#"{{"ownerUserID": ["{owner}"],  "friendUserID": 1.0}}"#);
        let answer = self.own_path(DELETE, &body).await?;
        accepted(&answer)?;
        let of = HistoryOf::Command(DELETE.to_owned());
        self.wait_for(&of, 1, |it| it.body.as_deref() == Some(&body))
            .await
    }

    pub(super) async fn unknown_after(&self) -> Done {
        const COMMAND: &str = "callbackAfterSmokeTestCommand";
        let body = json!({"userID": self.id("unknown-after", "ana")}).to_string();
        let answer = self.own_path(COMMAND, &body).await?;
        accepted(&answer)?;
        let of = HistoryOf::Command(COMMAND.to_owned());
        self.wait_for(&of, 1, |it| it.events == Events::Unknown)
            .await
    }

    pub(super) async fn view_row(&self) -> Done {
        let (owner, friend) = (self.id("view-row", "ana"), self.id("view-row", "leo"));
        let body =
            json!({"callbackCommand": IMPORT, "ownerUserID": owner, "friendUserIDs": [friend]});
        let answer = self.own_path(IMPORT, &body.to_string()).await?;
        accepted(&answer)?;
        let (owner, friend) = (user(&owner)?, user(&friend)?);
        let Some(table) = &self.relationships else {
            return ok();
        };
        self.wait("the friend is not in the view", async || {
            let friends = table.friends_of(&owner).await.map_err(text)?;
            Ok(friends.iter().any(|it| it.friend == friend))
        })
        .await
    }

    pub(super) async fn view_member(&self) -> Done {
        let (group, member) = (
            self.id("view-member", "climbers"),
            self.id("view-member", "ana"),
        );
        let body = json!({"callbackCommand": JOIN, "groupID": group, "joinSource": 3, "inviterUserID": member});
        let answer = self.own_path(JOIN, &body.to_string()).await?;
        accepted(&answer)?;
        let group = GroupId::new(group).map_err(|error| error.to_string())?;
        let member = user(&member)?;
        let Some(table) = &self.relationships else {
            return ok();
        };
        self.wait("the member is not in the view", async || {
            let membership = table.membership(&group, &member).await.map_err(text)?;
            Ok(membership.member == Membership::Yes)
        })
        .await
    }

    /// Waits until the deletions of a friend are stored, and none more.
    async fn wait_for_deletions(&self, owner: &str, friend: &str, count: usize) -> Done {
        let wanted = Events::Relation(vec![Event::FriendDeleted {
            owner: user(owner)?,
            friend: user(friend)?,
        }]);
        let of = HistoryOf::User(user(owner)?);
        self.wait_for(&of, count, |it| it.events == wanted).await
    }

    /// Waits until a history of this run has as many such receptions.
    async fn wait_for(
        &self,
        of: &HistoryOf,
        count: usize,
        is_wanted: impl Fn(&Reception) -> bool,
    ) -> Done {
        let Some(events) = &self.events else {
            return ok();
        };
        let what = format!("the events table does not have it {count} times");
        self.wait(&what, async || {
            let stored = self.stored_in(events, of).await.map_err(text)?;
            match stored.iter().filter(|it| is_wanted(it)).count() {
                found if found > count => Err(format!("the events table has it {found} times")),
                found => Ok(found == count),
            }
        })
        .await
    }

    /// Asks again until the answer is yes, or the patience ends.
    async fn wait(&self, why: &str, ask: impl AsyncFn() -> Result<bool, String>) -> Done {
        let start = Instant::now();
        loop {
            if ask().await? {
                return Ok(format!("there after {} ms", start.elapsed().as_millis()));
            }
            if start.elapsed() >= self.patience() {
                return Err(format!("{why} after {} s", self.options.patience));
            }
            sleep(PAUSE).await;
        }
    }

    /// Sends a callback of OpenIM to the path of its command.
    async fn own_path(&self, command: &str, body: &str) -> Result<Answer, String> {
        self.openim(command, &format!("/{command}"), body).await
    }

    // --- Who calls ---

    pub(super) async fn no_password(&self) -> Done {
        unauthorized(&self.stranger("no-password", &[]).await?)
    }

    pub(super) async fn wrong_password(&self) -> Done {
        let credentials = format!("{}:{}", self.options.user, self.prefix);
        self.wrong_basic(&credentials).await
    }

    pub(super) async fn wrong_user(&self) -> Done {
        let right = match &self.caller {
            Caller::Basic(authorization) => authorization.strip_prefix("Basic "),
            _ => None,
        };
        let right = BASE64_STANDARD.decode(right.unwrap_or_default());
        let right = String::from_utf8_lossy(&right.unwrap_or_default()).into_owned();
        let password = right.split_once(':').map_or("", |(_, password)| password);
        self.wrong_basic(&format!("{}:{password}", self.prefix))
            .await
    }

    async fn wrong_basic(&self, credentials: &str) -> Done {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(credentials));
        self.same_as_without(&[("authorization".to_owned(), basic)])
            .await
    }

    /// The signature of another nonce.
    pub(super) async fn wrong_signature(&self) -> Done {
        let nonce = self.operation_id();
        let call = self.caller.prove(Call::get(""), &nonce);
        let mut headers = call.map_err(|why| why.to_string())?.headers;
        for (_, value) in &mut headers {
            if *value == nonce {
                value.push('0');
            }
        }
        self.same_as_without(&headers).await
    }

    pub(super) async fn used_nonce(&self) -> Done {
        let body = self.deletion_of("used-nonce");
        let nonce = self.operation_id();
        let path = format!("/{DELETE}");
        let send = || self.send_as(&self.caller, &nonce, Call::post(&*path, &*body));
        accepted(&send().await?)?;
        let again = send().await?;
        refused(&again, 401, UNAUTHORIZED)?;
        ok()
    }

    /// Checks that these headers get the answer of a caller without any: it must not show what is wrong.
    async fn same_as_without(&self, headers: &[(String, String)]) -> Done {
        let answer = self.stranger("wrong-password", headers).await?;
        unauthorized(&answer)?;
        let without = self.stranger("wrong-password", &[]).await?;
        match answer.body == without.body {
            true => ok(),
            false => Err(format!(
                "the answer differs from that of a caller who proves nothing: {} and {}",
                answer.shown(),
                without.shown()
            )),
        }
    }

    pub(super) async fn previous_password(&self) -> Done {
        let body = self.deletion_of("previous-password");
        let caller = self.previous.as_ref().unwrap_or(&self.caller);
        let call = Call::post(format!("/{DELETE}"), body);
        let answer = self.send_as(caller, &self.operation_id(), call).await?;
        accepted(&answer)?;
        ok()
    }

    pub(super) async fn stranger_path(&self) -> Done {
        let call = Call::post(format!("/{}/nothing", self.prefix), "{}");
        unauthorized(&self.http.send(call).await?)
    }

    pub(super) async fn stranger_get(&self) -> Done {
        unauthorized(&self.http.send(Call::get("/")).await?)
    }

    pub(super) async fn refused_not_stored(&self) -> Done {
        let check = "refused-not-stored";
        let wrong = ("authorization".to_owned(), "Basic eDp5".to_owned());
        self.stranger(check, &[wrong]).await?;
        // This one is accepted, and comes later. So the other one would be there, too.
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        let answer = self.own_path(DELETE, &deletion(&owner, &friend)).await?;
        accepted(&answer)?;
        self.wait_for_deletions(&owner, &friend, 1).await
    }

    fn deletion_of(&self, check: &str) -> String {
        let body = deletion(&self.id(check, "ana"), &self.id(check, "leo"));
        self.note(DELETE, &body);
        body
    }

    /// Sends a callback with other headers. Without an `operationID`, which an answer repeats.
    async fn stranger(&self, check: &str, headers: &[(String, String)]) -> Result<Answer, String> {
        let mut call = Call::post(format!("/{DELETE}"), self.deletion_of(check));
        call.headers.extend(headers.iter().cloned());
        self.http.send(call).await
    }

    // --- What is refused ---

    pub(super) async fn get_command(&self) -> Done {
        let answer = self.send(Call::get(format!("/{DELETE}"))).await?;
        if self.is_gateways_own(&answer) {
            return Ok("the gateway answered".to_owned());
        }
        refused(&answer, 405, METHOD)?;
        ok()
    }

    pub(super) async fn get_root(&self) -> Done {
        let answer = self.send(Call::get("/")).await?;
        refused(&answer, 405, METHOD)?;
        ok()
    }

    pub(super) async fn unknown_path(&self) -> Done {
        let path = format!("/{}/nothing", self.prefix);
        let answer = self.send(Call::post(path, "{}")).await?;
        refused(&answer, 404, NO_COMMAND)?;
        ok()
    }

    pub(super) async fn no_command(&self) -> Done {
        let answer = self.send(Call::post("/", "{}")).await?;
        refused(&answer, 404, NO_COMMAND)?;
        ok()
    }

    pub(super) async fn two_commands(&self) -> Done {
        let body = self.deletion_of("two-commands");
        let answer = self.own_path(REMARK, &body).await?;
        refused(&answer, 400, CONTRADICTION)?;
        ok()
    }

    pub(super) async fn empty_body(&self) -> Done {
        let answer = self.own_path(DELETE, "").await?;
        refused(&answer, 400, EMPTY)?;
        ok()
    }

    pub(super) async fn not_json(&self) -> Done {
        let answer = self.own_path(DELETE, "{").await?;
        refused(&answer, 400, NOT_JSON)?;
        ok()
    }

    pub(super) async fn empty_id(&self) -> Done {
        let to = self.id("empty-id", "leo");
        let body = json!({"callbackCommand": ADD, "fromUserID": "", "toUserID": to, "reqMsg": ""});
        self.invalid(&body.to_string(), "$.fromUserID").await
    }

    pub(super) async fn not_an_object(&self) -> Done {
        self.invalid("[]", "").await
    }

    /// Checks that a question with this body has no decision, and that the answer says where it is wrong.
    async fn invalid(&self, body: &str, place: &str) -> Done {
        let answer = self.own_path(ADD, body).await?;
        if self.options.on_failure == Choice::Allow {
            return match answer.status == 400 && answer.json() == allow() {
                true => ok(),
                false => Err(format!("not 400 and \"allowed\": {}", answer.shown())),
            };
        }
        let detail = refused(&answer, 400, INVALID)?;
        match detail.starts_with(place) && !detail.is_empty() {
            true => ok(),
            false => Err(format!("errDlt does not say where: {}", answer.shown())),
        }
    }

    /// More than any `MaxBodyBytes`, and less than Lambda takes.
    pub(super) async fn body_3_mb(&self) -> Done {
        let body = self.long_body("body-3-mb", 3_100_000);
        let answer = self.own_path(DELETE, &body).await?;
        refused(&answer, 413, TOO_LARGE)?;
        ok()
    }

    /// More than Lambda takes, and less than API Gateway takes.
    pub(super) async fn body_7_mb(&self) -> Done {
        self.too_large("body-7-mb", 7_000_000).await
    }

    /// More than API Gateway takes.
    pub(super) async fn body_11_mb(&self) -> Done {
        self.too_large("body-11-mb", 11_000_000).await
    }

    /// Checks that a body is refused by the function, or by the gateway in OpenIM's form.
    async fn too_large(&self, check: &str, bytes: usize) -> Done {
        let body = self.long_body(check, bytes);
        let answer = self.own_path(DELETE, &body).await?;
        if self.is_gateways_own(&answer) {
            return Ok("the gateway answered".to_owned());
        }
        refused(&answer, 413, TOO_LARGE)?;
        ok()
    }

    /// More than API Gateway takes. What it answers then is not documented.
    pub(super) async fn long_header(&self) -> Done {
        let body = self.deletion_of("long-header");
        let call = Call::post(format!("/{DELETE}"), body).header("x-smoke", "x".repeat(11_000));
        let answer = match self.send(call).await {
            Ok(answer) => answer,
            Err(why) => return Ok(why),
        };
        if self.is_gateways_own(&answer) || accepted(&answer).is_ok() {
            return ok();
        }
        match answer.as_openim() {
            Verdict::Allowed { .. } => Err(format!("nobody decided: {}", answer.shown())),
            _ => Ok(answer.shown()),
        }
    }

    fn long_body(&self, check: &str, bytes: usize) -> String {
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        let ex = "x".repeat(bytes);
        json!({"callbackCommand": DELETE, "ownerUserID": owner, "friendUserID": friend, "ex": ex})
            .to_string()
    }

    /// Whether the gateway gave this answer itself, in OpenIM's form.
    fn is_gateways_own(&self, answer: &Answer) -> bool {
        match (self.options.on_failure, answer.as_openim()) {
            (Choice::Refuse, Verdict::Refused { code, .. }) => code == GATEWAY,
            // Only the gateway says why it allows something.
            (Choice::Allow, Verdict::Allowed { detail }) => !detail.is_empty(),
            _ => false,
        }
    }

    pub(super) async fn unknown_before(&self) -> Done {
        const COMMAND: &str = "callbackBeforeSmokeTestCommand";
        let body = json!({"userID": self.id("unknown-before", "ana")}).to_string();
        let answer = self.own_path(COMMAND, &body).await?;
        match self.options.unknown_command {
            Choice::Allow => accepted(&answer)?,
            Choice::Refuse => drop(refused(&answer, 404, UNKNOWN)?),
        }
        ok()
    }

    pub(super) async fn wrong_stage(&self) -> Done {
        let url = self.other_stage().unwrap_or_default();
        let call = Call::post("", self.deletion_of("wrong-stage"));
        let answer = self.http.send_to(&format!("{url}/{DELETE}"), call).await?;
        match answer.status == 403 && !answer.json()["message"].is_null() {
            true => Ok(format!(
                "{}: take care of the stage in OpenIM's url",
                answer.shown()
            )),
            false => Err(format!("not API Gateway's 403: {}", answer.shown())),
        }
    }

    pub(super) async fn deadline(&self) -> Done {
        let body = json!({
            "callbackCommand": ADD, "reqMsg": "",
            "fromUserID": self.id("deadline", "ana"), "toUserID": self.id("deadline", "leo"),
        });
        let body = body.to_string();
        let answers = join_all((0..AT_ONCE).map(|_| self.own_path(ADD, &body))).await;
        let mut times = Vec::new();
        for answer in answers {
            let answer = answer?;
            self.decided(ADD, &body, &answer)?;
            times.push(answer.took.as_millis());
        }
        times.sort_unstable();
        let last = times.last().copied().unwrap_or_default();
        let half = times.get(AT_ONCE / 2).copied().unwrap_or_default();
        let measured = format!("p50 {half} ms, p99 {last} ms of {AT_ONCE} at once");
        let limit = self.options.deadline_ms + ON_THE_WAY_MS;
        match last <= u128::from(limit) {
            true => Ok(measured),
            false => Err(format!("{measured}; {limit} ms are allowed")),
        }
    }

    // --- What an operator sees ---

    /// A question that the stack's own rules refuse is stored as a decision.
    pub(super) async fn decision_stored(&self) -> Done {
        let named = self.options.refused.first();
        let sample = OPENIM
            .iter()
            .find(|it| named == Some(&it.command.to_owned()));
        let sample = sample.ok_or("--refused names no command of OpenIM")?;
        let answer = self
            .own_path(sample.command, &self.body_of(sample)?)
            .await?;
        self.decided(sample.command, "", &answer)?;
        let Some(events) = &self.events else {
            return ok();
        };
        self.wait("the refusal is not in the events table", async || {
            let stored = self.all_stored(events).await.map_err(text)?;
            let mut decisions = stored.iter().filter(|it| it.command == sample.command);
            Ok(decisions.any(|it| matches!(it.events, Events::Decision(_))))
        })
        .await
    }

    /// A new rule of a bus does not work at once, so the callback is sent until one arrives.
    pub(super) async fn on_the_bus(&self) -> Done {
        let Some(bus) = &self.bus else {
            return ok();
        };
        let check = "on-the-bus";
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        bus.listen(&self.prefix, &format!("user/{owner}")).await?;
        let body = deletion(&owner, &friend);
        self.wait("the bus does not have it", async || {
            accepted(&self.own_path(DELETE, &body).await?)?;
            let is_of_callback = |event: &Value| {
                event["detail-type"] == "relation.friend_deleted"
                    && event["detail"]["data"] == json!({"owner": owner, "friend": friend})
            };
            Ok(bus.take().await?.iter().any(is_of_callback))
        })
        .await
    }

    /// A callback has a line, and no line has what a user wrote or a secret.
    pub(super) async fn log_line(&self) -> Done {
        let (check, id) = ("log-line", self.operation_id());
        let remark = format!("written-by-a-user-{id}");
        let body = json!({
            "callbackCommand": REMARK, "remark": remark,
            "ownerUserID": self.id(check, "ana"), "friendUserID": self.id(check, "leo"),
        });
        let body = body.to_string();
        self.note(REMARK, &body);
        let call = Call::post(format!("/{REMARK}"), body);
        accepted(&self.send_as(&self.caller, &id, call).await?)?;
        let why = format!("no line of {REMARK} has the operationID {id}");
        self.wait(&why, async || {
            let lines = self.lines_with(&id).await?;
            if lines.iter().any(|line| line.contains(&remark)) {
                return Err("the log has what a user wrote".to_owned());
            }
            if lines
                .iter()
                .any(|line| self.secrets.iter().any(|it| line.contains(it)))
            {
                return Err("the log has a secret".to_owned());
            }
            let of_callback = |line: &String| line.contains(REMARK) && line.contains(&id);
            Ok(lines.iter().any(of_callback))
        })
        .await
    }

    /// The lines of the log with this text, from this run.
    async fn lines_with(&self, text: &str) -> Result<Vec<String>, String> {
        let Some(logs) = &self.logs else {
            return Ok(Vec::new());
        };
        let mut asked = json!({
            "logGroupName": self.options.log_group,
            "startTime": self.began.unix_millis() - CLOCKS,
            "filterPattern": format!("\"{text}\""),
        });
        let mut lines = Vec::new();
        loop {
            let mut page = logs.call("FilterLogEvents", &asked).await?;
            let events: Vec<Value> =
                serde_json::from_value(page["events"].take()).unwrap_or_default();
            let found = events.iter().filter_map(|it| it["message"].as_str());
            lines.extend(found.map(ToOwned::to_owned));
            // A page can be empty, and another one come after it.
            if page["nextToken"].is_null() {
                return Ok(lines);
            }
            asked["nextToken"] = page["nextToken"].take();
        }
    }

    pub(super) async fn queues_empty(&self) -> Done {
        let start = Instant::now();
        loop {
            match self.full_queue().await? {
                None => return Ok(format!("{} queues", self.queues.len())),
                Some(what) if start.elapsed() >= self.patience() => return Err(what),
                Some(_) => sleep(PAUSE).await,
            }
        }
    }

    /// A queue in which something waits.
    async fn full_queue(&self) -> Result<Option<String>, String> {
        for (what, queue) in &self.queues {
            let count = queue.count().await.map_err(|why| why.to_string())?;
            if count.visible > 0 {
                return Ok(Some(format!("{what}: {} messages wait", count.visible)));
            }
        }
        Ok(None)
    }

    pub(super) async fn no_alarm(&self) -> Done {
        let (Some(alarms), Some(stack)) = (&self.alarms, &self.options.stack) else {
            return ok();
        };
        let asked = json!({
            "AlarmNamePrefix": format!("{stack}-"), "MaxRecords": 100,
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
        });
        let described = alarms.call("DescribeAlarms", &asked).await?;
        let kinds = ["MetricAlarms", "CompositeAlarms"].map(|kind| described[kind].as_array());
        let all: Vec<&Value> = kinds.into_iter().flatten().flatten().collect();
        let raised = all.iter().filter(|it| it["StateValue"] == "ALARM");
        let raised: Vec<&str> = raised.filter_map(|it| it["AlarmName"].as_str()).collect();
        match (all.len(), raised.is_empty()) {
            (0, _) => Err(format!("there is no alarm of the stack {stack}")),
            (count, true) => Ok(format!("{count} alarms")),
            (_, false) => Err(format!("raised: {}", raised.join(", "))),
        }
    }

    // --- Every command ---

    pub(super) async fn openim_command(&self, sample: &Sample) -> Done {
        let command = sample.command;
        let body = self.body_of(sample)?;
        let answer = self.own_path(command, &body).await?;
        match protocol::asks(Source::OpenIm, command) {
            true => self.decided(command, &body, &answer),
            false => accepted(&answer).and_then(|()| ok()),
        }
    }

    fn body_of(&self, sample: &Sample) -> Result<String, String> {
        with_prefix(sample.body, &self.prefix).map_err(|error| error.to_string())
    }

    /// Checks that a before callback was allowed as it was asked for, or refused if the stack's own rules do that.
    fn decided(&self, command: &str, body: &str, answer: &Answer) -> Done {
        let is_refused = self.options.refused.iter().any(|it| it == command);
        match answer.as_openim() {
            Verdict::Refused { code, .. } if is_refused && OWN.contains(&code) => {
                Ok(format!("refused with {code}"))
            }
            _ if is_refused => Err(format!("not refused by a rule: {}", answer.shown())),
            Verdict::Refused { code, message, .. } if OWN.contains(&code) => Err(format!(
                "refused with {code} ({message}): if a rule of yours does that, name the command in --refused"
            )),
            _ => match answer.status == 200 && answer.json() == as_asked(command, body)? {
                true => ok(),
                false => Err(format!("not allowed as asked: {}", answer.shown())),
            },
        }
    }

    // --- Tencent Chat ---

    pub(super) async fn tencent_command(&self, sample: &Sample) -> Done {
        let command = sample.command;
        let body = self.body_of(sample)?;
        let answer = self.tencent(command, "/tencent", &body).await?;
        let answered = tencent_ok(&answer)?;
        let asked: Value = serde_json::from_str(&body).unwrap_or_default();
        match is_as_asked(&asked, &answered) {
            true => ok(),
            false => Err(format!("not allowed as asked: {}", answer.tencent())),
        }
    }

    pub(super) async fn tencent_check(&self) -> Done {
        let query = self.query(None, 0);
        let answer = self.http.send(Call::post(format!("/tencent?{query}"), ""));
        tencent_ok(&answer.await?)?;
        ok()
    }

    pub(super) async fn tencent_root(&self) -> Done {
        let body = self.pairs("tencent-root");
        tencent_ok(&self.tencent(TENCENT_DELETE, "/", &body).await?)?;
        ok()
    }

    pub(super) async fn tencent_stored(&self) -> Done {
        let check = "tencent-stored";
        let body = self.pairs(check);
        tencent_ok(&self.tencent(TENCENT_DELETE, "/tencent", &body).await?)?;
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        self.wait_for_deletions(&owner, &friend, 1).await
    }

    /// A retry has the same `RequestId`. Afterwards comes another callback, so a second item would be there, too.
    pub(super) async fn tencent_retry(&self) -> Done {
        let check = "tencent-retry";
        let body = self.pairs(check);
        self.note(TENCENT_DELETE, &body);
        let [first, second] = [(); 2].map(|()| self.operation_id());
        for id in [&first, &first, &second] {
            let query = format!("{}&RequestId={id}", self.query(Some(TENCENT_DELETE), 0));
            let call = Call::post(format!("/tencent?{query}"), body.clone());
            tencent_ok(&self.http.send(call).await?)?;
        }
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        self.wait_for_deletions(&owner, &friend, 2).await
    }

    pub(super) async fn tencent_wrong_app(&self) -> Done {
        let body = self.pairs("tencent-wrong-app");
        self.note(TENCENT_DELETE, &body);
        let query = self.query(Some(TENCENT_DELETE), 0);
        let query = query.replacen("SdkAppid=", "SdkAppid=9", 1);
        let answer = self
            .http
            .send(Call::post(format!("/tencent?{query}"), body));
        tencent_unauthorized(&answer.await?)
    }

    pub(super) async fn tencent_wrong_token(&self) -> Done {
        let body = self.pairs("tencent-wrong-token");
        self.note(TENCENT_DELETE, &body);
        let query = self.query(Some(TENCENT_DELETE), 0);
        let query = query.replacen("&Sign=", "&Sign=0", 1);
        let answer = self
            .http
            .send(Call::post(format!("/tencent?{query}"), body));
        tencent_unauthorized(&answer.await?)
    }

    /// Tencent Chat's own rule: a signature is valid for a minute.
    pub(super) async fn tencent_old_time(&self) -> Done {
        const SECONDS: i64 = 120;
        let body = self.pairs("tencent-old-time");
        self.note(TENCENT_DELETE, &body);
        let query = self.query(Some(TENCENT_DELETE), SECONDS);
        let answer = self
            .http
            .send(Call::post(format!("/tencent?{query}"), body));
        tencent_unauthorized(&answer.await?)
    }

    /// The callback of a deleted friend.
    fn pairs(&self, check: &str) -> String {
        let (owner, friend) = (self.id(check, "ana"), self.id(check, "leo"));
        let pairs = [json!({"From_Account": owner, "To_Account": friend})];
        json!({"CallbackCommand": TENCENT_DELETE, "PairList": pairs}).to_string()
    }

    async fn tencent(&self, command: &str, path: &str, body: &str) -> Result<Answer, String> {
        self.note(command, body);
        let id = self.operation_id();
        let query = format!("{}&RequestId={id}", self.query(Some(command), 0));
        self.http
            .send(Call::post(format!("{path}?{query}"), body))
            .await
    }

    /// The query of a callback that was signed some seconds ago.
    fn query(&self, command: Option<&str>, seconds_ago: i64) -> String {
        let app = self.options.sdk_app_id.as_deref().unwrap_or_default();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("SdkAppid", app);
        if let Some(command) = command {
            query.append_pair("CallbackCommand", command);
        }
        for (name, value) in [
            ("contenttype", "json"),
            ("ClientIP", "203.0.113.7"),
            ("OptPlatform", "RESTAPI"),
        ] {
            query.append_pair(name, value);
        }
        if let Some(token) = &self.token {
            let time = domain::Timestamp::now().unix_seconds() - seconds_ago;
            let sign = Sha256::digest(format!("{token}{time}"));
            query.append_pair("RequestTime", &time.to_string());
            query.append_pair("Sign", &base16ct::lower::encode_string(&sign));
        }
        query.finish()
    }
}

/// Checks for the answer that every caller gets who is not believed.
fn unauthorized(answer: &Answer) -> Done {
    let detail = refused(answer, 401, UNAUTHORIZED)?;
    match detail.is_empty() {
        true => ok(),
        false => Err(format!("errDlt says why: {}", answer.shown())),
    }
}

/// The answer that allows a before callback of OpenIM as it was asked for. For two commands it needs fields of the body.
fn as_asked(command: &str, body: &str) -> Result<Value, String> {
    fn echo<C: Before + serde::de::DeserializeOwned>(body: &str) -> Result<Value, String> {
        let callback: C = protocol::read(body.as_bytes()).map_err(|error| error.to_string())?;
        let answer = callback.as_asked().map_or(Ok(allow()), |fields| {
            serde_json::to_value(Decision::<_>::Amend(fields))
        });
        answer.map_err(|error| error.to_string())
    }
    match command {
        "callbackBeforeSetGroupInfoCommand" => echo::<BeforeSetGroupInfo>(body),
        "callbackBeforeSetGroupInfoExCommand" => echo::<BeforeSetGroupInfoEx>(body),
        _ => serde_json::to_value(OpenImAnswer::Allow).map_err(|error| error.to_string()),
    }
}

/// Whether Tencent Chat leaves everything as it was asked for: nobody is refused or kept out, and no message changes.
fn is_as_asked(asked: &Value, answer: &Value) -> bool {
    let items = |body: &Value, list: &str| body[list].as_array().cloned().unwrap_or_default();
    let people = |items: Vec<Value>| -> Vec<Value> {
        let people = items.into_iter().map(|mut item| item["To_Account"].take());
        people.collect()
    };
    let results = items(answer, "ResultItem");
    let all_pass = results.iter().all(|item| item["ResultCode"] == 0);
    let mut asked_about = people(items(asked, "FriendItem"));
    asked_about.extend(people(items(asked, "ResponseFriendItem")));
    let kept_out = ["RefusedMembers_Account", "RefusedSubscribers_Account"];
    let is_same = |key: &str| answer.get(key).is_none_or(|it| *it == asked[key]);
    all_pass
        && people(results) == asked_about
        && kept_out.iter().all(|list| items(answer, list).is_empty())
        && ["MsgBody", "CloudCustomData"].into_iter().all(is_same)
}
