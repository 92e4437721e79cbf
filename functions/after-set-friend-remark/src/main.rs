//! The Lambda function of `callbackAfterSetFriendRemarkCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim(after_set_friend_remark::handle)])
}
