use super::parts::*;
use crate::{FreeText, Lenient};

about_an_official_account! {
/// `OfficialAccount.CallbackAfterOfficialAccountDestroyed`: the REST API deleted an official account.
///
/// It does not say who did it.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60798>.
pub struct AfterOfficialAccountDestroyed {
    /// The last owner.
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

impl Callback for AfterOfficialAccountDestroyed {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterOfficialAccountDestroyed",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::After,
        since: None,
        sentence: "An official account was deleted.",
    };
    type Event = Event;
    type Answer = Noted;
}
