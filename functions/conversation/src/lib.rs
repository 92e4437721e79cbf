//! Handles OpenIM's callbacks about the records that users keep of their conversations. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {}
