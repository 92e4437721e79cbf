#!/usr/bin/env bash
# scripts/deploy.sh STACK [ARGUMENTS OF sam deploy]: keeps what is deployed now, so that scripts/go-back.sh can deploy it
# again, and then deploys template.yaml.
set -euo pipefail
stack=$1
shift
kept=.local/deployed/$stack
mkdir -p "$kept"
if aws cloudformation describe-stacks --stack-name "$stack" >"$kept/stack.json.new" 2>"$kept/error"; then
  # The template as `sam deploy` sent it: with the addresses of the code, which stays in the bucket.
  aws cloudformation get-template --stack-name "$stack" --template-stage Original --query TemplateBody --output json >"$kept/template.json.new"
  mv "$kept/stack.json.new" "$kept/stack.json"
  mv "$kept/template.json.new" "$kept/template.json"
  echo "kept what is deployed now: $kept"
elif ! grep --quiet 'does not exist' "$kept/error"; then
  cat "$kept/error" >&2
  exit 1
fi
sam deploy --stack-name "$stack" --no-fail-on-empty-changeset "$@"
