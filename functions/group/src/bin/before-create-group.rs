//! The Lambda function of `callbackBeforeCreateGroupCommand`. Written by `make generate`.

use group::before_create_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
