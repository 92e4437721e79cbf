//! The functions that are measured.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{Result, endpoint::RELATIONSHIPS, event::Callback, root};

/// The paths of everything that runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Places {
    /// Release builds for this machine: `FOLDER/<function>/bootstrap`
    #[arg(long, value_name = "FOLDER", default_value_os_t = root().join("target/bench/lambda"))]
    pub(crate) functions: PathBuf,
    /// The program that provides the laptop's DynamoDB
    #[arg(long, value_name = "FILE", default_value_os_t = root().join("target/debug/imhook"))]
    pub(crate) imhook: PathBuf,
}

/// The program of a contestant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// The folder of a binary for `provided.al2023`.
    Function(&'static str),
    /// `bench/contestants/python`, with boto3.
    Python,
    /// `bench/contestants/node`, with AWS SDK v3.
    Node,
    /// `bench/contestants/go`, with AWS SDK v2.
    Go,
    /// `bench/contestants/java`, with AWS SDK v2, as Lambda's runtime starts it.
    Java,
    /// The same with an archive of its classes, and with the hooks of SnapStart. Nothing is restored from a snapshot.
    JavaPrimed,
}

/// The table to which a function writes its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// No table.
    None,
    /// An endpoint that gives the same answer to every request at once, over TLS.
    Constant,
    /// The same endpoint without TLS.
    ConstantHttp,
    /// The DynamoDB that runs on a laptop, over TLS.
    Dynamodb,
    /// The same DynamoDB without TLS.
    DynamodbHttp,
}

/// A function in one environment.
#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    /// The name in options and JSON.
    pub(crate) name: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    pub(crate) program: Program,
    pub(crate) table: Table,
    /// With the password from Secrets Manager, and a queue, as the stack sets them.
    pub(crate) as_deployed: bool,
    /// With a service of the app that allows everything, on the same machine.
    pub(crate) asks_a_service: bool,
    /// With 10,000 words that no message may have, and a rule that only friends may write.
    pub(crate) judges: bool,
    /// Variables of the environment besides.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    pub(crate) callback: Callback,
    /// The contestant with which this one is compared.
    pub(crate) baseline: &'static str,
}

impl Contestant {
    /// One of our functions on its own, compared with nothing.
    pub(crate) fn function(name: &'static str, table: Table, callback: Callback) -> Self {
        Self {
            name,
            title: name,
            program: Program::Function(name),
            table,
            as_deployed: false,
            asks_a_service: false,
            judges: false,
            environment: &[],
            callback,
            baseline: name,
        }
    }
}

const BARE: &str = "bare-http";
pub(crate) const FLOOR: &str = "sdk-floor";
pub(crate) const OURS: &str = "after-delete-friend";
const ASKS_NOBODY: &str = "asks-nobody";
const ASKS: &str = "asks-a-service";
const JUDGED: &str = "judged";
const JUDGED_FLOOR: &str = "judged-floor";
const MESSAGE_1K: &str = "message-1k";
const MESSAGE_1K_FLOOR: &str = "message-1k-floor";
const MESSAGE_16K: &str = "message-16k";
const MESSAGE_16K_FLOOR: &str = "message-16k-floor";
const AFTER_MESSAGE: &str = "after-send-single-msg";
const BEFORE_MESSAGE: &str = "before-send-single-msg";
/// What is installed for the contestant in Java.
const JAVA: &str = ".local/bench-java";
/// The flags with which Lambda's runtime for Java 17 starts a function with 256 MB, without paths of its own.
const JAVA_FLAGS: [&str; 8] = [
    "-XX:MaxHeapSize=222823k",
    "-XX:+UseSerialGC",
    "-XX:+TieredCompilation",
    "-XX:TieredStopAtLevel=1",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac",
    "-Djava.net.preferIPv4Stack=true",
    "-XX:+ErrorFileToStderr",
];
/// Where Debian and Amazon Linux have the system's root certificates.
const SYSTEM_ROOTS: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// The contestants of `bench functions`.
pub(crate) fn all() -> Vec<Contestant> {
    use Program::{Function, Go, Java, JavaPrimed, Node, Python};
    let contestant = |name, title, program, table| Contestant {
        name,
        title,
        program,
        table,
        as_deployed: name == "ours-as-deployed",
        asks_a_service: name == ASKS,
        judges: name == JUDGED,
        environment: match name {
            MESSAGE_1K_FLOOR => &[("ITEM_TEXT_BYTES", "1000")],
            MESSAGE_16K_FLOOR => &[("ITEM_TEXT_BYTES", "16000")],
            JUDGED_FLOOR => &[("READS_TABLE", RELATIONSHIPS)],
            _ => &[],
        },
        callback: match name {
            "tencent" => Callback::TencentFriendDelete,
            ASKS_NOBODY | ASKS => Callback::BeforeAddFriend,
            MESSAGE_1K | MESSAGE_1K_FLOOR => Callback::Message(1000),
            MESSAGE_16K | MESSAGE_16K_FLOOR => Callback::Message(16_000),
            JUDGED | JUDGED_FLOOR => Callback::BeforeMessage(1000),
            _ => Callback::DeleteFriend,
        },
        baseline: match (name, program, table) {
            (ASKS, ..) => ASKS_NOBODY,
            (MESSAGE_1K, ..) => MESSAGE_1K_FLOOR,
            (MESSAGE_16K, ..) => MESSAGE_16K_FLOOR,
            (JUDGED, ..) => JUDGED_FLOOR,
            (_, _, Table::None) => BARE,
            (_, Function(_), _) => FLOOR,
            // The same work in another language.
            _ => "ours",
        },
    };
    vec![
        contestant(
            "bare-runtime",
            "`lambda_runtime`, a fixed answer",
            Function("bare-runtime"),
            Table::None,
        ),
        contestant(
            BARE,
            "`lambda_http`, a fixed answer",
            Function("bare-http"),
            Table::None,
        ),
        contestant(
            "ours-no-table",
            "ours, without a table",
            Function(OURS),
            Table::None,
        ),
        contestant(
            FLOOR,
            "SDK floor: `PutItem` and a fixed answer",
            Function("sdk-floor"),
            Table::Constant,
        ),
        contestant("ours", "**ours**", Function(OURS), Table::Constant),
        contestant(
            "ours-as-deployed",
            "ours, password from Secrets Manager",
            Function(OURS),
            Table::Constant,
        ),
        contestant(
            "tencent",
            "ours, all commands of Tencent Chat",
            Function("tencent"),
            Table::Constant,
        ),
        contestant(
            MESSAGE_1K_FLOOR,
            "SDK floor: an item with a text of 1 KB",
            Function(FLOOR),
            Table::Constant,
        ),
        contestant(
            MESSAGE_1K,
            "ours, a message of 1 KB",
            Function(AFTER_MESSAGE),
            Table::Constant,
        ),
        contestant(
            MESSAGE_16K_FLOOR,
            "SDK floor: an item with a text of 16 KB",
            Function(FLOOR),
            Table::Constant,
        ),
        contestant(
            MESSAGE_16K,
            "ours, a message of 16 KB",
            Function(AFTER_MESSAGE),
            Table::Constant,
        ),
        contestant(
            JUDGED_FLOOR,
            "SDK floor: `BatchGetItem` of two items",
            Function(FLOOR),
            Table::Constant,
        ),
        contestant(
            JUDGED,
            "ours, may this message be sent: 10,000 words, only friends",
            Function(BEFORE_MESSAGE),
            Table::Constant,
        ),
        contestant(
            ASKS_NOBODY,
            "ours, a callback that asks first",
            Function("before-add-friend"),
            Table::None,
        ),
        contestant(
            ASKS,
            "the same with a service that decides",
            Function("before-add-friend"),
            Table::None,
        ),
        contestant(
            "ours-dynamodb",
            "ours, with a laptop's DynamoDB",
            Function(OURS),
            Table::Dynamodb,
        ),
        contestant(
            "ours-dynamodb-http",
            "the same without TLS",
            Function(OURS),
            Table::DynamodbHttp,
        ),
        contestant("go", "Go, AWS SDK v2", Go, Table::Constant),
        contestant("node", "Node 20, AWS SDK v3", Node, Table::Constant),
        contestant("python", "Python, boto3", Python, Table::Constant),
        contestant("java", "Java, AWS SDK v2", Java, Table::Constant),
        contestant(
            "java-primed",
            "the same with a class archive, primed",
            JavaPrimed,
            Table::Constant,
        ),
    ]
}

/// The contestants whose instructions are counted. They run without TLS, whose keys differ in every run.
pub(crate) fn counted() -> Vec<Contestant> {
    let known = |name: &str| {
        let mut all = all().into_iter();
        all.find(|contestant| contestant.name == name)
    };
    let names = [
        BARE,
        "ours-no-table",
        FLOOR,
        "ours",
        "tencent",
        MESSAGE_1K_FLOOR,
        MESSAGE_1K,
        MESSAGE_16K_FLOOR,
        MESSAGE_16K,
        JUDGED_FLOOR,
        JUDGED,
    ];
    let mut counted: Vec<_> = names.into_iter().filter_map(known).collect();
    counted.extend(known(ASKS_NOBODY).map(|asks| Contestant {
        name: "before-add-friend",
        table: Table::Constant,
        baseline: FLOOR,
        ..asks
    }));
    for contestant in &mut counted {
        if contestant.table == Table::Constant {
            contestant.table = Table::ConstantHttp;
        }
    }
    counted
}

/// The contestants that `only` names, in their usual order; all of them if it names none. Fails if one is not built. If
/// `only` names none, a language that this machine does not have is left out.
pub(crate) fn select(
    contestants: Vec<Contestant>,
    only: &[String],
    places: &Places,
) -> Result<Vec<Contestant>> {
    let names: Vec<_> = contestants.iter().map(|it| it.name).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("{unknown:?} is none of {}", names.join(", ")).into());
    }
    let is_wanted = |it: &Contestant| {
        if !only.is_empty() {
            return only.iter().any(|name| name == it.name);
        }
        let is_there = !it.program.is_optional() || it.program.missing(places).is_none();
        if !is_there {
            eprintln!("{} is left out: make bench-contestants says why", it.name);
        }
        is_there
    };
    let selected: Vec<_> = contestants.into_iter().filter(is_wanted).collect();
    for contestant in &selected {
        if let Some(missing) = contestant.program.missing(places) {
            let (missing, name) = (missing.display(), contestant.name);
            let rule = contestant.program.rule();
            return Err(format!(
                "{missing} does not exist: run make {rule}, or leave {name} out with --only"
            )
            .into());
        }
    }
    Ok(selected)
}

impl Program {
    /// The program and its arguments.
    pub(crate) fn command(self, places: &Places) -> Vec<PathBuf> {
        match self {
            Self::Function(name) => vec![places.functions.join(name).join("bootstrap")],
            Self::Python => {
                let mut command = vec![root().join(".local/bench-python/bin/python")];
                command.extend(["-m", "awslambdaric", "function.handler"].map(PathBuf::from));
                command
            }
            Self::Node => vec![
                root().join(".local/bench-node/bin/node"),
                root().join(".local/bench-node/dist/index.mjs"),
            ],
            Self::Go => vec![root().join(".local/bench-go/function/bootstrap")],
            Self::Java | Self::JavaPrimed => {
                let mut command = vec![root().join(JAVA).join("bin/java")];
                let client = "com.amazonaws.services.lambda.runtime.api.client";
                let library = root().join(JAVA).join("runtime/libaws-lambda-jni.so");
                let library = format!(
                    "-D{client}.runtimeapi.NativeClient.JNI={}",
                    library.display()
                );
                command.extend(JAVA_FLAGS.map(PathBuf::from));
                command.push(library.into());
                // Relative to the folder in which it starts. On Lambda, the client loads the function's classes itself. An
                // archive helps more if they are in the class path, as in an image of one's own.
                let classes = match self {
                    Self::JavaPrimed => "lib/*:../runtime/*",
                    _ => "../runtime/*",
                };
                command.extend(["-classpath", classes].map(PathBuf::from));
                command.push(format!("{client}.AWSLambda").into());
                command.push("Function::handleRequest".into());
                command
            }
        }
    }

    /// A file that it needs and that does not exist.
    fn missing(self, places: &Places) -> Option<PathBuf> {
        // The arguments are not absolute paths.
        let mut needed = self.command(places).into_iter();
        needed.find(|it| it.is_absolute() && !it.exists())
    }

    /// Whether it is built only on a machine that has its language.
    fn is_optional(self) -> bool {
        matches!(self, Self::Go | Self::Java | Self::JavaPrimed)
    }

    /// The folders whose contents are zipped and deployed.
    pub(crate) fn packages(self, places: &Places) -> Vec<PathBuf> {
        match self {
            Self::Function(name) => vec![places.functions.join(name)],
            Self::Python => vec![
                root().join("bench/contestants/python"),
                // The folder's name contains the version of Python.
                fs::read_dir(root().join(".local/bench-python/lib"))
                    .ok()
                    .and_then(|mut pythons| pythons.next()?.ok())
                    .map(|python| python.path().join("site-packages"))
                    .unwrap_or_default(),
            ],
            Self::Node => vec![root().join(".local/bench-node/dist")],
            Self::Go => vec![root().join(".local/bench-go/function")],
            Self::Java | Self::JavaPrimed => vec![root().join(JAVA).join("function")],
        }
    }

    /// The file of root certificates that the program reads in production, if it reads one.
    pub(crate) fn own_roots(self, places: &Places) -> Option<PathBuf> {
        match self {
            Self::Python => Some(self.packages(places)[1].join("botocore/cacert.pem")),
            // The system's, as on Lambda.
            Self::Go => SYSTEM_ROOTS
                .map(PathBuf::from)
                .into_iter()
                .find(|it| it.exists()),
            // Java's are in a format of its own.
            Self::Function(_) | Self::Node | Self::Java | Self::JavaPrimed => None,
        }
    }

    /// The folder of Java's programs and libraries, if the program runs in Java.
    pub(crate) fn java_home(self) -> Result<Option<PathBuf>> {
        match self {
            Self::Java | Self::JavaPrimed => {
                let java = fs::canonicalize(root().join(JAVA).join("bin/java"))?;
                Ok(java.ancestors().nth(2).map(Path::to_owned))
            }
            _ => Ok(None),
        }
    }

    /// Lambda's `LAMBDA_TASK_ROOT`, in which the program starts.
    pub(crate) fn task_root(self, places: &Places) -> PathBuf {
        self.packages(places)[0].clone()
    }

    /// The binary, if the program is one.
    pub(crate) fn binary(self, places: &Places) -> Option<PathBuf> {
        match self {
            Self::Function(_) | Self::Go => self.command(places).into_iter().next(),
            Self::Python | Self::Node | Self::Java | Self::JavaPrimed => None,
        }
    }

    /// The rule of the Makefile that builds or installs the program.
    fn rule(self) -> &'static str {
        match self {
            Self::Function(BARE | "bare-runtime") => "bench-bare",
            Self::Function(_) => "bench-functions",
            _ => "bench-contestants",
        }
    }
}

/// A path relative to the repository, for messages.
pub(crate) fn shown(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap_or(path);
    inside.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere() -> Places {
        Places {
            functions: "/nowhere".into(),
            imhook: "/nowhere".into(),
        }
    }

    #[test]
    fn every_baseline_is_measured_in_the_same_run() {
        for group in [all(), counted()] {
            for contestant in &group {
                let baseline = group.iter().find(|it| it.name == contestant.baseline);
                assert!(baseline.is_some(), "{contestant:?}");
            }
        }
    }

    #[test]
    fn the_error_names_a_contestant_that_is_not_built_or_not_known() {
        let error = |only: &str| {
            let selected = select(all(), &[only.to_owned()], &nowhere());
            selected.unwrap_err().to_string()
        };
        assert_eq!(
            error(BARE),
            "/nowhere/bare-http/bootstrap does not exist: run make bench-bare, or leave bare-http out with --only"
        );
        assert!(
            error("bear-http").starts_with("\"bear-http\" is none of bare-runtime, bare-http, ")
        );
    }
}
