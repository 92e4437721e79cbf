//! The Lambda function of `callbackBeforeSetGroupInfoCommand`. Written by `make generate`.

use group::before_set_group_info::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
