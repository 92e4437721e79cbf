//! Handles OpenIM's callbacks about groups and their members. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {}
