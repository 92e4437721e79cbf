//! The Lambda function of `callbackBeforeJoinGroupCommand`. Written by `make generate`.

use group::before_apply_join_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
