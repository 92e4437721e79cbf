use domain::{Family, Source, operations};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Needs, Number, Switch, When, tencent::Noted};

/// `Alert.RequestOverLimit`: the app's backend calls an interface at more than 80 % of the rate that it may. Sent since
/// April 2024, as soon as a URL is set: it has no switch in the console.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60256>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestOverLimit {
    /// Tencent Chat's name of the service, such as `openim`.
    #[serde(rename = "ServiceName", default)]
    pub service: FreeText,
    /// The interface's name, such as `sendmsg`.
    // Not the command of the callback.
    #[serde(rename = "Command", default)]
    pub interface: FreeText,
    /// How many calls there are in a second.
    #[serde(rename = "Request", default, skip_serializing_if = "Number::is_none")]
    pub request: Number,
    /// How many calls there may be in a second.
    #[serde(rename = "Limit", default, skip_serializing_if = "Number::is_none")]
    pub limit: Number,
}

impl Callback for RequestOverLimit {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Alert.RequestOverLimit",
        earlier: &[],
        switch: None,
        family: Family::Operations,
        when: When::After,
        since: Some("2024-04"),
        sentence: "The app's backend calls an interface almost as often as it may.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        switch: Switch::None,
        ..Needs::SWITCH
    });
    type Event = operations::Event;
    type Answer = Noted;
}
