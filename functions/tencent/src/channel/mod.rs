//! Callbacks about official accounts and their subscribers.

receiver::handlers! {
    after_add_subscriber,
    after_create_official_account,
    after_delete_subscriber,
    after_official_account_destroyed,
    after_official_account_full,
    after_official_account_info_changed,
    before_add_subscriber,
    before_create_official_account,
}
