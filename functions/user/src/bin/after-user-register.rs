//! The Lambda function of `callbackAfterUserRegisterCommand`. Written by `make generate`.

use user::after_user_register::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
