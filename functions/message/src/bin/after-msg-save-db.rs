//! The Lambda function of `callbackAfterMsgSaveDBCommand`. Written by `make generate`.

use message::after_msg_save_db::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
