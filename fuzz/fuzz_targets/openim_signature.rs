//! See [`fuzz::openim_signature`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::report_failures_only(), |input: &[u8]| {
    fuzz::openim_signature(input);
});
