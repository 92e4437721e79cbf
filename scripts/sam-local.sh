#!/usr/bin/env bash
# `make sam-local`: runs template.yaml with its routes, in containers like Lambda's, until Ctrl-C. LAMBDA_DIR has the
# functions. IMAGE=stand-in does not use Lambda's image, even where it is available.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.local/tools/bin:$PATH # sam
ADDRESS=${ADDRESS:-127.0.0.1} PORT=${PORT:-9000}
DYNAMODB_PORT=${DYNAMODB_PORT:-8000} SDK_APP_ID=${SDK_APP_ID:-1400000001}
folder=.local/sam-local
table=events limits=limits relationships=relationships log=$folder/sam.log
docker version >/dev/null 2>&1 || { echo "error: no Docker engine answers (make run needs none)" >&2 && exit 1; }
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x86_64 ;; esac

# The template looks for target/lambda next to it. So it gets its own, different from what `make build` makes for
# deployment.
mkdir -p "$folder/target"
rm -rf "$folder/target/lambda"
ln -s "$(realpath "$LAMBDA_DIR")" "$folder/target/lambda"
cp template.yaml "$folder/"

image=public.ecr.aws/lambda/provided:al2023-$arch
if [ "${IMAGE-}" = stand-in ] || ! docker pull --quiet "$image"; then
  image=lambda-stand-in:$arch
  echo "using $image instead of Lambda's image" >&2
  if ! docker image inspect "$image" >/dev/null 2>&1; then
    make --silent --no-print-directory .local/stand-in.tar
    docker import --change 'ENV PATH=/bin' .local/stand-in.tar "$image"
  fi
fi

stop() {
  trap '' INT TERM
  # SIGTERM, because background processes of a script ignore SIGINT.
  kill "$dynamodb" ${sam:+"$sam"} 2>/dev/null || true
  wait || true
  # SAM leaves busy and warm containers behind. Its log has their ids.
  sed -n 's/.*SAM_CONTAINER_ID: //p' "$log" | xargs docker rm --force >/dev/null 2>&1 || true
  echo stopped
}

# Containers reach this machine at an address that the engine writes into each of them. The engine cannot be asked for
# it: a newly installed Docker 20.10 knows no gateway of its bridge until its second start.
host=$(docker run --rm --add-host host.docker.internal:host-gateway --entrypoint /bin/sh "$image" -c '
  while read -r address name; do
    case $address/$name in *:*) ;; */host.docker.internal) echo "$address" && exit ;; esac
  done </etc/hosts')
[ "$host" ] || { echo "error: the Docker engine gives containers no IPv4 address of this machine (host-gateway)" >&2 && exit 1; }
# If the address belongs to another machine (Docker Desktop), containers reach what listens on this machine's loopback.
hostname -I 2>/dev/null | grep -qwF "$host" || host=127.0.0.1
endpoint=http://$host:$DYNAMODB_PORT
target/debug/imhook dynamodb --address "$host" --port "$DYNAMODB_PORT" --file .local/dynamodb.sqlite >/dev/null &
dynamodb=$!
: >"$log"
trap stop EXIT
trap 'exit 0' INT TERM
until sleep 0.2 && target/debug/imhook create-table --dynamodb "$endpoint" --table "$table" 2>/dev/null; do
  kill -0 "$dynamodb" 2>/dev/null # otherwise it has printed its error
done
target/debug/imhook create-table --dynamodb "$endpoint" --resource LimitsTable --table "$limits"
target/debug/imhook create-table --dynamodb "$endpoint" --resource RelationshipsTable --table "$relationships"

# SAM passes on only the variables that template.yaml declares. None of these names a real table or secret.
printf '{"Parameters": {%s, "EVENTS_TABLE": "%s", "LIMITS_TABLE": "%s", "RELATIONSHIPS_TABLE": "%s", "AWS_ENDPOINT_URL_DYNAMODB": "http://%s:%s"}}' \
  '"EVENTS_QUEUE_URL": "", "NONCES_TABLE": "", "OPENIM_SECRET_ID": "", "TENCENT_SECRET_ID": ""' \
  "$table" "$limits" "$relationships" host.docker.internal "$DYNAMODB_PORT" >"$folder/env.json"
unset AWS_PROFILE AWS_SESSION_TOKEN
# The longest deadlines: on a busy laptop, the first answer of a new container takes longer than on AWS. `sam local invoke`
# with this template reads the same settings.
printf '%s\n' 'version = 0.1' '[default.global.parameters]' \
  "invoke_image = [\"$image\"]" 'skip_pull_image = true' 'add_host = ["host.docker.internal:host-gateway"]' \
  "env_vars = \"$PWD/$folder/env.json\"" \
  "parameter_overrides = \"Architecture=$arch OpenIMVerifier=none TencentVerifier=none TencentSdkAppId=$SDK_APP_ID DeadlineMs=2500 BeforeDeadlineMs=2500\"" \
  >"$folder/samconfig.toml"
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0
sam local start-api --template "$folder/template.yaml" --host "$ADDRESS" --port "$PORT" --warm-containers LAZY > >(tee -i "$log") 2>&1 &
sam=$!
until grep -q "Running on" "$log"; do sleep 0.5 && kill -0 "$sam" 2>/dev/null; done
url=http://${ADDRESS/0.0.0.0/127.0.0.1}:$PORT
curl --silent --output /dev/null "$url" # makes SAM build its image now, not while a callback waits
printf '%s\n' "url: $url" "dynamodb: $endpoint" "table: $table" "SdkAppid: $SDK_APP_ID" "ready: Ctrl-C stops"
wait "$sam"
