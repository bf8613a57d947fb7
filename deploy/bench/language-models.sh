#!/usr/bin/env bash
# What the layer before language models costs and saves, measured against the fake of the tests as
# another process. Writes docs/bench/language-models.md.
#
#   deploy/bench/language-models.sh [overhead|hits|signals]...    all, or only those; these write no page
#   BENCH_AHEAD=1      scheduled before the other work of the machine, as root; the page says so
set -euo pipefail

cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
page=$PWD/docs/bench/language-models.md
cargo build --quiet --locked --release -p testkit --features fake-llm,redis --bin fake-llm
cargo bench --quiet --locked -p llm --bench language_models --no-run
if [ $# -gt 0 ]; then page=""; fi
ahead=""
# Of processes of one session the kernel makes one group, whose weight this is.
if [ -n "${BENCH_AHEAD:-}" ]; then
    # shellcheck disable=SC2016 # for the inner shell
    ahead='echo -15 >/proc/self/autogroup; '
fi
# shellcheck disable=SC2086 # one word or none
setsid --wait sh -c "$ahead"'exec "$@"' bench cargo bench --quiet --locked -p llm --bench language_models -- "$target/release/fake-llm" $page "$@"
