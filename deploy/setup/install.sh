#!/bin/sh
# Installs the Debian packages that building, testing and the demo need. Says nothing and does
# nothing when they are there already.
set -eu

# Compiling; the decoder links GStreamer.
packages="gcc libc6-dev pkg-config libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev"
# Decoding: containers and VP9 (good), Opus (base), parsers, AV1 and NVDEC (bad), H.264, H.265 and
# AAC (libav).
packages="$packages gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
packages="$packages gstreamer1.0-libav"
# The demo clip and the test clips.
packages="$packages ffmpeg fonts-dejavu-core"
# Roots of other Debian suites, for the servers of the distributed tests.
packages="$packages debootstrap"

die() {
    echo "install: $1" >&2
    exit 1
}

# Installed by whom does not matter for these: many machines have them from elsewhere.
command -v npm >/dev/null || packages="$packages npm"
command -v python3 >/dev/null || packages="$packages python3"
python3 -c 'import pip' 2>/dev/null || packages="$packages python3-pip"
python3 -c 'import venv, ensurepip' 2>/dev/null || packages="$packages python3-venv"

missing=""
for package in $packages; do
    state=$(dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || die "this is not a Debian system (no apt-get); install the equivalents of:$missing"
[ "$(id -u)" = 0 ] || die "root is needed; run: sudo apt-get install --no-install-recommends$missing"

export DEBIAN_FRONTEND=noninteractive
known() {
    for package in $missing; do
        apt-cache show "$package" >/dev/null 2>&1 || return 1
    done
}
# The lists are only renewed when they do not know what is asked for.
known || apt-get update --quiet --quiet || die "apt-get update failed; check the network and /etc/apt"
echo "installing:$missing"
# shellcheck disable=SC2086 # one word per package
apt-get install --quiet --quiet --yes --no-install-recommends $missing >/dev/null ||
    die "apt-get could not install:$missing"
