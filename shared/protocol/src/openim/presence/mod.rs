//! Who is connected.

/// Declares the body of a callback about a connection: its own fields, and those that all of them have.
macro_rules! connection {
    ($(#[$attribute:meta])* pub struct $Callback:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $Callback {
            /// The user.
            #[serde(rename = "userID")]
            pub user_id: UserId,
            /// The platform's number: 1 iOS, 2 Android, 3 Windows, 4 macOS, 5 Web, 6 mini program, 7 Linux, 8 Android
            /// pad, 9 iPad, 10 administrator, 11 HarmonyOS.
            #[serde(rename = "platformID", default)]
            pub platform_id: Number,
            /// The platform's name: `IOS`, `Android`, `Windows`, `OSX`, `Web`, … Empty if the server knows none.
            #[serde(rename = "platform", default)]
            pub platform_name: FreeText,
            /// When the server wrote the body, in Unix milliseconds.
            // The wire name looks like a sequence number.
            #[serde(rename = "seq", default)]
            pub seen_at: Number,
            /// The server's process and a counter. Up to 100 users' callbacks share it, and a restart repeats it.
            #[serde(rename = "operationID", default)]
            pub operation_id: FreeText,
            $($own)*
        }

        impl $Callback {
            /// The platform's name, or its number if it has no name.
            #[must_use]
            pub fn platform(&self) -> String {
                match (self.platform_name.is_empty(), self.platform_id.get()) {
                    (true, Some(number)) => number.to_string(),
                    _ => self.platform_name.to_string(),
                }
            }

            /// The time of `seen_at`, if it is one.
            #[must_use]
            pub fn time(&self) -> Option<Timestamp> {
                self.seen_at.time()
            }
        }
    };
}

mod after_user_kick_off;

pub use after_user_kick_off::AfterUserKickOff;

commands! {
    after_user_offline::AfterUserOffline,
    after_user_online::AfterUserOnline,
}
