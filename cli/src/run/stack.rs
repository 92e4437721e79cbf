//! Reads from `template.yaml` the functions, their routes, and the gateway's own answer.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use percent_encoding::percent_decode_str;
use serde_yaml_ng::Value;

use crate::{Result, table::TEMPLATE};

/// The route of all requests that no other route matches.
const CATCH_ALL: &str = "/{proxy+}";

/// The parts of the stack that a local run needs.
pub(crate) struct Stack {
    /// Every function.
    pub(crate) functions: BTreeMap<String, Declared>,
    /// The variables that all functions get from parameters, with the defaults of these. Empty ones are left out.
    pub(crate) environment: Vec<(String, String)>,
    /// The function of each path to which callbacks are posted.
    routes: HashMap<String, String>,
    /// The function of all other paths and methods.
    catch_all: String,
    /// The gateway's own answer.
    refusal: String,
}

/// What the template says about a function.
pub(crate) struct Declared {
    pub(crate) binary: String,
    pub(crate) timeout: Duration,
}

/// The second function from the binary `deliver`: it hands callbacks on to another receiver.
pub(crate) const FORWARD: &str = "forward";

impl Stack {
    /// Reads the template that this program was built with. `on_failure` is the value of `OnFailure`; `None` means the
    /// default.
    pub(crate) fn read(on_failure: Option<&str>) -> Result<Self> {
        let template: Value = serde_yaml_ng::from_str(TEMPLATE)?;
        let mut functions = BTreeMap::new();
        let mut routes = HashMap::new();
        let mut catch_all = None;
        let resources = template["Resources"].as_mapping();
        for (_, resource) in resources.into_iter().flatten() {
            let properties = &resource["Properties"];
            // Only functions whose binary `make build` makes.
            let Some(binary) = properties["CodeUri"]
                .as_str()
                .and_then(|folder| folder.strip_prefix("target/lambda/"))
                .map(|name| name.trim_end_matches('/').to_owned())
            else {
                continue;
            };
            let name = match properties["Environment"]["Variables"]["FORWARD_URL"].is_null() {
                true => binary.clone(),
                false => FORWARD.to_owned(),
            };
            let timeout = properties["Timeout"]
                .as_u64()
                .or_else(|| template["Globals"]["Function"]["Timeout"].as_u64())
                .ok_or_else(|| format!("template.yaml: {name} has no Timeout"))?;
            let events = properties["Events"].as_mapping();
            for (_, event) in events.into_iter().flatten() {
                let route = &event["Properties"];
                match (route["Path"].as_str(), route["Method"].as_str()) {
                    (Some(CATCH_ALL), _) => catch_all = Some(name.clone()),
                    (Some(path), Some("POST")) => {
                        routes.insert(path.to_owned(), name.clone());
                    }
                    // `/` belongs to the function of all other paths.
                    _ => {}
                }
            }
            let timeout = Duration::from_secs(timeout);
            functions.insert(name, Declared { binary, timeout });
        }
        let on_failure = on_failure
            .or_else(|| template["Parameters"]["OnFailure"]["Default"].as_str())
            .unwrap_or_default();
        let refusal = template["Mappings"]["GatewayAnswer"][on_failure]["Body"].as_str();
        Ok(Self {
            environment: environment(&template),
            functions,
            routes,
            catch_all: catch_all.ok_or("template.yaml: no function has the path /{proxy+}")?,
            refusal: refusal
                .ok_or_else(|| {
                    format!("ON_FAILURE is {on_failure:?}, but must be refuse or allow")
                })?
                .to_owned(),
        })
    }

    /// The function and the route of a request.
    pub(crate) fn route(&self, method: &str, path: &str) -> (&str, &str) {
        if method == "POST"
            && let Some((route, function)) = self.routes.get_key_value(&plain(path))
        {
            return (function, route);
        }
        match path {
            "/" => (&self.catch_all, "/"),
            _ => (&self.catch_all, CATCH_ALL),
        }
    }

    /// The gateway's own answer for this type of response.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
    pub(crate) fn refusal(&self, response_type: &str) -> String {
        self.refusal
            .replace("$context.error.responseType", response_type)
    }
}

fn environment(template: &Value) -> Vec<(String, String)> {
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    let variables = variables.as_mapping().into_iter().flatten();
    let defaults = variables.filter_map(|(name, value)| {
        let Value::Tagged(value) = value else {
            return None;
        };
        let parameter = value.value.as_str().filter(|_| value.tag == "Ref")?;
        let default = match &template["Parameters"][parameter]["Default"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        (!default.is_empty()).then_some((name.as_str()?.to_owned(), default))
    });
    defaults.collect()
}

/// A path without its escapes and without empty segments.
fn plain(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments
        .map(|segment| format!("/{}", percent_decode_str(segment).decode_utf8_lossy()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_command_has_the_function_of_the_catalogue() {
        let stack = Stack::read(None).unwrap();
        let mut functions = vec![
            "any-command",
            "deliver",
            FORWARD,
            "moderate",
            "project-views",
            "publish",
            "redrive",
        ];
        let commands: Vec<_> = protocol::catalogue().collect();
        let of_commands: Vec<String> = commands.iter().map(|it| it.function()).collect();
        for (command, function) in commands.iter().zip(&of_commands) {
            let path = command
                .switch
                .map_or("/tencent".to_owned(), |_| format!("/{}", command.name));
            assert_eq!(stack.route("POST", &path), (function.as_str(), &*path));
            functions.push(function);
        }
        functions.sort_unstable();
        functions.dedup();
        assert!(stack.functions.keys().eq(functions));
        for (name, binary, seconds) in [
            ("tencent", "tencent", 3),
            ("project-views", "project-views", 300),
            ("deliver", "deliver", 120),
            (FORWARD, "deliver", 120),
        ] {
            let declared = &stack.functions[name];
            assert_eq!(declared.binary, binary);
            assert_eq!(declared.timeout, Duration::from_secs(seconds), "{name}");
        }
    }

    #[test]
    fn escapes_and_empty_segments_do_not_change_the_route_of_a_path() {
        let stack = Stack::read(None).unwrap();
        for path in [
            "/callbackAfterDeleteFriendCommand",
            "//callbackAfterDeleteFriendCommand",
            "/callbackAfterDeleteFriendCommand/",
            "/callback%41fterDeleteFriendComman%64",
        ] {
            assert_eq!(stack.route("POST", path).0, "after-delete-friend", "{path}");
            assert_eq!(stack.route("GET", path).0, "any-command", "{path}");
        }
        for path in [
            "/",
            "",
            "//",
            "*",
            "/healthz",
            "/base/callbackAfterDeleteFriendCommand",
            "/x%2FcallbackAfterDeleteFriendCommand",
            "/callbackafterdeletefriendcommand",
            "/{proxy+}",
            "/%ff",
        ] {
            assert_eq!(stack.route("POST", path).0, "any-command", "{path}");
        }
    }

    #[test]
    fn functions_have_the_defaults_of_the_parameters() {
        let environment = Stack::read(None).unwrap().environment;
        let value = |wanted| {
            let mut all = environment.iter();
            let found = all.find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(value("ON_FAILURE"), Some("refuse"));
        assert_eq!(value("DEADLINE_MS"), Some("1500"));
        assert_eq!(value("OPENIM_SIGNATURE_HEADER"), None, "it is empty");
        assert_eq!(value("EVENTS_TABLE"), None, "it is not a parameter");
    }

    #[test]
    fn the_gateways_own_answer_says_why_and_refuses_or_allows() {
        for (on_failure, next) in [(None, 1), (Some("refuse"), 1), (Some("allow"), 0)] {
            let refusal = Stack::read(on_failure).unwrap().refusal("DEFAULT_5XX");
            let refusal: Value = serde_json::from_str(&refusal).unwrap();
            let codes = json!([refusal["actionCode"], refusal["nextCode"]]);
            assert_eq!(codes, json!([0, next]), "{on_failure:?}");
            assert_eq!(refusal["errDlt"], "DEFAULT_5XX");
        }
        assert!(Stack::read(Some("refused")).is_err());
    }
}
