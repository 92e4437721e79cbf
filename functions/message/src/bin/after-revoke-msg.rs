//! The Lambda function of `callbackBeforeAfterMsgCommand`. Written by `make generate`.

use message::after_revoke_msg::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
