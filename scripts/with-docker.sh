#!/usr/bin/env bash
# scripts/with-docker.sh COMMAND...: runs a command with a Docker engine. If no engine answers, this script starts a new
# one in its own namespaces, for this command only. No other program sees that engine, its network leads nowhere, and
# nothing of it remains, however the command ends.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:$PWD/.local/docker/root/usr/bin:$PWD/.local/docker/root/usr/sbin

if [ "${1-}" != --inside ]; then
  if docker version >/dev/null 2>&1; then exec "$@"; fi
  namespaces=(unshare --net --mount --pid --kill-child --mount-proc)
  "${namespaces[@]}" true 2>/dev/null || {
    echo "error: no Docker engine answers, and only root can start one (make test SAM_LOCAL=skip needs none)" >&2
    exit 1
  }
  make --silent --no-print-directory .local/docker/dockerd .local/stand-in.tar
  # In the background, because unshare ignores signals while it waits. Everything that it has started ends with it.
  "${namespaces[@]}" "$0" --inside "$@" &
  trap 'kill -KILL $!; exit 1' HUP INT TERM
  wait $!
  exit
fi
shift

# Hides the sockets and locks of other programs, and makes room for the engine's data.
mount -t tmpfs tmpfs /run
tar --extract --file .local/stand-in.tar --directory /run ./bin/busybox # not every machine has ip
/run/bin/busybox ip link set lo up

# This engine must not read the configuration of the machine's own engine. It needs no iptables, because all connections
# begin on this machine.
echo '{}' >/run/docker.json
export DOCKER_HOST=unix:///run/docker.sock
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY
.local/docker/dockerd --config-file /run/docker.json --host "$DOCKER_HOST" --data-root /run/docker-data \
  --iptables=false --ip6tables=false >/run/docker.log 2>&1 &
until docker version >/dev/null 2>&1; do
  kill -0 $! 2>/dev/null || { tail -n 5 /run/docker.log >&2 && echo "error: the Docker engine does not start" >&2 && exit 1; }
  sleep 0.2
done
"$@"
