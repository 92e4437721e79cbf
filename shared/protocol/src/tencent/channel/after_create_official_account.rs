use super::parts::*;
use crate::{FreeText, Lenient};

about_an_official_account! {
/// `OfficialAccount.CallbackAfterCreateOfficialAccount`: the REST API created an official account.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60796>.
pub struct AfterCreateOfficialAccount {
    /// The user who created it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The owner.
    #[serde(
        rename = "Owner_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub owner: Lenient<Account>,
    /// The name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
}
}

impl Callback for AfterCreateOfficialAccount {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterCreateOfficialAccount",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::After,
        since: None,
        sentence: "An official account was created.",
    };
    type Event = Event;
    type Answer = Noted;
}
