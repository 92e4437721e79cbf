//! The Lambda function of `callbackAfterSetGroupInfoExCommand`. Written by `make generate`.

use group::after_set_group_info_ex::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
