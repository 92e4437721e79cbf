//! Messages of log lines that tests and documents quote. Alarms filter by keys, not by these texts.

/// A callback's events are in the table.
pub const STORED: &str = "callback stored";
/// A callback that does not fit its command, or whose handler failed, is in the table with its body.
pub const STORED_AS_IT_CAME: &str = "callback stored as it came";
/// A callback is about a sign for clients, and `MESSAGE_SIGNALS` is `drop`.
pub const SIGNAL: &str = "a sign for clients was accepted, nothing stored";
/// Tencent Chat's console checks a new URL with a request that names no command.
pub const CONSOLE_CHECK: &str =
    "no command in query or body: answered as Tencent Chat's check of a new URL";
/// Rules of `policies.json` that a server does not always ask about.
pub const BYPASS: &str = "a policy can be bypassed";
/// The event is only in this line.
pub const ONLY_IN_LOG: &str = "the event was neither stored nor queued; this line holds all of it";
/// The event is only in this line and in the lines of its other parts.
pub const PART_ONLY_IN_LOG: &str =
    "the event was neither stored nor queued; this line holds a part of it";
/// The start took the whole time of a callback.
pub const NO_TIME_FOR_START: &str = "no time was left for the start";
