//! The Lambda function of `callbackBeforeUpdateUserInfoExCommand`. Written by `make generate`.

use user::before_update_user_info_ex::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
