//! What was once interesting to the fuzzer still holds.

use std::{fs, path::Path};

#[test]
fn every_kept_input_holds() {
    fuzz::report_failures_only();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in fuzz::TARGETS {
        let inputs = fs::read_dir(corpus.join(name)).unwrap();
        let inputs: Vec<_> = inputs.map(|input| input.unwrap().path()).collect();
        assert!(!inputs.is_empty(), "{name}");
        for input in inputs {
            // Shown when the target fails.
            eprintln!("{}", input.display());
            target(&fs::read(input).unwrap());
        }
    }
}
