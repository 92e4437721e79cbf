//! The Lambda function of `callbackAfterJoinGroupCommand`. Written by `make generate`.

use group::after_join_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
