use domain::UserId;
use serde::{Deserialize, Serialize};

use crate::Lenient;

/// What stands for nobody.
const NOBODY: &str = "@TLS#NOT_FOUND";

/// The user who acts, or nobody: the console acted, or an administrator without a name.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34372>. The word for nobody is in no
/// document; it was seen in callbacks.
///
/// ```
/// use imhook_protocol::tencent::Account;
///
/// let read = |account| serde_json::from_str::<Account>(account).unwrap();
/// assert_eq!(read(r#""ana""#).user().unwrap().as_str(), "ana");
/// assert_eq!(read(r#""@TLS#NOT_FOUND""#), Account::Nobody);
/// assert!(serde_json::from_str::<Account>(r#""""#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "UserId", into = "String")]
pub enum Account {
    /// A user.
    User(UserId),
    /// `@TLS#NOT_FOUND`.
    Nobody,
}

impl Account {
    /// The user.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Nobody => None,
        }
    }
}

impl Lenient<Account> {
    /// The user. `None` if it is nobody, or if no user can have this name.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.get().and_then(Account::user).cloned()
    }
}

impl From<UserId> for Account {
    fn from(user: UserId) -> Self {
        match user.as_str() {
            NOBODY => Self::Nobody,
            _ => Self::User(user),
        }
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        match account {
            Account::User(user) => user.to_string(),
            Account::Nobody => NOBODY.to_owned(),
        }
    }
}
