#!/usr/bin/env bash
# Measures how right every stage is and writes docs/accuracy.md: one program per kind of evidence,
# each of which writes its own section. Some compare with a Python peer, whose environment their
# setup.sh installs in the cache.
#
#   deploy/bench/accuracy.sh [section...]      all of them, or only those named; the others stay
set -euo pipefail

cd "$(dirname "$0")/../.."
page=docs/accuracy.md
parts=docs/accuracy
sections="shots detect tracking people emotion ocr speech"

for section in ${*:-$sections}; do
    case " $sections " in
    *" $section "*) ;;
    *)
        echo "no section is called '$section'; there are: $sections" >&2
        exit 64
        ;;
    esac
    echo "== $section" >&2
    [ ! -x "tests/$section/setup.sh" ] || "tests/$section/setup.sh" --peer
    cargo run --quiet --locked --release -p "$section-accuracy" -- "$parts/$section.md"
done
