//! The Lambda function of `callbackAfterAddFriendAgreeCommand`. Written by `make generate`.

use relation::after_add_friend_agree::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
