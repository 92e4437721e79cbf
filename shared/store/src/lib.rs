//! Stores accepted callbacks: in the events table in DynamoDB, or in the queue when the table fails. It also writes and
//! reads the relationships table, the nonces and the limits, and fetches secrets.
//!
//! It knows domain events, but no HTTP and no commands. It never changes an event, and never replaces a row of a view by an
//! older fact. It deletes only what an operator's tool names; no function deletes anything.
//!
//! [`EventsTable::record`] writes a callback with one conditional `PutItem`. A large callback is written in
//! [parts](parts()), each with its own `PutItem`. A callback that a server may send again is written with a marker, in a
//! transaction. [`item`] describes the items. If the table fails or is too slow,
//! [`Queue::send`] keeps the event until it can be recorded.
//!
//! [`RelationshipsTable::apply`] updates who is friends with whom, and who is in which group. [`relationships_table`] and
//! [`memberships`] describe the items.
//!
//! [`stream_record`] reads the records of the events table's stream, and [`put_aside`] keeps those that cannot be
//! applied.
//!
//! [`Deliveries`] is the queue of events for the app's own service. [`sqs_batch`] has what Lambda gives to a function that reads a
//! queue.
//!
//! [`Nonces`] remembers which nonces were used, [`Limits`] counts requests, and [`secret`] fetches the passwords, keys and
//! tokens that callers are checked with.
//!
//! # Permissions needed
//!
//! | Where | Action | For |
//! |---|---|---|
//! | events table | `dynamodb:PutItem` | [`record`](EventsTable::record), [`open_connection`](EventsTable::open_connection) |
//! | events table | `dynamodb:Query` | [`history`](EventsTable::history), which no callback function uses |
//! | events table | `dynamodb:GetItem` | [`reception_at`](EventsTable::reception_at), for records that were put aside |
//! | events table | `dynamodb:Scan`, `dynamodb:DescribeTable` | [`page`](EventsTable::page) and [`description`](EventsTable::description), to rebuild the view |
//! | both tables | `dynamodb:DeleteItem` | [`remove`](EventsTable::remove) and [`remove_rows_of`](RelationshipsTable::remove_rows_of), which only `imhook smoke` uses |
//! | queue | `sqs:SendMessage` | [`send`](Queue::send) |
//! | queue of deliveries | `sqs:ChangeMessageVisibility` | [`hide`](Deliveries::hide) |
//! | queue of sent messages to judge | `sqs:ChangeMessageVisibility` | [`hide`] |
//! | dead-letter queue of deliveries | `sqs:SendMessage` | [`bury`](Deliveries::bury) |
//! | failure queue of a reader of the stream | `sqs:SendMessage` | [`put`](put_aside::FailureQueue::put) |
//! | nonces table | `dynamodb:PutItem` | [`first_use`](Nonces::first_use) |
//! | limits table | `dynamodb:UpdateItem` | [`raise`](Limits::raise) |
//! | secret | `secretsmanager:GetSecretValue` | [`secret`] |
//! | relationships table | `dynamodb:UpdateItem` | [`apply`](RelationshipsTable::apply) |
//! | relationships table | `dynamodb:BatchGetItem` | [`contact`](RelationshipsTable::contact) |
//! | relationships table | `dynamodb:Query`, also on its index, and `dynamodb:GetItem` | reading it |

mod client;
mod deliveries;
mod error;
mod events_table;
mod history;
pub mod item;
mod limits;
pub mod memberships;
mod nonces;
mod parts;
pub mod put_aside;
mod queue;
pub mod relationships_table;
mod retention;
mod retry;
mod rows;
mod secret;
pub mod sqs_batch;
pub mod stream_record;

pub use aws_sdk_dynamodb::Client;
pub use client::{InvalidSettings, Settings, counting, dynamodb, patient, secrets_manager, sqs};
pub use deliveries::{Deliveries, hide};
pub use error::{ErrorKind, StoreError};
pub use events_table::{Description, EventsTable, Page, Position, Recorded};
pub use history::{History, HistoryOf, Reading};
pub use limits::Limits;
pub use nonces::Nonces;
pub use parts::parts;
pub use queue::{InvalidMessage, Queue, for_sqs, from_message, to_message};
pub use relationships_table::RelationshipsTable;
pub use retention::Retention;
pub use secret::secret;
