//! The reader's machine: a copy of the project whose programs are built, `make run` in one terminal, and another
//! terminal for commands.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use models::root;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use store::Settings;
use support::{Process, Table, binary, free_port, wait_for_relationships};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::files;

/// How long a command may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A line that no command prints.
const END: &str = "--- the command has ended ---";

/// Programs that take long, need an account, or change the machine. A document says why they are not run.
const NOT_RUN: [&str; 15] = [
    "apt",
    "apt-get",
    "aws",
    "cargo",
    "docker",
    "git",
    "kubectl",
    "nginx",
    "npm",
    "pip",
    "sam",
    "service",
    "ssh",
    "sudo",
    "systemctl",
];

/// Folders that no command needs, because nothing is compiled.
const NOT_COPIED: [&str; 4] = ["bench/", "fuzz/", "generate/", "shared/"];

/// The terminal for commands.
pub(super) struct Terminal {
    shell: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// The ports in documents, and those of this test.
    ports: [(&'static str, u16); 2],
    tables: [Table; 2],
    run: Process,
    /// What `make run` has printed; see [`make`].
    printed_by_run: PathBuf,
}

impl Terminal {
    /// Opens it, with an empty database and the project's policies. No other test uses the name.
    pub(super) async fn open(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("terminal-{}", name.replace(['/', '.'], "-")));
        let _ = fs::remove_dir_all(&folder);
        let copied = files(&root())
            .into_iter()
            .filter(|file| !NOT_COPIED.iter().any(|not| file.starts_with(not)));
        for file in copied {
            let copy = folder.join(&file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(root().join(&file), copy).unwrap();
        }
        let (gateway, dynamodb) = (free_port(), free_port());
        write_programs(&folder, gateway, dynamodb);

        let make_run = "exec bash -c \"exec $(make recipe run)\"";
        let mut run = Process::start(
            shell(&folder)
                .args(["-c", make_run])
                // Tests are not about how quick a busy machine is.
                .env("DEADLINE_MS", "2500")
                .env("BEFORE_DEADLINE_MS", "2500"),
        );
        let ready = |line: &str| line.starts_with("ready: ").then_some(());
        run.wait_for(ready).await;

        let mut shell = shell(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // So that what it starts in the background can be ended, too.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut input = shell.stdin.take().unwrap();
        let settings = "exec 2>&1\nset -euo pipefail\n";
        input.write_all(settings.as_bytes()).await.unwrap();
        let endpoint = format!("http://127.0.0.1:{dynamodb}");
        let client = store::dynamodb(&Settings::local(&endpoint), Duration::from_secs(10));
        let tables = ["events", "relationships"].map(|name| Table {
            client: client.clone(),
            endpoint: endpoint.clone(),
            name: name.to_owned(),
        });
        Self {
            output: BufReader::new(shell.stdout.take().unwrap()).lines(),
            input,
            shell,
            ports: [("9000", gateway), ("8000", dynamodb)],
            tables,
            run,
            printed_by_run: folder.join("target/run.txt"),
        }
    }

    /// Runs commands and returns what they print. Afterwards the relationships view contains what they stored.
    ///
    /// # Errors
    ///
    /// A command fails, or does not end.
    pub(super) async fn type_in(&mut self, commands: &str) -> Result<String, String> {
        let run = self.run.lines().join("\n") + "\n";
        fs::write(&self.printed_by_run, run).unwrap();
        let here = self.here(commands);
        let typed = format!("{{ {here}\n}} </dev/null\nprintf '\\n%s\\n' '{END}'\n");
        // A shell that has ended says why.
        let _ = self.input.write_all(typed.as_bytes()).await;
        let mut printed = Vec::new();
        let ended = timeout(PATIENCE, async {
            while let Ok(Some(line)) = self.output.next_line().await {
                if line == END {
                    return true;
                }
                printed.push(line);
            }
            false
        });
        let ended = ended.await;
        // An empty line is printed before the end.
        let printed = self.documented(&printed.join("\n"));
        let printed = match printed.trim_end() {
            "" => String::new(),
            printed => format!("{printed}\n"),
        };
        match ended {
            Ok(true) => {
                let [events, relationships] = &self.tables;
                wait_for_relationships(events, relationships).await;
                Ok(printed)
            }
            Ok(false) => Err(format!("it fails after\n{printed}{}", self.of_run())),
            Err(_) => Err(format!("it does not end after\n{printed}{}", self.of_run())),
        }
    }

    /// The last lines of the other terminal, for people who look for the reason.
    fn of_run(&self) -> String {
        let lines = self.run.lines();
        let last = lines.len().saturating_sub(10);
        format!("make run printed at last\n{}\n", lines[last..].join("\n"))
    }

    /// A text of the document, with the ports of this test.
    fn here(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (documented, here) in self.ports {
            for before in [":", "port ", "port=", "PORT="] {
                text = text.replace(&format!("{before}{documented}"), &format!("{before}{here}"));
            }
        }
        text
    }

    /// A text of this test, with the ports of the document.
    fn documented(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (documented, here) in self.ports {
            text = text.replace(&format!(":{here}"), &format!(":{documented}"));
        }
        text
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(id) = self.shell.id() {
            let group = Pid::from_raw(i32::try_from(id).unwrap());
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

/// A shell in the copy. Its environment has nothing but where programs are.
fn shell(folder: &Path) -> Command {
    let mut command = Command::new("bash");
    let programs = folder.join("target/bin");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    command
        .args(["--noprofile", "--norc"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder.join("target"));
    command
}

fn write_programs(folder: &Path, gateway: u16, dynamodb: u16) {
    let write = |file: &str, text: &str| -> PathBuf {
        let file = folder.join("target").join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&file, executable).unwrap();
        file
    };
    // As in a terminal, curl shows no progress.
    write(".curlrc", "silent\nshow-error\n");
    write("bin/make", &make(gateway, dynamodb));
    write("debug/imhook", &imhook(gateway, dynamodb));
    for program in NOT_RUN {
        let says =
            format!("#!/bin/sh\necho '{program} is not run: the document says why' >&2\nexit 1\n");
        write(&format!("bin/{program}"), &says);
    }
}

/// A `make` that does what the Makefile says, except compiling. `make run` prints what the other terminal shows, if the
/// program takes these options. `make recipe run` prints how to start it.
fn make(gateway: u16, dynamodb: u16) -> String {
    format!(
        r#"#!/usr/bin/env bash
set -euo pipefail
PATH=${{PATH#*:}}
ports="PORT={gateway} DYNAMODB_PORT={dynamodb}"
recipe() {{
  make --no-print-directory --dry-run "$@" $ports | grep -v '^cargo build '
}}
target=
for word; do
  case $word in
  *=*) ;;
  *) target="$target $word" ;;
  esac
done
case $target in
" recipe run") recipe run | grep '^target/debug/imhook run ' ;;
" run")
  bash -euc "$(recipe "$@" | grep '^target/debug/imhook run ') --help" >/dev/null
  cat target/run.txt
  ;;
" sample")
  # On a busy machine, a function can start too late to answer its first callback.
  bash -euc "$(recipe "$@")" || {{ sleep 2; bash -euc "$(recipe "$@")"; }}
  ;;
*)
  echo "make$target is not run: CI makes it, or the document says why not" >&2
  exit 1
  ;;
esac
"#
    )
}

/// An `imhook` whose default ports are those of this test.
fn imhook(gateway: u16, dynamodb: u16) -> String {
    format!(
        r#"#!/usr/bin/env bash
set -euo pipefail
program={program}
options=$("$program" "${{1:-}}" --help 2>/dev/null || true)
takes() {{
  [[ $options == *"$1 <"* && " $arguments " != *" $1"[\ =]* ]]
}}
arguments="$*"
if takes --dynamodb && [[ " $arguments " != *" --aws "* ]]; then
  set -- "$@" --dynamodb http://127.0.0.1:{dynamodb}
fi
if takes --url; then
  set -- "$@" --url http://127.0.0.1:{gateway}
fi
if [[ $options == *"--to <URL>"* && " $arguments " != *" --to"[\ =]* ]]; then
  set -- "$@" --to http://127.0.0.1:{gateway}
fi
exec "$program" "$@"
"#,
        program = binary("imhook").display(),
    )
}
