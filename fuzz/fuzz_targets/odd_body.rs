//! See [`fuzz::odd_body`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::report_failures_only(), |input: &[u8]| {
    fuzz::odd_body(input);
});
