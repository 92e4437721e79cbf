#!/usr/bin/env bash
# `make bench-openim`: sends after callbacks as OpenIM does, to release functions in the gateway and tables of `make run`.
# Prints a line of JSON for each run: first how much gets through, then thirty minutes of bursts. MINUTES=0 leaves these out.
# FUNCTIONS has the functions, IMHOOK is the program.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD functions=$(realpath "$FUNCTIONS") imhook=$(realpath "$IMHOOK")
port=${PORT:-9300} dynamodb_port=${DYNAMODB_PORT:-8300}
folder=$(mktemp -d)
stack=
stop() {
  [ -z "$stack" ] || { kill "$stack" && wait "$stack"; } 2>/dev/null || true
  stack=
}
trap 'stop; rm -rf "$folder"' EXIT

(cd bench/openim-client && go vet . && go test . && go build -buildvcs=false -o "$folder/client" .) >&2
# `imhook run` starts the programs next to it.
cp "$imhook" "$folder/imhook"
for function in after-send-single-msg after-send-group-msg any-command project-views; do
  ln -s "$functions/$function/bootstrap" "$folder/$function"
done

# Each with an empty table: the laptop's DynamoDB becomes slower with each record of a stream.
measure() {
  rm -rf "$folder/data"
  "$folder/imhook" run --folder "$folder/data" --policies "$root/policies.json" --port "$port" \
    --dynamodb-port "$dynamodb_port" --inspect-port 0 >"$folder/log" 2>&1 &
  stack=$!
  until grep -q '^ready' "$folder/log"; do
    kill -0 "$stack" || { cat "$folder/log" >&2 && exit 1; }
    sleep 0.1
  done
  local at=(-url "http://127.0.0.1:$port" -dynamodb "http://127.0.0.1:$dynamodb_port")
  # The processes of the functions start with the first callbacks.
  "$folder/client" "${at[@]}" -seconds 2 >/dev/null
  "$folder/client" "${at[@]}" "$@"
  stop
}

# Far too much, which shows how much gets through; then 0.9 and 1.2 of that.
for network in 5 20 50; do
  told=$(measure -seconds 15 -rate $((6000 / network)) -network "${network}ms")
  echo "$told"
  reached=$(sed 's/.*"sentASecond":\([0-9.]*\).*/\1/' <<<"$told")
  measure -seconds 20 -rate "$(awk "BEGIN { print 0.9 * $reached }")" -network "${network}ms"
  measure -seconds 40 -rate "$(awk "BEGIN { print 1.2 * $reached }")" -network "${network}ms"
done
for processes in 2 4; do
  measure -seconds 15 -rate $((120 * processes)) -network 50ms -processes $processes
done
if [ "${MINUTES:=30}" != 0 ]; then
  measure -seconds $((MINUTES * 60)) -rate 20 -burst 4 -network 20ms
fi
