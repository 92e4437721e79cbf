//! The tests that start the functions: see `it/`. They never call AWS; the services they need run on this machine.
