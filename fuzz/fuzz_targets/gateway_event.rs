//! See [`fuzz::gateway_event`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::report_failures_only(), |input: &[u8]| {
    fuzz::gateway_event(input);
});
