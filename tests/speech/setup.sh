#!/bin/sh
# Brings the recordings that `rumiai models fetch --media` brought to 16 kHz mono, into media/speech
# in the cache. Says nothing and does nothing when neither they nor this script have changed.
set -eu

media=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}/media
target=$media/speech
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

die() {
    echo "speech: $1" >&2
    exit 1
}

# The fetched file from which a recording is made.
source_of() {
    case $1 in
    announcement-*) echo "${1%.wav}.g722" ;;
    piano.wav) echo pianist.avi ;;
    *) echo "$1" ;;
    esac
}

# A piano, on which nothing is said, beside the recordings of speech.
names="$(tail -n +2 "$here/references.tsv" | cut -f 1) piano.wav"
sources=$(for name in $names; do source_of "$name"; done)
for source in $sources; do
    [ -f "$media/$source" ] || die "$media/$source is missing; run \`rumiai models fetch --media\`"
done
# shellcheck disable=SC2086 # one word per file
made_from=$(cd "$media" && sha256sum $sources "$here/setup.sh")
[ "$(cat "$target/made-from" 2>/dev/null)" = "$made_from" ] && exit 0

command -v ffmpeg >/dev/null || die "ffmpeg is not installed; run deploy/setup/install.sh"
mkdir -p "$target"
rm -f "$target"/*
for name in $names; do
    # The first minute: all of the recordings, enough of the piano.
    ffmpeg -nostdin -loglevel error -y -i "$media/$(source_of "$name")" -t 60 -vn -ac 1 -ar 16000 \
        -c:a pcm_s16le "$target/$name"
done
# Last, so that a run that was interrupted is done again.
echo "$made_from" >"$target/made-from"
