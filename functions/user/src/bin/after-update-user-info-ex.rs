//! The Lambda function of `callbackAfterUpdateUserInfoExCommand`. Written by `make generate`.

use user::after_update_user_info_ex::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
