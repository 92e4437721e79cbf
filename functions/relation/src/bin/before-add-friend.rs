//! The Lambda function of `callbackBeforeAddFriendCommand`. Written by `make generate`.

use relation::before_add_friend::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
