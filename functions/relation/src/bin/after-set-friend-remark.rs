//! The Lambda function of `callbackAfterSetFriendRemarkCommand`. Written by `make generate`.

use relation::after_set_friend_remark::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
