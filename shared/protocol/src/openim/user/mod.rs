//! Accounts and their profiles.

mod new_user;

pub use new_user::NewUser;

commands! {
    after_update_user_info::AfterUpdateUserInfo,
    after_update_user_info_ex::AfterUpdateUserInfoEx,
    after_user_register::AfterUserRegister,
    before_update_user_info::BeforeUpdateUserInfo,
    before_update_user_info_ex::BeforeUpdateUserInfoEx,
    before_user_register::BeforeUserRegister,
}
