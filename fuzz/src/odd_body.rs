use std::{
    panic::{self, AssertUnwindSafe},
    sync::LazyLock,
};

use models::{
    CATCH_ALL, HttpRequest, Payload, PersonOutcome,
    odd::{Json, Mistake, ODD_VALUES},
    payloads, tencent_proceeds,
};
use receiver::Function;
use tokio::runtime::{Builder, Runtime};

use crate::{LAST_PANIC, answer::Answer};

const APP: &str = "1400000001";

/// The id that `fuzz/policies.json` refuses, in quotes. No value that an input can choose is equal to it.
const REFUSED: &str = "\"refused\"";

/// The limit of mistakes in one body: copies of copies grow fast.
const MISTAKES: usize = 8;

/// The first byte chooses a body of `tests/payloads`. Then three bytes describe each mistake: its kind, its place and
/// its value. A byte that is too large starts again at the first choice.
///
/// Nothing panics, and the caller can read the answer. An after callback is accepted as long as it is JSON. A before
/// callback is refused as long as the policies refuse the person that it names, or as long as it names nobody where it
/// must.
pub fn odd_body(input: &[u8]) {
    let Some((choice, mistakes)) = input.split_first() else {
        return;
    };
    let (payload, right) = &BODIES[usize::from(*choice) % BODIES.len()];
    let mut body = Body {
        json: right.clone(),
        is_json: true,
        before: &[],
        after: &[],
    };
    for bytes in mistakes.as_chunks::<3>().0.iter().take(MISTAKES) {
        body.make(*bytes);
    }

    let text = body.write();
    LAST_PANIC.take();
    let response = FUNCTION.with(|(runtime, function)| {
        let event = event(payload, &text).to_string();
        panic::catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(function.answer(&event, "invocation"))
        }))
    });
    let details = || {
        let text = String::from_utf8_lossy(&text).into_owned();
        format!("{}\n{text}\n{response:?}", payload.name)
    };
    let panicked = LAST_PANIC.take();
    assert!(panicked.is_empty(), "{panicked}: {}", details());
    let Ok(response) = &response else {
        panic!("not caught: {}", details());
    };
    let response = serde_json::to_value(response).unwrap();
    let answer = Answer::read(&response);
    assert_eq!(
        answer.to_tencent,
        payload.server() == "tencent",
        "{}",
        details()
    );

    // A body with another command contradicts the URL, which has its own tests.
    if !body.is_json || !body.names_the_command_of(right) {
        return;
    }
    // A mistake can make a message of a sign for clients, and policies judge only messages.
    if matches!(payload.case.as_str(), "typing" | "receipt") {
        return;
    }
    let Some(asked) = asked(&payload.command) else {
        // Some commands cannot be allowed without fields of the body, and these may be odd. Tencent Chat's questions about
        // messages have no rules yet, but nobody decides about a body without its ids.
        let may_be_refused = protocol::plain_allow_fails(&payload.command)
            || (answer.to_tencent && protocol::asks(payload.source, &payload.command));
        let accepted = answer.refusal.is_none() || may_be_refused;
        assert!(accepted, "not accepted: {}", details());
        return;
    };
    let ids = asked.ids(&body.json);
    let is_refused = |id: &Option<&Json>| *id == Some(&Json::leaf(REFUSED));
    match (asked.list, answer.to_tencent) {
        (_, true) => {
            if ids.iter().any(is_refused) {
                let body = response["body"].as_str().expect("a body");
                let status = u16::try_from(response["statusCode"].as_u64().unwrap()).unwrap();
                let person = REFUSED.trim_matches('"');
                let [(_, outcome)] = &tencent_proceeds(&[person], status, body)[..] else {
                    unreachable!()
                };
                let refused = matches!(outcome, PersonOutcome::Refused { .. });
                assert!(refused, "{outcome:?}: {}", details());
            }
        }
        (Some(_), false) => {
            let refused = answer.refusal.is_some();
            assert!(
                refused || !ids.iter().any(is_refused),
                "allowed: {}",
                details()
            );
        }
        (None, false) => {
            let other = |id: &Option<&Json>| {
                let text = |leaf: &[u8]| leaf.starts_with(b"\"") && leaf != b"\"\"";
                matches!(id, Some(Json::Leaf(leaf)) if text(leaf)) && !is_refused(id)
            };
            let refused = answer.refusal.is_some();
            assert!(refused || ids.iter().all(other), "allowed: {}", details());
        }
    }
}

/// The people in a before callback that the policies can refuse.
struct Asked {
    command: &'static str,
    /// The list whose members name the people; `None` if the body itself names one.
    list: Option<&'static str>,
    /// The name of the field with the id; empty if the members of the list are the ids.
    id: &'static str,
}

const fn one(command: &'static str, id: &'static str) -> Asked {
    Asked {
        command,
        list: None,
        id,
    }
}

const fn each(command: &'static str, list: &'static str, id: &'static str) -> Asked {
    Asked {
        command,
        list: Some(list),
        id,
    }
}

/// Every command that policies judge. A body without a mistake must be refused, which shows that the names here are right.
const ASKED: &[Asked] = &[
    one("callbackBeforeAddBlackCommand", "blackUserID"),
    one("callbackBeforeAddFriendAgreeCommand", "fromUserID"),
    one("callbackBeforeAddFriendCommand", "toUserID"),
    each("callbackBeforeImportFriendsCommand", "friendUserIDs", ""),
    one("callbackBeforeSetFriendRemarkCommand", "friendUserID"),
    one("callbackBeforeJoinGroupCommand", "applyID"),
    each(
        "callbackBeforeCreateGroupCommand",
        "initMemberList",
        "userID",
    ),
    each("callbackBeforeInviteJoinGroupCommand", "invitedUserIDs", ""),
    each(
        "callbackBeforeMembersJoinGroupCommand",
        "memberList",
        "userID",
    ),
    one("callbackBeforeSetGroupMemberInfoCommand", "userID"),
    one("callbackBeforeMsgModifyCommand", "sendID"),
    one("callbackBeforeSendGroupMsgCommand", "sendID"),
    one("callbackBeforeSendSingleMsgCommand", "sendID"),
    one("callbackBeforeUpdateUserInfoCommand", "userID"),
    one("callbackBeforeUpdateUserInfoExCommand", "userID"),
    each("callbackBeforeUserRegisterCommand", "users", "userID"),
    each("Sns.CallbackPrevFriendAdd", "FriendItem", "To_Account"),
    each(
        "Sns.CallbackPrevFriendResponse",
        "ResponseFriendItem",
        "To_Account",
    ),
];

fn asked(command: &str) -> Option<&'static Asked> {
    ASKED.iter().find(|asked| asked.command == command)
}

impl Asked {
    /// The ids in a body, as they are written; `None` for one that is missing.
    fn ids<'a>(&self, body: &'a Json) -> Vec<Option<&'a Json>> {
        let Some(list) = self.list else {
            return vec![body.member(self.id)];
        };
        match body.member(list) {
            Some(Json::List(members)) if self.id.is_empty() => members.iter().map(Some).collect(),
            Some(Json::List(members)) => {
                let members = members.iter();
                members.map(|member| member.member(self.id)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Every body. In a before callback, all ids are replaced by the refused one.
static BODIES: LazyLock<Vec<(Payload, Json)>> = LazyLock::new(|| {
    let bodies = payloads().into_iter().map(|payload| {
        let mut body = Json::read(&payload.body);
        if let Some(asked) = asked(&payload.command) {
            let ids: Vec<Json> = asked.ids(&body).into_iter().flatten().cloned().collect();
            for place in body.places() {
                if body.at(&place).is_some_and(|found| ids.contains(found)) {
                    body.make(Mistake::Value(REFUSED), &place);
                }
            }
        }
        (payload, body)
    });
    let bodies: Vec<_> = bodies.collect();
    let names_people = |command: &&protocol::Command| {
        let rules = command.rules();
        rules.is_some_and(|rules| rules.acting_user || rules.other_user)
    };
    for command in protocol::catalogue().filter(names_people) {
        let served = bodies
            .iter()
            .any(|(payload, _)| payload.command == command.name);
        assert_eq!(served, asked(command.name).is_some(), "{}", command.name);
    }
    bodies
});

struct Body {
    json: Json,
    /// Whether the body is valid JSON.
    is_json: bool,
    before: &'static [u8],
    after: &'static [u8],
}

impl Body {
    fn make(&mut self, [which, place, what]: [u8; 3]) {
        let places = self.json.places();
        let choose = |byte: u8| places.get(usize::from(byte) % places.len().max(1));
        let Some(at) = choose(place) else {
            return;
        };
        let value = ODD_VALUES[usize::from(what) % ODD_VALUES.len()];
        let mistake = match which % 11 {
            0 => Mistake::Value(value),
            1 => Mistake::HalfAnEmoji,
            2 => Mistake::OddFirst(value),
            3 => Mistake::OddLast(value),
            4 => Mistake::Removed,
            5 => Mistake::Nested(usize::from(what) * 16 + 1),
            6 => Mistake::NoText,
            7 => match choose(what) {
                Some(from) => Mistake::Copy(from),
                None => return,
            },
            8 => {
                self.before = b"\xef\xbb\xbf";
                return;
            }
            9 => {
                self.after = b"\0\0";
                return;
            }
            _ => {
                self.after = b"}";
                self.is_json = false;
                return;
            }
        };
        self.json.make(mistake, at);
    }

    fn write(&self) -> Vec<u8> {
        [self.before, &self.json.write(), self.after].concat()
    }

    /// Whether both bodies have the same command. A command that is not a text does not count.
    fn names_the_command_of(&self, right: &Json) -> bool {
        ["callbackCommand", "CallbackCommand"].iter().all(|name| {
            let named = self.json.member(name);
            named == right.member(name)
                || !matches!(named, Some(Json::Leaf(leaf)) if leaf.starts_with(b"\""))
        })
    }
}

fn event(payload: &Payload, body: &[u8]) -> serde_json::Value {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (path, query) = match payload.server() {
        "openim" => (format!("/{}", payload.command), Vec::new()),
        _ => {
            let command = pair("CallbackCommand", &payload.command);
            ("/tencent".to_owned(), vec![pair("SdkAppid", APP), command])
        }
    };
    HttpRequest {
        method: "POST".to_owned(),
        path,
        route: CATCH_ALL.to_owned(),
        query,
        headers: vec![pair("content-type", "application/json")],
        body: body.to_owned(),
        base64: false,
    }
    .to_rest_api_event("JKJaXmPLvHcESHA=", 1_795_264_496_000)
}

thread_local! {
    static FUNCTION: (Runtime, Function) = {
        let function = Function::new(any_command::handlers(), |name| {
            let value = match name {
                "OPENIM_VERIFIER" | "TENCENT_VERIFIER" => "none",
                "TENCENT_SDK_APP_ID" => APP,
                "ON_FAILURE" => "refuse",
                "POLICIES_FILE" => concat!(env!("CARGO_MANIFEST_DIR"), "/policies.json"),
                _ => return None,
            };
            Some(value.to_owned())
        });
        (Builder::new_current_thread().enable_all().build().unwrap(), function)
    };
}
