#!/bin/sh
# Prints users.json with the hashes of passwords in it, ready to be loaded by the broker: one file
# per user, named like the user, as secrets are mounted. A user without a file cannot log in.
#   with-passwords.sh <folder with one file per user>
set -eu
folder=${1:?usage: with-passwords.sh <folder with one file per user>}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# As RabbitMQ hashes: salt of four bytes, then SHA-256 of salt and password, in base64.
hash() { # file
    head -c 4 /dev/urandom >"$work/salt"
    { cat "$work/salt" && tr -d '\n' <"$1"; } | openssl dgst -sha256 -binary >"$work/digest"
    cat "$work/salt" "$work/digest" | base64 -w 0
}

name=
while IFS= read -r line; do
    case $line in
    *'"name": "'*)
        name=${line#*'"name": "'}
        name=${name%%'"'*}
        ;;
    *'"password_hash": ""'*)
        [ -s "$folder/$name" ] && line=${line%'"",'}\"$(hash "$folder/$name")\",
        ;;
    esac
    printf '%s\n' "$line"
done <"$here/users.json"
