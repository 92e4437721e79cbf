//! See [`fuzz::tencent_token`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::report_failures_only(), |input: &[u8]| {
    fuzz::tencent_token(input);
});
