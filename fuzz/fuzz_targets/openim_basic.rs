//! See [`fuzz::openim_basic`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::report_failures_only(), |input: &[u8]| {
    fuzz::openim_basic(input);
});
