//! The Lambda function of `callbackBeforeGroupOnlinePushCommand`. Written by `make generate`.

use push::before_group_online_push::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
