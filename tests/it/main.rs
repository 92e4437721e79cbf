//! Tests of what users run: the function binaries, with a real Lambda runtime API, real HTTP and a real DynamoDB. They
//! never call AWS.
//!
//! `make test` builds the binaries and installs the tools that these tests start.

// Some tests print counts.
#![allow(clippy::print_stdout)]

mod alarms;
mod app_services;
mod bad_inputs;
mod before;
mod before_group;
mod cargo_lambda;
mod cases;
mod command_line;
mod cost;
mod credentials;
mod dead_letters;
mod decision_service;
mod decisions;
mod deliver;
mod deployment;
mod doctor;
mod documents;
mod durability;
mod examples;
mod failures;
mod forward;
mod gateways;
mod history;
mod init;
mod inspect;
mod laboratory;
mod large;
mod lists;
mod logs;
mod make_run;
mod memberships_table;
mod messages;
mod moderate;
mod never_refused;
mod odd_inputs;
mod pairs;
mod policies;
mod privacy;
mod publish;
mod reconcile;
mod relationships;
mod relationships_table;
mod reverse_proxy;
mod sam_local;
mod scale;
mod secrets;
mod smoke;
mod storage;
mod tail;
mod template;
mod tencent_check;
mod tencent_seen;
mod tools;
mod unknown_commands;
mod unneeded_fields;
