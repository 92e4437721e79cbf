//! The Lambda function of `callbackAfterAddFriendCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim(after_add_friend::handle)])
}
