//! For tests: a function whose handlers decide by the name of the user who acts. The project's own handlers allow
//! everything.

use domain::{UserId, relation::Event};
use protocol::{
    openim::{
        AmendedFriends, AmendedProfile, AmendedProfileEx, AmendedRemark, AmendedUsers,
        BeforeAddBlack, BeforeAddFriend, BeforeAddFriendAgree, BeforeImportFriends,
        BeforeSetFriendRemark, BeforeUpdateUserInfo, BeforeUpdateUserInfoEx, BeforeUserRegister,
        Decision, NoAmendment, Refusal, RefusalCode,
    },
    tencent::{self, Before as _, Decisions, PrevFriendAdd, PrevFriendResponse, ResultCode},
};
use receiver::{Context, handler};

fn decide<A>(actor: &UserId, amendment: impl FnOnce() -> Option<A>) -> Decision<A> {
    match actor.as_str() {
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
        handler(friend_add),
        handler(friend_response),
    ])
}
