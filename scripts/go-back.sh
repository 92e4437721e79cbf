#!/usr/bin/env bash
# scripts/go-back.sh STACK [ARGUMENTS OF sam deploy]: deploys again what scripts/deploy.sh kept, with its parameters.
set -euo pipefail
stack=$1
shift
kept=.local/deployed/$stack
if [ ! -f "$kept/template.json" ]; then
  echo "error: $kept has nothing: only 'make deploy' on this machine keeps what was deployed before" >&2
  exit 1
fi
# The body is a text of YAML, or an object if the template was JSON.
python3 -c '
import json, sys
body = json.load(open(sys.argv[1], encoding="utf-8"))
print(body if isinstance(body, str) else json.dumps(body))
' "$kept/template.json" >"$kept/template.yaml"
mapfile -t parameters < <(python3 -c '
import json, sys
stack = json.load(open(sys.argv[1], encoding="utf-8"))["Stacks"][0]
for one in stack.get("Parameters", []):
    print("{}={}".format(one["ParameterKey"], json.dumps(one["ParameterValue"])))
' "$kept/stack.json")
# `sam` would look for its settings beside that template.
sam deploy --config-file "$PWD/samconfig.toml" --stack-name "$stack" --template-file "$kept/template.yaml" --no-fail-on-empty-changeset "$@" \
  --parameter-overrides "${parameters[@]}"
