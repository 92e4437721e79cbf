//! Two tables in DynamoDB: the log of everything that was accepted, and a view made from it.
//!
//! [`EventsTable::record`] is the one write of a callback: one conditional `PutItem`. What an item looks
//! like is said in [`item`].
//!
//! [`RelationshipsTable::apply`] keeps who is friends with whom now. What an item looks like is said in
//! [`relationships_table`].
//!
//! # Permissions needed
//!
//! `dynamodb:PutItem` on the table, for [`record`](EventsTable::record) and
//! [`open_connection`](EventsTable::open_connection). `dynamodb:Query`, for
//! [`history`](EventsTable::history), which no callback function uses;
//! `dynamodb:Scan` and `dynamodb:DescribeTable`, for [`page`](EventsTable::page) and
//! [`approximate_count`](EventsTable::approximate_count), with which the view is built again.
//!
//! On the relationships table `dynamodb:PutItem`, for [`apply`](RelationshipsTable::apply);
//! `dynamodb:Query`, also on its index, and `dynamodb:GetItem`, for reading it.

mod client;
mod events_table;
pub mod item;
pub mod relationships_table;

pub use client::{InvalidSettings, Settings, client, patient};
pub use events_table::{ErrorKind, EventsTable, Page, Position, Recorded, StoreError};
pub use relationships_table::RelationshipsTable;
