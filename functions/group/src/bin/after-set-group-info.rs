//! The Lambda function of `callbackAfterSetGroupInfoCommand`. Written by `make generate`.

use group::after_set_group_info::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
