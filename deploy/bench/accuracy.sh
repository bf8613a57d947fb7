#!/usr/bin/env bash
# Measures how right the stages are: one program per kind of evidence, each of which writes its page
# in docs/accuracy. Some compare with a Python peer, whose environment goes to the cache.
# docs/accuracy.md quotes the pages; a test compares the figures.
#
#   deploy/bench/accuracy.sh [page...]      all of them, or only those named
set -euo pipefail

cd "$(dirname "$0")/../.."
declare -A packages=(
    [shots]=shots-agreement
    [detect]=detect-accuracy
    [tracking]=tracking-accuracy
    [emotion]=emotion-accuracy
    [ocr]=ocr-accuracy
    [speech]=speech-accuracy
)
for page in ${*:-shots detect tracking emotion ocr speech}; do
    package=${packages[$page]:-}
    if [ -z "$package" ]; then
        echo "no page is called '$page'; there are: ${!packages[*]}" >&2
        exit 64
    fi
    # The peers of detect and ocr share one environment.
    case $page in
    detect | ocr) tests/ocr/setup.sh ;;
    esac
    echo "== docs/accuracy/$page.md" >&2
    cargo run --quiet --locked --release -p "$package" -- "docs/accuracy/$page.md"
done
