//! Answers about groups.

use domain::{GroupId, Source, Timestamp};
use imhook_protocol::{
    Answer, Callback, Json, catalogue,
    openim::{
        AfterCreateGroup, AfterDismissGroup, AfterJoinGroup, AmendedGroupInfo, AmendedGroupInfoEx,
        AmendedJoiningMember, AmendedJoiningMembers, AmendedMember, AmendedNewGroup, Before,
        BeforeApplyJoinGroup, BeforeCreateGroup, BeforeInviteUserToGroup, BeforeMemberJoinGroup,
        BeforeSetGroupInfo, BeforeSetGroupInfoEx, BeforeSetGroupMemberInfo, Decision, GroupChanges,
        GroupName, JoinRule,
    },
    plain_allow_fails,
};
use models::{Outcome, openim_proceeds, openim_unasked, payloads};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{ALLOW, merged, unchanged, user};

const OLD: &str = "callbackBeforeSetGroupInfoCommand";
const EX: &str = "callbackBeforeSetGroupInfoExCommand";

/// The recorded bodies of a command.
fn bodies(command: &str) -> Vec<Value> {
    let bodies: Vec<Value> = payloads()
        .iter()
        .filter(|payload| payload.command == command)
        .map(|payload| serde_json::from_slice(&payload.body).unwrap())
        .collect();
    assert!(bodies.len() > 3, "{command}");
    bodies
}

/// What the server does with a body after a decision, and the fields that the answer has besides the five common ones.
fn decided<C: Before>(body: &Value, decision: &Decision<C::Amendment>) -> (Outcome, Value) {
    let answer = serde_json::to_string(decision).unwrap();
    let outcome = openim_proceeds(C::COMMAND.name, body, &answer);
    let mut fields: Map<String, Value> = serde_json::from_str(&answer).unwrap();
    let common: Map<String, Value> = serde_json::from_str(ALLOW).unwrap();
    for (key, value) in common {
        assert_eq!(fields.remove(&key), Some(value));
    }
    (outcome, fields.into())
}

/// The request as it was asked for, with these fields instead of its own.
fn changed(command: &str, body: &Value, fields: &Value) -> Outcome {
    let Outcome::Proceeds(mut request) = openim_unasked(command, body) else {
        panic!("{command} works");
    };
    for (key, value) in fields.as_object().unwrap() {
        request[key] = value.clone();
    }
    Outcome::Proceeds(request)
}

fn read<C: Callback>(body: &Value) -> C {
    serde_json::from_value(body.clone()).unwrap()
}

fn name(text: &str) -> GroupName {
    GroupName::new(text).unwrap()
}

#[test]
fn an_allow_changes_nothing_about_any_recorded_body() {
    fn check<C>()
    where
        C: Before + Callback<Answer = Decision<<C as Before>::Amendment>>,
    {
        let command = C::COMMAND.name;
        for body in bodies(command) {
            let (outcome, _) = decided::<C>(&body, &unchanged(&read::<C>(&body)));
            assert_eq!(outcome, openim_unasked(command, &body), "{command}: {body}");
        }
    }
    check::<BeforeApplyJoinGroup>();
    check::<BeforeCreateGroup>();
    check::<BeforeInviteUserToGroup>();
    check::<BeforeMemberJoinGroup>();
    check::<BeforeSetGroupInfo>();
    check::<BeforeSetGroupInfoEx>();
    check::<BeforeSetGroupMemberInfo>();
}

/// Deviation: a change of a group needs its fields back.
#[test]
fn a_change_of_a_group_needs_its_fields_back() {
    for command in [OLD, EX] {
        assert!(plain_allow_fails(command));
        let (mut dropped, mut written) = (0, 0);
        for body in bodies(command) {
            let unasked = openim_unasked(command, &body);
            assert_eq!(openim_proceeds(command, &body, ALLOW), Outcome::Fails);

            let group = json!({"groupID": body["groupID"]}).to_string();
            dropped += u32::from(openim_proceeds(command, &body, &group) != unasked);
            written += u32::from(openim_proceeds(command, &body, &body.to_string()) != unasked);
        }
        assert!(dropped > 0, "the group alone drops changes");
        // The old route shows what does not change as empty or 0.
        assert_eq!(written > 0, command == OLD, "the whole body changes more");
    }
    let others = catalogue().filter(|it| plain_allow_fails(it.name));
    assert_eq!(others.count(), 2);
}

#[test]
fn the_safe_answer_has_exactly_the_fields_that_the_server_takes_back() {
    for body in bodies(OLD) {
        let as_asked = unchanged(&read::<BeforeSetGroupInfo>(&body));
        let (_, fields) = decided::<BeforeSetGroupInfo>(&body, &as_asked);
        let four = ["groupID", "groupName", "introduction", "faceURL"];
        let expected: Map<String, Value> = four
            .map(|key| (key.to_owned(), body[key].clone()))
            .into_iter()
            .collect();
        assert_eq!(fields, Value::from(expected));
    }
    for body in bodies(EX) {
        let as_asked = unchanged(&read::<BeforeSetGroupInfoEx>(&body));
        let (_, fields) = decided::<BeforeSetGroupInfoEx>(&body, &as_asked);
        let mut expected = body.clone();
        for key in ["callbackCommand", "operationID", "notification"] {
            expected.as_object_mut().unwrap().remove(key);
        }
        assert_eq!(expected.as_object().unwrap().len(), 8);
        assert_eq!(fields, expected);
    }
}

#[test]
fn an_answer_never_has_a_value_that_the_server_cannot_read() {
    let odd = json!({
        "groupID": "g", "groupName": 7, "notification": [], "introduction": {"value": "x"}, "faceURL": true,
        "ex": 1.5, "needVerification": 2_147_483_648_i64, "lookMemberInfo": "many", "applyMemberFriend": {},
    });
    let as_asked = unchanged(&read::<BeforeSetGroupInfo>(&odd));
    let (_, fields) = decided::<BeforeSetGroupInfo>(&json!({}), &as_asked);
    assert_eq!(
        fields,
        json!({"groupID": "g", "groupName": "", "introduction": "", "faceURL": ""})
    );
    let as_asked = unchanged(&read::<BeforeSetGroupInfoEx>(&odd));
    let (_, fields) = decided::<BeforeSetGroupInfoEx>(&json!({}), &as_asked);
    assert_eq!(
        fields,
        json!({
            "groupID": "g", "groupName": null, "introduction": null, "faceURL": null, "ex": null,
            "needVerification": null, "lookMemberInfo": null, "applyMemberFriend": null,
        })
    );
    // An integer as text is an integer.
    let text = json!({"groupID": "g", "needVerification": "2", "lookMemberInfo": 1.0});
    let (_, fields) = decided::<BeforeSetGroupInfoEx>(
        &json!({}),
        &unchanged(&read::<BeforeSetGroupInfoEx>(&text)),
    );
    assert_eq!(
        (&fields["needVerification"], &fields["lookMemberInfo"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn an_empty_name_on_the_current_route_drops_the_change_with_and_without_an_answer() {
    let body =
        json!({"groupID": "g", "groupName": " ", "introduction": "new", "notification": "n"});
    let asked: BeforeSetGroupInfoEx = read(&body);
    let (outcome, _) = decided::<BeforeSetGroupInfoEx>(&body, &unchanged(&asked));
    assert_eq!(outcome, openim_unasked(EX, &body));
    let Outcome::Proceeds(request) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (&request["introduction"], &request["notification"]),
        (&Value::Null, &Value::Null)
    );
    for blank in ["", " ", "\t\u{3000}\n"] {
        assert_eq!(GroupName::new(blank), None);
    }
    // With another name, the change happens.
    let renamed = AmendedGroupInfoEx::of(&asked, GroupChanges::new().name(name("Hike")));
    let (outcome, _) = decided::<BeforeSetGroupInfoEx>(&body, &Decision::Amend(renamed));
    let Outcome::Proceeds(request) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (&request["groupName"], &request["introduction"]),
        (&json!("Hike"), &json!("new"))
    );
}

/// Every single change of a group's data, with the fields that it sets.
fn group_changes() -> Vec<(GroupChanges, Value)> {
    let new = GroupChanges::new;
    vec![
        (new(), json!({})),
        (
            new().name(name("用户é😀 \"<b>\"")),
            json!({"groupName": "用户é😀 \"<b>\""}),
        ),
        (new().introduction("all"), json!({"introduction": "all"})),
        (new().introduction(""), json!({"introduction": ""})),
        (
            new().face_url("https://x.example/g.png"),
            json!({"faceURL": "https://x.example/g.png"}),
        ),
        (new().face_url(""), json!({"faceURL": ""})),
        (new().ex("{\"k\":2}"), json!({"ex": "{\"k\":2}"})),
        (new().ex(""), json!({"ex": ""})),
        (
            new().join_rule(JoinRule::Requests),
            json!({"needVerification": 0}),
        ),
        (
            new().join_rule(JoinRule::Everybody),
            json!({"needVerification": 1}),
        ),
        (
            new().join_rule(JoinRule::Nobody),
            json!({"needVerification": 2}),
        ),
        (new().members_visible(true), json!({"lookMemberInfo": 0})),
        (new().members_visible(false), json!({"lookMemberInfo": 1})),
        (
            new().members_may_befriend(true),
            json!({"applyMemberFriend": 0}),
        ),
        (
            new().members_may_befriend(false),
            json!({"applyMemberFriend": 1}),
        ),
        (
            new()
                .name(name("Hike"))
                .ex("e")
                .join_rule(JoinRule::Nobody)
                .introduction("i")
                .face_url("f")
                .members_visible(false)
                .members_may_befriend(false),
            json!({
                "groupName": "Hike", "introduction": "i", "faceURL": "f", "ex": "e", "needVerification": 2,
                "lookMemberInfo": 1, "applyMemberFriend": 1,
            }),
        ),
    ]
}

#[test]
fn an_amended_change_of_a_group_is_what_is_stored_and_the_rest_is_as_asked() {
    for (changes, fields) in group_changes() {
        for body in bodies(OLD) {
            let amended = AmendedGroupInfo::of(&read(&body), changes.clone());
            let (outcome, _) = decided::<BeforeSetGroupInfo>(&body, &Decision::Amend(amended));
            assert_eq!(outcome, changed(OLD, &body, &fields), "{fields} {body}");
        }
        for body in bodies(EX) {
            let amended = AmendedGroupInfoEx::of(&read(&body), changes.clone());
            let (outcome, _) = decided::<BeforeSetGroupInfoEx>(&body, &Decision::Amend(amended));
            assert_eq!(outcome, changed(EX, &body, &fields), "{fields} {body}");
        }
    }
}

#[test]
fn an_amended_new_group_is_what_is_created() {
    let command = BeforeCreateGroup::COMMAND.name;
    let new = AmendedNewGroup::new;
    let group = GroupId::new("chosen").unwrap();
    for (amended, fields) in [
        (new(), json!({})),
        (new().group_id(group.clone()), json!({"groupID": "chosen"})),
        (new().name(name("Hike")), json!({"groupName": "Hike"})),
        (new().notice("be nice"), json!({"notification": "be nice"})),
        (new().notice(""), json!({"notification": ""})),
        (new().introduction("i"), json!({"introduction": "i"})),
        (new().face_url("f"), json!({"faceURL": "f"})),
        (new().ex("e"), json!({"ex": "e"})),
        (
            new().join_rule(JoinRule::Nobody),
            json!({"needVerification": 2}),
        ),
        (new().members_visible(false), json!({"lookMemberInfo": 1})),
        (
            new().group_id(group).ex("").members_visible(true),
            json!({"groupID": "chosen", "ex": "", "lookMemberInfo": 0}),
        ),
    ] {
        for body in bodies(command) {
            let decision = Decision::Amend(amended.clone());
            let (outcome, answered) = decided::<BeforeCreateGroup>(&body, &decision);
            assert_eq!(answered, fields);
            assert_eq!(outcome, changed(command, &body, &fields), "{body}");
        }
    }
}

#[test]
fn an_amended_member_is_what_is_stored() {
    let command = BeforeSetGroupMemberInfo::COMMAND.name;
    let new = AmendedMember::new;
    for (amended, fields) in [
        (new(), json!({})),
        (new().nickname("Lenny"), json!({"nickName": "Lenny"})),
        (new().nickname(""), json!({"nickName": ""})),
        (
            new().face_url("f").ex(""),
            json!({"faceURL": "f", "ex": ""}),
        ),
    ] {
        for body in bodies(command) {
            let decision = Decision::Amend(amended.clone());
            let (outcome, answered) = decided::<BeforeSetGroupMemberInfo>(&body, &decision);
            assert_eq!(answered, fields);
            assert_eq!(outcome, changed(command, &body, &fields), "{body}");
        }
    }
}

#[test]
fn amended_joining_members_are_what_joins_and_nothing_crashes_the_server() {
    let command = BeforeMemberJoinGroup::COMMAND.name;
    let time = |millis| Timestamp::from_unix_millis(millis).unwrap();
    for body in bodies(command) {
        let asked: BeforeMemberJoinGroup = read(&body);
        assert_eq!(AmendedJoiningMembers::of(&asked, |member| member), None);

        let amended = AmendedJoiningMembers::of(&asked, |member| {
            member
                .nickname("N")
                .face_url("")
                .muted_until(time(1_795_000_000_123))
                .ex("e")
        });
        let (outcome, _) =
            decided::<BeforeMemberJoinGroup>(&body, &Decision::Amend(amended.unwrap()));
        let mut request = body.clone();
        for member in request["memberList"].as_array_mut().unwrap() {
            let user = &member["userID"];
            *member = json!({
                "userID": user, "nickname": "N", "faceURL": "", "muteEndTime": 1_795_000_000_123_i64, "ex": "e",
            });
        }
        assert_eq!(outcome, Outcome::Proceeds(request));

        // A change of one member names that member only, whatever the function returns for the others.
        let last = asked.members.last().unwrap().user_id.clone();
        let mut first: Option<AmendedJoiningMember> = None;
        let amended = AmendedJoiningMembers::of(&asked, |member| {
            let mine = first.get_or_insert_with(|| member.clone()).clone();
            if *member.user_id() == last {
                mine.muted_until(time(0))
            } else {
                member
            }
        });
        let (outcome, fields) =
            decided::<BeforeMemberJoinGroup>(&body, &Decision::Amend(amended.unwrap()));
        assert_eq!(
            fields,
            json!({"memberCallbackList": [{"userID": last, "muteEndTime": 0}]})
        );
        assert!(matches!(outcome, Outcome::Proceeds(_)), "{outcome:?}");
    }
    assert!(
        Timestamp::from_unix_millis(i64::MAX).is_err(),
        "times have a range"
    );
}

#[test]
fn the_later_of_two_changes_to_a_group_counts_and_other_fields_are_kept() {
    let changes = GroupChanges::new;
    let body = &bodies(EX)[3];
    let asked: BeforeSetGroupInfoEx = read(body);
    let of = |changes| AmendedGroupInfoEx::of(&asked, changes);
    let both = merged::<BeforeSetGroupInfoEx>(
        of(changes().name(name("b"))),
        of(changes().name(name("a")).ex("e")),
    );
    assert_eq!(
        (&both["groupName"], &both["ex"]),
        (&json!("b"), &json!("e"))
    );
    assert_eq!(both["groupID"], body["groupID"]);

    let asked: BeforeSetGroupInfo = read(&bodies(OLD)[0]);
    let of = |changes| AmendedGroupInfo::of(&asked, changes);
    let both = merged::<BeforeSetGroupInfo>(
        of(changes()),
        of(changes().face_url("f").members_may_befriend(false)),
    );
    assert_eq!(both["applyMemberFriend"], 1);
    assert_eq!(
        (&both["faceURL"], &both["groupName"]),
        (&json!("f"), &json!("Name1"))
    );
    assert_eq!(both.get("ex"), None);

    let new = AmendedNewGroup::new;
    assert_eq!(
        merged::<BeforeCreateGroup>(new().name(name("b")), new().name(name("a")).notice("n")),
        json!({"groupName": "b", "notification": "n"})
    );
    let member = AmendedMember::new;
    assert_eq!(
        merged::<BeforeSetGroupMemberInfo>(member().nickname("b"), member().nickname("a").ex("e")),
        json!({"nickName": "b", "ex": "e"})
    );
    let asked: BeforeMemberJoinGroup = read(&bodies(BeforeMemberJoinGroup::COMMAND.name)[3]);
    let first = user(asked.members[0].user_id.as_str());
    let of_first = |change: fn(AmendedJoiningMember) -> AmendedJoiningMember| {
        let amended =
            AmendedJoiningMembers::of(&asked, |member| match *member.user_id() == first {
                true => change(member),
                false => member,
            });
        amended.unwrap()
    };
    let of_all = AmendedJoiningMembers::of(&asked, |it| it.nickname("a").ex("e")).unwrap();
    assert_eq!(
        merged::<BeforeMemberJoinGroup>(of_first(|it| it.nickname("b")), of_all),
        json!({"memberCallbackList": [
            {"userID": first, "nickname": "b", "ex": "e"},
            {"userID": asked.members[1].user_id, "nickname": "a", "ex": "e"},
        ]})
    );
}

/// The answer that allows a body which was not read: one that is too large, for example.
fn unread<C: Callback>(body: &str) -> Option<Value>
where
    C::Answer: Serialize,
{
    let answer = C::Answer::unread(Json::new(body).unwrap_or(Json::NOTHING))?;
    Some(serde_json::to_value(answer).unwrap())
}

#[test]
fn a_body_that_was_not_read_is_allowed_by_its_fields_or_not_at_all() {
    for body in bodies(OLD) {
        let as_asked = unchanged(&read::<BeforeSetGroupInfo>(&body));
        let expected = serde_json::to_value(as_asked).unwrap();
        assert_eq!(
            unread::<BeforeSetGroupInfo>(&body.to_string()),
            Some(expected)
        );
    }
    for body in bodies(EX) {
        let as_asked = unchanged(&read::<BeforeSetGroupInfoEx>(&body));
        let expected = serde_json::to_value(as_asked).unwrap();
        assert_eq!(
            unread::<BeforeSetGroupInfoEx>(&body.to_string()),
            Some(expected)
        );
    }
    let plain: Value = serde_json::from_str(ALLOW).unwrap();
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"groupID":""}"#,
        r#"{"groupID":7,"groupName":"x"}"#,
    ] {
        assert_eq!(unread::<BeforeSetGroupInfo>(body), None, "{body}");
        assert_eq!(unread::<BeforeSetGroupInfoEx>(body), None, "{body}");
        assert_eq!(
            unread::<BeforeCreateGroup>(body),
            Some(plain.clone()),
            "{body}"
        );
    }
}

/// Deviation: an invitation is refused as a whole.
#[test]
fn an_invitation_is_refused_as_a_whole() {
    let command = BeforeInviteUserToGroup::COMMAND.name;
    for body in bodies(command) {
        let answer = json!({"refusedMembersAccount": body["invitedUserIDs"]}).to_string();
        assert_eq!(
            openim_proceeds(command, &body, &answer),
            openim_unasked(command, &body)
        );
    }
}

/// Deviation: who joins is called `inviterUserID`.
#[test]
fn who_joins_is_called_inviteruserid() {
    let server =
        json!({"groupID": "g", "reqMessage": "hi", "joinSource": 3, "inviterUserID": "leo"});
    assert_eq!(read::<AfterJoinGroup>(&server).user_id, user("leo"));
    let older_document = json!({"groupID": "g", "userID": "leo", "ex": "", "groupEx": ""});
    assert!(serde_json::from_value::<AfterJoinGroup>(older_document).is_err());
}

/// Deviation: only a free join is reported. The question before every way of joining is the only other source.
#[test]
fn only_a_free_join_is_reported() {
    let names = catalogue().filter(|it| it.source == Source::OpenIm);
    let names = names.map(|it| it.name);
    let joining: Vec<&str> = names.filter(|it| it.contains("JoinGroup")).collect();
    assert_eq!(
        joining,
        [
            AfterJoinGroup::COMMAND.name,
            BeforeApplyJoinGroup::COMMAND.name,
            BeforeInviteUserToGroup::COMMAND.name,
            BeforeMemberJoinGroup::COMMAND.name,
        ]
    );
}

/// Deviation: the list of first members repeats people.
#[test]
fn the_list_of_first_members_repeats_people() {
    let first = |user: &str, level: i32| json!({"userID": user, "roleLevel": level});
    let members = |listed: Value| {
        let body = json!({"groupID": "g", "initMemberList": listed});
        let members = read::<AfterCreateGroup>(&body).members();
        serde_json::to_value(members).unwrap()
    };
    let is = |user: &str, role: &str| json!({"user": user, "role": role});
    for (listed, expected) in [
        // The administrator of the app who created it is no member.
        (
            json!([
                first("ana", 100),
                first("leo", 60),
                first("eva", 20),
                first("leo", 20),
                first("ana", 20),
                first("imAdmin", 20),
            ]),
            json!([is("ana", "owner"), is("leo", "admin"), is("eva", "member")]),
        ),
        // The administrator is a member.
        (
            json!([first("ana", 100), first("imAdmin", 20), first("ana", 20)]),
            json!([is("ana", "owner"), is("imAdmin", "member")]),
        ),
        // Without the owner's second place, nobody is left out.
        (
            json!([first("ana", 100), first("leo", 20), first("eva", 20)]),
            json!([is("ana", "owner"), is("leo", "member"), is("eva", "member")]),
        ),
        (
            json!([first("leo", 60), first("leo", 20), first("ana", 7)]),
            json!([is("leo", "admin"), {"user": "ana", "role": 7}]),
        ),
        (json!([{"userID": "ana"}]), json!([{"user": "ana"}])),
        (json!([]), json!([])),
        (Value::Null, json!([])),
    ] {
        assert_eq!(members(listed), expected);
    }
}

/// Deviation: the kind of a group is a control character.
#[test]
fn the_kind_of_a_group_is_a_control_character() {
    for (text, number) in [
        (json!("\u{2}"), Some(2)),
        (json!(""), None),
        (json!("22"), None),
        (json!(2), None),
        (Value::Null, None),
    ] {
        let body = json!({"groupID": "g", "groupType": text, "applyID": "leo", "membersID": []});
        assert_eq!(
            read::<BeforeApplyJoinGroup>(&body).group_type.number(),
            number
        );
        assert_eq!(read::<AfterDismissGroup>(&body).group_type.number(), number);
    }
}

/// Deviation: a dissolution comes twice. Only the first body names the members.
#[test]
fn a_dissolution_comes_twice() {
    let dissolved = |case| {
        let body = super::body("openim", AfterDismissGroup::COMMAND.name, case);
        let body: AfterDismissGroup = serde_json::from_str(&body).unwrap();
        let owner = body.owner_user_id.user_id().unwrap();
        (owner, body.member_user_ids.len())
    };
    assert_eq!(dissolved("server"), (user("erin"), 4));
    assert_eq!(dissolved("server-2"), (user("erin"), 0));
}

/// Deviation: values of the current route are plain.
#[test]
fn values_of_the_current_route_are_plain() {
    let documented = json!({
        "groupID": "g", "groupName": {"value": "Hike"}, "needVerification": {"value": 1},
    });
    let (outcome, fields) = decided::<BeforeSetGroupInfoEx>(
        &documented,
        &unchanged(&read::<BeforeSetGroupInfoEx>(&documented)),
    );
    assert_eq!(
        (&fields["groupName"], &fields["needVerification"]),
        (&Value::Null, &Value::Null)
    );
    assert!(matches!(outcome, Outcome::Proceeds(_)));
    let answer = r#"{"groupID":"g","groupName":{"value":"Hike"}}"#;
    assert_eq!(openim_proceeds(EX, &documented, answer), Outcome::Fails);
}

/// Deviation: a role in an answer is not checked. So no answer here has a role, or another group or state.
#[test]
fn a_role_in_an_answer_is_not_checked() {
    let command = BeforeMemberJoinGroup::COMMAND.name;
    let body = &bodies(command)[1];
    let user = &body["memberList"][0]["userID"];
    let answer = json!({"memberCallbackList": [{"userID": user, "roleLevel": 100}]}).to_string();
    assert_ne!(
        openim_proceeds(command, body, &answer),
        openim_unasked(command, body),
        "a second owner"
    );
    let everything = |amended: Value| amended.to_string();
    let of_member = AmendedMember::new().nickname("n").face_url("f").ex("e");
    let of_group = AmendedNewGroup::new()
        .group_id(GroupId::new("g").unwrap())
        .name(name("n"))
        .notice("n")
        .introduction("i")
        .face_url("f")
        .ex("e")
        .join_rule(JoinRule::Nobody)
        .members_visible(true);
    let of_joining = AmendedJoiningMembers::of(&read(body), |it| {
        let time = Timestamp::from_unix_millis(1).unwrap();
        it.nickname("n").face_url("f").ex("e").muted_until(time)
    });
    for answer in [
        everything(json!(of_member)),
        everything(json!(of_group)),
        everything(json!(of_joining.unwrap())),
    ] {
        for unchecked in [
            "roleLevel",
            "status",
            "groupType",
            "creatorUserID",
            "ownerUserID",
        ] {
            assert!(!answer.contains(unchecked), "{answer}");
        }
    }
}
