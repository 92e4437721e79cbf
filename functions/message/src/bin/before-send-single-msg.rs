//! The Lambda function of `callbackBeforeSendSingleMsgCommand`. Written by `make generate`.

use message::before_send_single_msg::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
