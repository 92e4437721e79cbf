//! A function whose handlers decide by the name of whoever acts, for tests: what the project's own handlers answer
//! is "allow".

use domain::{Event, UserId};
use protocol::{
    openim::{
        AmendedFriends, AmendedRemark, BeforeAddBlack, BeforeAddFriend, BeforeAddFriendAgree,
        BeforeImportFriends, BeforeSetFriendRemark, Decision, Refusal, RefusalCode,
    },
    tencent::{self, Before as _, Decisions, PrevFriendAdd, PrevFriendResponse, ResultCode},
};

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

fn add_friend(callback: &BeforeAddFriend) -> Decision<protocol::openim::NoAmendment> {
    decide(&callback.from_user_id, || None)
}

fn add_friend_agree(callback: &BeforeAddFriendAgree) -> Decision<protocol::openim::NoAmendment> {
    decide(&callback.to_user_id, || None)
}

fn import_friends(callback: &BeforeImportFriends) -> Decision<AmendedFriends> {
    let last = callback.friend_user_ids.last().cloned();
    decide(&callback.owner_user_id, || AmendedFriends::new(last))
}

fn set_friend_remark(callback: &BeforeSetFriendRemark) -> Decision<AmendedRemark> {
    let upper = callback.remark.to_uppercase();
    decide(&callback.owner_user_id, || AmendedRemark::new(upper))
}

fn add_black(callback: &BeforeAddBlack) -> Decision<protocol::openim::NoAmendment> {
    decide(&callback.owner_user_id, || None)
}

fn intended(callback: BeforeAddBlack) -> Vec<Event> {
    vec![Event::BlockIntended {
        owner: callback.owner_user_id,
        blocked: callback.black_user_id,
    }]
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

fn friend_add(callback: &PrevFriendAdd) -> Decisions {
    callback.decide(|asked| decide_about(&asked.to))
}

fn friend_response(callback: &PrevFriendResponse) -> Decisions {
    callback.decide(|response| decide_about(&response.to))
}

fn main() -> Result<(), receiver::Error> {
    receiver::serve([
        receiver::openim_before(add_friend),
        receiver::openim_before(add_friend_agree),
        receiver::openim_before(import_friends),
        receiver::openim_before(set_friend_remark),
        receiver::openim_before_recording(add_black, intended),
        receiver::tencent_before(friend_add),
        receiver::tencent_before(friend_response),
    ])
}
