#!/bin/sh
# Installs cargo-deny, which checks licences and sources of dependencies, into the cache. Says
# nothing and does nothing when it is there already.
set -eu

version=0.20.2
root=${RUMIAI_CACHE_DIR:?run through make}/tools/cargo

installed=$("$root/bin/cargo-deny" --version 2>/dev/null || true)
[ "$installed" = "cargo-deny $version" ] && exit 0
echo "installing cargo-deny $version"
# Unoptimised: it runs for seconds and would be built for minutes.
exec cargo install --quiet --locked --debug --root "$root" --no-default-features "cargo-deny@$version"
