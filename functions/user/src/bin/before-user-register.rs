//! The Lambda function of `callbackBeforeUserRegisterCommand`. Written by `make generate`.

use user::before_user_register::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
