use std::fmt;

macro_rules! rejections {
    ($( $(#[doc = $doc:literal])+ $name:ident = $kind:literal, $sentence:literal; )+) => {
        /// Why a verifier did not accept a caller. Only the log has it. Every rejected caller gets the same sentence.
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
            /// Its name in the log.
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
    /// No verifier is configured for a server that the function serves.
    NotConfigured = "not_configured", "no verifier is configured for this server";

    /// OpenIM's URL has no `user:password@`, or something on the way removed the header.
    BasicMissing = "basic_missing", "there is no Authorization header";
    /// No client needs two. Two could make a proxy and the function read different ones.
    BasicRepeated = "basic_repeated", "there is more than one Authorization header";
    /// Another scheme, or none.
    BasicScheme = "basic_scheme", "the Authorization scheme is not Basic";
    /// The text after the scheme is not base64.
    BasicEncoding = "basic_encoding", "the Basic credentials are not base64";
    /// The user or the password. The verifier compares them together, so it does not know which.
    BasicWrong = "basic_wrong", "wrong user or password";

    /// The header that `OPENIM_SIGNATURE_HEADER` names is absent.
    SignatureMissing = "signature_missing", "there is no signature header";
    /// The request has it more than once.
    SignatureRepeated = "signature_repeated", "there is more than one signature header";
    /// The header that `OPENIM_NONCE_HEADER` names is absent or empty.
    NonceMissing = "nonce_missing", "there is no nonce";
    /// The request has it more than once.
    NonceRepeated = "nonce_repeated", "there is more than one nonce";
    /// It is not in the encoding (hex or base64) that `OPENIM_SIGNATURE_ENCODING` says.
    SignatureMalformed = "signature_malformed", "the signature is not encoded as configured";
    /// No configured key gives this signature for this nonce.
    SignatureWrong = "signature_wrong", "the signature is wrong";
    /// The signature is right, but the nonce was accepted before: a repetition.
    NonceUsed = "nonce_used", "the nonce was used before";

    /// Every callback of Tencent Chat has one.
    AppMissing = "app_missing", "there is no SdkAppid";
    /// The query has it with different values.
    AppRepeated = "app_repeated", "there is more than one SdkAppid";
    /// Another app's callback.
    AppWrong = "app_wrong", "SdkAppid is not ours";
    /// The console has no token, or the query was cut.
    SignMissing = "sign_missing", "there is no Sign";
    /// The query has it with different values.
    SignRepeated = "sign_repeated", "there is more than one Sign";
    /// `Sign` signs the time, so a signed callback has one.
    RequestTimeMissing = "request_time_missing", "there is no RequestTime";
    /// The query has it with different values.
    RequestTimeRepeated = "request_time_repeated", "there is more than one RequestTime";
    /// It is not a decimal number of seconds.
    RequestTimeInvalid = "request_time_invalid", "RequestTime is not a number of seconds";
    /// A repetition of an old callback, or one of the clocks is wrong.
    RequestTimeOff = "request_time_off", "RequestTime is more than a minute from our clock";
    /// No configured token gives this `Sign` for this time.
    SignWrong = "sign_wrong", "Sign is wrong";
}
