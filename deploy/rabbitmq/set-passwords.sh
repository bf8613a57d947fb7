#!/bin/sh
# Gives the users of users.json their passwords: one file per user, named like the user, as secrets
# are mounted. Run it where rabbitmqctl reaches the broker, after users.json was imported.
#   set-passwords.sh <folder>
set -eu
folder=${1:?usage: set-passwords.sh <folder with one file per user>}
for file in "$folder"/*; do
    [ -s "$file" ] || continue
    user=$(basename "$file")
    # From standard input: arguments are seen by everyone on the machine.
    tr -d '\n' <"$file" | rabbitmqctl --quiet change_password "$user"
    echo "set-passwords: $user"
done
