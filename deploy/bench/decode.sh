#!/usr/bin/env bash
# Speed of the decode pass against one ffmpeg command that does the same three jobs: frames at
# 2 per second as JPEG, 16 kHz mono audio, and a scene score at full frame rate on a small picture.
# Both run in turns, so that what else the machine does burdens both alike.
#
#   deploy/bench/decode.sh [rounds] [clip]
set -euo pipefail

rounds=${1:-5}
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
decoder=$target/release/rumiai-decoder
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v ffmpeg >/dev/null || { echo "ffmpeg is missing: run 'make setup'" >&2; exit 69; }
[ -x "$decoder" ] || cargo build --release --manifest-path "$root/Cargo.toml" -p decoder

clip=${2:-$work/clip.mp4}
[ -e "$clip" ] || ffmpeg -nostdin -loglevel error \
    -f lavfi -i 'testsrc2=s=1080x1920:r=30:d=60,noise=alls=8:allf=t' \
    -f lavfi -i 'sine=440:d=60,aformat=channel_layouts=stereo' \
    -c:v libx264 -preset veryfast -b:v 5M -maxrate 6M -bufsize 10M -pix_fmt yuv420p \
    -c:a aac -b:a 128k "$clip"

request='{"protocol":1,"task":"decode","limits":{},"parameters":{}}'

run_decoder() {
    env -i GST_REGISTRY_DISABLE=yes MALLOC_ARENA_MAX=2 "$decoder" "$request" \
        <"$clip" 2> >(cat >&2) | cat >"$work/answer"
}
run_ffmpeg() {
    rm -rf "$work/frames" && mkdir "$work/frames"
    ffmpeg -nostdin -loglevel error -y -i "$clip" -filter_complex \
        '[0:v]split=2[a][b];[a]fps=2,scale=720:1280[frames];[b]scale=256:-2,scdet[scores]' \
        -map '[frames]' -c:v mjpeg -q:v 3 "$work/frames/%05d.jpg" \
        -map 0:a -ac 1 -ar 16000 -f f32le "$work/audio.f32" \
        -map '[scores]' -f null -
}
measure() { # name, then what to run: one line "wall cpu"
    local name=$1
    TIMEFORMAT='%R %U %S'
    { time "$2" >/dev/null; } 2>&1 | awk '{print $1, $2 + $3}' >>"$work/$name"
}
median() { sort -n | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }

run_decoder; run_ffmpeg # both once unmeasured, to fill the page cache
for _ in $(seq "$rounds"); do
    measure decoder run_decoder
    measure ffmpeg run_ffmpeg
done

echo "clip: $(stat -c %s "$clip") bytes; $(nproc) cores; load $(cut -d' ' -f1-3 /proc/loadavg); $rounds rounds"
for name in decoder ffmpeg; do
    echo "$name: median wall $(cut -d' ' -f1 "$work/$name" | median) s, cpu $(cut -d' ' -f2 "$work/$name" | median) s; each (wall cpu): $(paste -sd';' "$work/$name")"
done
ratio() { awk -v a="$(cut -d' ' -f"$1" "$work/ffmpeg" | median)" -v b="$(cut -d' ' -f"$1" "$work/decoder" | median)" 'BEGIN {printf "%.2f", a / b}'; }
echo "speed relative to ffmpeg: $(ratio 1) by wall time, $(ratio 2) by processor time"
