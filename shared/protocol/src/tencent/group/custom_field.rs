use serde::{Deserialize, Serialize};

use crate::FreeText;

/// A field of the app's own.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34369>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomField {
    /// The name.
    #[serde(rename = "Key", default)]
    pub key: FreeText,
    /// The value.
    #[serde(rename = "Value", default)]
    pub value: FreeText,
}
