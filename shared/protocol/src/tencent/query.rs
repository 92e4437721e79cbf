use std::fmt;

/// The query of a callback of Tencent Chat.
///
/// Parameters come in any order, unknown ones are ignored, and names are case-sensitive. If a parameter occurs twice
/// with different values, both are kept. Otherwise two readers could each see another value.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34354>, except for `RequestId`. The
/// documents do not have it, but recorded requests do.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// `SdkAppid`: the app's id in decimal. The receiver must check that it is its own app.
    pub sdk_app_id: Vec<String>,
    /// `CallbackCommand`.
    pub callback_command: Vec<String>,
    /// `Sign`: 64 hex digits, only if a token is configured. It is a credential for one minute, so keep it out of logs.
    pub sign: Vec<String>,
    /// `RequestTime`: decimal Unix seconds, only with `Sign`.
    pub request_time: Vec<String>,
    /// `RequestId` or `RequestID`: not documented, seen since 2021. It is unknown whether a retry repeats it.
    pub request_id: Vec<String>,
}

impl Query {
    /// Sorts decoded query parameters into their fields.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut query = Self::default();
        for (name, value) in pairs {
            let field = match name {
                "SdkAppid" => &mut query.sdk_app_id,
                "CallbackCommand" => &mut query.callback_command,
                "Sign" => &mut query.sign,
                "RequestTime" => &mut query.request_time,
                "RequestId" | "RequestID" => &mut query.request_id,
                _ => continue,
            };
            if !field.iter().any(|known| known == value) {
                field.push(value.to_owned());
            }
        }
        query
    }
}

// Without `sign`, which is a credential.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("sdk_app_id", &self.sdk_app_id)
            .field("callback_command", &self.callback_command)
            .field("request_time", &self.request_time)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_may_have_any_order_and_unknown_ones_are_ignored() {
        let documented = [
            ("SdkAppid", "1400000001"),
            ("CallbackCommand", "Sns.CallbackFriendDelete"),
            ("contenttype", "json"),
            ("ClientIP", "203.0.113.7"),
            ("OptPlatform", "iOS"),
        ];
        let mut sorted = documented;
        sorted.sort_unstable();
        let query = Query::from_pairs(documented);
        assert_eq!(query, Query::from_pairs(sorted));
        assert_eq!(query.sdk_app_id, ["1400000001"]);
        assert_eq!(query.callback_command, ["Sns.CallbackFriendDelete"]);
    }

    #[test]
    fn both_values_of_a_repeated_parameter_are_kept() {
        let query = Query::from_pairs([("SdkAppid", "1"), ("SdkAppid", "1"), ("SdkAppid", "2")]);
        assert_eq!(query.sdk_app_id, ["1", "2"]);
    }

    #[test]
    fn both_spellings_of_the_request_id_are_read() {
        for name in ["RequestId", "RequestID"] {
            assert_eq!(Query::from_pairs([(name, "r1")]).request_id, ["r1"]);
        }
    }

    #[test]
    fn names_are_case_sensitive() {
        assert_eq!(Query::from_pairs([("sdkappid", "1")]), Query::default());
    }
}
