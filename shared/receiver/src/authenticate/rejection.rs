use std::fmt;

macro_rules! rejections {
    ($( $(#[doc = $doc:literal])+ $name:ident = $kind:literal, $sentence:literal; )+) => {
        /// Why a caller was not believed. This is for the log: the caller is told the same one sentence,
        /// whatever it was.
        ///
        /// | Rejection | `rejection` in the log | Meaning |
        /// |---|---|---|
        $(#[doc = concat!("| [`", stringify!($name), "`](Self::", stringify!($name), ") | `", $kind, "` | ", $sentence, " |")])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rejection {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl Rejection {
            /// The word by which the log names it.
            #[must_use]
            pub const fn kind(self) -> &'static str {
                match self { $(Self::$name => $kind,)+ }
            }
        }

        impl fmt::Display for Rejection {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $sentence,)+ })
            }
        }
    };
}

rejections! {
    /// The function serves a server for which nothing is configured.
    NotConfigured = "not_configured", "no verifier is configured for this server";

    /// OpenIM's URL has no `user:password@`, or something on the way removed the header.
    BasicMissing = "basic_missing", "there is no Authorization header";
    /// Nobody sends two; whoever does hopes that two readers read different ones.
    BasicRepeated = "basic_repeated", "there is more than one Authorization header";
    /// Another scheme, or none.
    BasicScheme = "basic_scheme", "the Authorization scheme is not Basic";
    /// What follows the scheme is no base64.
    BasicEncoding = "basic_encoding", "the Basic credentials are not base64";
    /// User or password; which of them is not even known here.
    BasicWrong = "basic_wrong", "wrong user or password";

    /// The header that `OPENIM_SIGNATURE_HEADER` names is absent.
    SignatureMissing = "signature_missing", "there is no signature header";
    /// It is there more than once.
    SignatureRepeated = "signature_repeated", "there is more than one signature header";
    /// The header that `OPENIM_NONCE_HEADER` names is absent or empty.
    NonceMissing = "nonce_missing", "there is no nonce";
    /// It is there more than once.
    NonceRepeated = "nonce_repeated", "there is more than one nonce";
    /// It is not hex or base64, whichever `OPENIM_SIGNATURE_ENCODING` says.
    SignatureMalformed = "signature_malformed", "the signature is not encoded as configured";
    /// No configured key made it of this nonce.
    SignatureWrong = "signature_wrong", "the signature is wrong";
    /// A good signature over a nonce that was accepted before: a repetition.
    NonceUsed = "nonce_used", "the nonce was used before";

    /// A callback of Tencent Chat always has one.
    AppMissing = "app_missing", "there is no SdkAppid";
    /// It is there with different values.
    AppRepeated = "app_repeated", "there is more than one SdkAppid";
    /// Another app's callback.
    AppWrong = "app_wrong", "SdkAppid is not ours";
    /// No token is set in the console, or the query was cut.
    SignMissing = "sign_missing", "there is no Sign";
    /// It is there with different values.
    SignRepeated = "sign_repeated", "there is more than one Sign";
    /// It signs the time, so there is one.
    RequestTimeMissing = "request_time_missing", "there is no RequestTime";
    /// It is there with different values.
    RequestTimeRepeated = "request_time_repeated", "there is more than one RequestTime";
    /// No decimal number of seconds.
    RequestTimeInvalid = "request_time_invalid", "RequestTime is not a number of seconds";
    /// A repetition of an old callback, or one of the clocks is wrong.
    RequestTimeOff = "request_time_off", "RequestTime is more than a minute from our clock";
    /// No configured token made it of this time.
    SignWrong = "sign_wrong", "Sign is wrong";
}
