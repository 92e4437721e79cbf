//! Official accounts, which write to all users who subscribe to them. Newer documents call them official channels.

/// Declares a callback about subscribers of one official account.
macro_rules! about_subscribers {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident;
    ) => {
        about_an_official_account! {
            $(#[$attribute])*
            $vis struct $Type {
                /// Who made the request: the subscriber, or somebody who acts for the app.
                #[serde(rename = "Operator_Account", default, skip_serializing_if = "Lenient::is_none")]
                pub operator: Lenient<Account>,
                /// The users.
                #[serde(rename = "SubscribeAccountList")]
                pub subscribers: Members<Subscriber>,
            }
        }

        impl $Type {
            /// Who made the request. `None` if one of these users did it.
            #[must_use]
            pub fn by(&self) -> Option<UserId> {
                let operator = self.operator.user()?;
                let is_theirs = self.subscribers.iter().any(|it| it.user == operator);
                (!is_theirs).then_some(operator)
            }
        }
    };
}

/// The names that every file with a callback needs.
mod parts {
    pub(super) use domain::{Family, Source, UserId, channel::Event};
    pub(super) use serde::{Deserialize, Serialize};

    pub(super) use crate::{
        Callback, Command, Number, When,
        tencent::{Account, Noted},
    };
}

mod subscriber;

pub use subscriber::Subscriber;

commands! {
    after_add_subscriber::AfterAddSubscriber,
    after_create_official_account::AfterCreateOfficialAccount,
    after_delete_subscriber::AfterDeleteSubscriber,
    after_official_account_destroyed::AfterOfficialAccountDestroyed,
    after_official_account_full::AfterOfficialAccountFull,
    after_official_account_info_changed::AfterOfficialAccountInfoChanged,
    before_add_subscriber::BeforeAddSubscriber,
    before_create_official_account::BeforeCreateOfficialAccount,
}
