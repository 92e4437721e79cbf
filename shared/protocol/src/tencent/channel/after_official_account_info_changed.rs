use super::parts::*;
use crate::{FreeText, Lenient, tencent::changed::changed};

about_an_official_account! {
/// `OfficialAccount.CallbackAfterOfficialAccountInfoChanged`: the REST API changed the data of an official account.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60797>.
pub struct AfterOfficialAccountInfoChanged {
    /// The user who changed it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The new name. Absent if it did not change.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
    /// The new introduction. Absent if it did not change.
    #[serde(rename = "Introduction", skip_serializing_if = "Option::is_none")]
    pub introduction: Option<FreeText>,
    /// The URL of the new picture. Absent if it did not change.
    #[serde(rename = "FaceUrl", skip_serializing_if = "Option::is_none")]
    pub face_url: Option<FreeText>,
    /// The new organization behind it. Absent if it did not change.
    #[serde(rename = "Organization", skip_serializing_if = "Option::is_none")]
    pub organization: Option<FreeText>,
}
}

impl AfterOfficialAccountInfoChanged {
    /// The fields that changed, with their names in [`Event::ChannelChanged`].
    // The documents do not say that only these are there. It is so for groups.
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        changed([
            ("name", &self.name),
            ("introduction", &self.introduction),
            ("avatar", &self.face_url),
            ("organization", &self.organization),
        ])
    }
}

impl Callback for AfterOfficialAccountInfoChanged {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::After,
        since: None,
        sentence: "An official account's data was changed.",
    };
    type Event = Event;
    type Answer = Noted;
}
