//! The Lambda function of `callbackAfterUserOfflineCommand`. Written by `make generate`.

use presence::after_user_offline::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
