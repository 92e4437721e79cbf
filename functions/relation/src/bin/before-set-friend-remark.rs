//! The Lambda function of `callbackBeforeSetFriendRemarkCommand`. Written by `make generate`.

use relation::before_set_friend_remark::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
