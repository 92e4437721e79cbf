#!/usr/bin/env bash
# scripts/python.sh FOLDER REQUIREMENTS: installs Python programs into FOLDER, or adds them to it.
set -euo pipefail
# Debian's module venv does not work without one more package. If it fails, pip fetches virtualenv, which replaces it.
if [ ! -x "$1/bin/pip" ] && ! python3 -m venv "$1" >/dev/null 2>&1; then
  rm -rf "$1"
  python3 -m pip install --quiet --target .local/virtualenv virtualenv==21.15.8
  PYTHONPATH=.local/virtualenv python3 -m virtualenv --quiet "$1"
fi
"$1/bin/pip" install --quiet --requirement "$2"
