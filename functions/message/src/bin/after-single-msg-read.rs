//! The Lambda function of `callbackAfterSingleMsgReadCommand`. Written by `make generate`.

use message::after_single_msg_read::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
