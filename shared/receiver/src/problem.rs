use std::fmt;

use protocol::{Unreadable, openim::RefusalCode};

use crate::Rejection;

/// Why a callback was not accepted, once for the caller and once for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    at: Option<String>,
    rejection: Option<Rejection>,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            at: None,
            rejection: None,
        }
    }

    pub(crate) fn unauthorized(rejection: Rejection) -> Self {
        Self {
            rejection: Some(rejection),
            ..Self::new(ProblemKind::Unauthorized, rejection.to_string())
        }
    }

    pub(crate) fn at(mut self, json_path: impl Into<String>) -> Self {
        self.at = Some(json_path.into());
        self
    }

    /// What sort of problem it is.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What exactly was wrong. Never holds a value out of the body.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Where in the body, as a JSON path such as `$.PairList[3].To_Account`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// Why the caller was not believed.
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        self.rejection
    }

    /// What the caller may know beyond the kind: the mistakes in what it sent, nothing about us.
    pub(crate) fn detail_for_caller(&self) -> String {
        match (self.kind.is_callers_mistake(), &self.at) {
            (true, Some(at)) => format!("{at}: {}", self.detail),
            (true, None) => self.detail.clone(),
            (false, _) => String::new(),
        }
    }
}

macro_rules! problem_kinds {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $status:literal, $message:literal; )+) => {
        /// Everything that can go wrong, with the `errCode` that OpenIM is answered (29001 to 29999 is
        /// this project's part of the range; 20001 to 29000 is left to handlers), the HTTP status for
        /// whoever reads it, and the sentence.
        ///
        /// | Problem | `errCode` | HTTP | Sentence |
        /// |---|---|---|---|
        $(#[doc = concat!("| [`", stringify!($name), "`](Self::", stringify!($name), ") | ", $code, " | ", $status, " | ", $message, " |")])+
        ///
        /// Tencent Chat is answered `FAIL`, 1 and the sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl ProblemKind {
            /// All of them, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// OpenIM's `errCode`.
            #[must_use]
            pub const fn code(self) -> RefusalCode {
                match self {
                    $(Self::$name => const {
                        match RefusalCode::new($code) {
                            Ok(code) => code,
                            Err(_) => panic!("a code outside of 20001 to 29999"),
                        }
                    },)+
                }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// One neutral sentence for the caller.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

problem_kinds! {
    /// No credentials, or not the right ones. The log says which; the caller is not told.
    Unauthorized = 29001, 401, "the caller is not authorized";
    /// Not a POST.
    MethodNotAllowed = 29002, 405, "a callback is sent with POST";
    /// More than `MAX_BODY_BYTES`.
    BodyTooLarge = 29003, 413, "the body is too large";
    /// Nothing, or nothing but white space.
    EmptyBody = 29004, 400, "the body is empty";
    /// Text that is no JSON, or has something after the JSON.
    NotJson = 29006, 400, "the body is not JSON";
    /// JSON, but not what this command carries: another type, a missing field, an empty user id.
    InvalidField = 29007, 400, "the body does not fit the command";
    /// Nobody names a command.
    NoCommand = 29008, 404, "no command is named";
    /// Path, query, body and function do not name the same command.
    Contradiction = 29009, 400, "path, query and body name different commands";
    /// The gateway handed over something that is no HTTP request.
    UnreadableRequest = 29010, 400, "the request cannot be read";
    /// The event could not be stored. The log line holds the whole event.
    NotStored = 29011, 503, "the event could not be stored";
    /// The function's environment is wrong. The log says what is.
    Misconfigured = 29012, 500, "the receiver is misconfigured";
    /// A bug: something panicked, or did not end.
    Internal = 29013, 500, "internal error";
    /// What callers are checked with cannot be had at present: the secrets, or the memory of nonces.
    NotReady = 29015, 503, "callers cannot be checked at present";
    /// A command that this version does not know asks before something happens, and `UNKNOWN_COMMAND` says `refuse`.
    UnknownCommand = 29016, 404, "the command is not served here";
}

impl ProblemKind {
    /// Whether a look at the request explains it. Otherwise the caller learns only the sentence.
    const fn is_callers_mistake(self) -> bool {
        !(self.is_ours() || matches!(self, Self::Unauthorized))
    }

    /// Whether it leaves a callback without a decision, so that `ON_FAILURE` decides. A stranger's callback is refused,
    /// and what names no command, or is not sent with POST, is no callback.
    pub(crate) const fn leaves_undecided(self) -> bool {
        !matches!(
            self,
            Self::Unauthorized | Self::MethodNotAllowed | Self::NoCommand
        )
    }

    /// Whether the receiver failed: for these, `ON_FAILURE` says what OpenIM is told.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(
            self,
            Self::NotStored | Self::Misconfigured | Self::Internal | Self::NotReady
        )
    }
}

impl From<&Unreadable> for Problem {
    fn from(unreadable: &Unreadable) -> Self {
        let reason = unreadable.to_string();
        match unreadable {
            Unreadable::Empty => Self::new(ProblemKind::EmptyBody, reason),
            Unreadable::NotJson(_) => Self::new(ProblemKind::NotJson, reason),
            Unreadable::Unfit { at, reason } => Self::new(ProblemKind::InvalidField, reason).at(at),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.message())?;
        if let Some(at) = &self.at {
            write!(f, ": {at}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own_in_this_projects_range() {
        let codes: Vec<i32> = ProblemKind::ALL.iter().map(|k| k.code().get()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        assert!(codes.iter().all(|code| (29001..=29999).contains(code)));
    }

    #[test]
    fn what_is_wrong_with_us_is_not_told_to_the_caller() {
        for (kind, told) in [
            (ProblemKind::Unauthorized, ""),
            (ProblemKind::NotStored, ""),
            (ProblemKind::Misconfigured, ""),
            (ProblemKind::Internal, ""),
            (ProblemKind::NotReady, ""),
            (ProblemKind::InvalidField, "$.ownerUserID: secret"),
        ] {
            let problem = Problem::new(kind, "secret").at("$.ownerUserID");
            assert_eq!(problem.detail_for_caller(), told);
        }
    }
}
