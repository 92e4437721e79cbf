//! The Lambda function of `callbackAfterUserOnlineCommand`. Written by `make generate`.

use presence::after_user_online::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
