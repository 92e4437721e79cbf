//! The Lambda function of `callbackBeforeOfflinePushCommand`. Written by `make generate`.

use push::before_offline_push::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
