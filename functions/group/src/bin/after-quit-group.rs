//! The Lambda function of `callbackAfterQuitGroupCommand`. Written by `make generate`.

use group::after_quit_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
