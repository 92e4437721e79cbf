//! `generate` writes every list of the commands. `generate --check` reports the differences and writes nothing.

use std::{env, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let commands: Vec<_> = protocol::catalogue().collect();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => match generate::write(&root, &commands) {
            Ok(written) => {
                for path in written {
                    eprintln!("written: {path}");
                }
                report(&generate::check(&root, &commands))
            }
            Err(error) => report(&[error.to_string()]),
        },
        ["--check"] => report(&generate::check(&root, &commands)),
        _ => report(&["usage: generate [--check]".to_owned()]),
    }
}

fn report(wrong: &[String]) -> ExitCode {
    for line in wrong {
        eprintln!("{line}");
    }
    match wrong {
        [] => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
