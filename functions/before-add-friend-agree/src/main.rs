//! The Lambda function of `callbackBeforeAddFriendAgreeCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim_before(before_add_friend_agree::handle)])
}
