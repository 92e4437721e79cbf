#!/usr/bin/env bash
# bench/contestants/go/install.sh FOLDER: builds the function into FOLDER/function, as AWS's guide says for
# provided.al2023. What was compiled stays in FOLDER, which CI keeps. It does nothing on a machine without Go.
set -euo pipefail
if ! command -v go >/dev/null; then
  echo "the contestant in Go is left out: this machine has no go"
  exit
fi
folder=$(realpath "$1")
cd "$(dirname "$0")"
export GOCACHE="$folder/cache" CGO_ENABLED=0
go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '-s -w' -o "$folder/function/bootstrap" .
touch "$folder/built"
