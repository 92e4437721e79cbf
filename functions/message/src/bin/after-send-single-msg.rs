//! The Lambda function of `callbackAfterSendSingleMsgCommand`. Written by `make generate`.

use message::after_send_single_msg::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
