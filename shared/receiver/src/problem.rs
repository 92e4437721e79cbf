use std::fmt;

use protocol::{Unreadable, openim::RefusalCode};

use crate::Rejection;

/// Why a callback was not accepted: a text for the caller, and one for the log.
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

    /// The kind of problem.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What exactly was wrong. Never contains a value from the body.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The place in the body, as a JSON path such as `$.PairList[3].To_Account`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// Why the verifier did not accept the caller.
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        self.rejection
    }

    /// What the caller may know besides the kind: its own mistakes, and nothing about the receiver.
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
        /// Everything that can go wrong, with OpenIM's `errCode`, the HTTP status and the sentence. This project uses
        /// the codes 29001 to 29999. Handlers may use 20001 to 29000.
        ///
        /// | Problem | `errCode` | HTTP | Sentence |
        /// |---|---|---|---|
        $(#[doc = concat!("| [`", stringify!($name), "`](Self::", stringify!($name), ") | ", $code, " | ", $status, " | ", $message, " |")])+
        ///
        /// Tencent Chat gets `FAIL`, 1 and the sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl ProblemKind {
            /// All kinds, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// OpenIM's `errCode`.
            #[must_use]
            pub const fn code(self) -> RefusalCode {
                match self {
                    $(Self::$name => const {
                        match RefusalCode::new($code) {
                            Ok(code) => code,
                            Err(_) => panic!("the code is not between 20001 and 29999"),
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
    /// No credentials, or wrong ones. Only the log says which.
    Unauthorized = 29001, 401, "the caller is not authorized";
    /// Not a POST.
    MethodNotAllowed = 29002, 405, "a callback is sent with POST";
    /// More than `MAX_BODY_BYTES`.
    BodyTooLarge = 29003, 413, "the body is too large";
    /// Empty, or only white space.
    EmptyBody = 29004, 400, "the body is empty";
    /// Text that is not JSON, or JSON with something after it.
    NotJson = 29006, 400, "the body is not JSON";
    /// JSON that does not fit the command: another type, a missing field, an empty user id.
    InvalidField = 29007, 400, "the body does not fit the command";
    /// Neither path nor query nor body names a command.
    NoCommand = 29008, 404, "no command is named";
    /// Path, query, body and function do not name the same command.
    Contradiction = 29009, 400, "path, query and body name different commands";
    /// The gateway sent an event that is not an HTTP request.
    UnreadableRequest = 29010, 400, "the request cannot be read";
    /// The event could not be stored. The log contains all of it, unless it is the intention of a refused before callback.
    NotStored = 29011, 503, "the event could not be stored";
    /// The function's settings are wrong. The log says which.
    Misconfigured = 29012, 500, "the receiver is misconfigured";
    /// A bug: something panicked, or did not finish in time.
    Internal = 29013, 500, "internal error";
    /// The secrets or the nonces table are not available at present, so no caller can be checked.
    NotReady = 29015, 503, "callers cannot be checked at present";
    /// A before callback has a command that this version does not know, and `UNKNOWN_COMMAND` is `refuse`.
    UnknownCommand = 29016, 404, "the command is not served here";
    /// The app's own service gave no decision, or one that is not possible. The log says which.
    Undecided = 29017, 503, "the decision service did not decide";
}

impl ProblemKind {
    /// Whether the caller can see the mistake in its own request. If not, it gets only the sentence.
    const fn is_callers_mistake(self) -> bool {
        !(self.is_ours() || matches!(self, Self::Unauthorized))
    }

    /// Whether it leaves a callback without a decision, so `ON_FAILURE` decides. An unauthorized callback is refused. A
    /// request without a command, or with a method other than POST, is not a callback.
    pub(crate) const fn leaves_undecided(self) -> bool {
        !matches!(
            self,
            Self::Unauthorized | Self::MethodNotAllowed | Self::NoCommand
        )
    }

    /// Whether the receiver itself failed. Then `ON_FAILURE` says what the answer to OpenIM is.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(
            self,
            Self::NotStored
                | Self::Misconfigured
                | Self::Internal
                | Self::NotReady
                | Self::Undecided
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
    fn every_kind_has_its_own_code_in_this_projects_range() {
        let codes: Vec<i32> = ProblemKind::ALL.iter().map(|k| k.code().get()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        assert!(codes.iter().all(|code| (29001..=29999).contains(code)));
    }

    #[test]
    fn the_caller_gets_no_detail_about_the_receiver() {
        for (kind, told) in [
            (ProblemKind::Unauthorized, ""),
            (ProblemKind::NotStored, ""),
            (ProblemKind::Misconfigured, ""),
            (ProblemKind::Internal, ""),
            (ProblemKind::NotReady, ""),
            (ProblemKind::Undecided, ""),
            (ProblemKind::InvalidField, "$.ownerUserID: secret"),
        ] {
            let problem = Problem::new(kind, "secret").at("$.ownerUserID");
            assert_eq!(problem.detail_for_caller(), told);
        }
    }
}
