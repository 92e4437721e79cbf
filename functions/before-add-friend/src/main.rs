//! The Lambda function of `callbackBeforeAddFriendCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim_before(before_add_friend::handle)])
}
