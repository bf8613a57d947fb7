#!/bin/sh
# Stops what up.sh started, and nothing else: workers first, so that they hand back what they have
# in hand. Says nothing and does nothing when nothing runs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

# Longest wait for an orderly end, in tenths of a second.
patience=350

signal() { # signal name
    process=$(process_of "$2")
    [ -n "$process" ] || return 0
    case $2 in
    # The process that made the name spaces is deaf; the first one inside listens.
    rabbitmq | ceph) [ "$1" = KILL ] || process=$(cat "/proc/$process/task/$process/children") ;;
    esac
    # shellcheck disable=SC2086 # one process per word
    kill -s "$1" $process 2>/dev/null || true
}

stop() { # names…
    for name in "$@"; do signal TERM "$name"; done
    for name in "$@"; do
        waited=0
        while [ -n "$(process_of "$name")" ] && [ $waited -lt $patience ]; do
            sleep 0.1
            waited=$((waited + 1))
        done
        if [ -n "$(process_of "$name")" ]; then
            echo "down: $name did not end by itself"
            signal KILL "$name"
        fi
        rm -f "$pids/$name"
    done
}

all=$(running)
[ -n "$all" ] || exit 0
# shellcheck disable=SC2046 # one name per word
stop $(echo "$all" | grep '^worker-' || true)
# shellcheck disable=SC2046
stop $(echo "$all" | grep -v '^worker-' || true)
rm -rf "$pids" "$run/rumiai.env" "$run/workers.env"
echo "down: everything is stopped; logs are in $run"
