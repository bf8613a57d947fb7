#!/bin/sh
# Installs RapidOCR, which the test here compares with, and the fonts it draws with into the
# cache. Says nothing and does nothing when they are there already.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}
venv=$cache/tools/rapidocr-venv
fonts=$cache/tools/ocr-fonts

if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    echo "installing RapidOCR, for tests only"
    rm -rf "$venv"
    mkdir -p "$cache/tools"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --no-deps \
        --requirement "$here/requirements.txt"
    # Last, so that an installation that was interrupted is done again.
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi

if ! cmp -s "$here/fonts.sha256" "$fonts/fonts.sha256"; then
    echo "fetching fonts, for tests only"
    rm -rf "$fonts"
    mkdir -p "$fonts/packages"
    packages=$(sed 's/.*  \([^_]*\)_.*/\1/' "$here/fonts.sha256")
    # shellcheck disable=SC2086 # one word per package
    (cd "$fonts/packages" && apt-get --option APT::Sandbox::User="$(id -un)" download \
        --quiet --quiet $packages)
    (cd "$fonts/packages" && sha256sum --check --quiet "$here/fonts.sha256")
    for package in "$fonts"/packages/*.deb; do
        dpkg-deb --extract "$package" "$fonts"
    done
    cp "$here/fonts.sha256" "$fonts/fonts.sha256"
fi
