//! For tests: a function whose handlers decide by the name of the user who acts, or of the group. The project's own handlers allow
//! everything.

use domain::{Timestamp, UserId, group, relation::Event};
use protocol::{
    Lenient,
    openim::{
        AmendedFriends, AmendedGroupInfo, AmendedGroupInfoEx, AmendedJoiningMembers, AmendedMember,
        AmendedMessage, AmendedNewGroup, AmendedProfile, AmendedProfileEx, AmendedPush,
        AmendedRecipients, AmendedRecord, AmendedRemark, AmendedUsers, BeforeAddBlack,
        BeforeAddFriend, BeforeAddFriendAgree, BeforeApplyJoinGroup, BeforeCreateGroup,
        BeforeCreateGroupChatConversations, BeforeCreateSingleChatConversations,
        BeforeGroupOnlinePush, BeforeImportFriends, BeforeInviteUserToGroup, BeforeMemberJoinGroup,
        BeforeMsgModify, BeforeOfflinePush, BeforeOnlinePush, BeforeSendGroupMsg,
        BeforeSendSingleMsg, BeforeSetFriendRemark, BeforeSetGroupInfo, BeforeSetGroupInfoEx,
        BeforeSetGroupMemberInfo, BeforeUpdateUserInfo, BeforeUpdateUserInfoEx, BeforeUserRegister,
        Decision, GroupChanges, GroupName, NoAmendment, NoRefusal, Refusal, RefusalCode,
    },
    tencent::{self, Before as _, Decisions, PrevFriendAdd, PrevFriendResponse, ResultCode},
};
use receiver::{Context, handler};

fn decide<A>(actor: &UserId, amendment: impl FnOnce() -> Option<A>) -> Decision<A> {
    decide_by(actor.as_str(), amendment)
}

fn decide_by<A>(name: &str, amendment: impl FnOnce() -> Option<A>) -> Decision<A> {
    match name {
        "refused" => Decision::Refuse(Refusal {
            code: RefusalCode::new(20001).unwrap(),
            message: "not allowed".to_owned(),
            detail: "because \"so\"".to_owned(),
        }),
        "refused-shortly" => Decision::Refuse(Refusal::new(RefusalCode::new(29999).unwrap(), "no")),
        "amended" => amendment().map_or(Decision::Allow, Decision::Amend),
        "panics" => panic!("a bug"),
        _ => Decision::Allow,
    }
}

fn add_friend(callback: BeforeAddFriend) -> Decision<NoAmendment> {
    decide(&callback.from_user_id, || None)
}

fn add_friend_agree(callback: BeforeAddFriendAgree) -> Decision<NoAmendment> {
    decide(&callback.to_user_id, || None)
}

fn import_friends(callback: BeforeImportFriends) -> Decision<AmendedFriends> {
    let last = callback.friend_user_ids.last().cloned();
    decide(&callback.owner_user_id, || AmendedFriends::new(last))
}

fn set_friend_remark(callback: BeforeSetFriendRemark) -> Decision<AmendedRemark> {
    let upper = callback.remark.to_uppercase();
    decide(&callback.owner_user_id, || AmendedRemark::new(upper))
}

fn add_black(callback: BeforeAddBlack) -> (Decision<NoAmendment>, Vec<Event>) {
    let decision = decide(&callback.owner_user_id, || None);
    let intended = Event::BlockIntended {
        owner: callback.owner_user_id,
        blocked: callback.black_user_id,
    };
    (decision, vec![intended])
}

async fn user_register(callback: BeforeUserRegister) -> Decision<AmendedUsers> {
    decide(&callback.users[0].user_id, || {
        AmendedUsers::of(&callback, |user| {
            user.nickname = user.nickname.to_uppercase().into();
            true
        })
    })
}

fn update_user_info(callback: BeforeUpdateUserInfo) -> Decision<AmendedProfile> {
    let upper = callback.nickname.unwrap_or_default().to_uppercase();
    decide(&callback.user_id, || {
        Some(AmendedProfile::new().nickname(upper))
    })
}

async fn update_user_info_ex(
    callback: BeforeUpdateUserInfoEx,
    _: Context,
) -> Decision<AmendedProfileEx> {
    decide(&callback.user_id, || {
        AmendedProfileEx::of(&callback, str::to_uppercase, str::to_owned)
    })
}

fn send_single_msg(callback: BeforeSendSingleMsg) -> Decision<NoAmendment> {
    decide(&callback.send_id, || None)
}

fn send_group_msg(callback: BeforeSendGroupMsg) -> Decision<NoAmendment> {
    decide(&callback.send_id, || None)
}

fn msg_modify(callback: BeforeMsgModify) -> Decision<AmendedMessage> {
    decide(&callback.send_id, || {
        Some(AmendedMessage::new().ex("checked"))
    })
}

fn sender(of: &Lenient<UserId>) -> UserId {
    of.get().cloned().expect("the sender is known")
}

fn offline_push(callback: BeforeOfflinePush) -> Decision<AmendedPush> {
    decide(&sender(&callback.send_id), || {
        AmendedPush::saying(&callback, |info| {
            info.title = info.title.to_uppercase().into()
        })
    })
}

fn online_push(callback: BeforeOnlinePush) -> Decision<NoAmendment> {
    decide(&sender(&callback.send_id), || None)
}

fn group_online_push(callback: BeforeGroupOnlinePush) -> Decision<AmendedRecipients> {
    let sender = sender(&callback.send_id);
    decide(&sender, || {
        AmendedRecipients::of(&callback, [sender.clone()])
    })
}

async fn decide_about_records(subject: Option<String>) -> Decision<AmendedRecord, NoRefusal> {
    match subject.as_deref() {
        Some("amended") => Decision::Amend(AmendedRecord::new().pinned(true).ex("app")),
        Some("panics") => panic!("a bug"),
        Some("hangs") => std::future::pending().await,
        _ => Decision::Allow,
    }
}

async fn create_single_chat(
    callback: BeforeCreateSingleChatConversations,
) -> Decision<AmendedRecord, NoRefusal> {
    decide_about_records(callback.owner_user_id.get().map(ToString::to_string)).await
}

async fn create_group_chat(
    callback: BeforeCreateGroupChatConversations,
) -> Decision<AmendedRecord, NoRefusal> {
    decide_about_records(callback.group_id.get().map(ToString::to_string)).await
}

fn upper(name: Option<&str>) -> Option<GroupName> {
    GroupName::new(name?.to_uppercase())
}

fn create_group(callback: BeforeCreateGroup) -> Decision<AmendedNewGroup> {
    let group = callback.group;
    decide_by(&group.group_id.unwrap_or_default(), || {
        upper(Some(&group.name)).map(|name| AmendedNewGroup::new().name(name))
    })
}

fn set_group_info(callback: BeforeSetGroupInfo) -> Decision<AmendedGroupInfo> {
    decide_by(callback.info.group_id.as_str(), || {
        let name = upper(callback.info.name.as_deref())?;
        Some(AmendedGroupInfo::of(
            &callback,
            GroupChanges::new().name(name),
        ))
    })
}

async fn set_group_info_ex(callback: BeforeSetGroupInfoEx) -> Decision<AmendedGroupInfoEx> {
    decide_by(callback.info.group_id.as_str(), || {
        let name = upper(callback.info.name.as_deref())?;
        Some(AmendedGroupInfoEx::of(
            &callback,
            GroupChanges::new().name(name),
        ))
    })
}

fn set_group_member_info(callback: BeforeSetGroupMemberInfo) -> Decision<AmendedMember> {
    decide_by(callback.group_id.as_str(), || {
        let nickname = callback.nickname.as_deref()?.to_uppercase();
        Some(AmendedMember::new().nickname(nickname))
    })
}

fn invite_user_to_group(callback: BeforeInviteUserToGroup) -> Decision<NoAmendment> {
    decide_by(callback.group_id.as_str(), || None)
}

fn apply_join_group(callback: BeforeApplyJoinGroup) -> (Decision<NoAmendment>, Vec<group::Event>) {
    let decision = decide_by(callback.group_id.as_str(), || None);
    let intended = group::Event::JoinIntended {
        group: callback.group_id,
        user: callback.user_id,
        message: callback.req_message.into(),
    };
    (decision, vec![intended])
}

fn member_join_group(
    callback: BeforeMemberJoinGroup,
) -> (Decision<AmendedJoiningMembers>, Vec<group::Event>) {
    let decision = decide_by(callback.group_id.as_str(), || {
        AmendedJoiningMembers::of(&callback, |member| {
            let user = member.user_id().to_string();
            let time = Timestamp::from_unix_millis(1_795_000_000_000).unwrap();
            member.nickname(user).muted_until(time)
        })
    });
    let members = callback.members.into_iter().map(|member| member.user_id);
    let intended = group::Event::MembersJoinIntended {
        group: callback.group_id,
        members: members.collect(),
    };
    (decision, vec![intended])
}

fn decide_about(person: &UserId) -> tencent::Decision {
    match person.as_str() {
        "refused" => tencent::Decision::Refuse(tencent::Refusal::new(
            ResultCode::new(38001).unwrap(),
            "not \"you\"",
        )),
        "panics" => panic!("a bug"),
        _ => tencent::Decision::Allow,
    }
}

fn friend_add(callback: PrevFriendAdd) -> Decisions {
    callback.decide(|asked| decide_about(&asked.to))
}

fn friend_response(callback: PrevFriendResponse) -> Decisions {
    callback.decide(|response| decide_about(&response.to))
}

fn main() -> Result<(), receiver::Error> {
    receiver::serve([
        handler(add_friend),
        handler(add_friend_agree),
        handler(import_friends),
        handler(set_friend_remark),
        handler(add_black),
        handler(user_register),
        handler(update_user_info),
        handler(update_user_info_ex),
        handler(send_single_msg),
        handler(send_group_msg),
        handler(msg_modify),
        handler(offline_push),
        handler(online_push),
        handler(group_online_push),
        handler(create_single_chat),
        handler(create_group_chat),
        handler(create_group),
        handler(set_group_info),
        handler(set_group_info_ex),
        handler(set_group_member_info),
        handler(invite_user_to_group),
        handler(apply_join_group),
        handler(member_join_group),
        handler(friend_add),
        handler(friend_response),
    ])
}
