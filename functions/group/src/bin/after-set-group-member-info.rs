//! The Lambda function of `callbackAfterSetGroupMemberInfoCommand`. Written by `make generate`.

use group::after_set_group_member_info::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
