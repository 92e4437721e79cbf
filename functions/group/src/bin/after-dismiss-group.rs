//! The Lambda function of `callbackAfterDisMissGroupCommand`. Written by `make generate`.

use group::after_dismiss_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
