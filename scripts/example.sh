#!/usr/bin/env bash
# scripts/example.sh LANGUAGE: builds examples/LANGUAGE in .local/examples/LANGUAGE, with the commands of its README.md.
# It does nothing on a machine without the tools of that language.
set -euo pipefail
case $1 in
  go) tool=go ;;
  java) tool=mvn ;;
  typescript) tool=npm ;;
esac
if ! command -v $tool >/dev/null; then
  echo "examples/$1 is left out: this machine has no $tool"
  exit
fi
mkdir -p ".local/examples/$1"
cp -R "examples/$1/." ".local/examples/$1/"
cd ".local/examples/$1"
case $1 in
  go) go build -buildvcs=false -o service ;;
  java) mvn --quiet --batch-mode --strict-checksums dependency:copy-dependencies ;;
  typescript)
    npm ci --ignore-scripts --no-audit --no-fund --silent
    npm run --silent build
    ;;
esac
touch "../$1.built"
