//! The Lambda function of `callbackAfterCreateGroupCommand`. Written by `make generate`.

use group::after_create_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
