//! The Lambda function of `callbackAfterDeleteFriendCommand`. Written by `make generate`.

use relation::after_delete_friend::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
