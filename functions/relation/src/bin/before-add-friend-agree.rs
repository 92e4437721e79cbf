//! The Lambda function of `callbackBeforeAddFriendAgreeCommand`. Written by `make generate`.

use relation::before_add_friend_agree::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
