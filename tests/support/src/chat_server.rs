use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::Read as _,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::read::ZlibDecoder;
use ring::hmac;
use serde_json::{Value, json};

use crate::{SDK_APP_ID, serve};

/// A message that OpenIM has stored.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    /// The conversation's id.
    pub conversation: String,
    /// Its number.
    pub seq: i64,
    /// The server's id of it.
    pub id: String,
    /// Its sender.
    pub from: String,
    /// The user or the group that it was sent to.
    pub to: String,
    /// When it was sent.
    pub time: i64,
    /// The users who do not see it any longer, because they cleared the conversation.
    pub cleared_by: Vec<String>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// What OpenIM has about users and groups. Each list says since when somebody is on it, in seconds of Unix time.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// All users.
    pub users: Vec<String>,
    /// The friends of each user.
    pub friends: BTreeMap<String, BTreeMap<String, i64>>,
    /// The users whom each user blocks.
    pub blocks: BTreeMap<String, BTreeMap<String, i64>>,
    /// The members of each group.
    pub members: BTreeMap<String, BTreeMap<String, i64>>,
    /// The groups that are dissolved. OpenIM may keep their members.
    pub dissolved: BTreeSet<String>,
    /// The users whose friend list says that it has one more friend than it gives, as if it changed all the time.
    pub restless: BTreeSet<String>,
}

/// What a server says to the next request to a path, instead of doing it.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// Another HTTP status.
    Status(u16),
    /// The server's own code.
    Code(i64),
}

/// The REST APIs of OpenIM and of Tencent Chat, as far as messages are withdrawn and lists are read. Each checks its requests as
/// the real ones do, and more strictly: a request has exactly the fields that are known.
pub struct ChatServer {
    /// Its URL.
    pub url: String,
    shared: Shared,
}

type Shared = Arc<Mutex<Servers>>;

#[derive(Default)]
struct Servers {
    lists: Lists,
    messages: Vec<StoredMessage>,
    /// The token that is valid now.
    token: Option<String>,
    tokens: usize,
    /// How long tokens are valid.
    token_seconds: u64,
    refusals: BTreeMap<String, VecDeque<Refusal>>,
    /// Path and body of each request that was right.
    requests: Vec<(String, Value)>,
    /// What was wrong with requests.
    mistakes: Vec<String>,
}

impl ChatServer {
    /// The administrator of OpenIM.
    pub const OPENIM_ADMIN: &str = "imAdmin";
    /// OpenIM's `share.secret`.
    pub const OPENIM_SECRET: &str = "openIM123";
    /// The administrator of the Tencent Chat app. It needs escapes in a query.
    pub const TENCENT_ADMIN: &str = "admin & co";
    /// The key of the Tencent Chat app.
    pub const TENCENT_KEY: &str =
        "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

    /// Starts it.
    pub async fn start() -> Self {
        let shared = Shared::default();
        shared.lock().unwrap().token_seconds = 90 * 24 * 3600;
        let mut router = Router::new().route("/api/auth/get_admin_token", post(admin_token));
        for path in ["pull_msg_by_seq", "search_msg", "revoke_msg"] {
            router = router.route(&format!("/api/msg/{path}"), post(openim));
        }
        for path in [
            "user/get_all_users_uid",
            "friend/get_friend_list",
            "friend/get_black_list",
            "group/get_groups",
            "group/get_group_member_list",
        ] {
            router = router.route(&format!("/api/{path}"), post(openim));
        }
        for path in [
            "openim/admin_msgwithdraw",
            "group_open_http_svc/group_msg_recall",
            "official_account_open_http_svc/official_account_msg_recall",
        ] {
            router = router.route(&format!("/v4/{path}"), post(tencent));
        }
        Self {
            url: serve(router.with_state(shared.clone())).await.0,
            shared,
        }
    }

    /// Changes what OpenIM has about users and groups.
    pub fn lists<T>(&self, change: impl FnOnce(&mut Lists) -> T) -> T {
        change(&mut self.shared.lock().unwrap().lists)
    }

    /// The only token that is valid from now on.
    pub fn only_token(&self, token: &str) {
        self.shared.lock().unwrap().token = Some(token.to_owned());
    }

    /// Stores a message of OpenIM.
    pub fn store(&self, message: StoredMessage) {
        self.shared.lock().unwrap().messages.push(message);
    }

    /// The server refuses the next request to this path.
    pub fn refuse(&self, path: &str, refusal: Refusal) {
        let mut servers = self.shared.lock().unwrap();
        let refusals = servers.refusals.entry(path.to_owned()).or_default();
        refusals.push_back(refusal);
    }

    /// The tokens that it gives from now on are valid for so long.
    pub fn tokens_last(&self, seconds: u64) {
        self.shared.lock().unwrap().token_seconds = seconds;
    }

    /// How many tokens it gave.
    pub fn tokens(&self) -> usize {
        self.shared.lock().unwrap().tokens
    }

    /// Path and body of the requests to these paths, those that were refused on purpose included. Fails if a request was not as
    /// the servers want it.
    pub fn requests(&self, path: &str) -> Vec<Value> {
        let servers = self.shared.lock().unwrap();
        assert_eq!(servers.mistakes, [""; 0]);
        let requests = servers.requests.iter();
        let requests = requests.filter(|(at, _)| at.contains(path));
        requests.map(|(_, body)| body.clone()).collect()
    }

    /// The numbers of the messages of OpenIM that are revoked.
    pub fn revoked(&self) -> Vec<i64> {
        let servers = self.shared.lock().unwrap();
        let revoked = servers.messages.iter().filter(|it| it.revoked);
        revoked.map(|it| it.seq).collect()
    }
}

impl Servers {
    /// Notes a request. Gives the refusal that a test wants.
    fn note(&mut self, path: &str, body: &Value) -> Option<Refusal> {
        self.requests.push((path.to_owned(), body.clone()));
        self.refusals.get_mut(path)?.pop_front()
    }

    fn check(&mut self, is_right: bool, what: &str) {
        if !is_right {
            self.mistakes.push(what.to_owned());
        }
    }
}

/// Whether an object has these members, and no others.
fn has_only(value: &Value, names: &[&str]) -> bool {
    value.as_object().is_some_and(|object| {
        object.len() == names.len() && names.iter().all(|name| object.contains_key(*name))
    })
}

fn openim_says(code: i64, data: Value) -> Response {
    let text = if code == 0 { "" } else { "hunter2" };
    Json(json!({"errCode": code, "errMsg": text, "errDlt": text, "data": data})).into_response()
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Refusal::Code(code) => openim_says(code, Value::Null),
    }
}

/// What every request to OpenIM has.
fn check_openim(servers: &mut Servers, headers: &HeaderMap, body: &[u8]) -> Value {
    let operation = headers.get("operationid");
    servers.check(operation.is_some_and(|it| !it.is_empty()), "no operationID");
    let json = headers
        .get("content-type")
        .is_some_and(|it| it == "application/json");
    servers.check(json, "not JSON");
    servers.check(!headers.contains_key("webhook-signature"), "a signature");
    serde_json::from_slice(body).unwrap_or_default()
}

async fn admin_token(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let mut servers = shared.lock().unwrap();
    let body = check_openim(&mut servers, &headers, &body);
    servers.check(has_only(&body, &["secret", "userID"]), "fields of a token");
    if let Some(refusal) = servers.note("/api/auth/get_admin_token", &body) {
        return refused(refusal);
    }
    if body["secret"] != ChatServer::OPENIM_SECRET {
        return openim_says(1002, Value::Null);
    }
    servers.check(
        body["userID"] == ChatServer::OPENIM_ADMIN,
        "not the administrator",
    );
    servers.tokens += 1;
    let token = format!("token-{}", servers.tokens);
    servers.token = Some(token.clone());
    let seconds = servers.token_seconds;
    openim_says(0, json!({"token": token, "expireTimeSeconds": seconds}))
}

async fn openim(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut servers = shared.lock().unwrap();
    let body = check_openim(&mut servers, &headers, &body);
    let refusal = servers.note(uri.path(), &body);
    let token = headers.get("token").and_then(|it| it.to_str().ok());
    servers.check(token.is_some(), "no token");
    if token != servers.token.as_deref() {
        return openim_says(1501, Value::Null);
    }
    if let Some(refusal) = refusal {
        return refused(refusal);
    }
    match uri.path() {
        "/api/msg/pull_msg_by_seq" => pull(&mut servers, &body),
        "/api/msg/search_msg" => search(&mut servers, &body),
        "/api/user/get_all_users_uid" => users(&mut servers, &body),
        "/api/group/get_groups" => groups(&mut servers, &body),
        "/api/friend/get_friend_list" => friends(&mut servers, &body),
        "/api/friend/get_black_list" => blocks(&mut servers, &body),
        "/api/group/get_group_member_list" => members(&mut servers, &body),
        _ => revoke(&mut servers, &body),
    }
}

/// The page of a list that a request wants.
fn page<T>(
    servers: &mut Servers,
    body: &Value,
    names: &[&str],
    all: impl Iterator<Item = T>,
) -> Vec<T> {
    let pagination = &body["pagination"];
    let is_right = has_only(body, names) && has_only(pagination, &["pageNumber", "showNumber"]);
    servers.check(is_right, "fields of a list");
    let number = |name: &str| usize::try_from(pagination[name].as_u64().unwrap()).unwrap();
    let (page, size) = (number("pageNumber") - 1, number("showNumber"));
    all.skip(page * size).take(size).collect()
}

fn users(servers: &mut Servers, body: &Value) -> Response {
    let all = servers.lists.users.clone();
    let total = all.len();
    let page = page(servers, body, &["pagination"], all.into_iter());
    openim_says(0, json!({"total": total, "userIDs": page}))
}

/// All groups but the dissolved ones, or any one group.
fn groups(servers: &mut Servers, body: &Value) -> Response {
    let Lists {
        members, dissolved, ..
    } = servers.lists.clone();
    let wanted = body["groupID"].as_str().unwrap_or_default();
    let groups: Vec<&String> = members
        .keys()
        .filter(|it| match wanted {
            "" => !dissolved.contains(*it),
            wanted => *it == wanted,
        })
        .collect();
    let total = groups.len();
    let names = ["groupID", "groupName", "pagination"];
    let page: Vec<Value> = page(servers, body, &names, groups.into_iter())
        .into_iter()
        .map(|id| {
            let status = if dissolved.contains(id) { 2 } else { 0 };
            json!({"groupInfo": {"groupID": id, "groupName": "hunter2", "status": status}})
        })
        .collect();
    openim_says(0, json!({"total": total, "groups": page}))
}

fn friends(servers: &mut Servers, body: &Value) -> Response {
    let user = body["userID"].as_str().unwrap_or_default();
    let list = servers.lists.friends.get(user).cloned().unwrap_or_default();
    let total = list.len() + usize::from(servers.lists.restless.contains(user));
    let page = page(servers, body, &["userID", "pagination"], list.into_iter());
    let entry = |(id, since)| {
        json!({"ownerUserID": user, "remark": "hunter2", "createTime": since,
            "friendUser": {"userID": id, "nickname": "hunter2"}})
    };
    // Go writes an empty list as null.
    let entries: Vec<Value> = page.into_iter().map(entry).collect();
    let entries = (!entries.is_empty()).then_some(entries);
    openim_says(0, json!({"total": total, "friendsInfo": entries}))
}

fn blocks(servers: &mut Servers, body: &Value) -> Response {
    let user = body["userID"].as_str().unwrap_or_default();
    let list = servers.lists.blocks.get(user).cloned().unwrap_or_default();
    let total = list.len();
    let page = page(servers, body, &["userID", "pagination"], list.into_iter());
    let entry = |(id, since)| {
        json!({"ownerUserID": user, "createTime": since,
            "blackUserInfo": {"userID": id, "nickname": "hunter2"}})
    };
    let entries: Vec<Value> = page.into_iter().map(entry).collect();
    openim_says(0, json!({"total": total, "blacks": entries}))
}

fn members(servers: &mut Servers, body: &Value) -> Response {
    let group = body["groupID"].as_str().unwrap_or_default();
    let list = servers
        .lists
        .members
        .get(group)
        .cloned()
        .unwrap_or_default();
    let total = list.len();
    let names = ["groupID", "filter", "keyword", "pagination"];
    let page = page(servers, body, &names, list.into_iter());
    let entry = |(id, since)| {
        json!({"groupID": group, "userID": id, "nickname": "hunter2", "roleLevel": 20,
            "joinTime": since * 1000})
    };
    let entries: Vec<Value> = page.into_iter().map(entry).collect();
    openim_says(0, json!({"total": total, "members": entries}))
}

/// The last messages of a conversation that a user sees.
fn pull(servers: &mut Servers, body: &Value) -> Response {
    let range = &body["seqRanges"][0];
    let is_right = has_only(body, &["userID", "seqRanges", "order"])
        && has_only(range, &["conversationID", "begin", "end", "num"]);
    servers.check(is_right, "fields of a pull");
    let conversation = range["conversationID"].as_str().unwrap_or_default();
    let (end, number) = (
        range["end"].as_i64().unwrap(),
        range["num"].as_i64().unwrap(),
    );
    let user = body["userID"].as_str().unwrap_or_default().to_owned();
    let in_it = |it: &&StoredMessage| it.conversation == conversation;
    let last = servers.messages.iter().filter(in_it).map(|it| it.seq).max();
    let end = end.min(last.unwrap_or_default());
    let seen = servers.messages.iter().filter(|it| {
        in_it(it) && (end - number + 1..=end).contains(&it.seq) && !it.cleared_by.contains(&user)
    });
    let seen: Vec<Value> = seen.map(stored).collect();
    if seen.is_empty() {
        return openim_says(0, json!({"msgs": {}, "notificationMsgs": {}}));
    }
    let msgs = json!({conversation: {"Msgs": seen, "isEnd": false, "endSeq": 0}});
    openim_says(0, json!({"msgs": msgs, "notificationMsgs": {}}))
}

fn stored(message: &StoredMessage) -> Value {
    json!({
        "serverMsgID": message.id, "clientMsgID": format!("client-{}", message.id), "sendID": message.from,
        "seq": message.seq, "sendTime": message.time, "content": "aHVudGVyMg==",
        "contentType": if message.revoked { 2101 } else { 102 },
    })
}

/// The messages of a day.
fn search(servers: &mut Servers, body: &Value) -> Response {
    let is_right = has_only(
        body,
        &["sendID", "recvID", "sessionType", "sendTime", "pagination"],
    ) && has_only(&body["pagination"], &["pageNumber", "showNumber"]);
    servers.check(is_right, "fields of a search");
    let found = servers.messages.iter().filter(|it| {
        let day = domain::Timestamp::from_unix_millis(it.time).unwrap();
        body["sendID"] == it.from
            && body["recvID"] == it.to
            && body["sendTime"] == day.to_string()[..10]
            && (body["sessionType"] == 3) == it.conversation.starts_with("sg_")
    });
    let (page, size) = (
        body["pagination"]["pageNumber"].as_u64().unwrap() - 1,
        body["pagination"]["showNumber"].as_u64().unwrap(),
    );
    let (skip, take) = (
        usize::try_from(page * size).unwrap(),
        usize::try_from(size).unwrap(),
    );
    let logs = found.skip(skip).take(take);
    let logs: Vec<Value> = logs
        .map(|it| json!({"chatLog": stored(it), "isRevoked": it.revoked}))
        .collect();
    openim_says(0, json!({"chatLogs": logs, "chatLogsNum": logs.len()}))
}

fn revoke(servers: &mut Servers, body: &Value) -> Response {
    let is_right = has_only(body, &["userID", "conversationID", "seq"]);
    servers.check(is_right, "fields of a revocation");
    let user = body["userID"].as_str().unwrap_or_default().to_owned();
    let found = servers.messages.iter_mut().find(|it| {
        body["conversationID"] == it.conversation
            && body["seq"] == it.seq
            && !it.cleared_by.contains(&user)
    });
    match found {
        None => openim_says(1004, Value::Null),
        Some(message) if message.revoked => openim_says(1404, Value::Null),
        Some(message) => {
            message.revoked = true;
            openim_says(0, json!({}))
        }
    }
}

async fn tencent(
    State(shared): State<Shared>,
    uri: Uri,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let mut servers = shared.lock().unwrap();
    let query = query.unwrap_or_default();
    let query: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let names: Vec<&str> = query.keys().map(String::as_str).collect();
    let expected = ["contenttype", "identifier", "random", "sdkappid", "usersig"];
    servers.check(names == expected, "parameters of the query");
    servers.check(query["contenttype"] == "json", "contenttype");
    servers.check(query["random"].parse::<u32>().is_ok(), "random");
    servers.check(query["sdkappid"] == SDK_APP_ID, "sdkappid");
    servers.check(
        query["identifier"] == ChatServer::TENCENT_ADMIN,
        "identifier",
    );
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let refusal = servers.note(uri.path(), &body);
    let says = |code: i64, more: Value| {
        let mut answer = json!({
            "ActionStatus": if code == 0 { "OK" } else { "FAIL" }, "ErrorInfo": "hunter2", "ErrorCode": code,
        });
        if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
            answer.extend(more);
        }
        Json(answer).into_response()
    };
    if let Err(wrong) = check_user_sig(&query["usersig"]) {
        servers.mistakes.push(wrong);
        return says(70003, Value::Null);
    }
    let names: &[&str] = match uri.path() {
        "/v4/openim/admin_msgwithdraw" => &["From_Account", "To_Account", "MsgKey"],
        "/v4/group_open_http_svc/group_msg_recall" => match body.get("TopicId") {
            Some(_) => &["GroupId", "MsgSeqList", "TopicId"],
            None => &["GroupId", "MsgSeqList"],
        },
        _ => &["Official_Account", "MsgKeyList"],
    };
    servers.check(has_only(&body, names), "fields of a recall");
    let code = match refusal {
        Some(Refusal::Status(status)) => return refused(Refusal::Status(status)),
        Some(Refusal::Code(code)) => code,
        None => 0,
    };
    // The answer about a list has a code for each of its messages.
    match (&body["MsgSeqList"], &body["MsgKeyList"]) {
        (Value::Array(list), _) => {
            let (of_list, of_all) = if code == 0 || (10030..10040).contains(&code) {
                (code, 0)
            } else {
                (0, code)
            };
            let seq = &list[0]["MsgSeq"];
            says(
                of_all,
                json!({"RecallRetList": [{"MsgSeq": seq, "RetCode": of_list}]}),
            )
        }
        (_, Value::Array(list)) => says(
            0,
            json!({"RecallRetList": [{"MsgKey": list[0], "RetCode": code}]}),
        ),
        _ => says(code, Value::Null),
    }
}

/// Checks a UserSig as Tencent Chat's own libraries make it.
fn check_user_sig(signature: &str) -> Result<(), String> {
    let text = signature
        .replace('*', "+")
        .replace('-', "/")
        .replace('_', "=");
    let packed = BASE64_STANDARD.decode(text).map_err(|it| it.to_string())?;
    let mut document = String::new();
    ZlibDecoder::new(&packed[..])
        .read_to_string(&mut document)
        .map_err(|it| it.to_string())?;
    let document: Value = serde_json::from_str(&document).map_err(|it| it.to_string())?;
    let names = [
        "TLS.ver",
        "TLS.identifier",
        "TLS.sdkappid",
        "TLS.expire",
        "TLS.time",
        "TLS.sig",
    ];
    let app: u64 = SDK_APP_ID.parse().unwrap();
    let is_right = has_only(&document, &names)
        && document["TLS.ver"] == "2.0"
        && document["TLS.identifier"] == ChatServer::TENCENT_ADMIN
        && document["TLS.sdkappid"] == app;
    if !is_right {
        return Err(format!("fields of a UserSig: {document}"));
    }
    let number = |name: &str| document[name].as_u64().unwrap_or_default();
    let (time, expire) = (number("TLS.time"), number("TLS.expire"));
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    if !(time..time + expire).contains(&now) {
        return Err("the UserSig is not valid now".to_owned());
    }
    let signed = format!(
        "TLS.identifier:{}\nTLS.sdkappid:{app}\nTLS.time:{time}\nTLS.expire:{expire}\n",
        ChatServer::TENCENT_ADMIN
    );
    let sent = document["TLS.sig"].as_str().unwrap_or_default();
    let sent = BASE64_STANDARD.decode(sent).map_err(|it| it.to_string())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, ChatServer::TENCENT_KEY.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &sent).map_err(|_| "the UserSig is forged".to_owned())
}
