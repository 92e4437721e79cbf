//! The Lambda function of `callbackBeforeImportFriendsCommand`. Written by `make generate`.

use relation::before_import_friends::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
