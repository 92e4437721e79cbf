//! The Lambda function of `callbackAfterKickGroupCommand`. Written by `make generate`.

use group::after_kick_group_member::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
