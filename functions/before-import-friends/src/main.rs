//! The Lambda function of `callbackBeforeImportFriendsCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim_before(before_import_friends::handle)])
}
