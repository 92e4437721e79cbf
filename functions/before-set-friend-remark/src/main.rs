//! The Lambda function of `callbackBeforeSetFriendRemarkCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim_before(before_set_friend_remark::handle)])
}
