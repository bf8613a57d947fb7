#!/bin/sh
# Installs PySceneDetect, which the tests here compare with, into a virtual environment in the
# cache. Says nothing and does nothing when it is there already.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}
venv=$cache/tools/scenedetect-venv
stamp=$venv/requirements.txt

cmp -s "$here/requirements.txt" "$stamp" && exit 0
echo "installing PySceneDetect, for tests only"
rm -rf "$venv"
mkdir -p "$cache/tools"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    --requirement "$here/requirements.txt"
# Last, so that an installation that was interrupted is done again.
cp "$here/requirements.txt" "$stamp"
