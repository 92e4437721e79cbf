use std::{
    collections::BTreeMap,
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

/// The first byte chooses a [family](families), and the second one a body of it in `tests/payloads`. Then three bytes
/// describe each mistake: its kind, its place and its value. A byte that is too large starts again at the first choice.
///
/// Nothing panics, and the caller can read the answer. An after callback is accepted as long as it is JSON. A before
/// callback is refused as long as the policies refuse the person that it names, or as long as it names nobody where it
/// must. Tencent Chat gets `FAIL` only if it asks about several people and names none.
pub fn odd_body(input: &[u8]) {
    let [family, body, mistakes @ ..] = input else {
        return;
    };
    let family = &FAMILIES[usize::from(*family) % FAMILIES.len()];
    let (payload, right) = &family[usize::from(*body) % family.len()];
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
        let asks = protocol::asks(payload.source, &payload.command);
        if answer.to_tencent && asks {
            // Nobody decides about a body without its ids, so it may be refused. Only a list of people that names nobody
            // is a failure.
            let names_nobody = let_in(&payload.command).is_some_and(|list| {
                let ids = list.ids(&body.json);
                !ids.into_iter().any(|id| id.is_some_and(is_text))
            });
            let failed = response["statusCode"] != 200;
            assert!(!failed || names_nobody, "not decided: {}", details());
            return;
        }
        // Some commands cannot be allowed without fields of the body, and these may be odd.
        let may_be_refused = protocol::plain_allow_fails(&payload.command);
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
            let other = |id: &Option<&Json>| id.is_some_and(is_text) && !is_refused(id);
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

/// The commands whose answer says who is kept out.
const LET_IN: &[Asked] = &[
    each(
        "Group.CallbackBeforeInviteJoinGroup",
        "DestinationMembers",
        "Member_Account",
    ),
    each(
        "OfficialAccount.CallbackBeforeAddSubscriber",
        "SubscribeAccountList",
        "Subscriber_Account",
    ),
];

fn let_in(command: &str) -> Option<&'static Asked> {
    LET_IN.iter().find(|asked| asked.command == command)
}

/// Whether an id is a text that is not empty.
fn is_text(id: &Json) -> bool {
    matches!(id, Json::Leaf(leaf) if leaf.starts_with(b"\"") && leaf != b"\"\"")
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

/// The server and the name of each family of callbacks, in the order of [`odd_body`]'s first byte.
pub fn families() -> Vec<(&'static str, &'static str)> {
    let first = FAMILIES.iter().filter_map(|family| family.first());
    first.map(|(payload, _)| family(payload)).collect()
}

fn family(payload: &Payload) -> (&'static str, &'static str) {
    let command = protocol::command(payload.source, &payload.command);
    let command = command.expect("the catalogue has the commands of all bodies");
    (payload.server(), command.family.as_str())
}

/// Every body, by family. In a before callback, all ids are replaced by the refused one.
static FAMILIES: LazyLock<Vec<Vec<(Payload, Json)>>> = LazyLock::new(|| {
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
    let mut families: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (payload, body) in bodies {
        let family = families.entry(family(&payload)).or_default();
        family.push((payload, body));
    }
    // The second byte of an input can choose all.
    assert!(families.values().all(|bodies| bodies.len() <= 256));
    families.into_values().collect()
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
