//! The inputs that the fuzzer found worth keeping still hold.

use std::{fs, path::Path};

#[test]
fn every_input_of_the_corpus_holds() {
    fuzz::report_failures_only();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in fuzz::TARGETS {
        let inputs = fs::read_dir(corpus.join(name)).unwrap();
        let inputs: Vec<_> = inputs.map(|input| input.unwrap().path()).collect();
        assert!(!inputs.is_empty(), "{name}");
        for input in inputs {
            // The test's output shows it if the target fails.
            eprintln!("{}", input.display());
            target(&fs::read(input).unwrap());
        }
    }
}
