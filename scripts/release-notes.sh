#!/usr/bin/env bash
# scripts/release-notes.sh VERSION: the section of that version in CHANGELOG.md, without its heading.
set -euo pipefail
cd "$(dirname "$0")/.."
notes=$(awk -v version="$1" '/^## /{ inside = $2 == version; next } inside' CHANGELOG.md | sed '/./,$!d')
[ "$notes" ] || { echo "error: CHANGELOG.md has no section for $1" >&2 && exit 1; }
printf '%s\n' "$notes"
