#!/usr/bin/env bash
# `make sam-local`: template.yaml with its routes, in containers like Lambda's, until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.local/tools/bin:$PATH # cargo-lambda, its zig, sam
ADDRESS=${ADDRESS:-127.0.0.1} PORT=${PORT:-9000}
DYNAMODB_PORT=${DYNAMODB_PORT:-8000} SDK_APP_ID=${SDK_APP_ID:-1400000001}
# Not target/lambda: what is tried here must not be taken for what `make build` made for deployment.
folder=.local/sam-local
table=events limits=limits log=$folder/sam.log
mkdir -p "$folder"
docker version >/dev/null 2>&1 || { echo "error: no Docker engine answers (make run needs none)" >&2 && exit 1; }
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x86_64 ;; esac

# The dev profile: it takes a minute or two, release six, and what is tried here is the template. cargo-lambda links for
# an older glibc than that of Amazon Linux 2023; plain cargo would link for this machine's.
cargo lambda build --locked --workspace --exclude bench --exclude contestants --exclude cli --exclude fuzz --exclude generate --exclude models --exclude support --exclude tests "--${arch/_/-}" \
  --lambda-dir "$folder/target/lambda"
make --no-print-directory put-policies LAMBDA_DIR="$folder/target/lambda"
cp template.yaml "$folder/"
# The command of `make run`, so that what one of them compiled serves the other.
cargo build --locked --workspace --bins

# Debian's packages with what our binaries, and SAM when it adds the runtime API, need of a Linux.
build_stand_in() {
  local folder command package
  folder=$(mktemp -d)
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root busybox-static libc6)
  for package in "$folder"/*.deb; do dpkg-deb --extract "$package" "$folder/root"; done
  for command in sh mv chmod; do ln -s busybox "$folder/root/bin/$command"; done
  mkdir -p "$folder"/root/var/{rapid,task}
  tar --create --directory "$folder/root" . | docker import --change 'ENV PATH=/bin' - "$1"
  rm -r "$folder"
}
image=public.ecr.aws/lambda/provided:al2023-$arch
if ! docker pull --quiet "$image"; then
  image=lambda-stand-in:$arch
  echo "Lambda's image cannot be had; $image takes its place" >&2
  docker image inspect "$image" >/dev/null 2>&1 || build_stand_in "$image"
fi

stop() {
  trap '' INT TERM
  # SIGTERM, because background processes of a script ignore SIGINT.
  kill "$dynamodb" ${sam:+"$sam"} 2>/dev/null || true
  wait || true
  # SAM leaves busy and warm containers behind. These are its own words about each.
  sed -n 's/.*SAM_CONTAINER_ID: //p' "$log" | xargs docker rm --force >/dev/null 2>&1 || true
  echo stopped
}

# Containers reach this machine at the bridge's address. Where that is another machine's (Docker Desktop), they reach
# what listens on loopback here.
host=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')
hostname -I 2>/dev/null | grep -qwF "$host" || host=127.0.0.1
endpoint=http://$host:$DYNAMODB_PORT
target/debug/imhook dynamodb --address "$host" --port "$DYNAMODB_PORT" --file .local/dynamodb.sqlite >/dev/null &
dynamodb=$!
: >"$log"
trap stop EXIT
trap 'exit 0' INT TERM
until sleep 0.2 && target/debug/imhook create-table --dynamodb "$endpoint" --table "$table" 2>/dev/null; do
  kill -0 "$dynamodb" 2>/dev/null # or it has said why not
done
target/debug/imhook create-table --dynamodb "$endpoint" --resource LimitsTable --table "$limits"

# SAM passes on no variables but those that template.yaml declares. None of this leads to a real table or secret.
printf '{"Parameters": {%s, "EVENTS_TABLE": "%s", "LIMITS_TABLE": "%s", "AWS_ENDPOINT_URL_DYNAMODB": "http://%s:%s"}}' \
  '"EVENTS_QUEUE_URL": "", "NONCES_TABLE": "", "OPENIM_SECRET_ID": "", "TENCENT_SECRET_ID": ""' \
  "$table" "$limits" host.docker.internal "$DYNAMODB_PORT" >"$folder/env.json"
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0
sam local start-api --template "$folder/template.yaml" --host "$ADDRESS" --port "$PORT" \
  --invoke-image "$image" --skip-pull-image --warm-containers LAZY --add-host host.docker.internal:host-gateway \
  --env-vars "$folder/env.json" \
  --parameter-overrides "Architecture=$arch OpenIMVerifier=none TencentVerifier=none TencentSdkAppId=$SDK_APP_ID" > >(tee -i "$log") 2>&1 &
sam=$!
until grep -q "Running on" "$log"; do sleep 0.5 && kill -0 "$sam" 2>/dev/null; done
url=http://${ADDRESS/0.0.0.0/127.0.0.1}:$PORT
curl --silent --output /dev/null "$url" # SAM makes its image now, and not while a callback waits
printf '%s\n' "url: $url" "dynamodb: $endpoint" "table: $table" "SdkAppid: $SDK_APP_ID" "ready: Ctrl-C stops"
wait "$sam"
