//! The Lambda function of `callbackBeforeOnlinePushCommand`. Written by `make generate`.

use push::before_online_push::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
