//! The Lambda function of `callbackBeforeSetGroupInfoExCommand`. Written by `make generate`.

use group::before_set_group_info_ex::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
