# What up.sh and down.sh share; read by them, not run.
cache=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}
run=${RUMIAI_RUN_DIR:-$cache/run}
# The order in which things are stopped.
pids=$run/pids

die() {
    echo "$(basename "$0" .sh): $1" >&2
    exit 1
}

# A number of a process may be given to another one later, but not with the same start.
started_at() { # process
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

remember() { # name process
    echo "$2 $(started_at "$2")" >"$pids/$1"
}

# The process of this name if it is the one that was started, else nothing.
process_of() { # name
    [ -e "$pids/$1" ] || return 0
    read -r process start <"$pids/$1"
    [ "$(started_at "$process")" = "$start" ] && echo "$process"
    return 0
}

# What still runs, last started first.
running() {
    [ -d "$pids" ] || return 0
    for name in $(ls -t "$pids"); do
        [ -z "$(process_of "$name")" ] || echo "$name"
    done
}
