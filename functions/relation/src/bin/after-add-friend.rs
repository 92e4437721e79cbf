//! The Lambda function of `callbackAfterAddFriendCommand`. Written by `make generate`.

use relation::after_add_friend::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
