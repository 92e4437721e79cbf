//! The Lambda function of `callbackAfterDeleteFriendCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim(after_delete_friend::handle)])
}
