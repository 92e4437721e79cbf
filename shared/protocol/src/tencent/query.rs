use std::fmt;

/// What Tencent Chat says in the query of every callback.
///
/// Parameters come in any order, unknown ones are ignored, names are case-sensitive. A name that
/// appears twice with different values is kept as such, so that whoever reads it cannot be shown one
/// value while somebody else is shown the other.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// `SdkAppid`: the app in decimal. The receiver must check that it is its own.
    pub sdk_app_id: Vec<String>,
    /// `CallbackCommand`.
    pub callback_command: Vec<String>,
    /// `Sign`: 64 hex digits, only when a token is configured. A credential for one minute: keep it out
    /// of logs.
    pub sign: Vec<String>,
    /// `RequestTime`: decimal Unix seconds, only with `Sign`.
    pub request_time: Vec<String>,
    /// `RequestId` or `RequestID`: undocumented, seen since 2021. Whether a retry repeats it is unknown.
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

// `sign` is a credential.
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
    fn parameters_are_found_in_any_order_and_unknown_ones_ignored() {
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
    fn a_repeated_parameter_with_another_value_is_not_hidden() {
        let query = Query::from_pairs([("SdkAppid", "1"), ("SdkAppid", "1"), ("SdkAppid", "2")]);
        assert_eq!(query.sdk_app_id, ["1", "2"]);
    }

    #[test]
    fn both_spellings_of_the_request_id_are_known() {
        for name in ["RequestId", "RequestID"] {
            assert_eq!(Query::from_pairs([(name, "r1")]).request_id, ["r1"]);
        }
    }

    #[test]
    fn names_are_case_sensitive() {
        assert_eq!(Query::from_pairs([("sdkappid", "1")]), Query::default());
    }
}
