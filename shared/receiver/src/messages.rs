//! Messages of log lines. Tests and documents quote them, and metric filters in `template.yaml` count lines by some of them.

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
/// Only the table failed. The event is in the queue.
pub const SPILLED: &str = "the event was not stored in the table but queued";
/// A before callback is refused because its events could be kept nowhere.
pub const INTENTION_NOT_KEPT: &str = "an intention was neither stored nor queued";
/// The app's own service gave no decision that is possible.
pub const SERVICE_UNDECIDED: &str = "the decision service did not decide";
/// The service failed several times in a row.
pub const SERVICE_NOT_ASKED: &str = "the decision service is not asked for a while";
/// The service works again.
pub const SERVICE_ASKED_AGAIN: &str = "the decision service is asked again";
/// The caller's fault.
pub const REFUSED: &str = "callback refused";
/// The fault of the receiver, or of something behind it.
pub const FAILED: &str = "callback failed";
/// A bug.
pub const PANICKED: &str = "panicked";
/// A rule with a limit was judged without the count.
pub const NOT_COUNTED: &str = "a limit could not be counted";
/// A rule about friends or blocks was judged without the view.
pub const VIEW_NOT_READ: &str = "the relationships table could not be read";
/// A try to deliver an event to the app's own service failed.
pub const NOT_DELIVERED: &str = "an event was not delivered";
/// A try to deliver several events in one request failed.
pub const BATCH_NOT_DELIVERED: &str =
    "several events were not delivered in one request and are sent alone";
/// The service that gets events failed several times in a row.
pub const DELIVERY_WAITS: &str =
    "deliveries wait, because the service failed several times in a row";
/// That service works again.
pub const DELIVERY_GOES_ON: &str = "deliveries go on";
/// An event is in the dead-letter queue of deliveries.
pub const DELIVERY_DEAD: &str = "an event is given up";
/// `ForwardUrl` is set, but bodies are not kept as they came.
pub const NOT_FORWARDED: &str = "callbacks are not forwarded, because their bodies are not kept";
/// A try to have a sent message judged failed.
pub const NOT_JUDGED: &str = "a sent message was not judged and is asked about again";
/// A refused message is gone.
pub const WITHDRAWN: &str = "a refused message was withdrawn";
/// A try to withdraw a refused message failed.
pub const NOT_WITHDRAWN: &str = "a refused message was not withdrawn and is tried again";
/// The server will never withdraw a refused message.
pub const CANNOT_WITHDRAW: &str = "a refused message cannot be withdrawn";
