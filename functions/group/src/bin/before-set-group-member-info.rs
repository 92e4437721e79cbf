//! The Lambda function of `callbackBeforeSetGroupMemberInfoCommand`. Written by `make generate`.

use group::before_set_group_member_info::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
