use domain::message::ExtensionChange;
use serde::{Deserialize, Serialize};

use crate::{FreeText, Number};

/// One key of a message that was set or deleted.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/76006>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Extension {
    /// The key.
    #[serde(rename = "Key", default)]
    pub key: FreeText,
    /// Its new value. Empty after a deletion.
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<FreeText>,
    /// The version of this key.
    #[serde(rename = "Seq", default, skip_serializing_if = "Number::is_none")]
    pub seq: Number,
}

/// What was done with the keys: 1 set, 2 deleted, 3 all of them cleared.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/76006>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperateType(pub Number);

impl OperateType {
    /// The same in words of neither server.
    #[must_use]
    pub fn change(self) -> ExtensionChange {
        match self.0.get() {
            Some(1) => ExtensionChange::Set,
            Some(2) => ExtensionChange::Deleted,
            Some(3) => ExtensionChange::Cleared,
            _ => ExtensionChange::Unknown,
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

/// The keys of a list that may be missing. A key that is not text is left out.
pub(super) fn keys(extensions: Option<&crate::Members<Extension>>) -> Vec<String> {
    let keys = extensions.into_iter().flat_map(|it| it.iter());
    let keys = keys.map(|extension| extension.key.to_string());
    keys.filter(|key| !key.is_empty()).collect()
}
