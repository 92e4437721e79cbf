//! The Lambda function of `callbackAfterAddFriendAgreeCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim(after_add_friend_agree::handle)])
}
